/* SPDX-License-Identifier: Apache-2.0
 * probe_kernel_linux.c - what the kernel lets this process do, tried one by one. None of it says
 * what bubblewrap may do: AppArmor tells programs apart. probe_trial.c tries that. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "sandbox/probe.h"
#include "sandbox/probe_child.h"

/* Calls that the headers of older systems lack; the numbers are the same everywhere. */
#define CALL_OPEN_TREE         428
#define CALL_MOVE_MOUNT        429
#define CALL_LANDLOCK_CREATE   444
#define CALL_LANDLOCK_RESTRICT 446

#define TREE_CLONE      1      /* OPEN_TREE_CLONE          */
#define TREE_RECURSIVE  0x8000 /* AT_RECURSIVE             */
#define MOVE_EMPTY_PATH 4      /* MOVE_MOUNT_F_EMPTY_PATH  */

#define LANDLOCK_VERSION    1        /* LANDLOCK_CREATE_RULESET_VERSION */
#define LANDLOCK_WRITE_FILE (1 << 1) /* LANDLOCK_ACCESS_FS_WRITE_FILE   */

/* struct seccomp_notif_addfd and its ioctl, with SECCOMP_ADDFD_FLAG_SEND of Linux 5.14. */
struct add_descriptor {
    uint64_t id;
    uint32_t flags, srcfd, newfd, newfd_flags;
};
#define ADD_DESCRIPTOR   _IOW('!', 3, struct add_descriptor)
#define ADD_AND_ANSWER   2          /* SECCOMP_ADDFD_FLAG_SEND */
#define LISTEN_FLAG      (1UL << 3) /* SECCOMP_FILTER_FLAG_NEW_LISTENER */
#define GET_NOTIFY_SIZES 3

/* ---- namespaces ---- */

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 || write(fd, text, strlen(text)) < 0 ? errno : 0;

    if (fd >= 0)
        close(fd);
    return error;
}

/* `argument` is what goes into the map: "1000 1000 1". */
static int own_user(const void *argument)
{
    return write_file("/proc/self/uid_map", argument);
}

static int own_network(const void *argument)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)argument;
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0)
        return errno;
    request.ifr_flags |= IFF_UP;
    return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? errno : 0;
}

static int alone(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ? errno : 0;
}

static int own_mounts(const void *argument)
{
    int error = alone();

    (void)argument;
    if (error != 0)
        return error;
    return mount("tmpfs", "/", "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0 ? errno : 0;
}

static int own_proc(const void *argument)
{
    int error = alone();

    (void)argument;
    if (error != 0)
        return error;
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? errno : 0;
}

/* What puts a mount into a sandbox that runs: a copy of one, moved to its place, by someone who has
 * entered the namespace of mounts. */
static int live_mounts(const void *argument)
{
    int error = alone();
    int tree, namespace;

    (void)argument;
    if (error != 0)
        return error;
    namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    if (namespace < 0 || setns(namespace, CLONE_NEWNS) < 0)
        return errno;
    tree = (int)syscall(CALL_OPEN_TREE, AT_FDCWD, "/dev", TREE_CLONE | TREE_RECURSIVE | O_CLOEXEC);
    if (tree < 0 || syscall(CALL_MOVE_MOUNT, tree, "", AT_FDCWD, "/dev", MOVE_EMPTY_PATH) < 0)
        return errno;
    return 0;
}

/* ---- filters ---- */

static int no_new_privileges(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? errno : 0;
}

/* A filter of its own that refuses one call, and refuses it. */
static int own_filter(const void *argument)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOTTY),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {ARRAY_LEN(lines), lines};
    int error = no_new_privileges();

    (void)argument;
    if (error != 0)
        return error;
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
        return errno;
    return syscall(SYS_getppid) == -1 && errno == ENOTTY ? 0 : ENOSYS;
}

/* There is no question to answer: ENOENT says that the answer itself would have been understood. */
static int notify(const void *argument)
{
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    struct add_descriptor add = {.flags = ADD_AND_ANSWER};
    uint16_t sizes[3];
    int error = no_new_privileges();
    long listener;

    (void)argument;
    if (error != 0)
        return error;
    if (syscall(SYS_seccomp, GET_NOTIFY_SIZES, 0, sizes) < 0)
        return errno;
    listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, LISTEN_FLAG, &program);
    if (listener < 0)
        return errno;
    add.srcfd = (uint32_t)listener;
    if (ioctl((int)listener, ADD_DESCRIPTOR, &add) >= 0 || errno != ENOENT)
        return ENOSYS;
    return 0;
}

/* ---- Landlock ---- */

static int landlock(const void *argument)
{
    uint64_t handled = LANDLOCK_WRITE_FILE; /* the first member of struct landlock_ruleset_attr */
    long ruleset = syscall(CALL_LANDLOCK_CREATE, &handled, sizeof handled, 0);
    int error = ruleset < 0 ? errno : no_new_privileges();

    (void)argument;
    if (error != 0)
        return error;
    return syscall(CALL_LANDLOCK_RESTRICT, (int)ruleset, 0) < 0 ? errno : 0;
}

static int landlock_abi(void)
{
    long abi = syscall(CALL_LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION);

    return abi < 0 ? -errno : (int)abi;
}

/* ---- all ---- */

static int watch_a_folder(void)
{
    auto_fd int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    return fd < 0 || inotify_add_watch(fd, "/", IN_ATTRIB) < 0 ? -errno : 0;
}

void probe_kernel(struct machine *out)
{
    char map[64];

    snprintf(map, sizeof map, "%u %u 1", geteuid(), geteuid());
    out->user_namespace = probe_child(CLONE_NEWUSER, own_user, map);
    out->network_namespace = probe_child(CLONE_NEWUSER | CLONE_NEWNET, own_network, NULL);
    out->mounts = probe_child(CLONE_NEWUSER | CLONE_NEWNS, own_mounts, NULL);
    out->proc = probe_child(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, own_proc, NULL);
    out->live_mounts = probe_child(CLONE_NEWUSER | CLONE_NEWNS, live_mounts, NULL);
    out->filter = probe_child(0, own_filter, NULL);
    out->notify = probe_child(0, notify, NULL);
    out->landlock_abi = landlock_abi();
    out->landlock = out->landlock_abi < 0 ? out->landlock_abi : probe_child(0, landlock, NULL);
    out->inotify = watch_a_folder();
}

static void name_kernel(struct machine *out)
{
    struct utsname name;

    if (uname(&name) == 0)
        snprintf(out->kernel, sizeof out->kernel, "%.60s, %.60s", name.release, name.machine);
}

void probe_machine(struct machine *out)
{
    name_kernel(out);
    place_look(&out->place);
    probe_kernel(out);
    probe_capture(out);
    probe_sandbox(out);
}
