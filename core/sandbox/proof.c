/* SPDX-License-Identifier: Apache-2.0
 * proof.c - reads proc(5) texts of a sandbox that is about to run, and finds what is not as the
 * plan says. Fails closed: a text that cannot be read is a sandbox that cannot be proven. Asks
 * nobody but `reach`, and repairs nothing. */
#include "sandbox/proof.h"

#include <limits.h>
#include <string.h>

#include "base/cursor.h"
#include "base/error.h"

#define PROOF_SHOWN 200 /* of a path or a value within an error message */

/* ---- /proc/PID/mountinfo ------------------------------------------------------------ */

/* One line. The texts are as the kernel escapes them, always in the same way: they can be compared
 * with each other as they are. */
struct seen {
    uint64_t id, parent;
    struct str point, type, options; /* options: of the file system */
    bool writable;
    const char *path; /* `point` as it is; NULL where it cannot be decoded */
};

/* The next field, and the space behind it. */
static struct str field(struct cursor *c)
{
    struct str text = cursor_until(c, ' ');

    cursor_eat(c, ' ');
    return text;
}

/* "rw,nosuid": the first word says whether it can be written to. */
static bool parse_access(bool *writable, struct str options)
{
    struct str word = str_slice(options, 0, str_find(options, ','));

    *writable = str_equal(word, STR("rw"));
    return *writable || str_equal(word, STR("ro"));
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
static bool parse_mount(struct seen *out, struct str line)
{
    struct cursor c = {line, 0};
    struct str text;
    bool mount_rw, system_rw;

    if (!str_to_u64(&out->id, field(&c), INT_MAX) || !str_to_u64(&out->parent, field(&c), INT_MAX))
        return false;
    field(&c); /* the device */
    field(&c); /* what of it is mounted */
    out->point = field(&c);
    if (out->point.len == 0 || out->point.bytes[0] != '/' || !parse_access(&mount_rw, field(&c)))
        return false;
    do {
        if (cursor_end(&c))
            return false;
        text = field(&c);
    } while (!str_equal(text, STR("-")));
    out->type = field(&c);
    field(&c); /* the source may be empty */
    out->options = cursor_rest(&c);
    if (out->type.len == 0 || !parse_access(&system_rw, out->options))
        return false;
    out->writable = mount_rw && system_rw;
    return true;
}

/* Returns how many, or 0 where a line cannot be read: no process is without a mount. `list` has
 * room for one per line. The text has to end with a line's end, or it was cut. */
static size_t parse_mounts(struct seen *list, struct str text)
{
    struct cursor c = {text, 0};
    size_t n = 0;

    while (!cursor_end(&c)) {
        struct str line = cursor_until(&c, '\n');

        if (!cursor_eat(&c, '\n') || !parse_mount(&list[n], line))
            return 0;
        n++;
    }
    return n;
}

/* "\040" is a space. False where it does not fit or an escape is not three octal digits. */
static bool decode(char *out, size_t cap, struct str text)
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.bytes[i];

        if (c == '\\') {
            unsigned value = 0;

            if (text.len - i < 4)
                return false;
            for (size_t digit = 1; digit <= 3; digit++) {
                unsigned char d = (unsigned char)text.bytes[i + digit];

                if (d < '0' || d > '7')
                    return false;
                value = value * 8 + (d - '0');
            }
            if (value > 0xff)
                return false;
            c = (unsigned char)value;
            i += 3;
        }
        if (c == '\0' || len + 1 >= cap)
            return false;
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}

/* Is `point` below `dir`? By whole components. */
static bool below(struct str dir, struct str point)
{
    if (dir.len == 1)
        return point.len > 1;
    return point.len > dir.len && str_has_prefix(point, dir) && point.bytes[dir.len] == '/';
}

static const struct seen *find_parent(const struct seen *list, size_t n, const struct seen *child)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].id == child->parent && &list[i] != child)
            return &list[i];
    }
    return NULL;
}

/* Is the way from `mount`'s parent to its mount point cut by another mount on that parent? */
static bool cut_off(const struct seen *list, size_t n, const struct seen *mount)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].parent == mount->parent && below(list[i].point, mount->point))
            return true;
    }
    return false;
}

/* The kernel lists mounts that others hide: one made over its very root, or over a folder on the
 * way to it, here or further up. */
static bool hidden(const struct seen *list, size_t n, const struct seen *mount)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].parent == mount->id && &list[i] != mount &&
            str_equal(list[i].point, mount->point))
            return true;
    }
    for (size_t depth = 0; mount && depth < n; depth++) {
        if (cut_off(list, n, mount))
            return true;
        mount = find_parent(list, n, mount);
    }
    return false;
}

