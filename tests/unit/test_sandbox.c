/* SPDX-License-Identifier: Apache-2.0
 * test_sandbox.c - fence_spawn() as an embedder uses it: every kind of end, told once, and nothing
 * left of it: no descriptor, no process, no child that nobody waits for. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/namespace.h"
#include "support/put_bwrap.h"
#include "support/run.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define WORDS  4

/* ---- every kind of end ---- */

static const struct end_row {
    const char *name, *argv[WORDS];
    int status;
    const char *out;
    const char *error; /* NULL: the command ran */
} ends[] = {
    {"3M.236 true", {"true"}, 0, "", NULL},
    {"3M.236 false", {"false"}, 1, "", NULL},
    {"3M.236 the greatest status", {"sh", "-c", "exit 255"}, 255, "", NULL},
    {"3M.236 a status of fence's own", {"sh", "-c", "exit 125"}, 125, "", NULL},
    {"3M.236 SIGTERM", {"sh", "-c", "kill -TERM $$"}, 143, "", NULL},
    {"3M.236 SIGSEGV", {"sh", "-c", "kill -SEGV $$"}, 139, "", NULL},
    {"3M.236 not found",
     {"fence-no-such-program"},
     127,
     "",
     "'fence-no-such-program' was not found"},
    {"3M.236 not there", {"/nonexistent"}, 127, "", "'/nonexistent' was not found"},
    {"3M.236 a folder", {"/"}, 126, "", "'/' cannot be executed: Permission denied"},
    {"3M.236 no program", {"/etc/passwd"}, 126, "", "'/etc/passwd' cannot be executed"},
    {"3G.164 an empty name", {""}, 127, "", "'' was not found"},
    {"3G.164 a name with control characters", {"\x1b[2J"}, 127, "", "'\\x1b[2J' was not found"},
    {"3G.164 arguments as they are", {"printf", "%s|", "--bind / /"}, 0, "--bind / /|", NULL},
    {"its output", {"echo", "hello"}, 0, "hello\n", NULL},
    {"3G.133 no descriptor but 0 to 2",
     {"sh", "-c", "cd /proc/self/fd; echo *"},
     0,
     "0 1 2 3\n",
     NULL},
    {"3G.149 no core of process 1",
     {"grep", "-c", "^Max core file size *1 *1 ", "/proc/1/limits"},
     0,
     "1\n",
     NULL},
    {"3G.149 rights of process 1",
     {"grep", "-c",
      "^Seccomp:.2$\\|^CapPrm:.0000000000000000$\\|"
      "^NoNewPrivs:.1$",
      "/proc/1/status"},
     0,
     "3\n",
     NULL},
};

static void test_ends(void **state)
{
    (void)state;
    for (const struct end_row *row = ends; row < ends + LEN(ends); row++) {
        const char *argv[WORDS + 1] = {0};
        size_t before = descriptors_open();
        struct run run = {.engine = open_engine("{}")};
        char text[256];

        memcpy(argv, row->argv, sizeof row->argv);
        spawn(&run, argv);
        until_exit(&run);
        output(&run, text, sizeof text);
        if (run.result.status != row->status || strcmp(text, row->out) != 0)
            fail_msg("%s: %d, '%s', '%s'", row->name, run.result.status, text,
                     run.result.error.message);
        if ((run.result.error.code != 0) != (row->error != NULL) ||
            (row->error && !strstr(run.result.error.message, row->error)))
            fail_msg("%s: '%s'", row->name, run.result.error.message);
        fence_close(run.engine);
        if (!no_child_left())
            fail_msg("%s: a child is left", row->name);
        if (descriptors_open() != before)
            fail_msg("%s: %zu descriptors instead of %zu", row->name, descriptors_open(), before);
    }
}

/* ---- several ---- */

static void test_several_at_once(void **state)
{
    static const char *const statuses[][4] = {
        {"sh", "-c", "exit 3"}, {"sh", "-c", "exit 4"}, {"sh", "-c", "sleep 0.1; exit 5"}};
    struct run runs[3], after = {0};

    (void)state;
    runs[0] = (struct run){.engine = open_engine("{}"), .next = &after};
    after.engine = runs[0].engine;
    for (size_t i = 0; i < 3; i++) {
        const char *argv[] = {statuses[i][0], statuses[i][1], statuses[i][2], NULL};

        if (i > 0)
            runs[i] = (struct run){.engine = runs[0].engine};
        spawn(&runs[i], argv);
    }
    for (int i = 2; i >= 0; i--)
        until_exit(&runs[i]);
    until_exit(&after);
    assert_int_equal(fence_run(after.engine), 0); /* nothing is left to do, but to close */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(runs[i].result.status, 3 + i);
        close(runs[i].out);
    }
    assert_int_equal(after.result.status, 9);
    close(after.out);
    fence_close(after.engine);
    assert_true(no_child_left());
}

