#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh - every C file stands as clang-format wants it; `./dev.sh format` puts it so.
. "$(dirname -- "$0")/support/lint.sh"

clang_format=$(llvm_tool clang-format)
c_files() {
    find_below 'core tests bindings spec' -name '*.[ch]' "$@"
}

if [ "${3:-}" = --fix ]; then
    c_files -exec "$clang_format" -i {} +
    exit
fi
# The first place of each file is enough
c_files -exec "$clang_format" --dry-run -Werror {} + 2>&1 | awk -F: '
/code should be clang-formatted/ { if (!seen[$1]++) print $1 ":" $2 ": not formatted" }
/rror: / && !/code should be/    { print }
/rror: /                         { bad = 1 }
END {
    if (bad)
        print "run ./dev.sh format"
    exit bad
}'
