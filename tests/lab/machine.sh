#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# machine.sh - inside lab.sh's namespaces: sets up the machine and the internet, runs the command.
#
# Exits with the command's code, or with 125 when the lab itself could not be set up.
set -eu

fail() {
    cat "$LAB_DIR/internet.out" "$LAB_DIR/hostsvc.out" >&2 2>/dev/null || :
    echo "lab: $*" >&2
    exit 125
}

# Runs a command until it succeeds, for 15 seconds at the most.
wait_until() { # COMMAND...
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ "$tries" -le 750 ] || fail "waited in vain for: $*"
        sleep 0.02
    done
}

. "$LAB_HOME/addresses.sh"

# ---- two ends of one wire -----------------------------------------------------------------

unshare --net -- "$LAB_PYTHON" -B "$LAB_HOME/internet.py" "$LAB_DIR" </dev/null \
    >"$LAB_DIR/internet.out" 2>&1 &
internet=$!
own=$(readlink /proc/self/ns/net)

is_apart() {
    [ "$(readlink "/proc/$internet/ns/net")" != "$own" ]
}

wait_until is_apart
ip link set lo up
ip link add lab0 type veth peer name lab1 netns "$internet" || fail 'cannot make a veth'
ip link set lab0 up
ip address add "$LAB_SELF/24" dev lab0
ip route add default via "$LAB_ROUTER"
if ip -6 address add "$LAB_SELF6/48" dev lab0 nodad 2>/dev/null; then
    ip -6 route add default via "$LAB_ROUTER6"
fi

# ---- name resolution ----------------------------------------------------------------------

# Binds a file of ours over one of the host's, in this mount namespace alone.
cover() { # FILE PATH
    target=$(readlink -f -- "$2") || fail "$2 is missing"
    mount --bind "$1" "$target" || fail "cannot cover $2"
}

printf 'nameserver %s\noptions timeout:5 attempts:1\n' "$LAB_DNS" >"$LAB_DIR/resolv.conf"
printf '127.0.0.1 localhost hosts.good.test\n::1 localhost ip6-localhost\n%s %s\n' \
    "$LAB_SELF" "$(uname -n)" >"$LAB_DIR/hosts"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$LAB_DIR/nsswitch.conf"
for name in resolv.conf hosts nsswitch.conf; do
    cover "$LAB_DIR/$name" "/etc/$name"
done
# A name service cache would answer from outside the lab
[ ! -d /run/nscd ] || mount -t tmpfs -o mode=0755 tmpfs /run/nscd

# ---- servers, then the command ------------------------------------------------------------

wait_until test -e "$LAB_DIR/internet.ready"
"$LAB_PYTHON" -B "$LAB_HOME/hostsvc.py" "$LAB_DIR" </dev/null >"$LAB_DIR/hostsvc.out" 2>&1 &
hostsvc=$!
wait_until test -e "$LAB_DIR/hostsvc.ready"

status=0
if [ -n "$LAB_MAPPED" ] && [ "$LAB_UID" -ne 0 ]; then
    unshare --user --map-user="$LAB_UID" --map-group="${LAB_GID}" -- "$@" || status=$?
else
    "$@" || status=$?
fi
# Only once the logs are whole. The command may have taken the route away, and hostsvc be stopped
kill "$hostsvc" 2>/dev/null || :
tries=0
until [ -e "$LAB_DIR/internet.settled" ] || [ "$tries" -gt 100 ]; do
    tries=$((tries + 1))
    sleep 0.02
done
exit "$status"
