/* SPDX-License-Identifier: Apache-2.0
 * proof.h - what the kernel itself says of a sandbox before its command starts, compared with the
 * plan. Pure: the texts are those of proc(5). */
#ifndef FENCE_SANDBOX_PROOF_H
#define FENCE_SANDBOX_PROOF_H

#include <fence/fence.h>
#include <sys/types.h>

#include "base/str.h"
#include "sandbox/plan.h"

/* /proc/PID/status: no capability in any set, NoNewPrivs 1, Seccomp 2 (a filter), and at least so
 * many filters. */
int proof_status(struct str text, unsigned filters, fence_error *err);

/* /proc/PID/status of a command's parent: is it process 1 of the sandbox, and all of the above? */
int proof_init(struct str text, unsigned filters, fence_error *err);

/* /proc/PID/status: a number that it has, "PPid" or "Seccomp_filters" (Linux 5.9). */
int proof_number(unsigned *out, struct str text, const char *key, fence_error *err);

/* Can this user get to `path` at all? bubblewrap leaves a mount as it is when the user may not
 * enter the folder that holds it (/var/lib/docker, another user's home). */
typedef bool (*proof_reach)(const char *path);

/* /proc/PID/mountinfo: every mount that can be seen and written to lies where the plan says so, and
 * every mount of the plan is there. Mounts that another one hides do not count, nor does a FUSE
 * mount of another user than `uid` without allow_other. `reach` is asked about the rest; NULL: all
 * can be reached. */
int proof_mounts(struct str text, const struct plan *plan, uid_t uid, proof_reach reach,
                 fence_error *err);

/* readlink of /proc/PID/ns/NAME, ours and theirs ("net:[4026531840]"): must differ. */
int proof_namespace(const char *name, const char *ours, const char *theirs, fence_error *err);

#endif
