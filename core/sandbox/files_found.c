/* SPDX-License-Identifier: Apache-2.0
 * files_found.c - what the patterns of files.h fit, and what is to be done about each. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/str.h"
#include "sandbox/files_resolver.h"
#include "sandbox/git_dir.h"
#include "sandbox/walk.h"

/* ---- what was found ---- */

/* A mount covers one name. */
static void tell_of_names(struct resolver *r, const char *path, const char *what)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 1)
        resolver_tell(r, "'%.200s' has hard links: it %s that is not closed", path, what);
}

int resolver_protect(void *payload, const char *path)
{
    struct resolver *r = payload;
    auto_free char *canonical = realpath(path, NULL);
    struct stat st;

    if (!resolver_is_writable(r, path))
        return canonical && resolver_is_writable(r, canonical)
                   ? resolver_wish(r, WISH_PROTECTED, canonical, NULL)
                   : 0;
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        int rc = resolver_protect_way(r, path);

        if (rc < 0)
            return rc;
    }
    if (!canonical)
        return 0;
    tell_of_names(r, canonical, "can be written by another name");
    return resolver_wish(r, WISH_PROTECTED, canonical, NULL);
}

/* A name in a git folder, or that its config has written: it is guarded also where it is not there,
 * below the last folder that is. */
static int protect_in_git(void *payload, const char *path)
{
    struct resolver *r = payload;
    auto_free char *canonical = NULL;
    char base[LIMIT_PATH];
    char *slash;
    int rc = resolver_protect(r, path);

    snprintf(base, sizeof base, "%s", path);
    while (rc == 0 && !canonical && (slash = strrchr(base, '/')) && slash > base) {
        *slash = '\0';
        canonical = realpath(base, NULL);
    }
    if (!canonical || !resolver_is_writable(r, canonical))
        return rc;
    rc = resolver_protect_way(r, path);
    if (rc < 0)
        return rc;
    path += strlen(base) + 1;
    if (!*path || resolver_has_dots(path))
        return 0;
    rc = resolver_list(r, &r->files->folders, canonical);
    return rc < 0 ? rc : resolver_rule(r, FILE_PROTECTED, canonical, path);
}

/* Beside the folder no HEAD is made: with the one in the folder removed, git would take what lies
 * there for a repository without a work tree. */
static int guard_head(struct resolver *r, const char *git)
{
    char head[LIMIT_PATH];
    int top = (int)(strlen(git) - strlen("/.git"));

    if (!str_has_suffix(str_of(git), STR("/.git")) ||
        snprintf(head, sizeof head, "%.*s/HEAD", top, git) >= (int)sizeof head ||
        access(head, F_OK) == 0)
        return 0;
    return protect_in_git(r, head);
}

int resolver_protect_git(struct resolver *r, const char *path)
{
    int rc = git_dir_protected(path, !r->config->allow_git_config, protect_in_git, r);

    if (rc == 0)
        rc = guard_head(r, path);
    return rc == -ENOMEM ? resolver_no_memory(r) : rc;
}

/* Nothing opens it, or what lies below it: a file neither, which is no root. */
static int deny_write(struct resolver *r, const char *path)
{
    auto_free char *canonical = realpath(path, NULL);

    for (size_t i = 0; canonical && i < r->opened; i++) {
        const struct plan_wish *wish = &r->files->wishes[i];

        if (wish->wish == WISH_WRITABLE && plan_covers(canonical, wish->path)) {
            if (resolver_wish(r, WISH_PROTECTED, canonical, NULL) < 0)
                return -ENOMEM;
            break;
        }
    }
    return resolver_protect(r, path); /* a link itself, too */
}

static int hide(struct resolver *r, const char *path)
{
    auto_free char *canonical = realpath(path, NULL);
    struct stat st;

    if (!canonical || stat(canonical, &st) < 0)
        return 0; /* a link that leads nowhere, or gone */
    tell_of_names(r, canonical, "can be read by another name");
    return resolver_wish(r, S_ISDIR(st.st_mode) ? WISH_HIDDEN_FOLDER : WISH_HIDDEN_FILE, canonical,
                         NULL);
}

