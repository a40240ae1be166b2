/* SPDX-License-Identifier: Apache-2.0
 * guard_mend_linux.c - what is done about a name that has come or gone. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/guard_private.h"
#include "sandbox/live.h"

#define SHOWN 200

void guard_fail(struct guard *g, const char *fmt, ...)
{
    fence_error why = {.code = FENCE_ESANDBOX};
    va_list args;

    if (g->ended || g->failed)
        return;
    g->failed = true;
    g->ended = !g->finishing;
    va_start(args, fmt);
    vsnprintf(why.message, sizeof why.message, fmt, args);
    va_end(args);
    g->end(g->payload, &why);
}

void guard_no_memory(struct guard *g)
{
    fence_error why = {.code = -ENOMEM, .message = "out of memory"};

    if (g->ended || g->failed)
        return;
    g->failed = true;
    g->ended = !g->finishing;
    g->end(g->payload, &why);
}

static void show(char out[SHOWN], const char *path)
{
    str_escape(out, SHOWN, str_of(path));
}

/* ---- standing still ---- */

static void hold_still(struct guard *g)
{
    if (g->frozen.count == 0 && g->first != 0 && freeze(&g->frozen, g->first) < 0)
        guard_fail(g, "the sandbox was ended, as it could not be stopped while a protected file in "
                      "it was replaced: start it again");
}

static void go_on(struct guard *g)
{
    thaw(&g->frozen);
}

/* ---- names that must not be made ---- */

/* The folder of `path`, by a way without links; writes the name in it. */
static int open_folder(const char *path, const char **name)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    const char *slash = strrchr(path, '/');
    char folder[LIMIT_PATH];

    snprintf(folder, sizeof folder, "%.*s", (int)(slash > path ? slash - path : 1), path);
    *name = slash + 1;
    return (int)syscall(SYS_openat2, AT_FDCWD, folder, &how, sizeof how);
}

/* Who takes all the names that are tried first cannot guess the last one. */
static int rename_within(int folder, const char *name, char out[NAME_MAX + 1])
{
    int rc = -EEXIST;
    uint64_t any = 0;

    for (int i = 1; rc == -EEXIST && i <= LIMIT_REFUSED_NAMES + 1; i++) {
        if (i == 1) {
            snprintf(out, NAME_MAX + 1, "%.200s.fence-refused", name);
        } else if (i <= LIMIT_REFUSED_NAMES) {
            snprintf(out, NAME_MAX + 1, "%.200s.fence-refused-%d", name, i);
        } else {
            if (getrandom(&any, sizeof any, 0) < 0)
                return -errno;
            snprintf(out, NAME_MAX + 1, "%.200s.fence-refused-%" PRIu64, name, any);
        }
        rc = renameat2(folder, name, folder, out, RENAME_NOREPLACE) < 0 ? -errno : 0;
    }
    return rc;
}

static int rename_away(const char *path, char out[NAME_MAX + 1])
{
    const char *name;
    auto_fd int folder = open_folder(path, &name);
    int rc = folder < 0 ? -errno : rename_within(folder, name, out);
    char way[32];
    struct stat st;

    if (rc != -EACCES || folder < 0 || fstat(folder, &st) < 0)
        return rc;
    snprintf(way, sizeof way, "/proc/self/fd/%d", folder); /* the command has closed it */
    if (chmod(way, (st.st_mode & 07777) | S_IWUSR | S_IXUSR) < 0)
        return rc;
    rc = rename_within(folder, name, out);
    chmod(way, st.st_mode & 07777);
    return rc;
}

/* Was `path` a link, and is it the same one? Then it is nothing new. */
static const struct guard_link *link_at(const struct guard *g, const char *path)
{
    for (size_t i = 0; i < g->nlinks; i++) {
        if (strcmp(g->links[i].path, path) == 0)
            return &g->links[i];
    }
    return NULL;
}

static bool is_unchanged(const struct guard_link *link)
{
    char target[LIMIT_PATH];
    ssize_t len = readlink(link->path, target, sizeof target - 1);

    return len >= 0 && (size_t)len == strlen(link->target) &&
           memcmp(target, link->target, (size_t)len) == 0;
}

static void put_back(struct guard *g, const char *path)
{
    const struct guard_link *link = link_at(g, path);
    const char *name;
    auto_fd int folder = link ? open_folder(path, &name) : -1;

    if (folder >= 0 && symlinkat(link->target, folder, name) < 0 && errno != EEXIST)
        guard_fail(g,
                   "the sandbox was ended, as a protected link was removed in it and cannot be "
                   "put back: %s",
                   strerror(errno));
}

/* A name that rename_away() gives fits patterns as well: "**" "/.env.*". */
static bool is_refused(const char *path)
{
    static const char end[] = ".fence-refused";
    const char *at = strrchr(path, '/');
    size_t len;

    while (at && (at = strstr(at, end))) {
        at += strlen(end);
        len = at[0] == '-' && at[1] ? strspn(at + 1, "0123456789") + 1 : 0;
        if (!at[len])
            return true;
    }
    return false;
}

