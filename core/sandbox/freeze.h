/* SPDX-License-Identifier: Apache-2.0
 * freeze.h - stops everything that runs in a sandbox, for the moment in which it is mended. */
#ifndef FENCE_SANDBOX_FREEZE_H
#define FENCE_SANDBOX_FREEZE_H

#include <sys/types.h>

#include "base/base.h"

struct frozen {
    pid_t *pids; /* of the host; parents before their children */
    size_t count, cap;
};

/* Stops (SIGSTOP) the descendants of process `first`, process 1 of the sandbox, and not it itself.
 * Returns 0 once a look at all processes finds none that runs; -EAGAIN when new ones come faster
 * than that; or another negative code. In every case `out` is to be given to thaw(). */
int freeze(struct frozen *out, pid_t first);

void thaw(struct frozen *frozen); /* the youngest first: no parent sees a child that is stopped */

pid_t process_parent(pid_t pid); /* 0 when it is gone */

/* Is it gone, or a zombie, with nothing open and nobody that may ask? `name` is its number below
 * `folder`, which is /proc or the folder of a process's threads. */
bool process_has_ended(int folder, const char *name);

#endif
