/* SPDX-License-Identifier: Apache-2.0
 * test_sandbox_kill.c - signals, SIGKILL and fence_close() at every moment of a sandbox's life. */
#include <errno.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/namespace.h"
#include "support/run.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- signals, at every moment ---- */

static const char *const traps[] = {
    "sh", "-c", "trap 'echo trapped; exit 5' TERM; echo ready; while :; do sleep 0.05; done", NULL};
static const char *const stays[] = {"sh", "-c", "trap '' TERM; echo ready; sleep 600", NULL};
static const char *const sleeps[] = {"sh", "-c", "echo ready; exec sleep 600", NULL};

static void until_ready(struct run *run)
{
    char text[16];

    for (long until = sockets_now() + SOCKETS_PATIENCE; sockets_now() < until;) {
        if (read(run->out, text, sizeof text) > 0)
            return;
        sockets_turn(run->engine, run->out);
    }
    fail_msg("the command did not begin");
}

static const struct kill_row {
    const char *name;
    const char *const *argv;
    int (*send)(fence_sandbox *sandbox, int signum);
    bool ready; /* wait until the command says so */
    int signum, status;
    const char *out;
} kills[] = {
    {"a trap", traps, fence_kill, true, SIGTERM, 5, "trapped\n"},
    {"a trap, and time to end", traps, fence_terminate, true, SIGTERM, 5, "trapped\n"},
    {"without a trap", sleeps, fence_kill, true, SIGTERM, 143, ""},
    {"SIGKILL", stays, fence_kill, true, SIGKILL, 137, ""},
    {"SIGINT before it runs", sleeps, fence_kill, false, SIGINT, 130, ""},
    {"SIGKILL before it runs", sleeps, fence_kill, false, SIGKILL, 137, ""},
    {"to end before it runs", sleeps, fence_terminate, false, SIGTERM, 143, ""},
};

static void test_kills(void **state)
{
    (void)state;
    for (const struct kill_row *row = kills; row < kills + LEN(kills); row++) {
        struct run run = {.engine = open_engine("{}")};
        char text[64];

        spawn(&run, row->argv);
        if (row->ready)
            until_ready(&run);
        assert_int_equal(fence_kill(run.sandbox, 0), 0);
        assert_int_equal(fence_kill(run.sandbox, -1), -EINVAL);
        assert_int_equal(fence_kill(run.sandbox, 65), -EINVAL);
        if (row->send(run.sandbox, row->signum) != 0)
            fail_msg("%s: not sent", row->name);
        until_exit(&run);
        output(&run, text, sizeof text);
        if (run.result.status != row->status || run.result.error.code != 0 ||
            strcmp(text, row->out) != 0)
            fail_msg("%s: %d, '%s', '%s'", row->name, run.result.status, text,
                     run.result.error.message);
        fence_close(run.engine);
        assert_true(no_child_left());
    }
}

/* Wherever the start is, SIGTERM ends it as SIGTERM, never with an error. */
static void test_a_signal_at_every_moment(void **state)
{
    (void)state;
    for (int turns = 0; turns < 25; turns++) {
        struct run run = {.engine = open_engine("{}")};

        spawn(&run, sleeps);
        for (int i = 0; i < turns; i++) {
            fence_step(run.engine);
            usleep(1000);
        }
        assert_int_equal(fence_kill(run.sandbox, SIGTERM), 0);
        until_exit(&run);
        close(run.out);
        if (run.result.status != 143 || run.result.error.code != 0)
            fail_msg("after %d turns: %d, '%s'", turns, run.result.status,
                     run.result.error.message);
        fence_close(run.engine);
        assert_true(no_child_left());
    }
}

/* The command has the pipe: its end of file tells that all of it is gone. */
static void check_gone(const char *name, int out)
{
    struct pollfd fd = {out, POLLIN, 0};
    char text[64];
    ssize_t len = 1;

    while (len > 0 && poll(&fd, 1, SOCKETS_PATIENCE) == 1)
        len = read(out, text, sizeof text);
    if (len != 0)
        fail_msg("%s: the command lives on", name);
    close(out);
}

static void test_close_at_every_moment(void **state)
{
    size_t before = descriptors_open();
    char name[32];

    (void)state;
    for (int turns = 0; turns < 25; turns++) {
        struct run run = {.engine = open_engine("{}")};

        spawn(&run, stays);
        for (int i = 0; i < turns; i++) {
            fence_step(run.engine);
            usleep(1000);
        }
        fence_close(run.engine);
        snprintf(name, sizeof name, "after %d turns", turns);
        check_gone(name, run.out);
        assert_int_equal(run.exits, 0);
        if (!no_child_left() || descriptors_open() != before)
            fail_msg("%s: something is left", name);
    }
}

static void test_close_while_it_runs(void **state)
{
    struct run run = {.engine = open_engine("{}")};

    (void)state;
    spawn(&run, stays);
    until_ready(&run);
    fence_close(run.engine);
    check_gone("running", run.out);
    assert_int_equal(run.exits, 0);
    assert_true(no_child_left());
}

/* ---- process 1 ---- */

/* Its user can open what it has open, but for the second wall, which is not there where sandboxes
 * may nest: so it has nothing. */
static void test_process_1_has_nothing(void **state)
{
    static const char *const opens[] = {
        "sh", "-c",
        "ls /proc/self/fd/1 && i=0; while [ $i -lt 64 ]; do "
        "echo x 2>/dev/null >/proc/1/fd/$i && exit 8; i=$((i + 1)); done; exit 7",
        NULL};
    struct run run = {.engine = open_engine("{\"allowNested\": true}")};

    (void)state;
    spawn(&run, opens);
    until_exit(&run);
    assert_int_equal(run.result.status, 7);
    close(run.out);
    fence_close(run.engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kills),
        cmocka_unit_test(test_a_signal_at_every_moment),
        cmocka_unit_test(test_close_at_every_moment),
        cmocka_unit_test(test_close_while_it_runs),
        cmocka_unit_test(test_process_1_has_nothing),
    };

    if (!run_possible()) /* skipped, unless FENCE_REQUIRE_SANDBOX=1 */
        return namespace_required();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
