/* SPDX-License-Identifier: Apache-2.0
 * runtime.h - the Lua files of lua/, in the library as text: nothing is read from disk but
 * policies. Private to core/policy. */
#ifndef FENCE_POLICY_RUNTIME_H
#define FENCE_POLICY_RUNTIME_H

#include "base/str.h"

/* The text of "fence", "fence.clock" or "fence.tally"; without bytes where there is no such module.
 * `file` is the file's name, for errors. */
struct str runtime_text(const char *module, const char **file);

/* The names of the modules, for an error; "fence" is not among them. */
#define RUNTIME_MODULES "fence.clock, fence.tally"

#endif