static void refuse(struct guard *g, const char *path)
{
    char shown[SHOWN], away[NAME_MAX + 1], shown_away[SHOWN];
    int rc = is_refused(path) ? -ENOENT : rename_away(path, away);

    if (rc == -ENOENT)
        return; /* gone again, or done */
    show(shown, path);
    if (rc < 0 && g->failed) {
        events_alert(&g->proxy->events,
                     "'%s' was made, which is protected, and cannot be renamed: %s: remove it",
                     shown, strerror(-rc));
        return;
    }
    if (rc < 0) {
        guard_fail(g,
                   "the sandbox was ended: '%s' was made, which is protected, and cannot be "
                   "renamed: %s",
                   shown, strerror(-rc));
        return;
    }
    show(shown_away, away);
    if (g->refused++ <= LIMIT_REFUSED) /* of the rest the number is told */
        events_alert(
            &g->proxy->events,
            "'%s' must not be made while a command runs, as it is protected: it is '%s' now", shown,
            shown_away);
    if (g->refused > LIMIT_REFUSED)
        guard_fail(g,
                   "the sandbox was ended: it made protected names again and again, '%s' the "
                   "last of them",
                   shown);
    if (!g->ended)
        put_back(g, path);
}

/* ---- what has to be mounted again, or from now on ---- */

static enum mount_kind kind_for(const struct guard *g, const char *path)
{
    const struct file_rule *rule = guard_rule_at(g, path);
    const struct mount *planned = guard_mount_at(g, path);
    struct stat st;

    if ((!rule || rule->kind != FILE_DENY_READ) && planned && planned->kind == MOUNT_READ_ONLY)
        return MOUNT_READ_ONLY;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? MOUNT_HIDDEN_FOLDER : MOUNT_HIDDEN_FILE;
}

/* In the sandbox's view, which has to be the one that counts. */
static bool is_mounted(const struct guard *g, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
                           .resolve = RESOLVE_NO_SYMLINKS};
    char name[32];
    struct statx st;
    auto_fd int root = -1, fd = -1;

    snprintf(name, sizeof name, "/proc/%d/root", (int)g->first);
    root = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    fd = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path + 1, &how, sizeof how);
    return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
           st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* A descriptor that was opened in the moment between would go on reaching what is closed now. */
static bool was_opened(const struct guard *g, const char *path, enum mount_kind kind)
{
    struct stat st;

    return lstat(path, &st) == 0 &&
           frozen_has_open(&g->frozen, st.st_dev, st.st_ino, kind != MOUNT_READ_ONLY) != 0;
}

static void close_again(struct guard *g, const char *path)
{
    struct mount mount = {.kind = kind_for(g, path), .path = (char *)(uintptr_t)path};
    const struct mount *list[] = {&mount};
    char shown[SHOWN];
    fence_error why = {0};

    if (g->first == 0 || is_mounted(g, path))
        return;
    show(shown, path);
    hold_still(g);
    if (!g->ended && live_mount(g->first, list, 1, &why) < 0)
        guard_fail(g, "the sandbox was ended, as the host replaced a file in it: %.300s",
                   why.message);
    else if (!g->ended && (!is_mounted(g, path) || was_opened(g, path, mount.kind)))
        guard_fail(g,
                   "the sandbox was ended, as the host replaced '%s' and the command may have "
                   "reached it: look at it, and start again",
                   shown);
    else if (!g->ended && mount.kind == MOUNT_READ_ONLY && guard_was_written(g, path))
        guard_fail(g,
                   "the sandbox was ended, as the host replaced '%s' and it was written to before "
                   "it was protected again: look at it, and start again",
                   shown);
    if (!g->ended)
        events_debug(&g->proxy->events, "sandbox: '%s' was replaced, and is closed again", shown);
    if (g->awaited.count == 0)
        go_on(g);
}

/* ---- events ---- */

void guard_appeared(struct guard *g, const char *path)
{
    const struct file_rule *rule = guard_rule_at(g, path);
    const struct guard_link *link = link_at(g, path);
    bool planned = guard_mount_at(g, path) && !file_list_has(&g->gone, path);

    if (g->ended || (link && is_unchanged(link)))
        return;
    if (planned || (rule && rule->kind == FILE_DENY_READ))
        close_again(g, path);
    else if (rule)
        refuse(g, path);
    file_list_remove(&g->awaited, path);
    if (g->awaited.count == 0)
        go_on(g);
}

/* An editor that saves by renaming puts it back in a moment, and nobody else may. */
void guard_vanished(struct guard *g, const char *path)
{
    if (g->ended)
        return;
    if (link_at(g, path)) {
        put_back(g, path);
        return;
    }
    if (!guard_mount_at(g, path) || g->first == 0 || is_mounted(g, path) ||
        file_list_has(&g->gone, path) || file_list_has(&g->awaited, path))
        return;
    hold_still(g);
    if (file_list_add(&g->awaited, path) < 0)
        guard_no_memory(g);
}

void guard_waited(struct guard *g)
{
    for (size_t i = 0; i < g->awaited.count; i++) {
        if (file_list_add(&g->gone, g->awaited.items[i]) < 0)
            guard_no_memory(g);
    }
    file_list_deinit(&g->awaited);
    go_on(g);
}
