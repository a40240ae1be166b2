/* SPDX-License-Identifier: Apache-2.0
 * plan.c - decides what a sandbox sees, and in which order its mounts are made. Asks no file
 * system: a path is what its text says, so the caller resolves links first.
 *
 * The order is the protection: a later mount hides an earlier one, so parents come first, and the
 * last mount that covers a path decides over it. */
#include "sandbox/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

#define PLAN_SHOWN 256 /* of a path within an error message */

/* What every sandbox has, before what the settings open. */
static const struct {
    enum mount_kind kind;
    const char *path;
    bool for_root; /* uid 0 stays itself inside: it owns these, and they ask for no capability */
} plan_base[] = {
    {MOUNT_READ_ONLY, "/", false},
    {MOUNT_DEV, "/dev", false},
    {MOUNT_PROC, "/proc", false},
    {MOUNT_READ_ONLY, "/proc/sys", true},
    {MOUNT_READ_ONLY_TRY, "/proc/acpi", true},
    {MOUNT_READ_ONLY_TRY, "/proc/fs", true},
    {MOUNT_READ_ONLY_TRY, "/proc/scsi", true},
    {MOUNT_TMPFS, "/tmp", false},
    {MOUNT_TMPFS, "/run", false},
    /* Where NixOS keeps its programs: an empty /run would take them away. */
    {MOUNT_READ_ONLY_TRY, "/run/booted-system", false},
    {MOUNT_READ_ONLY_TRY, "/run/current-system", false},
    {MOUNT_READ_ONLY_TRY, "/run/opengl-driver", false},
    {MOUNT_READ_ONLY_TRY, "/run/wrappers", false},
};

/* No folder that a setting could open; each with what stands there instead. */
static const struct {
    const char *path, *instead;
} plan_closed[] = {
    {"/dev", "the sandbox has a /dev of its own"},
    {"/proc", "the sandbox has a /proc of its own"},
    {"/sys", "it holds the settings of the kernel and its devices"},
};

