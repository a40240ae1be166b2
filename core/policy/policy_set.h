/* SPDX-License-Identifier: Apache-2.0
 * policy_set.h - the policies of an engine: loaded in policy.c, asked in policy_ask.c, told in
 * policy_tell.c. Private to core/policy. */
#ifndef FENCE_POLICY_POLICY_SET_H
#define FENCE_POLICY_POLICY_SET_H

#include <lauxlib.h>
#include <stdatomic.h>

#include "policy/jail.h"
#include "policy/policy.h"

enum hook {
    ON_CONNECT,
    ON_REQUEST,
    ON_RESOLVE,
    ON_EXEC,
    ON_START,
    ON_CLOSE,
    ON_EVENT,
    ON_EXIT,
    HOOKS
};

extern const char *const *const policy_hook_names; /* by enum hook; NULL behind the last */

struct loaded {
    char name[64];
    int hooks[HOOKS]; /* in the registry; LUA_NOREF: none */
};

struct fence_policy {
    atomic_uint refs;
    struct jail *jail;
    struct loaded *list;
    size_t count;
    bool has[HOOKS]; /* does any? */
    char **files; /* that were read, policies and modules; a file that was read twice stands once */
    size_t nfiles;
    fence_config *config; /* fence.config of those that are loaded next; or NULL */
};

#endif
