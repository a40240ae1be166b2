/* SPDX-License-Identifier: Apache-2.0
 * shell.h - what a line of shell would execute, as far as that can be known without executing it:
 * POSIX.1-2024, XCU 2, and what bash, dash, ksh and zsh have besides.
 *
 * Nothing is expanded that depends on when it runs: of such a word the part in front is known, and
 * no more. What cannot be known is not guessed; whoever executes it is asked again then. */
#ifndef FENCE_FILTER_SHELL_H
#define FENCE_FILTER_SHELL_H

#include "base/str.h"

struct shell_word {
    struct str text; /* without quotes and escapes; as much of it as is known */
    bool whole;      /* all of it is; else what follows depends on when it runs: $x, $(y), ~, *.c */
};

/* A simple command: assignments in front, and redirections, are left out. `words` are the callee's
 * to read until it returns. Returns 0 to go on, else what shell_read() is to return at once. */
typedef int (*shell_found)(void *payload, const struct shell_word *words, size_t count);

/* Calls `found` for each simple command of `script`, in the order in which they begin, whether it
 * would be reached or not: those of lists, pipelines, groups, subshells, functions, bodies of if,
 * for, while, until, case and select, here-documents, and of every substitution in any of them,
 * which come before the command that they stand in. Where shells part over what is a command, it is
 * one.
 *
 * A script that a shell would refuse is read as far as can be, as a shell has executed the lines
 * before. A NUL stands for something unknown. Returns 0; what `found` returned; -ENOMEM; or -E2BIG:
 * over LIMIT_SHELL_BYTES or _DEPTH, more than LIMIT_SHELL_WORDS in one command, or made to be read
 * again and again (LIMIT_SHELL_WORK). */
int shell_read(struct str script, shell_found found, void *payload);

#endif
