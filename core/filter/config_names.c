/* SPDX-License-Identifier: Apache-2.0
 * config_names.c - the names of keys: misspelt, repeated, and written out for a person. */
#include <stdio.h>

#include "filter/config_build.h"

#define NEAREST_MAX 64 /* the longest key of the schema has 35 bytes */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The restricted edit distance, with swaps: they are the commonest slip of fingers. */
size_t config_distance(struct str a, struct str b)
{
    size_t rows[3][NEAREST_MAX + 1]; /* of the table: the one being filled, and the two above */

    if (a.len > NEAREST_MAX || b.len > NEAREST_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        size_t *row = rows[i % 3];
        char ca = ascii_lower(a.bytes[i - 1]);

        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            char cb = ascii_lower(b.bytes[j - 1]);

            row[j] = least(above[j - 1] + (ca != cb), least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && ca == ascii_lower(b.bytes[j - 2]) &&
                ascii_lower(a.bytes[i - 2]) == cb)
                row[j] = least(row[j], above2[j - 2] + 1);
        }
    }
    return rows[a.len % 3][b.len];
}

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
