/* SPDX-License-Identifier: Apache-2.0
 * git_dir.c - see git_dir.h. Of a config only the values are looked for that name further files;
 * what cannot be made out is no path. */
#include "sandbox/git_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/str.h"
#include "sandbox/walk.h"

#define CONFIG_MAX (64 * 1024) /* git writes a few hundred bytes */

static const char *const names[] = {
    "config.worktree", "hooks", "commondir", "info/attributes", "objects/info/alternates",
};

struct search {
    git_dir_found found;
    void *payload;
    bool config_too;
};

static int one(const struct search *s, const char *dir, const char *name)
{
    char path[LIMIT_PATH];

    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return 0;
    return s->found(s->payload, path);
}

/* The start of a regular file; "" for what is none. */
static size_t read_start(char *out, size_t cap, const char *path)
{
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat st;
    ssize_t len = 0;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        len = read(fd, out, cap - 1);
    len = len < 0 ? 0 : len;
    out[len] = '\0';
    return (size_t)len;
}

/* ---- config ---- */

/* The name of a section may stand before its first key. */
static const char *behind_section(const char *line)
{
    bool quoted = false;

    line += strspn(line, " \t");
    if (*line != '[')
        return line;
    for (; *line && (quoted || *line != ']'); line++)
        quoted = quoted != (*line == '"');
    line += *line == ']';
    return line + strspn(line, " \t");
}

/* The value of `key`, in whatever section, without quotes; a relative one begins at `dir`. */
static bool value_of(char out[LIMIT_PATH], const char *line, const char *key, const char *dir)
{
    size_t len = strlen(key);
    char value[LIMIT_PATH];
    bool quoted = false;
    size_t n = 0, end = 0;

    line = behind_section(line);
    if (strncasecmp(line, key, len) != 0)
        return false;
    line += len;
    line += strspn(line, " \t");
    if (*line++ != '=')
        return false;
    line += strspn(line, " \t");
    for (; *line && *line != '\r' && n + 1 < sizeof value; line++) {
        if (!quoted && (*line == '#' || *line == ';'))
            break;
        if (*line == '"')
            quoted = !quoted;
        else if (*line == '\\' && line[1])
            value[n++] = *++line;
        else
            value[n++] = *line;
        if (quoted || (*line != ' ' && *line != '\t'))
            end = n;
    }
    value[end] = '\0';
    if (end == 0 || value[0] == '~' || value[0] == '%')
        return false;
    return snprintf(out, LIMIT_PATH, "%s%s%s", value[0] == '/' ? "" : dir,
                    value[0] == '/' ? "" : "/", value) < LIMIT_PATH;
}

/* core.hooksPath is relative to the work tree, include.path to the config's folder. */
static int look_into_config(const struct search *s, const char *dir)
{
    auto_free char *text = malloc(CONFIG_MAX);
    char path[LIMIT_PATH], tree[LIMIT_PATH], found[LIMIT_PATH];
    char *rest, *line;
    int rc = 0;

    if (!text)
        return -ENOMEM;
    if (snprintf(path, sizeof path, "%s/config", dir) >= (int)sizeof path)
        return 0;
    read_start(text, CONFIG_MAX, path);
    snprintf(tree, sizeof tree, "%s", dir);
    if (str_has_suffix(str_of(tree), STR("/.git")))
        tree[strlen(tree) - 5] = '\0';
    for (rest = text; rc == 0 && (line = strsep(&rest, "\n"));) {
        if (value_of(found, line, "hookspath", tree) || value_of(found, line, "path", dir))
            rc = s->found(s->payload, found);
    }
    return rc;
}

/* ---- folders of folders ---- */

static int protect(const struct search *s, const char *dir);

/* modules/NAME, and a NAME may hold slashes: each folder with HEAD and objects is a git folder.
 * Those within others are found by the same walk. */
static int on_head(void *payload, size_t index, const char *path, unsigned char kind)
{
    const struct search *s = payload;
    char dir[LIMIT_PATH], objects[LIMIT_PATH + 16];
    struct stat st;

    (void)index;
    (void)kind;
    snprintf(dir, sizeof dir, "%.*s", (int)(strlen(path) - strlen("/HEAD")), path);
    snprintf(objects, sizeof objects, "%s/objects", dir);
    return stat(objects, &st) == 0 && S_ISDIR(st.st_mode) ? protect(s, dir) : 0;
}

/* Those of a git folder hold none; a submodule may have that name. */
static int on_folder(void *payload, const char *path, int error)
{
    char head[LIMIT_PATH + 16];

    (void)payload;
    (void)error;
    if (!str_has_suffix(str_of(path), STR("/objects")) ||
        str_has_suffix(str_of(path), STR("/modules/objects")))
        return 0;
    snprintf(head, sizeof head, "%.*s/HEAD", (int)(strlen(path) - strlen("/objects")), path);
    return access(head, F_OK) == 0;
}

