/* SPDX-License-Identifier: Apache-2.0
 * nearest.h - what a person may have meant. */
#ifndef FENCE_CLI_NEAREST_H
#define FENCE_CLI_NEAREST_H

/* The one of `known` (NULL-terminated) that `word` misses by two letters or less, case apart; NULL
 * when none is so near. */
const char *nearest(const char *word, const char *const *known);

#endif
