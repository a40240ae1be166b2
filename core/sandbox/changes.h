/* SPDX-License-Identifier: Apache-2.0
 * changes.h - what a run has changed among names that other tools execute later: build files,
 * package scripts, what agents read, and git repositories that are new. */
#ifndef FENCE_SANDBOX_CHANGES_H
#define FENCE_SANDBOX_CHANGES_H

#include <fence/fence.h>

#include "base/base.h"
#include "sandbox/files.h"

struct changes;

/* Remembers files->reported as they are now. `files` is borrowed until changes_free(). Writes NULL
 * where nothing can be written. Returns 0 or -ENOMEM. */
int changes_new(struct changes **out, const struct files *files);
void changes_free(struct changes *changes); /* takes NULL */

/* Looks through the writable folders again. Writes their names, relative to `cwd` below it, escaped
 * and with commas between; "and 7 more" behind the last that has room. Returns how many there are.
 */
size_t changes_list(char *out, size_t cap, const struct changes *changes, const char *cwd);

#endif
