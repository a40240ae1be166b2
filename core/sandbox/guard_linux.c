/* SPDX-License-Identifier: Apache-2.0
 * guard_linux.c - inotify(7) on every folder in which a name may come that a rule is about. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/close_later.h"
#include "sandbox/guard_private.h"
#include "sandbox/walk.h"

#define READS       64 /* of events, before others have their turn */
#define EVENTS_STEP (16 * 1024)
#define EVENTS_MAX  (1024 * 1024) /* more than the kernel queues */

/* ---- what came ---- */

/* Not every file system tells with the name: readdir(3). */
static bool is_folder(const char *path, unsigned char kind)
{
    struct stat st;

    return kind == DT_DIR || (kind == DT_UNKNOWN && lstat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static bool join(char out[LIMIT_PATH], const char *folder, const char *name)
{
    return snprintf(out, LIMIT_PATH, "%s/%s", folder[1] ? folder : "", name) < LIMIT_PATH;
}

/* A folder that is new to us: what has been made in it before it was watched was not heard of. */
static void look_into(struct guard *g, const char *path, const char *at, int depth)
{
    char below[LIMIT_PATH], below_at[LIMIT_PATH];
    const struct dirent *entry;
    DIR *folder;

    if (depth > LIMIT_GUARD_DEPTH || g->ended || !guard_leads_below(g, path))
        return;
    if (guard_watch_at(g, path, at) < 0) {
        guard_no_memory(g);
        return;
    }
    folder = opendir(at);
    while (folder && !g->ended && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            !join(below, path, entry->d_name) || !join(below_at, at, entry->d_name))
            continue;
        guard_spell(g, below);
        guard_appeared(g, below, true);
        if (strcmp(guard_name(below), ".git") == 0)
            guard_repository(g, below);
        if (is_folder(below_at, entry->d_type) && !guard_leaves_out(guard_name(below)))
            look_into(g, below, below_at, depth + 1);
    }
    if (folder)
        closedir(folder);
}

/* The path that an event is about; false for one that is about none. */
static bool path_of(char out[LIMIT_PATH], const struct guard *g, const struct inotify_event *event)
{
    const char *folder =
        event->wd >= 0 && (size_t)event->wd < g->nwatched ? g->watched[event->wd].path : NULL;

    if (!folder || event->len == 0 || !join(out, folder, event->name))
        return false;
    guard_spell(g, out);
    return true;
}

/* What concerns git: a repository that is new, or something in one. */
static void take_repository(struct guard *g, const struct inotify_event *event, const char *path)
{
    const char *folder = g->watched[event->wd].path;

    if (guard_in_repository(g, folder))
        guard_repository_changed(g, folder, guard_name(path));
    else if (strcmp(guard_name(path), ".git") == 0)
        guard_repository(g, path);
}

static void look_into_new(struct guard *g, const struct inotify_event *event, const char *path)
{
    const struct guard_watched *folder = &g->watched[event->wd];
    char at[LIMIT_PATH];

    if (join(at, folder->at ? folder->at : folder->path, event->name))
        look_into(g, path, at, 0);
}

static void take_event(struct guard *g, const struct inotify_event *event)
{
    char path[LIMIT_PATH];

    if (event->mask & IN_IGNORED && (size_t)event->wd < g->nwatched) {
        g->watches -= g->watched[event->wd].path != NULL;
        guard_forget_path(&g->watched[event->wd]);
    }
    if (!path_of(path, g, event))
        return;
    if (event->mask & (IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE))
        take_repository(g, event, path);
    if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
        guard_appeared(g, path, event->mask & IN_MOVED_TO);
        if (event->mask & IN_ISDIR && !guard_leaves_out(guard_name(path)))
            look_into_new(g, event, path);
    } else if (event->mask & GUARD_LOOKED_AT && !(event->mask & IN_ISDIR)) {
        guard_looked_at(g, path);
    } else if (event->mask & IN_ATTRIB && event->mask & IN_ISDIR &&
               file_list_has(&g->closed, path)) {
        file_list_remove(&g->closed, path);
        look_into(g, path, path, 0);
    } else if (event->mask & (IN_DELETE | IN_MOVED_FROM)) {
        guard_vanished(g, path);
    }
}

