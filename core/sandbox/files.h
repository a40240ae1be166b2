/* SPDX-License-Identifier: Apache-2.0
 * files.h - the settings of files, asked of the file system: what the plan has to open and close,
 * and what somebody has to watch, as it is not there yet or may be replaced.
 *
 * Denying wins over allowing at the same path, and the longer path over the shorter one; of writing
 * what is denied or protected stays so, whatever opens something below it. */
#ifndef FENCE_SANDBOX_FILES_H
#define FENCE_SANDBOX_FILES_H

#include <fence/fence.h>

#include "filter/config.h"
#include "sandbox/plan.h"

enum file_rule_kind {
    FILE_PROTECTED,  /* must not be made by the command; what is there must not be written */
    FILE_DENY_WRITE, /* the same, by filesystem.denyWrite                                  */
    FILE_DENY_READ
};

struct file_rule {
    enum file_rule_kind kind;
    char *base; /* canonical, a folder that exists                 */
    char *rest; /* pattern.h, below it; never empty                */
};

struct file_list {
    char **items;
    size_t count, cap;
};

struct files {
    struct plan_wish *wishes; /* their texts are in `texts` */
    size_t nwishes, wishes_cap;
    struct file_rule *rules;
    size_t nrules, rules_cap;
    struct file_list roots;    /* the writable folders, canonical, none below another         */
    struct file_list folders;  /* in which a name may come that a rule is about                */
    struct file_list trees;    /* in which protected names are looked for everywhere          */
    struct file_list links;    /* protected names that are links: they cannot be mounted over  */
    struct file_list reported; /* what other tools execute later: changes.h                    */
    struct file_list texts;
};

int file_list_add(struct file_list *list, const char *text); /* a copy; 0 or -ENOMEM */
bool file_list_has(const struct file_list *list, const char *text);
void file_list_remove(struct file_list *list, const char *text); /* where it is there */
void file_list_deinit(struct file_list *list);                   /* empty afterwards */

/* What a person should know of it, but may go on with: a path that is passed over. */
typedef void (*files_notice)(void *payload, const char *text);

/* `cwd` is canonical; `home` may be NULL. Returns 0, or a negative code with `err` filled in and
 * nothing to free. */
int files_resolve(struct files *out, const struct fence_config *config, const char *cwd,
                  const char *home, files_notice notice, void *payload, fence_error *err);
void files_deinit(struct files *files); /* takes a zeroed one */

#endif
