/* SPDX-License-Identifier: Apache-2.0
 * files_resolver.h - what the parts of files.h share while the settings are asked. Private to
 * files*.c. */
#ifndef FENCE_SANDBOX_FILES_RESOLVER_H
#define FENCE_SANDBOX_FILES_RESOLVER_H

#include "sandbox/files.h"

/* What is looked for below one folder. */
enum sought {
    SOUGHT_WRITE,
    SOUGHT_READ,
    SOUGHT_DENY_WRITE,
    SOUGHT_DENY_READ,
    SOUGHT_PROTECTED,
    SOUGHT_REPORTED
};

struct seek {
    enum sought what;
    char *base, *rest; /* `rest` is "" for the folder or file itself */
};

struct resolver {
    struct files *files;
    const struct fence_config *config;
    const char *cwd, *home;
    files_notice notice;
    void *payload;
    fence_error *err;
    struct seek *seeks;
    size_t nseeks, seeks_cap;
    const struct seek *walked; /* the first of those of the walk under way */
    struct file_list given;    /* writable paths by the names that they were found by */
    size_t opened;             /* among so many wishes are all that are to be writable  */
    bool into_git;             /* is something denied by it?              */
    char missing[200];         /* the first of what a list names and is not there */
    size_t nmissing, shown;    /* of all of it, and in `missing`                  */
};

/* Each fills in r->err and returns its code when it fails. */
int resolver_no_memory(struct resolver *r);
int resolver_wish(struct resolver *r, enum wish wish, const char *path, const char *target);
int resolver_rule(struct resolver *r, enum file_rule_kind kind, const char *base, const char *rest);
int resolver_list(struct resolver *r, struct file_list *list, const char *text);
int resolver_seek(struct resolver *r, enum sought what, char *base, char *rest); /* takes both */
FENCE_PRINTF(2, 3) void resolver_tell(struct resolver *r, const char *fmt, ...);

/* Of a list, in the order they are written; and what was missed, in one line. */
void resolver_miss(struct resolver *r, const char *text);
void resolver_tell_missing(struct resolver *r, const char *key);

bool resolver_has_dots(const char *path); /* a component ".." */
bool resolver_is_writable(const struct resolver *r, const char *path);
bool resolver_has_root_below(const struct resolver *r, const char *path);

/* Where a rule begins, in a writable folder, is to stay: what comes later is judged by its path. */
int resolver_pin(struct resolver *r);

/* ---- files_way.c ---- */

/* Every link on the way from `path` to what it means, and what it means where that is not there:
 * whoever makes or replaces one of them says what the protected file is. */
int resolver_protect_way(struct resolver *r, const char *path);

/* Fails where a path of `given` leads out of a writable folder by a link that lies in it. */
int resolver_check_given(struct resolver *r);

/* ---- files_found.c ---- */

/* What is found at `path`, which need not be there, is not to be written. */
int resolver_protect(void *resolver, const char *path);
int resolver_protect_git(struct resolver *r, const char *dir);
int resolver_show(struct resolver *r, enum wish wish, const char *path);

/* Looks for all that is sought. */
int resolver_search(struct resolver *r);

#endif
