/* SPDX-License-Identifier: Apache-2.0
 * launcher_find.c - see launcher_find.h. */
#include "sandbox/launcher_find.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/cures.h"
#include "sandbox/env.h"
#include "sandbox/launcher.h"
#include "sandbox/spawn.h"

static const char *folders(const char *const *env)
{
    const char *path = env_value(env, "PATH");

    return path ? path : "/usr/local/bin:/usr/bin:/bin";
}

/* ---- without a plan ---- */

static bool is_roots(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && st.st_uid == 0 && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* `path` is canonical: no part of it is a link. */
static bool is_roots_all_the_way(char path[PATH_MAX])
{
    bool theirs = is_roots("/");

    for (char *slash = strchr(path + 1, '/'); slash && theirs; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        theirs = is_roots(path);
        *slash = '/';
    }
    return theirs && is_roots(path);
}

bool launcher_find_certain(char out[PATH_MAX], const char *const *env,
                           const struct fence_config *config)
{
    char found[PATH_MAX];

    if (geteuid() == 0 && config->nallow_write > 0) /* what is root's is its to change */
        return false;
    return spawn_find(found, sizeof found, bubblewrap.program, folders(env), NULL, NULL) &&
           realpath(found, out) && is_roots_all_the_way(out);
}

/* ---- with one ---- */

/* Is `path` below the current folder, and no file of root's? Then it came with the project. */
static bool came_along(const char *path, const char *cwd)
{
    size_t len = strlen(cwd);
    struct stat st;

    return strncmp(path, cwd, len) == 0 && path[len] == '/' &&
           (stat(path, &st) < 0 || st.st_uid != 0);
}

struct search {
    const struct plan *plan;
    char *canonical;
};

/* Where all of / is writable there is no such folder to look for. */
static bool trusted(const char *found, void *context)
{
    struct search *at = context;
    const struct mount *over = NULL;

    if (realpath(found, at->canonical))
        over = plan_mount_at(at->plan, at->canonical);
    if (!over || came_along(at->canonical, at->plan->cwd))
        return false;
    return over->kind != MOUNT_WRITABLE || at->plan->mounts[0].kind == MOUNT_WRITABLE;
}

int launcher_find(char out[PATH_MAX], const char *const *env, const struct plan *plan,
                  fence_error *err)
{
    struct search search = {plan, out};
    const char *path = folders(env);
    char found[PATH_MAX];

    if (spawn_find(found, sizeof found, bubblewrap.program, path, trusted, &search))
        return 0;
    if (spawn_find(found, sizeof found, bubblewrap.program, path, NULL, NULL))
        return fail(err, FENCE_ESANDBOX,
                    "the only bwrap in PATH is one that commands may write to, or that came with "
                    "the current folder: install the package bubblewrap");
    return fail(err, FENCE_ESANDBOX, "bubblewrap is missing: " CURE_INSTALL);
}
