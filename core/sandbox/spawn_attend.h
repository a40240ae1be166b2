/* SPDX-License-Identifier: Apache-2.0
 * spawn_attend.h - a program whose own execve(2) waits for us: whoever starts it cannot sleep until
 * it has executed, as vfork(2) does. */
#ifndef FENCE_SANDBOX_SPAWN_ATTEND_H
#define FENCE_SANDBOX_SPAWN_ATTEND_H

#include "sandbox/spawn.h"

/* A child that shares our memory has begun: takes its listener, lets its first execve(2) pass, and
 * returns when it has executed or ended, and `running` is 0: clone(2), CLONE_CHILD_CLEARTID. */
void spawn_attend(struct spawn_notify *notify, int pidfd, int *running);

#endif
