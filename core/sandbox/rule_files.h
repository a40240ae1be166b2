/* SPDX-License-Identifier: Apache-2.0
 * rule_files.h - what decides about a command must be out of its reach. */
#ifndef FENCE_SANDBOX_RULE_FILES_H
#define FENCE_SANDBOX_RULE_FILES_H

#include "sandbox/plan.h"

/* Could the command change or replace one of these files (NULL-terminated; or NULL)? Each folder in
 * which a part of its path is looked up counts, those of links too, by the plan and not by its
 * mode; and so does a second name of a file that can be written. Returns 0, or a negative number
 * with `err` filled in. */
int rule_files_check(const struct plan *plan, const char *const *paths, fence_error *err);

#endif
