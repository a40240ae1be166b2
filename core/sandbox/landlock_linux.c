/* SPDX-License-Identifier: Apache-2.0
 * landlock_linux.c - the ruleset of the second wall. Only the host's part: the process that it is
 * for enters it by itself, inner/inner.c.
 *
 * The numbers of the calls are the same in every table, and the structures are written out: older
 * headers have neither. */
#include "sandbox/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"

#define CREATE_RULESET 444
#define ADD_RULE       445

#define ASK_VERSION  1u /* LANDLOCK_CREATE_RULESET_VERSION */
#define PATH_BENEATH 1  /* LANDLOCK_RULE_PATH_BENEATH      */

struct ruleset_attr { /* a kernel that knows less of it takes the rest, as long as it is zero */
    uint64_t fs, net, scoped;
};

struct path_beneath_attr {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));

/* The kernel's ABI, or -ENOSYS with what is missing. */
static int find_abi(fence_error *err)
{
    long abi = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);

    if (abi >= LANDLOCK_ABI_LEAST)
        return (int)abi;
    if (abi >= 0)
        return fail(err, -ENOSYS,
                    "this kernel's Landlock is too old (Linux 5.19 has a better one)");
    if (errno == ENOSYS)
        return fail(err, -ENOSYS, "this kernel has no Landlock (Linux 5.19 has one)");
    if (errno == EOPNOTSUPP)
        return fail(err, -ENOSYS,
                    "Landlock is switched off (add landlock to lsm= on the kernel's command line)");
    return fail(err, -ENOSYS, "Landlock cannot be used here: %s", strerror(errno));
}

int landlock_open(struct landlock *out, fence_error *err)
{
    struct ruleset_attr attr = {0};
    int abi = find_abi(err), fd;

    if (abi < 0)
        return abi;
    attr.fs = landlock_handled(abi);
    attr.scoped = landlock_scoped(abi);
    fd = (int)syscall(CREATE_RULESET, &attr, sizeof attr, 0);
    if (fd < 0)
        return fail(err, -errno, "cannot make a Landlock ruleset: %s", strerror(errno));
    *out = (struct landlock){fd, abi};
    return 0;
}

void landlock_close(struct landlock *wall)
{
    if (wall->ruleset >= 0)
        close(take_fd(&wall->ruleset));
}

/* What can have no rule (a pipe, a socket) needs none: EBADFD. */
static int add_rule(const struct landlock *wall, int fd, uint64_t allowed, fence_error *err)
{
    struct path_beneath_attr rule = {allowed, fd};

    if (allowed == 0 || syscall(ADD_RULE, wall->ruleset, PATH_BENEATH, &rule, 0) == 0 ||
        errno == EBADFD)
        return 0;
    return fail(err, -errno, "cannot make a Landlock rule: %s", strerror(errno));
}

int landlock_allow(const struct landlock *wall, int fd, enum mount_kind kind, bool folder,
                   fence_error *err)
{
    if (wall->ruleset < 0)
        return 0;
    return add_rule(wall, fd, landlock_allowed(wall->abi, kind, folder), err);
}

/* A folder as a stream leads to the host's own mount of it: nothing is allowed beneath. */
int landlock_allow_streams(const struct landlock *wall, const int streams[3], fence_error *err)
{
    int rc = 0;

    for (int i = 0; i < 3 && rc == 0 && wall->ruleset >= 0; i++) {
        int flags = fcntl(streams[i], F_GETFL);
        bool writable = flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && (flags & O_PATH) == 0;
        struct stat st;

        if (flags >= 0 && fstat(streams[i], &st) == 0 && !S_ISDIR(st.st_mode))
            rc = add_rule(wall, streams[i], landlock_allowed_stream(wall->abi, writable), err);
    }
    return rc;
}
