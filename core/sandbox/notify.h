/* SPDX-License-Identifier: Apache-2.0
 * notify.h - system calls of the sandbox that wait for an answer of the host: seccomp user
 * notification, seccomp_unotify(2).
 *
 * The host does what connect(2) asks for itself, on copies of what it names, and answers with the
 * outcome. It does not let the kernel go on with it: another thread could have changed memory or
 * descriptors since they were looked at. Nobody can execute in another's place; so there what came
 * of it is looked at before its first instruction. */
#ifndef FENCE_SANDBOX_NOTIFY_H
#define FENCE_SANDBOX_NOTIFY_H

#include <fence/fence.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* ---- inside: between vfork(2) and execve(2) ---- */

enum { NOTIFY_CONNECTS = 1, NOTIFY_EXECS = 2 }; /* connect(2); execve(2) and execveat(2) */

/* Puts a filter on the calling thread, for good, under which the calls of `which` wait for the
 * host, and sends the host's end over the socket `via` (SCM_RIGHTS, one byte). Wants
 * PR_SET_NO_NEW_PRIVS. Returns 0 or -errno: -EBUSY when there is such an end already, which sees
 * these calls too. */
int notify_install(int via, unsigned which);

/* Are the calls of the thread that calls this answered by another process? What a sandbox around
 * this one does. For -EBUSY, which others' listeners cause as well. */
bool notify_outer_answers(void);

/* What of all this is missing here for one of these kinds, in a few words; or NULL. */
const char *notify_missing(unsigned which);

/* ---- outside ---- */

struct notify_call { /* one that waits */
    int listener;    /* borrowed        */
    uint64_t id;
    pid_t tid; /* of the thread, as we see it */
    uint32_t arch;
    int number;
    uint64_t arguments[6];
    bool narrow;              /* pointers in its memory have 32 bits */
    struct notify_crew *crew; /* of the thread that received it; NULL: others receive meanwhile */
};

enum notify_kind { NOTIFY_CONNECT, NOTIFY_EXEC, NOTIFY_UNKNOWN };

/* The next call; its length and SYNC_WAKE_UP are asked for by notify_begin(). Returns 0 or -errno:
 * -ENOENT when the caller has gone meanwhile. */
int notify_receive(struct notify_call *call, int listener);

/* Wakes the caller at once where the kernel knows how (6.6). */
void notify_begin(int listener);

/* What is called, with its arguments in place: those of socketcall(2) are fetched, and those of
 * execve(2) are as execveat(2) has them: a folder, a path, words, variables, flags. */
enum notify_kind notify_decode(struct notify_call *call);

/* The call returns 0, or -1 with `error`, an errno. The caller may have gone. */
void notify_answer(const struct notify_call *call, int error);

/* Lets the kernel go on with the call, on what it finds in memory by then: SECCOMP_USER_NOTIF_FLAG_
 * CONTINUE. That is no answer but where its outcome is looked at: exec_trace.h. False: the caller
 * has gone. */
bool notify_continue(const struct notify_call *call);

/* Is the caller still there? Ask after every look at it, and before anything is done to what was
 * taken: its number may have passed on to another. */
bool notify_waits(const struct notify_call *call);

/* Copies its memory. Returns 0 or -EFAULT. */
int notify_read(const struct notify_call *call, uint64_t from, void *to, size_t len);

/* Its descriptor, close-on-exec: the same open file, whatever the number means there later. Returns
 * -errno otherwise: -EBADF, or that its memory may not be looked at. */
int notify_take_fd(const struct notify_call *call, int fd);

/* The process that thread `tid` is of: "Tgid:" in /proc/TID/status, proc(5). -1 when it has gone.
 */
pid_t notify_process(pid_t tid);

/* /proc/TID/`name` as an O_PATH descriptor, or -errno. */
int notify_open(const struct notify_call *call, const char *name);

/* ---- the thread that answers ---- */

struct notify_handler {
    void (*answer)(void *context, struct notify_call *call); /* owes a notify_answer() */
    void (*ended)(void *context); /* nobody is left inside; the listener may be closed */
    void *context;
};

/* What the handler does from here on takes time: another thread receives calls meanwhile. Up to
 * LIMIT_EXEC_THREADS; where there are that many, the others wait. */
void notify_hand_over(struct notify_call *call);

/* A thread of its own, not the loop: what the sandbox makes slow (a full backlog, a file system
 * that does not answer) holds up nobody else. They end when all that run under the filter have.
 * `listener` stays the caller's until then: closed earlier, it would leave its place to others.
 * Returns 0 or -errno. */
int notify_start(int listener, const struct notify_handler *handler);

/* Runs `work` on a thread of its own, with every signal blocked. Returns 0 or -errno. */
int notify_thread(void *(*work)(void *), void *argument);

#endif
