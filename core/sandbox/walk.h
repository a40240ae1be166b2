/* SPDX-License-Identifier: Apache-2.0
 * walk.h - looks through a tree for paths that fit one of many patterns. Follows no link, and has
 * an end. */
#ifndef FENCE_SANDBOX_WALK_H
#define FENCE_SANDBOX_WALK_H

#include <fence/fence.h>

#include "base/base.h"

struct walk {
    const char *base;            /* absolute, canonical; a folder */
    const char *const *patterns; /* below it: pattern.h; borrowed */
    size_t npatterns;
    void *payload;

    /* `path`, of the kind DT_* of readdir(3), fits the pattern at `index`; once for each. Returns
     * 0, or a negative number that ends it all. */
    int (*found)(void *payload, size_t index, const char *path, unsigned char kind);

    /* The folder at `path`, `base` among them, is about to be read; `error` is an errno when it
     * cannot be. Returns 0 to go on, 1 to leave it out, or a negative number. May be NULL. */
    int (*folder)(void *payload, const char *path, int error);
};

/* Where case does not count, a name that is one of the patterns' is told as they spell it.
 * Returns 0; what a callback returned; -ENOMEM; or FENCE_ECONFIG when the tree has more entries
 * than LIMIT_WALK_ENTRIES. `err` is filled in unless a callback's number is returned. */
int walk_tree(const struct walk *walk, fence_error *err);

#endif