static int protect_modules(const struct search *s, const char *dir)
{
    static const char *const heads[] = {"**/HEAD"};
    char modules[LIMIT_PATH];
    struct walk walk = {.base = modules,
                        .patterns = heads,
                        .npatterns = 1,
                        .payload = (void *)(uintptr_t)s,
                        .found = on_head,
                        .folder = on_folder};
    fence_error err;

    if (snprintf(modules, sizeof modules, "%s/modules", dir) >= (int)sizeof modules)
        return 0;
    return walk_tree(&walk, &err);
}

/* worktrees/NAME of those that are there; new ones are the command's own. */
static int protect_worktrees(const struct search *s, const char *dir)
{
    static const char *const own[] = {"commondir", "gitdir", "config.worktree"};
    char path[LIMIT_PATH], worktree[LIMIT_PATH];
    const struct dirent *entry;
    DIR *stream;
    int rc = 0;

    if (snprintf(path, sizeof path, "%s/worktrees", dir) >= (int)sizeof path)
        return 0;
    stream = opendir(path);
    while (rc == 0 && stream && (entry = readdir(stream))) {
        if (entry->d_name[0] == '.' || snprintf(worktree, sizeof worktree, "%s/%s", path,
                                                entry->d_name) >= (int)sizeof worktree)
            continue;
        for (size_t i = 0; rc == 0 && i < ARRAY_LEN(own); i++)
            rc = one(s, worktree, own[i]);
    }
    if (stream)
        closedir(stream);
    return rc;
}

static int protect(const struct search *s, const char *dir)
{
    int rc = s->config_too ? one(s, dir, "config") : 0;

    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(names); i++)
        rc = one(s, dir, names[i]);
    if (rc == 0)
        rc = look_into_config(s, dir);
    if (rc == 0)
        rc = protect_worktrees(s, dir);
    return rc;
}

int git_dir_protected(const char *dir, bool config_too, git_dir_found found, void *payload)
{
    struct search s = {found, payload, config_too};

    int rc = protect(&s, dir);

    return rc == 0 ? protect_modules(&s, dir) : rc;
}

/* ---- a linked worktree ---- */

/* The one line of a file, without `prefix`, as a canonical path; a relative one begins at `dir`. */
static bool read_path(char out[LIMIT_PATH], const char *file, const char *prefix, const char *dir)
{
    char text[LIMIT_PATH], path[LIMIT_PATH * 2];
    auto_free char *canonical = NULL;
    size_t skip = strlen(prefix);

    read_start(text, sizeof text, file);
    text[strcspn(text, "\r\n")] = '\0';
    if (strncmp(text, prefix, skip) != 0 || !text[skip])
        return false;
    snprintf(path, sizeof path, "%s%s%s", text[skip] == '/' ? "" : dir,
             text[skip] == '/' ? "" : "/", text + skip);
    canonical = realpath(path, NULL);
    return canonical && snprintf(out, LIMIT_PATH, "%s", canonical) < LIMIT_PATH;
}

/* What git takes for a git folder. */
static bool is_git(const char *dir)
{
    static const char *const parts[] = {"HEAD", "objects", "refs"};
    char path[LIMIT_PATH];
    bool found = true;

    for (size_t i = 0; found && i < ARRAY_LEN(parts); i++)
        found = snprintf(path, sizeof path, "%s/%s", dir, parts[i]) < (int)sizeof path &&
                access(path, F_OK) == 0;
    return found;
}

void git_dir_of_worktree(char out[4096], const char *file)
{
    char top[LIMIT_PATH], dir[LIMIT_PATH], back[LIMIT_PATH], common[LIMIT_PATH];
    char name[LIMIT_PATH + 16];
    const char *below;

    out[0] = '\0';
    if (snprintf(top, sizeof top, "%s", file) >= (int)sizeof top || !strrchr(top, '/'))
        return;
    *strrchr(top, '/') = '\0';
    if (!read_path(dir, file, "gitdir: ", top))
        return;
    snprintf(name, sizeof name, "%s/gitdir", dir);
    if (!read_path(back, name, "", dir) || strcmp(back, file) != 0)
        return;
    snprintf(name, sizeof name, "%s/commondir", dir);
    if (!read_path(common, name, "", dir))
        return;
    below = strncmp(dir, common, strlen(common)) == 0 ? dir + strlen(common) : "";
    if (strncmp(below, "/worktrees/", 11) == 0 && !strchr(below + 11, '/') && is_git(common))
        memcpy(out, common, strlen(common) + 1);
}
