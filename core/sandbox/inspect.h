/* SPDX-License-Identifier: Apache-2.0
 * inspect.h - looks at the sandbox from outside while inner waits in it. */
#ifndef FENCE_SANDBOX_INSPECT_H
#define FENCE_SANDBOX_INSPECT_H

#include <fence/fence.h>
#include <sys/types.h>

#include "sandbox/plan.h"

/* Namespaces, capabilities, seccomp and mounts of process `pid` are what the plan says. Returns 0,
 * or a negative code with the layer that is missing. */
int inspect_process(pid_t pid, const struct plan *plan, fence_error *err);

#endif