/* Is `path` the folder `dir`, or below it? By whole components: "/tmpfoo" is not below "/tmp". */
static bool covers(const char *dir, const char *path)
{
    size_t len = strlen(dir);

    if (len == 1) /* "/" */
        return path[0] == '/';
    return strncmp(dir, path, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool below(const char *dir, const char *path)
{
    return covers(dir, path) && strcmp(dir, path) != 0;
}

/* Absolute, without "//", "." and ".." components and without a slash at its end. */
static bool canonical(const char *path)
{
    if (path[0] != '/')
        return false;
    if (!path[1])
        return true;
    while (*path) {
        size_t len = strcspn(path + 1, "/");

        if (len == 0 || (len == 1 && path[1] == '.') || (len == 2 && !strncmp(path + 1, "..", 2)))
            return false;
        path += 1 + len;
    }
    return true;
}

/* Parents before children, and each folder's own before its neighbours': '/' sorts below all. */
static int compare_paths(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    if (*a == *b)
        return 0;
    if (!*a || !*b)
        return *a ? 1 : -1;
    if (*a == '/' || *b == '/')
        return *a == '/' ? -1 : 1;
    return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

/* At one path the most open wish comes first, and stands for the others. */
static int compare_mounts(const void *left, const void *right)
{
    const struct mount *a = left, *b = right;
    int order = compare_paths(a->path, b->path);

    if (order || a->kind == b->kind)
        return order;
    return a->kind == MOUNT_WRITABLE || b->kind == MOUNT_READ_ONLY ? -1 : 1;
}

const struct mount *plan_mount_at(const struct plan *plan, const char *path)
{
    if (!canonical(path))
        return NULL;
    for (size_t i = plan->nmounts; i > 0; i--) {
        if (covers(plan->mounts[i - 1].path, path))
            return &plan->mounts[i - 1];
    }
    return NULL;
}

bool plan_writable(const struct plan *plan, const char *path)
{
    const struct mount *mount = plan_mount_at(plan, path);

    if (!mount)
        return false;
    switch (mount->kind) {
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
        return false;
    case MOUNT_WRITABLE:
    case MOUNT_TMPFS:
    case MOUNT_DIR:
    case MOUNT_DEV:
    case MOUNT_PROC:
        return true;
    }
    return false;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->nmounts; i++)
        free(plan->mounts[i].path);
    free(plan->mounts);
    free(plan->cwd);
    free(plan);
}

static void plan_cleanup(struct plan **plan)
{
    plan_free(*plan);
}
#define auto_plan __attribute__((cleanup(plan_cleanup)))

static int plan_add(struct plan *plan, enum mount_kind kind, const char *path)
{
    char *copy = strdup(path);

    if (!copy)
        return -ENOMEM;
    plan->mounts[plan->nmounts++] = (struct mount){kind, copy};
    return 0;
}

/* The fixed part. Where / itself is writable, /sys has to be closed on its own. */
static int plan_add_base(struct plan *plan, bool root_writable, bool ordinary_user)
{
    for (size_t i = 0; i < ARRAY_LEN(plan_base); i++) {
        enum mount_kind kind = i == 0 && root_writable ? MOUNT_WRITABLE : plan_base[i].kind;

        if (plan_base[i].for_root && ordinary_user)
            continue;
        if (plan_add(plan, kind, plan_base[i].path) < 0)
            return -ENOMEM;
    }
    return root_writable ? plan_add(plan, MOUNT_READ_ONLY_TRY, "/sys") : 0;
}

/* One wish of the settings, in sorted order: what is above it stands in the plan already. */
static int plan_add_wish(struct plan *plan, const struct mount *wish)
{
    const struct mount *over = plan_mount_at(plan, wish->path);
    bool same = strcmp(over->path, wish->path) == 0;
    bool empty = over->kind == MOUNT_TMPFS || over->kind == MOUNT_DIR;
    enum mount_kind kind = wish->kind;

    if (over->kind == MOUNT_WRITABLE)
        return 0;
    if (same && (empty || kind != MOUNT_WRITABLE)) /* /tmp and /run stay the sandbox's own */
        return 0;
    if (kind == MOUNT_READ_ONLY && !empty) /* the current folder is seen there anyway */
        return 0;
    if (kind == MOUNT_DIR && !empty) /* the host's folder would be seen: hide it */
        kind = MOUNT_TMPFS;
    return plan_add(plan, kind, wish->path);
}

static int check_path(const char *path, fence_error *err)
{
    char shown[PLAN_SHOWN];

    if (canonical(path))
        return 0;
    str_escape(shown, sizeof shown, str_of(path));
    return fail(err, FENCE_ECONFIG, "'%s' is not an absolute path in its shortest form", shown);
}

static int check_writable(const char *path, fence_error *err)
{
    char shown[PLAN_SHOWN];
    int rc = check_path(path, err);

    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(plan_closed); i++) {
        if (!covers(plan_closed[i].path, path))
            continue;
        str_escape(shown, sizeof shown, str_of(path));
        rc = fail(err, FENCE_ECONFIG, "'%s' cannot be made writable: %s", shown,
                  plan_closed[i].instead);
    }
    return rc;
}

static int check_input(const struct plan_input *in, fence_error *err)
{
    int rc = check_path(in->cwd, err);

    if (rc == 0 && in->runtime_dir)
        rc = check_path(in->runtime_dir, err);
    for (size_t i = 0; rc == 0 && i < in->nwritable; i++)
        rc = check_writable(in->writable[i], err);
    for (size_t i = 0; rc == 0 && i < in->nsockets; i++)
        rc = check_path(in->sockets[i], err);
    return rc;
}

/* What the settings, the environment and the current folder ask for; the paths are borrowed. */
static size_t collect(struct mount *wishes, const struct plan_input *in)
{
    size_t n = 0;

    for (size_t i = 0; i < in->nwritable; i++)
        wishes[n++] = (struct mount){MOUNT_WRITABLE, (char *)(uintptr_t)in->writable[i]};
    for (size_t i = 0; i < in->nsockets; i++)
        wishes[n++] = (struct mount){MOUNT_READ_ONLY, (char *)(uintptr_t)in->sockets[i]};
    if (in->runtime_dir && below("/run", in->runtime_dir))
        wishes[n++] = (struct mount){MOUNT_DIR, (char *)(uintptr_t)in->runtime_dir};
    wishes[n++] = (struct mount){MOUNT_READ_ONLY, (char *)(uintptr_t)in->cwd};
    qsort(wishes, n, sizeof(*wishes), compare_mounts);
    return n;
}

/* A plan with room for every mount that `in` can ask for, and nothing in it. */
static struct plan *plan_new(const struct plan_input *in)
{
    struct plan *plan = calloc(1, sizeof(*plan));

    if (!plan)
        return NULL;
    plan->mounts =
        calloc(ARRAY_LEN(plan_base) + 1 + in->nwritable + in->nsockets + 2, sizeof(*plan->mounts));
    plan->cwd = strdup(in->cwd);
    if (!plan->mounts || !plan->cwd) {
        plan_free(plan);
        return NULL;
    }
    return plan;
}

static int plan_fill(struct plan *plan, const struct plan_input *in, const struct mount *wishes,
                     size_t nwishes)
{
    bool root_writable = wishes[0].kind == MOUNT_WRITABLE && strcmp(wishes[0].path, "/") == 0;
    int rc = plan_add_base(plan, root_writable, in->ordinary_user);

    for (size_t i = 0; rc == 0 && i < nwishes && plan->nmounts <= LIMIT_MOUNTS; i++)
        rc = plan_add_wish(plan, &wishes[i]);
    return rc;
}

int plan_make(struct plan **out, const struct plan_input *in, fence_error *err)
{
    auto_plan struct plan *plan = NULL;
    auto_free struct mount *wishes = NULL;
    int rc = check_input(in, err);

    if (rc < 0)
        return rc;
    plan = plan_new(in);
    wishes = calloc(in->nwritable + in->nsockets + 2, sizeof(*wishes));
    if (!plan || !wishes || plan_fill(plan, in, wishes, collect(wishes, in)) < 0)
        return fail(err, -ENOMEM, "out of memory");
    if (plan->nmounts > LIMIT_MOUNTS)
        return fail(err, FENCE_ECONFIG,
                    "the sandbox would need more than %d mounts, and start too slowly: open a "
                    "folder above them in filesystem.allowWrite",
                    LIMIT_MOUNTS);
    *out = take(&plan);
    return 0;
}
