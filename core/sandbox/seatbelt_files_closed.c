/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_files_closed.c - what is not to be written: where it is, under whatever name it comes,
 * and by no rename of a folder above it. */
#include <string.h>

#include "base/base.h"
#include "sandbox/seatbelt_places.h"

/* Is it about a place that is writable? */
static bool matters(const struct files *files, const struct file_rule *rule)
{
    for (size_t i = 0; i < files->roots.count; i++) {
        if (plan_covers(files->roots.items[i], rule->base) ||
            plan_covers(rule->base, files->roots.items[i]))
            return true;
    }
    return false;
}

static int write_protected(struct buf *profile, const struct files *files,
                           const struct seatbelt_sorted *sorted)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny file-write*"};
    struct seatbelt_names names = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sorted->count; i++) {
        if (sorted->wishes[i]->wish == WISH_PROTECTED)
            rc = seatbelt_rule_path(&rule, "subpath", sorted->wishes[i]->path);
    }
    for (size_t i = 0; rc == 0 && i < files->links.count; i++)
        rc = seatbelt_rule_path(&rule, "literal", files->links.items[i]);
    for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
        const struct file_rule *each = &files->rules[i];

        if (each->kind != FILE_DENY_READ && matters(files, each))
            rc = seatbelt_names_add(&names, each->base, str_of(each->rest));
    }
    return seatbelt_end_with(&rule, &names, SEATBELT_AND_BELOW, rc);
}

/* A folder "a" that a pattern has in front of what it closes, "a/b", is not made, nor is another
 * one renamed to it: what is in that one would be there at once. */
static int write_fronts(struct buf *profile, const struct files *files)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny " SEATBELT_MAKE};
    struct seatbelt_names names = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
        const struct file_rule *each = &files->rules[i];
        struct str rest = str_of(each->rest);
        size_t at = str_has_prefix(rest, STR("**/")) ? strlen("**/") : 0;

        if (!matters(files, each))
            continue;
        for (size_t end = at; rc == 0 && end < rest.len; end++) {
            if (strchr("*?[", rest.bytes[end]))
                break;
            if (rest.bytes[end] == '/')
                rc = seatbelt_names_add(&names, each->base, str_slice(rest, 0, end));
        }
    }
    return seatbelt_end_with(&rule, &names, SEATBELT_ALONE, rc);
}

/* Whatever is closed stays closed where it is: no folder above it is renamed. */
static int write_pins(struct buf *profile, const struct files *files,
                      const struct seatbelt_sorted *sorted)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny file-write-unlink"};
    struct file_list pins = {0};
    int rc = 0;

    for (size_t r = 0; r < files->roots.count; r++) {
        const char *root = files->roots.items[r];

        for (size_t i = 0; rc == 0 && i < sorted->count; i++) {
            if (!seatbelt_opens(sorted->wishes[i]))
                rc = seatbelt_add_above(&pins, root, sorted->wishes[i]->path);
        }
        for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
            const char *base = files->rules[i].base;

            if (plan_covers(root, base))
                rc = file_list_add(&pins, base);
            if (rc == 0)
                rc = seatbelt_add_above(&pins, root, base);
            if (rc == 0 && plan_covers(base, root))
                rc = file_list_add(&pins, root);
        }
    }
    if (rc == 0)
        rc = seatbelt_write_list(&rule, &pins);
    file_list_deinit(&pins);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

int seatbelt_close(struct buf *profile, const struct files *files,
                   const struct seatbelt_sorted *sorted)
{
    int rc = write_protected(profile, files, sorted);

    if (rc == 0)
        rc = write_fronts(profile, files);
    return rc == 0 ? write_pins(profile, files, sorted) : rc;
}
