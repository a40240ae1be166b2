#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lua.sh - luacheck over every Lua file; its settings stand in .luacheckrc.
. "$(dirname -- "$0")/support/lint.sh"

if ! command -v luacheck >/dev/null; then
    echo 'luacheck is not installed'
    exit 1
fi
find_below 'lua policies bindings spec tests' -name '*.lua' \
    -exec luacheck --quiet --codes --no-color --formatter plain .luacheckrc {} +
