/* SPDX-License-Identifier: Apache-2.0
 * test_remains.c - pairs of processes in place of a sandbox: a first one, and what it has left. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/remains.h"

struct family {
    pid_t first, command;
};

/* A first process with a child, which is the command; both wait for their end. */
static struct family start(void)
{
    struct family family;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    family.first = fork();
    if (family.first == 0) {
        pid_t command = fork();

        if (command > 0) {
            if (write(ends[1], &command, sizeof command) < 0)
                _exit(1);
            waitpid(command, NULL, 0);
        }
        pause();
        _exit(0);
    }
    assert_int_equal(read(ends[0], &family.command, sizeof family.command), sizeof(pid_t));
    close(ends[0]);
    close(ends[1]);
    return family;
}

static void on_gone(uv_poll_t *poll, int status, int events)
{
    (void)status;
    (void)events;
    ++*(int *)poll->data;
    uv_close((uv_handle_t *)poll, NULL);
}

static void wait_until_gone(pid_t pid)
{
    siginfo_t info;

    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
}

static void test_left(void **state)
{
    struct family family = start();
    struct remains remains = {.pidfd = -1};
    uv_loop_t loop;
    int gone = 0;

    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(remains_hold(&remains, family.first), 0);
    assert_true(remains_await(&remains, &loop, on_gone, &gone));
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(gone, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
    remains_deinit(&remains);
    wait_until_gone(family.first);
    kill(family.command, SIGKILL); /* no namespace has taken it away here */
}

static void test_alone(void **state)
{
    struct family family = start();
    struct remains remains = {.pidfd = -1};
    siginfo_t info;
    uv_loop_t loop;
    int gone = 0;

    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(remains_hold(&remains, family.first), 0);
    kill(family.first, SIGKILL); /* ended, and not reaped: nobody is below it any more */
    assert_int_equal(waitid(P_PID, (id_t)family.first, &info, WEXITED | WNOWAIT), 0);
    assert_false(remains_await(&remains, &loop, on_gone, &gone));
    assert_null(remains.poll.data);
    wait_until_gone(family.first);
    assert_false(remains_await(&remains, &loop, on_gone, &gone)); /* nor itself */
    remains_deinit(&remains);
    assert_int_equal(uv_loop_close(&loop), 0);
    kill(family.command, SIGKILL);
}

static void test_not_found(void **state)
{
    struct remains remains = {.pidfd = -1};
    uv_loop_t loop;

    (void)state;
    uv_loop_init(&loop);
    assert_int_equal(remains_hold(&remains, 0x7fffffff), -ESRCH);
    assert_true(remains.pidfd < 0);
    assert_false(remains_await(&remains, &loop, on_gone, NULL));
    remains_deinit(&remains);
    assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_alone),
        cmocka_unit_test(test_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
