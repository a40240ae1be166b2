/* SPDX-License-Identifier: Apache-2.0
 * own_pump_linux.c - the thread of own_terminal.h: keys one way, what is printed the other.
 *
 * It waits for what it can use alone: what the terminal does not take stays in the command's own,
 * whose writer then waits, as at any terminal. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "cli/own_terminal_private.h"

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- keys ---- */

/* Before there is a command in front, its terminal would send Ctrl-C to nobody: then it is ours. */
static void take_signals(struct own_terminal *own)
{
    static const struct {
        int key, signum;
    } keys[] = {{VINTR, SIGINT}, {VQUIT, SIGQUIT}, {VSUSP, SIGTSTP}};
    struct termios mode;
    char *at;

    own->there = own->there || tcgetpgrp(own->master) > 0;
    if (own->there || tcgetattr(own->master, &mode) < 0 || !(mode.c_lflag & ISIG))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        while ((at = memchr(own->keys, mode.c_cc[keys[i].key], own->nkeys))) {
            memmove(at, at + 1, --own->nkeys - (size_t)(at - own->keys));
            kill(getpid(), keys[i].signum);
        }
    }
}

static void read_keys(struct own_terminal *own)
{
    ssize_t got;

    if (own->nkeys > 0 || !own->raw || own->holds > 0 || own->ending)
        return;
    got = read(own->outer, own->keys, sizeof own->keys);
    if (got > 0)
        own->nkeys = (size_t)got;
    else if (got == 0 || (errno != EAGAIN && errno != EINTR))
        shut(&own->outer);
}

static void pass_keys(struct own_terminal *own)
{
    ssize_t done;

    if (own->outer >= 0)
        read_keys(own);
    if (own->nkeys == 0 || own->master < 0)
        return;
    take_signals(own);
    if (own->nkeys == 0)
        return;
    done = write(own->master, own->keys, own->nkeys);
    if (done < 0 && errno != EAGAIN && errno != EINTR)
        done = (ssize_t)own->nkeys; /* nobody is left to read them */
    if (done <= 0)
        return;
    own->nkeys -= (size_t)done;
    memmove(own->keys, own->keys + done, own->nkeys);
}

/* ---- what is printed ---- */

static void read_output(struct own_terminal *own)
{
    char bytes[OWN_OUTPUT];
    ssize_t got;

    if (own->noutput > 0 || own->master < 0)
        return;
    got = read(own->master, bytes, sizeof bytes);
    if (got > 0) {
        own->noutput = clean_text_feed(&own->text, own->output, bytes, (size_t)got);
        own->at = 0;
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        shut(&own->master); /* EIO: the last one has closed it */
    }
}

bool own_show(struct own_terminal *own)
{
    size_t left = own->noutput;
    ssize_t done;

    read_output(own);
    if (own->noutput == 0 || own->outer < 0)
        return false;
    done = write(own->outer, own->output + own->at, own->noutput);
    if (done < 0 && errno != EAGAIN && errno != EINTR)
        shut(&own->outer);
    if (done <= 0)
        return own->noutput != left;
    own->at += (size_t)done;
    own->noutput -= (size_t)done;
    return true;
}

/* In the background the kernel stops whoever prints under `stty tostop`, or sets the terminal's
 * modes, as a program does that wants the whole screen. It is us whom it must stop, as the command
 * has a terminal where it is in front. */
static bool may_print(struct own_terminal *own)
{
    struct termios ours, its;

    if (own->holds > 0)
        return false;
    if (own->ending || own->allowed || own->outer < 0 || own_in_front(own))
        return true;
    if (tcgetattr(own->outer, &ours) < 0 || tcgetattr(own->master, &its) < 0 ||
        (!(ours.c_lflag & TOSTOP) && (its.c_lflag & ICANON)))
        return true;
    if (!own->asked)
        kill(0, SIGTTOU);
    own->asked = true;
    return false;
}

/* ---- the loop ---- */

enum { WAKE, KEYS, COMMAND, SCREEN, WATCHED };

static void watch(const struct own_terminal *own, bool prints, struct pollfd fds[WATCHED])
{
    short command = 0;

    if (prints && own->noutput == 0)
        command |= POLLIN;
    if (own->nkeys > 0)
        command |= POLLOUT;
    fds[WAKE] = (struct pollfd){own->wake, POLLIN, 0};
    fds[KEYS] = (struct pollfd){own->outer < 0 ? -1 : own->edges, POLLIN, 0};
    fds[COMMAND] = (struct pollfd){command ? own->master : -1, command, 0};
    fds[SCREEN] = (struct pollfd){prints && own->noutput > 0 ? own->outer : -1, POLLOUT, 0};
}

/* One turn. A terminal that is gone hangs up the command's as well. */
static void turn(struct own_terminal *own, struct pollfd fds[WATCHED])
{
    bool prints = false;

    if (own->holds == 0 && !own->ending)
        own_take_keys(own);
    pass_keys(own);
    for (int i = 0; i < OWN_TURNS; i++) {
        prints = own->master >= 0 || own->noutput > 0 ? may_print(own) : false;
        if (!prints || !own_show(own))
            break;
    }
    if (own->outer < 0) {
        shut(&own->master);
        own->noutput = 0;
    }
    own->ended = own->ending && own->master < 0 && own->noutput == 0;
    watch(own, prints, fds);
}

static int patience(const struct own_terminal *own)
{
    if (!own->ending)
        return -1;
    return own->noutput > 0 ? OWN_STALL_MS : OWN_REST_MS;
}

void *own_pump(void *argument)
{
    struct own_terminal *own = argument;
    struct pollfd fds[WATCHED];
    struct epoll_event event = {0};
    uint64_t times;
    int wait;

    for (;;) {
        pthread_mutex_lock(&own->lock);
        if (event.events & (EPOLLHUP | EPOLLERR)) /* also where no key is read */
            shut(&own->outer);
        turn(own, fds);
        wait = own->ended ? 0 : patience(own);
        pthread_mutex_unlock(&own->lock);
        if (wait == 0 || poll(fds, WATCHED, wait) == 0)
            return NULL;
        if (fds[WAKE].revents && read(own->wake, &times, sizeof times) < 0)
            continue;
        if (fds[KEYS].revents)
            epoll_wait(own->edges, &event, 1, 0);
    }
}
