/* SPDX-License-Identifier: Apache-2.0
 * alias_linux.c - see alias.h. One spelling stands for all: a kernel that compares names without
 * case finds the same entry for each. */
#include "sandbox/alias.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "base/base.h"
#include "base/error.h"
#include "base/limits.h"
#include "sandbox/spelling.h"

bool alias_leads_around(int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    char turned[LIMIT_PATH];
    struct statx other;
    struct stat covered;
    auto_fd int fd = -1;

    if (!spelling_turn(turned, path))
        return false;
    fd = (int)syscall(SYS_openat2, root, turned + 1, &how, sizeof how);
    return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_INO, &other) == 0 &&
           !(other.stx_attributes & STATX_ATTR_MOUNT_ROOT) && lstat(path, &covered) == 0 &&
           covered.st_ino == other.stx_ino &&
           covered.st_dev == makedev(other.stx_dev_major, other.stx_dev_minor);
}

int alias_fail(const char *path, fence_error *err)
{
    char shown[256];

    str_escape(shown, sizeof shown, str_of(path));
    return fail(err, FENCE_ESANDBOX,
                "'%s' cannot be closed: upper and lower case are the same in its folder, and "
                "another spelling leads around the mount: work in a folder of this machine's own "
                "disk",
                shown);
}
