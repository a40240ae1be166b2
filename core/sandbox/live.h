/* SPDX-License-Identifier: Apache-2.0
 * live.h - mounts in a sandbox that is there already: what is too many for the launcher, and what
 * has come off, as the host has put another file in its place. */
#ifndef FENCE_SANDBOX_LIVE_H
#define FENCE_SANDBOX_LIVE_H

#include <fence/fence.h>
#include <sys/types.h>

#include "sandbox/plan.h"

/* Makes them, in this order, in the mount namespace of process `pid` (mount_namespaces(7)). The
 * paths must lead through no link. Waits for it: some 30 us for each, and half a millisecond.
 * Returns 0, or a negative code with `err` filled in. */
int live_mount(pid_t pid, const struct mount *const *mounts, size_t count, fence_error *err);

/* From now on mounts that the host makes or takes off do not show in that namespace, as they do
 * where those of the host are shared (mount_namespaces(7)). With `wait`, they do not when this
 * returns; else in a moment. Returns as live_mount(). */
int live_part(pid_t pid, bool wait, fence_error *err);

#endif
