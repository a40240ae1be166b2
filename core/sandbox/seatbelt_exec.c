/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_exec.c - see seatbelt_exec.h. The kernel compares the path of the file itself, behind
 * all links: a copy of another name passes, which needs the program to be writable or read; and a
 * link to a program of another name is that one, which no rule means. */
#include "sandbox/seatbelt_exec.h"

#include <errno.h>
#include <stdio.h>

#include "base/base.h"
#include "sandbox/seatbelt_text.h"

struct writing {
    struct buf *profile;
    const struct commands *commands;
    size_t of_words;        /* rules that need more than the program's name */
    const char *words;      /* the first of them   */
    const char *split, *by; /* the first one of which a rule allows a part, and that rule */
    size_t nsplit;
};

/* ---- one program ---- */

static int deny(struct buf *profile, struct str name)
{
    int rc = buf_append_text(profile, "(deny process-exec* (regex #\"/");

    for (size_t i = 0; rc == 0 && i < name.len; i++)
        rc = seatbelt_character(profile, name.bytes[i]);
    return rc == 0 ? buf_append_text(profile, "$\"))\n") : rc;
}

/* ---- the rules ---- */

/* Of those that allow: one for all of the program, or NULL with `part` one for some of it. */
static const struct command_rule *find_allowed(const struct command_rule **part,
                                               const struct commands *commands, struct str name)
{
    *part = NULL;
    for (size_t i = 0; i < commands->allow.count; i++) {
        const struct command_rule *rule = &commands->allow.list[i];

        if (!str_equal(rule->tokens[0], name))
            continue;
        if (rule->ntokens == 1)
            return rule;
        *part = rule;
    }
    return NULL;
}

static bool is_denied_before(const struct command_rule *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].ntokens == 1 && str_equal(list[i].tokens[0], name))
            return true;
    }
    return false;
}

static int write_rule(struct writing *w, const struct command_rule *rule)
{
    const struct command_rule *part;

    if (find_allowed(&part, w->commands, rule->tokens[0]))
        return 0;
    if (rule->ntokens > 1) {
        w->words = w->of_words++ == 0 ? rule->text : w->words;
        return 0;
    }
    if (part) {
        w->by = w->nsplit == 0 ? part->text : w->by;
        w->split = w->nsplit++ == 0 ? rule->text : w->split;
        return 0;
    }
    return deny(w->profile, rule->tokens[0]);
}

static int write_list(struct writing *w, const struct command_rule *list, size_t count)
{
    const struct command_rules *own = &w->commands->deny;
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < count; i++) {
        bool again =
            is_denied_before(list, i, list[i].tokens[0]) ||
            (list != own->list && is_denied_before(own->list, own->count, list[i].tokens[0]));

        if (!again)
            rc = write_rule(w, &list[i]);
    }
    return rc;
}

/* ---- what is not held ---- */

static void tell_rest(const struct writing *w, const struct config_ssh *ssh, bool asks,
                      seatbelt_told told, void *payload)
{
    char text[512];

    if (w->of_words > 0) {
        snprintf(text, sizeof text,
                 "%zu command rules of more than a program's name, \"%.100s\" the first, are not "
                 "held for what the command starts: macOS does not show its words",
                 w->of_words, w->words);
        told(payload, text);
    }
    if (w->nsplit > 0) {
        snprintf(text, sizeof text,
                 "%zu programs that command.deny names are not closed to what the command starts, "
                 "\"%.100s\" the first, as command.allow lets \"%.100s\" pass and macOS does not "
                 "show words",
                 w->nsplit, w->split, w->by);
        told(payload, text);
    }
    if (ssh->allowed_hosts.count + ssh->denied_hosts.count > 0)
        told(payload, "the rules of ssh are not held for what the command starts: name the hosts "
                      "in network.allowedDomains");
    if (asks)
        told(payload, "on_exec is asked about the command alone, not about what it starts");
}

int seatbelt_exec(struct buf *profile, const struct fence_config *config, bool asks,
                  seatbelt_told told, void *payload)
{
    struct writing w = {.profile = profile, .commands = &config->commands};
    size_t defaults = config->commands.use_defaults ? ncommand_defaults : 0;
    int rc = 0;

    if (config->commands.held) {
        rc = write_list(&w, config->commands.deny.list, config->commands.deny.count);
        if (rc == 0)
            rc = write_list(&w, command_defaults, defaults);
    }
    if (rc == 0)
        tell_rest(&w, &config->ssh, asks, told, payload);
    return rc;
}
