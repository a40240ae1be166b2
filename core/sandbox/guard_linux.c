/* SPDX-License-Identifier: Apache-2.0
 * guard_linux.c - inotify(7) on every folder in which a name may come that a rule is about. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/guard_private.h"
#include "sandbox/walk.h"

#define WATCHED                                                                                    \
    (IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR | IN_DONT_FOLLOW |           \
     IN_EXCL_UNLINK)
#define READS       64 /* of events, before others have their turn */
#define EVENTS_STEP (16 * 1024)
#define EVENTS_MAX  (1024 * 1024) /* more than the kernel queues */

/* ---- watches ---- */

static int keep_path(struct guard *g, int watch, const char *path)
{
    size_t index = (size_t)watch;
    char *copy = strdup(path);

    if (copy && index >= g->nwatched) {
        size_t count = index * 2 + 64;
        char **watched = realloc(g->watched, count * sizeof *watched);

        if (watched) {
            memset(watched + g->nwatched, 0, (count - g->nwatched) * sizeof *watched);
            g->watched = watched;
            g->nwatched = count;
        }
    }
    if (!copy || index >= g->nwatched) {
        free(copy);
        return -ENOMEM;
    }
    g->watches += g->watched[index] == NULL;
    free(g->watched[index]); /* the same folder by its old name */
    g->watched[index] = copy;
    return 0;
}

static int too_many(struct guard *g)
{
    if (!g->told_limit)
        events_alert(&g->proxy->events,
                     "there are more folders than can be watched (%zu): protected names that are "
                     "made in the others are told of at the end; as root raise "
                     "fs.inotify.max_user_watches",
                     g->watches);
    g->told_limit = true;
    return 0;
}

/* Is there something in it that is protected by a mount of its own? */
static bool holds_mounts(const struct guard *g, const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < g->plan->nmounts; i++) {
        const struct mount *mount = &g->plan->mounts[i];

        if (mount->kind == MOUNT_READ_ONLY && strncmp(mount->path, path, len) == 0 &&
            mount->path[len] == '/' && !strchr(mount->path + len + 1, '/'))
            return true;
    }
    return false;
}

/* What is gone, or cannot be read, needs no watch. */
static int watch(struct guard *g, const char *path)
{
    int rc;

    if (g->watches >= LIMIT_WATCHES)
        return too_many(g);
    rc = inotify_add_watch(g->inotify, path, WATCHED | (holds_mounts(g, path) ? IN_MODIFY : 0));
    if (rc >= 0)
        return keep_path(g, rc, path);
    return errno == ENOSPC ? too_many(g) : errno == ENOMEM ? -ENOMEM : 0;
}

/* ---- what came ---- */

static bool is_left_out(const char *name)
{
    return strcmp(name, "node_modules") == 0 || strcmp(name, ".git") == 0;
}

/* A folder that is new to us: what has been made in it before it was watched was not heard of. */
static void look_into(struct guard *g, const char *path, int depth)
{
    char below[LIMIT_PATH];
    const struct dirent *entry;
    DIR *folder;

    if (depth > LIMIT_GUARD_DEPTH || g->ended || !guard_leads_below(g, path))
        return;
    if (watch(g, path) < 0) {
        guard_no_memory(g);
        return;
    }
    folder = opendir(path);
    g->unread = g->unread || (!folder && errno == EACCES);
    while (folder && !g->ended && (entry = readdir(folder))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            snprintf(below, sizeof below, "%s/%s", path[1] ? path : "", entry->d_name) >=
                (int)sizeof below)
            continue;
        guard_appeared(g, below);
        if (entry->d_type == DT_DIR && !is_left_out(entry->d_name))
            look_into(g, below, depth + 1);
    }
    if (folder)
        closedir(folder);
}

/* The path that an event is about; false for one that is about none. */
static bool path_of(char out[LIMIT_PATH], const struct guard *g, const struct inotify_event *event)
{
    const char *folder =
        event->wd >= 0 && (size_t)event->wd < g->nwatched ? g->watched[event->wd] : NULL;

    return folder && event->len > 0 &&
           snprintf(out, LIMIT_PATH, "%s/%s", folder[1] ? folder : "", event->name) < LIMIT_PATH;
}

static void take_event(struct guard *g, const struct inotify_event *event)
{
    char path[LIMIT_PATH];

    if (event->mask & IN_IGNORED && (size_t)event->wd < g->nwatched) {
        g->watches -= g->watched[event->wd] != NULL;
        free(take(&g->watched[event->wd]));
    }
    if (!path_of(path, g, event))
        return;
    if (event->mask & (IN_CREATE | IN_MOVED_TO)) {
        guard_appeared(g, path);
        if (event->mask & IN_ISDIR && !is_left_out(event->name))
            look_into(g, path, 0);
    } else if (event->mask & (IN_DELETE | IN_MOVED_FROM)) {
        guard_vanished(g, path);
    }
}

/* Events were lost: everything is looked at once more. */
static void look_again(struct guard *g)
{
    for (size_t i = 0; i < g->ngroups && !g->ended; i++)
        look_into(g, g->groups[i].base, 0);
}

/* Reads what there is behind what has been read. Returns whether there was something. */
static bool read_events(struct guard *g)
{
    ssize_t len;

    if (g->events_at == g->events_len)
        g->events_at = g->events_len = 0;
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

bool guard_was_written(struct guard *g, const char *path)
{
    const struct inotify_event *event;
    char written[LIMIT_PATH];
    size_t at;

    while (g->events_len < EVENTS_MAX && read_events(g))
        ;
    for (at = g->events_at; (event = next_event(g, &at));) {
        if (event->mask & IN_MODIFY && path_of(written, g, event) && strcmp(written, path) == 0)
            return true;
    }
    return g->events_len >= EVENTS_MAX;
}

/* Returns whether there may be more. */
static bool take_events(struct guard *g)
{
    const struct inotify_event *event;
    bool any = read_events(g), lost = false;

    while (!g->ended && (event = next_event(g, &g->events_at))) {
        lost = lost || event->mask & IN_Q_OVERFLOW;
        take_event(g, event);
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
    if (g->awaited.count > 0 && !uv_is_active((uv_handle_t *)&g->patience))
        uv_timer_start(&g->patience, on_patience_over, LIMIT_AWAITED_MS, 0);
}

/* ---- beginning and end ---- */

static void guard_free(struct guard *g)
{
    guard_rules_deinit(g);
    for (size_t i = 0; i < g->nwatched; i++)
        free(g->watched[i]);
    free(g->watched);
    free(g->events);
    file_list_deinit(&g->awaited);
    file_list_deinit(&g->gone);
    if (g->inotify >= 0)
        close(g->inotify);
    free(g);
}

static int watch_all(struct guard *g)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < g->files->folders.count; i++)
        rc = watch(g, g->files->folders.items[i]);
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
                        .end = end,
                        .payload = payload,
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
    if (g)
        g->first = first;
}

/* Nothing in the sandbox runs any more. Between giving up and its end more may have been made, and
 * what could not be read may have been opened. */
void guard_finish(struct guard *g)
{
    if (!g)
        return;
    g->first = 0;
    g->finishing = true;
    g->ended = false;
    while (take_events(g))
        ;
    if (g->failed || g->unread)
        look_again(g);
    if (g->refused > LIMIT_REFUSED + 1)
        events_alert(&g->proxy->events,
                     "%u more protected names were made: they end in .fence-refused now",
                     g->refused - LIMIT_REFUSED - 1);
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
