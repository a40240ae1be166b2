/* SPDX-License-Identifier: Apache-2.0
 * system_paths.h - what can still be read with filesystem.defaultDenyRead: programs, libraries, and
 * what they are set up by. */
#ifndef FENCE_SANDBOX_SYSTEM_PATHS_H
#define FENCE_SANDBOX_SYSTEM_PATHS_H

#include <stddef.h>

extern const char *const system_paths[]; /* absolute; those that are not there are passed over */
extern const size_t system_paths_count;

extern const char *const system_home_paths[]; /* below the home folder: tools of the user's own */
extern const size_t system_home_paths_count;

#endif
