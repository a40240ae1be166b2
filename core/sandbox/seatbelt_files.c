/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_files.c - see seatbelt_files.h. As in a plan the longest path decides, and of the same
 * one the strongest wish: the rules stand in that order. What is not to be written comes behind all
 * that opens. */
#include "sandbox/seatbelt_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "sandbox/pattern.h"
#include "sandbox/seatbelt_names.h"

#define SEE  "file-read* process-exec*"
#define ALL  "file-read* file-write* process-exec*"
#define MAKE "file-write-create file-write-unlink" /* a rename takes both */

/* Programs, libraries, and what they are set up by; behind all links. */
static const char *const system_folders[] = {
    "/Applications", "/Library",
    "/System",       "/bin",
    "/nix",          "/opt",
    "/private/etc",  "/private/var/db/dyld",
    "/sbin",         "/private/var/db/timezone",
    "/usr",          "/private/var/select", /* which shell sh is */
};

/* The links themselves, and what the folders lie in. */
static const char *const system_names[] = {"/",    "/etc",         "/private",       "/tmp",
                                           "/var", "/private/var", "/private/var/db"};

/* Those of files, sorted; and the folders in which something has to stay where it is. */
struct sorted {
    const struct plan_wish **wishes;
    size_t count;
    struct file_list pins, above;
};

static bool is_hidden(const struct plan_wish *wish)
{
    return wish->wish == WISH_HIDDEN_FILE || wish->wish == WISH_HIDDEN_FOLDER;
}

static bool is_opened(const struct plan_wish *wish)
{
    return wish->wish == WISH_WRITABLE || wish->wish == WISH_VISIBLE;
}

/* What is above comes first; of one path the strongest last. */
static int compare_wishes(const void *left, const void *right)
{
    const struct plan_wish *a = *(const struct plan_wish *const *)left;
    const struct plan_wish *b = *(const struct plan_wish *const *)right;
    int order = plan_compare_paths(a->path, b->path);

    return order ? order : (int)b->wish - (int)a->wish;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Every folder above `path` that lies in `top`, which may be "/". */
static int add_above(struct file_list *list, const char *top, const char *path)
{
    auto_free char *above = strdup(path);
    char *slash;

    if (!above)
        return -ENOMEM;
    while ((slash = strrchr(above, '/')) && above[1]) {
        slash[slash == above] = '\0';
        if (!plan_covers(top, above))
            break;
        if (file_list_add(list, above) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* One filter for each; they are sorted here, and named once. */
static int add_list(struct seatbelt_rule *rule, struct file_list *list)
{
    int rc = 0;

    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare_texts);
    for (size_t i = 0; rc == 0 && i < list->count; i++) {
        if (i == 0 || strcmp(list->items[i], list->items[i - 1]) != 0)
            rc = seatbelt_rule_path(rule, "literal", list->items[i]);
    }
    return rc;
}

/* ---- reading ---- */

static int write_start(struct buf *profile, const struct seatbelt_places *p)
{
    struct seatbelt_rule see = {.profile = profile, .says = "allow " SEE};
    struct seatbelt_rule names = {.profile = profile, .says = "allow file-read*"};
    int rc = 0;

    if (!p->deny_read)
        return buf_append_text(profile, "(allow " SEE ")\n");
    for (size_t i = 0; rc == 0 && p->system && i < ARRAY_LEN(system_folders); i++)
        rc = seatbelt_rule_path(&see, "subpath", system_folders[i]);
    seatbelt_rule_end(&see);
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(system_names); i++)
        rc = seatbelt_rule_path(&names, "literal", system_names[i]);
    return rc < 0 ? rc : seatbelt_rule_end(&names);
}

static int write_wish(struct buf *profile, const struct plan_wish *wish)
{
    struct seatbelt_rule rule = {.profile = profile};
    const char *filter = "subpath";
    int rc;

    switch (wish->wish) {
    case WISH_HIDDEN_FILE:
    case WISH_HIDDEN_FOLDER:
        rule.says = "deny " ALL;
        break;
    case WISH_WRITABLE:
        rule.says = "allow " ALL;
        break;
    case WISH_VISIBLE:
        rule.says = "allow " SEE;
        filter = wish->target ? "literal" : filter;
        break;
    case WISH_PROTECTED:
        return 0; /* write_protected() */
    }
    rc = seatbelt_rule_path(&rule, filter, wish->path);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

static int write_wishes(struct buf *profile, const struct sorted *sorted)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sorted->count; i++)
        rc = write_wish(profile, sorted->wishes[i]);
    return rc;
}

/* Whatever opens something at or below what is protected opens nothing there. */
static bool is_closed(const struct files *files, const struct plan_wish *wish)
{
    if (wish->wish != WISH_WRITABLE)
        return false;
    for (size_t i = 0; i < files->nwishes; i++) {
        if (files->wishes[i].wish == WISH_PROTECTED &&
            plan_covers(files->wishes[i].path, wish->path))
            return true;
    }
    return false;
}

/* What lies above something that is opened can be gone through, and told of. */
static int write_way(struct buf *profile, const struct seatbelt_places *p, struct sorted *sorted)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "allow file-read-metadata"};
    bool closed = p->deny_read;
    int rc = 0;

    for (size_t i = 0; i < sorted->count; i++)
        closed = closed || is_hidden(sorted->wishes[i]);
    for (size_t i = 0; closed && rc == 0 && i < sorted->count; i++) {
        if (is_opened(sorted->wishes[i]))
            rc = add_above(&sorted->above, "/", sorted->wishes[i]->path);
    }
    if (closed && rc == 0)
        rc = add_above(&sorted->above, "/", p->cwd);
    if (closed && rc == 0)
        rc = file_list_add(&sorted->above, p->cwd);
    if (rc == 0)
        rc = add_list(&rule, &sorted->above);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

