#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# exports.sh - what the shared library exports is what tests/lint/exports.txt lists, no more and no
# less, and each name begins with fence_. Adding a function to the API means a line there.
. "$(dirname -- "$0")/support/lint.sh"

list=tests/lint/exports.txt
library=$build/core/libfence.so
status=0

if [ ! -e "$library" ]; then
    echo "$library: is not built"
    exit 1
fi
exported=$(nm -D --defined-only "$library" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u)

for name in $exported; do
    case "$name" in
    fence_*) ;;
    *)
        echo "$library: exports $name, which does not begin with fence_"
        status=1
        ;;
    esac
    if ! grep -qxF -- "$name" "$list"; then
        echo "$list:1: lacks $name, which the library exports"
        status=1
    fi
done
while read -r name; do
    if ! printf '%s\n' "$exported" | grep -qxF -- "$name"; then
        echo "$list:$(grep -nxF -- "$name" "$list" | cut -d: -f1): $name is not exported"
        status=1
    fi
done <"$list"
exit "$status"
