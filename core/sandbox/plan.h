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
    MOUNT_DEVICE,        /* the host's own, below /dev            */
    MOUNT_PROC,          /* /proc of the sandbox's own PID namespace */
    MOUNT_EMPTY,         /* of / alone: nothing but what is mounted over it, and not writable */
    MOUNT_LINK,          /* a symbolic link on a tmpfs above      */
    MOUNT_HIDDEN_FILE,   /* the host's file cannot be opened      */
    MOUNT_HIDDEN_FOLDER  /* in place of the host's, an empty one that is not writable */
};

struct mount {
    enum mount_kind kind;
    char *path;   /* absolute, canonical */
    char *target; /* of MOUNT_LINK; else NULL */
    bool live;    /* made in the sandbox that is there already, behind all others: live.h */
};

struct plan {
    struct mount *mounts; /* in the order they are made: parents before children */
    size_t nmounts;
    char *cwd;
};

/* What the settings ask for at one path. The longest path that covers a place decides over it; of
 * the same one the wish that stands first here. */
enum wish {
    WISH_HIDDEN_FILE,
    WISH_HIDDEN_FOLDER,
    WISH_PROTECTED, /* not writable where it would be: whatever opens something below it        */
    WISH_WRITABLE,
    WISH_VISIBLE, /* not hidden where it would be                                              */
    WISH_PINNED   /* not renamed where it would be, nor are folders above it                   */
};

struct plan_wish {
    enum wish wish;
    const char *path;   /* canonical, absolute, exists */
    const char *target; /* WISH_VISIBLE: the path is a link to this; or NULL */
};

/* What the plan depends on; the caller has asked the file system already (files.h). */
struct plan_input {
    const char *const *writable; /* each a WISH_WRITABLE */
    size_t nwritable;
    const struct plan_wish *wishes;
    size_t nwishes;
    bool deny_read;          /* / is empty but for what is wished for */
    const char *cwd;         /* canonical absolute path                        */
    const char *runtime_dir; /* $XDG_RUNTIME_DIR when it lies below /run; or NULL */
    bool never_made;         /* asked, and not mounted: as many as it takes */
    bool ordinary_user;      /* the caller's uid is not 0: root's files in /proc are closed to it */
    const char *const *devices; /* canonical, of character devices below /dev */
    size_t ndevices;
    const char *const *sockets; /* the same, of sockets, which are shown wherever they lie */
    size_t nsockets;
};

/* Root read-only; /dev, /proc; an empty /tmp and /run; then what the settings open and close,
 * sorted so that no mount hides a later one. Between a writable folder and a path in it that is
 * protected or hidden every folder is a mount of its own, so that none can be renamed: what the
 * path names would be free, and lie under another name for the next run. A cwd that an empty folder
 * would hide is shown read-only, one that is denied is an empty folder. */
int plan_make(struct plan **out, const struct plan_input *in, fence_error *err);
void plan_free(struct plan *plan); /* takes NULL */

/* Is `path` the folder `dir`, or below it? By whole components: "/tmpfoo" is not below "/tmp". */
bool plan_covers(const char *dir, const char *path);

/* Orders parents before children, and each folder's own before its neighbours'. */
int plan_compare_paths(const char *a, const char *b);

/* The last mount that covers `path`: the one that decides over it. NULL unless `path` is absolute
 * and in its shortest form. */
const struct mount *plan_mount_at(const struct plan *plan, const char *path);

/* May the sandbox write at `path`? By this plan alone. */
bool plan_writable(const struct plan *plan, const char *path);

#endif
