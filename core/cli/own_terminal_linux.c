/* SPDX-License-Identifier: Apache-2.0
 * own_terminal_linux.c - pty(7): the command's terminal, and what becomes of the user's meanwhile.
 *
 * The keys are read as they are, Ctrl-C among them: the command's own terminal makes signals of
 * them, for whoever is in front there. So fence is in front of the user's terminal all the time,
 * or in the background with all it has. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/own_terminal_private.h"

#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41) /* asm-generic/ioctls.h, 4.13 */
#endif

#define OURS (O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)

static int complain(fence_error *err, const char *what)
{
    err->code = -errno;
    snprintf(err->message, sizeof err->message, "--clean-tty: %s: %s", what, strerror(errno));
    return err->code;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- the user's terminal ---- */

/* O_NONBLOCK holds for a description: one of our own. A terminal of another session is reached by a
 * stream alone, and the command would print there all the same. */
static int open_outer(void)
{
    char path[256];
    int fd = open("/dev/tty", OURS);

    for (int stream = 0; fd < 0 && stream < 3; stream++) {
        if (ttyname_r(stream, path, sizeof path) == 0)
            fd = open(path, OURS);
    }
    return fd;
}

bool own_in_front(const struct own_terminal *own)
{
    pid_t front = tcgetpgrp(own->outer);

    return front == getpgrp() || (front < 0 && errno == ENOTTY);
}

void own_copy_size(struct own_terminal *own)
{
    struct winsize size;

    if (own->outer >= 0 && own->master >= 0 && ioctl(own->outer, TIOCGWINSZ, &size) == 0)
        ioctl(own->master, TIOCSWINSZ, &size);
}

/* Speed, and what else a cable has, stay as they are; so does IUTF8. */
static void make_raw(struct termios *mode)
{
    mode->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON |
                                 IXANY | IXOFF);
    mode->c_oflag &= ~(tcflag_t)OPOST;
    mode->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    mode->c_cc[VMIN] = 1;
    mode->c_cc[VTIME] = 0;
}

static bool same(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_lflag == b->c_lflag &&
           a->c_cc[VMIN] == b->c_cc[VMIN] && a->c_cc[VTIME] == b->c_cc[VTIME];
}

/* Our own modes are none to put back. */
static void set_raw(struct own_terminal *own)
{
    struct termios now, mode;

    if (tcgetattr(own->outer, &now) < 0)
        return;
    mode = now;
    make_raw(&mode);
    if (own->raw && same(&mode, &now))
        return;
    own->before = now;
    own->raw = tcsetattr(own->outer, TCSANOW, &mode) == 0;
}

void own_take_keys(struct own_terminal *own)
{
    bool ours = !own->shared && own->outer >= 0 && own_in_front(own);

    if (ours && !own->raw) {
        own_copy_size(own);
        set_raw(own);
    }
    own->raw = own->raw && ours; /* behind us the shell has set it as it likes */
}

void own_give_back(struct own_terminal *own)
{
    if (own->raw && own->outer >= 0 && own_in_front(own))
        tcsetattr(own->outer, TCSANOW, &own->before);
    own->raw = false;
}

/* ---- the command's ---- */

/* As the user's, but for what a shell's line editor has set while we are behind it, or a pager. */
static void copy_modes(struct own_terminal *own)
{
    struct termios mode;

    if (tcgetattr(own->outer, &mode) == 0 && (mode.c_lflag & ICANON)) {
        tcsetattr(own->slave, TCSANOW, &mode);
    } else if (tcgetattr(own->slave, &mode) == 0) {
        mode.c_iflag |= IUTF8;
        tcsetattr(own->slave, TCSANOW, &mode);
    }
}

