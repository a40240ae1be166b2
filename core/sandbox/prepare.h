/* SPDX-License-Identifier: Apache-2.0
 * prepare.h - everything before the launcher runs: the plan, the environment, the descriptors. */
#ifndef FENCE_SANDBOX_PREPARE_H
#define FENCE_SANDBOX_PREPARE_H

#include <fence/fence.h>

#include "proxy/proxy.h"
#include "sandbox/launcher.h"
#include "sandbox/plan.h"
#include "sandbox/unix_sockets.h"

struct prepared { /* the caller's from then on */
    struct plan *plan;
    struct unix_sockets *sockets; /* or NULL */
    int control;                  /* to inner                                */
    int pidfd;                    /* of the launcher                         */
    int output;                   /* what the launcher says; never blocks    */
};

/* Starts the launcher with inner and the command behind it. On failure nothing is left running. */
int prepare_sandbox(struct prepared *out, struct proxy *proxy, const fence_sandbox_options *options,
                    fence_error *err);

#endif
