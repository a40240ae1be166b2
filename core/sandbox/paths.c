/* SPDX-License-Identifier: Apache-2.0
 * paths.c - paths of the settings, resolved once before the plan is made. Creates nothing and
 * understands no patterns. What stands at the path may change afterwards: proof.h looks again. */
#include "sandbox/paths.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/pattern.h"
#include "sandbox/spelling.h"
#include "sandbox/walk.h"

#define PATHS_SHOWN 256 /* of a path within an error message */

struct shown {
    char text[PATHS_SHOWN];
};

static struct shown shown(const char *path)
{
    struct shown s;

    str_escape(s.text, sizeof s.text, str_of(path));
    return s;
}

/* "DIR/REST"; NULL when there is no memory. */
static char *join(const char *dir, const char *rest)
{
    char *path;

    return asprintf(&path, "%s/%s", dir, rest) < 0 ? NULL : path;
}

/* What can be refused without asking the file system. */
static int check(const char *written, const char *home, fence_error *err)
{
    if (!*written)
        return fail(err, FENCE_ECONFIG, "a path is empty: write '.' for the current folder");
    if (strpbrk(written, "*?["))
        return fail(err, FENCE_ECONFIG,
                    "'%s' is a pattern, and patterns are not understood: name the folder itself, "
                    "what lies below it is included",
                    shown(written).text);
    if (written[0] != '~')
        return 0;
    if (written[1] && written[1] != '/')
        return fail(err, FENCE_ECONFIG, "'%s' names another user's home: write it as /home/NAME",
                    shown(written).text);
    if (!home || home[0] != '/')
        return fail(err, FENCE_ECONFIG, "'%s' needs HOME, which is not set to an absolute path",
                    shown(written).text);
    return 0;
}

static char *absolute(const char *written, const char *cwd, const char *home)
{
    if (written[0] == '~')
        return join(home, written + 1);
    if (written[0] == '/')
        return strdup(written);
    return join(cwd, written);
}

int paths_canonical(char **out, const char *written, const char *cwd, const char *home,
                    fence_error *err)
{
    auto_free char *path = NULL;
    char *canonical;
    int rc = check(written, home, err);

    if (rc < 0)
        return rc;
    path = absolute(written, cwd, home);
    if (!path)
        return fail(err, -ENOMEM, "out of memory");
    canonical = spelling_real(path);
    if (canonical) {
        *out = canonical;
        return 0;
    }
    rc = -errno;
    if (rc == -ENOENT)
        return fail(err, rc, "'%s' does not exist", shown(written).text);
    return fail(err, rc, "'%s' cannot be resolved: %s", shown(written).text, strerror(-rc));
}

/* ---- patterns ---- */

struct finding {
    char **items;
    size_t count;
};

static int keep(struct finding *finding, char *canonical)
{
    char **items = realloc(finding->items, (finding->count + 1) * sizeof *items);

    if (items)
        finding->items = items;
    if (!items || !canonical) {
        free(canonical);
        return -ENOMEM;
    }
    items[finding->count++] = canonical;
    return 0;
}

static int on_found(void *payload, size_t index, const char *path, unsigned char kind)
{
    char *canonical = realpath(path, NULL);

    (void)index;
    (void)kind;
    return canonical ? keep(payload, canonical) : 0; /* a link that leads nowhere, or gone */
}

static int search(struct finding *out, const struct pattern *pattern, fence_error *err)
{
    auto_free char *base = realpath(pattern->base, NULL);
    const char *rest = pattern->rest;
    struct walk walk = {
        .base = base, .patterns = &rest, .npatterns = 1, .payload = out, .found = on_found};
    int rc = base ? walk_tree(&walk, err) : 0;

    return rc == -ENOMEM ? fail(err, rc, "out of memory") : rc;
}

int paths_find(char ***items, size_t *count, const char *written, const char *cwd, const char *home,
               fence_error *err)
{
    struct finding finding = {*items, *count};
    struct pattern pattern = {0};
    char *canonical = NULL;
    int rc = pattern_parse(&pattern, written, cwd, home, err);

    if (rc < 0)
        return rc;
    if (pattern.rest[0]) {
        rc = search(&finding, &pattern, err);
        if (rc == 0 && finding.count == *count)
            rc = fail(err, -ENOENT, "'%s' fits nothing", shown(written).text);
    } else {
        rc = paths_canonical(&canonical, written, cwd, home, err);
        if (rc == 0 && keep(&finding, canonical) < 0)
            rc = fail(err, -ENOMEM, "out of memory");
    }
    pattern_deinit(&pattern);
    *items = finding.items;
    *count = finding.count;
    return rc;
}

static bool has_group(gid_t group)
{
    gid_t groups[NGROUPS_MAX];
    int count = getgroups(NGROUPS_MAX, groups);

    for (int i = 0; i < count; i++) {
        if (groups[i] == group)
            return true;
    }
    return group == getegid();
}

/* May root enter the folder, without a capability? An ACL may say more than the bits: acl(5). */
static bool root_enters(const char *folder)
{
    struct stat st;

    if (stat(folder, &st) < 0 || st.st_uid == 0)
        return true; /* its own it can open */
    if (st.st_mode & (has_group(st.st_gid) ? S_IXGRP : S_IXOTH))
        return true;
    return getxattr(folder, "system.posix_acl_access", NULL, 0) > 0;
}

static bool root_reaches(const char *path)
{
    char folder[LIMIT_PATH];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (slash - path >= (ptrdiff_t)sizeof folder)
            return true;
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (!root_enters(folder))
            return false;
    }
    return true;
}

bool paths_reachable(const char *path)
{
    if (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0)
        return errno != EACCES;
    return geteuid() != 0 || root_reaches(path);
}
