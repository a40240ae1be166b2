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

static int check_namespaces(int theirs, fence_error *err)
{
    static const char *const names[] = {"net", "mnt", "pid", "ipc", "uts", "user"};
    auto_fd int ours = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char a[64], b[64];
    int rc = ours < 0 ? -errno : 0;

    for (size_t i = 0; i < ARRAY_LEN(names) && rc == 0; i++) {
        rc = read_namespace(a, ours, names[i]);
        if (rc == 0)
            rc = read_namespace(b, theirs, names[i]);
        if (rc < 0)
            break;
        rc = proof_namespace(names[i], a, b, err);
        if (rc < 0)
            return rc;
    }
    if (rc < 0)
        return fail(err, rc, "cannot compare the sandbox's namespaces with ours: %s",
                    strerror(-rc));
    return 0;
}

int inspect_process(pid_t pid, const struct plan *plan, fence_error *err)
{
    auto_buf struct buf status = BUF_INIT(LIMIT_MOUNTINFO), mounts = BUF_INIT(LIMIT_MOUNTINFO);
    char path[32];
    auto_fd int folder = -1;
    int rc;

    snprintf(path, sizeof path, "/proc/%d", (int)pid);
    folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return fail(err, -errno, "cannot look at the sandbox: %s: %s", path, strerror(errno));
    rc = check_namespaces(folder, err);
    if (rc == 0)
        rc = read_file(&status, folder, "status", err);
    if (rc == 0)
        rc = proof_status(buf_str(&status), err);
    if (rc == 0)
        rc = read_file(&mounts, folder, "mountinfo", err);
    if (rc == 0)
        rc = proof_mounts(buf_str(&mounts), plan, geteuid(), paths_reachable, err);
    return rc;
}
