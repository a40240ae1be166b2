/* SPDX-License-Identifier: Apache-2.0
 * files.c - see files.h. Each tree is walked once, for all the patterns that begin there; nothing
 * is walked where no pattern asks for it. */
#include "sandbox/files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/files_resolver.h"
#include "sandbox/git_dir.h"
#include "sandbox/pattern.h"
#include "sandbox/protected.h"
#include "sandbox/spelling.h"
#include "sandbox/system_paths.h"

/* ---- as it was written ---- */

/* Moves what is not there of `base` to the front of `rest`, and resolves what is left. Returns 0,
 * or a negative code. */
static int settle_base(struct resolver *r, const char *key, struct pattern *p)
{
    char *missing = NULL;
    char shown[256];

    for (;;) {
        char *canonical = spelling_real(p->base), *slash, *rest = NULL;

        if (canonical) {
            free(p->base);
            p->base = canonical;
            break;
        }
        slash = strrchr(p->base, '/');
        if ((errno != ENOENT && errno != ENOTDIR) || !slash) {
            int error = errno;

            free(missing);
            str_escape(shown, sizeof shown, str_of(p->base));
            return fail(r->err, -error, "%s: '%s' cannot be resolved: %s", key, shown,
                        strerror(error));
        }
        if (asprintf(&rest, "%s%s%s", slash + 1, missing ? "/" : "", missing ? missing : "") < 0)
            rest = NULL;
        free(missing);
        missing = rest;
        slash[slash == p->base] = '\0';
        if (!missing)
            return resolver_no_memory(r);
    }
    if (missing && resolver_has_dots(missing)) {
        str_escape(shown, sizeof shown, str_of(missing));
        free(missing);
        return fail(r->err, FENCE_ECONFIG,
                    "%s: '%s' has '..' behind a folder that does not exist: write it out", key,
                    shown);
    }
    if (missing) {
        char *rest = NULL;

        if (asprintf(&rest, "%s%s%s", missing, p->rest[0] ? "/" : "", p->rest) < 0)
            rest = NULL;
        free(missing);
        free(p->rest);
        p->rest = rest;
    }
    if (p->rest)
        return 0;
    resolver_no_memory(r);
    return -ENOMEM;
}

/* What a link leads to is denied, and so is to put something else in the place of the link. */
static int seek_link(struct resolver *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *folder = strndup(path, slash > path ? (size_t)(slash - path) : 1);
    char *canonical;
    struct stat st;

    if (!folder)
        return resolver_no_memory(r);
    if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
        return 0;
    canonical = spelling_real(folder);
    return canonical ? resolver_seek(r, SOUGHT_DENY_WRITE, canonical, strdup(slash + 1)) : 0;
}

static int seek_text(struct resolver *r, const char *key, const char *text, enum sought what)
{
    struct pattern pattern = {0};
    fence_error why = {0};
    int rc = pattern_parse(&pattern, text, r->cwd, r->home, &why);

    if (rc < 0)
        return fail(r->err, rc, "%s: %s", key, why.message);
    if (what == SOUGHT_DENY_WRITE && !pattern.rest[0])
        rc = seek_link(r, pattern.base);
    if (what == SOUGHT_WRITE)
        rc = resolver_list(r, &r->given, pattern.base);
    if (rc == 0)
        rc = settle_base(r, key, &pattern);
    if (rc == 0 && pattern.rest[0] && !pattern_is_wild(pattern.rest) &&
        (what == SOUGHT_WRITE || what == SOUGHT_READ))
        resolver_miss(r, text);
    else if (rc == 0)
        return resolver_seek(r, what, take(&pattern.base), take(&pattern.rest));
    pattern_deinit(&pattern);
    return rc;
}

static int seek_texts(struct resolver *r, const char *key, const struct config_texts *list,
                      enum sought what)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->count; i++)
        rc = seek_text(r, key, list->items[i], what);
    resolver_tell_missing(r, key);
    return rc;
}

/* ---- what can be written ---- */

/* Is it below one of the first `count`? In the order of bytes those need not stand side by side:
 * "/a", "/a-b", "/a/b". */
