/* SPDX-License-Identifier: Apache-2.0
 * test_spawn_copy.c - a copy of this process does something, and nobody hears of its end. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/spawn.h"
#include "support/descriptors.h"

static volatile sig_atomic_t heard;

static void on_signal(int signum)
{
    (void)signum;
    heard = 1;
}

/* 'y' where no signal reaches it. */
static void say_signals(const void *argument)
{
    sigset_t now;
    char byte = 'n';

    if (sigprocmask(SIG_SETMASK, NULL, &now) == 0 && sigismember(&now, SIGTERM) == 1)
        byte = 'y';
    if (write(*(const int *)argument, &byte, 1) < 0)
        return;
}

static void never_end(const void *argument)
{
    (void)argument;
    for (;;)
        pause();
}

static void test_copy(void **state)
{
    size_t open = descriptors_open();
    sigset_t before, after;
    int ends[2], pidfd = -1;
    char byte;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    sigprocmask(SIG_SETMASK, NULL, &before);
    assert_int_equal(spawn_copy(&pidfd, say_signals, &ends[1]), 0);
    sigprocmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
    assert_int_equal(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    spawn_end(pidfd);
    close(pidfd);
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(descriptors_open(), open);
}

static void test_end(void **state)
{
    struct sigaction now = {.sa_handler = on_signal}, before;
    int pidfd = -1;

    (void)state;
    sigaction(SIGCHLD, &now, &before);
    assert_int_equal(spawn_copy(&pidfd, never_end, NULL), 0);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody's who does not know of it */
    assert_int_equal(errno, ECHILD);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), 0);
    spawn_end(pidfd);
    close(pidfd);
    assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    assert_int_equal(heard, 0);
    sigaction(SIGCHLD, &before, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