static void test_nobody_asks(void **state)
{
    static const char *const argv[] = {"true", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    fence *engine = open_engine("{}");
    fence_sandbox *sandbox;

    (void)state;
    options.argv = argv;
    assert_int_equal(fence_spawn(&sandbox, engine, &options, NULL, NULL, NULL), 0);
    assert_int_equal(fence_run(engine), 0); /* until it has ended */
    fence_close(engine);
    assert_true(no_child_left());
}

/* ---- what cannot be started ---- */

static void test_wrong_options(void **state)
{
    static const char *const argv[] = {"true", NULL}, *const nothing[] = {NULL};
    static const char *const no_path[] = {"PATH=/nonexistent", NULL};
    const struct {
        const char *name;
        fence_sandbox_options options;
        int code;
        const char *says;
    } rows[] = {
        {"no argv", {.version = 1, .stdio = {0, 1, 2}}, -EINVAL, "no command"},
        {"an empty argv",
         {.version = 1, .argv = nothing, .stdio = {0, 1, 2}},
         -EINVAL,
         "no command"},
        {"another version", {.version = 2, .argv = argv, .stdio = {0, 1, 2}}, -EINVAL, ""},
        {"no standard input",
         {.version = 1, .argv = argv, .stdio = {900, 1, 2}},
         -EBADF,
         "descriptors"},
        {"no standard output",
         {.version = 1, .argv = argv, .stdio = {0, -1, 2}},
         -EBADF,
         "descriptors"},
        {"no standard error",
         {.version = 1, .argv = argv, .stdio = {0, 1, 901}},
         -EBADF,
         "descriptor 901"},
        {"no bubblewrap",
         {.version = 1, .argv = argv, .env = no_path, .stdio = {0, 1, 2}},
         FENCE_ESANDBOX,
         "bubblewrap is missing"},
    };
    fence *engine = open_engine("{}");
    size_t before = descriptors_open();

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        fence_sandbox *untouched = (fence_sandbox *)&engine, *sandbox = untouched;
        fence_error err = {0};
        int rc = fence_spawn(&sandbox, engine, &rows[i].options, on_exit_of, NULL, &err);

        if (rc != rows[i].code || !strstr(err.message, rows[i].says) || sandbox != untouched)
            fail_msg("%s: %d: %s", rows[i].name, rc, err.message);
        if (descriptors_open() != before || !no_child_left())
            fail_msg("%s: something is left", rows[i].name);
    }
    fence_close(engine);
}

/* The status is thrown away by the kernel: an error, not another status. */
static void test_ignored_sigchld(void **state)
{
    static const char *const argv[] = {"true", NULL};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    struct run run = {.engine = open_engine("{}")};

    (void)state;
    sigaction(SIGCHLD, &ignore, &before);
    spawn(&run, argv);
    until_exit(&run);
    sigaction(SIGCHLD, &before, NULL);
    assert_int_equal(run.result.status, 125);
    assert_int_equal(run.result.error.code, -ECHILD);
    assert_non_null(strstr(run.result.error.message, "SIGCHLD"));
    close(run.out);
    fence_close(run.engine);
}

/* ---- a bwrap that the command has left for the next run ---- */

static void test_planted_launcher(void **state)
{
    static const char *const argv[] = {"sh", "-c", "exit 6", NULL};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    char folder[] = "/tmp/fence-planted-XXXXXX", json[128], path[4096], ran[64], bwrap[64];
    const char *env[] = {path, NULL};
    struct run run = {.out = -1};
    fence_error err = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    put_bwrap(folder, ": >\"${0%/*}/ran\"");
    snprintf(json, sizeof json, "{\"filesystem\": {\"allowWrite\": [\"%s\"]}}", folder);
    snprintf(path, sizeof path, "PATH=%s:/usr/local/bin:/usr/bin:/bin", folder);
    snprintf(ran, sizeof ran, "%s/ran", folder);
    snprintf(bwrap, sizeof bwrap, "%s/bwrap", folder);
    run.engine = open_engine(json);
    options.argv = argv;
    options.env = env;
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err) != 0)
        fail_msg("%s", err.message);
    until_exit(&run);
    assert_int_equal(run.result.status, 6);
    assert_int_equal(access(ran, F_OK), -1);
    snprintf(path, sizeof path, "PATH=%s", folder);
    assert_int_equal(fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err),
                     FENCE_ESANDBOX);
    assert_non_null(strstr(err.message, "commands may write to"));
    fence_close(run.engine);
    assert_int_equal(unlink(bwrap), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_nobody_asks),
        cmocka_unit_test(test_wrong_options),
        cmocka_unit_test(test_ignored_sigchld),
        cmocka_unit_test(test_planted_launcher),
    };

    if (!run_possible()) /* skipped, unless FENCE_REQUIRE_SANDBOX=1 */
        return namespace_required();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
