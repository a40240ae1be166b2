/* SPDX-License-Identifier: Apache-2.0
 * test_quota.c - the limits of a user namespace are lowered from outside, and ours are not. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/quota.h"

static const char path[] = "/proc/sys/user/max_inotify_instances";

static long read_limit(void)
{
    FILE *file = fopen(path, "re");
    long value = -1;

    if (file) {
        if (fscanf(file, "%ld", &value) != 1)
            value = -1;
        fclose(file);
    }
    return value;
}

/* A child in a user namespace of its own that tells its limit when it is asked. */
static pid_t start(int ask[2], int answer[2])
{
    pid_t pid;
    char byte = 0;

    assert_int_equal(pipe(ask), 0);
    assert_int_equal(pipe(answer), 0);
    pid = fork();
    if (pid == 0) {
        long limit = unshare(CLONE_NEWUSER) < 0 ? -errno : 0;

        if (write(answer[1], &limit, sizeof limit) < 0 || read(ask[0], &byte, 1) != 1)
            _exit(1);
        limit = read_limit();
        _exit(write(answer[1], &limit, sizeof limit) < 0);
    }
    return pid;
}

static void test_lower(void **state)
{
    int ask[2], answer[2];
    long ours = read_limit(), theirs = -1, begun = -1;
    pid_t pid = start(ask, answer);
    char byte = 0;

    (void)state;
    assert_int_equal(read(answer[0], &begun, sizeof begun), sizeof begun);
    if (begun != 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        print_message("no user namespaces here: %ld\n", begun);
        skip();
    }
    assert_int_equal(quota_lower(pid), 0);
    assert_int_equal(write(ask[1], &byte, 1), 1);
    assert_int_equal(read(answer[0], &theirs, sizeof theirs), sizeof theirs);
    waitpid(pid, NULL, 0);
    assert_int_equal(theirs, ours > 1 ? ours / 2 : theirs);
    assert_int_equal(read_limit(), ours);
    assert_int_equal(quota_lower(pid), -ENOENT); /* who has gone */
}

/* One's own namespace cannot be entered, and stays as it is. */
static void test_ours(void **state)
{
    long ours = read_limit();

    (void)state;
    assert_int_equal(quota_lower(getpid()), -EINVAL);
    assert_int_equal(read_limit(), ours);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lower), cmocka_unit_test(test_ours)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
