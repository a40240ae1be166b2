/* SPDX-License-Identifier: Apache-2.0
 * commands.h - command.deny, command.allow and the default list: which words may be executed.
 *
 * A rule is a program's name and words that must follow it: "git push" denies `git push origin`,
 * and
 * `/usr/bin/git -C x push`, as options between the program and the first word, or between words,
 * are passed over. A word of the rule that begins with '-' may stand anywhere behind, with those of
 * the rule behind it: "docker run -v /:/" is `docker run -it -v /:/host x`. One that ends with '='
 * may stand anywhere, whatever its value: "dd if=". What is allowed is not denied. */
#ifndef FENCE_FILTER_COMMANDS_H
#define FENCE_FILTER_COMMANDS_H

#include "base/base.h"
#include "base/limits.h"
#include "filter/shell.h"

struct command_rule {
    const char *text; /* as written */
    struct str tokens[LIMIT_COMMAND_TOKENS];
    size_t ntokens;
    size_t nhead; /* those in front that have their place: the program, and words behind it */
    uint32_t source, index; /* where it was written: config_place_name() */
    char *bytes;            /* of the tokens; NULL of the default ones */
};

struct command_rules {
    struct command_rule *list;
    size_t count;
};

/* Reads a rule: words between blanks, quotes as in a shell. Returns 0, -ENOMEM, or -EINVAL with
 * `why` set to a static sentence; nothing is added then. */
int command_rules_add(struct command_rules *rules, struct str text, const char **why);
void command_rules_deinit(struct command_rules *rules);

/* The default list, the ancestor's: what ends the machine, changes its disks and kernel, or leads
 * out of a sandbox. */
extern const struct command_rule command_defaults[];
extern const size_t ncommand_defaults;

struct commands { /* of a configuration */
    struct command_rules deny, allow;
    bool use_defaults;
    bool held; /* the user has written some of it: it holds for children, too */
};

enum command_verdict { COMMAND_NO_RULE, COMMAND_ALLOWED, COMMAND_DENIED };

struct command_match {
    enum command_verdict verdict;
    const char *rule; /* as written; NULL without one */
    const char *key;  /* "command.deny", static       */
    uint32_t source, index;
};

/* By the words of a simple command, of which the first is judged by its last part: "/usr/bin/git"
 * is git. Words that are not whole match what is certain. */
void commands_judge(struct command_match *out, const struct commands *commands,
                    const struct shell_word *words, size_t count);

#endif
