/* SPDX-License-Identifier: Apache-2.0
 * plan.h - a sandbox as data: mounts and folder, before any system call. Pure. */
#ifndef FENCE_SANDBOX_PLAN_H
#define FENCE_SANDBOX_PLAN_H

#include <fence/fence.h>

#include "base/base.h"

enum mount_kind {
    MOUNT_READ_ONLY,     /* the host's path, not writable         */
    MOUNT_READ_ONLY_TRY, /* the same where the path exists        */
    MOUNT_WRITABLE,      /* the host's path                       */
    MOUNT_TMPFS,         /* an empty folder of the sandbox's own  */
    MOUNT_DIR,           /* a folder on a tmpfs above             */
    MOUNT_DEV,           /* a minimal /dev                        */
    MOUNT_PROC           /* /proc of the sandbox's own PID namespace */
};

struct mount {
    enum mount_kind kind;
    char *path; /* absolute, canonical */
};

struct plan {
    struct mount *mounts; /* in the order they are made: parents before children */
    size_t nmounts;
    char *cwd;
};

/* What the plan depends on; the caller has asked the file system already (paths.h). */
struct plan_input {
    const char *const *writable; /* canonical absolute paths that exist */
    size_t nwritable;
    const char *cwd;         /* canonical absolute path                        */
    const char *runtime_dir; /* $XDG_RUNTIME_DIR when it lies below /run; or NULL */
    bool ordinary_user;      /* the caller's uid is not 0: root's files in /proc are closed to it */
    const char *const *sockets; /* the same, of sockets, which are shown wherever they lie */
    size_t nsockets;
};

/* Root read-only; /dev, /proc; an empty /tmp and /run; then what the settings open, sorted so that
 * no mount hides a later one. A cwd that an empty folder would hide is shown read-only. */
int plan_make(struct plan **out, const struct plan_input *in, fence_error *err);
void plan_free(struct plan *plan); /* takes NULL */

/* The last mount that covers `path`: the one that decides over it. NULL unless `path` is absolute
 * and in its shortest form. */
const struct mount *plan_mount_at(const struct plan *plan, const char *path);

/* May the sandbox write at `path`? By this plan alone. */
bool plan_writable(const struct plan *plan, const char *path);

#endif
