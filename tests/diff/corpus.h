/* SPDX-License-Identifier: Apache-2.0
 * corpus.h - the heads that both parsers are shown: the same ones in every run. */
#ifndef FENCE_TESTS_DIFF_CORPUS_H
#define FENCE_TESTS_DIFF_CORPUS_H

#include "diff/reading.h"

struct sample {
    size_t len;
    char bytes[SAMPLE_CAP];
};

/* What would not fit is left out. */
void sample_set(struct sample *sample, struct str bytes);
void sample_append(struct sample *sample, struct str bytes);
void sample_insert(struct sample *sample, size_t at, struct str bytes);
void sample_remove(struct sample *sample, size_t at, size_t count);

/* A fixed sequence; the state must not be 0. */
struct dice {
    uint64_t state;
};

/* A number below `bound`. */
size_t dice_roll(struct dice *dice, size_t bound);

/* A head of the grammar of RFC 9112, with now and then a part that is not of it. */
void corpus_generate(struct sample *out, struct dice *dice);

/* One to three changes: bytes and lines put in, taken out, replaced, doubled. */
void corpus_mutate(struct sample *sample, struct dice *dice);

/* Heads that a generator would hardly find; false past the last. */
bool corpus_by_hand(struct sample *out, size_t index);

/* The heads that are swept: every byte of them replaced by, and put behind, every other. */
bool corpus_to_sweep(struct sample *out, size_t index);

#endif
