/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_files.c - see seatbelt_files.h. As in a plan the longest path decides, and of the same
 * one the strongest wish: the rules stand in that order. What is not to be written comes behind all
 * that opens. */
#include "sandbox/seatbelt_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sandbox/seatbelt_places.h"

/* Programs, libraries, and what they are set up by; behind all links. */
static const char *const system_folders[] = {
    "/Applications", "/Library",
    "/System",       "/bin",
    "/nix",          "/opt",
    "/private/etc",  "/private/var/db/dyld",
    "/sbin",         "/private/var/db/timezone",
    "/usr",          "/private/var/select", /* which shell sh is */
};

/* The links themselves, and what the folders lie in. */
static const char *const system_names[] = {"/",    "/etc",         "/private",       "/tmp",
                                           "/var", "/private/var", "/private/var/db"};

/* "network-outbound" is about the Unix socket at a path; and without one, about every host. */
static const struct seatbelt_says files_alone = {"deny file-read* file-write* process-exec*",
                                                 "allow file-read* file-write* process-exec*",
                                                 "allow file-read* process-exec*"};
static const struct seatbelt_says files_and_sockets = {
    "deny file-read* file-write* process-exec* network-outbound",
    "allow file-read* file-write* process-exec* network-outbound",
    "allow file-read* process-exec* network-outbound"};

/* ---- shared ---- */

bool seatbelt_hides(const struct plan_wish *wish)
{
    return wish->wish == WISH_HIDDEN_FILE || wish->wish == WISH_HIDDEN_FOLDER;
}

bool seatbelt_opens(const struct plan_wish *wish)
{
    return wish->wish == WISH_WRITABLE || wish->wish == WISH_VISIBLE;
}

static bool is_tmp(const struct plan_wish *wish)
{
    return wish->wish == WISH_WRITABLE && strcmp(wish->path, "/tmp") == 0;
}

bool seatbelt_opens_file(const struct seatbelt_sorted *sorted, const struct plan_wish *wish)
{
    return wish->wish == WISH_WRITABLE && !is_tmp(wish) && !roots_find(sorted->roots, wish->path);
}

int seatbelt_write_wish(struct buf *profile, const struct seatbelt_sorted *sorted,
                        const struct plan_wish *wish)
{
    const struct seatbelt_says *says = sorted->says;
    struct seatbelt_rule rule = {.profile = profile};
    const char *filter = "subpath";
    int rc;

    switch (wish->wish) {
    case WISH_HIDDEN_FILE:
    case WISH_HIDDEN_FOLDER:
        rule.says = says->hidden;
        break;
    case WISH_WRITABLE:
        rule.says = says->writable;
        filter = seatbelt_opens_file(sorted, wish) ? "literal" : filter;
        break;
    case WISH_VISIBLE:
        rule.says = says->visible;
        filter = wish->target ? "literal" : filter;
        break;
    case WISH_PROTECTED:
    case WISH_PINNED:
        return 0; /* seatbelt_close() */
    }
    if (is_tmp(wish)) /* a plan has one of its own, so that it is no root */
        rc = seatbelt_rule_path(&rule, "subpath", "/private/tmp");
    else
        rc = seatbelt_rule_path(&rule, filter, wish->path);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

int seatbelt_add_above(struct file_list *list, const char *top, const char *path)
{
    auto_free char *above = strdup(path);
    char *slash;

    if (!above)
        return -ENOMEM;
    while ((slash = strrchr(above, '/')) && above[1]) {
        slash[slash == above] = '\0';
        if (!plan_covers(top, above))
            break;
        if (file_list_add(list, above) < 0)
            return -ENOMEM;
    }
    return 0;
}

int seatbelt_write_list(struct seatbelt_rule *rule, struct file_list *list)
{
    int rc = 0;

    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, str_compare_items);
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        if (i == 0 || strcmp(list->items[i], list->items[i - 1]) != 0)
            rc = seatbelt_rule_path(rule, "literal", list->items[i]);
    }
    return rc;
}

int seatbelt_end_with(struct seatbelt_rule *rule, struct seatbelt_names *names,
                      enum seatbelt_reach reach, int rc)
{
    if (rc == 0)
        rc = seatbelt_names_write(rule, names, reach);
    seatbelt_names_deinit(names);
    return rc < 0 ? rc : seatbelt_rule_end(rule);
}

/* ---- what can be read ---- */

