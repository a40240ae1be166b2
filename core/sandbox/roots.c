/* SPDX-License-Identifier: Apache-2.0
 * roots.c - see roots.h. */
#include "sandbox/roots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"

int roots_init(struct roots *roots, const struct files *files)
{
    size_t count = files->roots.count;

    *roots = (struct roots){.items = calloc(count + 1, sizeof *roots->items), .count = count};
    if (!roots->items)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        roots->items[i] = files->roots.items[i];
    qsort(roots->items, count, sizeof *roots->items, str_compare_items);
    return 0;
}

void roots_deinit(struct roots *roots)
{
    free(roots->items);
    *roots = (struct roots){0};
}

/* As strcmp(3) does. */
static int compare(struct str key, const char *item)
{
    int order = strncmp(key.bytes, item, key.len);

    return order ? order : -(item[key.len] != '\0');
}

/* The first that does not come before it. */
static size_t lower_bound(const struct roots *roots, struct str key)
{
    size_t from = 0;

    for (size_t to = roots->count; from < to;) {
        size_t middle = from + (to - from) / 2;

        if (compare(key, roots->items[middle]) > 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

const char *const *roots_find(const struct roots *roots, const char *path)
{
    struct str key = str_of(path);

    for (;;) {
        size_t at = lower_bound(roots, key);

        if (at < roots->count && compare(key, roots->items[at]) == 0)
            return roots->items + at;
        if (key.len <= 1)
            return NULL;
        while (key.len > 1 && key.bytes[key.len - 1] != '/')
            key.len--;
        key.len -= key.len > 1;
    }
}

const char *const *roots_below(const struct roots *roots, const char *path, size_t *count)
{
    size_t len = strlen(path), at = lower_bound(roots, str_of(path));

    *count = 0;
    while (at < roots->count && strncmp(path, roots->items[at], len) == 0 &&
           !plan_covers(path, roots->items[at])) /* "/a-b" stands between "/a" and "/a/b" */
        at++;
    while (at + *count < roots->count && plan_covers(path, roots->items[at + *count]))
        ++*count;
    return roots->items + at;
}

bool roots_touch(const struct roots *roots, const char *folder)
{
    size_t below;

    roots_below(roots, folder, &below);
    return below > 0 || roots_find(roots, folder);
}
