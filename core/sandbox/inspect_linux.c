/* SPDX-License-Identifier: Apache-2.0
 * inspect_linux.c - reads /proc/PID and hands the texts to proof.c; and looks through
 * /proc/PID/root whether what is mounted is what was meant: the list of mounts tells only where. */
#include "sandbox/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/alias.h"
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
            return fail(err, out->error, "cannot read /proc/PID/%s: %s", name,
                        out->error == -ENOMEM ? "out of memory" : "too long");
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

/* ---- what is mounted ---- */

/* Whose inode stands for the place in the second wall: the host's own of what it shows, the
 * sandbox's of what is its own. */
enum side { OURS, THEIRS };

static int allow(const struct landlock *wall, int fd, const struct mount *mount, enum side side,
                 bool folder, fence_error *err)
{
    if ((mount->kind == MOUNT_WRITABLE) != (side == OURS))
        return 0;
    return landlock_allow(wall, fd, mount->kind, folder, err);
}

/* Follows no link: the plan's paths had none. Fails only where the second wall does. */
static int look_at(struct inspect_place *out, int root, const struct mount *mount, enum side side,
                   const struct landlock *wall, fence_error *err)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS};
    const char *below = mount->path[1] ? mount->path + 1 : ".";
    auto_fd int fd = (int)syscall(SYS_openat2, root, below, &how, sizeof how);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        *out = (struct inspect_place){.error = -errno};
        return 0;
    }
    *out = (struct inspect_place){.dev = st.st_dev, .ino = st.st_ino, .owner = st.st_uid};
    return allow(wall, fd, mount, side, S_ISDIR(st.st_mode), err);
}

/* Must somebody look whether it is what was meant? */
static bool is_compared(const struct mount *mount)
{
    switch (mount->kind) {
    case MOUNT_TMPFS:
    case MOUNT_DEV:
    case MOUNT_PROC:
    case MOUNT_DEVICE:
    case MOUNT_WRITABLE:
        return true;
    case MOUNT_HIDDEN_FILE:
    case MOUNT_HIDDEN_FOLDER:
        return true;
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
    case MOUNT_DIR:
    case MOUNT_EMPTY:
    case MOUNT_LINK:
        return false;
    }
    return true;
}

/* A file system of the sandbox's own is none of the host's. */
static int check_own(const char *path, const struct inspect_place *ours,
                     const struct inspect_place *theirs, fence_error *err)
{
    if (theirs->error != 0)
        return fail(err, theirs->error, "cannot look at '%s' in the sandbox: %s", path,
                    strerror(-theirs->error));
    if (ours->error != 0 || ours->dev != theirs->dev)
        return 0;
    return fail(
        err, FENCE_ESANDBOX,
        "the sandbox is not closed, it has the host's own '%s': is bwrap really bubblewrap?", path);
}

/* What can be written to is what the path meant when the plan was made: bubblewrap found its way
 * there by itself, and somebody may have put a link in it. */
static int check_shown(const struct mount *mount, const struct inspect_place *ours,
                       const struct inspect_place *theirs, fence_error *err)
{
    int rc = ours->error != 0 ? ours->error : theirs->error;
    char shown[256];

    if (rc == 0 && ours->dev == theirs->dev && ours->ino == theirs->ino)
        return 0;
    str_escape(shown, sizeof shown, str_of(mount->path));
    return fail(err, rc < 0 ? rc : FENCE_ESANDBOX,
                "'%s' of %s was replaced while the sandbox started%s%s: start "
                "again",
                shown, mount->kind == MOUNT_DEVICE ? "devices.allow" : "filesystem.allowWrite",
                rc < 0 ? ": " : "", rc < 0 ? strerror(-rc) : "");
}

/* What the mount covers must not be there under another name. */
static int check_covered(int root, const struct mount *mount, fence_error *err)
{
    bool covers = mount->kind == MOUNT_READ_ONLY || mount->kind == MOUNT_HIDDEN_FILE ||
                  mount->kind == MOUNT_HIDDEN_FOLDER;

    return covers && alias_leads_around(root, mount->path) ? alias_fail(mount->path, err) : 0;
}

