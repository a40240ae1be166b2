/* SPDX-License-Identifier: Apache-2.0
 * config_file.c - where the settings lie, and how to read them: whole, or not at all.
 *
 * Never waits: a FIFO or a device is refused, not opened and read. A file that is there and cannot
 * be read is an error, never passed over: a missing rule must not become a silent default. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "filter/config_build.h"
#include "filter/config_chain.h"

#define SHOWN_PATH 300 /* bytes of a path that an error shows */

static int fail_path(fence_error *err, const char *path, const char *what)
{
    char shown[SHOWN_PATH];

    str_escape(shown, sizeof shown, str_of(path));
    return fail(err, FENCE_ECONFIG, "'%s' %s", shown, what);
}

static int fail_errno(fence_error *err, const char *path, int error)
{
    char shown[SHOWN_PATH];

    if (error == ENOENT)
        return fail_path(err, path, "does not exist");
    str_escape(shown, sizeof shown, str_of(path));
    return fail(err, FENCE_ECONFIG, "'%s' cannot be read: %s", shown, fence_strerror(-error));
}

/* Writes a descriptor of a regular file that is not too large. */
static int open_regular(int *out, const char *path, fence_error *err)
{
    auto_fd int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    struct stat st;

    if (fd < 0 && (errno == ENXIO || errno == ENODEV))
        return fail_path(err, path, "is a socket or a device: name a regular file");
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_errno(err, path, errno);
    if (S_ISDIR(st.st_mode))
        return fail_path(err, path, "is a folder: name the file in it");
    if (S_ISFIFO(st.st_mode))
        return fail_path(err, path, "is a pipe: write the settings to a regular file");
    if (!S_ISREG(st.st_mode))
        return fail_path(err, path, "is a device: name a regular file");
    if (st.st_size > LIMIT_CONFIG_BYTES)
        return fail_path(err, path, "has more than 64 MiB");
    *out = take_fd(&fd);
    return 0;
}

static int read_all(struct buf *out, int fd, const char *path, fence_error *err)
{
    for (;;) {
        char *room = buf_reserve(out, 64 * 1024);
        ssize_t got;

        if (!room) /* -ENOSPC: it grew while it was read */
            return out->error == -ENOMEM ? fail(err, -ENOMEM, "out of memory")
                                         : fail_path(err, path, "has more than 64 MiB");
        got = read(fd, room, 64 * 1024);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(err, path, errno);
        if (got == 0)
            return 0;
        buf_commit(out, (size_t)got);
    }
}

int config_read_file(struct buf *out, const char *path, fence_error *err)
{
    auto_fd int fd = -1;
    int rc = open_regular(&fd, path, err);

    return rc < 0 ? rc : read_all(out, fd, path, err);
}

/* ---- settings from a file, a text, a template ---- */

int fence_config_parse(fence_config **out, const char *name, const char *json, size_t len,
                       const fence_setting *extra, size_t nextra, fence_error *err)
{
    auto_link struct config_link link = {0};
    int rc = config_link_text(&link, name, json, len, err);

    return rc < 0 ? rc : config_build(out, &link, extra, nextra, err);
}

int fence_config_template(fence_config **out, const char *name, const fence_setting *extra,
                          size_t nextra, fence_error *err)
{
    auto_link struct config_link link = {0};
    int rc = config_link_template(&link, name, err);

    return rc < 0 ? rc : config_build(out, &link, extra, nextra, err);
}

int fence_config_load(fence_config **out, const char *path, const fence_setting *extra,
                      size_t nextra, fence_error *err)
{
    auto_link struct config_link link = {0};
    int rc = path ? config_link_file(&link, path, err) : 0;

    return rc < 0 ? rc : config_build(out, path ? &link : NULL, extra, nextra, err);
}

/* ---- the file that is read when none is named ---- */

/* A folder named by the environment: NULL in `out` when unset or empty. */
static int env_folder(const char **out, const char *variable, fence_error *err)
{
    const char *value = getenv(variable);
    char shown[SHOWN_PATH];
    const char *why = NULL;

    *out = NULL;
    if (!value || !*value)
        return 0;
    if (*value != '/')
        why = "is not an absolute path";
    for (const char *part = value; part && !why; part = strchr(part, '/')) {
        part += strspn(part, "/");
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            why = "has a '..' in it";
    }
    if (!why) {
        *out = value;
        return 0;
    }
    str_escape(shown, sizeof shown, str_of(value));
    return fail(err, FENCE_ECONFIG, "%s='%s' %s: set it to an absolute path without '..'", variable,
                shown, why);
}

/* Is there something at "FOLDER NAME"? 1 with the path in `out`, 0, or an error. */
static int look(char *out, size_t cap, const char *folder, const char *name, fence_error *err)
{
    int len = snprintf(out, cap, "%s%s", folder, name);
    struct stat st;

    if (len < 0 || (size_t)len >= cap)
        return fail_path(err, folder, "is too long a path");
    if (lstat(out, &st) == 0)
        return 1;
    if (errno == ENOENT || errno == ENOTDIR)
        return 0;
    return fail_errno(err, out, errno);
}

/* One place, two spellings. 1 with the path in `out`, which can be read; 0, or an error. */
static int look_twice(char *out, size_t cap, const char *folder, const char *first,
                      const char *second, fence_error *err)
{
    char a[PATH_MAX], b[PATH_MAX];
    auto_fd int fd = -1;
    int has_a = look(a, sizeof a, folder, first, err);
    int has_b = has_a < 0 ? has_a : look(b, sizeof b, folder, second, err);
    const char *found = has_a > 0 ? a : b;
    int rc;

    if (has_b < 0)
        return has_b;
    if (has_a && has_b)
        return fail_path(err, a, "stands beside another settings file: remove one of them");
    if (!has_a && !has_b)
        return 0;
    rc = open_regular(&fd, found, err);
    if (rc < 0)
        return rc;
    if (strlen(found) >= cap)
        return fail_path(err, found, "is too long a path");
    memcpy(out, found, strlen(found) + 1);
    return 1;
}

int fence_config_find(char *out, size_t cap, fence_error *err)
{
    const char *xdg, *home;
    int rc = env_folder(&xdg, "XDG_CONFIG_HOME", err);

    if (rc == 0 && xdg)
        rc = look_twice(out, cap, xdg, "/fence/fence.jsonc", "/fence/fence.json", err);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    rc = env_folder(&home, "HOME", err);
    if (rc == 0 && home && !xdg)
        rc = look_twice(out, cap, home, "/.config/fence/fence.jsonc", "/.config/fence/fence.json",
                        err);
    if (rc == 0 && home)
        rc = look_twice(out, cap, home, "/.fence.json", "/.fence.jsonc", err);
    if (rc == 0 && cap > 0)
        *out = '\0';
    return rc < 0 ? rc : 0;
}
