/* SPDX-License-Identifier: Apache-2.0
 * test_close_later.c - a pipe's end is closed, and the other end hears of it. */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/close_later.h"

#define HEARD_MS 10000

static void assert_heard(int end)
{
    struct pollfd it = {end, POLLIN, 0};

    assert_int_equal(poll(&it, 1, HEARD_MS), 1);
    assert_true(it.revents & POLLHUP);
}

static void test_released(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    close_later(ends[1]);
    assert_int_equal(fcntl(ends[1], F_GETFD), -1);
    assert_heard(ends[0]);
    close(ends[0]);
}

/* There is no descriptor to be had for the way round. */
static void test_without_descriptors(void **state)
{
    struct rlimit limit, none = {0};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none.rlim_max = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    close_later(ends[1]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_heard(ends[0]);
    close(ends[0]);
}

/* A second descriptor is not taken away. */
static void test_not_the_last(void **state)
{
    int ends[2], second;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    second = dup(ends[1]);
    close_later(ends[1]);
    assert_int_equal(write(second, "x", 1), 1);
    close(second);
    close(ends[0]);
}

/* What it is for. No descriptor is left open, however many there were. */
static void test_watches(void **state)
{
    int first = -1;

    (void)state;
    for (int i = 0; i < 20; i++) {
        int fd = inotify_init1(IN_CLOEXEC);

        assert_true(fd >= 0);
        assert_true(inotify_add_watch(fd, "/", IN_DELETE) > 0);
        if (first < 0)
            first = fd;
        assert_int_equal(fd, first);
        close_later(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_released),
        cmocka_unit_test(test_without_descriptors),
        cmocka_unit_test(test_not_the_last),
        cmocka_unit_test(test_watches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
