/* SPDX-License-Identifier: Apache-2.0
 * changes.c - see changes.h. Compares what stat(2) says, which a command can set back but for the
 * time of the last change of the inode; a file's contents are not read. */
#include "sandbox/changes.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/str.h"
#include "sandbox/protected.h"
#include "sandbox/walk.h"

struct state {
    const char *path;
    struct stat st;
};

struct changes {
    const struct files *files;
    struct state *states; /* sorted by path */
    size_t count;
};

struct listing {
    const struct changes *changes;
    const char *cwd;
    char *out;
    size_t cap, len, shown, count;
};

static int compare_states(const void *left, const void *right)
{
    return strcmp(((const struct state *)left)->path, ((const struct state *)right)->path);
}

int changes_new(struct changes **out, const struct files *files)
{
    struct changes *changes;

    *out = NULL;
    if (files->trees.count == 0)
        return 0;
    changes = calloc(1, sizeof *changes);
    if (!changes)
        return -ENOMEM;
    changes->files = files;
    changes->states = calloc(files->reported.count + 1, sizeof *changes->states);
    if (!changes->states) {
        free(changes);
        return -ENOMEM;
    }
    for (size_t i = 0; i < files->reported.count; i++) {
        struct state *state = &changes->states[changes->count];

        state->path = files->reported.items[i];
        changes->count += lstat(state->path, &state->st) == 0;
    }
    if (changes->count > 1)
        qsort(changes->states, changes->count, sizeof *changes->states, compare_states);
    *out = changes;
    return 0;
}

void changes_free(struct changes *changes)
{
    if (!changes)
        return;
    free(changes->states);
    free(changes);
}

static bool same_time(const struct timespec *a, const struct timespec *b)
{
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* A folder, that of a repository, changes all day: it counts when it is new. */
static bool is_changed(const struct changes *changes, const char *path, const struct stat *now)
{
    struct state key = {.path = path};
    const struct state *then =
        bsearch(&key, changes->states, changes->count, sizeof *changes->states, compare_states);

    if (!then)
        return true;
    if (S_ISDIR(now->st_mode))
        return now->st_ino != then->st.st_ino || now->st_dev != then->st.st_dev;
    return now->st_ino != then->st.st_ino || now->st_size != then->st.st_size ||
           now->st_mode != then->st.st_mode || !same_time(&now->st_ctim, &then->st.st_ctim);
}

/* HEAD means a repository without a work tree only beside what else makes one. */
static bool is_stray_head(const char *path)
{
    static const char *const others[] = {"objects", "refs", "config"};
    char beside[LIMIT_PATH + 16];
    size_t len = strlen(path) - strlen("HEAD");
    struct stat st;

    if (!str_has_suffix(str_of(path), STR("/HEAD")))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        snprintf(beside, sizeof beside, "%.*s%s", (int)len, path, others[i]);
        if (stat(beside, &st) < 0)
            return true;
    }
    return false;
}

static void list_one(struct listing *l, const char *path)
{
    size_t cwd = strlen(l->cwd);
    char shown[160];

    l->count++;
    if (strncmp(path, l->cwd, cwd) == 0 && path[cwd] == '/')
        path += cwd + 1;
    str_escape(shown, sizeof shown, str_of(path));
    if (l->len + strlen(shown) + 40 > l->cap)
        return; /* with those that are not named */
    l->len +=
        (size_t)snprintf(l->out + l->len, l->cap - l->len, "%s%s", l->shown ? ", " : "", shown);
    l->shown++;
}

static int on_found(void *payload, size_t index, const char *path, unsigned char kind)
{
    struct listing *l = payload;
    struct stat st;

    (void)index;
    (void)kind;
    if (!strstr(path, "/node_modules/") && !strstr(path, "/.venv/lib/") && lstat(path, &st) == 0 &&
        !is_stray_head(path) && is_changed(l->changes, path, &st))
        list_one(l, path);
    return 0;
}

static int on_folder(void *payload, const char *path, int error)
{
    (void)payload;
    (void)error;
    return str_has_suffix(str_of(path), STR("/.git")) ||
           str_has_suffix(str_of(path), STR("/node_modules"));
}

size_t changes_list(char *out, size_t cap, const struct changes *changes, const char *cwd)
{
    struct listing l = {.changes = changes, .cwd = cwd, .out = out, .cap = cap};
    fence_error err;

    out[0] = '\0';
    for (size_t i = 0; i < changes->files->trees.count; i++) {
        struct walk walk = {.base = changes->files->trees.items[i],
                            .patterns = reported_names,
                            .npatterns = reported_count,
                            .payload = &l,
                            .found = on_found,
                            .folder = on_folder};

        walk_tree(&walk,
                  &err); /* a tree that has grown too large is told of as far as it was seen */
    }
    if (l.count > l.shown)
        snprintf(out + l.len, cap - l.len, " and %zu more", l.count - l.shown);
    return l.count;
}
