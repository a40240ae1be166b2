/* SPDX-License-Identifier: Apache-2.0
 * signals.c - the self-pipe: the handler writes down what came and from whom, the loop reads it.
 *
 * The one variable of this program that is neither constant nor local: a signal handler is given
 * no pointer, and must find the pipe. */
#include "cli/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static volatile sig_atomic_t pipe_to_loop = -1;

static void on_signal(int signum, siginfo_t *info, void *context)
{
    struct signal_event event = {signum, info->si_code == SI_KERNEL};
    int saved = errno;
    ssize_t rc = write(pipe_to_loop, &event, sizeof event);

    (void)rc; /* full: a thousand signals wait already */
    (void)context;
    errno = saved;
}

uint64_t signals_ignored(void)
{
    struct sigaction now;
    uint64_t ignored = 0;

    for (int signum = 1; signum < 32; signum++) {
        if (sigaction(signum, NULL, &now) == 0 && now.sa_handler == SIG_IGN)
            ignored |= UINT64_C(1) << (signum - 1);
    }
    return ignored;
}

void signals_settle(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, standard = {.sa_handler = SIG_DFL};

    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL); /* EFBIG says it as well, and can be explained */
    /* where a parent ignores it, the kernel would throw the sandbox's exit status away */
    sigaction(SIGCHLD, &standard, NULL);
}

static void catch_all(const int *caught, size_t count, uint64_t ignored)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};

    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < count; i++) {
        if (!(ignored >> (caught[i] - 1) & 1))
            sigaction(caught[i], &action, NULL);
    }
}

int signals_catch(uint64_t ignored)
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return -errno;
    pipe_to_loop = ends[1];
    catch_all(caught, sizeof caught / sizeof caught[0], ignored);
    /* under `stty tostop` a line of ours would stop us, and with us the network of a shell inside
     */
    sigaction(SIGTTOU, &ignore, NULL);
    sigaction(SIGTTIN, &ignore, NULL); /* the same for a question, once we are in the background */
    signals_settle();
    return ends[0];
}

void signals_catch_terminal(uint64_t ignored)
{
    static const int caught[] = {SIGWINCH, SIGTSTP, SIGCONT};

    catch_all(caught, sizeof caught / sizeof caught[0], ignored);
}

void signals_stop(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL}, before;

    sigaction(SIGTSTP, NULL, &before);
    if (before.sa_handler == SIG_IGN)
        return;
    sigaction(SIGTSTP, &standard, NULL);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &before, NULL);
}

bool signals_next(struct signal_event *out, int fd)
{
    return read(fd, out, sizeof *out) == sizeof *out;
}
