/* SPDX-License-Identifier: Apache-2.0
 * quota.h - what a sandbox may use up of its user's: inotify instances and watches are counted by
 * user, and a command that takes them all leaves the user's editor without. */
#ifndef FENCE_SANDBOX_QUOTA_H
#define FENCE_SANDBOX_QUOTA_H

#include <sys/types.h>

/* Gives the user namespace of process `pid` half of what the user has, by a child that goes on
 * while others work. Returns its pidfd, or a negative code. */
int quota_begin(pid_t pid);

/* Waits for it, and closes `pidfd`. Returns 0, or a negative code where it could not be done. */
int quota_end(int pidfd);

#endif
