/* SPDX-License-Identifier: Apache-2.0
 * differences.h - where core/proto and llhttp may part, each with its reason.
 *
 * A row is found by why a head was refused, or by the fact that differs; not by the bytes. */
#ifndef FENCE_TESTS_DIFF_DIFFERENCES_H
#define FENCE_TESTS_DIFF_DIFFERENCES_H

#include <stddef.h>

enum parting {
    WE_REFUSE,   /* and llhttp accepts: `key` is our reason                                     */
    THEY_REFUSE, /* and we accept: `key` is llhttp's reason. Such a head must be one that both read
                    alike once it is cured of the difference: see cure() in compare.c           */
    FACT_DIFFERS /* both accept: `key` is "FACT: ours/llhttp's, CAUSE"                           */
};

struct difference {
    enum parting parting;
    const char *key;
    const char *why; /* why it is right that we part */
    const char *rfc; /* document and section         */
};

extern const struct difference differences[];
extern const size_t ndifferences;

/* The row, or ndifferences. */
size_t difference_find(enum parting parting, const char *key);

#endif
