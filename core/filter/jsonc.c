/* SPDX-License-Identifier: Apache-2.0
 * jsonc.c - one strict pass over a JSON text with comments, by recursive descent.
 *
 * Comments are where editors allow them: wherever white space may stand. Of trailing commas one is
 * allowed, after a value. Everything else is RFC 8259 to the letter. Builds no values: the parser
 * proper runs afterwards, over a text that can be read in one way only. */
#include "filter/jsonc.h"

#include "base/limits.h"

struct scan {
    char *text;
    size_t len, at;
    struct jsonc_error *why;
};

static bool refuse(struct scan *s, size_t at, const char *text)
{
    *s->why = (struct jsonc_error){at, text};
    return false;
}

/* The byte at the current position, or -1 at the end. */
static inline int peek(const struct scan *s)
{
    return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

static inline bool continues(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

/* The length of the character at `b`, which is not ASCII; 0 when it is not UTF-8: overlong,
 * a surrogate, beyond U+10FFFF, or cut. RFC 3629, section 4. */
static size_t utf8_length(const unsigned char *b, size_t left)
{
    if (b[0] >= 0xc2 && b[0] <= 0xdf)
        return left >= 2 && continues(b[1]) ? 2 : 0;
    if (b[0] >= 0xe0 && b[0] <= 0xef) {
        if (left < 3 || !continues(b[1]) || !continues(b[2]))
            return 0;
        if ((b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xed && b[1] > 0x9f))
            return 0;
        return 3;
    }
    if (b[0] >= 0xf0 && b[0] <= 0xf4) {
        if (left < 4 || !continues(b[1]) || !continues(b[2]) || !continues(b[3]))
            return 0;
        if ((b[0] == 0xf0 && b[1] < 0x90) || (b[0] == 0xf4 && b[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

/* ---- white space and comments ---- */

/* Replaces one character of a comment, but no line end: lines keep their numbers. */
static bool blank_character(struct scan *s)
{
    int c = peek(s);
    size_t len = 1;

    if (c == 0)
        return refuse(s, s->at, "there is a NUL byte here: is this a text file?");
    if (c >= 0x80) {
        len = utf8_length((unsigned char *)s->text + s->at, s->len - s->at);
        if (len == 0)
            return refuse(s, s->at, "this is not UTF-8: save the file as UTF-8");
    }
    if (c != '\n' && c != '\r')
        memset(s->text + s->at, ' ', len);
    s->at += len;
    return true;
}

static bool blank_comment(struct scan *s)
{
    size_t start = s->at++;
    bool block = peek(s) == '*';

    if (!block && peek(s) != '/')
        return refuse(s, start, "'/' begins no comment: write // or /*");
    s->at++;
    memset(s->text + start, ' ', 2);
    for (;;) {
        int c = peek(s);

        if (c < 0)
            return block ? refuse(s, start, "the comment is not closed: end it with */") : true;
        if (!block && (c == '\n' || c == '\r'))
            return true;
        if (block && c == '*' && s->at + 1 < s->len && s->text[s->at + 1] == '/') {
            memset(s->text + s->at, ' ', 2);
            s->at += 2;
            return true;
        }
        if (!blank_character(s))
            return false;
    }
}

static bool skip_blank(struct scan *s)
{
    for (;;) {
        switch (peek(s)) {
        case ' ':
        case '\t':
        case '\n':
        case '\r':
            s->at++;
            break;
        case '/':
            if (!blank_comment(s))
                return false;
            break;
        default:
            return true;
        }
    }
}

/* ---- strings ---- */

static bool read_unit(struct scan *s, unsigned *unit)
{
    *unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = peek(s) < 0 ? -1 : ascii_hex((char)peek(s));

        if (digit < 0)
            return false;
        *unit = *unit << 4 | (unsigned)digit;
        s->at++;
    }
    return true;
}

static bool check_unicode_escape(struct scan *s, size_t start)
{
    unsigned unit, low;

    if (!read_unit(s, &unit))
        return refuse(s, start, "\\u takes four hexadecimal digits");
    if (unit == 0)
        return refuse(s, start, "\\u0000 is not allowed: no name and no path holds a NUL");
    if (unit < 0xd800 || unit > 0xdfff)
        return true;
    if (unit <= 0xdbff && peek(s) == '\\') {
        s->at++;
        if (peek(s) == 'u') {
            s->at++;
            if (read_unit(s, &low) && low >= 0xdc00 && low <= 0xdfff)
                return true;
        }
    }
    return refuse(s, start, "this \\u escape is half of a surrogate pair");
}

static bool check_escape(struct scan *s)
{
    size_t start = s->at++;

    switch (peek(s)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        s->at++;
        return true;
    case 'u':
        s->at++;
        return check_unicode_escape(s, start);
    default:
        return refuse(s, start, "JSON has no such escape: write \\\\ for a backslash");
    }
}

/* What stands for itself in a string: ASCII but controls, '"' and '\'. */
static const bool plain[256] = {
    [0x20 ... 0x21] = true,
    [0x23 ... 0x5b] = true,
    [0x5d ... 0x7f] = true,
};

/* One character of a string that is not plain. */
static bool check_special(struct scan *s, size_t start)
{
    int c = peek(s);
    size_t len;

    if (c == '\\')
        return check_escape(s);
    if (c < 0 || c == '\n' || c == '\r')
        return refuse(s, start, "the string is not closed on its line");
    if (c == 0)
        return refuse(s, s->at, "there is a NUL byte here: is this a text file?");
    if (c < 0x20)
        return refuse(s, s->at, "a control character in a string: write it as \\t or \\u001b");
    len = utf8_length((unsigned char *)s->text + s->at, s->len - s->at);
    if (len == 0)
        return refuse(s, s->at, "this is not UTF-8: save the file as UTF-8");
    s->at += len;
    return true;
}

static bool check_string(struct scan *s)
{
    size_t start = s->at++;

    for (;;) {
        while (s->at < s->len && plain[(unsigned char)s->text[s->at]])
            s->at++;
        if (peek(s) == '"')
            break;
        if (!check_special(s, start))
            return false;
    }
    s->at++;
    if (s->at - start - 2 > LIMIT_CONFIG_STRING)
        return refuse(s, start, "the string is too long: 65536 bytes are allowed");
    return true;
}

/* ---- numbers and words ---- */

static bool skip_digits(struct scan *s)
{
    size_t start = s->at;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at > start;
}

static bool check_number(struct scan *s)
{
    static const char form[] = "this is not a number as JSON writes it: -1, 0.5 or 1e9";
    size_t start = s->at;

    if (peek(s) == '-')
        s->at++;
    if (peek(s) == '0') {
        s->at++;
        if (peek(s) >= '0' && peek(s) <= '9')
            return refuse(s, start, "a number may not begin with 0");
    } else if (!skip_digits(s)) {
        return refuse(s, start, form);
    }
    if (peek(s) == '.') {
        s->at++;
        if (!skip_digits(s))
            return refuse(s, start, form);
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (!skip_digits(s))
            return refuse(s, start, form);
    }
    if (s->at - start > LIMIT_CONFIG_NUMBER)
        return refuse(s, start, "the number is too long: 32 characters are allowed");
    return true;
}

static bool check_word(struct scan *s, struct str word)
{
    if (s->len - s->at < word.len || memcmp(s->text + s->at, word.bytes, word.len) != 0)
        return refuse(s, s->at, "a value is true, false, null, a number, or begins with \" [ or {");
    s->at += word.len;
    return true;
}

/* ---- values ---- */

static bool check_value(struct scan *s, unsigned depth);

static bool check_name(struct scan *s)
{
    if (peek(s) != '"')
        return refuse(s, s->at, "a name in double quotes is missing here");
    if (!check_string(s) || !skip_blank(s))
        return false;
    if (peek(s) != ':')
        return refuse(s, s->at, "a ':' is missing between the name and its value");
    s->at++;
    return skip_blank(s);
}

static bool check_container(struct scan *s, unsigned depth, int close)
{
    size_t comma = SIZE_MAX;

    if (depth > LIMIT_CONFIG_DEPTH)
        return refuse(s, s->at, "this is nested too deeply: 32 levels are allowed");
    s->at++;
    for (;;) {
        if (!skip_blank(s))
            return false;
        if (peek(s) == close)
            break;
        if (close == '}' && !check_name(s))
            return false;
        if (!check_value(s, depth) || !skip_blank(s))
            return false;
        comma = SIZE_MAX;
        if (peek(s) == close)
            break;
        if (peek(s) != ',')
            return refuse(s, s->at,
                          close == '}' ? "a ',' or '}' is missing here"
                                       : "a ',' or ']' is missing here");
        comma = s->at++;
    }
    if (comma != SIZE_MAX)
        s->text[comma] = ' ';
    s->at++;
    return true;
}

static bool check_value(struct scan *s, unsigned depth)
{
    int c = peek(s);

    switch (c) {
    case '"':
        return check_string(s);
    case '[':
        return check_container(s, depth + 1, ']');
    case '{':
        return check_container(s, depth + 1, '}');
    case 't':
        return check_word(s, STR("true"));
    case 'f':
        return check_word(s, STR("false"));
    case 'n':
        return check_word(s, STR("null"));
    case '\'':
        return refuse(s, s->at, "JSON strings stand in double quotes");
    case ',':
    case ']':
    case '}':
    case -1:
        return refuse(s, s->at, "a value is missing here");
    default:
        if (c == '-' || (c >= '0' && c <= '9'))
            return check_number(s);
        return check_word(s, STR("true")); /* refuses: no such value */
    }
}

/* UTF-16 and UTF-32, with or without a byte order mark: the first character is ASCII. */
static bool is_wide(const char *text, size_t len)
{
    if (len < 2)
        return false;
    return memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0 || text[0] == 0 ||
           text[1] == 0;
}

bool jsonc_normalize(char *text, size_t len, struct jsonc_error *why)
{
    struct scan s = {text, len, 0, why};

    if (is_wide(text, len))
        return refuse(&s, 0, "this is UTF-16 or UTF-32: save the file as UTF-8");
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        memset(text, ' ', 3);
        s.at = 3;
    }
    if (!skip_blank(&s))
        return false;
    if (s.at == len)
        return refuse(&s, 0, "the configuration is empty: write {} for the restrictive default");
    if (!check_value(&s, 0) || !skip_blank(&s))
        return false;
    if (s.at < len)
        return refuse(&s, s.at, "something follows the end of the configuration");
    return true;
}
