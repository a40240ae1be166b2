#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# machine.sh - inside lab.sh's namespaces: sets up the machine and the internet, runs the command.
#
# Exits with the command's code, or with 125 when the lab itself could not be set up.
set -eu

fail() {
    cat "$LAB_DIR/internet.err" "$LAB_DIR/hostsvc.err" >&2 2>/dev/null || :
    echo "lab: $*" >&2
    exit 125
}

# Waits for a line of a server, which ends when the server does.
wait_for() { # WORD
    read -r word <&4 && [ "$word" = "$1" ] || fail "waited in vain for: $1"
}

. "$LAB_HOME/addresses.sh"

# ---- two ends of one wire -----------------------------------------------------------------

# What the servers read is 3, what they say is 4
mkfifo "$LAB_DIR/to" "$LAB_DIR/from"
exec 3<>"$LAB_DIR/to"
unshare --net -- sh -c 'echo apart; exec "$@"' sh "$LAB_PYTHON" -B "$LAB_HOME/internet.py" \
    "$LAB_DIR" <"$LAB_DIR/to" >"$LAB_DIR/from" 2>"$LAB_DIR/internet.err" 3>&- &
internet=$!
exec 4<"$LAB_DIR/from"
wait_for apart
ip -batch - <<END || fail 'cannot make a veth'
link set lo up
link add lab0 type veth peer name lab1 netns $internet
link set lab0 up
address add $LAB_SELF/24 dev lab0
route add default via $LAB_ROUTER
END
echo wire >&3
ip -batch - <<END 2>/dev/null || :
address add $LAB_SELF6/48 dev lab0 nodad
route add default via $LAB_ROUTER6
END

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

wait_for ready
"$LAB_PYTHON" -B "$LAB_HOME/hostsvc.py" "$LAB_DIR" </dev/null >"$LAB_DIR/from" \
    2>"$LAB_DIR/hostsvc.err" 3>&- 4<&- &
hostsvc=$!
wait_for ready

status=0
if [ -n "$LAB_MAPPED" ] && [ "$LAB_UID" -ne 0 ]; then
    unshare --user --map-user="$LAB_UID" --map-group="${LAB_GID}" -- "$@" 3>&- 4<&- || status=$?
else
    "$@" 3>&- 4<&- || status=$?
fi
# Only once the logs are whole. The command may have stopped hostsvc
kill "$hostsvc" 2>/dev/null || :
echo end >&3
wait_for settled
exit "$status"
