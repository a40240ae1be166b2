/* SPDX-License-Identifier: Apache-2.0
 * live_linux.c - a child of ours enters the sandbox's user and mount namespaces, which are its
 * parent's to enter, and mounts by descriptors: nothing that is renamed meanwhile leads it astray.
 *
 * The child shares no memory with us, as the kernel would make us undumpable with it. */
#include "sandbox/live.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/notify.h"
#include "sandbox/spawn.h"

/* Their numbers are the same on every architecture. */
#define NR_OPEN_TREE     428
#define NR_MOVE_MOUNT    429
#define NR_FSOPEN        430
#define NR_FSCONFIG      431
#define NR_FSMOUNT       432
#define NR_MOUNT_SETATTR 442

#define CLONE_OF_TREE      1          /* OPEN_TREE_CLONE   */
#define FROM_DESCRIPTOR    0x00000004 /* MOVE_MOUNT_F_EMPTY_PATH */
#define TO_DESCRIPTOR      0x00000040 /* MOVE_MOUNT_T_EMPTY_PATH */
#define WHOLE_TREE         0x8000     /* AT_RECURSIVE      */
#define CREATE_FILE_SYSTEM 6          /* FSCONFIG_CMD_CREATE */
#define USER_NAMESPACE_OF  0xb701     /* NS_GET_USERNS, ioctl_ns(2) */

struct attributes { /* struct mount_attr */
    uint64_t set, clear, propagation, userns_fd;
};

#define READ_ONLY  0x1 /* MOUNT_ATTR_* */
#define NO_SETUID  0x2
#define NO_DEVICES 0x4

struct place { /* of the sandbox: namespaces */
    int user, mounts;
};

struct task {
    const struct place *place;
    const struct mount *const *list;
    size_t count;
    int report;
};

struct failure {
    int error;
    uint32_t index; /* of the mount; UINT32_MAX: before the first */
};

/* ---- in the child ---- */

static int open_path(const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};

    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
}

static int set_attributes(int tree, uint64_t set)
{
    struct attributes attributes = {.set = set};

    return (int)syscall(NR_MOUNT_SETATTR, tree, "", AT_EMPTY_PATH | WHOLE_TREE, &attributes,
                        sizeof attributes);
}

static int copy_of(int from)
{
    return (int)syscall(NR_OPEN_TREE, from, "",
                        (unsigned)(AT_EMPTY_PATH | WHOLE_TREE | CLONE_OF_TREE | O_CLOEXEC));
}

static int empty_folder(void)
{
    int context = (int)syscall(NR_FSOPEN, "tmpfs", 1), tree = -1;

    if (context >= 0 && syscall(NR_FSCONFIG, context, CREATE_FILE_SYSTEM, NULL, NULL, 0) == 0)
        tree = (int)syscall(NR_FSMOUNT, context, 1, NO_SETUID | NO_DEVICES | READ_ONLY);
    return tree;
}

static int device_that_cannot_be_opened(void)
{
    int tree = copy_of(open_path("/dev/null"));

    return tree < 0 || set_attributes(tree, NO_DEVICES | READ_ONLY) < 0 ? -1 : tree;
}

static int tree_for(enum mount_kind kind, int at)
{
    int tree;

    switch (kind) {
    case MOUNT_HIDDEN_FILE:
        return device_that_cannot_be_opened();
    case MOUNT_HIDDEN_FOLDER:
        return empty_folder();
    case MOUNT_WRITABLE:
        return copy_of(at);
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
        tree = copy_of(at);
        return tree < 0 || set_attributes(tree, READ_ONLY) < 0 ? -1 : tree;
    case MOUNT_TMPFS:
    case MOUNT_DIR:
    case MOUNT_DEV:
    case MOUNT_DEVICE:
    case MOUNT_PROC:
    case MOUNT_EMPTY:
    case MOUNT_LINK:
        break;
    }
    errno = EINVAL;
    return -1;
}

static bool mount_one(const struct mount *mount)
{
    int at = open_path(mount->path), tree, rc, error;

    if (at < 0)
        return false;
    tree = tree_for(mount->kind, at);
    rc = tree < 0 ? -1
                  : (int)syscall(NR_MOVE_MOUNT, tree, "", at, "", FROM_DESCRIPTOR | TO_DESCRIPTOR);
    error = errno; /* which close(2) may write */
    if (tree >= 0)
        close(tree);
    close(at);
    errno = error;
    return rc == 0;
}

