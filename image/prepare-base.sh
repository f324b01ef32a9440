#!/bin/sh
# Makes a base image with Node fit for a runner: an init, the programs of the variant, the user `agent`, its directories.
set -eu
variant=$1
uid=$2

missing() {
  for program in "$@"; do
    command -v "$program" >/dev/null || printf '%s ' "$program"
  done
}

# An init reaps what orphans leave; bash runs the profiles' agents. Debian's packages bear the programs' names.
programs="tini bash"
[ "$variant" = slim ] || programs="$programs python3"
wanted=$(missing $programs)
if [ -n "$wanted" ]; then
  command -v apt-get >/dev/null || {
    echo "the base image lacks ${wanted}and has no apt-get to install it with; take a Debian base" >&2
    exit 1
  }
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $wanted ca-certificates
  rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/log/apt /var/log/dpkg.log
fi

# Whoever has the number or the name already gives way: node:24-slim has a user `node` with 1000.
for file in passwd group; do
  kept=$(while IFS=: read -r name password number rest; do
    [ "$name" = agent ] || [ "$number" = "$uid" ] || printf '%s:%s:%s:%s\n' "$name" "$password" "$number" "$rest"
  done <"/etc/$file")
  printf '%s\n' "$kept" >"/etc/$file"
done
echo "agent:x:$uid:$uid:agent:/home/agent:/bin/sh" >>/etc/passwd
echo "agent:x:$uid:" >>/etc/group
# Volumes that are new take over the owner of what they cover.
mkdir -p /workspace /state /home/agent
chown "$uid:$uid" /workspace /state /home/agent
