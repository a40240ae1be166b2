/* SPDX-License-Identifier: Apache-2.0
 * guard.h - watches over files while the command runs: names that it must not make, and mounts that
 * come off when the host puts another file in the place of one that is protected or hidden.
 *
 * What appears at a protected name is renamed at once, wherever it came from: who made it cannot be
 * told, and nothing is lost that way. A mount that came off is made again while everything in the
 * sandbox stands still. What cannot be mended ends the run. */
#ifndef FENCE_SANDBOX_GUARD_H
#define FENCE_SANDBOX_GUARD_H

#include <fence/fence.h>
#include <sys/types.h>

#include "proxy/proxy.h"
#include "sandbox/files.h"
#include "sandbox/plan.h"

struct guard;

/* The run cannot go on: once at most. */
typedef void (*guard_end)(void *payload, const fence_error *why);

/* Begins to watch, before the command runs. `files` and `plan` are borrowed for the guard's life.
 * Writes NULL where nothing has to be watched. Returns 0, or a negative code with `err` filled in.
 */
int guard_start(struct guard **out, struct proxy *proxy, const struct files *files,
                const struct plan *plan, guard_end end, void *payload, fence_error *err);

/* `first` is process 1 of the sandbox, as the host sees it: from now on there is something to mend.
 */
void guard_ready(struct guard *guard, pid_t first);

/* Looks once more at what has happened, for the command has ended: NULL is taken. */
void guard_finish(struct guard *guard);

/* Ends it; `on_gone` (payload of guard_start) is called when its last handle is closed, after which
 * `files` and `plan` are not used any more. Returns false where there is nothing to wait for. */
bool guard_close(struct guard *guard, void (*on_gone)(void *payload));

#endif