/* By descriptor: where /dev/pts is another one, its name would lead elsewhere. */
static int open_pair(struct own_terminal *own, fence_error *err)
{
    own->master = posix_openpt(OURS);
    if (own->master < 0 || grantpt(own->master) < 0 || unlockpt(own->master) < 0)
        return complain(err, "cannot make a terminal");
    own->slave = ioctl(own->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (own->slave < 0)
        return complain(err, "cannot open the terminal");
    copy_modes(own);
    own_copy_size(own);
    return 0;
}

/* Edges, as what is there may be for others: who is in front is asked at each. */
static int open_watch(struct own_terminal *own, fence_error *err)
{
    struct epoll_event keys = {.events = EPOLLIN | EPOLLET};

    own->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    own->edges = epoll_create1(EPOLL_CLOEXEC);
    if (own->wake < 0 || own->edges < 0 ||
        epoll_ctl(own->edges, EPOLL_CTL_ADD, own->outer, &keys) < 0)
        return complain(err, "cannot watch the terminal");
    return 0;
}

static bool is_shared(void)
{
    struct stat st;

    return fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

static void destroy(struct own_terminal *own)
{
    close_fd(&own->outer);
    close_fd(&own->edges);
    close_fd(&own->master);
    close_fd(&own->slave);
    close_fd(&own->wake);
    pthread_mutex_destroy(&own->lock);
    free(own);
}

int own_terminal_open(struct own_terminal **out, fence_error *err)
{
    int outer = open_outer(), rc;
    struct own_terminal *own;

    *out = NULL;
    if (outer < 0)
        return 0;
    own = calloc(1, sizeof *own);
    if (!own) {
        close(outer);
        errno = ENOMEM;
        return complain(err, "cannot make a terminal");
    }
    own->edges = own->master = own->slave = own->wake = -1;
    own->outer = outer;
    own->shared = is_shared();
    pthread_mutex_init(&own->lock, NULL);
    rc = open_pair(own, err);
    if (rc == 0)
        rc = open_watch(own, err);
    if (rc == 0)
        *out = own;
    else
        destroy(own);
    return rc;
}

void own_terminal_lend(struct own_terminal *own, fence_sandbox_options *options)
{
    options->terminal = own->slave;
    for (int fd = 0; fd < 3; fd++) {
        if (isatty(options->stdio[fd]))
            options->stdio[fd] = own->slave;
    }
}

void own_terminal_lent(struct own_terminal *own)
{
    if (own)
        close_fd(&own->slave);
}

int own_terminal_start(struct own_terminal *own, fence_error *err)
{
    sigset_t all, before;

    own_take_keys(own);
    sigfillset(&all); /* they are the other thread's */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    errno = pthread_create(&own->thread, NULL, own_pump, own);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (errno != 0)
        return complain(err, "cannot start a thread");
    own->started = true;
    return 0;
}

/* ---- from the other thread ---- */

void own_tell(struct own_terminal *own)
{
    uint64_t one = 1;
    ssize_t rc = write(own->wake, &one, sizeof one);

    (void)rc; /* it has been told often enough */
}

/* A program that stops has put its screen away before: that is still to be shown. */
static void show_all(struct own_terminal *own)
{
    struct pollfd fd = {own->outer, POLLOUT, 0};

    for (int turns = 0; turns < 1000 && own->outer >= 0; turns++) {
        if (!own_show(own) && (own->noutput == 0 || poll(&fd, 1, OWN_SHOW_MS) <= 0))
            return;
    }
}

void own_terminal_hold(struct own_terminal *own)
{
    pthread_mutex_lock(&own->lock);
    if (own->holds++ == 0) {
        show_all(own);
        own_give_back(own);
    }
    pthread_mutex_unlock(&own->lock);
}

void own_terminal_release(struct own_terminal *own)
{
    pthread_mutex_lock(&own->lock);
    if (--own->holds == 0)
        own_take_keys(own);
    pthread_mutex_unlock(&own->lock);
    own_tell(own);
}

bool own_terminal_has_keys(struct own_terminal *own)
{
    bool raw;

    pthread_mutex_lock(&own->lock);
    raw = own->raw;
    pthread_mutex_unlock(&own->lock);
    return raw;
}

/* The modes of the command's end can be asked for at ours. */
bool own_terminal_reads_lines(struct own_terminal *own)
{
    struct termios mode;
    bool lines;

    pthread_mutex_lock(&own->lock);
    lines = own->master >= 0 && tcgetattr(own->master, &mode) == 0 && (mode.c_lflag & ICANON);
    pthread_mutex_unlock(&own->lock);
    return lines;
}

bool own_terminal_signal(struct own_terminal *own, int signum)
{
    bool sent;

    pthread_mutex_lock(&own->lock);
    sent =
        own->master >= 0 && tcgetpgrp(own->master) > 0 && ioctl(own->master, TIOCSIG, signum) == 0;
    pthread_mutex_unlock(&own->lock);
    return sent;
}

void own_terminal_refresh(struct own_terminal *own)
{
    pthread_mutex_lock(&own->lock);
    own->asked = own->allowed = false;
    if (own->holds == 0)
        own_take_keys(own);
    if (own->raw) /* while we were stopped the shell may have set its own modes */
        set_raw(own);
    own_copy_size(own);
    pthread_mutex_unlock(&own->lock);
    own_tell(own);
}

void own_terminal_not_stopped(struct own_terminal *own)
{
    pthread_mutex_lock(&own->lock);
    own->asked = false;
    own->allowed = true;
    pthread_mutex_unlock(&own->lock);
    own_tell(own);
}

/* ---- the end ---- */

static void show_end(struct own_terminal *own)
{
    char end[CLEAN_TEXT_END];
    size_t len = clean_text_end(&own->text, end), done = 0;
    struct pollfd fd = {own->outer, POLLOUT, 0};

    while (own->outer >= 0 && done < len && poll(&fd, 1, OWN_SHOW_MS) == 1) {
        ssize_t rc = write(own->outer, end + done, len - done);

        if (rc < 0 && errno != EAGAIN && errno != EINTR)
            break;
        done += rc > 0 ? (size_t)rc : 0;
    }
}

void own_terminal_end(struct own_terminal *own, char dropped[160])
{
    *dropped = '\0';
    if (!own)
        return;
    own_terminal_lent(own);
    if (own->started) {
        pthread_mutex_lock(&own->lock);
        own->ending = true;
        pthread_mutex_unlock(&own->lock);
        own_tell(own);
        pthread_join(own->thread, NULL);
        show_end(own);
    }
    own_give_back(own);
    clean_text_dropped(dropped, &own->text);
    destroy(own);
}
