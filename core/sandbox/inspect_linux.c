/* SPDX-License-Identifier: Apache-2.0
 * inspect_linux.c - reads /proc/PID and hands the texts to proof.c; and looks through
 * /proc/PID/root whether what is mounted is what was meant: the list of mounts tells only where. */
#include "sandbox/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/paths.h"
#include "sandbox/proof.h"

#define READ_STEP 8192 /* most texts fit into one */

static int read_file(struct buf *out, int folder, const char *name, fence_error *err)
{
    auto_fd int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : 1;

    while (len > 0) {
        char *room = buf_reserve(out, READ_STEP);

        if (!room)
            return fail(err, out->error, "cannot read /proc/PID/%s: too long", name);
        len = read(fd, room, READ_STEP);
        if (len > 0)
            buf_commit(out, (size_t)len);
    }
    if (len < 0)
        return fail(err, -errno, "cannot look at the sandbox: /proc/PID/%s: %s", name,
                    strerror(errno));
    return 0;
}

static int read_namespace(char out[64], int folder, const char *name)
{
    char path[32];
    ssize_t len;

    snprintf(path, sizeof path, "ns/%s", name);
    len = readlinkat(folder, path, out, 63);
    out[len < 0 ? 0 : len] = '\0';
    return len < 0 ? -errno : 0;
}

static const char *const namespaces[INSPECT_NAMESPACES] = {"net", "mnt", "pid",
                                                           "ipc", "uts", "user"};

static int open_process(const char *name, fence_error *err)
{
    char path[32];
    int fd;

    snprintf(path, sizeof path, "/proc/%s", name);
    fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail(err, -errno, "cannot look at the sandbox: %s: %s", path, strerror(errno));
    return fd;
}

static int open_pid(pid_t pid, fence_error *err)
{
    char name[16];

    snprintf(name, sizeof name, "%d", (int)pid);
    return open_process(name, err);
}

static int read_namespaces(struct inspect_ours *out, int folder, fence_error *err)
{
    for (size_t i = 0; i < INSPECT_NAMESPACES; i++) {
        int rc = read_namespace(out->namespaces[i], folder, namespaces[i]);

        if (rc < 0)
            return fail(err, rc, "cannot compare the sandbox's namespaces with ours: %s: %s",
                        namespaces[i], strerror(-rc));
    }
    return 0;
}

int inspect_ours(struct inspect_ours *out, fence_error *err)
{
    auto_fd int folder = open_process("self", err);

    return folder < 0 ? folder : read_namespaces(out, folder, err);
}

/* ---- what is mounted ---- */

/* Follows no link: the plan's paths had none. Returns 0 or -errno. */
static int identify(struct stat *out, int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    const char *below = path[1] ? path + 1 : ".";
    auto_fd int fd = (int)syscall(SYS_openat2, root, below, &how, sizeof how);

    return fd < 0 || fstat(fd, out) < 0 ? -errno : 0;
}

/* A file system of the sandbox's own is none of the host's. */
static int check_own(const struct mount *mount, int ours, int theirs, fence_error *err)
{
    struct stat a = {0}, b = {0};
    int rc = identify(&b, theirs, mount->path);

    if (rc < 0)
        return fail(err, rc, "cannot look at '%s' in the sandbox: %s", mount->path, strerror(-rc));
    if (identify(&a, ours, mount->path) < 0 || a.st_dev != b.st_dev)
        return 0;
    return fail(
        err, FENCE_ESANDBOX,
        "the sandbox is not closed, it has the host's own '%s': is bwrap really bubblewrap?",
        mount->path);
}

/* What can be written to is what the path meant when the plan was made: bubblewrap found its way
 * there by itself, and somebody may have put a link in it. */
static int check_writable(const struct mount *mount, int ours, int theirs, fence_error *err)
{
    char shown[256];
    struct stat a = {0}, b = {0};
    int rc = identify(&a, ours, mount->path);

    if (rc == 0)
        rc = identify(&b, theirs, mount->path);
    if (rc == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return 0;
    str_escape(shown, sizeof shown, str_of(mount->path));
    return fail(err, rc < 0 ? rc : FENCE_ESANDBOX,
                "'%s' of filesystem.allowWrite was replaced while the sandbox started%s%s: start "
                "again",
                shown, rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
}

static int check_mounted(int folder, const struct plan *plan, fence_error *err)
{
    auto_fd int ours = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    auto_fd int theirs = openat(folder, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (ours < 0 || theirs < 0)
        return fail(err, -errno, "cannot look into the sandbox: %s", strerror(errno));
    for (size_t i = 0; i < plan->nmounts && rc == 0; i++) {
        const struct mount *mount = &plan->mounts[i];

        switch (mount->kind) {
        case MOUNT_TMPFS:
        case MOUNT_DEV:
        case MOUNT_PROC:
            rc = check_own(mount, ours, theirs, err);
            break;
        case MOUNT_WRITABLE:
            rc = check_writable(mount, ours, theirs, err);
            break;
        case MOUNT_READ_ONLY:
        case MOUNT_READ_ONLY_TRY:
        case MOUNT_DIR:
            break;
        }
    }
    return rc;
}

int inspect_place(pid_t pid, const struct inspect_ours *ours, const struct plan *plan,
                  fence_error *err)
{
    auto_buf struct buf mounts = BUF_INIT(LIMIT_MOUNTINFO);
    struct inspect_ours theirs;
    auto_fd int folder = open_pid(pid, err);
    int rc = folder < 0 ? folder : read_namespaces(&theirs, folder, err);

    for (size_t i = 0; i < INSPECT_NAMESPACES && rc == 0; i++)
        rc = proof_namespace(namespaces[i], ours->namespaces[i], theirs.namespaces[i], err);
    if (rc == 0)
        rc = read_file(&mounts, folder, "mountinfo", err);
    if (rc == 0)
        rc = proof_mounts(buf_str(&mounts), plan, geteuid(), paths_reachable, err);
    if (rc == 0)
        rc = check_mounted(folder, plan, err);
    return rc;
}

int inspect_rights(pid_t pid, fence_error *err)
{
    auto_buf struct buf status = BUF_INIT(LIMIT_MOUNTINFO);
    auto_fd int folder = open_pid(pid, err);
    int rc = folder < 0 ? folder : read_file(&status, folder, "status", err);

    return rc < 0 ? rc : proof_status(buf_str(&status), err);
}
