/* SPDX-License-Identifier: Apache-2.0
 * seatbelt_exec.c - see seatbelt_exec.h. The kernel compares the path of the file itself, behind
 * all links: a copy of another name passes, which needs the program to be writable or read. What a
 * link leads to is closed only where no other program can be meant: systemctl is more than the
 * reboot that leads to it. */
#include "sandbox/seatbelt_exec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/base.h"
#include "sandbox/seatbelt_rule.h"
#include "sandbox/seatbelt_told.h"

struct writing {
    struct buf *profile;
    const struct seatbelt_exec_input *in;
    const struct commands *commands;
    size_t of_words;        /* rules that need more than the program's name */
    const char *words;      /* the first of them   */
    const char *split, *by; /* the first one of which a rule allows a part, and that rule */
    size_t nsplit;
    const struct seatbelt_link *link; /* the first that leads to what stays open */
    size_t nlinks, nclosed;
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

/* By its own name. */
static bool is_denied(const struct commands *commands, struct str name)
{
    const struct command_rule *part;
    size_t defaults = commands->use_defaults ? ncommand_defaults : 0;

    return (is_denied_before(commands->deny.list, commands->deny.count, name) ||
            is_denied_before(command_defaults, defaults, name)) &&
           !find_allowed(&part, commands, name) && !part;
}

static int deny_links(struct writing *w, struct str name)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < w->in->nlinks; i++) {
        const struct seatbelt_link *link = &w->in->links[i];
        struct seatbelt_rule rule = {.profile = w->profile, .says = "deny process-exec*"};

        if (!str_equal(str_of(link->name), name))
            continue;
        if (is_denied(w->commands, str_base_name(str_of(link->path))))
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
    w->nclosed++;
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

/* The first of `count`, and how many more there are. */
FENCE_PRINTF(3, 4)
static void tell(const struct writing *w, size_t count, const char *fmt, ...)
{
    char text[512], more[32];
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len > 0 && (size_t)len < sizeof text)
        snprintf(text + len, sizeof text - (size_t)len, "%s", seatbelt_and_more(more, count));
    w->in->told(w->in->payload, text);
}

static void tell_rest(const struct writing *w)
{
    const struct config_ssh *ssh = &w->in->config->ssh;
    char shown[256];

    if (w->of_words > 0)
        tell(w, w->of_words,
             "command rules of more than a program's name are not held for what the command "
             "starts, as macOS does not show its words: \"%.100s\"",
             w->words);
    if (w->nsplit > 0)
        tell(w, w->nsplit,
             "programs of which command.allow lets a part pass are not closed to what the command "
             "starts, as macOS does not show words: \"%.100s\" (\"%.100s\" passes)",
             w->split, w->by);
    if (w->nclosed > 0)
        tell(w, 1,
             "copies of denied programs, and links of other names to them, are not closed to "
             "what the command starts");
    if (w->nlinks > 0) {
        str_escape(shown, sizeof shown, str_of(w->link->path));
        tell(w, w->nlinks,
             "denied programs that are links to others are not closed to what the command starts, "
             "unless those are denied by name: \"%.100s\" (%s)",
             w->link->name, shown);
    }
    if (ssh->allowed_hosts.count + ssh->denied_hosts.count > 0)
        tell(w, 1,
             "the rules of ssh are not held for what the command starts: name the hosts in "
             "network.allowedDomains");
    if (w->in->asks)
        tell(w, 1, "on_exec is asked about the command alone, not about what it starts");
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