static bool is_covered(const struct file_list *list, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++) {
        if (plan_covers(list->items[i], path))
            return true;
    }
    return false;
}

/* These stay the sandbox's own, whatever opens them: plan.h. */
static bool is_own(const char *path)
{
    return strcmp(path, "/tmp") == 0 || strcmp(path, "/run") == 0;
}

/* The folders among them, without those below others. */
static int take_roots(struct resolver *r)
{
    struct files *f = r->files;
    struct file_list *roots = &f->roots;
    struct stat st;
    size_t kept = 0;

    for (size_t i = 0; i < f->nwishes; i++) {
        if (f->wishes[i].wish == WISH_WRITABLE && stat(f->wishes[i].path, &st) == 0 &&
            S_ISDIR(st.st_mode) && !is_own(f->wishes[i].path) &&
            resolver_list(r, roots, f->wishes[i].path) < 0)
            return -ENOMEM;
    }
    if (roots->count > 1)
        qsort(roots->items, roots->count, sizeof *roots->items, str_compare_items);
    for (size_t i = 0; i < roots->count; i++) {
        if (is_covered(roots, kept, roots->items[i]))
            free(roots->items[i]);
        else
            roots->items[kept++] = roots->items[i];
    }
    roots->count = kept;
    return 0;
}

static int seek_names(struct resolver *r, const char *base, const char *const *names, size_t count,
                      enum sought what)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = resolver_seek(r, what, strdup(base), strdup(names[i]));
    return rc;
}

static int protect_git_at(struct resolver *r, const char *path)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return 0;
    return S_ISDIR(st.st_mode) ? resolver_protect_git(r, path) : resolver_protect(r, path);
}

static bool is_protected_name(const char *path)
{
    for (size_t i = 0; i < protected_count; i++) {
        if (pattern_match(protected_names[i], path + 1))
            return true;
    }
    return false;
}

/* Was this path, or one below it, opened by its own name? */
static bool is_opened(const struct resolver *r, const char *path)
{
    for (size_t i = 0; i < r->files->nwishes; i++) {
        if (r->files->wishes[i].wish == WISH_WRITABLE &&
            plan_covers(path, r->files->wishes[i].path))
            return true;
    }
    return false;
}

/* Of a folder that holds the home folder, or all there is, not everything is looked through: it
 * would take as long as the disk is large. */
static bool is_broad(const char *root, const char *home)
{
    return strcmp(root, "/") == 0 || (home && plan_covers(root, home));
}

/* The folders between `home` and a name below it, as far as they are there. */
static int watch_between(struct resolver *r, const char *home, const char *name)
{
    char path[LIMIT_PATH];
    int rc = 0;

    for (const char *slash = name; rc == 0 && (slash = strchr(slash, '/')); slash++) {
        snprintf(path, sizeof path, "%s/%.*s", home, (int)(slash - name), name);
        if (resolver_is_writable(r, path) && access(path, F_OK) == 0)
            rc = resolver_list(r, &r->files->folders, path);
    }
    return rc;
}

/* In the home folder what programs read there, and not in each folder below it. */
static int protect_home(struct resolver *r, const char *home)
{
    bool all = resolver_is_writable(r, home);
    char path[LIMIT_PATH];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < protected_count + protected_home_count; i++) {
        const char *name = i < protected_count ? protected_names[i] + strlen("**/")
                                               : protected_home[i - protected_count];

        snprintf(path, sizeof path, "%s/%s", home, name);
        if (i < protected_count ? !all : is_opened(r, path) || !resolver_is_writable(r, path))
            continue;
        rc = strcmp(name, ".git") == 0 ? protect_git_at(r, path) : resolver_protect(r, path);
        if (rc == 0 && strcmp(name, ".git") != 0)
            rc = resolver_rule(r, FILE_PROTECTED, home, name);
        if (rc == 0)
            rc = watch_between(r, home, name);
    }
    return rc == 0 && all ? resolver_list(r, &r->files->folders, home) : rc;
}

