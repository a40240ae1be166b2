/* SPDX-License-Identifier: Apache-2.0
 * alias.h - another spelling of a name that a mount covers. On file systems of this machine both
 * lead to the mount; of one that a program or another machine serves, where case does not count,
 * the kernel knows nothing of that, and the other spelling leads around it. */
#ifndef FENCE_SANDBOX_ALIAS_H
#define FENCE_SANDBOX_ALIAS_H

#include <fence/fence.h>
#include <stdbool.h>

/* `root` is an open folder, the sandbox's /; `path` is the same there and here. */
bool alias_leads_around(int root, const char *path);

/* FENCE_ESANDBOX, with the cure. */
int alias_fail(const char *path, fence_error *err);

#endif
