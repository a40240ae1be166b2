/* SPDX-License-Identifier: Apache-2.0
 * login_file.c - reads a name and a password, and leaves none of it in memory. */
#include "cli/login_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_LEN (255 + 1 + 255 + 1) /* RFC 1929 allows 255 bytes of each */

static int complain(fence_error *err, const char *path, const char *why)
{
    err->code = -EINVAL;
    snprintf(err->message, sizeof err->message, "--login: '%.200s': %s", path, why);
    return -1;
}

/* Returns the length, or -1 with `why`. One byte more than fits tells that it is too long. */
static ssize_t read_private(char out[LINE_MAX_LEN + 1], const char *path, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    ssize_t len = -1;

    if (fd < 0) {
        *why = strerror(errno);
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        *why = "this is no file";
    } else if ((st.st_mode & 077) != 0) {
        *why = "others may read it: chmod 600";
    } else {
        len = read(fd, out, LINE_MAX_LEN + 1);
        if (len < 0)
            *why = strerror(errno);
    }
    close(fd);
    return len;
}

/* Cuts the line's end off and the name from the password. NULL, or why not. */
static const char *split(char *line, size_t len, char **password)
{
    char *colon;

    if (len > 0 && line[len - 1] == '\n')
        len--;
    if (len > LINE_MAX_LEN - 1)
        return "the line is too long: a name and a password have 255 bytes each at the most";
    if (memchr(line, '\0', len) || memchr(line, '\n', len) || memchr(line, '\r', len))
        return "must be one line, NAME:PASSWORD";
    line[len] = '\0';
    colon = strchr(line, ':');
    if (!colon)
        return "must be one line, NAME:PASSWORD";
    *colon = '\0';
    *password = colon + 1;
    return NULL;
}

int login_file_read(fence *engine, const char *path, fence_error *err)
{
    char line[LINE_MAX_LEN + 1], *password = NULL;
    const char *why = NULL;
    ssize_t len = read_private(line, path, &why);
    int rc = -1;

    if (len >= 0)
        why = split(line, (size_t)len, &password);
    if (why)
        complain(err, path, why);
    else
        rc = fence_require_login(engine, line, password, err) < 0 ? -1 : 0;
    explicit_bzero(line, sizeof line);
    return rc;
}
