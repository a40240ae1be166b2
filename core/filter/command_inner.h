/* SPDX-License-Identifier: Apache-2.0
 * command_inner.h - one file that is many programs, and programs that are a way to start others
 * without execve(2) seeing them: busybox, toybox, coreutils, the dynamic loader. */
#ifndef FENCE_FILTER_COMMAND_INNER_H
#define FENCE_FILTER_COMMAND_INNER_H

#include "filter/shell.h"

/* The program that a command of `name` is told to be by its words: its name or path, and in `at`
 * which word it is, the others following. Empty: none. busybox sh -c is sh,
 * /lib64/ld-linux-x86-64.so.2
 * --argv0 x /usr/bin/git push is git. */
struct str command_inner(size_t *at, struct str name, const struct shell_word *words, size_t count);

/* Is it the name of one of them? */
bool command_has_inner(struct str name);

#endif
