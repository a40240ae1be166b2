#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# startup_bridges.sh - a sandbox whose network is four socats: two outside, from unix sockets to
# TCP, and two inside, from TCP ports to the unix sockets. A peer of startup.py.
#
# Waits for what must be there before a command may run, and never longer: no sleeps. The waiting
# loops start no process.
#   startup_bridges.sh FOLDER COMMAND BWRAP-ARGV...
set -eu

folder=$1
command=$2
shift 2

socat UNIX-LISTEN:"$folder/http",fork TCP:127.0.0.1:3128 &
http=$!
socat UNIX-LISTEN:"$folder/socks",fork TCP:127.0.0.1:1080 &
socks=$!
trap 'kill "$http" "$socks"; rm -f "$folder/http" "$folder/socks"' EXIT
trap 'exit 143' TERM
until [ -S "$folder/http" ] && [ -S "$folder/socks" ]; do
    kill -0 "$http" && kill -0 "$socks"
done

# 0C38 and 0438 are the ports, 0A is LISTEN
inside='
socat TCP-LISTEN:3128,fork,reuseaddr UNIX-CONNECT:"$0/http" &
socat TCP-LISTEN:1080,fork,reuseaddr UNIX-CONNECT:"$0/socks" &
ready=
until [ "$ready" = xx ]; do
    ready=
    while read -r _ local _ state _; do
        case "$local $state" in *:0C38\ 0A | *:0438\ 0A) ready=x$ready ;; esac
    done </proc/net/tcp
done
exec $1'
status=0
"$@" sh -c "$inside" "$folder" "$command" || status=$?
exit "$status"
