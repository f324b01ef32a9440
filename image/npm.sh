#!/bin/sh
# npm as the image's build uses it: with supplied/npmrc, where that is there, and no registry's address in any lockfile.
here=$(cd "$(dirname "$0")" && pwd)
if [ -f "$here/../supplied/npmrc" ]; then
  NPM_CONFIG_USERCONFIG="$here/../supplied/npmrc"
  export NPM_CONFIG_USERCONFIG
fi
export NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED=true NPM_CONFIG_UPDATE_NOTIFIER=false NPM_CONFIG_CACHE=/tmp/npm-cache
exec sh "$here/with-trust.sh" npm "$@"
