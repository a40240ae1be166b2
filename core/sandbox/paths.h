/* SPDX-License-Identifier: Apache-2.0
 * paths.h - a path as someone wrote it, made absolute and canonical. Asks the file system. */
#ifndef FENCE_SANDBOX_PATHS_H
#define FENCE_SANDBOX_PATHS_H

#include <fence/fence.h>

#include "base/base.h"

/* "~", "~/x", "./x", "x" (from `cwd`) and "/x"; symbolic links are resolved. `home` may be NULL:
 * "~" is then an error. Glob characters (*?[) are an error.
 * Writes a string that the caller frees. Returns 0, -ENOENT when nothing stands there, or another
 * negative code; `err` is filled in every case but 0. */
int paths_canonical(char **out, const char *written, const char *cwd, const char *home,
                    fence_error *err);

/* The same with patterns (pattern.h): appends all that `written` fits to `items`, canonical, which
 * the caller frees. -ENOENT when it fits nothing. */
int paths_find(char ***items, size_t *count, const char *written, const char *cwd, const char *home,
               fence_error *err);

/* False where a folder on the way to `path`, absolute and without links, may not be entered by this
 * user without a capability, as a command has none; whatever else is wrong with it, it counts as
 * reachable. Fits `reach` of proof_mounts(). */
bool paths_reachable(const char *path);

#endif
