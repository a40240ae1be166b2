/* SPDX-License-Identifier: Apache-2.0
 * guard_private.h - what the parts of guard.h share. */
#ifndef FENCE_SANDBOX_GUARD_PRIVATE_H
#define FENCE_SANDBOX_GUARD_PRIVATE_H

#include <string.h>
#include <uv.h>

#include "base/limits.h"
#include "sandbox/freeze.h"
#include "sandbox/guard.h"
#include "sandbox/names.h"
#include "sandbox/spelling.h"

/* Rules that begin at one folder. */
struct guard_group {
    const char *base;
    size_t base_len; /* its slash included */
    const struct file_rule **rules;
    const char **patterns;
    size_t count;
    struct names *names;
};

struct guard_watched { /* a folder */
    char *path;
    char *at; /* where another spelling of it was made; or NULL */
};

struct guard_link { /* a protected name that is a link */
    const char *path;
    char *target;
};

struct guard_look {
    char *path;
    uint64_t at; /* uv_hrtime() */
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
    struct spellings *spellings; /* of all rules, and of git */
    struct guard_link *links;
    size_t nlinks;

    int inotify;
    struct guard_watched *watched; /* by watch descriptor: inotify(7) counts them up */
    size_t nwatched, watches;
    bool told_limit;
    char *events; /* read, and from `events_at` on not taken yet */
    size_t events_len, events_at, events_cap;
    uint64_t events_before; /* bytes of them that were taken, and dropped from `events` */
    uint64_t still_from;    /* what lies from there on happened while the sandbox stood still */

    pid_t first; /* 0 until guard_ready() */
    int first_fd;
    struct frozen frozen;
    struct file_list awaited;      /* what the host took away, and may put back in a moment */
    struct file_list gone;         /* and did not: what comes there is new                  */
    struct file_list closed;       /* folders that cannot be read, so that nothing watches them */
    struct file_list repositories; /* git folders that are new */
    struct guard_look looks[LIMIT_LOOKS];
    size_t nlooks;
    unsigned refused;
    bool told;  /* that the run cannot go on                                           */
    bool ended; /* nothing is done until guard_finish()                                */

    uv_poll_t poll;
    uv_timer_t patience;
    unsigned handles;
};

/* ---- guard_rules.c ---- */

int guard_rules_init(struct guard *guard); /* 0 or -ENOMEM */
void guard_rules_deinit(struct guard *guard);

/* The rule that says most about `path`, or NULL. */
const struct file_rule *guard_rule_at(const struct guard *guard, const char *path);

/* Must nothing be made at `path`, whether it is hidden or not? */
bool guard_is_unwritable(const struct guard *guard, const char *path);
bool guard_leads_below(const struct guard *guard, const char *path);

/* The last name of an absolute path. */
static inline const char *guard_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Folders that are not watched through: too many, and a repository has rules of its own. */
static inline bool guard_leaves_out(const char *name)
{
    return strcmp(name, "node_modules") == 0 || strcmp(name, ".git") == 0;
}

/* The last name of `path`, of LIMIT_PATH bytes, becomes what a rule calls it, if the file system
 * takes one for the other. */
void guard_spell(const struct guard *guard, char *path);

/* The mount of the plan that protects or hides this very path; or NULL. */
const struct mount *guard_mount_at(const struct guard *guard, const char *path);

/* ---- guard_looks.c ---- */

/* Somebody has opened, read or closed `path`, on the host or where no mount hid it. */
void guard_looked_at(struct guard *guard, const char *path);
bool guard_was_looked_at(struct guard *guard, const char *path); /* within LIMIT_LOOK_MS */
void guard_looks_deinit(struct guard *guard);

/* ---- guard_repository.c ---- */

void guard_repository(struct guard *guard, const char *path); /* a `.git` has come */
bool guard_in_repository(const struct guard *guard, const char *folder);
void guard_repository_changed(struct guard *guard, const char *folder, const char *name);
void guard_sweep(struct guard *guard); /* through all of them, at the end */

/* ---- guard_mend_linux.c ---- */

void guard_refuse(struct guard *guard, const char *path); /* renames it */

/* A name is there; `moved`: with what it holds. */
void guard_appeared(struct guard *guard, const char *path, bool moved);
void guard_vanished(struct guard *guard, const char *path); /* and is not there any more  */
void guard_waited(struct guard *guard);                     /* for `awaited`, long enough */

/* Opens a folder of ours to ourselves (chmod(2)), and gives it the mode that it had. */
bool guard_open_folder(const char *path);
void guard_close_folder(const char *path, mode_t mode);

/* ---- guard_watch_linux.c ---- */

#define GUARD_LOOKED_AT (IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE) /* inotify(7) */

/* 0, also where it is gone; or -ENOMEM. */
int guard_watch(struct guard *guard, const char *path);

/* `at` is how the folder `path` was called when it was made. A file system in user space may count
 * every spelling as a folder of its own, and the kernel tells of what is made by that name alone:
 * fuse(4) knows a node by its folder and its name. */
int guard_watch_at(struct guard *guard, const char *path, const char *at);

void guard_forget_path(struct guard_watched *watched);

/* ---- guard_linux.c ---- */

/* Has one of these events (inotify(7)) come for `path`, as far as those tell that are still to be
 * taken? */
bool guard_was_touched(struct guard *guard, const char *path, uint32_t events);

/* Everything in the sandbox has just been stopped: notes it, and reads what had come until then. */
void guard_stands_still(struct guard *guard);

/* Did what is being taken happen while all stood still? */
bool guard_was_still(const struct guard *guard);

/* ---- guard_mend_linux.c ---- */

/* Ends the run with this. */
FENCE_PRINTF(2, 3) void guard_fail(struct guard *guard, const char *fmt, ...);
void guard_no_memory(struct guard *guard);

#endif
