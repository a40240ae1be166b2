/* SPDX-License-Identifier: Apache-2.0
 * glob.h - patterns of the network rules, matched in time linear in the text. Pure.
 *
 *   *    any bytes but '/', or none
 *   **   any bytes, or none
 *   ?    one byte but '/'
 * Every other byte stands for itself. */
#ifndef FENCE_FILTER_GLOB_H
#define FENCE_FILTER_GLOB_H

#include "base/limits.h"
#include "base/str.h"

/* Has it a wildcard at all? */
bool glob_is_pattern(struct str text);

/* Does `pattern`, of at most LIMIT_GLOB bytes, match the whole of `text`? No longer one does. */
bool glob_match(struct str pattern, struct str text);

#endif
