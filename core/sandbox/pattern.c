/* SPDX-License-Identifier: Apache-2.0
 * pattern.c - see pattern.h. Only the last star is ever gone back to: what stands before it has
 * matched as early as it could, which leaves the most for the rest. */
#include "sandbox/pattern.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

#define PATTERN_SHOWN 256 /* of a path within an error message */

bool pattern_is_wild(const char *text)
{
    return strpbrk(text, "*?[") != NULL;
}

/* ---- one name ---- */

size_t pattern_class(const char *p, size_t len)
{
    size_t at = 1;

    if (len == 0 || p[0] != '[')
        return 0;
    if (at < len && (p[at] == '!' || p[at] == '^'))
        at++;
    if (at < len && p[at] == ']')
        at++; /* the first one is a member */
    while (at < len && p[at] != ']')
        at++;
    return at < len ? at + 1 : 0;
}

bool pattern_in_class(const char *p, size_t len, unsigned char byte)
{
    bool negated = p[1] == '!' || p[1] == '^';
    bool found = false;

    for (size_t at = negated ? 2 : 1; at + 1 < len; at++) {
        unsigned char low = (unsigned char)p[at], high = low;

        if (at + 3 < len && p[at + 1] == '-') {
            high = (unsigned char)p[at + 2];
            at += 2;
        }
        found = found || (byte >= low && byte <= high);
    }
    return found != negated;
}

/* Does what stands at `p`, which is no star, match this byte? Writes how long it is. */
static bool match_byte(const char *p, size_t len, char byte, size_t *used)
{
    *used = pattern_class(p, len);
    if (*used > 0)
        return pattern_in_class(p, *used, (unsigned char)byte);
    *used = 1;
    return p[0] == '?' || p[0] == byte;
}

bool pattern_match_name(const char *component, size_t len, const char *name, size_t name_len)
{
    size_t p = 0, n = 0, behind_star = 0, star_name = 0, used;

    while (n < name_len) {
        if (p < len && component[p] == '*') {
            behind_star = ++p;
            star_name = n;
        } else if (p < len && match_byte(component + p, len - p, name[n], &used)) {
            p += used;
            n++;
        } else if (behind_star > 0) {
            p = behind_star;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (p < len && component[p] == '*')
        p++;
    return p == len;
}

/* ---- a path ---- */

static size_t component_length(const char *text)
{
    return strcspn(text, "/");
}

static const char *behind(const char *text)
{
    text += component_length(text);
    return *text == '/' ? text + 1 : text;
}

static bool is_double_star(const char *text)
{
    return component_length(text) == 2 && text[0] == '*' && text[1] == '*';
}

bool pattern_match(const char *rest, const char *path)
{
    const char *star = NULL, *star_path = NULL;

    while (*path) {
        if (is_double_star(rest)) {
            rest = star = behind(rest);
            star_path = path;
        } else if (*rest &&
                   pattern_match_name(rest, component_length(rest), path, component_length(path))) {
            rest = behind(rest);
            path = behind(path);
        } else if (star) {
            rest = star;
            path = star_path = behind(star_path);
        } else {
            return false;
        }
    }
    while (is_double_star(rest))
        rest = behind(rest);
    return *rest == '\0';
}

bool pattern_leads_below(const char *rest, const char *path)
{
    for (; *path; path = behind(path), rest = behind(rest)) {
        if (is_double_star(rest))
            return true;
        if (!*rest ||
            !pattern_match_name(rest, component_length(rest), path, component_length(path)))
            return false;
    }
    return *rest != '\0';
}

/* ---- as it was written ---- */

static int refuse(const char *written, const char *home, fence_error *err)
{
    char shown[PATTERN_SHOWN];

    str_escape(shown, sizeof shown, str_of(written));
    if (!*written)
        return fail(err, FENCE_ECONFIG, "a path is empty: write '.' for the current folder");
    if (strlen(written) > LIMIT_PATH)
        return fail(err, FENCE_ECONFIG, "'%s' is too long for a path", shown);
    if (written[0] != '~')
        return 0;
    if (written[1] && written[1] != '/')
        return fail(err, FENCE_ECONFIG, "'%s' names another user's home: write it as /home/NAME",
                    shown);
    if (!home || home[0] != '/')
        return fail(err, FENCE_ECONFIG, "'%s' needs HOME, which is not set to an absolute path",
                    shown);
    return 0;
}

/* Appends the components of `text` to `base` as long as they have no wildcard, and the others to
 * `rest`, without "." and empty ones. False where ".." comes behind a wildcard. */
static bool split(char *base, char *rest, const char *text)
{
    size_t base_len = strlen(base), rest_len = 0;

    for (; *text; text = behind(text)) {
        size_t len = component_length(text);
        bool wild = rest_len > 0 || strcspn(text, "*?[") < len;

        if (len == 0 || (len == 1 && text[0] == '.'))
            continue;
        if (wild && len == 2 && text[0] == '.' && text[1] == '.')
            return false;
        if (wild) {
            rest_len +=
                (size_t)sprintf(rest + rest_len, "%s%.*s", rest_len > 0 ? "/" : "", (int)len, text);
        } else {
            base_len += (size_t)sprintf(base + base_len, "%s%.*s",
                                        base_len > 0 && base[base_len - 1] == '/' ? "" : "/",
                                        (int)len, text);
        }
    }
    while (rest_len >= 2 && strcmp(rest + rest_len - 2, "**") == 0 &&
           (rest_len == 2 || rest[rest_len - 3] == '/')) {
        rest_len -= rest_len == 2 ? 2 : 3;
        rest[rest_len] = '\0';
    }
    return true;
}

int pattern_parse(struct pattern *out, const char *written, const char *cwd, const char *home,
                  fence_error *err)
{
    struct pattern pattern = {0};
    const char *from = cwd, *text = written;
    char shown[PATTERN_SHOWN];
    size_t room;
    int rc = refuse(written, home, err);

    if (rc < 0)
        return rc;
    if (written[0] == '~') {
        from = home;
        text = written + 1;
    } else if (written[0] == '/') {
        from = "/";
    }
    room = strlen(from) + strlen(text) + 3;
    pattern.base = calloc(1, room);
    pattern.rest = calloc(1, room);
    if (!pattern.base || !pattern.rest) {
        pattern_deinit(&pattern);
        return fail(err, -ENOMEM, "out of memory");
    }
    memcpy(pattern.base, from, strlen(from));
    if (!split(pattern.base, pattern.rest, text)) {
        pattern_deinit(&pattern);
        str_escape(shown, sizeof shown, str_of(written));
        return fail(err, FENCE_ECONFIG, "'%s' has '..' behind a wildcard: write it out", shown);
    }
    *out = pattern;
    return 0;
}

void pattern_deinit(struct pattern *pattern)
{
    free(take(&pattern->base));
    free(take(&pattern->rest));
}
