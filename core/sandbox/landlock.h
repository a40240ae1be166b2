/* SPDX-License-Identifier: Apache-2.0
 * landlock.h - the second wall around files: landlock(7). The host makes the ruleset, inner enters
 * it just before it becomes the command, and never leaves.
 *
 * A rule belongs to an inode, not to a path or a mount: so the host can make it for a folder of the
 * sandbox, and so it still holds where a mount does not. It allows what lies beneath, whatever is
 * mounted there: a read-only folder within a writable one has the mount alone. */
#ifndef FENCE_SANDBOX_LANDLOCK_H
#define FENCE_SANDBOX_LANDLOCK_H

#include <fence/fence.h>

#include "sandbox/plan.h"

/* The kernel's ABI that is the least: Linux 5.19. With the first one no rename leads from one
 * folder to another, and much would not run. */
#define LANDLOCK_ABI_LEAST 2

/* ---- which rights: pure; `abi` is the kernel's ---- */

/* What no process behind the wall may do, but where a rule allows it. */
uint64_t landlock_handled(int abi);

/* What the wall's processes may not do to those outside. */
uint64_t landlock_scoped(int abi);

/* What a mount of this kind allows beneath itself; 0: nothing, it needs no rule. */
uint64_t landlock_allowed(int abi, enum mount_kind kind, bool folder);

/* What the command may do with a stream of its own that it opens again, by /proc/self/fd: nothing
 * that the descriptor does not allow. */
uint64_t landlock_allowed_stream(int abi, bool writable);

/* For landlock_restrict_self(2). */
uint32_t landlock_flags(int abi);

/* ---- the wall: landlock_linux.c ---- */

struct landlock {
    int ruleset; /* close-on-exec; -1: no wall */
    int abi;
};

/* A ruleset that allows nothing yet, for landlock_close(). Returns 0; -ENOSYS when this kernel
 * cannot do it, with the reason in `err`; or another negative code. */
int landlock_open(struct landlock *out, fence_error *err);

/* Allows what is due beneath `fd` (O_PATH will do). Does nothing where there is no wall. */
int landlock_allow(const struct landlock *wall, int fd, enum mount_kind kind, bool folder,
                   fence_error *err);
int landlock_allow_streams(const struct landlock *wall, const int streams[3], fence_error *err);

void landlock_close(struct landlock *wall);

#endif