/* "**" "/.claude/hooks" below a `top` that is called .claude itself. */
static int protect_within(struct resolver *r, const char *top)
{
    char path[LIMIT_PATH];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < protected_count; i++) {
        const char *folder = protected_names[i] + strlen("**"), *name = strrchr(folder, '/');

        if (name == folder ||
            !str_has_suffix(str_of(top), (struct str){folder, (size_t)(name - folder)}))
            continue;
        snprintf(path, sizeof path, "%s%s", top, name);
        rc = resolver_protect(r, path);
        if (rc == 0)
            rc = resolver_rule(r, FILE_PROTECTED, top, name + 1);
    }
    return rc;
}

/* Everywhere below `top`. */
static int protect_below(struct resolver *r, const char *top)
{
    int rc = protect_within(r, top);

    if (rc == 0)
        rc = seek_names(r, top, protected_names, protected_count, SOUGHT_PROTECTED);
    if (rc == 0)
        rc = seek_names(r, top, reported_names, reported_count, SOUGHT_REPORTED);
    for (size_t name = 0; rc == 0 && name < protected_count; name++) {
        if (strcmp(protected_names[name], "**/.git") != 0)
            rc = resolver_rule(r, FILE_PROTECTED, top, protected_names[name]);
    }
    return rc == 0 ? resolver_list(r, &r->files->trees, top) : rc;
}

/* A linked worktree at the top of a writable folder works only with what it shares. */
static int open_worktree(struct resolver *r, const char *root)
{
    char file[LIMIT_PATH], common[4096];
    struct stat st;
    int rc;

    if (snprintf(file, sizeof file, "%s/.git", root) >= (int)sizeof file || lstat(file, &st) < 0 ||
        !S_ISREG(st.st_mode))
        return 0;
    git_dir_of_worktree(common, file);
    if (!common[0] || resolver_is_writable(r, common) || resolver_has_root_below(r, common))
        return 0; /* what could be written before could say that it is one */
    resolver_tell(r, "'%.200s' is a git worktree: its repository '%.200s' is writable too", root,
                  common);
    rc = resolver_wish(r, WISH_WRITABLE, common, NULL);
    if (rc == 0)
        rc = resolver_list(r, &r->files->roots, common);
    return rc == 0 ? resolver_protect_git(r, common) : rc;
}

/* Opened by its own name: it is protected no less. */
static int protect_opened(struct resolver *r)
{
    size_t count = r->files->nwishes;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *path = r->files->wishes[i].path;
        struct stat st;

        if (r->files->wishes[i].wish != WISH_WRITABLE || !is_protected_name(path))
            continue;
        if (str_has_suffix(str_of(path), STR("/.git")) && stat(path, &st) == 0 &&
            S_ISDIR(st.st_mode)) {
            rc = resolver_protect_git(r, path);
            continue;
        }
        resolver_tell(r, "'%.200s' is opened by its own name, and stays protected", path);
        rc = resolver_wish(r, WISH_PROTECTED, path, NULL);
    }
    return rc;
}

static int protect_roots(struct resolver *r)
{
    auto_free char *home = r->home ? spelling_real(r->home) : NULL;
    size_t count = r->files->roots.count;
    bool cwd_is_broad = is_broad(r->cwd, home);
    int rc = home ? protect_home(r, home) : 0;

    if (rc == 0)
        rc = protect_opened(r);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const char *root = r->files->roots.items[i];

        if (!is_broad(root, home)) {
            rc = protect_below(r, root);
        } else {
            resolver_tell(r,
                          "'%.200s' is opened as a whole: protected are start files at the top of "
                          "the home folder, and below the current folder",
                          root);
            if (plan_covers(root, r->cwd) && !cwd_is_broad)
                rc = protect_below(r, r->cwd);
        }
        if (rc == 0)
            rc = open_worktree(r, root);
        if (rc == 0 && str_has_suffix(str_of(root), STR("/.git")))
            rc = resolver_protect_git(r, root);
    }
    return rc;
}

/* ---- what is denied ---- */

