/* SPDX-License-Identifier: Apache-2.0
 * prepare.h - what a launcher on its way is to be told: the plan, the environment, the walls. */
#ifndef FENCE_SANDBOX_PREPARE_H
#define FENCE_SANDBOX_PREPARE_H

#include <fence/fence.h>

#include "proxy/proxy.h"
#include "sandbox/files.h"
#include "sandbox/inspect.h"
#include "sandbox/launch.h"
#include "sandbox/plan.h"
#include "sandbox/unix_sockets.h"

struct prepared { /* the caller's from then on */
    struct plan *plan;
    struct files files;
    struct inspect_ours ours;     /* its wall, and what lies at the plan's places */
    struct unix_sockets *sockets; /* or NULL */
    int env;                      /* the command's, as inner takes it */
    struct launched launched;
};

#define PREPARED_NOTHING                                                                           \
    {                                                                                              \
        .ours = {.wall = {.ruleset = -1}}, .env = -1, .launched = { -1, -1, -1 }                   \
    }

/* Tells the launcher of `launch`, which stays the caller's, to start inner with the command behind
 * it; inner is to hand out so many `sockets` of each family. */
int prepare_sandbox(struct prepared *out, struct proxy *proxy, fence_launch *launch,
                    const fence_sandbox_options *options, unsigned sockets, fence_error *err);

#endif
