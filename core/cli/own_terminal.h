/* SPDX-License-Identifier: Apache-2.0
 * own_terminal.h - --clean-tty: the command has a terminal of its own, and what it prints there
 * reaches the user's by clean_text.h.
 *
 * A thread carries bytes between the two, so that a terminal that takes nothing holds up nothing
 * else. Everything here may be called from one other thread. */
#ifndef FENCE_CLI_OWN_TERMINAL_H
#define FENCE_CLI_OWN_TERMINAL_H

#include <fence/fence.h>
#include <stdbool.h>

struct own_terminal;

/* Makes it, with the modes and the size of the user's. Writes NULL where there is none: then the
 * command can reach none. Returns 0, or a negative number with `err` filled in. */
int own_terminal_open(struct own_terminal **out, fence_error *err);

/* For the command: its terminal, and each stream that is one. Until own_terminal_lent(). */
void own_terminal_lend(struct own_terminal *own, fence_sandbox_options *options);

/* Bytes flow from now on, and the user's terminal passes on each key as it is. After signals have
 * been caught. */
int own_terminal_start(struct own_terminal *own, fence_error *err);

/* The sandbox has it, or never will. Takes NULL. */
void own_terminal_lent(struct own_terminal *own);

/* What was printed so far is shown; then nothing flows, and the user's terminal is as it was, until
 * it is released as often. */
void own_terminal_hold(struct own_terminal *own);
void own_terminal_release(struct own_terminal *own);

/* Whether keys go to the command, and whether it reads whole lines. */
bool own_terminal_has_keys(struct own_terminal *own);
bool own_terminal_reads_lines(struct own_terminal *own);

/* SIGINT, SIGQUIT or SIGTSTP as its key would send it. False: nobody is in front of it yet. */
bool own_terminal_signal(struct own_terminal *own, int signum);

/* Another size, another group in front: looks again. */
void own_terminal_refresh(struct own_terminal *own);

/* SIGTTOU has come, which the thread may have asked for, and we run. If SIGCONT had to come first,
 * own_terminal_refresh() is called as well. */
void own_terminal_not_stopped(struct own_terminal *own);

/* The command has ended: shows the rest, puts back what it has left changed, and frees. Writes what
 * was dropped as clean_text_dropped() tells it, "" for nothing. Takes NULL. */
void own_terminal_end(struct own_terminal *own, char dropped[160]);

#endif
