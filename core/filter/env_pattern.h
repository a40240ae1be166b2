/* SPDX-License-Identifier: Apache-2.0
 * env_pattern.h - names of environment variables as the settings write them: NAME, or with '*' for
 * any letters or none, as in "AWS_*" and "*_TOKEN". Case matters, as it does to the variables.
 * Pure. */
#ifndef FENCE_FILTER_ENV_PATTERN_H
#define FENCE_FILTER_ENV_PATTERN_H

#include "base/limits.h"
#include "base/str.h"

/* NULL, or why this is no pattern: a static sentence. */
const char *env_pattern_check(struct str pattern);

/* Is it a name written out, which stands for that one variable alone? */
bool env_pattern_is_name(struct str pattern);

/* In time linear in the name for each '*'. */
bool env_pattern_match(struct str pattern, struct str name);

#endif
