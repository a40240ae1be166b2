/* SPDX-License-Identifier: Apache-2.0
 * launcher_find.h - which file is the launcher. It runs outside: it must be none that a command has
 * left in a folder it may write to, for the next run to find (an active virtual environment stands
 * first in PATH), and none of the project's own. */
#ifndef FENCE_SANDBOX_LAUNCHER_FIND_H
#define FENCE_SANDBOX_LAUNCHER_FIND_H

#include <fence/fence.h>
#include <limits.h>
#include <stdbool.h>

#include "filter/config.h"
#include "sandbox/plan.h"

/* The first one in PATH of `env`, where no sandbox of this caller's with `config` could have put it
 * there: it and all folders above are root's, and nobody else's to change. Writes its canonical
 * path, or returns false: then the plan has to tell. */
bool launcher_find_certain(char out[PATH_MAX], const char *const *env,
                           const struct fence_config *config);

/* The first one in PATH of `env` that commands in `plan` cannot write to: its canonical path, or
 * FENCE_ESANDBOX with the cure. */
int launcher_find(char out[PATH_MAX], const char *const *env, const struct plan *plan,
                  fence_error *err);

#endif
