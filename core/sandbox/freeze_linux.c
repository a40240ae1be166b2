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
#include <time.h>

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

bool process_has_ended(int folder, const char *name)
{
    struct process process;

    return !read_process(&process, folder, name) || strchr("ZX", process.state);
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

/* Among the first `count`. */
static bool has(const struct frozen *frozen, size_t count, pid_t pid)
{
    for (size_t i = 0; i < count; i++) {
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

/* A parent that waits and has not stopped yet would hear that its child has: a shell then says that
 * a job was stopped. It takes as long as it takes to be scheduled, but no longer than this. */
static void await_stop(const struct frozen *frozen, size_t from)
{
    auto_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct process process;
    char name[16];

    for (int i = 0; i < LIMIT_FREEZE_YIELDS && from < frozen->count; i++) {
        snprintf(name, sizeof name, "%d", (int)frozen->pids[from]);
        if (!read_process(&process, proc, name) || !strchr("RS", process.state))
            from++;
        else
            sched_yield();
    }
}

/* One that waits in the kernel (D) goes no further before it sees the signal. Stops those that are
 * new, the parents before their children, so that the list is gone through until nothing comes to
 * it. Returns how many run, or a negative code. */
static int stop_new(struct frozen *frozen, const struct processes *all, pid_t first)
{
    bool more = true;
    int running = 0, rc;

    while (more) {
        size_t level = frozen->count;

        more = false;
        for (size_t i = 0; i < all->count; i++) {
            const struct process *p = &all->items[i];

            if ((p->parent != first && !has(frozen, level, p->parent)) ||
                has(frozen, frozen->count, p->pid))
                continue;
            rc = add(frozen, p->pid);
            if (rc < 0)
                return rc;
            kill(p->pid, SIGSTOP);
            more = true;
            running++;
        }
        await_stop(frozen, level);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (has(frozen, frozen->count, all->items[i].pid) && strchr("RS", all->items[i].state)) {
            kill(all->items[i].pid, SIGSTOP); /* another of them may have let it go on */
            running++;
        }
    }
    return running;
}

int freeze(struct frozen *out, pid_t first)
{
    static const struct timespec nap = {0, LIMIT_FREEZE_NAP_NS};
    struct processes all = {0};
    int rc = 1;

    *out = (struct frozen){0};
    for (int round = 0; rc > 0 && round < LIMIT_FREEZE_ROUNDS; round++) {
        if (round > 1) /* a signal takes as long as its receiver takes to be scheduled */
            clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
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
