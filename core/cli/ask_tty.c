/* SPDX-License-Identifier: Apache-2.0
 * ask_tty.c - one line on /dev/tty, and one line back.
 *
 * The terminal is the command's as well. It is asked for only while it reads whole lines: a program
 * that has put it into another mode, an editor or a coding agent, has the screen and the keys. */
#include "cli/ask_tty.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli/own_terminal.h"
#include "cli/print.h"

#define PATIENCE_S 30 /* unless told otherwise: clients give up after 30 to 60 */

struct queued {
    struct queued *next;
    fence_ask *ask;
    bool of_command;
    char question[];
};

static void ask_next(struct ask_tty *tty);

static bool in_front(const struct ask_tty *tty)
{
    return tcgetpgrp(tty->tty) == getpgrp();
}

/* What we took, if we still have it: meanwhile somebody may have stopped us, and the shell outside
 * has its terminal again. */
static void return_terminal(struct ask_tty *tty)
{
    if (tty->front > 0 && in_front(tty)) {
        tcsetpgrp(tty->tty, tty->front);
        kill(-tty->front, SIGCONT); /* whoever wanted to read meanwhile was stopped */
    }
    tty->front = 0;
    if (tty->holds)
        own_terminal_release(tty->own);
    tty->holds = false;
}

bool ask_tty_open(struct ask_tty *out, unsigned patience_s)
{
    *out = (struct ask_tty){.timer = -1, .patience_s = patience_s ? patience_s : PATIENCE_S};
    out->tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (out->tty < 0)
        return false;
    out->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (out->timer >= 0)
        return true;
    close(out->tty);
    out->tty = -1;
    return false;
}

void ask_tty_close(struct ask_tty *tty)
{
    return_terminal(tty);
    while (tty->first) {
        struct queued *next = tty->first->next;

        free(tty->first);
        tty->first = next;
    }
    if (tty->tty >= 0)
        close(tty->tty);
    if (tty->timer >= 0)
        close(tty->timer);
}

/* ---- whose terminal it is ---- */

/* The parent of a process, from /proc/PID/stat (proc(5)); 0 when it is gone. */
static pid_t parent_of(pid_t pid)
{
    char path[48], line[512];
    const char *behind_name;
    ssize_t got;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    got = read(fd, line, sizeof line - 1);
    close(fd);
    line[got > 0 ? got : 0] = '\0';
    behind_name = strrchr(line, ')');
    /* "(NAME) S 123": its state is one letter */
    return behind_name && strlen(behind_name) > 4 ? (pid_t)strtol(behind_name + 4, NULL, 10) : 0;
}

/* A process group's leader that we, or what we have started, have started. */
static bool is_ours(pid_t leader)
{
    for (int depth = 0; depth < 64 && leader > 1; depth++) {
        if (leader == getpid())
            return true;
        leader = parent_of(leader);
    }
    return false;
}

static bool reads_lines(const struct ask_tty *tty, const struct termios *mode)
{
    if (tty->own && own_terminal_has_keys(tty->own))
        return own_terminal_reads_lines(tty->own);
    return mode->c_lflag & ICANON;
}

/* Takes the terminal from a job inside, which would read the answer. Returns NULL, or why nobody
 * can be asked. */
static const char *take_terminal(struct ask_tty *tty)
{
    struct termios mode;
    pid_t front = tcgetpgrp(tty->tty);

    if (front < 0 || tcgetattr(tty->tty, &mode) < 0)
        return "the terminal is gone";
    if (!reads_lines(tty, &mode))
        return "a program inside has the whole terminal";
    if (front == getpgrp()) {
        tty->holds = tty->own != NULL;
        if (tty->holds)
            own_terminal_hold(tty->own);
        return NULL;
    }
    if (!is_ours(front))
        return "fence runs in the background";
    if (tcsetpgrp(tty->tty, getpgrp()) < 0)
        return "the terminal cannot be had";
    tty->front = front;
    return NULL;
}

/* ---- the question at hand ---- */

static void say(struct ask_tty *tty, const char *text)
{
    ssize_t rc = write(tty->tty, text, strlen(text));

    (void)rc; /* a terminal that takes nothing: the time runs out */
}

