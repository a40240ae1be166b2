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
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/alias.h"
#include "sandbox/guard_private.h"
#include "sandbox/held.h"
#include "sandbox/live.h"

#define SHOWN 200

void guard_fail(struct guard *g, const char *fmt, ...)
{
    fence_error why = {.code = FENCE_ESANDBOX};
    va_list args;

    g->ended = g->ended || g->first != 0;
    if (g->told)
        return;
    g->told = true;
    va_start(args, fmt);
    vsnprintf(why.message, sizeof why.message, fmt, args);
    va_end(args);
    g->end(g->payload, &why);
}

void guard_no_memory(struct guard *g)
{
    fence_error why = {.code = -ENOMEM, .message = "out of memory"};

    if (g->ended)
        return;
    g->ended = true;
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
    else if (g->still_from == UINT64_MAX)
        guard_stands_still(g);
}

static void go_on(struct guard *g)
{
    thaw(&g->frozen);
    g->still_from = UINT64_MAX;
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

/* The last name is one that nobody has taken in advance. */
static void name_away(char out[NAME_MAX + 1], const char *name, int attempt)
{
    uint64_t number = 0;

    if (attempt == LIMIT_REFUSED_NAMES && getrandom(&number, sizeof number, GRND_NONBLOCK) > 0)
        snprintf(out, NAME_MAX + 1, "%.200s.fence-refused-%" PRIu64, name, number);
    else if (attempt > 1)
        snprintf(out, NAME_MAX + 1, "%.200s.fence-refused-%d", name, attempt);
    else
        snprintf(out, NAME_MAX + 1, "%.200s.fence-refused", name);
}

static int rename_away(const char *path, char out[NAME_MAX + 1])
{
    const char *name;
    auto_fd int folder = open_folder(path, &name);
    int rc = folder < 0 ? -errno : -EEXIST;

    for (int i = 1; rc == -EEXIST && i <= LIMIT_REFUSED_NAMES; i++) {
        name_away(out, name, i);
        rc = renameat2(folder, name, folder, out, RENAME_NOREPLACE) < 0 ? -errno : 0;
    }
    return rc;
}

bool guard_open_folder(const char *path)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    char name[32];
    auto_fd int folder = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

    snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
    return folder >= 0 && chmod(name, 0700) == 0;
}

void guard_close_folder(const char *path, mode_t mode)
{
    struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
                           .resolve = RESOLVE_NO_SYMLINKS};
    char name[32];
    auto_fd int folder = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

    snprintf(name, sizeof name, "/proc/self/fd/%d", folder);
    if (folder >= 0 && chmod(name, mode & 07777) < 0)
        return; /* it stays open to its owner alone */
}

