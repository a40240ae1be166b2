/* SPDX-License-Identifier: Apache-2.0
 * owners.h - whose the writable places of a plan are. Another user who owns one can put into it
 * what a later command, or a tool outside, takes for ours; git asks the same of a repository. */
#ifndef FENCE_SANDBOX_OWNERS_H
#define FENCE_SANDBOX_OWNERS_H

#include <fence/fence.h>
#include <stdbool.h>
#include <sys/types.h>

#include "sandbox/inspect.h"
#include "sandbox/plan.h"

/* Is what `owner` owns as good as `caller`'s own: his, root's, or that of the user who has called
 * sudo (the value of SUDO_UID, or NULL), where the caller is root? `root` is who root's files are
 * shown to belong to: 0, or a user that nobody is, where root is not mapped (user_namespaces(7)):
 * there other users' look the same, and are taken for root's. Pure. */
bool owner_is_ours(uid_t owner, uid_t caller, const char *sudo_uid, uid_t root);

/* `places`: what lies at each of the plan, inspect_places(). Returns 0, or FENCE_ESANDBOX with the
 * first writable place that is another user's, and the cure. What is not there is no one's, and
 * folders above are not asked. */
int owners_check(const struct plan *plan, const struct inspect_place *places, const char *sudo_uid,
                 fence_error *err);

#endif
