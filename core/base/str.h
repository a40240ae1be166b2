/* SPDX-License-Identifier: Apache-2.0
 * str.h - a borrowed slice of bytes. Not terminated; may hold any byte. ASCII rules only, whatever
 * the locale says. */
#ifndef FENCE_BASE_STR_H
#define FENCE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *bytes;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_FMT      "%.*s"
#define STR_ARG(s)   (int)(s).len, (s).bytes

static inline struct str str_of(const char *text)
{
    return (struct str){text, strlen(text)};
}

/* The part from `from` on, up to but not including `to`. C11 forbids even NULL + 0. */
static inline struct str str_slice(struct str s, size_t from, size_t to)
{
    return (struct str){from > 0 ? s.bytes + from : s.bytes, to - from};
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool ascii_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The value of a hexadecimal digit, or -1. */
int ascii_hex(char c);

bool str_equal(struct str a, struct str b);
bool str_equal_nocase(struct str a, struct str b); /* ASCII letters only */
bool str_has_prefix(struct str s, struct str prefix);
bool str_has_suffix(struct str s, struct str suffix);

/* Of an array of strings, by their bytes: for qsort(3) and bsearch(3). */
int str_compare_items(const void *a, const void *b);

/* The index of the first `c`, or s.len. */
size_t str_find(struct str s, char c);

/* `s` without spaces and tabs at its ends: OWS of RFC 9110, section 5.6.3. */
struct str str_trim(struct str s);

/* The last part of a path: what stands behind the last '/'. */
struct str str_base_name(struct str path);

/* Decimal digits only, no sign, no leading zero, at most `max`. False leaves `out` untouched. */
bool str_to_u64(uint64_t *out, struct str s, uint64_t max);

/* Writes `s` for a person's terminal: every byte outside printable ASCII becomes \xNN and a
 * backslash is doubled, so nothing a peer chose can move the cursor. Cuts with "..." what does not
 * fit in `cap` bytes; always terminates. Returns the length written. */
size_t str_escape(char *out, size_t cap, struct str s);

/* How many letters must be changed, left out, put in or swapped to make `a` of `b`, case apart.
 * Names of more than 64 bytes are infinitely far from everything. */
size_t str_distance(struct str a, struct str b);

#endif
