#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD CC SANITIZE - installs BUILD into an empty folder and builds main.c against what lies
# there, as a stranger would.
set -eu
build=$1 cc=$2 sanitize=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
flags=${sanitize:+-fsanitize=$sanitize}

cmake --install "$build" --prefix "$root/usr" >"$root/log" || { cat "$root/log"; exit 1; }
pc=$(dirname "$(find "$root/usr" -name fence.pc)")
export PKG_CONFIG_PATH="$pc"

# shellcheck disable=SC2046,SC2086 # flags are words
"$cc" $flags "$here/main.c" $(pkg-config --cflags --libs fence) -o "$root/by-pkg-config"
libdir=$(dirname "$(find "$root/usr" -name libfence.so)")
test "$(LD_LIBRARY_PATH=$libdir "$root/by-pkg-config")" = '--allow *.example.com'

cmake -S "$here" -B "$root/build" -DCMAKE_PREFIX_PATH="$root/usr" -DCMAKE_C_COMPILER="$cc" \
  -DCMAKE_C_FLAGS="$flags" >"$root/log" 2>&1 && cmake --build "$root/build" >>"$root/log" 2>&1 ||
  { cat "$root/log"; exit 1; }
for way in embed_fence embed_static; do
  test "$("$root/build/$way")" = '--allow *.example.com'
done
test -x "$root/usr/bin/fence"

# The module of Lua, in a program that is linked with liblua; a sanitizer's would need its runtime
module=$(find "$root/usr" -path '*/lua/5.*/fence.so')
if [ -n "$module" ] && [ -z "$sanitize" ]; then
  # shellcheck disable=SC2046 # flags are words
  "$cc" "$here/lua.c" $(pkg-config --cflags --libs lua5.4) -o "$root/lua"
  test "$(LUA_CPATH=$module "$root/lua" 'local fence = require "fence"
    local config = assert(fence.config {
      extra = { { origin = "--allow", key = "network.allowedDomains", value = "*.example.com" } } })
    local policy = assert(fence.policy():load_text("p", "return { on_connect = function() end }"))
    local request = { kind = "connect", host = "www.Example.com.", port = 443 }
    print(fence.decide(config, policy, request).rule)')" = '--allow *.example.com'
fi
echo "pkg-config, fence::fence, fence::static and the module of Lua work"
