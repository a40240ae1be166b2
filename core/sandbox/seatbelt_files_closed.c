/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_files_closed.c - what is not to be written: where it is, under whatever name it comes,
 * and by no rename of a folder above it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sandbox/protected.h"
#include "sandbox/seatbelt_places.h"

struct closing {
    struct buf *profile;
    const struct files *files;
    const struct seatbelt_sorted *sorted;
    const struct roots *roots;
};

static bool is_everywhere(const char *rest)
{
    return str_has_prefix(str_of(rest), STR("**/"));
}

/* ---- protected names, whatever the root ---- */

typedef int (*add_name)(struct seatbelt_names *names, const char *base, struct str rest);

/* A root that holds the home folder has the rules of its top alone: what is there already is too
 * much to be looked through. Here nobody has to look, and a folder that is renamed into another
 * root brings none of the names along. */
static int add_protected(struct seatbelt_names *names, const struct closing *c, add_name add)
{
    auto_free bool *has = calloc(c->roots->count + 1, sizeof *has);
    int rc = has ? 0 : -ENOMEM;

    for (size_t i = 0; rc == 0 && i < c->files->nrules; i++) {
        const struct file_rule *rule = &c->files->rules[i];
        const char *const *root = rule->kind == FILE_PROTECTED && is_everywhere(rule->rest)
                                      ? roots_find(c->roots, rule->base)
                                      : NULL;

        if (root && strcmp(*root, rule->base) == 0)
            has[root - c->roots->items] = true;
    }
    for (size_t i = 0; rc == 0 && i < c->roots->count; i++) {
        for (size_t name = 0; rc == 0 && !has[i] && name < protected_count; name++) {
            if (strcmp(protected_names[name], "**/.git") != 0)
                rc = add(names, c->roots->items[i], str_of(protected_names[name]));
        }
    }
    return rc;
}

/* ---- the names themselves ---- */

static int write_protected(const struct closing *c)
{
    struct seatbelt_rule rule = {.profile = c->profile, .says = "deny file-write*"};
    struct seatbelt_names names = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < c->sorted->count; i++) {
        if (c->sorted->wishes[i]->wish == WISH_PROTECTED)
            rc = seatbelt_rule_path(&rule, "subpath", c->sorted->wishes[i]->path);
    }
    for (size_t i = 0; rc == 0 && i < c->files->links.count; i++)
        rc = seatbelt_rule_path(&rule, "literal", c->files->links.items[i]);
    for (size_t i = 0; rc == 0 && i < c->files->nrules; i++) {
        const struct file_rule *each = &c->files->rules[i];

        if (each->kind != FILE_DENY_READ && roots_touch(c->roots, each->base))
            rc = seatbelt_names_add(&names, each->base, str_of(each->rest));
    }
    if (rc == 0)
        rc = add_protected(&names, c, seatbelt_names_add);
    return seatbelt_end_with(&rule, &names, SEATBELT_AND_BELOW, rc);
}

/* ---- what stands in front of them ---- */

static int add_fronts(struct seatbelt_names *names, const char *base, struct str rest)
{
    size_t at = str_has_prefix(rest, STR("**/")) ? strlen("**/") : 0;
    int rc = 0;

    for (size_t end = at; rc == 0 && end < rest.len && !strchr("*?[", rest.bytes[end]); end++) {
        if (rest.bytes[end] == '/')
            rc = seatbelt_names_add(names, base, str_slice(rest, 0, end));
    }
    return rc;
}

/* A folder "a" that a pattern has in front of what it closes, "a/b", is not made, nor is another
 * one renamed to it: what is in that one would be there at once. */
static int write_fronts(const struct closing *c)
{
    struct seatbelt_rule rule = {.profile = c->profile, .says = "deny " SEATBELT_MAKE};
    struct seatbelt_names names = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < c->files->nrules; i++) {
        if (roots_touch(c->roots, c->files->rules[i].base))
            rc = add_fronts(&names, c->files->rules[i].base, str_of(c->files->rules[i].rest));
    }
    if (rc == 0)
        rc = add_protected(&names, c, add_fronts);
    return seatbelt_end_with(&rule, &names, SEATBELT_ALONE, rc);
}

/* ---- what lies above them ---- */

/* The folders between a root and what is closed in it. */
static int pin_above(struct file_list *pins, const struct closing *c, const char *path)
{
    const char *const *root = roots_find(c->roots, path);

    return root ? seatbelt_add_above(pins, *root, path) : 0;
}

/* The folder where a pattern begins. */
static int pin_base(struct file_list *pins, const struct closing *c, const char *base)
{
    int rc = roots_find(c->roots, base) ? file_list_add(pins, base) : 0;

    return rc == 0 ? pin_above(pins, c, base) : rc;
}

/* Whatever is closed stays closed where it is: no folder above it is renamed. */
static int write_pins(const struct closing *c)
{
    struct seatbelt_rule rule = {.profile = c->profile, .says = "deny file-write-unlink"};
    const char *last = "";
    struct file_list pins = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < c->sorted->count; i++) {
        const struct plan_wish *wish = c->sorted->wishes[i];

        if (!seatbelt_opens(wish))
            rc = pin_above(&pins, c, wish->path);
        else if (seatbelt_opens_file(c->sorted, wish))
            rc = file_list_add(&pins, wish->path);
    }
    for (size_t i = 0; rc == 0 && i < c->files->nrules; i++) {
        const char *base = c->files->rules[i].base;

        if (strcmp(base, last) != 0) /* most stand behind others of the same folder */
            rc = pin_base(&pins, c, base);
        last = base;
    }
    for (size_t i = 0; rc == 0 && i < c->roots->count; i++)
        rc = file_list_add(&pins, c->roots->items[i]);
    if (rc == 0)
        rc = seatbelt_write_list(&rule, &pins);
    file_list_deinit(&pins);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

int seatbelt_close(struct buf *profile, const struct files *files,
                   const struct seatbelt_sorted *sorted)
{
    const struct closing c = {
        .profile = profile, .files = files, .sorted = sorted, .roots = sorted->roots};
    int rc = write_protected(&c);

    if (rc == 0)
        rc = write_fronts(&c);
    return rc == 0 ? write_pins(&c) : rc;
}