/* What a link leads to is shown, and the link where it would be missing. */
int resolver_show(struct resolver *r, enum wish wish, const char *path)
{
    auto_free char *canonical = realpath(path, NULL);
    char target[LIMIT_PATH];
    ssize_t len = readlink(path, target, sizeof target - 1);

    if (!canonical)
        return 0;
    if (len > 0) {
        target[len] = '\0';
        if (resolver_wish(r, WISH_VISIBLE, path, target) < 0)
            return -ENOMEM;
    }
    return resolver_wish(r, wish, canonical, NULL);
}

static int found(struct resolver *r, const struct seek *seek, const char *path, unsigned char kind)
{
    bool is_git = str_has_suffix(str_of(path), STR("/.git"));
    size_t base = strlen(seek->base), git = strlen("/.git"); /* which the base may be itself */
    bool in_git = strstr(path + (base > git ? base - git : 0), "/.git/") != NULL;

    switch (seek->what) {
    case SOUGHT_WRITE:
        if (resolver_list(r, &r->given, path) < 0)
            return -ENOMEM;
        return resolver_show(r, WISH_WRITABLE, path);
    case SOUGHT_READ:
        return resolver_show(r, WISH_VISIBLE, path);
    case SOUGHT_DENY_WRITE:
        return deny_write(r, path);
    case SOUGHT_DENY_READ:
        return hide(r, path);
    case SOUGHT_PROTECTED:
        if (in_git)
            return 0;
        return is_git && kind == DT_DIR ? resolver_protect_git(r, path) : resolver_protect(r, path);
    case SOUGHT_REPORTED:
        if (in_git || strstr(path, "/node_modules/") || strstr(path, "/.venv/lib/"))
            return 0;
        return resolver_list(r, &r->files->reported, path);
    }
    return 0;
}

static int on_found(void *payload, size_t index, const char *path, unsigned char kind)
{
    struct resolver *r = payload;

    return found(r, &r->walked[index], path, kind);
}

/* A folder that cannot be looked into might be opened by its owner, the command: all of it is
 * protected. In git folders only what is denied is looked for. */
static int on_folder(void *payload, const char *path, int error)
{
    struct resolver *r = payload;
    size_t len = strlen(path);

    if (!r->into_git && len >= 5 && strcmp(path + len - 5, "/.git") == 0 &&
        strcmp(path, r->walked->base) != 0)
        return 1;
    if (len >= 13 && strcmp(path + len - 13, "/.git/objects") == 0)
        return 1; /* named by what they hold */
    if (strcmp(path, "/proc") == 0 || strcmp(path, "/sys") == 0 || strcmp(path, "/dev") == 0)
        return 1;
    if (error != 0)
        return resolver_is_writable(r, path) ? resolver_protect(r, path) : 0;
    return resolver_list(r, &r->files->folders, path);
}

/* ---- walking ---- */

static int compare_seeks(const void *left, const void *right)
{
    const struct seek *a = left, *b = right;

    return strcmp(a->base, b->base);
}

static int walk(struct resolver *r, const struct seek *first, size_t count)
{
    auto_free const char **patterns = calloc(count + 1, sizeof *patterns);
    struct walk walk = {.base = first->base,
                        .patterns = patterns,
                        .npatterns = count,
                        .payload = r,
                        .found = on_found,
                        .folder = on_folder};

    if (!patterns)
        return resolver_no_memory(r);
    r->walked = first;
    r->into_git = false;
    for (size_t i = 0; i < count; i++) {
        patterns[i] = first[i].rest;
        r->into_git =
            r->into_git || first[i].what == SOUGHT_DENY_WRITE || first[i].what == SOUGHT_DENY_READ;
    }
    return walk_tree(&walk, r->err);
}

/* Those that say a path, at once; those that have a pattern, with one walk for each folder. */
int resolver_search(struct resolver *r)
{
    size_t wild = 0;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->nseeks; i++) {
        struct seek *seek = &r->seeks[i];

        if (seek->rest[0]) {
            struct seek other = r->seeks[wild];

            r->seeks[wild++] = *seek;
            *seek = other;
        } else {
            rc = found(r, seek, seek->base, DT_UNKNOWN);
        }
    }
    if (wild > 0)
        qsort(r->seeks, wild, sizeof *r->seeks, compare_seeks);
    for (size_t i = 0, end; rc == 0 && i < wild; i = end) {
        for (end = i + 1; end < wild && strcmp(r->seeks[end].base, r->seeks[i].base) == 0;)
            end++;
        rc = walk(r, &r->seeks[i], end - i);
    }
    return rc;
}