/* FUSE serves its own user alone, unless allow_other says otherwise: not even root. */
static bool foreign_fuse(const struct seen *mount, uid_t uid)
{
    struct cursor c = {mount->options, 0};
    uint64_t owner = uid;

    if (!str_equal(mount->type, STR("fuse")) && !str_equal(mount->type, STR("fuseblk")) &&
        !str_has_prefix(mount->type, STR("fuse.")))
        return false;
    while (!cursor_end(&c)) {
        struct str option = cursor_until(&c, ',');
        struct str key = STR("user_id=");

        cursor_eat(&c, ',');
        if (str_equal(option, STR("allow_other")))
            return false;
        if (str_has_prefix(option, key) &&
            !str_to_u64(&owner, str_slice(option, key.len, option.len), UINT32_MAX))
            return false;
    }
    return owner != uid;
}

/* What bubblewrap's own /dev consists of. /dev/shm is no mount: it is a folder of that tmpfs. */
static bool device_allowed(const struct seen *mount, const char *point)
{
    static const char *const nodes[] = {"/dev/null",    "/dev/zero", "/dev/full",   "/dev/random",
                                        "/dev/urandom", "/dev/tty",  "/dev/console"};

    if (strcmp(point, "/dev") == 0)
        return str_equal(mount->type, STR("tmpfs"));
    if (strcmp(point, "/dev/pts") == 0)
        return str_equal(mount->type, STR("devpts"));
    for (size_t i = 0; i < ARRAY_LEN(nodes); i++) {
        if (strcmp(point, nodes[i]) == 0)
            return true;
    }
    return false;
}

/* May this mount be writable, as far as the plan knows? */
static bool planned(const struct plan *plan, const struct seen *mount, const char *point)
{
    const struct mount *over = plan_mount_at(plan, point);
    bool same = over && strcmp(over->path, point) == 0;

    if (!over)
        return false;
    switch (over->kind) {
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
    case MOUNT_DIR:
    case MOUNT_EMPTY:
    case MOUNT_LINK:
    case MOUNT_HIDDEN_FILE:
    case MOUNT_HIDDEN_FOLDER:
        return false;
    case MOUNT_WRITABLE:
        return true;
    case MOUNT_DEVICE:
        return same;
    case MOUNT_TMPFS:
        return same && str_equal(mount->type, STR("tmpfs"));
    case MOUNT_DEV:
        return device_allowed(mount, point);
    case MOUNT_PROC:
        return same && str_equal(mount->type, STR("proc"));
    }
    return false;
}

struct proof {
    const struct plan *plan;
    struct seen *list;
    size_t n;
    char *paths;                /* what `path` points into             */
    const struct seen **sorted; /* by path; those that have one        */
    size_t nsorted;
    uid_t uid;
    proof_reach reach;
};

static int check_seen(const struct proof *p, const struct seen *mount, fence_error *err)
{
    char shown[PROOF_SHOWN];

    if (mount->path && planned(p->plan, mount, mount->path))
        return 0;
    if (foreign_fuse(mount, p->uid) || hidden(p->list, p->n, mount))
        return 0;
    if (mount->path && p->reach && !p->reach(mount->path))
        return 0;
    str_escape(shown, sizeof shown, mount->point);
    return fail(err, FENCE_ESANDBOX,
                "the sandbox is not closed, '%s' can be written to without being in "
                "filesystem.allowWrite: unmount it, or report this as a bug",
                shown);
}

/* Is it what this kind of mount makes? An empty folder, /dev and /proc are writable: the host's own
 * below them would be read-only. What hides something never is. */
static bool is_of_kind(const struct proof *p, enum mount_kind kind, const struct seen *seen)
{
    switch (kind) {
    case MOUNT_READ_ONLY:
    case MOUNT_READ_ONLY_TRY:
    case MOUNT_WRITABLE:
    case MOUNT_DEVICE:
    case MOUNT_LINK:
        return true;
    case MOUNT_TMPFS:
    case MOUNT_DIR:
    case MOUNT_DEV:
    case MOUNT_PROC:
        return seen->writable && planned(p->plan, seen, seen->path);
    case MOUNT_EMPTY:
    case MOUNT_HIDDEN_FOLDER:
        return !seen->writable && str_equal(seen->type, STR("tmpfs"));
    case MOUNT_HIDDEN_FILE:
        return !seen->writable;
    }
    return false;
}

