/* SPDX-License-Identifier: Apache-2.0
 * policy_file.h - reads a policy's file: whole, or not at all. Private to core/policy. */
#ifndef FENCE_POLICY_POLICY_FILE_H
#define FENCE_POLICY_POLICY_FILE_H

#include <fence/fence.h>

#include "base/base.h"

/* Reads less than LIMIT_POLICY_BYTES into `room`, which has as many. Refuses what is no regular
 * file, and what somebody else than this user and root could have written: whoever writes a policy
 * decides. Never waits. */
int policy_file_read(char *room, size_t *len, const char *path, fence_error *err);

#endif
