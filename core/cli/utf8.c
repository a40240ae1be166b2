/* SPDX-License-Identifier: Apache-2.0
 * utf8.c - see utf8.h. */
#include "cli/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The bytes of the character that `text` begins with (RFC 3629); 0: it is none. */
static size_t read_character(uint32_t *out, const char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)text[0];
    size_t len = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    uint32_t c = len == 1 ? first : first & (0xffU >> (len + 1));

    if (len == 0 || first >= 0xf8)
        return 0;
    for (size_t i = 1; i < len; i++) {
        if (((uint8_t)text[i] & 0xc0) != 0x80) /* the end of the text, too */
            return 0;
        c = c << 6 | ((uint8_t)text[i] & 0x3f);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *out = c;
    return len;
}

/* C0, DEL and C1; line and paragraph ends; and what has text run the other way: it can make a line
 * look like another one. */
static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void utf8_print(FILE *out, const char *text)
{
    while (*text) {
        uint32_t c = 0;
        size_t len = read_character(&c, text);
        bool harmful = len == 0 || is_harmful(c);

        for (size_t end = len ? len : 1; end > 0; end--, text++)
            fprintf(out, harmful ? "\\x%02x" : "%c", (unsigned)(uint8_t)*text);
    }
}

void utf8_print_json(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text) {
        uint32_t c = 0;
        size_t len = read_character(&c, text);

        if (len == 0)
            fputs("\\ufffd", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", (int)c);
        else if (is_harmful(c))
            fprintf(out, "\\u%04x", (unsigned)c);
        else
            fwrite(text, 1, len, out);
        text += len ? len : 1;
    }
    fputc('"', out);
}
