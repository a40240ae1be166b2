/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_text.c - see seatbelt_text.h. Brackets hold nothing but letters, digits and one range of
 * ASCII: what an escape means in them is told differently from engine to engine. */
#include "sandbox/seatbelt_text.h"

#include <errno.h>

#include "sandbox/pattern.h"

#define OTHER "[^ -~]" /* a byte, or a character, that is not printable ASCII */

static bool is_control(char c)
{
    return (unsigned char)c < ' ' || c == 0x7f;
}

int seatbelt_string(struct buf *profile, const char *path)
{
    buf_append_text(profile, "\"");
    for (; *path; path++) {
        if (is_control(*path))
            return -EINVAL;
        if (*path == '"' || *path == '\\')
            buf_append_text(profile, "\\");
        buf_append(profile, path, 1);
    }
    return buf_append_text(profile, "\"");
}

/* ---- one character ---- */

static bool is_letter(char c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

/* Whether \" is a quotation mark or the end, readers differ about: its neighbours close it, too. */
static int put_itself(struct buf *profile, char c)
{
    if (c == '"')
        return buf_append_text(profile, "[!-#]");
    if (strchr(".[]{}()*+?|^$\\", c))
        return buf_printf(profile, "\\%c", c);
    return buf_append(profile, &c, 1);
}

int seatbelt_character(struct buf *profile, char c)
{
    if (is_letter(c))
        return buf_printf(profile, "[%c%c]", ascii_lower(c), ascii_lower(c) - 'a' + 'A');
    return is_control(c) ? buf_append_text(profile, ".") : put_itself(profile, c);
}

/* ---- one name ---- */

/* U+017F folds to "s" and U+212A to "k"; U+FB00 to U+FB06 to two or three of the others. */
#define FOLDED "FIKLSTfiklst"

static bool folds_from_others(char c)
{
    return c != '\0' && strchr(FOLDED, c) != NULL;
}

static bool in_class(const char *class, size_t len, char c)
{
    return pattern_in_class(class, len, (unsigned char)c) ||
           (is_letter(c) && pattern_in_class(class, len, (unsigned char)c ^ 0x20));
}

/* All that a class stands for, in either case, as an alternation; '/' is never one of it. */
static int put_class(struct buf *profile, const char *class, size_t len)
{
    const char *between = "";
    char plain[64] = "";
    size_t nplain = 0;
    bool others = false;

    for (char c = ' '; c < 0x7f; c++) {
        if ((is_letter(c) || ascii_digit(c)) && in_class(class, len, c))
            plain[nplain++] = c;
    }
    buf_append_text(profile, "(");
    if (nplain > 0) {
        buf_printf(profile, "[%s]", plain);
        between = "|";
    }
    for (char c = ' '; c < 0x7f; c++) {
        if (is_letter(c) || ascii_digit(c) || c == '/' || !in_class(class, len, c))
            continue;
        buf_append_text(profile, between);
        put_itself(profile, c);
        between = "|";
    }
    for (unsigned c = 1; c <= 0xff; c++)
        others =
            others || ((c < ' ' || c >= 0x7f) && pattern_in_class(class, len, (unsigned char)c));
    if (others)
        buf_printf(profile, "%s" OTHER, between);
    else if (!between[0])
        buf_append_text(profile, "//"); /* nothing it stands for is in a path */
    return buf_append_text(profile, ")");
}

static bool is_ascii(char c)
{
    return (unsigned char)c < 0x80;
}

static size_t count_others(struct str text)
{
    size_t len = 0;

    while (len < text.len && !is_ascii(text.bytes[len]))
        len++;
    return len;
}

/* Of these, one is written with ASCII alone: U+00DF, U+1E9E, U+0149, U+017F, U+212A and U+FB00 to
 * U+FB06. */
static bool folds_to_ascii(struct str others)
{
    static const char *const ones[] = {"\xc3\x9f", "\xe1\xba\x9e", "\xc5\x89",
                                       "\xc5\xbf", "\xe2\x84\xaa", "\xef\xac"};
    bool found = false;

    for (size_t i = 0; i < ARRAY_LEN(ones); i++)
        found = found || memmem(others.bytes, others.len, ones[i], strlen(ones[i]));
    return found;
}

static bool is_marked(struct str name, size_t len)
{
    return len < name.len && !is_ascii(name.bytes[len]);
}

/* The length of the letter, class or "?" that stands first, if a letter of another alphabet may be
 * written for it; else 0. */
static size_t foldable(struct str name)
{
    size_t class = pattern_class(name.bytes, name.len);

    if (name.len == 0)
        return 0;
    if (class == 0)
        return name.bytes[0] == '?' || folds_from_others(name.bytes[0]);
    for (const char *c = FOLDED; *c; c++) {
        if (in_class(name.bytes, class, *c))
            return class;
    }
    return 0;
}

static void put_exactly(struct buf *profile, struct str name, size_t len)
{
    if (len > 1)
        put_class(profile, name.bytes, len);
    else if (name.bytes[0] == '?')
        buf_append_text(profile, "[^/]");
    else
        seatbelt_character(profile, name.bytes[0]);
}

/* Its mark may be one with it, and stands behind. */
static size_t put_marked(struct buf *profile, struct str name, size_t len)
{
    if (name.bytes[0] == '?') {
        buf_append_text(profile, "[^/]?");
        return len;
    }
    buf_append_text(profile, "(");
    put_exactly(profile, name, len);
    buf_append_text(profile, "|" OTHER "*)");
    return len;
}

/* Of these one character may stand for several, so that they are taken together: as they are
 * written, or with at least one that is not ASCII. Returns their length. */
static size_t put_foldable(struct buf *profile, struct str name)
{
    size_t at = 0, count = 0, len = foldable(name);
    bool letters = true;

    if (is_marked(name, len))
        return put_marked(profile, name, len);
    buf_append_text(profile, "(");
    for (; len > 0 && !is_marked(name, at + len); len = foldable(str_slice(name, at, name.len))) {
        put_exactly(profile, str_slice(name, at, name.len), len);
        letters = letters && len == 1 && name.bytes[at] != '?';
        at += len;
        count++;
    }
    if (count == 1 && name.bytes[0] != '?')
        buf_append_text(profile, "|" OTHER "+)");
    else if (letters)
        buf_append_text(profile, "|[" FOLDED "]*" OTHER "([" FOLDED "]|" OTHER ")*)");
    else
        buf_append_text(profile, "|[^/]*" OTHER "[^/]*)");
    return at;
}

/* What stands first in `name`, which is not empty. Returns its length. */
static size_t put_next(struct buf *profile, struct str name)
{
    char c = name.bytes[0];
    size_t class = pattern_class(name.bytes, name.len), others = count_others(name);

    if (foldable(name) > 0)
        return put_foldable(profile, name);
    if (class > 0) {
        put_class(profile, name.bytes, class);
        return class;
    }
    if (others > 0) {
        bool ascii = folds_to_ascii(str_slice(name, 0, others));

        buf_append_text(profile,
                        ascii ? "([A-Za-z]?" OTHER "|[Nn" FOLDED "])+" : "([A-Za-z]?" OTHER ")+");
        return others;
    }
    if (c == '*')
        buf_append_text(profile, "[^/]*");
    else
        seatbelt_character(profile, c);
    if (is_letter(c) && is_marked(name, 1)) /* both may be one character */
        buf_append_text(profile, "?");
    return 1;
}

/* ---- a pattern ---- */

static int put_base(struct buf *profile, const char *base)
{
    if (strcmp(base, "/") == 0)
        return 0;
    for (; *base; base++) {
        if (is_control(*base))
            return -EINVAL;
        put_itself(profile, *base);
    }
    return 0;
}

static void put_name(struct buf *profile, struct str name)
{
    while (name.len > 0)
        name = str_slice(name, put_next(profile, name), name.len);
}

int seatbelt_regex(struct buf *profile, const char *base, struct str rest,
                   enum seatbelt_reach reach)
{
    int rc;

    buf_append_text(profile, base ? "(regex #\"^" : "(regex #\"");
    rc = base ? put_base(profile, base) : 0;
    if (rc < 0)
        return rc;
    buf_append_text(profile, "/");
    if (!base)
        rest = str_slice(rest, strlen("**/"), rest.len);
    while (rest.len > 0) {
        size_t len = str_find(rest, '/');
        bool more = len < rest.len, any = str_equal(str_slice(rest, 0, len), STR("**"));

        if (any)
            buf_append_text(profile, more ? "(.*/)?" : ".*");
        else
            put_name(profile, str_slice(rest, 0, len));
        if (more && !any)
            buf_append_text(profile, "/");
        rest = str_slice(rest, len + more, rest.len);
    }
    return buf_append_text(profile, reach == SEATBELT_ALONE ? "$\")" : "(/.*)?$\")");
}
