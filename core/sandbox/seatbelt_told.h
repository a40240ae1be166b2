/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_told.h - what a profile of sandbox-exec(1) does not hold, where the settings ask for it;
 * of command rules seatbelt_exec.h tells. Pure. */
#ifndef FENCE_SANDBOX_SEATBELT_TOLD_H
#define FENCE_SANDBOX_SEATBELT_TOLD_H

#include "sandbox/seatbelt.h"

/* Of several things one is named: writes " and 2 more", or nothing. Returns `out`. */
const char *seatbelt_and_more(char out[32], size_t count);

/* Returns 0 or -ENOMEM. */
int seatbelt_tell(const struct seatbelt_input *in);

#endif
