/* SPDX-License-Identifier: Apache-2.0
 * watch_linux.c - by inotify(7), on folders: editors put a new file in place of the old one, which
 * a watch on the file itself would lose. */
#include "cli/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that is made is empty at first: it counts when it is closed. Links are made whole. */
#define EVENTS                                                                                     \
    (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_ONLYDIR)

struct wanted {
    int wd; /* of its folder */
    char *folder;
    char *name;
    const char *suffix; /* borrowed; or NULL */
};

struct watch {
    int fd;
    struct wanted *list, *old; /* `old`: between watch_begin() and watch_end() */
    size_t count, nold;
};

int watch_new(struct watch **out)
{
    struct watch *watch = calloc(1, sizeof *watch);

    if (!watch)
        return -ENOMEM;
    watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watch->fd < 0) {
        free(watch);
        return -errno;
    }
    *out = watch;
    return 0;
}

static bool is_watched(const struct watch *watch, int wd)
{
    for (size_t i = 0; i < watch->count; i++) {
        if (watch->list[i].wd == wd)
            return true;
    }
    return false;
}

void watch_begin(struct watch *watch)
{
    watch->old = watch->list;
    watch->nold = watch->count;
    watch->list = NULL;
    watch->count = 0;
}

void watch_end(struct watch *watch)
{
    for (size_t i = 0; i < watch->nold; i++) {
        if (!is_watched(watch, watch->old[i].wd)) /* a folder that stood twice: the first time */
            inotify_rm_watch(watch->fd, watch->old[i].wd);
        free(watch->old[i].folder);
        free(watch->old[i].name);
    }
    free(watch->old);
    watch->old = NULL;
    watch->nold = 0;
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    watch_begin(watch);
    watch_end(watch);
    close(watch->fd);
    free(watch);
}

int watch_fd(const struct watch *watch)
{
    return watch->fd;
}

static int add(struct watch *watch, const char *path, const char *suffix)
{
    const char *slash = strrchr(path, '/');
    struct wanted *list = realloc(watch->list, (watch->count + 1) * sizeof *list);
    struct wanted *added;
    int rc = -ENOMEM;

    if (!list)
        return -ENOMEM;
    watch->list = list;
    added = &list[watch->count];
    *added = (struct wanted){.suffix = suffix, .name = strdup(slash ? slash + 1 : path)};
    added->folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    if (added->folder && added->name) {
        added->wd = inotify_add_watch(watch->fd, added->folder, EVENTS);
        rc = added->wd < 0 ? -errno : 0;
    }
    if (rc < 0) {
        free(added->folder);
        free(added->name);
        return rc;
    }
    watch->count++;
    return 0;
}

int watch_add(struct watch *watch, const char *path, const char *suffix)
{
    char *real = realpath(path, NULL);
    int rc = add(watch, path, suffix);

    if (rc == 0 && real && strcmp(real, path) != 0)
        rc = add(watch, real, suffix);
    free(real);
    return rc;
}

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), tail = suffix ? strlen(suffix) : 0;

    return suffix && len >= tail && strcmp(name + len - tail, suffix) == 0;
}

/* Something new is nothing yet, unless it is a link. */
static bool is_link(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);

    return len > 0 && (size_t)len < sizeof path && lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static bool concerns(const struct watch *watch, const struct inotify_event *event)
{
    if (event->mask & IN_Q_OVERFLOW)
        return true;
    for (size_t i = 0; i < watch->count; i++) {
        const struct wanted *wanted = &watch->list[i];

        if (wanted->wd != event->wd)
            continue;
        if (event->mask & IN_IGNORED) /* the folder is gone; those we have cleared are not listed */
            return true;
        if (event->len > 0 &&
            (strcmp(wanted->name, event->name) == 0 || ends_with(event->name, wanted->suffix)) &&
            (!(event->mask & IN_CREATE) || is_link(wanted->folder, event->name)))
            return true;
    }
    return false;
}

bool watch_take(struct watch *watch)
{
    union {
        struct inotify_event event; /* aligned as one */
        char bytes[4096];
    } room;
    bool found = false;
    ssize_t got;

    while ((got = read(watch->fd, &room, sizeof room)) > 0) {
        for (char *at = room.bytes; at < room.bytes + got;) {
            const struct inotify_event *event = (const void *)at;

            found = concerns(watch, event) || found;
            at += sizeof *event + event->len;
        }
    }
    return found;
}
