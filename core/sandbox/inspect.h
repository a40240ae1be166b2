/* SPDX-License-Identifier: Apache-2.0
 * inspect.h - looks at the sandbox from outside while inner waits in it. */
#ifndef FENCE_SANDBOX_INSPECT_H
#define FENCE_SANDBOX_INSPECT_H

#include <fence/fence.h>
#include <sys/types.h>

#include "sandbox/plan.h"

#define INSPECT_NAMESPACES 6

struct inspect_ours { /* our own namespaces, as proc(5) names them */
    char namespaces[INSPECT_NAMESPACES][64];
};

/* Read while the launcher starts, so that it costs no time. */
int inspect_ours(struct inspect_ours *out, fence_error *err);

/* What no longer changes once inner runs: the namespaces and mounts of process `pid` are what the
 * plan says. Returns 0, or a negative code with the layer that is missing. */
int inspect_place(pid_t pid, const struct inspect_ours *ours, const struct plan *plan,
                  fence_error *err);

/* What inner completes itself: no capability, no new privileges, the seccomp filter. */
int inspect_rights(pid_t pid, fence_error *err);

#endif
