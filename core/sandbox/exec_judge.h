/* SPDX-License-Identifier: Apache-2.0
 * exec_judge.h - may this be executed? By command.* and ssh.* of the settings, whatever the file is
 * called there. */
#ifndef FENCE_SANDBOX_EXEC_JUDGE_H
#define FENCE_SANDBOX_EXEC_JUDGE_H

#include "filter/command_judge.h"
#include "sandbox/exec_said.h"

/* Programs that rules name, by their first bytes: a copy or a link of another name is the same. */
struct exec_known {
    struct exec_known_program {
        struct str name; /* borrowed of the rules, or static */
        off_t size;
        size_t len;
        char head[EXEC_HEAD];
    } * list;
    size_t count;
};

/* Looks the rules' programs up in `path`, as PATH(7) is. A name that leads to a file of another
 * name is left out: that one is many programs, and by its name it is the one it is called by.
 * Returns 0 or -ENOMEM. */
int exec_known_find(struct exec_known *out, const struct fence_config *config, const char *path);
void exec_known_deinit(struct exec_known *known);

/* The name of what the file is; empty where it is none of them. */
struct str exec_known_name(const struct exec_known *known, const struct exec_file *file);

/* Whether a rule denies it, by one of its names. `said` is as it was when this returns; -ENOMEM
 * counts as denied. */
bool exec_refuses(struct command_refusal *out, const struct fence_config *config,
                  const struct exec_known *known, struct exec_said *said);

/* Is it what the kernel makes of `judged`, a script? Its interpreter, the word of its first line,
 * its path and its words: execve(2). */
bool exec_is_script_of(const struct exec_said *judged, const struct exec_said *now);

#endif
