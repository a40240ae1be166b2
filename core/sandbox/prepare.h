/* SPDX-License-Identifier: Apache-2.0
 * prepare.h - everything before the launcher runs: the plan, the environment, the descriptors. */
#ifndef FENCE_SANDBOX_PREPARE_H
#define FENCE_SANDBOX_PREPARE_H

#include <fence/fence.h>

#include "proxy/proxy.h"
#include "sandbox/launcher.h"
#include "sandbox/plan.h"

struct prepared { /* the caller's from then on */
    struct plan *plan;
    int control; /* to inner                                */
    int pidfd;   /* of the launcher                         */
    int output;  /* what the launcher says; never blocks    */
};

/* Starts the launcher with inner and the command behind it; inner is to hand out so many `sockets`
 * of each family. On failure nothing is left running. */
int prepare_sandbox(struct prepared *out, struct proxy *proxy, const fence_sandbox_options *options,
                    unsigned sockets, fence_error *err);

#endif
