/* SPDX-License-Identifier: Apache-2.0
 * rule_files.h - what decides about a command must be out of its reach. */
#ifndef FENCE_SANDBOX_RULE_FILES_H
#define FENCE_SANDBOX_RULE_FILES_H

#include "sandbox/plan.h"

/* Could the command change or replace one of these files (NULL-terminated; or NULL)? Both the file
 * and the folders that name it are looked at, where a link leads and where it stands. One that does
 * not exist counts by its folder. Returns 0, or a negative number with `err` filled in. */
int rule_files_check(const struct plan *plan, const char *const *paths, fence_error *err);

#endif
