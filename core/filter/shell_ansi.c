/* SPDX-License-Identifier: Apache-2.0
 * shell_ansi.c - $'...', with the escapes of C: XCU 2.2.4, and bash's \E \u \U. */
#include "filter/shell_private.h"

static int peek(const struct shell *s)
{
    return s->at < s->script.len ? (unsigned char)s->script.bytes[s->at] : SHELL_END;
}

static unsigned long read_number(struct shell *s, unsigned base, int digits)
{
    unsigned long value = 0;

    for (; digits > 0 && peek(s) != SHELL_END; digits--) {
        int digit = ascii_hex((char)peek(s));

        if (digit < 0 || (unsigned)digit >= base)
            break;
        value = value * base + (unsigned)digit;
        s->at++;
    }
    return value;
}

static void put_utf8(struct shell *s, unsigned long c)
{
    if (c < 0x80) {
        shell_put(s, (int)c);
    } else if (c < 0x800) {
        shell_put(s, (int)(0xc0 | c >> 6));
        shell_put(s, (int)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        shell_put(s, (int)(0xe0 | c >> 12));
        shell_put(s, (int)(0x80 | (c >> 6 & 0x3f)));
        shell_put(s, (int)(0x80 | (c & 0x3f)));
    } else if (c < 0x110000) {
        shell_put(s, (int)(0xf0 | c >> 18));
        shell_put(s, (int)(0x80 | (c >> 12 & 0x3f)));
        shell_put(s, (int)(0x80 | (c >> 6 & 0x3f)));
        shell_put(s, (int)(0x80 | (c & 0x3f)));
    } else {
        shell_put_unknown(s);
    }
}

/* \xHH, \uHHHH, \UHHHHHHHH: without a digit, the letters themselves. */
static void put_hex(struct shell *s, int letter, int digits)
{
    size_t from = s->at;
    unsigned long value = read_number(s, 16, digits);

    if (s->at == from) {
        shell_put(s, '\\');
        shell_put(s, letter);
    } else if (letter == 'x') {
        shell_put(s, (int)(value & 0xff));
    } else {
        put_utf8(s, value);
    }
}

/* Behind the backslash. A byte 0 is SHELL_UNKNOWN: shells part over what follows it. */
static void put_escape(struct shell *s)
{
    static const char letters[] = "abefnrtvE", bytes[] = "\a\b\033\f\n\r\t\v\033";
    int c = peek(s);
    const char *letter = c > 0 ? strchr(letters, c) : NULL;

    if (c >= '0' && c <= '7') {
        shell_put(s, (int)(read_number(s, 8, 3) & 0xff));
        return;
    }
    if (c == SHELL_END) {
        shell_put(s, '\\');
        return;
    }
    s->at++;
    if (letter) {
        shell_put(s, bytes[letter - letters]);
    } else if (c == 'x' || c == 'u' || c == 'U') {
        put_hex(s, c, c == 'x' ? 2 : c == 'u' ? 4 : 8);
    } else if (c == 'c' && peek(s) != SHELL_END) {
        shell_put(s, peek(s) & 0x1f);
        s->at++;
    } else if (c == '\\' || c == '\'' || c == '"' || c == '?') {
        shell_put(s, c);
    } else {
        shell_put(s, '\\');
        shell_put(s, c);
    }
}

int shell_ansi(struct shell *s)
{
    int c;

    while ((c = peek(s)) != SHELL_END) {
        s->at++;
        if (c == '\'')
            break;
        if (c == '\\')
            put_escape(s);
        else
            shell_put(s, c);
    }
    return 0;
}
