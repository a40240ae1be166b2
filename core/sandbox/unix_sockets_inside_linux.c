/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_inside_linux.c - is a socket, or the one bound to a file, of the sandbox?
 *
 * A socket file is made by bind(2), and no other socket is ever bound to it. So it is the sandbox's
 * when a listening socket of a process in there says that this is its file (SIOCUNIXFILE). The
 * kernel's own list (sock_diag(7)) cuts inode numbers to 32 bits, knows devices that stat(2) does
 * not show (btrfs, overlayfs), and has one network namespace: it cannot tell for sure. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <linux/un.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "sandbox/unix_sockets_judge.h"

#define NESTED 32 /* namespaces within each other: user_namespaces(7), pid_namespaces(7) */

/* ---- namespaces ---- */

static ino_t number_of(int fd)
{
    struct stat st;

    return fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
}

static int open_namespace(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/ns/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Is the namespace, or one around it, that of this number? Takes `fd`. */
static bool is_within(int fd, ino_t number)
{
    for (int i = 0; i < NESTED && fd >= 0; i++) {
        int around;

        if (number_of(fd) == number) {
            close(fd);
            return true;
        }
        around = ioctl(fd, NS_GET_PARENT); /* EPERM above our own */
        close(fd);
        fd = around;
    }
    if (fd >= 0)
        close(fd);
    return false;
}

static dev_t device_of(const char *process, const char *path)
{
    char full[64];
    struct stat st;

    snprintf(full, sizeof full, "%s%s", process, path);
    return stat(full, &st) == 0 ? st.st_dev : 0;
}

static bool is_empty_folder(const struct plan *plan, const char *path)
{
    const struct mount *mount = plan_mount_at(plan, path);

    return mount && mount->kind == MOUNT_TMPFS && strcmp(mount->path, path) == 0;
}

static const char *const often_empty[UNIX_INSIDE_EMPTY] = {"/tmp", "/run"};

void unix_inside_begin(struct unix_inside *inside, const struct plan *plan)
{
    struct stat st;

    inside->ours = stat("/proc/self/ns/pid", &st) == 0 ? st.st_ino : 0;
    for (size_t i = 0; i < UNIX_INSIDE_EMPTY; i++) {
        inside->planned[i] = is_empty_folder(plan, often_empty[i]);
        inside->outside[i] = device_of("", often_empty[i]);
    }
}

/* A file system that the sandbox has at /tmp or /run, and the host has not: nobody but the sandbox
 * makes sockets there. */
static void look_at_empty(struct unix_inside *inside, const char *process)
{
    char root[40];

    snprintf(root, sizeof root, "%s/root", process);
    for (size_t i = 0; i < UNIX_INSIDE_EMPTY; i++) {
        dev_t theirs = inside->planned[i] ? device_of(root, often_empty[i]) : 0;

        inside->empty[i] = theirs != inside->outside[i] ? theirs : 0;
    }
}

int unix_inside_look(struct unix_inside *inside, pid_t pid)
{
    auto_fd int net = open_namespace(pid, "net");
    auto_fd int owner = net < 0 ? -1 : ioctl(net, NS_GET_USERNS);
    char process[32], pids[48];
    struct stat st;

    snprintf(process, sizeof process, "/proc/%d", (int)pid);
    snprintf(pids, sizeof pids, "%s/ns/pid", process);
    if (net < 0 || owner < 0 || stat(pids, &st) < 0)
        return -errno;
    inside->net = number_of(net);
    inside->pids = st.st_ino;
    inside->owner = number_of(owner);
    look_at_empty(inside, process);
    return inside->net && inside->pids && inside->owner ? 0 : -EINVAL;
}

void unix_inside_deinit(struct unix_inside *inside)
{
    for (size_t i = 0; i < ARRAY_LEN(inside->known); i++) {
        if (inside->known[i].fd > 0)
            close(inside->known[i].fd);
    }
}

/* The cookie is asked for quickly, and never given twice. */
bool unix_inside_net(struct unix_inside *inside, int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;
    auto_fd int net = -1;

    if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len) < 0)
        return false;
    if (cookie == inside->cookie && cookie != 0)
        return true;
    net = ioctl(fd, SIOCGSKNS);
    if (net < 0)
        return false;
    if (number_of(net) == inside->net) {
        inside->cookie = cookie;
        return true;
    }
    return is_within(ioctl(net, NS_GET_USERNS), inside->owner);
}

/* ---- whose file ---- */

static bool is_known(const struct unix_inside *inside, const struct stat *st)
{
    for (size_t i = 0; i < ARRAY_LEN(inside->known); i++) {
        if (inside->known[i].fd > 0 && inside->known[i].dev == st->st_dev &&
            inside->known[i].ino == st->st_ino)
            return true;
    }
    return false;
}

