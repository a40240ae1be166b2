/* SPDX-License-Identifier: Apache-2.0
 * image_linux.c - the helper's bytes, embedded by inner/blob.S, into a sealed memfd: it works in a
 * sandbox where nothing at all is mounted, and cannot be reopened for writing. */
#include "sandbox/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "base/base.h"
#include "base/error.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* linux/memfd.h, 6.3 */
#endif

extern const char inner_blob[];
extern const uint64_t inner_blob_size;

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : -EIO;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

int image_open(fence_error *err)
{
    auto_fd int fd = memfd_create("fence-inner", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
    int rc;

    if (fd < 0 && errno == EINVAL) /* before 6.3 every memfd was executable */
        fd = memfd_create("fence-inner", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return fail(
            err, FENCE_ESANDBOX, "cannot make the sandbox's helper executable: memfd_create: %s%s",
            strerror(errno), errno == EACCES ? ": set the sysctl vm.memfd_noexec to 0 or 1" : "");
    rc = write_all(fd, inner_blob, inner_blob_size);
    if (rc < 0)
        return fail(err, rc, "cannot write the sandbox's helper to memory: %s", strerror(-rc));
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        return fail(err, FENCE_ESANDBOX, "cannot seal the sandbox's helper: %s", strerror(errno));
    return take_fd(&fd);
}
