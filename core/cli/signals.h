/* SPDX-License-Identifier: Apache-2.0
 * signals.h - signals to this process, as something the engine's loop can read. */
#ifndef FENCE_CLI_SIGNALS_H
#define FENCE_CLI_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct signal_event {
    int signum;
    bool from_terminal; /* a key: everyone in the foreground has got it already */
};

/* The signals that this process was started with ignored (nohup does that): bit n-1. Ask before
 * anything else touches one. */
uint64_t signals_ignored(void);

/* Catches SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1 and SIGUSR2, but for those in `ignored`, and
 * ignores SIGPIPE, SIGTTOU and SIGXFSZ. Returns the descriptor to read events from, or -errno. */
int signals_catch(uint64_t ignored);

/* And SIGWINCH, SIGTSTP and SIGCONT, for a command whose terminal is another one than ours. */
void signals_catch_terminal(uint64_t ignored);

/* Stops this process group as Ctrl-Z does, until SIGCONT; at once where the kernel does not stop
 * one that no shell looks after, or SIGTSTP is ignored. */
void signals_stop(void);

/* The next one; false when there is none. */
bool signals_next(struct signal_event *out, int fd);

/* Of those the part that is not about a command: what every use of the library wants. */
void signals_settle(void);

#endif
