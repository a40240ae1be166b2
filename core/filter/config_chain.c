/* SPDX-License-Identifier: Apache-2.0
 * config_chain.c - follows "extends": a template, a file by its path, or @base, the user's own
 * settings. A template extends templates alone, and so does a text in memory: neither has a folder.
 *
 * Whatever cannot be followed is an error at the place that names it. What is wrong within a file
 * is said of that file. */
#include "filter/config_chain.h"

#include <cjson/cJSON.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "filter/config_build.h"
#include "filter/jsonc.h"

void config_chain_deinit(struct config_chain *chain)
{
    while (chain->count > 0)
        config_link_deinit(&chain->links[--chain->count]);
    free(chain->tried);
    chain->tried = NULL;
}

/* Moves the link to the end of the chain. */
static int add(struct config_chain *chain, struct config_link *link, fence_error *err)
{
    struct config_link *last = &chain->links[chain->count++];

    *last = *link;
    *link = (struct config_link){0};
    return config_link_parse(last, err);
}

/* ---- errors: each is about the word behind "extends" of the last link ---- */

FENCE_PRINTF(3, 4)
static int fail_extends(const struct config_chain *chain, fence_error *err, const char *fmt, ...)
{
    static const struct jsonc_step path[] = {{"extends", 0}};
    const struct config_link *last = &chain->links[chain->count - 1];
    struct str source = {last->text, last->len};
    unsigned line, column;
    char name[160], text[360];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    jsonc_position(source, jsonc_locate(source, path, 1, false), &line, &column);
    str_escape(name, sizeof name, str_of(last->name));
    return fail(err, FENCE_ECONFIG, "%s:%u:%u: extends: %s", name, line, column, text);
}

static int fail_because(const struct config_chain *chain, fence_error *err, const fence_error *why)
{
    if (why->code == -ENOMEM)
        return fail(err, -ENOMEM, "out of memory");
    return fail_extends(chain, err, "%s", why->message);
}

/* "a.json > b.json > " */
static void format_chain(char *out, size_t cap, const struct config_chain *chain, size_t from)
{
    size_t len = 0;

    *out = '\0';
    for (size_t i = from; i < chain->count && len + 4 < cap; i++) {
        len += str_escape(out + len, cap - len, str_of(chain->links[i].name));
        len += (size_t)snprintf(out + len, cap - len, " > ");
    }
}

static int fail_circle(const struct config_chain *chain, size_t from, fence_error *err)
{
    char names[240], first[120];

    format_chain(names, sizeof names, chain, from);
    str_escape(first, sizeof first, str_of(chain->links[from].name));
    return fail_extends(chain, err, "goes in a circle: %s%s", names, first);
}

/* ---- files ---- */

/* What stands before the last '/' of a path, with it. */
static size_t folder_len(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash + 1 - path) : 0;
}

/* "FOLDER NAME"; NULL: out of memory. A plain "./" before the name says nothing. */
static char *join(const char *folder, size_t len, const char *name)
{
    char *path;

    while (name[0] == '.' && name[1] == '/')
        name += 2 + strspn(name + 2, "/");
    return asprintf(&path, "%.*s%s", name[0] == '/' ? 0 : (int)len, folder, name) < 0 ? NULL : path;
}

/* Reads the file whose path, seen from the folder of the settings, is `path`. */
static int read_file(struct config_link *out, struct config_chain *chain, const char *path,
                     fence_error *err)
{
    const char *settings = chain->links[0].name;
    auto_free char *opened = join(settings, folder_len(settings), path);
    fence_error why = {0};
    size_t total = 0;

    if (!opened)
        return fail(err, -ENOMEM, "out of memory");
    if (config_link_file(out, opened, &why) < 0) {
        chain->tried = take(&opened);
        return fail_because(chain, err, &why);
    }
    for (size_t i = 0; i < chain->count; i++)
        total += chain->links[i].len;
    if (total + out->len > LIMIT_CONFIG_BYTES)
        return fail_extends(chain, err, "with this the settings have more than 64 MiB");
    out->folder = strndup(path, folder_len(path));
    return out->folder ? 0 : fail(err, -ENOMEM, "out of memory");
}

