/* SPDX-License-Identifier: Apache-2.0
 * env_tools.h - the variables that fence gives to a command: the proxy, as each tool wants to be
 * told of it. Pure. */
#ifndef FENCE_SANDBOX_ENV_TOOLS_H
#define FENCE_SANDBOX_ENV_TOOLS_H

#include "base/base.h"

struct env_places {
    uint16_t http_port, socks_port; /* of 127.0.0.1, inside; 0: nobody is told of them */
    const char *runtime_dir;        /* shown inside at the same path; NULL: none      */
    const char *program;            /* fence itself, seen inside there; NULL: nowhere */
    const char *npm_cache;          /* where npm may keep what it fetches; NULL: as it is used to */
};

#define ENV_TOOLS_MOST 32 /* of them; checked where they stand */

/* "NAME=value" number `index`, which the caller frees. Returns 1; 0 where this one is not to be set
 * here, with `out` untouched; -ENOENT behind the last; or -ENOMEM. */
int env_tool(char **out, const struct env_places *places, size_t index);

/* The value that leads Java to the proxy, behind `own` options (or "") of the user's; those alone
 * where nobody is told of it. The caller frees it; NULL without memory. */
char *env_java(const struct env_places *places, const char *own);

#endif
