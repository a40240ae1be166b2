/* SPDX-License-Identifier: Apache-2.0
 * jsonc_locate.c - from a path to an offset, from an offset to line and column.
 *
 * Walks the text again, and only when there is an error to report: the parsed tree need not carry
 * positions. Expects normalized text; any other gives a wrong answer, never a read outside. */
#include "base/cursor.h"
#include "filter/jsonc.h"

void jsonc_position(struct str text, size_t at, unsigned *line, unsigned *column)
{
    size_t start = 0; /* of the line */

    *line = 1;
    if (at > text.len)
        at = text.len;
    for (size_t i = 0; i < at; i++) {
        bool crlf = text.bytes[i] == '\r' && i + 1 < text.len && text.bytes[i + 1] == '\n';

        if (text.bytes[i] == '\n' || (text.bytes[i] == '\r' && !crlf)) {
            ++*line;
            start = i + 1;
        }
    }
    *column = (unsigned)(at - start) + 1;
}

static void skip_space(struct cursor *c)
{
    while (cursor_eat(c, ' ') || cursor_eat(c, '\t') || cursor_eat(c, '\n') || cursor_eat(c, '\r'))
        ;
}

static void skip_string(struct cursor *c)
{
    cursor_eat(c, '"');
    while (!cursor_end(c)) {
        char b = cursor_next(c);

        if (b == '"')
            return;
        if (b == '\\')
            cursor_next(c);
    }
}

static void skip_value(struct cursor *c)
{
    size_t depth = 0;

    while (!cursor_end(c)) {
        char b = cursor_peek(c);

        if (b == '"') {
            skip_string(c);
            continue;
        }
        if (depth == 0 && (b == ',' || b == ']' || b == '}'))
            return;
        if (b == '[' || b == '{')
            depth++;
        else if (b == ']' || b == '}')
            depth--;
        c->at++;
    }
}

/* Four hexadecimal digits. */
static unsigned next_unit(struct cursor *c)
{
    unsigned unit = 0;

    for (int i = 0; i < 4; i++)
        unit = unit << 4 | ((unsigned)ascii_hex(cursor_next(c)) & 0xf);
    return unit;
}

/* Reads what stands after "\u" and writes it as UTF-8. Returns the length. */
static size_t decode_unit(struct cursor *c, char out[4])
{
    unsigned code = next_unit(c);

    if (code >= 0xd800 && code <= 0xdbff && cursor_eat(c, '\\') && cursor_eat(c, 'u'))
        code = 0x10000 + ((code & 0x3ff) << 10 | (next_unit(c) & 0x3ff));
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

static size_t decode_escape(struct cursor *c, char out[4])
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char b = cursor_next(c);
    const char *found;

    if (b == 'u')
        return decode_unit(c, out);
    found = b != '\0' ? strchr(from, b) : NULL;
    out[0] = found ? to[found - from] : b;
    return 1;
}

/* Is the string at the cursor `name`? The cursor ends behind it in either case. */
static bool eat_name(struct cursor *c, const char *name)
{
    struct str rest = str_of(name);
    struct cursor inside = *c;
    char decoded[4];

    skip_string(c);
    cursor_eat(&inside, '"');
    while (inside.at + 1 < c->at) {
        size_t len = 1;

        decoded[0] = cursor_next(&inside);
        if (decoded[0] == '\\')
            len = decode_escape(&inside, decoded);
        if (!str_has_prefix(rest, (struct str){decoded, len}))
            return false;
        rest = str_slice(rest, len, rest.len);
    }
    return rest.len == 0;
}

/* From the beginning of a value to that of its member or element `step`. */
static bool enter(struct cursor *c, const struct jsonc_step *step, size_t *key_at)
{
    size_t skip = step->index;

    if (!cursor_eat(c, step->key ? '{' : '['))
        return false;
    do {
        bool match = true;

        skip_space(c);
        if (cursor_peek(c) == '}' || cursor_peek(c) == ']')
            return false;
        *key_at = c->at;
        if (step->key) {
            match = eat_name(c, step->key);
            skip_space(c);
            cursor_eat(c, ':');
            skip_space(c);
        }
        if (match && skip-- == 0)
            return true;
        skip_value(c);
    } while (cursor_eat(c, ','));
    return false;
}

size_t jsonc_locate(struct str text, const struct jsonc_step *path, size_t depth, bool at_key)
{
    struct cursor c = {text, 0};
    size_t key_at;

    skip_space(&c);
    key_at = c.at;
    for (size_t i = 0; i < depth; i++) {
        if (!enter(&c, &path[i], &key_at))
            return text.len;
    }
    return at_key ? key_at : c.at;
}