/* Events were lost: everything is looked at once more. */
static void look_again(struct guard *g)
{
    for (size_t i = 0; i < g->ngroups && !g->ended; i++)
        look_into(g, g->groups[i].base, g->groups[i].base, 0);
}

/* Reads what there is behind what has been read. Returns whether there was something. */
static bool read_events(struct guard *g)
{
    ssize_t len;

    if (g->events_at == g->events_len) {
        g->events_before += g->events_len;
        g->events_at = g->events_len = 0;
    }
    if (g->events_cap - g->events_len < EVENTS_STEP) {
        char *bigger = realloc(g->events, g->events_cap + EVENTS_STEP);

        if (!bigger) {
            guard_no_memory(g);
            return false;
        }
        g->events = bigger;
        g->events_cap += EVENTS_STEP;
    }
    len = read(g->inotify, g->events + g->events_len, EVENTS_STEP);
    g->events_len += len > 0 ? (size_t)len : 0;
    return len > 0;
}

/* Every event begins where one may: their sizes are multiples of that. */
static const struct inotify_event *next_event(const struct guard *g, size_t *at)
{
    const struct inotify_event *event = (const void *)(g->events + *at);

    if (*at >= g->events_len)
        return NULL;
    *at += sizeof *event + event->len;
    return event;
}

bool guard_was_touched(struct guard *g, const char *path, uint32_t events)
{
    const struct inotify_event *event;
    char touched[LIMIT_PATH];
    size_t at;

    while (g->events_len < EVENTS_MAX && read_events(g))
        ;
    for (at = g->events_at; (event = next_event(g, &at));) {
        if (event->mask & events && path_of(touched, g, event) && strcmp(touched, path) == 0)
            return true;
    }
    return g->events_len >= EVENTS_MAX;
}

void guard_stands_still(struct guard *g)
{
    while (g->events_len < EVENTS_MAX && read_events(g))
        ;
    g->still_from = g->events_len < EVENTS_MAX ? g->events_before + g->events_len : UINT64_MAX;
}

bool guard_was_still(const struct guard *g)
{
    return g->frozen.count > 0 && g->events_before + g->events_at > g->still_from;
}

/* Returns whether there may be more. */
static bool take_events(struct guard *g)
{
    _Alignas(struct inotify_event) char own[sizeof(struct inotify_event) + NAME_MAX + 1];
    const struct inotify_event *event;
    bool any = read_events(g), lost = false;

    while (!g->ended && (event = next_event(g, &g->events_at))) {
        lost = lost || event->mask & IN_Q_OVERFLOW || event->len > NAME_MAX + 1;
        if (event->len > NAME_MAX + 1)
            continue; /* inotify(7) knows none */
        memcpy(own, event, sizeof *event + event->len);
        take_event(g, (const void *)own); /* it may read more: they move, or go */
    }
    if (lost)
        look_again(g);
    return any;
}

static void on_patience_over(uv_timer_t *timer)
{
    guard_waited(timer->data);
}

static void on_events(uv_poll_t *poll, int status, int events)
{
    struct guard *g = poll->data;

    (void)status;
    (void)events;
    for (int i = 0; i < READS && !g->ended && take_events(g); i++)
        ;
    if (g->ended)
        uv_poll_stop(poll); /* the rest is taken when nothing runs any more */
    if (g->awaited.count > 0 && !uv_is_active((uv_handle_t *)&g->patience))
        uv_timer_start(&g->patience, on_patience_over, LIMIT_AWAITED_MS, 0);
}

/* ---- beginning and end ---- */

static void guard_free(struct guard *g)
{
    guard_rules_deinit(g);
    for (size_t i = 0; i < g->nwatched; i++)
        guard_forget_path(&g->watched[i]);
    free(g->watched);
    free(g->events);
    file_list_deinit(&g->awaited);
    file_list_deinit(&g->gone);
    file_list_deinit(&g->repositories);
    file_list_deinit(&g->closed);
    guard_looks_deinit(g);
    if (g->inotify >= 0)
        close_later(g->inotify);
    if (g->first_fd >= 0)
        close(g->first_fd);
    free(g);
}

static int watch_all(struct guard *g)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < g->files->folders.count; i++)
        rc = guard_watch(g, g->files->folders.items[i]);
    return rc;
}

