/* SPDX-License-Identifier: Apache-2.0
 * env.h - the command's environment: what it had, without what would load code into it or lead
 * around the proxy (env_tables.h), as the settings want it, and with the variables that lead to the
 * proxy (env_tools.h). Pure. */
#ifndef FENCE_SANDBOX_ENV_H
#define FENCE_SANDBOX_ENV_H

#include "base/str.h"
#include "filter/config.h"
#include "sandbox/env_tools.h"

/* Of one variable of the caller's: "does not pass", and why that needs saying. */
typedef void (*env_told)(void *context, struct str name, const char *how, const char *why);

struct env_input {
    const char *const *base;           /* NULL-terminated "NAME=value"               */
    const char *cwd;                   /* what PWD is; or NULL: as it was            */
    const char *home;                  /* for "~" in network.allowUnixSockets; or NULL */
    const struct fence_config *config; /* environment.*, network.allowUnixSockets    */
    struct env_places places;
    env_told told; /* or NULL: nobody asks                        */
    void *context;
};

struct env {
    char **items; /* NULL-terminated "NAME=value" */
};

/* The value of a name in such a list, or NULL. */
const char *env_value(const char *const *env, const char *name);

/* For each variable the first of these that knows it decides: what never passes (fence's own, other
 * proxies); environment.deny; environment.allow; environment.inherit; the tables. environment.set
 * comes before all of it. Returns 0, or -ENOMEM with `out` untouched; free with env_deinit(). */
int env_make(struct env *out, const struct env_input *in);
void env_deinit(struct env *env); /* takes an empty one */

#endif