/* The one folder of /System/Volumes that programs are made of; by the others all disks are seen. */
static int write_volumes(struct buf *profile, const struct seatbelt_says *says)
{
    return buf_printf(profile,
                      "(%s (subpath \"/System/Volumes\"))\n"
                      "(%s (subpath \"/System/Volumes/Preboot/Cryptexes\"))\n",
                      says->hidden, says->visible);
}

static int write_start(struct buf *profile, const struct seatbelt_places *p,
                       const struct seatbelt_says *says)
{
    struct seatbelt_rule see = {.profile = profile, .says = says->visible};
    struct seatbelt_rule names = {.profile = profile, .says = "allow file-read*"};
    int rc = 0;

    if (!p->deny_read)
        return buf_append_text(profile, p->sockets ? "(allow file-read* process-exec*)\n"
                                                     "(allow network-outbound (subpath \"/\"))\n"
                                                   : "(allow file-read* process-exec*)\n");
    for (size_t i = 0; rc == 0 && p->system && i < ARRAY_LEN(system_folders); i++)
        rc = seatbelt_rule_path(&see, "subpath", system_folders[i]);
    seatbelt_rule_end(&see);
    if (p->system)
        write_volumes(profile, says);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(system_names); i++)
        rc = seatbelt_rule_path(&names, "literal", system_names[i]);
    return rc < 0 ? rc : seatbelt_rule_end(&names);
}

/* What lies above something that is opened can be gone through, and told of. */
static int write_way(struct buf *profile, const struct seatbelt_places *p,
                     const struct seatbelt_sorted *sorted)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "allow file-read-metadata"};
    struct file_list above = {0};
    bool closed = p->deny_read;
    int rc = 0;

    for (size_t i = 0; i < sorted->count; i++)
        closed = closed || seatbelt_hides(sorted->wishes[i]);
    if (!closed)
        return 0;
    for (size_t i = 0; rc == 0 && i < sorted->count; i++) {
        if (seatbelt_opens(sorted->wishes[i]))
            rc = seatbelt_add_above(&above, "/", sorted->wishes[i]->path);
    }
    if (rc == 0)
        rc = seatbelt_add_above(&above, "/", p->cwd);
    if (rc == 0)
        rc = file_list_add(&above, p->cwd);
    if (rc == 0)
        rc = seatbelt_write_list(&rule, &above);
    file_list_deinit(&above);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

/* ---- all of it ---- */

/* What is above comes first; of one path the strongest last. */
static int compare_wishes(const void *left, const void *right)
{
    const struct plan_wish *a = *(const struct plan_wish *const *)left;
    const struct plan_wish *b = *(const struct plan_wish *const *)right;
    int order = plan_compare_paths(a->path, b->path);

    return order ? order : (int)b->wish - (int)a->wish;
}

/* Whatever opens something at or below what is protected opens nothing there. */
static bool is_closed(const struct files *files, const struct plan_wish *wish)
{
    if (wish->wish != WISH_WRITABLE)
        return false;
    for (size_t i = 0; i < files->nwishes; i++) {
        if (files->wishes[i].wish == WISH_PROTECTED &&
            plan_covers(files->wishes[i].path, wish->path))
            return true;
    }
    return false;
}

static int write_all(struct buf *profile, const struct seatbelt_places *p,
                     const struct seatbelt_sorted *sorted)
{
    int rc = write_start(profile, p, sorted->says);

    for (size_t i = 0; rc == 0 && i < sorted->count; i++)
        rc = seatbelt_write_wish(profile, sorted, sorted->wishes[i]);
    if (rc == 0)
        rc = seatbelt_hide(profile, p->files, sorted);
    if (rc == 0)
        rc = write_way(profile, p, sorted);
    return rc == 0 ? seatbelt_close(profile, p->files, sorted) : rc;
}

int seatbelt_files(struct buf *profile, const struct seatbelt_places *places)
{
    const struct files *files = places->files;
    auto_free const struct plan_wish **wishes = calloc(files->nwishes + 1, sizeof(void *));
    struct roots roots = {0};
    struct seatbelt_sorted sorted = {.wishes = wishes,
                                     .says = places->sockets ? &files_and_sockets : &files_alone,
                                     .roots = &roots};
    int rc;

    if (!wishes || roots_init(&roots, files) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < files->nwishes; i++) {
        if (!is_closed(files, &files->wishes[i]))
            wishes[sorted.count++] = &files->wishes[i];
    }
    qsort(wishes, sorted.count, sizeof(void *), compare_wishes);
    rc = write_all(profile, places, &sorted);
    roots_deinit(&roots);
    return rc < 0 ? rc : profile->error;
}
