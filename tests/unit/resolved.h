/* SPDX-License-Identifier: Apache-2.0
 * resolved.h - what files_resolve() makes of settings, as lines of text. Include it after
 * unit/tree.h: the current folder is @/home/u/p, the home folder @/home/u. */
#ifndef FENCE_TESTS_RESOLVED_H
#define FENCE_TESTS_RESOLVED_H

#include <stdarg.h>

#include "sandbox/files.h"
#include "unit/tree.h"

#define MOST 8 /* lines of a row's list */

static const char *const wishes[] = {
    [WISH_HIDDEN_FILE] = "nofile", [WISH_HIDDEN_FOLDER] = "nofolder",
    [WISH_PROTECTED] = "ro",       [WISH_WRITABLE] = "rw",
    [WISH_VISIBLE] = "see",        [WISH_PINNED] = "pin"};
static const char *const kinds[] = {
    [FILE_PROTECTED] = "protected", [FILE_DENY_WRITE] = "nowrite", [FILE_DENY_READ] = "noread"};

struct texts {
    char wishes[32768], rules[65536], roots[4096], folders[16384], links[4096], reported[4096];
    char notices[4096];
};

FENCE_PRINTF(3, 4) static inline void add(char *out, size_t cap, const char *fmt, ...)
{
    size_t len = strlen(out);
    va_list args;

    va_start(args, fmt);
    len += (size_t)vsnprintf(out + len, cap - len, fmt, args);
    va_end(args);
    assert_true(len < cap);
}

static inline void list(char *out, size_t cap, const struct file_list *items)
{
    char shown[TREE_PATH];

    for (size_t i = 0; i < items->count; i++) {
        tree_shorten(shown, sizeof shown, items->items[i]);
        add(out, cap, "%s\n", shown);
    }
}

static inline void print(struct texts *t, const struct files *f)
{
    char shown[TREE_PATH];

    for (size_t i = 0; i < f->nwishes; i++) {
        tree_shorten(shown, sizeof shown, f->wishes[i].path);
        add(t->wishes, sizeof t->wishes, "%s %s%s%s\n", wishes[f->wishes[i].wish], shown,
            f->wishes[i].target ? " -> " : "", f->wishes[i].target ? f->wishes[i].target : "");
    }
    for (size_t i = 0; i < f->nrules; i++) {
        auto_free char *canonical = realpath(f->rules[i].base, NULL);

        tree_shorten(shown, sizeof shown, f->rules[i].base);
        add(t->rules, sizeof t->rules, "%s %s %s\n", kinds[f->rules[i].kind], shown,
            f->rules[i].rest);
        assert_string_equal(canonical, f->rules[i].base); /* as files.h promises */
        assert_true(f->rules[i].rest[0] != '\0' && f->rules[i].rest[0] != '/');
    }
    list(t->roots, sizeof t->roots, &f->roots);
    list(t->folders, sizeof t->folders, &f->folders);
    list(t->links, sizeof t->links, &f->links);
    list(t->reported, sizeof t->reported, &f->reported);
}

static inline void on_notice(void *payload, const char *text)
{
    struct texts *t = payload;

    add(t->notices, sizeof t->notices, "%s\n", text);
}

static inline void unquote(char *json)
{
    for (; *json; json++) {
        if (*json == '\'')
            *json = '"';
    }
}

/* `json` is what `filesystem` holds, with ' for \". */
static inline int resolve(struct texts *t, const char *json, fence_error *err)
{
    char text[4096 + 32], cwd[TREE_PATH], home[TREE_PATH];
    fence_config *config = NULL;
    struct files files = {0};
    int rc;

    memset(t, 0, sizeof *t);
    snprintf(text, sizeof text, "{'filesystem': {%s}}", tree_at(json));
    unquote(text);
    if (fence_config_parse(&config, "test", text, strlen(text), NULL, 0, err) < 0)
        fail_msg("%s: %s", text, err->message);
    tree_expand(cwd, sizeof cwd, "@/home/u/p");
    tree_expand(home, sizeof home, "@/home/u");
    rc = files_resolve(&files, config, cwd, home, on_notice, t, err);
    if (rc == 0)
        print(t, &files);
    files_deinit(&files);
    fence_config_unref(config);
    return rc;
}

/* Is `line` one of those of `text`? */
static inline bool has(const char *text, const char *line)
{
    size_t len = strlen(line);

    for (const char *at = text; (at = strstr(at, line)); at++) {
        if ((at == text || at[-1] == '\n') && at[len] == '\n')
            return true;
    }
    return false;
}

static inline void expect(const char *row, const char *what, const char *text,
                          const char *const *lines)
{
    for (size_t i = 0; i < MOST && lines[i]; i++) {
        bool absent = lines[i][0] == '!';

        if (has(text, lines[i] + absent) == absent)
            fail_msg("%s: %s: '%s' in\n%s", row, what, lines[i], text);
    }
}

static inline size_t lines_of(const char *text)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

#endif