static int begin(struct guard *g, fence_error *err)
{
    int rc;

    g->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (g->inotify < 0)
        return fail(err, -errno,
                    "files cannot be watched: %s: end programs that watch many, as root raise "
                    "fs.inotify.max_user_instances, or start with --degrade=watch",
                    strerror(errno));
    if (guard_rules_init(g) < 0 || watch_all(g) < 0)
        return fail(err, -ENOMEM, "out of memory");
    rc = uv_poll_init(g->proxy->loop, &g->poll, g->inotify);
    if (rc < 0)
        return fail(err, rc, "files cannot be watched: %s", uv_strerror(rc));
    uv_timer_init(g->proxy->loop, &g->patience);
    g->poll.data = g->patience.data = g;
    g->handles = 2;
    uv_poll_start(&g->poll, UV_READABLE, on_events);
    return 0;
}

int guard_start(struct guard **out, struct proxy *proxy, const struct files *files,
                const struct plan *plan, guard_end end, void *payload, fence_error *err)
{
    struct guard *g;
    int rc;

    *out = NULL;
    if (files->folders.count == 0 || files->nrules == 0)
        return 0;
    g = calloc(1, sizeof *g);
    if (!g)
        return fail(err, -ENOMEM, "out of memory");
    *g = (struct guard){.proxy = proxy,
                        .files = files,
                        .plan = plan,
                        .still_from = UINT64_MAX,
                        .end = end,
                        .payload = payload,
                        .first_fd = -1,
                        .inotify = -1};
    rc = begin(g, err);
    if (rc < 0)
        guard_free(g);
    else
        *out = g;
    return rc;
}

void guard_ready(struct guard *g, pid_t first)
{
    if (!g)
        return;
    g->first = first;
    g->first_fd = first > 0 ? (int)syscall(SYS_pidfd_open, first, 0) : -1;
}

/* Process 1 is gone when all others are: pid_namespaces(7). A launcher that was killed is gone
 * before them. */
static void await_end(const struct guard *g)
{
    struct pollfd gone = {.fd = g->first_fd, .events = POLLIN};

    if (g->first_fd >= 0)
        poll(&gone, 1, LIMIT_ABANDON_MS);
}

/* Those that the command has closed are opened for the time of a look, and what is closed in them.
 */
static void look_into_closed(struct guard *g, int depth)
{
    struct file_list closed = g->closed;
    struct stat st;

    g->closed = (struct file_list){0};
    for (size_t i = 0; i < closed.count; i++) {
        const char *path = closed.items[i];

        if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || !guard_open_folder(path))
            continue;
        look_into(g, path, path, 0);
        if (depth < LIMIT_GUARD_DEPTH)
            look_into_closed(g, depth + 1);
        guard_close_folder(path, st.st_mode);
    }
    file_list_deinit(&closed);
}

/* One in user space need not tell of everything: guard_watch_at(). What was made through another
 * spelling of its folder is found by looking, now that nobody makes anything. */
static void look_into_user_space(struct guard *g)
{
    struct statfs fs;

    for (size_t i = 0; i < g->ngroups && !g->ended; i++) {
        const char *base = g->groups[i].base;

        if (statfs(base, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC)
            look_into(g, base, base, 0);
    }
}

/* Nothing in the sandbox runs any more. */
void guard_finish(struct guard *g)
{
    if (!g)
        return;
    thaw(&g->frozen);
    await_end(g);
    g->first = 0;
    g->ended = false;
    while (!g->ended && take_events(g))
        ;
    look_into_user_space(g);
    look_into_closed(g, 0);
    guard_sweep(g);
    g->ended = true;
}

static void on_closed(uv_handle_t *handle)
{
    struct guard *g = handle->data;
    void (*on_gone)(void *) = g->on_gone;
    void *payload = g->payload;

    if (--g->handles > 0)
        return;
    guard_free(g);
    on_gone(payload);
}

bool guard_close(struct guard *g, void (*on_gone)(void *payload))
{
    if (!g)
        return false;
    g->ended = true;
    thaw(&g->frozen);
    g->on_gone = on_gone;
    uv_close((uv_handle_t *)&g->poll, on_closed);
    uv_close((uv_handle_t *)&g->patience, on_closed);
    return true;
}
