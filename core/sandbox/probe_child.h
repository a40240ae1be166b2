/* SPDX-License-Identifier: Apache-2.0
 * probe_child.h - something tried in a process of its own, which it may spoil. */
#ifndef FENCE_SANDBOX_PROBE_CHILD_H
#define FENCE_SANDBOX_PROBE_CHILD_H

/* Calls `work` in a child made by clone(2) with `flags`, CLONE_NEWUSER and its kind, and returns
 * what it has returned: 0 or an errno, here negative; or why there was no child. `work` may do what
 * is safe in a signal handler, and nothing else: signal-safety(7). The child sends no SIGCHLD. */
int probe_child(int flags, int (*work)(const void *), const void *argument);

#endif
