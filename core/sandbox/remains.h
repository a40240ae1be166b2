/* SPDX-License-Identifier: Apache-2.0
 * remains.h - the processes that the command has left behind: they end with the sandbox, but a
 * moment after bubblewrap, and until then they could still write, or read the terminal. */
#ifndef FENCE_SANDBOX_REMAINS_H
#define FENCE_SANDBOX_REMAINS_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct remains {
    pid_t first;    /* the sandbox's process 1, as the host counts */
    int pidfd;      /* of it; -1: not found                        */
    uv_poll_t poll; /* its data is NULL until it is awaited        */
};

/* Holds on to who will outlive the rest. Returns 0 or -errno. */
int remains_hold(struct remains *out, pid_t first);

/* Once bubblewrap has ended: is there anything left? Then it is killed, and `on_gone` is called on
 * `loop` when the last one is gone, with `data` as its handle's; the caller closes the handle. */
bool remains_await(struct remains *remains, uv_loop_t *loop, uv_poll_cb on_gone, void *data);

void remains_deinit(struct remains *remains); /* its handle is closed, or was none */

#endif