/* The word behind "extends", seen from the folder of the settings. */
static int resolve(char **out, const struct config_chain *chain, const char *word, fence_error *err)
{
    const struct config_link *last = &chain->links[chain->count - 1];
    const char *folder = last->folder ? last->folder : "", *home = getenv("HOME");

    if (word[0] == '~' && word[1] != '/' && word[1] != '\0')
        return fail_extends(chain, err, "names another user's home: write it as /home/NAME");
    if (word[0] == '~' && (!home || home[0] != '/'))
        return fail_extends(chain, err, "'~' needs HOME, which is not set to an absolute path");
    if (word[0] != '~')
        *out = join(folder, strlen(folder), word);
    else if (asprintf(out, "%s%s", home, word + 1) < 0)
        *out = NULL;
    return *out ? 0 : fail(err, -ENOMEM, "out of memory");
}

static int find_base(char **out, const struct config_chain *chain, fence_error *err)
{
    char path[LIMIT_PATH];
    fence_error why;

    if (fence_config_find(path, sizeof path, &why) < 0)
        return fail_because(chain, err, &why);
    if (!*path)
        return fail_extends(chain, err,
                            "you have no settings of your own: write ~/.config/fence/fence.jsonc, "
                            "or extend something else");
    *out = strdup(path);
    return *out ? 0 : fail(err, -ENOMEM, "out of memory");
}

static int find_file(struct config_link *out, struct config_chain *chain, const char *word,
                     fence_error *err)
{
    auto_free char *path = NULL;
    int rc;

    if (chain->links[chain->count - 1].kind != CONFIG_FILE)
        return fail_extends(chain, err, "only a file extends files: name a template");
    rc = word[0] == '@' ? find_base(&path, chain, err) : resolve(&path, chain, word, err);
    return rc < 0 || !path ? rc : read_file(out, chain, path, err);
}

/* ---- the chain ---- */

static bool is_same(const struct config_link *a, const struct config_link *b)
{
    struct stat of_a, of_b;

    if (a->kind != b->kind || !a->name || !b->name)
        return false;
    if (a->kind != CONFIG_FILE)
        return strcmp(a->name, b->name) == 0;
    return stat(a->name, &of_a) == 0 && stat(b->name, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
           of_a.st_ino == of_b.st_ino;
}

static int extend(struct config_chain *chain, const char *word, fence_error *err)
{
    auto_link struct config_link link = {0};
    bool is_file = strchr(word, '/') || word[0] == '.' || word[0] == '~';
    fence_error why = {0};
    char names[240];
    int rc;

    if (chain->count == CONFIG_SOURCES) {
        format_chain(names, sizeof names, chain, 0);
        return fail_extends(chain, err, "more than %d extend each other: %s...", LIMIT_EXTENDS,
                            names);
    }
    if (word[0] == '@' && strcmp(word, "@base") != 0)
        return fail_extends(chain, err, "'@base' is the only word with an '@'");
    if (is_file || word[0] == '@')
        rc = find_file(&link, chain, word, err);
    else if ((rc = config_link_template(&link, word, &why)) < 0)
        rc = fail_because(chain, err, &why);
    for (size_t i = 0; rc == 0 && i < chain->count; i++) {
        if (is_same(&chain->links[i], &link))
            return fail_circle(chain, i, err);
    }
    return rc < 0 ? rc : add(chain, &link, err);
}

int config_chain_load(struct config_chain *chain, struct config_link *settings, fence_error *err)
{
    int rc = add(chain, settings, err);

    while (rc == 0) {
        const cJSON *json = chain->links[chain->count - 1].json;
        const cJSON *word =
            cJSON_IsObject(json) ? cJSON_GetObjectItemCaseSensitive(json, "extends") : NULL;

        if (!word || !cJSON_IsString(word) || !*word->valuestring)
            return 0; /* a wrong type is for those to say who know all keys */
        rc = extend(chain, word->valuestring, err);
    }
    return rc;
}

void fence_config_follow(const char *path, void (*each)(const char *file, void *payload),
                         void *payload)
{
    auto_chain struct config_chain chain = {.count = 0};
    auto_link struct config_link settings = {0};

    each(path, payload);
    if (config_link_file(&settings, path, NULL) < 0)
        return;
    config_chain_load(&chain, &settings, NULL);
    for (size_t i = 1; i < chain.count; i++) {
        if (chain.links[i].kind == CONFIG_FILE)
            each(chain.links[i].name, payload);
    }
    if (chain.tried)
        each(chain.tried, payload);
}
