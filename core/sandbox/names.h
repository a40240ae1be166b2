/* SPDX-License-Identifier: Apache-2.0
 * names.h - which of many patterns may fit a path, found by its last name: looking through 200,000
 * files for 300 patterns must not compare each with each. Pure. */
#ifndef FENCE_SANDBOX_NAMES_H
#define FENCE_SANDBOX_NAMES_H

#include "base/base.h"

struct names;

/* The patterns are those of pattern.h's `rest`, none of them empty; borrowed. Returns 0 or -ENOMEM.
 */
int names_new(struct names **out, const char *const *patterns, size_t count);
void names_free(struct names *names); /* takes NULL */

/* The first pattern from `*at` on that matches `path`, whose last component is `name`; writes where
 * to go on. Begin with 0. Returns its index, or NAMES_NONE. */
struct names_cursor {
    unsigned stage;
    size_t next;
};
#define NAMES_NONE SIZE_MAX
size_t names_find(const struct names *names, const char *path, const char *name,
                  struct names_cursor *cursor);

/* May one of them match something below the folder `path`? */
bool names_lead_below(const struct names *names, const char *path);

#endif