static int check_mounted(int folder, const struct inspect_ours *ours, const struct plan *plan,
                         fence_error *err)
{
    auto_fd int root = openat(folder, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (root < 0)
        return fail(err, -errno, "cannot look into the sandbox: %s", strerror(errno));
    for (size_t i = 0; i < plan->nmounts && rc == 0; i++) {
        const struct mount *mount = &plan->mounts[i];
        struct inspect_place theirs;

        rc = check_covered(root, mount, err);
        if (rc < 0 || !is_compared(mount))
            continue;
        rc = look_at(&theirs, root, mount, THEIRS, &ours->wall, err);
        if (rc == 0)
            rc = mount->kind == MOUNT_WRITABLE || mount->kind == MOUNT_DEVICE
                     ? check_shown(mount, &ours->places[i], &theirs, err)
                     : check_own(mount->path, &ours->places[i], &theirs, err);
    }
    return rc;
}

/* ---- before and after ---- */

int inspect_places(struct inspect_ours *out, const struct plan *plan, fence_error *err)
{
    auto_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = 0;

    if (root < 0)
        return fail(err, -errno, "cannot look at /: %s", strerror(errno));
    out->places = calloc(plan->nmounts, sizeof *out->places);
    if (!out->places)
        return fail(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < plan->nmounts && rc == 0; i++) {
        if (is_compared(&plan->mounts[i]))
            rc = look_at(&out->places[i], root, &plan->mounts[i], OURS, &out->wall, err);
    }
    return rc;
}

/* The thread's own: others of the program may have more. */
static int count_filters(unsigned *out, fence_error *err)
{
    auto_buf struct buf status = BUF_INIT(LIMIT_MOUNTINFO);
    auto_fd int folder = open_process("thread-self", err);
    int rc = folder < 0 ? folder : read_file(&status, folder, "status", err);

    return rc < 0 ? rc : proof_number(out, buf_str(&status), "Seccomp_filters", err);
}

int inspect_ours(struct inspect_ours *out, fence_error *err)
{
    auto_fd int folder = open_process("self", err);
    int rc = folder < 0 ? folder : read_namespaces(out, folder, err);

    return rc < 0 ? rc : count_filters(&out->filters, err);
}

void inspect_ours_deinit(struct inspect_ours *ours)
{
    free(take(&ours->places));
    landlock_close(&ours->wall);
}

static int check_place(int folder, const struct inspect_ours *ours, const struct plan *plan,
                       bool *follows, fence_error *err)
{
    auto_buf struct buf mounts = BUF_INIT(LIMIT_MOUNTINFO);
    struct inspect_ours theirs;
    int rc = read_namespaces(&theirs, folder, err);

    for (size_t i = 0; i < INSPECT_NAMESPACES && rc == 0; i++)
        rc = proof_namespace(namespaces[i], ours->namespaces[i], theirs.namespaces[i], err);
    if (rc == 0)
        rc = read_file(&mounts, folder, "mountinfo", err);
    if (rc == 0)
        rc = proof_mounts(buf_str(&mounts), plan, geteuid(), paths_reachable, err);
    if (rc == 0)
        *follows = memmem(mounts.bytes, mounts.len, " master:", strlen(" master:")) != NULL;
    return rc < 0 ? rc : check_mounted(folder, ours, plan, err);
}

/* Process 1 belongs to the command's user, and could be made to do what the command may not. */
static int check_init(pid_t pid, unsigned filters, fence_error *err)
{
    auto_buf struct buf status = BUF_INIT(LIMIT_MOUNTINFO);
    auto_fd int folder = open_pid(pid, err);
    int rc = folder < 0 ? folder : read_file(&status, folder, "status", err);

    return rc < 0 ? rc : proof_init(buf_str(&status), filters, err);
}

int inspect_rights(pid_t pid, const struct inspect_ours *ours, pid_t *first, fence_error *err)
{
    unsigned filters = ours->filters + ours->more_filters + INSPECT_FILTERS, parent = 0;
    auto_buf struct buf status = BUF_INIT(LIMIT_MOUNTINFO);
    auto_fd int folder = open_pid(pid, err);
    int rc = folder < 0 ? folder : read_file(&status, folder, "status", err);

    if (rc == 0)
        rc = proof_status(buf_str(&status), filters, err);
    if (rc == 0)
        rc = proof_number(&parent, buf_str(&status), "PPid", err);
    *first = (pid_t)parent;
    return rc < 0 ? rc : check_init(*first, filters, err);
}

int inspect_place(pid_t pid, const struct inspect_ours *ours, const struct plan *plan,
                  bool *follows, fence_error *err)
{
    auto_fd int folder = open_pid(pid, err);

    return folder < 0 ? folder : check_place(folder, ours, plan, follows, err);
}
