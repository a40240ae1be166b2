/* SPDX-License-Identifier: Apache-2.0
 * repository.c - see repository.h. A list of what may stand in a config, as new ways to run
 * programs are added to git each year. */
#include "sandbox/repository.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/str.h"

#define CONFIG_MAX (64 * 1024)

/* ---- a config ---- */

static const struct {
    const char *section;
    const char *keys; /* between spaces; "*" for all */
} harmless[] = {
    {"core", " repositoryformatversion filemode bare logallrefupdates ignorecase precomposeunicode "
             "symlinks autocrlf eol safecrlf worktree sharedrepository "},
    {"remote", " url pushurl fetch push tagopt prune mirror promisor partialclonefilter "
               "skipdefaultupdate skipfetchall "},
    {"branch", " remote merge rebase pushremote description autosetupmerge autosetuprebase "},
    {"user", " name email "},
    {"extensions", " objectformat partialclone refstorage noop "},
    {"submodule", " url active branch path ignore recurse "},
    {"init", " defaultbranch "},
    {"pull", " rebase ff "},
    {"push", " default autosetupremote "},
    {"fetch", " prune prunetags "},
    {"lfs", " repositoryformatversion "},
    {"gc", " auto "},
    {"maintenance", " auto strategy "},
};

/* "ext::sh -c ...", and whatever else names a helper. */
static bool names_helper(struct str value)
{
    size_t len = 0;

    while (len < value.len &&
           (isalnum((unsigned char)value.bytes[len]) || strchr("+.-_", value.bytes[len])))
        len++;
    return len + 1 < value.len && value.bytes[len] == ':' && value.bytes[len + 1] == ':';
}

static bool key_is_harmless(struct str section, struct str key, struct str value)
{
    char wanted[64];

    if (snprintf(wanted, sizeof wanted, " %.*s ", (int)key.len, key.bytes) >= (int)sizeof wanted ||
        key.len == 0 || names_helper(value))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(harmless); i++) {
        if (str_equal_nocase(section, str_of(harmless[i].section)))
            return strcasestr(harmless[i].keys, wanted) != NULL;
    }
    return false;
}

/* "[section]" or "[section "sub"]"; returns what is behind it. */
static bool take_section(struct str *section, struct str *line)
{
    size_t at = 1, end;

    while (at < line->len && isalnum((unsigned char)line->bytes[at]))
        at++;
    *section = str_slice(*line, 1, at);
    end = at;
    if (at < line->len && line->bytes[at] == ' ') {
        if (at + 1 >= line->len || line->bytes[at + 1] != '"')
            return false;
        for (end = at + 2; end < line->len && line->bytes[end] != '"'; end++)
            end += line->bytes[end] == '\\';
        end++;
    }
    if (section->len == 0 || end >= line->len || line->bytes[end] != ']')
        return false;
    *line = str_trim(str_slice(*line, end + 1, line->len));
    return true;
}

static bool line_is_harmless(struct str *section, struct str line)
{
    struct str key, value = {"", 0};
    size_t equals;

    if (line.len > 0 && line.bytes[line.len - 1] == '\r')
        line.len--;
    line = str_trim(line);
    if (line.len > 0 && line.bytes[0] == '[' && !take_section(section, &line))
        return false;
    if (line.len == 0 || line.bytes[0] == '#' || line.bytes[0] == ';')
        return true;
    if (section->len == 0 || line.bytes[line.len - 1] == '\\') /* it goes on in the next one */
        return false;
    equals = str_find(line, '=');
    key = str_trim(str_slice(line, 0, equals));
    if (equals < line.len)
        value = str_trim(str_slice(line, equals + 1, line.len));
    if (value.len > 0 && value.bytes[0] == '"')
        value = str_slice(value, 1, value.len);
    return key_is_harmless(*section, key, value);
}

bool repository_config_is_harmless(const char *text, size_t len)
{
    struct str rest = {text, len}, section = {"", 0};

    if (memchr(text, '\0', len))
        return false;
    while (rest.len > 0) {
        size_t end = str_find(rest, '\n');

        if (!line_is_harmless(&section, str_slice(rest, 0, end)))
            return false;
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    return true;
}

/* ---- a git folder ---- */

static bool file_is_harmless(const char *path)
{
    auto_free char *text = malloc(CONFIG_MAX + 1);
    auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat st;
    ssize_t len;

    if (fd < 0 && errno == ENOENT)
        return true;
    if (!text || fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > CONFIG_MAX)
        return false;
    len = read(fd, text, CONFIG_MAX + 1);
    return len >= 0 && len <= CONFIG_MAX && repository_config_is_harmless(text, (size_t)len);
}

static void search_hooks(const char *dir, repository_found found, void *payload)
{
    char path[LIMIT_PATH];
    const struct dirent *entry;
    struct stat st;
    DIR *hooks;

    if (snprintf(path, sizeof path, "%s/hooks", dir) >= (int)sizeof path || lstat(path, &st) < 0)
        return;
    hooks = S_ISDIR(st.st_mode) ? opendir(path) : NULL;
    if (!hooks) {
        found(payload, path); /* a link to them, say */
        return;
    }
    while ((entry = readdir(hooks))) {
        if (entry->d_name[0] == '.' || str_has_suffix(str_of(entry->d_name), STR(".sample")) ||
            strstr(entry->d_name, ".fence-refused") ||
            snprintf(path, sizeof path, "%s/hooks/%s", dir, entry->d_name) >= (int)sizeof path)
            continue;
        found(payload, path);
    }
    closedir(hooks);
}

void repository_search(const char *dir, bool config_too, repository_found found, void *payload)
{
    static const char *const configs[] = {"config", "config.worktree"};
    char path[LIMIT_PATH];

    for (size_t i = 0; config_too && i < ARRAY_LEN(configs); i++) {
        if (snprintf(path, sizeof path, "%s/%s", dir, configs[i]) < (int)sizeof path &&
            !file_is_harmless(path))
            found(payload, path);
    }
    if (snprintf(path, sizeof path, "%s/commondir", dir) < (int)sizeof path &&
        access(path, F_OK) == 0)
        found(payload, path);
    search_hooks(dir, found, payload);
}

bool repository_folder(char out[4096], const char *path)
{
    char text[LIMIT_PATH], target[LIMIT_PATH * 2];
    auto_free char *canonical = NULL;
    auto_fd int fd = -1;
    struct stat st;
    ssize_t len;

    if (lstat(path, &st) < 0)
        return false;
    if (S_ISDIR(st.st_mode))
        return snprintf(out, LIMIT_PATH, "%s", path) < LIMIT_PATH;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (len <= (ssize_t)strlen("gitdir: ") || strncmp(text, "gitdir: ", 8) != 0)
        return false;
    text[len] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
    if (text[8] == '/')
        snprintf(target, sizeof target, "%s", text + 8);
    else
        snprintf(target, sizeof target, "%.*s/%s", (int)(strrchr(path, '/') - path), path,
                 text + 8);
    canonical = realpath(target, NULL);
    return canonical && snprintf(out, LIMIT_PATH, "%s", canonical) < LIMIT_PATH;
}
