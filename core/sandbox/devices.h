/* SPDX-License-Identifier: Apache-2.0
 * devices.h - which devices of this machine a sandbox has: devices.allow. */
#ifndef FENCE_SANDBOX_DEVICES_H
#define FENCE_SANDBOX_DEVICES_H

#include <sys/types.h>

#include "filter/config.h"
#include "proxy/events.h"

struct devices {
    char **items; /* canonical paths of character devices below /dev */
    size_t count;
};

void devices_deinit(struct devices *devices);

/* What the paths and patterns of the settings fit to; of a folder the devices right in it. What is
 * not there is passed over, with a notice. Refused are disks, memory and other terminals, by which
 * a command would be out of its sandbox. Returns 0, or a negative code with `err` filled in. */
int devices_find(struct devices *out, const struct config_texts *written, struct events *events,
                 fence_error *err);

/* Why what stands at this path is not shown, whatever the settings say; or NULL. */
const char *devices_refusal(const char *path, mode_t mode, dev_t device);

#endif
