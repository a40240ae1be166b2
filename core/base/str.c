/* SPDX-License-Identifier: Apache-2.0
 * str.c - comparisons and conversions of slices. Allocates nothing, reads no locale. */
#include "base/str.h"

int ascii_hex(char c)
{
    if (ascii_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

int str_compare_items(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (ascii_lower(a.bytes[i]) != ascii_lower(b.bytes[i]))
            return false;
    }
    return true;
}

bool str_has_prefix(struct str s, struct str prefix)
{
    return s.len >= prefix.len && str_equal(str_slice(s, 0, prefix.len), prefix);
}

bool str_has_suffix(struct str s, struct str suffix)
{
    return s.len >= suffix.len && str_equal(str_slice(s, s.len - suffix.len, s.len), suffix);
}

size_t str_find(struct str s, char c)
{
    const char *at = s.len > 0 ? memchr(s.bytes, c, s.len) : NULL;

    return at ? (size_t)(at - s.bytes) : s.len;
}

struct str str_trim(struct str s)
{
    while (s.len > 0 && (s.bytes[0] == ' ' || s.bytes[0] == '\t'))
        s = str_slice(s, 1, s.len);
    while (s.len > 0 && (s.bytes[s.len - 1] == ' ' || s.bytes[s.len - 1] == '\t'))
        s.len--;
    return s;
}

struct str str_base_name(struct str path)
{
    size_t from = path.len;

    while (from > 0 && path.bytes[from - 1] != '/')
        from--;
    return str_slice(path, from, path.len);
}

bool str_to_u64(uint64_t *out, struct str s, uint64_t max)
{
    uint64_t value = 0;

    if (s.len == 0 || (s.len > 1 && s.bytes[0] == '0'))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(s.bytes[i] - '0');

        if (!ascii_digit(s.bytes[i]) || digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

/* Writes at most 4 bytes for one. */
static size_t escape_byte(char out[4], unsigned char c)
{
    static const char hex[] = "0123456789abcdef";

    if (c == '\\') {
        memcpy(out, "\\\\", 2);
        return 2;
    }
    if (c >= 0x20 && c < 0x7f) {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = hex[c >> 4];
    out[3] = hex[c & 15];
    return 4;
}

size_t str_escape(char *out, size_t cap, struct str s)
{
    size_t len = 0, cut = 0; /* cut: where "..." would still fit */

    if (cap == 0)
        return 0;
    for (size_t i = 0; i < s.len; i++) {
        char escaped[4];
        size_t n = escape_byte(escaped, (unsigned char)s.bytes[i]);

        if (len + n >= cap) {
            size_t dots = cap - 1 - cut < 3 ? cap - 1 - cut : 3;

            memcpy(out + cut, "...", dots);
            len = cut + dots;
            break;
        }
        memcpy(out + len, escaped, n);
        len += n;
        if (len + 3 < cap)
            cut = len;
    }
    out[len] = '\0';
    return len;
}

#define DISTANCE_MAX 64 /* names have under 40 bytes */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The restricted edit distance, with swaps: they are the commonest slip of fingers. */
size_t str_distance(struct str a, struct str b)
{
    size_t rows[3][DISTANCE_MAX + 1]; /* of the table: the one being filled, and the two above */

    if (a.len > DISTANCE_MAX || b.len > DISTANCE_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        size_t *row = rows[i % 3];
        char ca = ascii_lower(a.bytes[i - 1]);

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char cb = ascii_lower(b.bytes[j - 1]);

            row[j] = least(above[j - 1] + (ca != cb), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && ca == ascii_lower(b.bytes[j - 2]) &&
                ascii_lower(a.bytes[i - 2]) == cb)
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}