static void settle(struct ask_tty *tty, fence_verdict verdict, unsigned remember_seconds)
{
    struct queued *queued = tty->first;

    tty->first = queued->next;
    fence_ask_answer(queued->ask, verdict, remember_seconds);
    free(queued);
}

static void finish(struct ask_tty *tty, fence_verdict verdict, unsigned remember_seconds)
{
    struct itimerspec off = {0};

    fence_unwatch(tty->engine, tty->tty);
    timerfd_settime(tty->timer, 0, &off, NULL);
    fence_unwatch(tty->engine, tty->timer);
    return_terminal(tty);
    tty->asking = false;
    settle(tty, verdict, remember_seconds);
    ask_next(tty);
}

static void on_typed(fence *engine, int fd, void *payload)
{
    struct ask_tty *tty = payload;
    char line[256], *word = line;
    ssize_t got;

    (void)engine;
    if (!in_front(tty)) { /* sent to the background while it asked: those keys are another's */
        print_error("nobody was asked, as fence runs in the background: %s", tty->first->question);
        finish(tty, FENCE_DENY, 0);
        return;
    }
    got = read(fd, line, sizeof line - 1);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    line[got > 0 ? got : 0] = '\0';
    word += strspn(line, " \t");
    switch (tolower((unsigned char)*word)) {
    case 'y':
        finish(tty, FENCE_ALLOW, 0);
        return;
    case 'a':
        finish(tty, FENCE_ALLOW, FENCE_ASK_ALWAYS);
        return;
    case 'v':
        finish(tty, FENCE_DENY, FENCE_ASK_ALWAYS);
        return;
    default:
        finish(tty, FENCE_DENY, 0);
    }
}

static void on_late(fence *engine, int fd, void *payload)
{
    struct ask_tty *tty = payload;
    uint64_t times;

    (void)engine;
    if (read(fd, &times, sizeof times) != sizeof times)
        return;
    say(tty, "\n[fence:ask] nobody has answered: no\n");
    finish(tty, FENCE_DENY, 0);
}

/* Shows the question and waits. What was typed before it is no answer to it. */
static bool begin(struct ask_tty *tty)
{
    struct itimerspec late = {.it_value.tv_sec = tty->patience_s};
    char line[512];

    if (fence_watch(tty->engine, tty->tty, on_typed, tty, NULL) < 0)
        return false;
    if (fence_watch(tty->engine, tty->timer, on_late, tty, NULL) < 0) {
        fence_unwatch(tty->engine, tty->tty);
        return false;
    }
    timerfd_settime(tty->timer, 0, &late, NULL);
    tcflush(tty->tty, TCIFLUSH);
    snprintf(line, sizeof line,
             "[fence:ask] %s [y]es once, [a]lways in this run, [N]o, ne[v]er in this run: ",
             tty->first->question);
    say(tty, line);
    tty->asking = true;
    return true;
}

static void ask_next(struct ask_tty *tty)
{
    while (tty->first && !tty->asking) {
        const char *why;

        if (!fence_ask_awaited(tty->first->ask)) {
            settle(tty, FENCE_DENY, 0);
            continue;
        }
        why = take_terminal(tty);

        if (!why && begin(tty))
            return;
        print_error("nobody was asked, as %s: %s", why ? why : "descriptors are short",
                    tty->first->question);
        return_terminal(tty);
        settle(tty, FENCE_DENY, 0);
    }
}

bool ask_tty_holds_command(const struct ask_tty *tty)
{
    return tty->asking && tty->first->of_command;
}

void ask_tty_put(struct ask_tty *tty, fence_ask *ask, const fence_request *request,
                 const char *question)
{
    size_t size = strlen(question) + 1;
    struct queued *queued = malloc(sizeof *queued + size), **last = &tty->first;

    if (!queued) {
        fence_ask_answer(ask, FENCE_DENY, 0);
        return;
    }
    *queued = (struct queued){.ask = ask, .of_command = request->kind == FENCE_EXEC};
    memcpy(queued->question, question, size);
    while (*last)
        last = &(*last)->next;
    *last = queued;
    ask_next(tty);
}
