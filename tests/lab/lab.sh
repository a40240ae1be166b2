#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lab.sh - runs a command on a machine that is made for it, beside an internet that is made for it:
# two network namespaces joined by a veth. See README.md.
#
# Needs neither root nor a network and changes nothing of the host. All of it lives in one PID
# namespace whose first process is killed when this script ends, and this script when its starter
# does.
set -eu

if [ "$#" -eq 0 ]; then
    echo "usage: $0 COMMAND [ARG...]" >&2
    exit 125
elif [ "${LAB_GUARDED:-}" != "$$" ]; then
    LAB_GUARDED=$$ exec setpriv --pdeathsig KILL -- "$0" "$@"
fi
unset LAB_GUARDED

LAB_HOME=$(dirname -- "$(readlink -f -- "$0")")
LAB_UID=$(id -u)
LAB_GID=$(id -g)
LAB_PYTHON=/usr/bin/python3 # not the first of PATH: that may be one which others cannot read
[ -x "$LAB_PYTHON" ] || LAB_PYTHON=$(command -v python3)
keep=${LAB_DIR:+yes}
if [ -z "$keep" ]; then
    # What a lab that was killed has left
    find /var/tmp -maxdepth 1 -name 'fence-lab-*' -user "$LAB_UID" -mmin +1440 \
        -exec rm -rf -- {} + 2>/dev/null || :
    LAB_DIR=$(mktemp -d /var/tmp/fence-lab-XXXXXX)
    chmod 755 "$LAB_DIR"
fi
export LAB_HOME LAB_UID LAB_GID LAB_PYTHON LAB_DIR

# Root is itself inside, so that it can become others. Anyone else, and a root that may not make
# namespaces, is root of a user namespace first; machine.sh gives the command its own uid again.
LAB_MAPPED=
if [ "$LAB_UID" -ne 0 ] || ! unshare --net --mount true 2>/dev/null; then
    LAB_MAPPED=yes
fi
export LAB_MAPPED

# In the foreground: a shell starts what it puts into the background with SIGINT ignored
status=0
setpriv --pdeathsig KILL -- unshare ${LAB_MAPPED:+--user --map-root-user} --mount --net --pid \
    --fork --kill-child --mount-proc --propagation private -- "$LAB_HOME/machine.sh" "$@" ||
    status=$?
[ "$keep" = yes ] || rm -rf -- "$LAB_DIR"
exit "$status"