static void remember(struct unix_inside *inside, int file, const struct stat *st)
{
    int copy = fcntl(file, F_DUPFD_CLOEXEC, 3);
    unsigned at = inside->next;

    if (copy < 0)
        return;
    if (inside->known[at].fd > 0)
        close(inside->known[at].fd);
    inside->known[at].fd = copy;
    inside->known[at].dev = st->st_dev;
    inside->known[at].ino = st->st_ino;
    inside->next = (at + 1) % ARRAY_LEN(inside->known);
}

static int option(int fd, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -1 : value;
}

/* A connection that was accepted has the file of the socket it came by, and was not bound to it: it
 * has a peer, for good. */
static bool was_bound(int fd)
{
    struct sockaddr_un peer;
    socklen_t len = sizeof peer;

    return option(fd, SO_TYPE) == SOCK_DGRAM || option(fd, SO_ACCEPTCONN) == 1 ||
           (getpeername(fd, (struct sockaddr *)&peer, &len) < 0 && errno == ENOTCONN);
}

static bool is_bound_to(struct unix_inside *inside, int fd, const struct stat *st)
{
    auto_fd int file = -1;
    struct stat bound;

    if (option(fd, SO_DOMAIN) != AF_UNIX || !was_bound(fd))
        return false;
    file = ioctl(fd, SIOCUNIXFILE);
    return file >= 0 && fstat(file, &bound) == 0 && bound.st_dev == st->st_dev &&
           bound.st_ino == st->st_ino && unix_inside_net(inside, fd);
}

static bool process_fd_is(struct unix_inside *inside, int process, int number,
                          const struct stat *st)
{
    auto_fd int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);

    return fd >= 0 && is_bound_to(inside, fd, st);
}

static bool is_socket_at(int folder, const char *name)
{
    struct stat st;

    return fstatat(folder, name, &st, 0) == 0 && S_ISSOCK(st.st_mode);
}

/* Of a process that is not "dumpable" (ssh-agent) only root may list the descriptors, though all of
 * them can be had: the low numbers are tried. */
static bool process_has(struct unix_inside *inside, const char *pid, const struct stat *st)
{
    char path[300];
    auto_fd int process = (int)syscall(SYS_pidfd_open, (pid_t)strtol(pid, NULL, 10), 0);
    DIR *folder;
    bool found = false;

    if (process < 0)
        return false;
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    folder = opendir(path);
    if (!folder) {
        for (int number = 0; number < LIMIT_HIDDEN_DESCRIPTORS && !found; number++)
            found = process_fd_is(inside, process, number, st);
        return found;
    }
    for (struct dirent *entry = readdir(folder); entry && !found; entry = readdir(folder)) {
        if (is_socket_at(dirfd(folder), entry->d_name))
            found = process_fd_is(inside, process, (int)strtol(entry->d_name, NULL, 10), st);
    }
    closedir(folder);
    return found;
}

/* Is the process in the sandbox, however deep? Most are not, and are where we are. */
static bool is_member(const struct unix_inside *inside, const char *pid)
{
    static const char head[] = "pid:[";
    char path[300], name[64];
    unsigned long long number;
    ssize_t len;

    snprintf(path, sizeof path, "/proc/%s/ns/pid", pid);
    len = readlink(path, name, sizeof name - 1);
    name[len < 0 ? 0 : len] = '\0';
    if (strncmp(name, head, sizeof head - 1) != 0)
        return false;
    number = strtoull(name + sizeof head - 1, NULL, 10);
    if (number == inside->ours)
        return false;
    return number == inside->pids ||
           is_within(open_namespace((pid_t)strtol(pid, NULL, 10), "pid"), inside->pids);
}

static bool somebody_has(struct unix_inside *inside, const struct stat *st)
{
    DIR *processes = opendir("/proc");
    bool found = false;

    if (!processes)
        return false;
    for (struct dirent *entry = readdir(processes); entry && !found; entry = readdir(processes)) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && is_member(inside, entry->d_name))
            found = process_has(inside, entry->d_name, st);
    }
    closedir(processes);
    return found;
}

bool unix_inside_bound(struct unix_inside *inside, int file, const struct stat *st)
{
    for (size_t i = 0; i < ARRAY_LEN(inside->empty); i++) {
        if (inside->empty[i] != 0 && inside->empty[i] == st->st_dev)
            return true;
    }
    if (is_known(inside, st))
        return true;
    if (!somebody_has(inside, st))
        return false;
    remember(inside, file, st);
    return true;
}
