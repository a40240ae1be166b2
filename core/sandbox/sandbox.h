/* SPDX-License-Identifier: Apache-2.0
 * sandbox.h - one confined process, from its plan to its exit status. */
#ifndef FENCE_SANDBOX_SANDBOX_H
#define FENCE_SANDBOX_SANDBOX_H

#include <fence/fence.h>

#include "base/list.h"
#include "proxy/proxy.h"

/* As fence_spawn(). `sandboxes` is the list it joins. */
int sandbox_start(fence_sandbox **out, struct proxy *proxy, struct list *sandboxes,
                  const fence_sandbox_options *options, fence_exit_cb on_exit, void *payload,
                  fence_error *err);

/* The proxy has other rules: all of these learn of them. */
void sandbox_rules_changed(struct list *sandboxes);

int sandbox_check_rule_files(const fence_sandbox *sandbox, const char *const *rule_files,
                             fence_error *err);
int sandbox_kill(fence_sandbox *sandbox, int signum);
int sandbox_terminate(fence_sandbox *sandbox, int signum);

/* Kills and forgets every sandbox of the list: no on_exit() any more. Their handles close on the
 * loop. */
void sandbox_close_all(struct list *sandboxes);

#endif
