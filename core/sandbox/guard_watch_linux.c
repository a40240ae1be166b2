/* SPDX-License-Identifier: Apache-2.0
 * guard_watch_linux.c - which folders inotify(7) tells of, and what of them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/guard_private.h"
#include "sandbox/pattern.h"

#define WATCHED                                                                                    \
    (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR | IN_DONT_FOLLOW |           \
     IN_EXCL_UNLINK)

void guard_forget_path(struct guard_watched *watched)
{
    free(watched->path);
    free(watched->at);
    *watched = (struct guard_watched){0};
}

/* `at` is how it is called where it lies. */
static int keep_path(struct guard *g, int watch, const char *path, const char *at)
{
    bool same = strcmp(path, at) == 0;
    size_t index = (size_t)watch;
    struct guard_watched copy = {strdup(path), same ? NULL : strdup(at)};

    if (index >= g->nwatched) {
        size_t count = index * 2 + 64;
        struct guard_watched *watched = realloc(g->watched, count * sizeof *watched);

        if (watched) {
            memset(watched + g->nwatched, 0, (count - g->nwatched) * sizeof *watched);
            g->watched = watched;
            g->nwatched = count;
        }
    }
    if (!copy.path || (!same && !copy.at) || index >= g->nwatched) {
        guard_forget_path(&copy);
        return -ENOMEM;
    }
    g->watches += g->watched[index].path == NULL;
    guard_forget_path(&g->watched[index]); /* the same folder by its old name */
    g->watched[index] = copy;
    return 0;
}

static int too_many(struct guard *g)
{
    if (!g->told_limit)
        events_alert(&g->proxy->events,
                     "there are more folders than can be watched (%zu): protected names that are "
                     "made in the others are told of at the end; as root raise "
                     "fs.inotify.max_user_watches",
                     g->watches);
    g->told_limit = true;
    return 0;
}

/* Is `path` in the folder, and not deeper? */
static bool is_directly_in(const char *folder, const char *path)
{
    size_t len = folder[1] ? strlen(folder) : 0;

    return strncmp(path, folder, len) == 0 && path[len] == '/' && !strchr(path + len + 1, '/');
}

static bool hides_in(const struct file_rule *rule, const char *folder)
{
    char path[LIMIT_PATH * 2];

    if (rule->kind != FILE_DENY_READ || pattern_is_wild(rule->rest))
        return false;
    snprintf(path, sizeof path, "%s/%s", rule->base[1] ? rule->base : "", rule->rest);
    return is_directly_in(folder, path);
}

/* What tells whether something in it that a mount protects or hides was reached without that. For
 * each file that a pattern may hide later it would be too much: all that is opened anywhere. */
static uint32_t touches_in(const struct guard *g, const char *folder)
{
    uint32_t touches = 0;

    for (size_t i = 0; i < g->files->nrules; i++) {
        if (hides_in(&g->files->rules[i], folder))
            touches |= GUARD_LOOKED_AT;
    }
    for (size_t i = 0; i < g->plan->nmounts; i++) {
        const struct mount *mount = &g->plan->mounts[i];

        if (!is_directly_in(folder, mount->path))
            continue;
        if (mount->kind == MOUNT_READ_ONLY)
            touches |= IN_MODIFY;
        else if (mount->kind == MOUNT_HIDDEN_FILE)
            touches |= GUARD_LOOKED_AT;
    }
    return touches;
}

/* Its owner, the command, may open it again, which the folder above tells of. */
static int watch_closed(struct guard *g, const char *path)
{
    const char *slash = strrchr(path, '/');
    char above[LIMIT_PATH];
    int rc;

    if (!slash || file_list_has(&g->closed, path))
        return 0;
    snprintf(above, sizeof above, "%.*s", slash > path ? (int)(slash - path) : 1, path);
    rc =
        inotify_add_watch(g->inotify, above, IN_ATTRIB | IN_MASK_ADD | IN_ONLYDIR | IN_DONT_FOLLOW);
    if (rc >= 0 && keep_path(g, rc, above, above) < 0)
        return -ENOMEM;
    return file_list_add(&g->closed, path);
}

int guard_watch_at(struct guard *g, const char *path, const char *at)
{
    int rc;

    if (g->watches >= LIMIT_WATCHES)
        return too_many(g);
    rc = inotify_add_watch(g->inotify, at,
                           WATCHED | touches_in(g, path) |
                               (guard_in_repository(g, path) ? IN_CLOSE_WRITE : 0));
    if (rc >= 0)
        return keep_path(g, rc, path, at);
    if (errno == EACCES)
        return watch_closed(g, path);
    return errno == ENOSPC ? too_many(g) : errno == ENOMEM ? -ENOMEM : 0;
}

int guard_watch(struct guard *g, const char *path)
{
    return guard_watch_at(g, path, path);
}