/* The first of those that are mounted at `path`, or where it would stand. */
static size_t find_sorted(const struct proof *p, const char *path)
{
    size_t from = 0, to = p->nsorted;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (strcmp(p->sorted[middle]->path, path) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* Has the sandbox a mount of its own at this place of the plan? */
static bool made(const struct proof *p, const struct mount *mount)
{
    for (size_t i = find_sorted(p, mount->path);
         i < p->nsorted && strcmp(p->sorted[i]->path, mount->path) == 0; i++) {
        if (is_of_kind(p, mount->kind, p->sorted[i]) && !hidden(p->list, p->n, p->sorted[i]))
            return true;
    }
    return false;
}

static int check_planned(const struct proof *p, const struct mount *mount, fence_error *err)
{
    char shown[PROOF_SHOWN];

    if (mount->kind == MOUNT_READ_ONLY_TRY || mount->kind == MOUNT_DIR ||
        mount->kind == MOUNT_LINK || made(p, mount))
        return 0;
    str_escape(shown, sizeof shown, str_of(mount->path));
    return fail(err, FENCE_ESANDBOX,
                "the sandbox is not as planned, nothing is mounted at '%s': start again, or report "
                "this as a bug",
                shown);
}

static size_t count_lines(struct str text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++)
        n += text.bytes[i] == '\n';
    return n;
}

static int compare_seen(const void *left, const void *right)
{
    return strcmp((*(const struct seen *const *)left)->path,
                  (*(const struct seen *const *)right)->path);
}

/* Decodes every mount point once: a decoded one is no longer than it was. */
static void sort_seen(struct proof *p)
{
    char *room = p->paths;

    for (size_t i = 0; i < p->n; i++) {
        if (!decode(room, p->list[i].point.len + 1, p->list[i].point))
            continue;
        p->list[i].path = room;
        p->sorted[p->nsorted++] = &p->list[i];
        room += p->list[i].point.len + 1;
    }
    if (p->nsorted > 1)
        qsort(p->sorted, p->nsorted, sizeof(void *), compare_seen);
}

int proof_mounts(struct str text, const struct plan *plan, uid_t uid, proof_reach reach,
                 fence_error *err)
{
    size_t lines = count_lines(text);
    auto_free struct seen *list = calloc(lines + 1, sizeof(*list));
    auto_free const struct seen **sorted = calloc(lines + 1, sizeof(void *));
    auto_free char *paths = malloc(text.len + 1);
    struct proof p = {
        .plan = plan, .list = list, .paths = paths, .sorted = sorted, .uid = uid, .reach = reach};
    int rc = 0;

    if (!list || !sorted || !paths)
        return fail(err, -ENOMEM, "out of memory");
    p.n = parse_mounts(list, text);
    if (p.n == 0)
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox cannot be proven, as its list of mounts cannot be read: unmount "
                    "what you do not need, or report this as a bug");
    sort_seen(&p);
    for (size_t i = 0; rc == 0 && i < p.n; i++) {
        if (list[i].writable)
            rc = check_seen(&p, &list[i], err);
    }
    for (size_t i = 0; rc == 0 && i < plan->nmounts; i++)
        rc = check_planned(&p, &plan->mounts[i], err);
    return rc;
}

/* ---- /proc/PID/ns/NAME -------------------------------------------------------------- */

/* "net:[4026531840]" */
static bool namespace_well_formed(struct str name, struct str link)
{
    uint64_t number;

    return str_has_prefix(link, name) && link.len > name.len + 3 &&
           str_has_prefix(str_slice(link, name.len, link.len), STR(":[")) &&
           str_has_suffix(link, STR("]")) &&
           str_to_u64(&number, str_slice(link, name.len + 2, link.len - 1), UINT64_MAX);
}

int proof_namespace(const char *name, const char *ours, const char *theirs, fence_error *err)
{
    char shown[PROOF_SHOWN];

    if (!namespace_well_formed(str_of(name), str_of(ours)) ||
        !namespace_well_formed(str_of(name), str_of(theirs))) {
        str_escape(shown, sizeof shown, str_of(theirs));
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox cannot be proven, as its %s namespace is not known (%s): use a "
                    "kernel that has it, with /proc mounted",
                    name, shown);
    }
    if (strcmp(ours, theirs) == 0)
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox is not closed, it shares the %s namespace of the host: report "
                    "this as a bug, with the version of bwrap",
                    name);
    return 0;
}
