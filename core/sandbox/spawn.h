/* SPDX-License-Identifier: Apache-2.0
 * spawn.h - starts one program and watches it by descriptor, without a signal handler. */
#ifndef FENCE_SANDBOX_SPAWN_H
#define FENCE_SANDBOX_SPAWN_H

#include <fence/fence.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn {
    const char *path; /* absolute */
    char *const *argv;
    char *const *env;
    int stdio[3];
    const int *keep; /* descriptors that the program inherits at their number */
    size_t nkeep;
};

/* Starts the program with SIGINT, SIGQUIT, SIGTERM and SIGHUP ignored. The child sends no SIGCHLD
 * and is invisible to an ordinary wait(2): it is ours alone. Writes a pidfd, close-on-exec. */
int spawn_start(int *pidfd, const struct spawn *what, fence_error *err);

/* Reaps. Returns 1 with the status as a shell would say it (128+n for a signal), 0 while it runs.
 */
int spawn_reap(int *status, int pidfd);

/* pidfd_open(2) and pidfd_send_signal(2), which need no newer C library this way. */
int pidfd_of(pid_t pid);
int pidfd_kill(int pidfd, int signum);

/* The first file of that name that can be executed in the absolute folders of `path` (the value of
 * PATH). Returns false when there is none. */
bool spawn_find(char *out, size_t cap, const char *name, const char *path);

#endif
