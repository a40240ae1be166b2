/* SPDX-License-Identifier: Apache-2.0
 * shell_walk.h - what the files behind shell_wrappers.h share. */
#ifndef FENCE_FILTER_SHELL_WALK_H
#define FENCE_FILTER_SHELL_WALK_H

#include "filter/shell_private.h"

struct shell_walk {
    struct shell_work *work;
    shell_found found;
    void *payload;
    bool only_programs; /* nothing is unwrapped but what holds programs */
};

struct shell_wrapper;
typedef int (*shell_unwrap)(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                            const struct shell_command *command, bool *input);

/* A program, and how to find in its words what it executes. Names stand between spaces. */
struct shell_wrapper {
    const char *names;
    shell_unwrap unwrap;
    const char *letters;     /* options that take a value: -n 5                        */
    const char *longs;       /* and by name: --signal KILL; a beginning of it is enough */
    const char *flags;       /* that take none, though each begins a name of `longs`         */
    const char *script;      /* of these, one letter and a name: the value is a script */
    const char *subcommands; /* the word that must come first: npm exec               */
    uint8_t operands;        /* words in front of the command: timeout 5 cmd           */
    bool assignments;        /* and A=b, any number of them                            */
    bool holds_programs;     /* no execve(2) is made for what it executes              */
};

struct shell_option {
    struct str letters; /* of a group: all up to the one with a value */
    struct str name;    /* of a long one, without the dashes          */
    struct str value;   /* in full                                    */
    bool has_value;
    bool is_script;
};

/* ---- shell_wrappers.c ---- */
int shell_walk_command(struct shell_walk *walk, const struct shell_command *command, bool *input);
int shell_walk_script(struct shell_walk *walk, struct str script);
int shell_walk_joined(struct shell_walk *walk, const struct shell_command *command, size_t from,
                      size_t to); /* as one script */
/* `first`, the words of `split` and the rest of the command from `from` on, as a command. */
int shell_walk_split(struct shell_walk *walk, struct str first, struct str split,
                     const struct shell_command *command, size_t from);
struct shell_command shell_rest(const struct shell_command *command, size_t from);

/* ---- shell_option.c ---- */
/* Reads the option at `*at`, and moves behind it and its value. False at what is none; `--` is
 * passed. A word that is not known is no option. */
bool shell_option_read(struct shell_option *option, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, size_t *at);
bool shell_option_has(const struct shell_option *option, char letter);
bool shell_word_is(const struct shell_command *command, size_t at, struct str text);
bool shell_listed(const char *names, struct str name, bool beginning);

/* ---- shell_wrappers_table.c ---- */
const struct shell_wrapper *shell_wrapper_of(struct str name); /* without its folder; or NULL */

/* ---- shell_unwrap.c: programs whose words are options, operands and a command ---- */
int shell_unwrap_prefix(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                        const struct shell_command *command, bool *input);
int shell_unwrap_command(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                         const struct shell_command *command, bool *input);
int shell_unwrap_env(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                     const struct shell_command *command, bool *input);
int shell_unwrap_su(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                    const struct shell_command *command, bool *input);
int shell_unwrap_applet(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                        const struct shell_command *command, bool *input);
int shell_unwrap_coreutils(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                           const struct shell_command *command, bool *input);
int shell_unwrap_find(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                      const struct shell_command *command, bool *input);
int shell_unwrap_fd(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                    const struct shell_command *command, bool *input);

/* ---- shell_unwrap_script.c: programs that read shell ---- */
int shell_unwrap_shell(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, bool *input);
int shell_unwrap_joined(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                        const struct shell_command *command, bool *input);
int shell_unwrap_parallel(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                          const struct shell_command *command, bool *input);
int shell_unwrap_alias(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                       const struct shell_command *command, bool *input);
int shell_unwrap_trap(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                      const struct shell_command *command, bool *input);
int shell_unwrap_git(struct shell_walk *walk, const struct shell_wrapper *wrapper,
                     const struct shell_command *command, bool *input);

#endif
