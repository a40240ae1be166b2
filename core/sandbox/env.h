/* SPDX-License-Identifier: Apache-2.0
 * env.h - the command's environment: what it had, without what would load code into it or lead
 * around the proxy, and with the variables that lead to the proxy. Pure. */
#ifndef FENCE_SANDBOX_ENV_H
#define FENCE_SANDBOX_ENV_H

#include "base/base.h"

struct env_input {
    const char *const *base; /* NULL-terminated "NAME=value"               */
    const char *proxy;       /* "http://127.0.0.1:3128"                    */
    const char *socks;       /* "socks5h://127.0.0.1:1080"                 */
    const char *runtime_dir; /* shown inside at the same path; NULL: unset */
};

/* Writes a NULL-terminated list; free with env_free(). Returns 0 or -ENOMEM. */
int env_make(char ***out, const struct env_input *in);
void env_free(char **env); /* takes NULL */

#endif
