/* SPDX-License-Identifier: Apache-2.0
 * freeze_linux.c - see freeze.h. Orphans of a sandbox are children of its process 1, so that its
 * descendants are all there is, whatever namespaces they have made. */
#include "sandbox/freeze.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"

struct process {
    pid_t pid, parent;
    char state; /* proc_pid_stat(5) */
};

struct processes {
    struct process *items;
    size_t count, cap;
};

static bool read_process(struct process *out, int proc, const char *name)
{
    char path[64], line[512];
    const char *behind;
    ssize_t len;
    int fd;

    snprintf(path, sizeof path, "%.20s/stat", name);
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    len = read(fd, line, sizeof line - 1);
    close(fd);
    line[len > 0 ? len : 0] = '\0';
    behind = strrchr(line, ')'); /* the name before it may hold anything */
    if (!behind || strlen(behind) < strlen(") S 1"))
        return false;
    *out = (struct process){.pid = (pid_t)strtol(name, NULL, 10),
                            .parent = (pid_t)strtol(behind + strlen(") S "), NULL, 10),
                            .state = behind[2]};
    return true;
}

pid_t process_parent(pid_t pid)
{
    struct process process;
    auto_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char name[16];

    snprintf(name, sizeof name, "%d", (int)pid);
    return proc >= 0 && read_process(&process, proc, name) ? process.parent : 0;
}

static int list_processes(struct processes *out)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;

    out->count = 0;
    if (!proc)
        return -errno;
    while ((entry = readdir(proc))) {
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        if (out->count == out->cap) {
            size_t cap = out->cap ? out->cap * 2 : 256;
            struct process *items = realloc(out->items, cap * sizeof *items);

            if (!items) {
                closedir(proc);
                return -ENOMEM;
            }
            out->items = items;
            out->cap = cap;
        }
        if (read_process(&out->items[out->count], dirfd(proc), entry->d_name))
            out->count++;
    }
    closedir(proc);
    return 0;
}

static bool has(const struct frozen *frozen, pid_t pid)
{
    for (size_t i = 0; i < frozen->count; i++) {
        if (frozen->pids[i] == pid)
            return true;
    }
    return false;
}

static int add(struct frozen *frozen, pid_t pid)
{
    if (frozen->count >= LIMIT_FREEZE_PROCESSES)
        return -EAGAIN;
    if (frozen->count == frozen->cap) {
        size_t cap = frozen->cap ? frozen->cap * 2 : 32;
        pid_t *pids = realloc(frozen->pids, cap * sizeof *pids);

        if (!pids)
            return -ENOMEM;
        frozen->pids = pids;
        frozen->cap = cap;
    }
    frozen->pids[frozen->count++] = pid;
    return 0;
}

/* One that waits in the kernel (D) goes no further before it sees the signal. Stops those that are
 * new; a process may stand before its parent in the list, so it is gone through until nothing comes
 * to it. Returns how many run, or a negative code. */
static int stop_new(struct frozen *frozen, const struct processes *all, pid_t first)
{
    bool more = true;
    int running = 0, rc;

    while (more) {
        more = false;
        for (size_t i = 0; i < all->count; i++) {
            const struct process *p = &all->items[i];

            if ((p->parent != first && !has(frozen, p->parent)) || has(frozen, p->pid))
                continue;
            rc = add(frozen, p->pid);
            if (rc < 0)
                return rc;
            kill(p->pid, SIGSTOP);
            more = true;
            running++;
        }
    }
    for (size_t i = 0; i < all->count; i++) {
        if (has(frozen, all->items[i].pid) && strchr("RS", all->items[i].state))
            running++;
    }
    return running;
}

int freeze(struct frozen *out, pid_t first)
{
    struct processes all = {0};
    int rc = 1;

    *out = (struct frozen){0};
    for (int round = 0; rc > 0 && round < LIMIT_FREEZE_ROUNDS; round++) {
        if (round > 1)
            sched_yield(); /* a signal takes as long as its receiver takes to be scheduled */
        rc = list_processes(&all);
        if (rc == 0)
            rc = stop_new(out, &all, first);
    }
    free(all.items);
    return rc > 0 ? -EAGAIN : rc;
}

void thaw(struct frozen *frozen)
{
    while (frozen->count > 0)
        kill(frozen->pids[--frozen->count], SIGCONT);
    free(take(&frozen->pids));
    *frozen = (struct frozen){0};
}

/* ---- descriptors ---- */

/* What was opened as a path only is opened again by /proc/PID/fd, and by a folder one writes what
 * is in it. */
static bool is_open_for(int folder, const char *name, bool reading)
{
    char path[64], text[256];
    unsigned long flags;
    const char *line;
    char *behind;
    ssize_t len;
    int fd;

    if (reading)
        return true;
    snprintf(path, sizeof path, "fdinfo/%.20s", name);
    fd = openat(folder, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return true; /* not known is not no */
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

/* One of its threads: they need not share descriptors, nor the folder they are in. */
static int thread_has_open(int threads, const char *name, dev_t dev, ino_t ino, bool reading)
{
    static const char *const places[] = {"cwd", "root"};
    auto_fd int folder = openat(threads, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    const struct dirent *entry;
    struct stat st;
    int found = 0, list;
    DIR *stream;

    list = folder < 0 ? -1 : openat(folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (list < 0)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    stream = fdopendir(list);
    if (!stream) {
        close(list);
        return -ENOMEM;
    }
    while (!found && (entry = readdir(stream))) {
        if (fstatat(list, entry->d_name, &st, 0) == 0 && st.st_dev == dev && st.st_ino == ino)
            found = is_open_for(folder, entry->d_name, reading || S_ISDIR(st.st_mode));
    }
    closedir(stream);
    for (size_t i = 0; !found && i < ARRAY_LEN(places); i++)
        found = fstatat(folder, places[i], &st, 0) == 0 && st.st_dev == dev && st.st_ino == ino;
    return found;
}

static int process_has_open(pid_t pid, dev_t dev, ino_t ino, bool reading)
{
    const struct dirent *entry;
    struct process thread;
    char path[64];
    DIR *threads;
    int found = 0;

    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    threads = opendir(path);
    if (!threads)
        return errno == ENOENT || errno == ESRCH ? 0 : -errno;
    while (!found && (entry = readdir(threads))) {
        bool ended = read_process(&thread, dirfd(threads), entry->d_name) &&
                     strchr("ZX", thread.state); /* nothing is open, and nobody may ask */

        if (entry->d_name[0] != '.' && !ended)
            found = thread_has_open(dirfd(threads), entry->d_name, dev, ino, reading);
    }
    closedir(threads);
    return found;
}

int frozen_has_open(const struct frozen *frozen, dev_t dev, ino_t ino, bool reading)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < frozen->count; i++)
        rc = process_has_open(frozen->pids[i], dev, ino, reading);
    return rc;
}
