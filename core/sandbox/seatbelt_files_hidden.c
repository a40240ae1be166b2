/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_files_hidden.c - what patterns hide, whatever comes later, and what was opened within. A
 * plan mounts what is there, longer paths over shorter ones; here the order of rules says so. */
#include <string.h>

#include "base/base.h"
#include "sandbox/pattern.h"
#include "sandbox/seatbelt_places.h"

static int write_hidden_names(struct buf *profile, const struct files *files,
                              const struct seatbelt_says *says)
{
    struct seatbelt_rule rule = {.profile = profile, .says = says->hidden};
    struct seatbelt_names names = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
        const struct file_rule *each = &files->rules[i];

        if (each->kind == FILE_DENY_READ)
            rc = seatbelt_names_add(&names, each->base, str_of(each->rest));
    }
    return seatbelt_end_with(&rule, &names, SEATBELT_AND_BELOW, rc);
}

/* Behind the rule's folder, of a path below it. */
static const char *part_of(const struct file_rule *rule, const char *path)
{
    size_t base = strlen(rule->base);

    return path + base + (base > 1);
}

/* Is `path` below what the pattern names, or that itself? */
static bool is_named(const struct file_rule *rule, const char *path)
{
    auto_free char *part = strdup(part_of(rule, path));
    bool found = part && pattern_match(rule->rest, part);

    for (char *slash; !found && part && (slash = strrchr(part, '/'));) {
        *slash = '\0';
        found = pattern_match(rule->rest, part);
    }
    return found;
}

/* What the pattern, which begins above, names below `opened`. Where it names that folder too, or
 * one above, another path has won over it, and it begins there. */
static int hide_from_above(struct seatbelt_rule *rule, const struct file_rule *each,
                           const char *opened)
{
    struct str rest = str_of(each->rest);
    int rc;

    if (is_named(each, opened))
        return str_has_prefix(rest, STR("**/"))
                   ? seatbelt_rule_regex(rule, opened, rest, SEATBELT_AND_BELOW)
                   : 0;
    if (!pattern_leads_below(each->rest, part_of(each, opened)))
        return 0;
    seatbelt_rule_printf(rule, "(require-all");
    rc = seatbelt_rule_path(rule, "subpath", opened);
    if (rc == 0)
        rc = seatbelt_rule_regex(rule, each->base, rest, SEATBELT_AND_BELOW);
    return rc < 0 ? rc : buf_append_text(rule->profile, ")");
}

/* What is hidden below a folder that was opened once more. */
static int hide_below(struct buf *profile, const struct files *files,
                      const struct seatbelt_says *says, const char *opened)
{
    struct seatbelt_rule rule = {.profile = profile, .says = says->hidden};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
        const struct file_rule *each = &files->rules[i];

        if (each->kind != FILE_DENY_READ)
            continue;
        if (plan_covers(opened, each->base))
            rc = seatbelt_rule_regex(&rule, each->base, str_of(each->rest), SEATBELT_AND_BELOW);
        else if (plan_covers(each->base, opened))
            rc = hide_from_above(&rule, each, opened);
    }
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

/* What lies below something hidden was opened for that place: once more, behind the patterns. */
static int open_below(struct buf *profile, const struct files *files,
                      const struct seatbelt_sorted *sorted)
{
    const char *hidden = NULL;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sorted->count; i++) {
        const struct plan_wish *wish = sorted->wishes[i];
        bool below = hidden && plan_covers(hidden, wish->path) && strcmp(hidden, wish->path) != 0;

        if (seatbelt_hides(wish) && !below)
            hidden = wish->path;
        if (!below)
            continue;
        rc = seatbelt_write_wish(profile, sorted, wish);
        if (rc == 0 && seatbelt_opens(wish))
            rc = hide_below(profile, files, sorted->says, wish->path);
    }
    return rc;
}

int seatbelt_hide(struct buf *profile, const struct files *files,
                  const struct seatbelt_sorted *sorted)
{
    int rc = write_hidden_names(profile, files, sorted->says);

    return rc == 0 ? open_below(profile, files, sorted) : rc;
}
