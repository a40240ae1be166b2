/* SPDX-License-Identifier: Apache-2.0
 * ask_tty.h - the questions of policies, asked at the terminal itself: never through the streams of
 * the command, which could answer them. */
#ifndef FENCE_CLI_ASK_TTY_H
#define FENCE_CLI_ASK_TTY_H

#include <fence/fence.h>
#include <stdbool.h>
#include <sys/types.h>

struct own_terminal;
struct queued;

struct ask_tty {
    fence *engine;
    struct own_terminal *own; /* of the command's; or NULL: it shares ours  */
    bool holds;               /* while a question is shown nothing flows    */
    int tty;                  /* /dev/tty; -1: there is none, and nobody is asked */
    int timer;                /* timerfd: how long the question at hand waits     */
    unsigned patience_s;      /* and that is so long                              */
    struct queued *first;     /* the question at hand, and those behind it        */
    bool asking;
    pid_t front; /* the command's process group, which gets the terminal back; or 0 */
};

/* Opens the terminal; each question waits for so many seconds, 0: half a minute. Returns whether
 * there is one. */
bool ask_tty_open(struct ask_tty *out, unsigned patience_s);

/* For fence_observer.on_ask: queues, and asks one after the other. What nobody answers in time is
 * denied; what nobody waits for when its turn comes is not asked. */
void ask_tty_put(struct ask_tty *tty, fence_ask *ask, const fence_request *request,
                 const char *question);

/* Whether the question at hand is about a command, which does not run yet. */
bool ask_tty_holds_command(const struct ask_tty *tty);

void ask_tty_close(struct ask_tty *tty); /* after fence_close(); answers nothing */

#endif
