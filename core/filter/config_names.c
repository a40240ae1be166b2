/* SPDX-License-Identifier: Apache-2.0
 * config_names.c - the names of keys: misspelt, repeated, and written out for a person. */
#include <stdio.h>

#include "filter/config_build.h"

static int compare_names(const void *a, const void *b)
{
    const struct config_name *left = a, *right = b;
    int order = strcmp(left->text, right->text);

    if (order != 0)
        return order;
    return left->order < right->order ? -1 : left->order > right->order;
}

const char *config_find_repeated(struct config_name *names, size_t count)
{
    size_t found = 0; /* in no pair: the second of one has index 1 or more */

    if (count < 2)
        return NULL;
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count; i++) {
        if (strcmp(names[i].text, names[i - 1].text) == 0 &&
            (found == 0 || names[i].order < names[found].order))
            found = i;
    }
    return found > 0 ? names[found].text : NULL;
}

void config_format_path(char *out, size_t cap, const struct jsonc_step *path, size_t depth)
{
    size_t len = 0;

    *out = '\0';
    for (size_t i = 0; i < depth && len + 1 < cap; i++) {
        if (path[i].key) {
            if (i > 0)
                out[len++] = '.';
            len += str_escape(out + len, cap - len, str_of(path[i].key));
        } else {
            len += (size_t)snprintf(out + len, cap - len, "[%zu]", path[i].index);
        }
    }
}
