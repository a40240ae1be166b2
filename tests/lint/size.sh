#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# size.sh - no file of code over 500 lines; no mark of unfinished work; nothing switched off.
#
# Prose and data (fuzz corpus, golden files) are left out.
. "$(dirname -- "$0")/support/lint.sh"

find_below 'core tests bindings lua policies spec dev.sh' \
    \( -name '*.[chS]' -o -name '*.lua' -o -name '*.sh' -o -name '*.py' -o -name CMakeLists.txt \) \
    ! -path 'tests/fuzz/corpus/*' ! -path 'tests/golden/*' -exec awk '
FNR == 501 {
    print FILENAME ":501: more than 500 lines: split it"
    bad = 1
}
# The brackets keep this file from finding itself
/(^|[^A-Za-z_])(TO[D]O|FIX[M]E|XX[X]|HAC[K])([^A-Za-z_]|$)/ || /not[ ]implemented/ {
    print FILENAME ":" FNR ": a mark of unfinished work"
    bad = 1
}
FILENAME ~ /\.[chS]$/ && /^[ \t]*#[ \t]*if[ \t]+0([^0-9A-Za-z]|$)/ {
    print FILENAME ":" FNR ": code that is switched off: delete it"
    bad = 1
}
END { exit bad }' {} +
