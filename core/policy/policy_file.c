/* SPDX-License-Identifier: Apache-2.0
 * policy_file.c - see policy_file.h. */
#include "policy/policy_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

static int fail_path(fence_error *err, const char *path, const char *what)
{
    char shown[300];

    str_escape(shown, sizeof shown, str_of(path));
    return fail(err, FENCE_EPOLICY, "%s: %s", shown, what);
}

static int check(const struct stat *st, const char *path, fence_error *err)
{
    if (S_ISDIR(st->st_mode))
        return fail_path(err, path, "is a folder: name the file in it");
    if (!S_ISREG(st->st_mode))
        return fail_path(err, path, "is no regular file");
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return fail_path(err, path, "belongs to another user, who could change what it decides");
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return fail_path(err, path, "can be written by others: chmod go-w it");
    return 0;
}

int policy_file_read(char *room, size_t *len, const char *path, fence_error *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    ssize_t got = 1;
    int rc;

    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_path(err, path, errno == ENOENT ? "does not exist" : fence_strerror(-errno));
    rc = check(&st, path, err);
    if (rc < 0)
        return rc;
    *len = 0;
    while (got > 0 && *len < LIMIT_POLICY_BYTES) {
        got = read(fd, room + *len, LIMIT_POLICY_BYTES - *len);
        if (got < 0)
            return fail_path(err, path, fence_strerror(-errno));
        *len += (size_t)got;
    }
    if (*len == LIMIT_POLICY_BYTES) /* as large, or larger: it may have grown meanwhile */
        return fail_path(err, path, "has 1 MiB or more");
    return 0;
}
