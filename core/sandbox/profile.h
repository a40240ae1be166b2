/* SPDX-License-Identifier: Apache-2.0
 * profile.h - what a command may do, as a profile of sandbox-exec(1): settings and options, asked
 * of the file system, and the command, asked of its rules. */
#ifndef FENCE_SANDBOX_PROFILE_H
#define FENCE_SANDBOX_PROFILE_H

#include <fence/fence.h>

/* As fence_profile(); the options are of a known version. */
int profile_make(char **out, const fence_config *config, fence_policy *policy,
                 const fence_sandbox_options *options, fence_told_cb told, void *payload,
                 fence_error *err);

#endif
