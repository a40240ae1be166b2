#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# header.sh - the public header compiles alone, as pedantic C11 and as C++11; every other header of
# core compiles alone, so that the order of #include lines never matters.
. "$(dirname -- "$0")/support/lint.sh"

status=0
public=core/include/fence/fence.h
warnings='-Wall -Wextra -Wshadow -Wundef -Werror -fsyntax-only'

for language in c:c11 c++:c++11; do
    compiler=cc
    [ "$language" = c:c11 ] || compiler=c++
    # A file of its own: `#pragma once` and the like warn in a main file
    if ! "$compiler" -x "${language%:*}" -std="${language#*:}" -pedantic-errors $warnings \
        -include "$public" /dev/null; then
        echo "$public:1: does not compile as ${language#*:}"
        status=1
    fi
done

libraries=$(pkg-config --cflags libuv libcjson lua5.4)
for header in $(find_below core -name '*.h' ! -path "$public"); do
    if ! cc -x c -std=gnu11 -D_GNU_SOURCE $warnings -Wstrict-prototypes -Icore -Icore/include \
        $libraries -include "$header" /dev/null; then
        echo "$header:1: does not compile alone"
        status=1
    fi
done
exit "$status"
