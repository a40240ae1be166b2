/* SPDX-License-Identifier: Apache-2.0
 * argv.c - a growing list of arguments. Never a shell string: what is an argument stays one. */
#include "sandbox/launcher.h"

#include <errno.h>
#include <string.h>

#define ARGV_FIRST 64 /* a plan without settings renders to about 50 */

/* Room for one more item and the NULL behind it. */
static int argv_grow(struct argv *argv)
{
    size_t cap = argv->cap ? argv->cap * 2 : ARGV_FIRST;
    char **items;

    if (argv->count + 1 < argv->cap)
        return 0;
    items = realloc(argv->items, cap * sizeof(*items));
    if (!items)
        return -ENOMEM;
    argv->items = items;
    argv->cap = cap;
    return 0;
}

int argv_add(struct argv *argv, const char *item)
{
    char *copy;

    if (argv_grow(argv) < 0)
        return -ENOMEM;
    copy = strdup(item);
    if (!copy)
        return -ENOMEM;
    argv->items[argv->count++] = copy;
    argv->items[argv->count] = NULL;
    return 0;
}

void argv_deinit(struct argv *argv)
{
    for (size_t i = 0; i < argv->count; i++)
        free(argv->items[i]);
    free(argv->items);
    *argv = (struct argv){0};
}
