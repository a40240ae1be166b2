/* SPDX-License-Identifier: Apache-2.0
 * rule_files.c - see rule_files.h. */
#include "sandbox/rule_files.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/str.h"

/* An empty folder of the sandbox's own hides the host's, which is what counts. */
static bool is_open(const struct plan *plan, const char *path)
{
    const struct mount *mount = plan_mount_at(plan, path);

    return mount && mount->kind == MOUNT_WRITABLE && access(path, W_OK) == 0;
}

/* Writes the folder of `path`, with all links resolved. */
static int folder_of(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    auto_free char *folder =
        slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");

    if (!folder)
        return -ENOMEM;
    return realpath(folder, out) ? 0 : -errno;
}

static int check(const struct plan *plan, const char *path, fence_error *err)
{
    char real[PATH_MAX], folder[PATH_MAX], shown[200];
    bool exists = realpath(path, real) != NULL;
    int rc = folder_of(folder, path);
    bool open = rc == 0 && is_open(plan, folder);

    if (exists && !open) {
        open = is_open(plan, real) || (folder_of(folder, real) == 0 && is_open(plan, folder));
    }
    if (!open)
        return rc == -ENOMEM ? fail(err, rc, "out of memory") : 0;
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
