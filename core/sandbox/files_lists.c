/* SPDX-License-Identifier: Apache-2.0
 * files_lists.c - what files.h gathers, and what every part of it asks. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "sandbox/files_resolver.h"

int resolver_no_memory(struct resolver *r)
{
    return fail(r->err, -ENOMEM, "out of memory");
}

void resolver_tell(struct resolver *r, const char *fmt, ...)
{
    char text[512], shown[768]; /* paths may hold anything */
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    str_escape(shown, sizeof shown, str_of(text));
    if (r->notice)
        r->notice(r->payload, shown);
}

void resolver_miss(struct resolver *r, const char *text)
{
    size_t len = strlen(r->missing);
    int more =
        snprintf(r->missing + len, sizeof r->missing - len, "%s'%.150s'", len ? ", " : "", text);

    if (len > 0 && (size_t)more >= sizeof r->missing - len)
        r->missing[len] = '\0'; /* the first one has room in any case */
    else
        r->shown += r->nmissing == r->shown;
    r->nmissing++;
}

void resolver_tell_missing(struct resolver *r, const char *key)
{
    size_t more = r->nmissing - r->shown;

    if (more > 0)
        resolver_tell(r, "%s: %s and %zu more do not exist: passed over", key, r->missing, more);
    else if (r->nmissing > 0)
        resolver_tell(r, "%s: %s %s not exist: passed over", key, r->missing,
                      r->nmissing > 1 ? "do" : "does");
    r->nmissing = r->shown = 0;
    r->missing[0] = '\0';
}

/* ---- lists ---- */

static void *grow(void *items, size_t count, size_t *cap, size_t size)
{
    size_t wanted = *cap ? *cap * 2 : 16;
    void *bigger;

    if (count < *cap)
        return items;
    bigger = realloc(items, wanted * size);
    if (bigger)
        *cap = wanted;
    return bigger;
}

int file_list_add(struct file_list *list, const char *text)
{
    char **items = grow(list->items, list->count, &list->cap, sizeof *items);
    char *copy = items ? strdup(text) : NULL;

    if (items)
        list->items = items;
    if (!copy)
        return -ENOMEM;
    items[list->count++] = copy;
    return 0;
}

void file_list_deinit(struct file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct file_list){0};
}

bool file_list_has(const struct file_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) == 0)
            return true;
    }
    return false;
}

void file_list_remove(struct file_list *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i], text) != 0)
            continue;
        free(list->items[i]);
        list->items[i] = list->items[--list->count];
        return;
    }
}

int resolver_list(struct resolver *r, struct file_list *list, const char *text)
{
    return file_list_add(list, text) < 0 ? resolver_no_memory(r) : 0;
}

int resolver_wish(struct resolver *r, enum wish wish, const char *path, const char *target)
{
    struct files *f = r->files;
    struct plan_wish *wishes = grow(f->wishes, f->nwishes, &f->wishes_cap, sizeof *wishes);

    if (wishes)
        f->wishes = wishes;
    if (!wishes || file_list_add(&f->texts, path) < 0)
        return resolver_no_memory(r);
    wishes[f->nwishes] = (struct plan_wish){wish, f->texts.items[f->texts.count - 1], NULL};
    if (target && file_list_add(&f->texts, target) < 0)
        return resolver_no_memory(r);
    if (target)
        wishes[f->nwishes].target = f->texts.items[f->texts.count - 1];
    f->nwishes++;
    if (wish == WISH_WRITABLE)
        r->opened = f->nwishes;
    return 0;
}

int resolver_rule(struct resolver *r, enum file_rule_kind kind, const char *base, const char *rest)
{
    struct files *f = r->files;
    struct file_rule *rules = grow(f->rules, f->nrules, &f->rules_cap, sizeof *rules);
    struct file_rule rule = {kind, strdup(base), strdup(rest)};

    if (rules)
        f->rules = rules;
    if (!rules || !rule.base || !rule.rest) {
        free(rule.base);
        free(rule.rest);
        return resolver_no_memory(r);
    }
    rules[f->nrules++] = rule;
    return 0;
}

/* Takes both texts. */
int resolver_seek(struct resolver *r, enum sought what, char *base, char *rest)
{
    struct seek *seeks = grow(r->seeks, r->nseeks, &r->seeks_cap, sizeof *seeks);

    if (seeks)
        r->seeks = seeks;
    if (!seeks || !base || !rest) {
        free(base);
        free(rest);
        return resolver_no_memory(r);
    }
    seeks[r->nseeks++] = (struct seek){what, base, rest};
    return 0;
}

/* ---- where paths lie ---- */

bool resolver_has_dots(const char *path)
{
    for (; *path; path += strcspn(path, "/"), path += *path == '/') {
        if (strncmp(path, "..", 2) == 0 && (path[2] == '/' || !path[2]))
            return true;
    }
    return false;
}

bool resolver_is_writable(const struct resolver *r, const char *path)
{
    for (size_t i = 0; i < r->files->roots.count; i++) {
        if (plan_covers(r->files->roots.items[i], path))
            return true;
    }
    return false;
}

bool resolver_has_root_below(const struct resolver *r, const char *path)
{
    for (size_t i = 0; i < r->files->roots.count; i++) {
        if (plan_covers(path, r->files->roots.items[i]))
            return true;
    }
    return false;
}

int resolver_pin(struct resolver *r)
{
    const char *last = "";
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < r->files->nrules; i++) {
        const char *base = r->files->rules[i].base;

        if (strcmp(base, last) != 0 && resolver_is_writable(r, base))
            rc = resolver_wish(r, WISH_PINNED, base, NULL);
        last = base;
    }
    return rc;
}
