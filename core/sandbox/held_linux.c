/* SPDX-License-Identifier: Apache-2.0
 * held_linux.c - see held.h: proc_pid_fd(5), proc_pid_maps(5). */
#include "sandbox/held.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/limits.h"

struct wanted {
    const char *path;
    enum held_for what;
    dev_t dev;
    ino_t ino;
};

/* Is it that path, or below it? The text is that of the sandbox, where paths are the host's. */
static bool is_within(const struct wanted *wanted, const char *text)
{
    size_t len = strlen(wanted->path);

    return strncmp(text, wanted->path, len) == 0 &&
           (!text[len] || text[len] == '/' || text[len] == ' '); /* " (deleted)" */
}

/* ---- descriptors and folders ---- */

static bool is_for_writing(int folder, const char *name)
{
    char path[64], text[256];
    const char *line;
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "fdinfo/%.20s", name);
    fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* not known is not no */
    len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    line = strstr(text, "flags:");
    return !line || (strtoul(line + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

static bool is_link_to(const struct wanted *wanted, int folder, const char *name)
{
    char text[LIMIT_PATH];
    struct stat st;
    ssize_t len;

    if (fstatat(folder, name, &st, 0) == 0 && st.st_dev == wanted->dev && st.st_ino == wanted->ino)
        return true;
    len = wanted->what == HELD_AT_ALL ? readlinkat(folder, name, text, sizeof text - 1) : -1;
    text[len > 0 ? len : 0] = '\0';
    return len > 0 && is_within(wanted, text);
}

static int has_open(const struct wanted *wanted, int process)
{
    const struct dirent *entry;
    int found = 0, list = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream;

    if (list < 0)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    stream = fdopendir(list);
    if (!stream) {
        close(list);
        return -ENOMEM;
    }
    while (!found && (entry = readdir(stream))) {
        if (entry->d_name[0] != '.' && is_link_to(wanted, list, entry->d_name))
            found = wanted->what == HELD_AT_ALL || is_for_writing(process, entry->d_name);
    }
    closedir(stream);
    return found;
}

/* ---- memory ---- */

/* "5581e4c00000-5581e4c02000 r--s 00000000 fe:00 1234    /path" */
static bool is_mapping_of(const struct wanted *wanted, char *line)
{
    const char *flags, *device, *number;
    unsigned long major_number, minor_number;
    char *minor_text;

    line[strcspn(line, "\n")] = '\0';
    strsep(&line, " ");
    flags = strsep(&line, " ");
    strsep(&line, " ");
    device = strsep(&line, " ");
    number = strsep(&line, " ");
    if (!flags || strlen(flags) < 4 || !device || !number ||
        (wanted->what == HELD_FOR_WRITING && flags[3] != 's'))
        return false;
    major_number = strtoul(device, &minor_text, 16);
    minor_number = *minor_text ? strtoul(minor_text + 1, NULL, 16) : 0;
    if (strtoull(number, NULL, 10) == wanted->ino &&
        makedev(major_number, minor_number) == wanted->dev)
        return true;
    return line && is_within(wanted, line + strspn(line, " "));
}

static int has_mapped(const struct wanted *wanted, int process)
{
    int found = 0, fd = openat(process, "maps", O_RDONLY | O_CLOEXEC);
    FILE *maps = fd < 0 ? NULL : fdopen(fd, "r");
    char *line = NULL;
    size_t cap = 0;

    if (fd < 0)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    if (!maps) {
        close(fd);
        return -ENOMEM;
    }
    while (!found && getline(&line, &cap, maps) >= 0)
        found = is_mapping_of(wanted, line);
    free(line);
    fclose(maps);
    return found;
}

/* ---- all of them ---- */

static int process_holds(const struct wanted *wanted, pid_t pid)
{
    char path[64];
    auto_fd int process = -1;
    int rc;

    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (process < 0)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    if (wanted->what == HELD_AT_ALL &&
        (is_link_to(wanted, process, "cwd") || is_link_to(wanted, process, "root")))
        return 1;
    rc = has_open(wanted, process);
    return rc == 0 ? has_mapped(wanted, process) : rc;
}

int frozen_holds(const struct frozen *frozen, const char *path, enum held_for what)
{
    struct wanted wanted = {.path = path, .what = what};
    struct stat st;
    int rc = 0;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    wanted.dev = st.st_dev;
    wanted.ino = st.st_ino;
    for (size_t i = 0; rc == 0 && i < frozen->count; i++)
        rc = process_holds(&wanted, frozen->pids[i]);
    return rc;
}
