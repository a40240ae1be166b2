/* SPDX-License-Identifier: Apache-2.0
 * seatbelt.h - a profile of sandbox-exec(1), by which macOS holds a command: files, network,
 * programs. Pure, on every platform. */
#ifndef FENCE_SANDBOX_SEATBELT_H
#define FENCE_SANDBOX_SEATBELT_H

#include <fence/fence.h>

#include "filter/config.h"
#include "sandbox/files.h"
#include "sandbox/seatbelt_exec.h"

struct seatbelt_input {
    const struct fence_config *config;
    const struct files *files;  /* its settings of files, resolved */
    const char *cwd;            /* canonical */
    const char *const *sockets; /* canonical: network.allowUnixSockets */
    size_t nsockets;
    const uint16_t *ports; /* at which the command's servers may be reached: -p */
    size_t nports;
    const struct seatbelt_link *links; /* of the programs that rules deny */
    size_t nlinks;
    bool asks;          /* a policy has an on_exec */
    seatbelt_told told; /* of what the profile does not hold */
    void *payload;
};

/* Appends the profile. Returns 0, or a negative code with `err` filled in. */
int seatbelt_profile(struct buf *profile, const struct seatbelt_input *in, fence_error *err);

#endif
