/* SPDX-License-Identifier: Apache-2.0
 * exec_rules.c - see exec_rules.h. */
#include "sandbox/exec_rules.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "policy/policy.h"

struct exec_rules *exec_rules_new(struct proxy *proxy, const char *path)
{
    struct exec_rules *rules = calloc(1, sizeof *rules);

    if (!rules)
        return NULL;
    rules->refs = 1;
    rules->config = fence_config_ref(proxy->config);
    rules->asks = policy_wants_execs(proxy->policy);
    if (exec_known_find(&rules->known, rules->config, path) < 0) {
        exec_rules_unref(rules);
        return NULL;
    }
    return rules;
}

struct exec_rules *exec_rules_ref(struct exec_rules *rules)
{
    atomic_fetch_add_explicit(&rules->refs, 1, memory_order_relaxed);
    return rules;
}

void exec_rules_unref(struct exec_rules *rules)
{
    if (!rules || atomic_fetch_sub_explicit(&rules->refs, 1, memory_order_acq_rel) != 1)
        return;
    exec_known_deinit(&rules->known);
    fence_config_unref(rules->config);
    free(rules);
}
