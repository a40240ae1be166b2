/* SPDX-License-Identifier: Apache-2.0
 * glob.c - the pattern as a nondeterministic automaton: one bit for each place in it, all of them
 * moved over each byte of the text. No pattern makes it go back. */
#include "filter/glob.h"

#define WORD_BITS 64
#define WORDS     (LIMIT_GLOB / WORD_BITS + 1) /* a place behind the last byte, too */

struct places {
    uint64_t words[WORDS];
};

static void add(struct places *p, size_t place)
{
    p->words[place / WORD_BITS] |= UINT64_C(1) << place % WORD_BITS;
}

static bool has(const struct places *p, size_t place)
{
    return p->words[place / WORD_BITS] >> place % WORD_BITS & 1;
}

static size_t star_length(struct str pattern, size_t at)
{
    return at + 1 < pattern.len && pattern.bytes[at + 1] == '*' ? 2 : 1;
}

/* `at`, and what can be reached from there without a byte: what is behind stars. */
static void reach(struct places *p, struct str pattern, size_t at)
{
    while (!has(p, at)) { /* from a place that is there, all is there */
        add(p, at);
        if (at < pattern.len && pattern.bytes[at] == '*')
            at += star_length(pattern, at);
    }
}

static void step(struct places *next, struct str pattern, size_t at, char byte)
{
    char want = pattern.bytes[at];

    if (want == '*') {
        if (byte != '/' || star_length(pattern, at) == 2)
            reach(next, pattern, at);
    } else if (want == byte || (want == '?' && byte != '/')) {
        reach(next, pattern, at + 1);
    }
}

static bool is_empty(const struct places *p)
{
    uint64_t any = 0;

    for (size_t i = 0; i < WORDS; i++)
        any |= p->words[i];
    return any == 0;
}

bool glob_is_pattern(struct str text)
{
    return str_find(text, '*') < text.len || str_find(text, '?') < text.len;
}

bool glob_match(struct str pattern, struct str text)
{
    struct places here = {{0}};

    if (pattern.len > LIMIT_GLOB)
        return false;
    reach(&here, pattern, 0);
    for (size_t i = 0; i < text.len && !is_empty(&here); i++) {
        struct places next = {{0}};

        for (size_t at = 0; at < pattern.len; at++) {
            if (has(&here, at))
                step(&next, pattern, at, text.bytes[i]);
        }
        here = next;
    }
    return has(&here, pattern.len);
}
