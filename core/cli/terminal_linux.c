/* SPDX-License-Identifier: Apache-2.0
 * terminal_linux.c - who is in front of the terminal, and what the shell outside sees of it.
 *
 * The kernel stops a whole process group when one of it reads from the background. We are in that
 * group, and the only one of it that the shell waits for: it must see us stopped, or its fg would
 * not send the SIGCONT that the command waits for. But our own line under `stty tostop` must not
 * stop us, and with us the network of a shell inside: so the two signals are blocked, which lets
 * our own writes pass, and read from a descriptor. */
#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* Is there somebody of this process group who is not of the sandbox? What cannot be seen belongs to
 * another user, and is outside. */
static bool is_outside(pid_t group)
{
    struct stat ours, theirs;
    char path[48];

    snprintf(path, sizeof path, "/proc/%d/ns/pid", (int)group);
    if (stat("/proc/self/ns/pid", &ours) < 0)
        return true;
    if (stat(path, &theirs) == 0)
        return ours.st_ino == theirs.st_ino;
    if (errno == EACCES || errno == EPERM)
        return true;
    return kill(-group, 0) == 0 || errno == EPERM; /* its leader is gone */
}

/* ---- as it was ---- */

static bool is_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags >= 0 && !(flags & O_NONBLOCK);
}

void terminal_remember(struct terminal *out)
{
    struct termios output;

    *out = (struct terminal){0};
    out->known = tcgetattr(STDIN_FILENO, &out->mode) == 0 &&
                 tcgetattr(STDOUT_FILENO, &output) == 0 && tcgetpgrp(STDIN_FILENO) == getpgrp();
    for (int fd = 0; out->known && fd < 3; fd++)
        out->blocking[fd] = is_blocking(fd);
}

static bool same_mode(const struct termios *a, const struct termios *b)
{
    return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag && a->c_cflag == b->c_cflag &&
           a->c_lflag == b->c_lflag && memcmp(a->c_cc, b->c_cc, sizeof a->c_cc) == 0;
}

void terminal_restore(const struct terminal *terminal)
{
    struct termios mode;
    pid_t front = terminal->known ? tcgetpgrp(STDIN_FILENO) : -1;

    if (front < 0)
        return;
    if (front != getpgrp() && (is_outside(front) || tcsetpgrp(STDIN_FILENO, getpgrp()) < 0))
        return;
    for (int fd = 0; fd < 3; fd++) {
        if (terminal->blocking[fd] && isatty(fd) && !is_blocking(fd))
            fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    }
    /* now, not once the output has been taken: Ctrl-S may hold that back for ever */
    if (tcgetattr(STDIN_FILENO, &mode) == 0 && !same_mode(&mode, &terminal->mode))
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal->mode);
}

/* ---- stopped with the command ---- */

int terminal_catch_stops(uint64_t ignored)
{
    static const int caught[] = {SIGTTIN, SIGTTOU};
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t set;
    int fd;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
        if (!(ignored >> (caught[i] - 1) & 1))
            sigaddset(&set, caught[i]);
    }
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return -1;
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (size_t i = 0; i < sizeof caught / sizeof caught[0]; i++) {
        if (sigismember(&set, caught[i]))
            sigaction(caught[i], &standard, NULL);
    }
    return fd;
}

/* Who is in front, or -1 without a terminal. */
static pid_t front_group(void)
{
    int fd = open("/dev/tty", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    pid_t front = fd < 0 ? -1 : tcgetpgrp(fd);

    if (fd >= 0)
        close(fd);
    return front;
}

/* Returns after SIGCONT; at once where the kernel does not stop a group that no shell looks after.
 */
static void stop_by(int signum)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, signum);
    raise(signum);
    pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
}

void terminal_stop(int fd)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == sizeof info) {
        pid_t front = front_group();

        if (front == getpgrp())
            kill(0, SIGCONT); /* fg was faster than we: the command was stopped, and we were not */
        else if (front < 0 || is_outside(front))
            stop_by((int)info.ssi_signo);
        /* else a shell inside has stopped one of its own */
    }
}
