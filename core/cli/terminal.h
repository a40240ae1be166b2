/* SPDX-License-Identifier: Apache-2.0
 * terminal.h - the terminal that fence shares with its command: stopped when the command is, and
 * left as it was found. */
#ifndef FENCE_CLI_TERMINAL_H
#define FENCE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct terminal {
    bool known;          /* whether there is something to put back */
    bool blocking[3];    /* whether a read or write of 0 to 2 waits */
    struct termios mode; /* of standard input                       */
};

/* Looks at the terminal, if both standard input and output are one, and fence is in front of it:
 * in a pipeline the modes may be another program's affair. */
void terminal_remember(struct terminal *out);

/* Puts back what has changed since: its modes, O_NONBLOCK, and who is in front of it, unless that
 * is somebody outside. */
void terminal_restore(const struct terminal *terminal);

/* From now on SIGTTIN and SIGTTOU, but for those in `ignored` (bit n-1), can be read from the
 * descriptor returned, and our own reads and writes cause none. -1 where that cannot be had: then
 * they are ignored. Before any thread is made. */
int terminal_catch_stops(uint64_t ignored);

/* Reads them, and stops until SIGCONT, if the command was stopped as it is in the background. */
void terminal_stop(int fd);

#endif
