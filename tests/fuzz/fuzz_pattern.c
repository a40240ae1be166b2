/* SPDX-License-Identifier: Apache-2.0
 * fuzz_pattern.c - a path and patterns, a line each: matching says what trying every way says,
 * leads to what it finds, and the index of all patterns finds what each by itself does. */
#include <string.h>

#include "base/base.h"
#include "base/limits.h"
#include "sandbox/names.h"
#include "sandbox/pattern.h"
#include "support/require.h"

#define LINES 16
#define LINE  512

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* ---- as the words of pattern.h say, and exponential ---- */

/* The members of the class at `p`, and where it ends; NULL where it is not closed. */
static const char *members(bool set[256], const char *p, const char *end)
{
    bool negated = p + 1 < end && (p[1] == '!' || p[1] == '^');
    const char *first = p + 1 + negated, *close = first < end ? first + 1 : end;

    while (close < end && *close != ']')
        close++;
    if (close >= end)
        return NULL;
    for (int i = 0; i < 256; i++)
        set[i] = negated;
    while (first < close) {
        bool range = close - first > 2 && first[1] == '-';
        int high = (unsigned char)first[range ? 2 : 0];

        for (int i = (unsigned char)*first; i <= high; i++)
            set[i] = !negated;
        first += range ? 3 : 1;
    }
    return close + 1;
}

static bool tried_name(const char *p, const char *p_end, const char *n, const char *n_end)
{
    bool set[256];
    const char *behind;

    if (p == p_end)
        return n == n_end;
    if (*p == '*')
        return tried_name(p + 1, p_end, n, n_end) ||
               (n < n_end && tried_name(p, p_end, n + 1, n_end));
    if (n == n_end)
        return false;
    behind = *p == '[' ? members(set, p, p_end) : NULL;
    if (behind)
        return set[(unsigned char)*n] && tried_name(behind, p_end, n + 1, n_end);
    return (*p == '?' || *p == *n) && tried_name(p + 1, p_end, n + 1, n_end);
}

static bool tried(const char *rest, const char *path)
{
    const char *rest_end = strchrnul(rest, '/'), *path_end = strchrnul(path, '/');
    const char *rest_next = *rest_end ? rest_end + 1 : rest_end;
    const char *path_next = *path_end ? path_end + 1 : path_end;

    if (!*rest)
        return !*path;
    if (rest_end - rest == 2 && memcmp(rest, "**", 2) == 0)
        return tried(rest_next, path) || (*path && tried(rest, path_next));
    return *path && tried_name(rest, rest_end, path, path_end) && tried(rest_next, path_next);
}

/* ---- what must hold ---- */

static bool is_normal(const char *path)
{
    size_t len = strlen(path);

    return len == 0 || (path[0] != '/' && path[len - 1] != '/' && !strstr(path, "//"));
}

/* What matches is led to from every folder above it. */
static void check_leads(const char *pattern, const char *path)
{
    char above[LINE];

    memcpy(above, path, strlen(path) + 1);
    for (char *slash; (slash = strrchr(above, '/'));) {
        *slash = '\0';
        require(pattern_leads_below(pattern, above));
    }
    require(!*path || pattern_leads_below(pattern, ""));
}

static void check_pattern(const char *pattern, const char *path)
{
    bool matches = pattern_match(pattern, path);

    pattern_leads_below(pattern, path);
    if (!is_normal(pattern) || !is_normal(path))
        return;
    if (strlen(pattern) <= 12 && strlen(path) <= 20)
        require(matches == tried(pattern, path));
    if (matches)
        check_leads(pattern, path);
}

static void check_parse(const char *written)
{
    struct pattern p = {0};

    if (pattern_parse(&p, written, "/cwd", "/home/u", NULL) < 0)
        return;
    require(p.base[0] == '/' && !strstr(p.base, "//"));
    require(!p.base[1] || p.base[strlen(p.base) - 1] != '/');
    require(is_normal(p.rest));
    require(!p.rest[0] || pattern_is_wild(p.rest));
    require(strcmp(p.rest, "**") != 0);
    pattern_deinit(&p);
}

static void check_index(const char *const *patterns, size_t count, const char *path)
{
    const char *slash = strrchr(path, '/');
    struct names_cursor cursor = {0};
    struct names *names = NULL;
    unsigned found[LINES] = {0};
    bool leads = false;
    size_t index;

    require(names_new(&names, patterns, count) == 0);
    while ((index = names_find(names, path, slash ? slash + 1 : path, &cursor)) != NAMES_NONE)
        found[index]++;
    for (size_t i = 0; i < count; i++) {
        require(found[i] == pattern_match(patterns[i], path));
        leads = leads || pattern_leads_below(patterns[i], path);
    }
    require(names_lead_below(names, path) == leads);
    names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static char lines[LINES][LINE];
    const char *patterns[LINES];
    size_t count = 0, at = 0;

    for (size_t line = 0; line < LINES && at <= len; line++) {
        size_t end = at;

        while (end < len && bytes[end] != '\n' && bytes[end] != '\0' && end - at < LINE - 1)
            end++;
        if (end > at)
            memcpy(lines[line], bytes + at, end - at);
        lines[line][end - at] = '\0';
        at = end + 1;
        if (line == 0)
            continue;
        check_parse(lines[line]);
        if (!lines[line][0] || !is_normal(lines[line]))
            continue;
        check_pattern(lines[line], lines[0]);
        patterns[count++] = lines[line];
    }
    if (is_normal(lines[0]))
        check_index(patterns, count, lines[0]);
    return 0;
}
