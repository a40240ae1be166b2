/* SPDX-License-Identifier: Apache-2.0
 * roots.h - the writable folders (files.h), sorted, so that each question costs little where there
 * are thousands. Pure. */
#ifndef FENCE_SANDBOX_ROOTS_H
#define FENCE_SANDBOX_ROOTS_H

#include "sandbox/files.h"

struct roots {
    const char **items; /* borrowed; none below another */
    size_t count;
};

/* Borrows from `files`. Returns 0, to be freed by roots_deinit(), or -ENOMEM. */
int roots_init(struct roots *roots, const struct files *files);
void roots_deinit(struct roots *roots); /* takes a zeroed one */

/* The one that `path` is, or lies below. NULL: it is writable nowhere. */
const char *const *roots_find(const struct roots *roots, const char *path);

/* Is something at or below `folder` writable? */
bool roots_touch(const struct roots *roots, const char *folder);

/* The first one that is `path` or lies below; those that do stand side by side. Sets `count`. */
const char *const *roots_below(const struct roots *roots, const char *path, size_t *count);

#endif
