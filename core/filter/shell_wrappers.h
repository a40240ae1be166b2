/* SPDX-License-Identifier: Apache-2.0
 * shell_wrappers.h - programs whose work is to execute another one, which their words name: env,
 * sudo, xargs, timeout, sh -c and the like. */
#ifndef FENCE_FILTER_SHELL_WRAPPERS_H
#define FENCE_FILTER_SHELL_WRAPPERS_H

#include "filter/shell.h"

/* As shell_read(), for a script and for the words of a command: calls `found` for each simple
 * command, and then for what it wraps, to LIMIT_SHELL_DEPTH: the words behind `env A=b -u C`,
 * `sudo -u root`, `xargs -n 1`, `timeout 5`, `find . -exec`; the script of `sh -c SCRIPT`, eval,
 * trap and alias, and a here-document that a shell reads; git's aliases of the command line.
 *
 * A program is known by the last part of its path. Of unknown words in front of the command each
 * counts as one operand. What another machine executes (ssh), and other languages, are not read. */
int shell_walk(struct str script, shell_found found, void *payload);
int shell_walk_words(const struct shell_word *words, size_t count, shell_found found,
                     void *payload);

/* The same, but on from those alone for whose work no other execve(2) is made: what is many
 * programs in one file (busybox, coreutils), and the dynamic loader. Is it one of them? */
int shell_walk_programs(const struct shell_word *words, size_t count, shell_found found,
                        void *payload);
bool shell_holds_programs(struct str name);

#endif
