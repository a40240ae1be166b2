# SPDX-License-Identifier: Apache-2.0
# lint.sh - what the lints share. Each is called as `NAME.sh SOURCE BUILD`, reads this file first,
# prints `file:line: what` for each finding, and exits 1 when there was one.
#
# Reads files, not git: a checkout may belong to somebody else, and a new file counts at once.
set -eu
LC_ALL=C
export LC_ALL

source=${1:?usage: $0 SOURCE BUILD}
build=${2:-$source/build/dev}
build=$(readlink -m -- "$build")
cd -- "$source"

llvm=14 # Debian 12's and Ubuntu 22.04's. Another version has another opinion of the same code

# Prints the name of an LLVM tool of that version. Without one, the calling lint is skipped; where
# nothing may be skipped, it fails.
llvm_tool() { # NAME
    for candidate in "$1-$llvm" "$1"; do
        if "$candidate" --version 2>/dev/null | grep -q "version $llvm\\."; then
            echo "$candidate"
            return 0
        fi
    done
    echo "$1 $llvm is not installed" >&2
    [ "${FENCE_REQUIRE_SANDBOX:-}" = 1 ] && return 1
    return 77
}

# Runs `find` over those of the places named that exist: some come with a later feature.
find_below() { # "PLACES" [FIND ARGUMENT...]
    folders=
    for folder in $1; do
        [ ! -e "$folder" ] || folders="$folders $folder"
    done
    shift
    if [ -z "$folders" ]; then
        echo "$source: has none of the folders to look at" >&2
        return 1
    fi
    find $folders "$@"
}
