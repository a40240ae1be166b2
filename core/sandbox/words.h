/* SPDX-License-Identifier: Apache-2.0
 * words.h - the first words of a launcher's, kept for the case that it fails. */
#ifndef FENCE_SANDBOX_WORDS_H
#define FENCE_SANDBOX_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/limits.h"

struct words {                       /* zeroed */
    char text[LIMIT_SANDBOX_OUTPUT]; /* terminated */
    size_t len;
};

/* Reads from a non-blocking descriptor what is there. Returns false at its end. */
bool words_read(struct words *words, int fd);

#endif
