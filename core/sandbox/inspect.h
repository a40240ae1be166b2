/* SPDX-License-Identifier: Apache-2.0
 * inspect.h - looks at the sandbox from outside while inner waits in it. */
#ifndef FENCE_SANDBOX_INSPECT_H
#define FENCE_SANDBOX_INSPECT_H

#include <fence/fence.h>
#include <sys/types.h>

#include "sandbox/landlock.h"
#include "sandbox/plan.h"

#define INSPECT_NAMESPACES 6
#define INSPECT_FILTERS    1 /* that a sandbox has beyond ours: bubblewrap's --seccomp */

struct inspect_place { /* what lies at a path of the plan */
    int error;         /* 0, or the -errno that kept us from looking */
    dev_t dev;
    ino_t ino;
    uid_t owner;
};

struct inspect_ours {
    char namespaces[INSPECT_NAMESPACES][64]; /* as proc(5) names them             */
    struct inspect_place *places;            /* one for each mount of the plan    */
    unsigned filters;                        /* seccomp programs that we run under */
    unsigned more_filters; /* and it, beyond these and bubblewrap's: the caller's */
    struct landlock wall;  /* what is looked at and may be written to becomes a rule of it */
};

/* What lies at the places of the plan, before anything is mounted from there: what can be written
 * to in the sandbox is that, and nothing that has been put in its place. `wall` stands already;
 * without one: -1. */
int inspect_places(struct inspect_ours *out, const struct plan *plan, fence_error *err);

/* The rest of it, read while the launcher works. */
int inspect_ours(struct inspect_ours *out, fence_error *err);
void inspect_ours_deinit(struct inspect_ours *ours); /* takes one with nothing but its wall */

/* Process `pid` waits in the sandbox: it has no capability, gains no privilege, and the filters are
 * in place; the same for process 1 of the sandbox, its parent, which is written to `first`. Returns
 * 0, or a negative code with the layer that is missing, as the next one. */
int inspect_rights(pid_t pid, const struct inspect_ours *ours, pid_t *first, fence_error *err);

/* Its namespaces and mounts are what the plan says. Writes whether mounts that the host makes later
 * would show in it. */
int inspect_place(pid_t pid, const struct inspect_ours *ours, const struct plan *plan,
                  bool *follows, fence_error *err);

#endif