/* The command may have closed the folder behind itself. Its mode must not change meanwhile. */
static int rename_out_of_closed(struct guard *g, const char *path, char out[NAME_MAX + 1])
{
    char folder[LIMIT_PATH];
    struct stat st;
    int rc = rename_away(path, out);

    if (rc != -EACCES)
        return rc;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    hold_still(g);
    if (lstat(folder, &st) == 0 && guard_open_folder(folder)) {
        rc = rename_away(path, out);
        guard_close_folder(folder, st.st_mode);
    }
    if (g->awaited.count == 0)
        go_on(g);
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

void guard_refuse(struct guard *g, const char *path)
{
    char shown[SHOWN], away[NAME_MAX + 1], shown_away[SHOWN];
    int rc = is_refused(path) ? -ENOENT : rename_out_of_closed(g, path, away);

    if (rc == -ENOENT)
        return; /* gone again, or done */
    show(shown, path);
    if (rc < 0) {
        guard_fail(g,
                   "the sandbox was ended: '%s' was made, which is protected, and cannot be "
                   "renamed: %s",
                   shown, strerror(-rc));
        return;
    }
    if (g->refused > LIMIT_REFUSED)
        return; /* as has been said */
    show(shown_away, away);
    events_alert(&g->proxy->events,
                 "'%s' must not be made while a command runs, as it is protected: it is '%s' now",
                 shown, shown_away);
    if (++g->refused > LIMIT_REFUSED)
        guard_fail(g,
                   "the sandbox was ended: it made protected names again and again, '%s' the "
                   "last of them",
                   shown);
    else
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

/* Process 1 is gone, and with it all others: we have not been told yet. */
static bool is_over(const struct guard *g)
{
    char name[32];
    struct stat st;

    snprintf(name, sizeof name, "/proc/%d/root", (int)g->first);
    return lstat(name, &st) < 0 || (stat(name, &st) < 0 && errno == ENOENT);
}

static int open_root(const struct guard *g)
{
    char name[32];

    snprintf(name, sizeof name, "/proc/%d/root", (int)g->first);
    return open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static bool leads_around(const struct guard *g, const char *path)
{
    auto_fd int root = open_root(g);

    return root >= 0 && alias_leads_around(root, path);
}

/* In the sandbox's view, which has to be the one that counts. */
static bool is_mounted(const struct guard *g, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
                           .resolve = RESOLVE_NO_SYMLINKS};
    struct statx st;
    auto_fd int root = open_root(g), fd = -1;

    fd = root < 0 ? -1 : (int)syscall(SYS_openat2, root, path + 1, &how, sizeof how);
    return fd >= 0 && statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
           st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* A descriptor that was opened in the moment between would go on reaching what is closed now. */
static bool was_opened(const struct guard *g, const char *path, enum mount_kind kind)
{
    return frozen_holds(&g->frozen, path,
                        kind == MOUNT_READ_ONLY ? HELD_FOR_WRITING : HELD_AT_ALL) != 0;
}

/* Who does it is not told: whoever makes a file opens it, and may go on to write; one that was
 * moved there has been written already. */
static uint32_t touch_of(enum mount_kind kind, bool moved)
{
    if (kind == MOUNT_READ_ONLY)
        return IN_MODIFY;
    return moved ? IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE : IN_ACCESS | IN_CLOSE_NOWRITE;
}

/* A name that was not there at the start is most often the command's own; it is told all the same.
 */
static void tell_of_new(struct guard *g, const char *path, const char *shown)
{
    if (was_opened(g, path, MOUNT_HIDDEN_FILE) || guard_was_looked_at(g, path) ||
        guard_was_touched(g, path, IN_ACCESS | IN_CLOSE_NOWRITE))
        events_alert(&g->proxy->events,
                     "'%s' is hidden from now on; the command had opened it when it was made",
                     shown);
}

static void judge_replaced(struct guard *g, const char *path, const char *shown,
                           enum mount_kind kind, uint32_t touch)
{
    if (was_opened(g, path, kind) || (kind != MOUNT_READ_ONLY && guard_was_looked_at(g, path)))
        guard_fail(g,
                   "the sandbox was ended, as the host replaced '%s' and the command may have "
                   "reached it: look at it, and start again",
                   shown);
    else if (touch && guard_was_touched(g, path, touch))
        guard_fail(g,
                   "the sandbox was ended, as the host replaced '%s' and it was %s before it was "
                   "closed again: look at it, and start again",
                   shown, kind == MOUNT_READ_ONLY ? "written to" : "opened");
    else
        events_debug(&g->proxy->events, "sandbox: '%s' was replaced, and is closed again", shown);
}

static void close_again(struct guard *g, const char *path, bool moved)
{
    struct mount mount = {.kind = kind_for(g, path), .path = (char *)(uintptr_t)path};
    const struct mount *list[] = {&mount};
    bool was_still = guard_was_still(g);
    char shown[SHOWN];
    fence_error why = {0};

    if (g->first == 0 || is_over(g) || is_mounted(g, path))
        return;
    show(shown, path);
    hold_still(g);
    if (!g->ended && live_mount(g->first, list, 1, &why) < 0) {
        if (!is_over(g)) /* it may have ended meanwhile */
            guard_fail(g, "the sandbox was ended, as the host replaced a file in it: %.300s",
                       why.message);
    } else if (!g->ended && !is_mounted(g, path) && !is_over(g)) {
        guard_fail(g, "the sandbox was ended, as the host replaced '%s' again and again", shown);
    } else if (!g->ended && leads_around(g, path)) {
        alias_fail(path, &why);
        guard_fail(g, "the sandbox was ended: %.400s", why.message);
    } else if (!g->ended && !guard_mount_at(g, path)) {
        tell_of_new(g, path, shown);
    } else if (!g->ended) {
        judge_replaced(g, path, shown, mount.kind, was_still ? 0 : touch_of(mount.kind, moved));
    }
    if (g->awaited.count == 0)
        go_on(g);
}

/* ---- events ---- */

void guard_appeared(struct guard *g, const char *path, bool moved)
{
    const struct file_rule *rule = guard_rule_at(g, path);
    const struct guard_link *link = link_at(g, path);
    bool planned = guard_mount_at(g, path) && !file_list_has(&g->gone, path);

    if (g->ended || (link && is_unchanged(link)))
        return;
    if (planned || (rule && rule->kind == FILE_DENY_READ))
        close_again(g, path, moved);
    if (!g->ended && !planned && guard_is_unwritable(g, path))
        guard_refuse(g, path); /* its mount goes with it */
    file_list_remove(&g->awaited, path);
    if (g->awaited.count == 0)
        go_on(g);
}

/* It was looked at while its mount was coming off; or by the host, just before. */
static void judge_vanished(struct guard *g, const char *path)
{
    char shown[SHOWN];

    show(shown, path);
    if (guard_mount_at(g, path))
        guard_fail(g,
                   "the sandbox was ended, as the host replaced '%s' and it was opened in that "
                   "moment: look at it, and start again",
                   shown);
    else
        events_alert(&g->proxy->events, "'%s' was opened in the moment in which it was removed",
                     shown);
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
    if (g->first != 0 && guard_was_looked_at(g, path))
        judge_vanished(g, path);
    if (!guard_mount_at(g, path) || g->first == 0 || is_over(g) || is_mounted(g, path) ||
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
