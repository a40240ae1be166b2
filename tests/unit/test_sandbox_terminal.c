/* SPDX-License-Identifier: Apache-2.0
 * test_sandbox_terminal.c - a command with a terminal of its own: keys, stops, what process 1 has
 * open, and descriptors that are no terminal. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/descriptors.h"
#include "support/namespace.h"
#include "support/run.h"

struct screen {
    struct run run;
    int master, slave;
    char text[4096];
    size_t len;
    unsigned stops;
    bool resumes; /* at once, with what was stopped */
};

static void on_stopped(fence_sandbox *sandbox, void *payload)
{
    struct screen *s = CONTAINER_OF((struct run *)payload, struct screen, run);

    s->stops++;
    if (s->resumes)
        assert_int_equal(fence_kill(sandbox, SIGCONT), 0);
}

static void begin(struct screen *s, const char *settings, const char *script)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    fence_error err = {0};

    *s = (struct screen){.run = {.engine = open_engine(settings), .out = -1}};
    s->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    assert_true(s->master >= 0 && unlockpt(s->master) == 0);
    s->slave = open(ptsname(s->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(s->slave >= 0);
    options.argv = argv;
    options.terminal = options.stdio[0] = options.stdio[1] = options.stdio[2] = s->slave;
    options.on_stopped = on_stopped;
    if (fence_spawn(&s->run.sandbox, s->run.engine, &options, on_exit_of, &s->run, &err) != 0)
        fail_msg("%s", err.message);
    close(s->slave);
}

static void look(struct screen *s)
{
    ssize_t got = read(s->master, s->text + s->len, sizeof s->text - 1 - s->len);

    s->len += got > 0 ? (size_t)got : 0;
    s->text[s->len] = '\0';
}

/* Until the screen has `text`, or it is stopped so often; NULL: until its end. */
static void until(struct screen *s, const char *text, unsigned stops)
{
    long late = sockets_now() + 2 * SOCKETS_PATIENCE;

    while (!s->run.exits && !(text && strstr(s->text, text) && s->stops >= stops)) {
        if (sockets_now() > late)
            fail_msg("waited in vain for '%s': %s", text ? text : "the end", s->text);
        sockets_turn(s->run.engine, s->master);
        look(s);
    }
    look(s);
    if (text && !strstr(s->text, text))
        fail_msg("ended without '%s': %s", text, s->text);
}

static void finish(struct screen *s, int status)
{
    until(s, NULL, 0);
    if (s->run.result.status != status)
        fail_msg("ended with %d: %s%s", s->run.result.status, s->text, s->run.result.error.message);
    fence_close(s->run.engine);
    close(s->master);
    assert_true(no_child_left());
}

static void type(struct screen *s, const char *keys)
{
    assert_int_equal(write(s->master, keys, strlen(keys)), strlen(keys));
}

/* cat has answered: it waits for a key, and no shell is between it and us. */
static void begin_cat(struct screen *s)
{
    begin(s, "{}", "exec cat");
    type(s, "up\r");
    until(s, "up\r\nup", 0);
}

static void test_keys(void **state)
{
    static const struct {
        const char *name, *keys;
        int status;
    } rows[] = {{"Ctrl-C", "\x03", 130}, {"Ctrl-\\", "\x1c", 131}, {"Ctrl-D", "\x04", 0}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct screen s;

        begin_cat(&s);
        type(&s, rows[i].keys);
        finish(&s, rows[i].status);
    }
}

static void test_dev_tty(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{}", "exec </dev/null; read x </dev/tty; exit $x");
    type(&s, "7\r");
    finish(&s, 7);
}

static void test_no_command(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{}", "exec /nonexistent");
    finish(&s, 127);
}

/* A job like any other: not the session's leader, and in front. */
static void test_places(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{}",
          "read -r pid name state parent group session tty front rest </proc/self/stat; "
          "echo $pid $parent $group $session $front");
    until(&s, "2 1 2 1 2\r\n", 0);
    finish(&s, 0);
}

static void test_stops(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{}", "echo up; kill -STOP $$; echo again; kill -TSTP $$; echo end");
    s.resumes = true;
    until(&s, "up", 1);
    until(&s, "end", 2);
    finish(&s, 0);
    assert_int_equal(s.stops, 2);
}

static void test_stopped_by_a_key(void **state)
{
    struct screen s;

    (void)state;
    begin_cat(&s);
    for (unsigned i = 1; i <= 3; i++) {
        s.text[s.len = 0] = '\0';
        type(&s, "\x1a");
        until(&s, "^Z", i);
        assert_int_equal(s.run.exits, 0);
        type(&s, "on\r");
        assert_int_equal(fence_kill(s.run.sandbox, SIGCONT), 0);
        until(&s, "on\r\non", i);
    }
    type(&s, "\x04");
    finish(&s, 0);
    assert_int_equal(s.stops, 3);
}

/* SIGCONT goes to all of the job; a stop of a child alone is nobody's affair. */
static void test_stops_of_a_job(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{}",
          "sh -c 'kill -STOP $$; echo on' & while ! grep -q stopped /proc/$!/status; do :; done; "
          "echo up; kill -STOP $$; wait");
    until(&s, "up", 1);
    assert_int_equal(s.stops, 1);
    assert_int_equal(fence_kill(s.run.sandbox, SIGCONT), 0);
    until(&s, "on\r", 1);
    finish(&s, 0);
}

static void test_stopped_and_killed(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{}", "kill -STOP $$");
    until(&s, "", 1);
    fence_kill(s.run.sandbox, SIGKILL);
    finish(&s, 137);
}

/* As test_sandbox_kill.c, but for the socket, which cannot be opened by its name. */
static void test_process_1(void **state)
{
    struct screen s;

    (void)state;
    begin(&s, "{\"allowNested\": true}",
          "ls /proc/1/fd | wc -l; for i in /proc/1/fd/*; do case $(readlink $i) in socket:*) ;; "
          "*) exit 8;; esac; echo x 2>/dev/null >$i && exit 9; done; ls /proc/self/fd | wc -l; "
          "exit 7");
    until(&s, "1\r\n", 0);
    finish(&s, 7);
    assert_non_null(strstr(s.text, "1\r\n4\r\n"));
}

static void test_no_terminal(void **state)
{
    static const char *const argv[] = {"true", NULL};
    struct run run = {.engine = open_engine("{}")};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    int pipes[2];
    size_t before;

    (void)state;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    before = descriptors_open();
    options.argv = argv;
    for (int i = 0; i < 2; i++) {
        fence_error err = {0};

        options.terminal = i == 0 ? pipes[0] : 999;
        assert_true(fence_spawn(&run.sandbox, run.engine, &options, NULL, NULL, &err) < 0);
        assert_non_null(strstr(err.message, "cannot be the command's terminal"));
        assert_int_equal(descriptors_open(), before);
    }
    fence_close(run.engine);
    close(pipes[0]);
    close(pipes[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_stops_of_a_job),
        cmocka_unit_test(test_stopped_by_a_key),
        cmocka_unit_test(test_dev_tty),
        cmocka_unit_test(test_no_command),
        cmocka_unit_test(test_stopped_and_killed),
        cmocka_unit_test(test_process_1),
        cmocka_unit_test(test_no_terminal),
    };

    if (!run_possible()) /* skipped, unless FENCE_REQUIRE_SANDBOX=1 */
        return namespace_required();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
