/* SPDX-License-Identifier: Apache-2.0
 * guard_repository.c - repositories that the command makes. A `git status` in the folder above
 * looks into them (gitlinks, submodules), so that what would run programs is renamed there, too:
 * when it is written, and once more at the end. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/str.h"
#include "filter/config.h"
#include "sandbox/guard_private.h"
#include "sandbox/repository.h"
#include "sandbox/walk.h"

/* Is it one that was there before, whose names are protected? Or a worktree of one? */
static bool is_known(const struct guard *g, const char *dir)
{
    for (size_t i = 0; i < g->ngroups; i++) {
        size_t len = g->groups[i].base_len - 1;

        if (!str_has_suffix(str_of(g->groups[i].base), STR("/.git")) ||
            strncmp(dir, g->groups[i].base, len) != 0)
            continue;
        if (dir[len] == '\0' || strncmp(dir + len, "/worktrees/", 11) == 0)
            return true;
    }
    return false;
}

static bool is_writable(const struct guard *g, const char *path)
{
    for (size_t i = 0; i < g->files->roots.count; i++) {
        const char *root = g->files->roots.items[i];
        size_t len = strlen(root);

        if (len == 1 || (strncmp(root, path, len) == 0 && path[len] == '/'))
            return true;
    }
    return false;
}

static void on_harmful(void *payload, const char *path)
{
    struct guard *g = payload;

    if (!guard_mount_at(g, path))
        guard_refuse(g, path);
}

static void judge(struct guard *g, const char *dir)
{
    repository_search(dir, !g->proxy->config->allow_git_config, on_harmful, g);
}

void guard_repository(struct guard *g, const char *path)
{
    char dir[LIMIT_PATH], hooks[LIMIT_PATH + 8];

    if (g->ended || !repository_folder(dir, path) || is_known(g, dir) || !is_writable(g, dir))
        return;
    judge(g, dir);
    if (file_list_has(&g->repositories, dir))
        return;
    snprintf(hooks, sizeof hooks, "%s/hooks", dir);
    if (file_list_add(&g->repositories, dir) < 0 || guard_watch(g, dir) < 0 ||
        guard_watch(g, hooks) < 0)
        guard_no_memory(g);
}

/* Is `folder` a git folder that is new, or the hooks of one? Writes the former. */
static bool repository_of(char out[LIMIT_PATH], const struct guard *g, const char *folder)
{
    struct str path = str_of(folder);

    if (str_has_suffix(path, STR("/hooks")))
        path = str_slice(path, 0, path.len - strlen("/hooks"));
    snprintf(out, LIMIT_PATH, "%.*s", (int)path.len, path.bytes);
    return file_list_has(&g->repositories, out);
}

bool guard_in_repository(const struct guard *g, const char *folder)
{
    char dir[LIMIT_PATH];

    return g->repositories.count > 0 && repository_of(dir, g, folder);
}

void guard_repository_changed(struct guard *g, const char *folder, const char *name)
{
    char dir[LIMIT_PATH], hooks[LIMIT_PATH + 8];

    if (!repository_of(dir, g, folder))
        return;
    judge(g, dir);
    snprintf(hooks, sizeof hooks, "%s/hooks", dir);
    if (strcmp(name, "hooks") == 0 && guard_watch(g, hooks) < 0)
        guard_no_memory(g);
}

/* ---- at the end ---- */

static int on_found(void *payload, size_t index, const char *path, unsigned char kind)
{
    struct guard *g = payload;
    char dir[LIMIT_PATH];

    (void)kind;
    if (index == 0) { /* a .git */
        if (repository_folder(dir, path) && !is_known(g, dir) && is_writable(g, dir))
            judge(g, dir);
    } else { /* the HEAD of a submodule's */
        snprintf(dir, sizeof dir, "%.*s", (int)(strlen(path) - strlen("/HEAD")), path);
        judge(g, dir);
    }
    return 0;
}

static int on_folder(void *payload, const char *path, int error)
{
    (void)payload;
    (void)error;
    return str_has_suffix(str_of(path), STR("/.git")) ||
           str_has_suffix(str_of(path), STR("/objects"));
}

void guard_sweep(struct guard *g)
{
    static const char *const patterns[] = {"**/.git", "**/HEAD"};
    char modules[LIMIT_PATH];
    struct walk walk = {.payload = g, .found = on_found, .folder = on_folder};
    fence_error err;

    walk.patterns = patterns;
    walk.npatterns = 1;
    for (size_t i = 0; i < g->files->trees.count; i++) {
        walk.base = g->files->trees.items[i];
        walk_tree(&walk, &err);
    }
    walk.patterns = patterns;
    walk.npatterns = 2;
    for (size_t i = 0; i < g->ngroups; i++) {
        if (!str_has_suffix(str_of(g->groups[i].base), STR("/.git")) ||
            snprintf(modules, sizeof modules, "%s/modules", g->groups[i].base) >=
                (int)sizeof modules)
            continue;
        walk.base = modules;
        walk_tree(&walk, &err);
    }
}
