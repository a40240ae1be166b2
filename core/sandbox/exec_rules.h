/* SPDX-License-Identifier: Apache-2.0
 * exec_rules.h - what executions are judged by at one time: settings, the programs that they name,
 * and whether a policy has an on_exec. A judgement keeps what it began with. */
#ifndef FENCE_SANDBOX_EXEC_RULES_H
#define FENCE_SANDBOX_EXEC_RULES_H

#include "proxy/proxy.h"
#include "sandbox/exec_judge.h"

struct exec_rules {
    _Atomic unsigned refs;
    struct fence_config *config;
    struct exec_known known; /* its names lie in the settings */
    bool asks;               /* there is an on_exec */
};

/* As the proxy has them now; `path` as exec_known_find() takes it. NULL without memory. */
struct exec_rules *exec_rules_new(struct proxy *proxy, const char *path);

/* Any thread may. */
struct exec_rules *exec_rules_ref(struct exec_rules *rules);
void exec_rules_unref(struct exec_rules *rules); /* takes NULL */

#endif
