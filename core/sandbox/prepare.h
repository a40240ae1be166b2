/* SPDX-License-Identifier: Apache-2.0
 * prepare.h - everything before the launcher runs: the plan, the environment, the descriptors. */
#ifndef FENCE_SANDBOX_PREPARE_H
#define FENCE_SANDBOX_PREPARE_H

#include <fence/fence.h>
#include <limits.h>

#include "proxy/proxy.h"
#include "sandbox/files.h"
#include "sandbox/landlock.h"
#include "sandbox/launcher.h"
#include "sandbox/plan.h"
#include "sandbox/unix_sockets.h"

struct prepared { /* the caller's from then on */
    struct plan *plan;
    struct files files;
    struct landlock wall;
    struct unix_sockets *sockets; /* or NULL */
    int control;                  /* to inner                                */
    int pidfd;                    /* of the launcher                         */
    int output;                   /* what the launcher says; never blocks    */
};

/* Starts the launcher with inner and the command behind it; inner is to hand out so many `sockets`
 * of each family. On failure nothing is left running. */
int prepare_sandbox(struct prepared *out, struct proxy *proxy, const fence_sandbox_options *options,
                    unsigned sockets, fence_error *err);

/* The launcher that a sandbox of `plan` takes in this process's environment: its canonical path, or
 * FENCE_ESANDBOX with the cure. */
int prepare_find_launcher(char out[PATH_MAX], const struct plan *plan, fence_error *err);

#endif
