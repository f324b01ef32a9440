#!/bin/sh
# Runs a command of the image's build that trusts supplied/ca.crt, where that is there.
root=$(cd "$(dirname "$0")/.." && pwd)
if [ -f "$root/supplied/ca.crt" ]; then
  NODE_EXTRA_CA_CERTS="$root/supplied/ca.crt"
  export NODE_EXTRA_CA_CERTS
fi
exec "$@"
