/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_path_linux.c - a path as its caller means it: in its root and its working folder,
 * which are of another mount namespace. openat2(2).
 *
 * A link may lead elsewhere for us than for the caller where magic links are under way
 * (/proc/1/root). No harm comes of that: what is found is judged, whatever led there. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "sandbox/unix_sockets_judge.h"

#define ATTEMPTS 4 /* the kernel says EAGAIN when a rename comes in between */

static int open_at(int folder, const char *path, uint64_t resolve)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = resolve};
    int fd = -1;

    for (int i = 0; i < ATTEMPTS; i++) {
        fd = (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    return fd < 0 ? -errno : fd;
}

/* "self" is somebody else to each who reads it, and nobody to us. */
static const char *of_self(const char *path)
{
    static const char *const names[] = {"/proc/self/", "/proc/thread-self/"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strncmp(path, names[i], strlen(names[i])) == 0)
            return path + strlen(names[i]);
    }
    return NULL;
}

static int open_of_self(const struct notify_call *call, const char *rest)
{
    auto_fd int process = notify_open(call, "");

    return process < 0 ? process : open_at(process, rest, 0);
}

/* The kernel refuses magic links below a root (EXDEV, ELOOP): those are followed as they come. */
static int open_absolute(const struct notify_call *call, const char *path)
{
    auto_fd int root = notify_open(call, "root");
    int fd;

    if (root < 0)
        return root;
    fd = open_at(root, path, RESOLVE_IN_ROOT);
    while (*path == '/')
        path++;
    return (fd == -EXDEV || fd == -ELOOP) && *path ? open_at(root, path, 0) : fd;
}

/* Out of the working folder, by "..": from where /proc says that it is. */
static int open_joined(const struct notify_call *call, int cwd, const char *path)
{
    char link[64], joined[PATH_MAX];
    ssize_t len;
    size_t rest = strlen(path) + 1;

    snprintf(link, sizeof link, "/proc/self/fd/%d", cwd);
    len = readlink(link, joined, sizeof joined);
    if (len < 0)
        return -errno;
    if ((size_t)len + 1 + rest > sizeof joined)
        return -ENAMETOOLONG;
    joined[len] = '/';
    memcpy(joined + len + 1, path, rest);
    return open_absolute(call, joined);
}

static int open_relative(const struct notify_call *call, const char *path)
{
    auto_fd int cwd = notify_open(call, "cwd");
    int fd;

    if (cwd < 0)
        return cwd;
    fd = open_at(cwd, path, RESOLVE_BENEATH);
    return fd == -EXDEV || fd == -ELOOP ? open_joined(call, cwd, path) : fd;
}

int unix_path_open(const struct notify_call *call, const char *path)
{
    const char *rest = of_self(path);

    if (rest && *rest)
        return open_of_self(call, rest);
    return path[0] == '/' ? open_absolute(call, path) : open_relative(call, path);
}

int unix_path_listed(const char *path)
{
    return open_at(AT_FDCWD, path, RESOLVE_NO_SYMLINKS);
}
