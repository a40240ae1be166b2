/* SPDX-License-Identifier: Apache-2.0
 * rule_files.c - see rule_files.h. */
#include "sandbox/rule_files.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/str.h"

#define LINKS_MAX 40 /* as the kernel's: path_resolution(7) */

struct walk {
    const struct plan *plan;
    char at[PATH_MAX];   /* where it has come to: absolute, and without links */
    char rest[PATH_MAX]; /* what is still to be looked up                     */
    int links;
};

/* An empty folder of the sandbox's own hides the host's, which is what counts. */
static bool is_open(const struct walk *walk)
{
    const struct mount *mount = plan_mount_at(walk->plan, walk->at);

    return mount && mount->kind == MOUNT_WRITABLE;
}

/* Takes the next component off `rest`. Returns false at its end. */
static bool next_name(char name[NAME_MAX + 1], struct walk *walk)
{
    char *begin = walk->rest + strspn(walk->rest, "/");
    size_t len = strcspn(begin, "/");

    if (len == 0 || len > NAME_MAX)
        return false;
    memcpy(name, begin, len);
    name[len] = '\0';
    memmove(walk->rest, begin + len, strlen(begin + len) + 1);
    return true;
}

/* A link's target goes before what is left. Returns false where the two are too long. */
static bool follow(struct walk *walk)
{
    char target[PATH_MAX];
    ssize_t len = readlink(walk->at, target, sizeof target - 1);
    size_t rest = strlen(walk->rest);

    if (len < 0 || ++walk->links > LINKS_MAX || (size_t)len + 1 + rest >= sizeof walk->rest)
        return false;
    memmove(walk->rest + len + 1, walk->rest, rest + 1);
    memcpy(walk->rest, target, (size_t)len);
    walk->rest[len] = '/';
    if (target[0] == '/')
        memcpy(walk->at, "/", 2);
    else
        *(strrchr(walk->at, '/') + (strrchr(walk->at, '/') == walk->at)) = '\0';
    return true;
}

static bool step_into(struct walk *walk, const char *name)
{
    size_t len = strlen(walk->at);

    if (strcmp(name, ".") == 0)
        return true;
    if (strcmp(name, "..") == 0) {
        char *slash = strrchr(walk->at, '/');

        slash[slash == walk->at] = '\0';
        return true;
    }
    if (len + 1 + strlen(name) >= sizeof walk->at)
        return false;
    snprintf(walk->at + len, sizeof walk->at - len, "%s%s", len > 1 ? "/" : "", name);
    return true;
}

/* Another name of the same file may lie where something is open, and its mode is its owner's. */
static bool has_open_twin(const struct walk *walk)
{
    bool any = false;
    struct stat st;

    for (size_t i = 0; i < walk->plan->nmounts; i++)
        any = any || walk->plan->mounts[i].kind == MOUNT_WRITABLE;
    return any && stat(walk->at, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 1 &&
           (st.st_uid == geteuid() || access(walk->at, W_OK) == 0);
}

/* Goes as the kernel does, and looks at each folder in which a name is looked up: whoever can write
 * there decides what comes of it. Where it cannot go on, it does not say that all is well; but what
 * is not there, where nobody inside can make it, is nothing. */
static bool can_change(struct walk *walk)
{
    char name[NAME_MAX + 1];
    struct stat st;

    while (next_name(name, walk)) {
        if (is_open(walk) || !step_into(walk, name))
            return true;
        if (lstat(walk->at, &st) < 0)
            return errno != ENOENT && errno != ENOTDIR;
        if (S_ISLNK(st.st_mode) && !follow(walk))
            return walk->links <= LINKS_MAX; /* with more of them it leads nowhere: ELOOP */
    }
    return is_open(walk) || has_open_twin(walk);
}

static int check(const struct plan *plan, const char *path, fence_error *err)
{
    struct walk walk = {.plan = plan, .at = "/"};
    char shown[200];

    if (path[0] != '/' && !getcwd(walk.at, sizeof walk.at))
        return fail(err, -errno, "the current folder cannot be told: %s", strerror(errno));
    if (strlen(path) >= sizeof walk.rest)
        return fail(err, -ENAMETOOLONG, "the path of a policy is too long");
    memcpy(walk.rest, path, strlen(path) + 1);
    if (!can_change(&walk))
        return 0;
    str_escape(shown, sizeof shown, str_of(path));
    return fail(err, FENCE_ECONFIG,
                "'%s' decides about the command, which could change it: move it out of what "
                "filesystem.allowWrite opens, or open less",
                shown);
}

int rule_files_check(const struct plan *plan, const char *const *paths, fence_error *err)
{
    int rc = 0;

    for (; rc == 0 && paths && *paths; paths++)
        rc = check(plan, *paths, err);
    return rc;
}
