/* SPDX-License-Identifier: Apache-2.0
 * bridge.h - the host's end of the conversation with inner (inner/inner.h), a message at a time. */
#ifndef FENCE_SANDBOX_BRIDGE_H
#define FENCE_SANDBOX_BRIDGE_H

#include <fence/fence.h>
#include <sys/types.h>

#include "sandbox/inner/inner.h"
#include "sandbox/landlock.h"

/* A socketpair: ends[0] is the host's and tells who wrote, ends[1] goes to inner. Both
 * close-on-exec. */
int bridge_open(int ends[2], fence_error *err);

/* The listener of notify.h, which the launcher's process sends before it becomes the launcher.
 * Writes a descriptor, close-on-exec. Returns 0 or -errno. */
int bridge_receive_listener(int control, int *listener);

/* Where nobody is there to listen any more, that is no error: how that came shows elsewhere. */
int bridge_send_order(int control, const struct inner_order *order, fence_error *err);

struct bridge_report {
    struct inner_report said;
    int fds[INNER_MOST]; /* what came along: all that INNER_READY says, or none; INNER_SOCKETS: any
                          */
    size_t nfds;
    pid_t pid; /* of the sender */
};

/* Returns 1 with a report, whose descriptors the caller closes; 0 when inner has ended; -EAGAIN; or
 * another negative code. */
int bridge_receive_report(int control, struct bridge_report *report, fence_error *err);
void bridge_close_fds(struct bridge_report *report); /* those that are still there: not -1 */

/* `environment`: of image_open_env(). */
int bridge_send_go(int control, int standard_error, int environment, const struct landlock *wall,
                   fence_error *err);

/* Returns 1 when the command could not be executed, with the step and its errno, or was stopped
 * (INNER_STOPPED); 0 when it runs and nothing more will be said; -EAGAIN while that is not known.
 */
int bridge_receive_outcome(int control, struct inner_report *out);

/* What a step that failed inside means, with the cure. Returns FENCE_ESANDBOX. */
int bridge_explain(const struct inner_report *report, fence_error *err);

/* The same of an outcome. Returns the status that stands for it: 125, 126, 127. */
int bridge_explain_outcome(const struct inner_report *failure, const char *command,
                           fence_error *err);

#endif
