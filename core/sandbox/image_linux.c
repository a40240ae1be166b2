/* SPDX-License-Identifier: Apache-2.0
 * image_linux.c - bytes that are embedded (inner/blob.S, filter/blob.S), into a sealed memfd: it
 * works in a sandbox where nothing at all is mounted, and cannot be reopened for writing. */
#include "sandbox/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/base.h"
#include "base/error.h"
#include "sandbox/filter.h"

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

/* Everything in it, read from its beginning, and never to be changed. Returns 0 or -errno. */
static int fill(int fd, const char *bytes, size_t len)
{
    int rc = write_all(fd, bytes, len);

    if (rc < 0)
        return rc;
    if (lseek(fd, 0, SEEK_SET) < 0 ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
        return -errno;
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
    rc = fill(fd, inner_blob, inner_blob_size);
    if (rc < 0)
        return fail(err, rc, "cannot write the sandbox's helper to memory: %s", strerror(-rc));
    return take_fd(&fd);
}

int image_open_filter(bool nested, fence_error *err)
{
    auto_fd int fd = memfd_create("fence-filter", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int rc = fd < 0 ? -errno : 0;

    if (rc == 0)
        rc = nested ? fill(fd, filter_nested, filter_nested_size)
                    : fill(fd, filter_closed, filter_closed_size);
    if (rc < 0)
        return fail(err, rc, "cannot write the sandbox's system call filter to memory: %s",
                    strerror(-rc));
    return take_fd(&fd);
}

/* As inner.h says it. NULL without memory. */
static char *lay_out(char *const *items, size_t *len)
{
    size_t count = 0, at;
    char *bytes;
    uintptr_t *entry;

    for (*len = sizeof *entry; items[count]; count++)
        *len += sizeof *entry + strlen(items[count]) + 1;
    bytes = calloc(1, *len);
    entry = (uintptr_t *)(void *)bytes;
    at = (count + 1) * sizeof *entry;
    for (size_t i = 0; bytes && i < count; i++) {
        entry[i] = at;
        at = (size_t)(stpcpy(bytes + at, items[i]) - bytes) + 1;
    }
    return bytes;
}

int image_open_env(char *const *items, fence_error *err)
{
    size_t len;
    auto_free char *bytes = lay_out(items, &len);
    auto_fd int fd = memfd_create("fence-environment", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    int rc = !bytes ? -ENOMEM : fd < 0 ? -errno : fill(fd, bytes, len);

    if (rc < 0)
        return fail(err, rc, "cannot write the command's environment to memory: %s", strerror(-rc));
    return take_fd(&fd);
}
