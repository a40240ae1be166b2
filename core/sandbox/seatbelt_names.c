/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_names.c - see seatbelt_names.h. Those that are "everywhere below" and have the same
 * folders stand together: (require-all (require-any FOLDERS) (require-any PATTERNS)). */
#include "sandbox/seatbelt_names.h"

#include <errno.h>
#include <stdlib.h>

#include "base/base.h"
#include "base/limits.h"
#include "sandbox/pattern.h"

/* Without its folder a pattern would mean all of a folder that lies in one of that name: a writable
 * one below .vscode. */
static bool names_above(const char *base, struct str rest)
{
    char path[LIMIT_PATH], pattern[LIMIT_PATH];
    size_t len = strlen(base);
    bool found = false;

    if (len >= sizeof path || rest.len >= sizeof pattern)
        return true;
    for (size_t i = 0; i <= len; i++)
        path[i] = ascii_lower(base[i]);
    for (size_t i = 0; i < rest.len; i++)
        pattern[i] = ascii_lower(rest.bytes[i]);
    pattern[rest.len] = '\0';
    while (!found && len > 0) {
        found = pattern_match(pattern, path + 1);
        while (len > 0 && path[len] != '/')
            len--;
        path[len] = '\0';
    }
    return found;
}

int seatbelt_names_add(struct seatbelt_names *names, const char *base, struct str rest)
{
    size_t cap = names->cap > 0 ? 2 * names->cap : 32;
    struct seatbelt_name *list = names->list;

    if (names->count == names->cap) {
        list = reallocarray(names->list, cap, sizeof *list);
        if (!list)
            return -ENOMEM;
        names->list = list;
        names->cap = cap;
    }
    list[names->count++] = (struct seatbelt_name){
        base, rest, !str_has_prefix(rest, STR("**/")) || names_above(base, rest)};
    return 0;
}

void seatbelt_names_deinit(struct seatbelt_names *names)
{
    free(names->list);
    *names = (struct seatbelt_names){0};
}

/* ---- one beside the other ---- */

static int compare_rests(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.bytes, b.bytes, len) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *left, const void *right)
{
    const struct seatbelt_name *a = left, *b = right;
    int order = compare_rests(a->rest, b->rest);

    if (order == 0)
        order = a->alone - b->alone;
    return order ? order : strcmp(a->base, b->base);
}

static void sort(struct seatbelt_names *names)
{
    size_t kept = 0;

    if (names->count > 1)
        qsort(names->list, names->count, sizeof *names->list, compare);
    for (size_t i = 0; i < names->count; i++) {
        if (kept == 0 || compare(&names->list[kept - 1], &names->list[i]) != 0)
            names->list[kept++] = names->list[i];
    }
    names->count = kept;
}

/* How many stand together with the one at `at`, which is the first that has its pattern. */
static size_t count_group(const struct seatbelt_names *names, size_t at)
{
    size_t count = 1;

    while (at + count < names->count && names->list[at].alone == names->list[at + count].alone &&
           str_equal(names->list[at].rest, names->list[at + count].rest))
        count++;
    return count;
}

static bool same_folders(const struct seatbelt_name *a, const struct seatbelt_name *b, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(a[i].base, b[i].base) != 0)
            return false;
    }
    return true;
}

/* ---- writing ---- */

static int write_folders(struct seatbelt_rule *rule, const struct seatbelt_name *group,
                         size_t count)
{
    int rc = 0;

    seatbelt_rule_printf(rule, "(require-all (require-any");
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = seatbelt_rule_path(rule, "subpath", group[i].base);
    buf_append_text(rule->profile, ")");
    return rc < 0 ? rc : seatbelt_rule_printf(rule, "(require-any");
}

/* The group at `at`, and the later ones with the same folders. `done` tells which are. */
static int write_together(struct seatbelt_rule *rule, const struct seatbelt_names *names, size_t at,
                          size_t count, bool *done, enum seatbelt_reach reach)
{
    const struct seatbelt_name *first = &names->list[at];
    int rc = write_folders(rule, first, count);

    for (size_t i = at, each; rc == 0 && i < names->count; i += each) {
        const struct seatbelt_name *group = &names->list[i];

        each = count_group(names, i);
        if (each != count || group->alone || !same_folders(first, group, count))
            continue;
        done[i] = true;
        rc = seatbelt_rule_regex(rule, NULL, group->rest, reach);
    }
    return rc < 0 ? rc : buf_append_text(rule->profile, "))");
}

int seatbelt_names_write(struct seatbelt_rule *rule, struct seatbelt_names *names,
                         enum seatbelt_reach reach)
{
    auto_free bool *done = calloc(names->count + 1, sizeof *done);
    int rc = done ? 0 : -ENOMEM;

    sort(names);
    for (size_t i = 0, count; rc == 0 && i < names->count; i += count) {
        count = count_group(names, i);
        if (done[i])
            continue;
        if (count > 1 && !names->list[i].alone) {
            rc = write_together(rule, names, i, count, done, reach);
            continue;
        }
        for (size_t k = i; rc == 0 && k < i + count; k++)
            rc = seatbelt_rule_regex(rule, names->list[k].base, names->list[k].rest, reach);
    }
    return rc;
}
