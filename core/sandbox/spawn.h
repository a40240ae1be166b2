/* SPDX-License-Identifier: Apache-2.0
 * spawn.h - starts one program and watches it by descriptor, without a signal handler. */
#ifndef FENCE_SANDBOX_SPAWN_H
#define FENCE_SANDBOX_SPAWN_H

#include <fence/fence.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Some system calls of the program wait for the host: notify.h. */
struct spawn_notify {
    unsigned which; /* of enum NOTIFY_*: notify.h */
    int from;       /* our end of `via`: the program's own execve(2) is answered by us */
    int listener;   /* written where it is, as it came over `from` already; else -1 */
    int via; /* the descriptor that the listener is sent by, as a message of one byte        */
    bool optional; /* start without where it cannot be had */
    int error;     /* written: 0; or -errno, and nothing was sent. -EBUSY: a sandbox around this
                      one answers; -EEXIST: somebody else has the place                             */
};

struct spawn {
    const char *path; /* absolute */
    char *const *argv;
    char *const *env;
    int stdio[3];
    const int *keep; /* descriptors that the program inherits at their number */
    size_t nkeep;
    struct spawn_notify *notify; /* or NULL */
};

/* Starts the program with every signal blocked and without new privileges: it can be killed, and
 * what it starts in its turn has to lift the block. From execve(2) on it sends SIGCHLD like any
 * child. Writes a pidfd, close-on-exec. */
int spawn_start(int *pidfd, const struct spawn *what, fence_error *err);

/* Has `work` done by a process of its own that shares our memory, and waits for it: for what a
 * whole process is changed by, as its namespaces are. It must not change our signals or leave a
 * lock taken. Returns minus what `work` returned, 0 to 125, or another negative code. */
int spawn_beside(int (*work)(void *), void *argument);

/* Has `work` done by a copy of this process, as fork(2) makes one: for what a process must share
 * nothing for, as to enter a user namespace (setns(2)). `work` may do what is safe in a signal
 * handler, and nothing else. The copy sends no SIGCHLD, and is nobody's to wait for but
 * spawn_end()'s. Writes a pidfd, close-on-exec. Returns 0 or -errno. */
int spawn_copy(int *pidfd, void (*work)(const void *), const void *argument);

/* Reaps. Returns 1 with the status as a shell would say it (128+n for a signal), 0 while it runs,
 * or -errno: -ECHILD when someone else has taken the status, or SIGCHLD is ignored. */
int spawn_reap(int *status, int pidfd);

/* Kills, and waits until it is gone: that takes no time. */
void spawn_end(int pidfd);

/* pidfd_open(2) and pidfd_send_signal(2), which need no newer C library this way. */
int pidfd_of(pid_t pid);
int pidfd_kill(int pidfd, int signum);

/* To the group that the process leads; to it alone where it leads none. `pid`: of the same process,
 * for kernels before 6.9. */
int pidfd_kill_group(int pidfd, pid_t pid, int signum);

typedef bool (*spawn_usable)(const char *path, void *context);

/* The first file of that name that can be executed in the absolute folders of `path` (the value of
 * PATH), and that `usable` (or NULL) takes. Returns false when there is none. */
bool spawn_find(char *out, size_t cap, const char *name, const char *path, spawn_usable usable,
                void *context);

#endif
