/* SPDX-License-Identifier: Apache-2.0
 * nearest.c - see nearest.h. */
#include "cli/nearest.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define LONGEST 32 /* bytes of a word that is compared: no known one is as long */
#define FAR     2  /* letters; with three, every short word is near to another  */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to change, leave out or put in: one row of the usual table at a time. */
static size_t distance(const char *a, const char *b)
{
    size_t len = strlen(b), row[LONGEST + 1];

    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < len; j++) {
            size_t same = tolower((unsigned char)a[i]) == tolower((unsigned char)b[j]);
            size_t next = least(diagonal + !same, least(row[j], row[j + 1]) + 1);

            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    return row[len];
}

const char *nearest(const char *word, const char *const *known)
{
    const char *best = NULL;
    size_t best_far = FAR + 1;

    if (strlen(word) > LONGEST)
        return NULL;
    for (; *known; known++) {
        size_t far = strlen(*known) <= LONGEST ? distance(word, *known) : best_far;

        if (far < best_far && far < strlen(*known)) {
            best = *known;
            best_far = far;
        }
    }
    return best;
}
