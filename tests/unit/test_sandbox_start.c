/* SPDX-License-Identifier: Apache-2.0
 * test_sandbox_start.c - a sandbox that does not come up, in a time of the test's own. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/clock.h"
#include "support/namespace.h"
#include "support/put_bwrap.h"
#include "support/run.h"

static void turn(struct run *run)
{
    struct pollfd ready = {fence_fd(run->engine), POLLIN, 0};

    poll(&ready, 1, fence_timeout(run->engine) == 0 ? 0 : 5);
    fence_step(run->engine);
}

static void test_hangs(void **state)
{
    static const char *const argv[] = {"true", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    char folder[] = "/var/tmp/fence-hangs-XXXXXX", path[128], bwrap[128];
    const char *env[] = {path, NULL};
    struct run run = {.engine = open_engine("{}"), .out = -1};
    fence_error err = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    put_bwrap(folder, "exec sleep 1000"); /* and leaves no child of its own behind */
    snprintf(path, sizeof path, "PATH=%s:/usr/bin:/bin", folder);
    options.argv = argv;
    options.env = env;
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err) != 0)
        fail_msg("%s", err.message);
    turn(&run);
    now_ms += LIMIT_START_MS - 1000;
    for (int i = 0; i < 10; i++)
        turn(&run);
    assert_int_equal(run.exits, 0);
    now_ms += 1000;
    turn(&run);
    now_ms += LIMIT_ABANDON_MS; /* it does not give up by itself */
    for (int i = 0; i < 1000 && run.exits == 0; i++)
        turn(&run);
    assert_int_equal(run.exits, 1);
    assert_int_equal(run.result.status, 125);
    assert_non_null(strstr(run.result.error.message, "has not come up in 30 seconds: "));
    fence_close(run.engine);
    assert_true(no_child_left());
    snprintf(bwrap, sizeof bwrap, "%s/bwrap", folder);
    assert_int_equal(unlink(bwrap), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Once it is up, it may take its time. */
static void test_runs_for_long(void **state)
{
    static const char *const argv[] = {"sh", "-c", "echo up; read x; exit 5", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    struct run run = {.engine = open_engine("{}"), .out = -1};
    fence_error err = {0};
    int in[2], out[2];
    char byte;

    (void)state;
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
    options.argv = argv;
    options.stdio[0] = in[0];
    options.stdio[1] = out[1];
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < 2000 && read(out[0], &byte, 1) < 0; i++)
        turn(&run);
    now_ms += 10L * LIMIT_START_MS;
    for (int i = 0; i < 10; i++)
        turn(&run);
    assert_int_equal(run.exits, 0);
    assert_int_equal(write(in[1], "\n", 1), 1);
    for (int i = 0; i < 2000 && run.exits == 0; i++)
        turn(&run);
    assert_int_equal(run.result.status, 5);
    fence_close(run.engine);
    for (int i = 0; i < 2; i++) {
        close(in[i]);
        close(out[i]);
    }
    assert_true(no_child_left());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_runs_for_long),
    };

    if (!run_possible()) /* skipped, unless FENCE_REQUIRE_SANDBOX=1 */
        return namespace_required();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
