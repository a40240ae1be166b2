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

/* What was opened as a path only is opened again by /proc/PID/fd, and by a folder one writes what
 * is in it. */
static bool is_for_writing(int thread, int list, const char *name)
{
    char path[64], text[256];
    unsigned long flags;
    const char *line;
    struct stat st;
    char *behind;
    ssize_t len;
    int fd;

    if (fstatat(list, name, &st, 0) < 0 || S_ISDIR(st.st_mode))
        return true; /* not known is not no */
    snprintf(path, sizeof path, "fdinfo/%.20s", name);
    fd = openat(thread, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true;
    len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    line = strstr(text, "flags:");
    if (!line)
        return true;
    line += strlen("flags:");
    flags = strtoul(line, &behind, 8);
    return behind == line || (flags & O_ACCMODE) != O_RDONLY || flags & O_PATH;
}

static bool is_link_to(const struct wanted *wanted, int folder, const char *name)
{
    char text[LIMIT_PATH];
    struct stat st;
    ssize_t len;

    if (fstatat(folder, name, &st, 0) == 0 && st.st_dev == wanted->dev && st.st_ino == wanted->ino)
        return true;
    len = readlinkat(folder, name, text, sizeof text - 1);
    text[len > 0 ? len : 0] = '\0';
    return len > 0 && is_within(wanted, text);
}

static int has_open(const struct wanted *wanted, int thread)
{
    const struct dirent *entry;
    int found = is_link_to(wanted, thread, "cwd") || is_link_to(wanted, thread, "root");
    int list = openat(thread, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream;

    if (list < 0)
        return errno == ENOENT || errno == ESRCH ? found : -errno;
    stream = fdopendir(list);
    if (!stream) {
        close(list);
        return -ENOMEM;
    }
    while (!found && (entry = readdir(stream))) {
        if (entry->d_name[0] != '.' && is_link_to(wanted, list, entry->d_name))
            found = wanted->what == HELD_AT_ALL || is_for_writing(thread, list, entry->d_name);
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

static int has_mapped(const struct wanted *wanted, int thread)
{
    int found = 0, fd = openat(thread, "maps", O_RDONLY | O_CLOEXEC);
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

/* Threads need not share descriptors, nor the folder they are in; memory they do. */
static int process_holds(const struct wanted *wanted, pid_t pid)
{
    const struct dirent *entry;
    bool mapped = false;
    char path[64];
    DIR *threads;
    int rc = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    threads = opendir(path);
    if (!threads)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    while (rc == 0 && (entry = readdir(threads))) {
        auto_fd int thread = -1;

        if (entry->d_name[0] == '.' || process_has_ended(dirfd(threads), entry->d_name))
            continue;
        thread = openat(dirfd(threads), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (thread < 0)
            continue;
        rc = has_open(wanted, thread);
        if (rc == 0 && !mapped)
            rc = has_mapped(wanted, thread);
        mapped = true;
    }
    closedir(threads);
    return rc;
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
