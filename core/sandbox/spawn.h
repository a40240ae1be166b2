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

/* Starts the program with SIGINT, SIGQUIT, SIGTERM and SIGHUP ignored, without new privileges,
 * under the system call filter of inner/filter.h. From execve(2) on it sends SIGCHLD like any
 * child. Writes a pidfd, close-on-exec. */
int spawn_start(int *pidfd, const struct spawn *what, fence_error *err);

/* Reaps. Returns 1 with the status as a shell would say it (128+n for a signal), 0 while it runs,
 * or -errno: -ECHILD when someone else has taken the status, or SIGCHLD is ignored. */
int spawn_reap(int *status, int pidfd);

/* Kills, and waits until it is gone: that takes no time. */
void spawn_end(int pidfd);

/* The same for bubblewrap that starts: told by the end of `control` it ends in order, and is killed
 * if it has not within LIMIT_ABANDON_MS. Waits. */
void spawn_abandon(int pidfd, int control);

/* Reads what the program says on `fd`, which does not block, and appends it to words[*used]; of
 * what does not fit into `cap` nothing is kept. It is read all the same, as nobody may block on
 * this pipe; but never without end: process 1 of the sandbox has its other end, and the command can
 * open it there. Returns whether that was the end. */
bool spawn_listen(int fd, char *words, size_t cap, size_t *used);

/* pidfd_open(2) and pidfd_send_signal(2), which need no newer C library this way. */
int pidfd_of(pid_t pid);
int pidfd_kill(int pidfd, int signum);

typedef bool (*spawn_usable)(const char *path, void *context);

/* The first file of that name that can be executed in the absolute folders of `path` (the value of
 * PATH), and that `usable` (or NULL) takes. Returns false when there is none. */
bool spawn_find(char *out, size_t cap, const char *name, const char *path, spawn_usable usable,
                void *context);

#endif
