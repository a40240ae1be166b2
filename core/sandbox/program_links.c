/* SPDX-License-Identifier: Apache-2.0
 * program_links.c - see program_links.h. */
#include "sandbox/program_links.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "sandbox/spelling.h"

static bool has(const struct program_links *links, struct str name, const char *path)
{
    for (size_t i = 0; i < links->count; i++) {
        if (str_equal(str_of(links->items[i].name), name) &&
            strcmp(links->items[i].path, path) == 0)
            return true;
    }
    return false;
}

static int add(struct program_links *links, struct str name, const char *path)
{
    size_t cap = links->cap > 0 ? 2 * links->cap : 8;
    auto_free char *own_name = strndup(name.bytes, name.len), *own_path = strdup(path);

    if (links->count == links->cap) {
        struct seatbelt_link *items = reallocarray(links->items, cap, sizeof *items);

        if (!items)
            return -ENOMEM;
        links->items = items;
        links->cap = cap;
    }
    if (!own_name || !own_path)
        return -ENOMEM;
    links->items[links->count++] = (struct seatbelt_link){take(&own_name), take(&own_path)};
    return 0;
}

/* A path that is none, or leads nowhere, is no program. */
static int look(struct program_links *links, struct str folder, struct str name)
{
    char path[LIMIT_PATH];
    auto_free char *real = NULL;
    struct stat st;

    if (folder.len == 0 || folder.bytes[0] != '/' ||
        snprintf(path, sizeof path, STR_FMT "/" STR_FMT, STR_ARG(folder), STR_ARG(name)) >=
            (int)sizeof path ||
        lstat(path, &st) < 0 || !S_ISLNK(st.st_mode))
        return 0;
    real = spelling_real(path);
    if (!real || str_equal_nocase(str_base_name(str_of(real)), name) || has(links, name, real))
        return 0;
    return add(links, name, real);
}

static int look_everywhere(struct program_links *links, struct str path, struct str name)
{
    int rc = 0;

    while (rc == 0 && path.len > 0) {
        size_t len = str_find(path, ':');

        rc = look(links, str_slice(path, 0, len), name);
        path = str_slice(path, len + (len < path.len), path.len);
    }
    return rc;
}

static int look_for(struct program_links *links, const struct command_rule *rules, size_t count,
                    const char *path)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (rules[i].ntokens == 1)
            rc = look_everywhere(links, str_of(path), rules[i].tokens[0]);
    }
    return rc;
}

int program_links_find(struct program_links *out, const struct commands *commands, const char *path)
{
    int rc = 0;

    *out = (struct program_links){0};
    if (!path || !commands->held)
        return 0;
    rc = look_for(out, commands->deny.list, commands->deny.count, path);
    if (rc == 0 && commands->use_defaults)
        rc = look_for(out, command_defaults, ncommand_defaults, path);
    return rc;
}

void program_links_deinit(struct program_links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        free(links->items[i].name);
        free(links->items[i].path);
    }
    free(links->items);
    *links = (struct program_links){0};
}
