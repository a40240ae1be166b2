#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# tidy.sh - clang-tidy over core and the bindings: what the compiler's own warnings miss. Its checks
# stand in .clang-tidy, those that are off with the reason.
#
# It takes the flags of the build: a file that is not compiled there (the inner helper) gets those
# of its neighbour. A function of another file is a stranger to it, so it may ask for a variable to
# be initialised that never is read; initialise it.
. "$(dirname -- "$0")/support/lint.sh"

clang_tidy=$(llvm_tool clang-tidy)
if [ ! -f "$build/compile_commands.json" ]; then
    echo "$build/compile_commands.json: is not there"
    exit 1
fi
# One file at a time: version 14 remembers va_lists from one file to the next, and errs. The awk
# keeps the findings and drops the count of warnings in other people's headers
find_below 'core bindings' -name '*.c' -print0 |
    xargs -0 -n 1 -P "$(getconf _NPROCESSORS_ONLN)" "$clang_tidy" -p "$build" --quiet 2>&1 |
    awk '
/^[0-9]+ (warning|error)s? (and [0-9]+ errors? )?(generated|treated)|^Suppressed|^Use -header/ { next }
{
    if (index($0, ENVIRON["PWD"] "/") == 1)
        $0 = substr($0, length(ENVIRON["PWD"]) + 2)
    print
    bad = 1
}
END { exit bad }'