/* Ends the rule with those filters. `rc`: how they were gathered. */
static int end_with(struct seatbelt_rule *rule, struct seatbelt_names *names,
                    enum seatbelt_reach reach, int rc)
{
    if (rc == 0)
        rc = seatbelt_names_write(rule, names, reach);
    seatbelt_names_deinit(names);
    return rc < 0 ? rc : seatbelt_rule_end(rule);
}

static int write_hidden_names(struct buf *profile, const struct files *files)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny " ALL};
    struct seatbelt_names names = {0};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
        const struct file_rule *each = &files->rules[i];

        if (each->kind == FILE_DENY_READ)
            rc = seatbelt_names_add(&names, each->base, str_of(each->rest));
    }
    return end_with(&rule, &names, SEATBELT_AND_BELOW, rc);
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
static int hide_below(struct buf *profile, const struct files *files, const char *opened)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny " ALL};
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
static int open_below(struct buf *profile, const struct files *files, const struct sorted *sorted)
{
    const char *hidden = NULL;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < sorted->count; i++) {
        const struct plan_wish *wish = sorted->wishes[i];
        bool below = hidden && plan_covers(hidden, wish->path) && strcmp(hidden, wish->path) != 0;

        if (is_hidden(wish) && !below)
            hidden = wish->path;
        if (!below)
            continue;
        rc = write_wish(profile, wish);
        if (rc == 0 && is_opened(wish))
            rc = hide_below(profile, files, wish->path);
    }
    return rc;
}

/* ---- writing ---- */

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
                           const struct sorted *sorted)
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
    return end_with(&rule, &names, SEATBELT_AND_BELOW, rc);
}

/* A folder "a" that a pattern has in front of what it closes, "a/b", is not made, nor is another
 * one renamed to it: what is in that one would be there at once. */
static int write_fronts(struct buf *profile, const struct files *files)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny " MAKE};
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
    return end_with(&rule, &names, SEATBELT_ALONE, rc);
}

/* Whatever is closed stays closed where it is: no folder above it is renamed. */
static int write_pins(struct buf *profile, const struct files *files, struct sorted *sorted)
{
    struct seatbelt_rule rule = {.profile = profile, .says = "deny file-write-unlink"};
    int rc = 0;

    for (size_t r = 0; r < files->roots.count; r++) {
        const char *root = files->roots.items[r];

        for (size_t i = 0; rc == 0 && i < sorted->count; i++) {
            if (!is_opened(sorted->wishes[i]))
                rc = add_above(&sorted->pins, root, sorted->wishes[i]->path);
        }
        for (size_t i = 0; rc == 0 && i < files->nrules; i++) {
            const char *base = files->rules[i].base;

            if (plan_covers(root, base))
                rc = file_list_add(&sorted->pins, base);
            if (rc == 0)
                rc = add_above(&sorted->pins, root, base);
            if (rc == 0 && plan_covers(base, root))
                rc = file_list_add(&sorted->pins, root);
        }
    }
    if (rc == 0)
        rc = add_list(&rule, &sorted->pins);
    return rc < 0 ? rc : seatbelt_rule_end(&rule);
}

/* ---- all of it ---- */

static int write_all(struct buf *profile, const struct seatbelt_places *p, struct sorted *sorted)
{
    int rc = write_start(profile, p);

    if (rc == 0)
        rc = write_wishes(profile, sorted);
    if (rc == 0)
        rc = write_hidden_names(profile, p->files);
    if (rc == 0)
        rc = open_below(profile, p->files, sorted);
    if (rc == 0)
        rc = write_way(profile, p, sorted);
    if (rc == 0)
        rc = write_protected(profile, p->files, sorted);
    if (rc == 0)
        rc = write_fronts(profile, p->files);
    return rc == 0 ? write_pins(profile, p->files, sorted) : rc;
}

int seatbelt_files(struct buf *profile, const struct seatbelt_places *places)
{
    const struct files *files = places->files;
    auto_free const struct plan_wish **wishes = calloc(files->nwishes + 1, sizeof *wishes);
    struct sorted sorted = {.wishes = wishes};
    int rc;

    if (!wishes)
        return -ENOMEM;
    for (size_t i = 0; i < files->nwishes; i++) {
        if (!is_closed(files, &files->wishes[i]))
            wishes[sorted.count++] = &files->wishes[i];
    }
    qsort(wishes, sorted.count, sizeof(const struct plan_wish *), compare_wishes);
    rc = write_all(profile, places, &sorted);
    file_list_deinit(&sorted.pins);
    file_list_deinit(&sorted.above);
    return rc < 0 ? rc : profile->error;
}
