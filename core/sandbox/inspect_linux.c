/* SPDX-License-Identifier: Apache-2.0
 * inspect_linux.c - reads /proc/PID and hands the texts to proof.c. */
#include "sandbox/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"
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
    return rc;
}

int inspect_rights(pid_t pid, fence_error *err)
{
    auto_buf struct buf status = BUF_INIT(LIMIT_MOUNTINFO);
    auto_fd int folder = open_pid(pid, err);
    int rc = folder < 0 ? folder : read_file(&status, folder, "status", err);

    return rc < 0 ? rc : proof_status(buf_str(&status), err);
}
