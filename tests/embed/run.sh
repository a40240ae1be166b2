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
echo "pkg-config, fence::fence and fence::static work"
