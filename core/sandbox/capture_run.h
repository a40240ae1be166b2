/* SPDX-License-Identifier: Apache-2.0
 * capture_run.h - what serves the captured connections of one sandbox: its name service, the names
 * that have been asked for, and the listeners. */
#ifndef FENCE_SANDBOX_CAPTURE_RUN_H
#define FENCE_SANDBOX_CAPTURE_RUN_H

#include <fence/fence.h>

#include "proxy/dns_service.h"
#include "proxy/listener.h"
#include "sandbox/capture.h"
#include "sandbox/unix_sockets.h"

struct capture_run { /* zeroed to begin */
    struct proxy *proxy;
    struct unix_sockets *sockets; /* or NULL */
    struct capture capture;       /* those that are not served yet */
    struct listener_capture how;
    struct dns_service *dns;
    struct listener *listeners[2]; /* IPv4, IPv6: NULL without */
};

/* Takes the sockets that inner has made: bit n of `made` is the one of that number, and they lie at
 * `fds` in that order, which are -1 afterwards. The sandbox has been proved to have no way out.
 * `sockets` tells whose a connection is, and may be NULL. `pid` waits in the sandbox, whose network
 * is entered where inner's sockets do not do (capture_join.h). Tells under -d which way it is, and
 * why. Returns 0, or a negative code with `err` filled in: nothing is captured then, and nothing
 * has to be closed. */
int capture_run_open(struct capture_run *run, struct proxy *proxy, struct unix_sockets *sockets,
                     int *fds, uint32_t made, pid_t pid, fence_error *err);

bool capture_run_has(const struct capture_run *run, const struct listener *listener);

void capture_run_close(struct capture_run *run); /* harmless where nothing is */

#endif
