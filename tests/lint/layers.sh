#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# layers.sh - reads the #include lines of core: a folder may include itself and what stands to its
# left, and each outside library has one door.
#
#   base < proto < filter < policy < proxy < sandbox < fence.c << cli
#
# Does not look at what a file declares by hand, nor at what a header includes in its turn: each
# header is read for itself.
. "$(dirname -- "$0")/support/lint.sh"

find_below core -name '*.[chS]' -exec awk '
BEGIN {
    n = split("base proto filter policy proxy sandbox fence.c", order, " ")
    for (i = 1; i <= n; i++)
        rank[order[i]] = i
}

function finding(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what
    bad = 1
}

# The library that a header belongs to: "" when it is the system, or of this project.
function library(header) {
    if (header ~ /(^|\/)cJSON(_Utils)?\.h$/)                 return "cJSON"
    if (header ~ /^uv(\.h|\/)/)                              return "libuv"
    if (header ~ /(^|\/)(lua|lualib|lauxlib|luaconf|luajit)\.(h|hpp)$/) return "Lua"
    if (header ~ /^seccomp\.h$/)                             return "libseccomp"
    if (header ~ /^libmnl\//)                                return "libmnl"
    if (header ~ /^libnftnl\//)                              return "libnftnl"
    return ""
}

function has_door(lib) {
    if (lib == "cJSON")      return FILENAME ~ /^core\/filter\/config[^\/]*\.c$/
    if (lib == "libuv")      return folder == "proxy" || folder == "sandbox" || folder == "fence.c"
    if (lib == "Lua")        return folder == "policy" || FILENAME ~ /^core\/cli\/policy_test[^\/]*\.[ch]$/
    if (lib == "libseccomp") return folder == "sandbox"
    if (lib ~ /^lib(mnl|nftnl)$/) return FILENAME ~ /^core\/sandbox\/capture\//
    return 0
}

function check_system(header,    lib, target) {
    lib = library(header)
    target = header
    sub(/\/.*/, "", target)
    if (header ~ /\// && (target in rank || target == "cli"))
        finding("<" header ">: in quotes, as \"base/str.h\"")
    else if (header ~ /^fence\// && header != "fence/fence.h")
        finding("<" header "> is not there: the public API is <fence/fence.h> alone")
    else if (lib != "" && !has_door(lib))
        finding("<" header ">: " lib " has its one door elsewhere")
}

function check_own(header,    target) {
    target = header
    sub(/\/.*/, "", target)
    if (library(header) != "")
        check_system(header)
    else if (header !~ /\// || header ~ /(^|\/)\.\.?\//)
        finding("\"" header "\": name it from core on, as \"base/str.h\"")
    else if (folder == "cli" && target != "cli")
        finding("\"" header "\": cli uses <fence/fence.h> and nothing else of core")
    else if (folder != "cli" && !(target in rank))
        finding("\"" header "\": " target " is no folder that may be included")
    else if (folder != "cli" && rank[target] > rank[folder])
        finding("\"" header "\": " target " stands to the right of " folder)
}

FNR == 1 {
    files++
    split(FILENAME, part, "/")
    folder = part[2]
    if (!(folder in rank) && folder != "cli" && folder != "include")
        finding("core/" folder " has no place in the order of the layers")
}

/^[ \t]*#[ \t]*(include|include_next|import)([ \t"<\/]|$)/ {
    header = $0
    sub(/^[ \t]*#[ \t]*[a-z_]+[ \t]*/, "", header)
    kind = substr(header, 1, 1)
    header = substr(header, 2)
    sub(/[">].*/, "", header)

    if (kind != "\"" && kind != "<")
        finding("an #include must name its file")
    else if (folder == "include" && (kind != "<" || header !~ /^(stddef|stdint)\.h$/))
        finding("the public header includes <stddef.h> and <stdint.h> alone")
    else if (folder != "include" && kind == "<")
        check_system(header)
    else if (folder != "include")
        check_own(header)
}

END {
    if (!files) {
        print "core: no C files"
        bad = 1
    }
    exit bad
}' {} +
