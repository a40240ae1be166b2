/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_told.c - see seatbelt_told.h. */
#include "sandbox/seatbelt_told.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sandbox/pattern.h"
#include "sandbox/roots.h"

const char *seatbelt_and_more(char out[32], size_t count)
{
    out[0] = '\0';
    if (count > 1)
        snprintf(out, 32, " and %zu more", count - 1);
    return out;
}

/* ---- patterns ---- */

/* Has a folder of the pattern a wildcard? A folder that is renamed is within its reach or leaves
 * it, and nobody looks at what is in it. */
static bool has_wild_folder(const char *rest)
{
    const char *name = strrchr(rest, '/');
    auto_free char *folders = name ? strndup(rest, (size_t)(name - rest)) : NULL;

    return name && (!folders || pattern_is_wild(folders));
}

/* Is it about the same names wherever a folder can be renamed to, or about one place, above which
 * none is renamed? */
static bool holds(const struct roots *roots, const struct file_rule *rule)
{
    bool everywhere = str_has_prefix(str_of(rule->rest), STR("**/"));
    const char *rest = rule->rest + (everywhere ? strlen("**/") : 0);
    size_t below;

    roots_below(roots, rule->base, &below);
    return !has_wild_folder(rest) && (!everywhere || below == roots->count);
}

static void tell_patterns(const struct seatbelt_input *in, const struct roots *roots)
{
    const struct file_rule *first = NULL;
    size_t count = 0;
    char text[768], shown[256], more[32];

    for (size_t i = 0; i < in->files->nrules; i++) {
        const struct file_rule *rule = &in->files->rules[i];

        if (rule->kind == FILE_PROTECTED || !roots_touch(roots, rule->base) || holds(roots, rule))
            continue;
        first = first ? first : rule;
        count++;
    }
    if (count == 0)
        return;
    snprintf(text, sizeof text, "%.120s/%.120s", strcmp(first->base, "/") == 0 ? "" : first->base,
             first->rest);
    str_escape(shown, sizeof shown, str_of(text));
    snprintf(text, sizeof text,
             "patterns with a folder of any name, or for a part of what is writable, are not held "
             "against a folder that is renamed into their reach or out of it: \"%s\"%s; write "
             "\"**/NAME\", below a folder that has all that is writable",
             shown, seatbelt_and_more(more, count));
    in->told(in->payload, text);
}

/* What stands in front of a denied name is closed to making and removing: seatbelt_files_closed.c.
 * Of protected names README says so. */
static void tell_fronts(const struct seatbelt_input *in, const struct roots *roots)
{
    const struct file_rule *first = NULL;
    char text[512], shown[256], more[32];
    size_t count = 0;

    for (size_t i = 0; i < in->files->nrules; i++) {
        const struct file_rule *rule = &in->files->rules[i];
        const char *rest = rule->rest;

        rest += str_has_prefix(str_of(rest), STR("**/")) ? strlen("**/") : 0;
        if (rule->kind == FILE_PROTECTED || !roots_touch(roots, rule->base) ||
            rest[strcspn(rest, "/*?[")] != '/')
            continue;
        first = first ? first : rule;
        count++;
    }
    if (count == 0)
        return;
    str_escape(shown, sizeof shown, str_of(first->rest));
    snprintf(text, sizeof text,
             "what stands in front of a denied name cannot be made, renamed or removed: \"%s\"%s",
             shown, seatbelt_and_more(more, count));
    in->told(in->payload, text);
}

/* ---- all of it ---- */

int seatbelt_tell(const struct seatbelt_input *in)
{
    const struct fence_config *config = in->config;
    struct roots roots;

    if (roots_init(&roots, in->files) < 0)
        return -ENOMEM;
    if (config->devices.count > 0)
        in->told(in->payload, "devices.allow is not held: a profile opens no device but a "
                              "program's usual ones");
    if (!config->env_inherit || config->env_allow.count + config->env_deny.count > 0 ||
        config->env_set.count > 0)
        in->told(in->payload, "environment is not held: start the command with env -i and what it "
                              "is to have");
    if (config->force_new_session)
        in->told(in->payload, "forceNewSession is not held: start the command in a terminal of "
                              "its own, by script(1)");
    if (config->allow_nested)
        in->told(in->payload, "allowNested opens nothing: macOS makes no sandbox within another");
    if (config->local_binding || in->nports > 0)
        in->told(in->payload, "what the command listens at, other machines may reach: a profile "
                              "does not tell the loopback from other addresses of this machine");
    if (in->files->roots.count > 0)
        in->told(in->payload, "a git repository that the command makes is not looked through: git "
                              "runs what its config and hooks name");
    tell_fronts(in, &roots);
    tell_patterns(in, &roots);
    roots_deinit(&roots);
    return 0;
}