/* What a pattern may mean later, and what may be replaced, is watched. */
static int guard(struct resolver *r)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->nseeks; i++) {
        const struct seek *seek = &r->seeks[i];
        enum file_rule_kind kind =
            seek->what == SOUGHT_DENY_READ ? FILE_DENY_READ : FILE_DENY_WRITE;
        char base[LIMIT_PATH];
        char *slash;

        if (seek->what != SOUGHT_DENY_WRITE && seek->what != SOUGHT_DENY_READ)
            continue;
        if (seek->rest[0]) {
            rc = resolver_rule(r, kind, seek->base, seek->rest);
            continue;
        }
        snprintf(base, sizeof base, "%s", seek->base);
        slash = strrchr(base, '/');
        if (!slash || !slash[1])
            continue;
        *slash = '\0';
        rc = resolver_rule(r, kind, base[0] ? base : "/", slash + 1);
        if (rc == 0)
            rc = resolver_list(r, &r->files->folders, base[0] ? base : "/");
    }
    return rc;
}

static void forget_seeks(struct resolver *r)
{
    for (size_t i = 0; i < r->nseeks; i++) {
        free(r->seeks[i].base);
        free(r->seeks[i].rest);
    }
    r->nseeks = 0;
}

static int show_system(struct resolver *r)
{
    char path[LIMIT_PATH];
    int rc = 0;

    if (!r->config->default_deny_read || r->config->strict_deny_read)
        return 0;
    for (size_t i = 0; rc == 0 && i < system_paths_count; i++)
        rc = resolver_show(r, WISH_VISIBLE, system_paths[i]);
    for (size_t i = 0; rc == 0 && r->home && i < system_home_paths_count; i++) {
        snprintf(path, sizeof path, "%s/%s", r->home, system_home_paths[i]);
        rc = resolver_show(r, WISH_VISIBLE, path);
    }
    return rc;
}

static int resolve(struct resolver *r)
{
    const struct fence_config *c = r->config;
    const struct config_texts writable = {c->allow_write, c->nallow_write};
    int rc = seek_texts(r, "filesystem.allowWrite", &writable, SOUGHT_WRITE);

    if (rc == 0)
        rc = resolver_search(r);
    file_list_deinit(&r->files->folders); /* nothing is guarded for being allowed */
    forget_seeks(r);
    if (rc == 0)
        rc = take_roots(r);
    if (rc == 0)
        rc = resolver_check_given(r);
    file_list_deinit(&r->given);
    if (rc == 0)
        rc = seek_texts(r, "filesystem.allowRead", &c->allow_read, SOUGHT_READ);
    if (rc == 0)
        rc = seek_texts(r, "filesystem.allowExecute", &c->allow_execute, SOUGHT_READ);
    if (rc == 0)
        rc = seek_texts(r, "filesystem.denyWrite", &c->deny_write, SOUGHT_DENY_WRITE);
    if (rc == 0)
        rc = seek_texts(r, "filesystem.denyRead", &c->deny_read, SOUGHT_DENY_READ);
    if (rc == 0)
        rc = guard(r);
    if (rc == 0)
        rc = protect_roots(r);
    if (rc == 0)
        rc = resolver_search(r);
    if (rc == 0)
        rc = resolver_pin(r);
    forget_seeks(r);
    free(r->seeks);
    return rc == 0 ? show_system(r) : rc;
}

int files_resolve(struct files *out, const struct fence_config *config, const char *cwd,
                  const char *home, files_notice notice, void *payload, fence_error *err)
{
    struct files files = {0};
    struct resolver r = {.files = &files,
                         .config = config,
                         .cwd = cwd,
                         .home = home,
                         .notice = notice,
                         .payload = payload,
                         .err = err};
    int rc = resolve(&r);

    if (rc < 0) {
        files_deinit(&files);
        return rc;
    }
    *out = files;
    return 0;
}

void files_deinit(struct files *files)
{
    free(files->wishes);
    for (size_t i = 0; i < files->nrules; i++) {
        free(files->rules[i].base);
        free(files->rules[i].rest);
    }
    free(files->rules);
    file_list_deinit(&files->roots);
    file_list_deinit(&files->folders);
    file_list_deinit(&files->trees);
    file_list_deinit(&files->links);
    file_list_deinit(&files->reported);
    file_list_deinit(&files->texts);
    *files = (struct files){0};
}
