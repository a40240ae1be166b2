/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_exec.c - see seatbelt_exec.h. The kernel compares the path of the file itself, behind
 * all links: a copy of another name passes, which needs the program to be writable or read. What a
 * link leads to is closed only where no other program can be meant: systemctl is more than the
 * reboot that leads to it. */
#include "sandbox/seatbelt_exec.h"

#include <errno.h>
#include <stdio.h>

#include "base/base.h"
#include "sandbox/seatbelt_rule.h"

struct writing {
    struct buf *profile;
    const struct seatbelt_exec_input *in;
    const struct commands *commands;
    size_t of_words;        /* rules that need more than the program's name */
    const char *words;      /* the first of them   */
    const char *split, *by; /* the first one of which a rule allows a part, and that rule */
    size_t nsplit;
    const struct seatbelt_link *link; /* the first that leads to what stays open */
    size_t nlinks;
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

/* "python3.11" is python3, unless something allows it. */
static bool is_the_same(const struct commands *commands, struct str name, struct str other)
{
    const struct command_rule *part;

    return other.len >= name.len && str_equal_nocase(str_slice(other, 0, name.len), name) &&
           !find_allowed(&part, commands, other) && !part;
}

static int deny_links(struct writing *w, struct str name)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < w->in->nlinks; i++) {
        const struct seatbelt_link *link = &w->in->links[i];
        struct seatbelt_rule rule = {.profile = w->profile, .says = "deny process-exec*"};

        if (!str_equal(str_of(link->name), name))
            continue;
        if (!is_the_same(w->commands, name, str_base_name(str_of(link->path)))) {
            w->link = w->nlinks++ == 0 ? link : w->link;
            continue;
        }
        rc = seatbelt_rule_path(&rule, "literal", link->path);
        if (rc == 0)
            rc = seatbelt_rule_end(&rule);
    }
    return rc;
}

static int write_rule(struct writing *w, const struct command_rule *rule)
{
    const struct command_rule *part;
    int rc;

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
    rc = deny(w->profile, rule->tokens[0]);
    return rc == 0 ? deny_links(w, rule->tokens[0]) : rc;
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

static void tell_links(const struct writing *w)
{
    char text[512], shown[256];

    str_escape(shown, sizeof shown, str_of(w->link->path));
    snprintf(text, sizeof text,
             "%zu programs that command rules deny are links to others, \"%.100s\" to %s the "
             "first, and not closed to what the command starts: deny those by name",
             w->nlinks, w->link->name, shown);
    w->in->told(w->in->payload, text);
}

static void tell_rest(const struct writing *w)
{
    const struct config_ssh *ssh = &w->in->config->ssh;
    seatbelt_told told = w->in->told;
    void *payload = w->in->payload;
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
    if (w->nlinks > 0)
        tell_links(w);
    if (ssh->allowed_hosts.count + ssh->denied_hosts.count > 0)
        told(payload, "the rules of ssh are not held for what the command starts: name the hosts "
                      "in network.allowedDomains");
    if (w->in->asks)
        told(payload, "on_exec is asked about the command alone, not about what it starts");
}

int seatbelt_exec(struct buf *profile, const struct seatbelt_exec_input *in)
{
    const struct commands *commands = &in->config->commands;
    struct writing w = {.profile = profile, .in = in, .commands = commands};
    size_t defaults = commands->use_defaults ? ncommand_defaults : 0;
    int rc = 0;

    if (commands->held) {
        rc = write_list(&w, commands->deny.list, commands->deny.count);
        if (rc == 0)
            rc = write_list(&w, command_defaults, defaults);
    }
    if (rc == 0)
        tell_rest(&w);
    return rc;
}
