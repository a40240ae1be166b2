/* SPDX-License-Identifier: Apache-2.0
 * guard_private.h - what the parts of guard.h share. */
#ifndef FENCE_SANDBOX_GUARD_PRIVATE_H
#define FENCE_SANDBOX_GUARD_PRIVATE_H

#include <uv.h>

#include "sandbox/freeze.h"
#include "sandbox/guard.h"
#include "sandbox/names.h"

/* Rules that begin at one folder. */
struct guard_group {
    const char *base;
    size_t base_len; /* its slash included */
    const struct file_rule **rules;
    const char **patterns;
    size_t count;
    struct names *names;
};

struct guard_link { /* a protected name that is a link */
    const char *path;
    char *target;
};

struct guard {
    struct proxy *proxy;
    const struct files *files;
    const struct plan *plan;
    guard_end end;
    void *payload;
    void (*on_gone)(void *payload);

    struct guard_group *groups;
    size_t ngroups;
    struct guard_link *links;
    size_t nlinks;

    int inotify;
    char **watched; /* by watch descriptor: inotify(7) counts them up */
    size_t nwatched, watches;
    bool told_limit;
    char *events; /* read, and from `events_at` on not taken yet */
    size_t events_len, events_at, events_cap;

    pid_t first; /* 0 until guard_ready() */
    struct frozen frozen;
    struct file_list awaited; /* what the host took away, and may put back in a moment */
    struct file_list gone;    /* and did not: what comes there is new                  */
    unsigned refused;
    bool ended;     /* nothing more is done                                      */
    bool failed;    /* `end` was called: once at most                            */
    bool finishing; /* nothing runs any more: failing is no reason to stop       */
    bool unread;    /* there was a folder that could not be read when it came    */

    uv_poll_t poll;
    uv_timer_t patience;
    unsigned handles;
};

/* ---- guard_rules.c ---- */

int guard_rules_init(struct guard *guard); /* 0 or -ENOMEM */
void guard_rules_deinit(struct guard *guard);

/* The rule that says most about `path`, or NULL. */
const struct file_rule *guard_rule_at(const struct guard *guard, const char *path);
bool guard_leads_below(const struct guard *guard, const char *path);

/* The mount of the plan that protects or hides this very path; or NULL. */
const struct mount *guard_mount_at(const struct guard *guard, const char *path);

/* ---- guard_mend_linux.c ---- */

void guard_appeared(struct guard *guard, const char *path); /* a name is there            */
void guard_vanished(struct guard *guard, const char *path); /* and is not there any more  */
void guard_waited(struct guard *guard);                     /* for `awaited`, long enough */

/* ---- guard_linux.c ---- */

/* Has `path` been written to, as far as the events tell that are still to be taken? */
bool guard_was_written(struct guard *guard, const char *path);

/* ---- guard_mend_linux.c ---- */

/* Ends the run with this. */
FENCE_PRINTF(2, 3) void guard_fail(struct guard *guard, const char *fmt, ...);
void guard_no_memory(struct guard *guard);

#endif
