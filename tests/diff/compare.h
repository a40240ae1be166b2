/* SPDX-License-Identifier: Apache-2.0
 * compare.h - one head through both parsers, and every difference looked up in the table. */
#ifndef FENCE_TESTS_DIFF_COMPARE_H
#define FENCE_TESTS_DIFF_COMPARE_H

#include "diff/corpus.h"
#include "diff/differences.h"

struct comparison {
    size_t samples, both_accept, both_refuse;
    size_t findings; /* differences that no row accounts for; the first ones are printed */
    size_t *seen;    /* for each row of the table: by how many samples */
    char *arena;     /* SAMPLE_CAP bytes, then a page that nobody may read */
    struct reading ours, theirs;
    struct reading cured_ours, cured_theirs;
};

struct comparison *comparison_new(void);
void comparison_free(struct comparison *c);

void compare(struct comparison *c, const struct sample *sample);

#endif
