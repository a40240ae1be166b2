/* SPDX-License-Identifier: Apache-2.0
 * fuzz_clean_text.c - any bytes as what a command prints at a terminal.
 *
 * The first byte says where the rest is split: what comes out is the same, is no longer than it may
 * be, passes once more unchanged, with nothing dropped, and holds no string and no C1. What puts
 * the terminal back passes as well. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/clean_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Controls, a C1 that stands alone or as UTF-8, and what begins a string. */
static void check_harmless(const char *text, size_t len)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t inside = 0; /* bytes of a character that are still due */

    for (size_t i = 0; i < len; i++) {
        if (inside > 0) {
            CHECK(at[i] >= 0x80 && at[i] < 0xc0);
            CHECK(at[i - 1] != 0xc2 || at[i] >= 0xa0);
            inside--;
        } else if (at[i] < ' ') {
            CHECK(at[i] == 0x1b || (at[i] >= 7 && at[i] <= 15));
            CHECK(at[i] != 0x1b || (i + 1 < len && !strchr("]PX^_k\\NO", at[i + 1])));
        } else {
            CHECK(at[i] < 0x7f || (at[i] >= 0xc2 && at[i] <= 0xf4));
            inside = at[i] < 0xc2 ? 0 : at[i] < 0xe0 ? 1 : at[i] < 0xf0 ? 2 : 3;
        }
    }
    CHECK(inside == 0);
}

static void check_again(const char *text, size_t len, const struct clean_text *before)
{
    char *again = malloc(len + CLEAN_TEXT_ROOM), end[CLEAN_TEXT_END], other[CLEAN_TEXT_END];
    char told[160];
    struct clean_text t = {0}, first = *before;
    size_t n;

    CHECK(again);
    CHECK(clean_text_feed(&t, again, text, len) == len && memcmp(again, text, len) == 0);
    CHECK(!clean_text_dropped(told, &t) && t.state == CLEAN_GROUND);
    n = clean_text_end(&first, end);
    CHECK(n <= CLEAN_TEXT_END && clean_text_end(&t, other) == n && memcmp(end, other, n) == 0);
    clean_text_dropped(told, &first);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct clean_text whole = {0}, split = {0};
    size_t n, m, at;
    char *out, *parts;

    if (len == 0)
        return 0;
    at = 1 + bytes[0] % len;
    out = malloc(len + CLEAN_TEXT_ROOM);
    parts = malloc(len + 2 * CLEAN_TEXT_ROOM);
    CHECK(out && parts);
    n = clean_text_feed(&whole, out, bytes + 1, len - 1);
    CHECK(n <= len - 1);
    m = clean_text_feed(&split, parts, bytes + 1, at - 1);
    m += clean_text_feed(&split, parts + m, bytes + at, len - at);
    CHECK(m == n && memcmp(out, parts, n) == 0 && split.state == whole.state);
    CHECK(split.osc == whole.osc && split.dcs == whole.dcs && split.other == whole.other);
    check_harmless(out, n);
    check_again(out, n, &whole);
    free(out);
    free(parts);
    return 0;
}
