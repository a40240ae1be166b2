/* SPDX-License-Identifier: Apache-2.0
 * files_way.c - path_resolution(7), step by step: realpath(3) tells the end of a way and not the
 * way, and nothing where there is no end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "sandbox/files_resolver.h"

struct way {
    char at[LIMIT_PATH];   /* so far: canonical, "" for / */
    char rest[LIMIT_PATH]; /* what is left of it          */
};

/* Takes a component off the front of `rest`, and puts it behind `at`. Returns false at the end, or
 * where the path is too long to reach anything. */
static bool step(struct way *w)
{
    char *name = w->rest + strspn(w->rest, "/");
    size_t name_len = strcspn(name, "/"), len = strlen(w->at);
    char *slash;

    if (name_len == 0 || len + 1 + name_len >= sizeof w->at)
        return false;
    if (name_len == 2 && strncmp(name, "..", 2) == 0) {
        slash = strrchr(w->at, '/');
        if (slash)
            *slash = '\0';
    } else if (name_len != 1 || name[0] != '.') {
        w->at[len] = '/';
        memcpy(w->at + len + 1, name, name_len);
        w->at[len + 1 + name_len] = '\0';
    }
    memmove(w->rest, name + name_len, strlen(name + name_len) + 1);
    return true;
}

/* From the link at `at` to what it says. */
static bool follow(struct way *w, const char *target)
{
    char rest[LIMIT_PATH];
    char *slash = strrchr(w->at, '/');

    if (snprintf(rest, sizeof rest, "%s%s%s", target, w->rest[0] ? "/" : "", w->rest) >=
        (int)sizeof rest)
        return false;
    memcpy(w->rest, rest, strlen(rest) + 1);
    if (target[0] == '/')
        w->at[0] = '\0';
    else if (slash)
        *slash = '\0';
    return true;
}

/* What comes to `at`, and from there to `rest`, is refused. */
static int guard(struct resolver *r, const char *at, const char *rest)
{
    char base[LIMIT_PATH], name[LIMIT_PATH * 2];
    const char *slash = strrchr(at, '/');
    int rc;

    if (!slash || !resolver_is_writable(r, at))
        return 0;
    snprintf(base, sizeof base, "%.*s", slash > at ? (int)(slash - at) : 1, at);
    rest += strspn(rest, "/");
    snprintf(name, sizeof name, "%s%s%s", slash + 1, rest[0] ? "/" : "", rest);
    rc = resolver_list(r, &r->files->folders, base);
    return rc < 0 ? rc : resolver_rule(r, FILE_PROTECTED, base, name);
}

static int guard_link(struct resolver *r, const char *at)
{
    if (!resolver_is_writable(r, at) || file_list_has(&r->files->links, at))
        return 0;
    if (resolver_list(r, &r->files->links, at) < 0)
        return -ENOMEM;
    return guard(r, at, "");
}

int resolver_protect_way(struct resolver *r, const char *path)
{
    struct way way = {.at = ""};
    char target[LIMIT_PATH];
    int rc = 0;

    if (snprintf(way.rest, sizeof way.rest, "%s", path) >= (int)sizeof way.rest)
        return 0;
    for (int links = 0; rc == 0 && links <= LIMIT_LINKS && step(&way);) {
        ssize_t len = readlink(way.at[0] ? way.at : "/", target, sizeof target - 1);

        if (len < 0 && errno == ENOENT)
            return guard(r, way.at, way.rest);
        if (len < 0)
            continue;
        target[len] = '\0';
        links++;
        rc = guard_link(r, way.at);
        if (rc == 0 && !follow(&way, target))
            break;
    }
    return rc;
}

/* ---- the way to what is to be writable ---- */

/* A link in a folder that is writable may be the work of an earlier command: it opens nothing. */
static int check_link(struct resolver *r, const char *link)
{
    auto_free char *target = realpath(link, NULL);
    const char *slash = strrchr(link, '/');
    char above[LIMIT_PATH];
    auto_free char *folder = NULL;
    struct stat st;

    if (lstat(link, &st) < 0 || !S_ISLNK(st.st_mode) || !target)
        return 0;
    snprintf(above, sizeof above, "%.*s", (int)(slash > link ? slash - link : 1), link);
    folder = realpath(above, NULL);
    for (size_t i = 0; folder && i < r->files->roots.count; i++) {
        const char *root = r->files->roots.items[i];

        if (plan_covers(root, folder) && !plan_covers(root, target))
            return fail(r->err, FENCE_ECONFIG,
                        "filesystem.allowWrite: '%.200s' is a link in a folder that commands may "
                        "write to, and leads to '%.200s': remove it, or allow that path itself",
                        link, target);
    }
    return 0;
}

int resolver_check_given(struct resolver *r)
{
    char path[LIMIT_PATH];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->given.count; i++) {
        if (snprintf(path, sizeof path, "%s", r->given.items[i]) >= (int)sizeof path)
            continue;
        for (char *end = path + 1; rc == 0 && end[-1]; end++) {
            char was = *end;

            if (was != '/' && was != '\0')
                continue;
            *end = '\0';
            rc = check_link(r, path);
            *end = was;
            if (was == '\0')
                break;
        }
    }
    return rc;
}
