/* SPDX-License-Identifier: Apache-2.0
 * launch.h - the launcher on its way. It is started before it is known what it has to mount: it
 * loads meanwhile, which takes a fifth of its time, and then waits for the rest of its options. */
#ifndef FENCE_SANDBOX_LAUNCH_H
#define FENCE_SANDBOX_LAUNCH_H

#include <fence/fence.h>

#include "proxy/events.h"
#include "sandbox/inner/inner.h"
#include "sandbox/launcher.h"
#include "sandbox/plan.h"
#include "sandbox/spawn.h"

struct launched { /* the caller's from then on */
    int control;  /* to inner                             */
    int pidfd;    /* of the launcher                      */
    int output;   /* what the launcher says; never blocks */
};

/* Makes everything that a launcher inherits. Starts it too, unless its file is one that a command
 * may have put there: then launch_finish() does, which knows the plan. */
int launch_begin(fence_launch **out, fence_config *config, const fence_policy *policy,
                 const fence_sandbox_options *options, fence_error *err);

/* Which calls of the sandbox wait for the host: NOTIFY_* of notify.h. `policy` may be NULL. */
unsigned launch_calls(const fence_config *config, const fence_policy *policy);

/* Was it begun for this configuration, and with this command, these streams and these layers? What
 * is judged from here on would be something else otherwise. */
bool launch_is_for(const fence_launch *launch, const fence_config *config,
                   const fence_policy *policy, const fence_sandbox_options *options);

/* Which of them cannot wait here: notify_missing(). */
unsigned launch_calls_missing(unsigned calls);

/* What came of it. NULL where nothing is to wait; settled when launch_finish() has returned. */
struct spawn_notify *launch_notify(fence_launch *launch);

/* Tells launcher and inner what to do. A launcher that has ended meanwhile is no error here: its
 * own words say why. On failure nothing is left running once launch_free() was called. */
int launch_finish(struct launched *out, fence_launch *launch, const struct plan *plan,
                  const struct inner_order *order, const fence_sandbox_options *options,
                  struct events *events, fence_error *err);

/* Ends what was begun and not finished, at once. Takes NULL. */
void launch_free(fence_launch *launch);

#endif
