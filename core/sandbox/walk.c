/* SPDX-License-Identifier: Apache-2.0
 * walk.c - see walk.h. Folders are opened one within the other, so that nothing that is renamed
 * meanwhile leads it out of the tree; the depth is that of a path. */
#include "sandbox/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"
#include "sandbox/names.h"
#include "sandbox/spelling.h"

struct state {
    const struct walk *walk;
    struct names *names;
    struct spellings *spellings;
    fence_error *err;
    size_t entries;
    size_t base_len; /* of the path, its slash included */
    char path[LIMIT_PATH];
};

static int too_many(struct state *s)
{
    char shown[256];

    str_escape(shown, sizeof shown, str_of(s->walk->base));
    return fail(s->err, FENCE_ECONFIG,
                "'%s' has more than %d files: open the folders that are needed in "
                "filesystem.allowWrite, and write patterns for smaller ones",
                shown, LIMIT_WALK_ENTRIES);
}

static unsigned char kind_of(int folder, const struct dirent *entry)
{
    struct stat st;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    return fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? IFTODT(st.st_mode)
                                                                         : DT_UNKNOWN;
}

static int tell(struct state *s, const char *name, unsigned char kind)
{
    const char *below = s->path + s->base_len;
    struct names_cursor cursor = {0};
    size_t index;
    int rc = 0;

    while (rc == 0 && (index = names_find(s->names, below, name, &cursor)) != NAMES_NONE)
        rc = s->walk->found(s->walk->payload, index, s->path, kind);
    return rc;
}

static int read_folder(struct state *s, int parent, const char *name, size_t len);

static int read_entry(struct state *s, int folder, const struct dirent *entry, size_t len)
{
    const char *name = entry->d_name;
    size_t name_len = strlen(name);
    unsigned char kind;
    int rc;

    if (name_len <= 2 && strspn(name, ".") == name_len)
        return 0;
    name = spellings_at(s->spellings, folder, name);
    name_len = strlen(name);
    if (++s->entries > LIMIT_WALK_ENTRIES)
        return too_many(s);
    if (len + name_len + 2 > sizeof s->path)
        return 0; /* no system call takes such a path */
    memcpy(s->path + len, name, name_len + 1);
    kind = kind_of(folder, entry);
    rc = tell(s, name, kind);
    if (rc == 0 && kind == DT_DIR)
        rc = read_folder(s, folder, name, len + name_len);
    s->path[len] = '\0';
    return rc;
}

static int read_entries(struct state *s, DIR *stream, size_t len)
{
    const struct dirent *entry;
    int rc = 0;

    if (len > 1)
        s->path[len++] = '/';
    s->path[len] = '\0';
    while (rc == 0 && (entry = readdir(stream)))
        rc = read_entry(s, dirfd(stream), entry, len);
    return rc;
}

static int report(const struct state *s, int error)
{
    return s->walk->folder ? s->walk->folder(s->walk->payload, s->path, error) : 0;
}

/* `s->path` is that of the folder, of `len` bytes. */
static int read_folder(struct state *s, int parent, const char *name, size_t len)
{
    auto_fd int fd = -1;
    DIR *stream;
    int rc;

    if (len > s->base_len && !names_lead_below(s->names, s->path + s->base_len))
        return 0;
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
        return 0; /* gone meanwhile */
    rc = report(s, fd < 0 ? errno : 0);
    if (rc != 0 || fd < 0)
        return rc < 0 ? rc : 0;
    stream = fdopendir(fd);
    if (!stream)
        return fail(s->err, -ENOMEM, "out of memory");
    fd = -1;
    rc = read_entries(s, stream, len);
    closedir(stream);
    s->path[len] = '\0';
    return rc;
}

int walk_tree(const struct walk *walk, fence_error *err)
{
    auto_free struct state *s = calloc(1, sizeof *s);
    size_t len = strlen(walk->base);
    int rc;

    if (!s)
        return fail(err, -ENOMEM, "out of memory");
    if (len + 2 > sizeof s->path)
        return 0;
    s->walk = walk;
    s->err = err;
    memcpy(s->path, walk->base, len + 1);
    s->base_len = len == 1 ? 1 : len + 1;
    if (names_new(&s->names, walk->patterns, walk->npatterns) < 0 ||
        spellings_new(&s->spellings, walk->patterns, walk->npatterns) < 0)
        rc = fail(err, -ENOMEM, "out of memory");
    else
        rc = read_folder(s, AT_FDCWD, walk->base, len);
    names_free(s->names);
    spellings_free(s->spellings);
    return rc;
}
