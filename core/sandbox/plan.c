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

bool plan_covers(const char *dir, const char *path)
{
    size_t len = strlen(dir);

    if (len == 1) /* "/" */
        return path[0] == '/';
    return strncmp(dir, path, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool below(const char *dir, const char *path)
{
    return plan_covers(dir, path) && strcmp(dir, path) != 0;
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

int plan_compare_paths(const char *a, const char *b)
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

const struct mount *plan_mount_at(const struct plan *plan, const char *path)
{
    if (!canonical(path))
        return NULL;
    for (size_t i = plan->nmounts; i > 0; i--) {
        if (plan_covers(plan->mounts[i - 1].path, path))
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
    case MOUNT_EMPTY:
    case MOUNT_LINK:
    case MOUNT_HIDDEN_FILE:
    case MOUNT_HIDDEN_FOLDER:
        return false;
    case MOUNT_WRITABLE:
    case MOUNT_TMPFS:
    case MOUNT_DIR:
    case MOUNT_DEV:
    case MOUNT_DEVICE:
    case MOUNT_PROC:
        return true;
    }
    return false;
}

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->nmounts; i++) {
        free(plan->mounts[i].path);
        free(plan->mounts[i].target);
    }
    free(plan->mounts);
    free(plan->cwd);
    free(plan);
}

static void plan_cleanup(struct plan **plan)
{
    plan_free(*plan);
}
#define auto_plan __attribute__((cleanup(plan_cleanup)))

/* A mount of the sandbox's own has no places for others to be mounted on but those that are made
 * while it is made: what goes on it is not left for later. */
static bool is_own(const struct mount *over)
{
    switch (over->kind) {
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
    case MOUNT_WRITABLE:
        return false;
    case MOUNT_TMPFS:
    case MOUNT_DIR:
    case MOUNT_DEV:
    case MOUNT_DEVICE:
    case MOUNT_PROC:
    case MOUNT_EMPTY:
    case MOUNT_LINK:
    case MOUNT_HIDDEN_FILE:
    case MOUNT_HIDDEN_FOLDER:
        break;
    }
    return true;
}

static int plan_add(struct plan *plan, enum mount_kind kind, const char *path, const char *target)
{
    const struct mount *over = plan_mount_at(plan, path);
    struct mount *mount = &plan->mounts[plan->nmounts];

    *mount = (struct mount){.kind = kind, .path = strdup(path)};
    /* a copy of what is read-only already would stay so: writable ones are never left for later */
    mount->live = over && (over->live || (plan->nmounts >= LIMIT_MOUNTS_BWRAP && !is_own(over) &&
                                          kind != MOUNT_WRITABLE));
    if (target)
        mount->target = strdup(target);
    plan->nmounts += mount->path != NULL;
    return mount->path && (!target || mount->target) ? 0 : -ENOMEM;
}

/* The fixed part. Where / itself is writable, /sys has to be closed on its own. */
static int plan_add_base(struct plan *plan, enum mount_kind root, bool ordinary_user)
{
    for (size_t i = 0; i < ARRAY_LEN(plan_base); i++) {
        if (plan_base[i].for_root && ordinary_user)
            continue;
        if (plan_add(plan, i == 0 ? root : plan_base[i].kind, plan_base[i].path, NULL) < 0)
            return -ENOMEM;
    }
    return root == MOUNT_WRITABLE ? plan_add(plan, MOUNT_READ_ONLY_TRY, "/sys", NULL) : 0;
}

/* What is wanted at a path, the strongest first. The paths are borrowed. */
enum rank {
    RANK_HIDDEN_FILE = WISH_HIDDEN_FILE,
    RANK_HIDDEN_FOLDER = WISH_HIDDEN_FOLDER,
    RANK_PROTECTED = WISH_PROTECTED,
    RANK_WRITABLE = WISH_WRITABLE,
    RANK_VISIBLE = WISH_VISIBLE,
    RANK_PINNED = WISH_PINNED, /* cannot be renamed, as something below it is closed */
    RANK_OWN,                  /* an empty folder of the sandbox's own               */
    RANK_CWD
};

struct wanted {
    enum rank rank;
    const char *path, *target;
    char *pin; /* owned: `path` of RANK_PINNED */
};

struct wants {
    struct wanted *items;
    size_t count, cap;
    const char *closed; /* the RANK_PROTECTED above all: nothing below it is writable */
    const char *hidden; /* the last RANK_HIDDEN_*: nothing opens that very path */
};

static int compare_wants(const void *left, const void *right)
{
    const struct wanted *a = left, *b = right;
    int order = plan_compare_paths(a->path, b->path);

    return order ? order : (int)a->rank - (int)b->rank;
}

/* One of them, in sorted order: what is above it stands in the plan already. */
static int plan_add_wanted(struct plan *plan, struct wants *wants, const struct wanted *wanted)
{
    const struct mount *over = plan_mount_at(plan, wanted->path);
    bool same = strcmp(over->path, wanted->path) == 0;
    bool hidden = over->kind == MOUNT_HIDDEN_FOLDER || over->kind == MOUNT_HIDDEN_FILE ||
                  over->kind == MOUNT_EMPTY;
    bool empty = over->kind == MOUNT_TMPFS || over->kind == MOUNT_DIR;
    bool writable = over->kind == MOUNT_WRITABLE;
    bool denied = wants->hidden && strcmp(wants->hidden, wanted->path) == 0;

    switch (wanted->rank) {
    case RANK_HIDDEN_FILE:
    case RANK_HIDDEN_FOLDER:
        wants->hidden = wanted->path;
        if (hidden || empty)
            return 0;
        return plan_add(plan,
                        wanted->rank == RANK_HIDDEN_FILE ? MOUNT_HIDDEN_FILE : MOUNT_HIDDEN_FOLDER,
                        wanted->path, NULL);
    case RANK_PROTECTED:
        if (!wants->closed || !plan_covers(wants->closed, wanted->path))
            wants->closed = wanted->path;
        return writable ? plan_add(plan, MOUNT_READ_ONLY, wanted->path, NULL) : 0;
    case RANK_WRITABLE: /* /tmp and /run stay the sandbox's own */
        if (writable || denied || (same && (hidden || empty)) ||
            (wants->closed && plan_covers(wants->closed, wanted->path)))
            return 0;
        return plan_add(plan, MOUNT_WRITABLE, wanted->path, NULL);
    case RANK_VISIBLE:
        if ((!hidden && !empty) || same || denied)
            return 0;
        return plan_add(plan, wanted->target ? MOUNT_LINK : MOUNT_READ_ONLY, wanted->path,
                        wanted->target);
    case RANK_PINNED:
        return writable && !same ? plan_add(plan, MOUNT_WRITABLE, wanted->path, NULL) : 0;
    case RANK_OWN: /* the host's folder would be seen: hide it */
        if (writable || (same && empty))
            return 0;
        return plan_add(plan, empty || hidden ? MOUNT_DIR : MOUNT_TMPFS, wanted->path, NULL);
    case RANK_CWD:
        if (same || (!empty && !hidden))
            return 0;
        return plan_add(plan, hidden ? MOUNT_DIR : MOUNT_READ_ONLY, wanted->path, NULL);
    }
    return 0;
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
        if (!plan_covers(plan_closed[i].path, path))
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
    for (size_t i = 0; rc == 0 && i < in->ndevices; i++)
        rc = below("/dev", in->devices[i]) ? check_path(in->devices[i], err) : -EINVAL;
    for (size_t i = 0; rc == 0 && i < in->nwishes; i++)
        rc = in->wishes[i].wish == WISH_WRITABLE ? check_writable(in->wishes[i].path, err)
                                                 : check_path(in->wishes[i].path, err);
    return rc;
}

/* ---- pins ---- */

static bool is_wanted_writable(const struct wants *wants, size_t count, const char *path)
{
    for (size_t from = 0, to = count; from < to;) {
        size_t middle = from + (to - from) / 2;
        int order = plan_compare_paths(path, wants->items[middle].path);

        if (order == 0) { /* the ranks of one path stand together */
            for (size_t i = middle; i > 0 && strcmp(wants->items[i - 1].path, path) == 0;)
                middle = --i;
            for (; middle < count && strcmp(wants->items[middle].path, path) == 0; middle++) {
                if (wants->items[middle].rank == RANK_WRITABLE)
                    return true;
            }
            return false;
        }
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return false;
}

static int want(struct wants *wants, enum rank rank, const char *path, const char *target,
                char *pin)
{
    if (wants->count == wants->cap) {
        size_t cap = wants->cap ? wants->cap * 2 : 64;
        struct wanted *items = realloc(wants->items, cap * sizeof *items);

        if (!items)
            return -ENOMEM;
        wants->items = items;
        wants->cap = cap;
    }
    wants->items[wants->count++] = (struct wanted){rank, path, target, pin};
    return 0;
}

/* The folders above what is closed, up to the highest writable one: a writable folder in another
 * one could be renamed as any of that one's. The first `sorted` of `wants` are. */
static int pin_above(struct wants *wants, size_t sorted, const char *path)
{
    auto_free char *at = strdup(path);
    size_t kept = wants->count;
    char *slash;

    if (!at)
        return -ENOMEM;
    while ((slash = strrchr(at, '/')) && slash != at) {
        char *pin;

        *slash = '\0';
        if (is_wanted_writable(wants, sorted, at))
            kept = wants->count;
        pin = strdup(at);
        if (!pin || want(wants, RANK_PINNED, pin, NULL, pin) < 0) {
            free(pin);
            return -ENOMEM;
        }
    }
    if (is_wanted_writable(wants, sorted, "/"))
        kept = wants->count;
    while (wants->count > kept) /* nothing above these is writable */
        free(wants->items[--wants->count].pin);
    return 0;
}

static int pin(struct wants *wants)
{
    size_t sorted = wants->count;
    int rc = 0;

    qsort(wants->items, sorted, sizeof *wants->items, compare_wants);
    for (size_t i = 0; rc == 0 && i < sorted; i++) {
        if (wants->items[i].rank <= RANK_PROTECTED || wants->items[i].rank == RANK_PINNED)
            rc = pin_above(wants, sorted, wants->items[i].path);
    }
    qsort(wants->items, wants->count, sizeof *wants->items, compare_wants);
    return rc;
}

/* ---- all of it ---- */

/* What the settings, the environment and the current folder ask for. */
static int collect(struct wants *wants, const struct plan_input *in)
{
    int rc = want(wants, RANK_CWD, in->cwd, NULL, NULL);

    for (size_t i = 0; rc == 0 && i < in->nwritable; i++)
        rc = want(wants, RANK_WRITABLE, in->writable[i], NULL, NULL);
    for (size_t i = 0; rc == 0 && i < in->nwishes; i++)
        rc = want(wants, (enum rank)in->wishes[i].wish, in->wishes[i].path, in->wishes[i].target,
                  NULL);
    for (size_t i = 0; rc == 0 && i < in->nsockets; i++)
        rc = want(wants, RANK_VISIBLE, in->sockets[i], NULL, NULL);
    if (rc == 0 && in->runtime_dir && below("/run", in->runtime_dir))
        rc = want(wants, RANK_OWN, in->runtime_dir, NULL, NULL);
    return rc == 0 ? pin(wants) : rc;
}

static void wants_cleanup(struct wants *wants)
{
    for (size_t i = 0; i < wants->count; i++)
        free(wants->items[i].pin);
    free(wants->items);
}

static enum mount_kind root_of(const struct wants *wants, const struct plan_input *in)
{
    for (size_t i = 0; i < wants->count && strcmp(wants->items[i].path, "/") == 0; i++) {
        if (wants->items[i].rank == RANK_WRITABLE)
            return MOUNT_WRITABLE;
    }
    return in->deny_read ? MOUNT_EMPTY : MOUNT_READ_ONLY;
}

static bool may_grow(const struct plan *plan, const struct plan_input *in)
{
    return in->never_made || plan->nmounts <= LIMIT_MOUNTS;
}

static int plan_fill(struct plan *plan, const struct plan_input *in, struct wants *wants)
{
    size_t room = ARRAY_LEN(plan_base) + 1 + in->ndevices + wants->count;
    int rc;

    plan->mounts = calloc(room, sizeof *plan->mounts);
    plan->cwd = strdup(in->cwd);
    if (!plan->mounts || !plan->cwd)
        return -ENOMEM;
    rc = plan_add_base(plan, root_of(wants, in), in->ordinary_user);
    for (size_t i = 0; rc == 0 && i < in->ndevices; i++)
        rc = plan_add(plan, MOUNT_DEVICE, in->devices[i], NULL);
    for (size_t i = 0; rc == 0 && i < wants->count && may_grow(plan, in); i++)
        rc = plan_add_wanted(plan, wants, &wants->items[i]);
    return rc;
}

int plan_make(struct plan **out, const struct plan_input *in, fence_error *err)
{
    struct wants wants __attribute__((cleanup(wants_cleanup))) = {0};
    auto_plan struct plan *plan = NULL;
    int rc = check_input(in, err);

    if (rc < 0)
        return rc;
    plan = calloc(1, sizeof *plan);
    if (!plan || collect(&wants, in) < 0 || plan_fill(plan, in, &wants) < 0)
        return fail(err, -ENOMEM, "out of memory");
    if (!may_grow(plan, in))
        return fail(err, FENCE_ECONFIG,
                    "the sandbox would need more than %d mounts, and start too slowly: name "
                    "folders above them in filesystem.allowWrite, denyWrite and denyRead",
                    LIMIT_MOUNTS);
    *out = take(&plan);
    return 0;
}