static void work(const void *argument)
{
    const struct task *task = argument;
    struct failure failure = {0, UINT32_MAX};
    bool done = setns(task->place->user, CLONE_NEWUSER) == 0 &&
                setns(task->place->mounts, CLONE_NEWNS) == 0 &&
                mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;

    for (size_t i = 0; done && i < task->count; i++) {
        failure.index = (uint32_t)i;
        done = mount_one(task->list[i]);
    }
    failure.error = done ? 0 : errno;
    if (write(task->report, &failure, sizeof failure) < 0) /* who waits sees our end */
        return;
}

/* ---- outside ---- */

static int open_namespaces(pid_t pid, int *user, int *mounts, fence_error *err)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/%d/ns/mnt", (int)pid);
    *mounts = open(path, O_RDONLY | O_CLOEXEC);
    *user = *mounts < 0 ? -1 : ioctl(*mounts, USER_NAMESPACE_OF);
    if (*user >= 0)
        return 0;
    return fail(err, -errno, "cannot enter the sandbox to mount in it: %s", strerror(errno));
}

static int explain(const struct failure *failure, const struct mount *const *mounts,
                   fence_error *err)
{
    char shown[256];

    if (failure->index == UINT32_MAX || !mounts)
        return fail(err, -failure->error, "cannot enter the sandbox to mount in it: %s",
                    strerror(failure->error));
    str_escape(shown, sizeof shown, str_of(mounts[failure->index]->path));
    if (failure->error == ENOSYS)
        return fail(
            err, -ENOSYS,
            "'%s' cannot be closed in the sandbox, as this kernel has no mount_setattr: use "
            "Linux 5.12 or newer, or fewer rules",
            shown);
    return fail(err, -failure->error, "'%s' cannot be closed in the sandbox: %s", shown,
                strerror(failure->error));
}

static int mount_there(const struct place *place, const struct mount *const *mounts, size_t count,
                       fence_error *err)
{
    auto_fd int reading = -1, writing = -1, pidfd = -1;
    struct task task = {place, mounts, count, -1};
    struct failure failure;
    struct pollfd ready = {.events = POLLIN};
    int ends[2], rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return fail(err, -errno, "cannot make a pipe: %s", strerror(errno));
    reading = ends[0];
    writing = task.report = ends[1];
    rc = spawn_copy(&pidfd, work, &task);
    if (rc < 0)
        return fail(err, rc, "cannot start a process: %s", strerror(-rc));
    close(take_fd(&writing));
    ready.fd = reading;
    do /* a signal of the program's, and the whole time once more */
        rc = poll(&ready, 1, LIMIT_LIVE_MOUNT_MS);
    while (rc < 0 && errno == EINTR);
    if (rc <= 0 || read(reading, &failure, sizeof failure) != sizeof failure)
        failure = (struct failure){rc == 0 ? ETIMEDOUT : EIO, UINT32_MAX};
    spawn_end(pidfd);
    return failure.error == 0 ? 0 : explain(&failure, mounts, err);
}

int live_mount(pid_t pid, const struct mount *const *mounts, size_t count, fence_error *err)
{
    auto_fd int user = -1, namespace = -1;
    struct place place;
    int rc = count == 0 ? 1 : open_namespaces(pid, &user, &namespace, err);

    if (rc != 0)
        return rc < 0 ? rc : 0;
    place = (struct place){user, namespace};
    return mount_there(&place, mounts, count, err);
}

/* What comes of it nobody waits for: the second wall stands. */
static void *part_later(void *argument)
{
    auto_free struct place *place = argument;
    fence_error err;

    mount_there(place, NULL, 0, &err);
    close(place->user);
    close(place->mounts);
    return NULL;
}

int live_part(pid_t pid, bool wait, fence_error *err)
{
    auto_free struct place *place = calloc(1, sizeof *place);
    int rc;

    if (!place)
        return fail(err, -ENOMEM, "out of memory");
    rc = open_namespaces(pid, &place->user, &place->mounts, err);
    if (rc < 0)
        return rc;
    if (wait || notify_thread(part_later, place) < 0) {
        rc = mount_there(place, NULL, 0, err);
        close(place->user);
        close(place->mounts);
    } else {
        place = NULL; /* the thread's */
    }
    return rc;
}
