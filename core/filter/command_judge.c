/* SPDX-License-Identifier: Apache-2.0
 * command_judge.c - see command_judge.h. */
#include "filter/command_judge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter/shell_wrappers.h"
#include "filter/ssh_rules.h"

static const char default_key[] = "command.useDefaults";

void command_show(char *out, size_t cap, const struct shell_word *words, size_t count)
{
    size_t at = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && at + 2 < cap; i++) {
        if (i > 0)
            out[at++] = ' ';
        at += str_escape(out + at, cap - at, words[i].text);
    }
}

static void name_rule(struct command_refusal *out, const struct fence_config *config,
                      const struct command_match *match)
{
    snprintf(out->rule, sizeof out->rule, "%s", match->rule);
    if (strcmp(match->key, default_key) == 0)
        snprintf(out->key, sizeof out->key, "%s", match->key);
    else
        config_place_name(out->key, sizeof out->key, config, match->key,
                          (struct config_place){match->source, match->index});
}

bool command_refuses(struct command_refusal *out, const struct fence_config *config,
                     const struct shell_word *words, size_t count)
{
    struct command_match match;
    struct ssh_refusal ssh;

    *out = (struct command_refusal){0};
    commands_judge(&match, &config->commands, words, count);
    if (match.verdict == COMMAND_DENIED) {
        name_rule(out, config, &match);
    } else if (ssh_refuses(&ssh, config, words, count)) {
        snprintf(out->rule, sizeof out->rule, "%s", ssh.rule);
        snprintf(out->key, sizeof out->key, "%s", ssh.rule);
        snprintf(out->message, sizeof out->message, "%s", ssh.message);
    } else {
        return false;
    }
    command_show(out->command, sizeof out->command, words, count);
    return true;
}

struct line {
    struct command_refusal *out;
    const struct fence_config *config;
};

/* A shell_found. */
static int judge(void *payload, const struct shell_word *words, size_t count)
{
    struct line *line = payload;

    return command_refuses(line->out, line->config, words, count);
}

static int refuse_unread(struct command_refusal *out, const struct shell_word *words, size_t count)
{
    *out = (struct command_refusal){.rule = "built-in", .key = "built-in"};
    command_show(out->command, sizeof out->command, words, count);
    snprintf(
        out->message, sizeof out->message,
        "command blocked by sandbox command policy: it is too long or too deep to be read: put it "
        "into a script");
    return 1;
}

int command_line_refuses(struct command_refusal *out, const struct fence_config *config,
                         const char *const *argv)
{
    struct line line = {out, config};
    auto_free struct shell_word *words = NULL;
    size_t count = 0;
    int rc;

    while (argv[count])
        count++;
    words = calloc(count + 1, sizeof *words);
    for (size_t i = 0; words && i < count; i++)
        words[i] = (struct shell_word){str_of(argv[i]), true};
    rc = words ? shell_walk_words(words, count, judge, &line) : -ENOMEM;
    return rc == -E2BIG ? refuse_unread(out, words, count) : rc;
}

void command_explain(char *out, size_t cap, const struct command_refusal *refusal)
{
    if (refusal->message[0])
        snprintf(out, cap, "%s", refusal->message);
    else
        snprintf(out, cap, "command blocked by %ssandbox command policy: \"%s\" matches \"%s\"",
                 strcmp(refusal->key, default_key) == 0 ? "default " : "", refusal->command,
                 refusal->rule);
}
