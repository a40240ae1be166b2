/* SPDX-License-Identifier: Apache-2.0
 * command_judge.h - may this be executed? What command.* and ssh.* say together. */
#ifndef FENCE_FILTER_COMMAND_JUDGE_H
#define FENCE_FILTER_COMMAND_JUDGE_H

#include "filter/config.h"

struct command_refusal {
    char command[160]; /* its words, as they can be shown */
    char rule[128];    /* as it is written: git push */
    char key[96];      /* command.deny[3] */
    char message[400]; /* in place of that, of ssh.*; or empty */
};

/* By the words of one simple command. True: denied, and `out` says by what. */
bool command_refuses(struct command_refusal *out, const struct fence_config *config,
                     const struct shell_word *words, size_t count);

/* By all that the words of a command are known to execute: scripts of shells, what env or xargs
 * execute. What cannot be read to its end is denied. Returns 1: denied, 0, or -ENOMEM. */
int command_line_refuses(struct command_refusal *out, const struct fence_config *config,
                         const char *const *argv);

/* The sentence for a person: command blocked by sandbox command policy: "git push" matches "git
 * push". */
void command_explain(char *out, size_t cap, const struct command_refusal *refusal);

/* The words with spaces between, cut to what fits. */
void command_show(char *out, size_t cap, const struct shell_word *words, size_t count);

#endif
