/* SPDX-License-Identifier: Apache-2.0
 * test_exec_error.c - what is said of a command that could not be executed, and the status. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/exec_error.h"

static const struct {
    const char *name, *command;
    int error, status;
    const char *expect;
} rows[] = {
    {"not found", "nothing", ENOENT, 127, "'nothing' was not found"},
    {"a path that is nowhere", "/nowhere/x", ENOENT, 127, "'/nowhere/x' was not found"},
    {"a path that is hidden inside", "/etc/passwd", ENOENT, 127,
     "'/etc/passwd' cannot be seen in the sandbox, or the interpreter it names: /tmp and /run are "
     "empty there, and what denyRead and defaultDenyRead hide is hidden; name its folder in "
     "filesystem.allowRead, or move it"},
    {"no permission", "/etc/passwd", EACCES, 126,
     "'/etc/passwd' cannot be executed: Permission denied"},
    {"too much of it", "true", E2BIG, 126,
     "'true' cannot be executed: Argument list too long: pass long arguments in a file, and unset "
     "long variables"},
    {"control characters", "a\x1b[2J", ENOENT, 127, "'a\\x1b[2J' was not found"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fence_error err = {0};

        if (exec_error_explain(&err, rows[i].command, rows[i].error) != rows[i].status ||
            err.code != -rows[i].error || strcmp(err.message, rows[i].expect) != 0)
            fail_msg("%s: %s", rows[i].name, err.message);
    }
}

/* A folder that is empty inside. */
static void test_tmp(void **state)
{
    char name[] = "/tmp/fence-test-XXXXXX", expect[256];
    int fd = mkstemp(name);
    fence_error err = {0};

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(exec_error_explain(&err, name, ENOENT), 127);
    unlink(name);
    snprintf(expect, sizeof expect,
             "'%s' cannot be seen in the sandbox, or the interpreter it names: /tmp and /run are "
             "empty there; add --allow-write for its folder, or move it",
             name);
    assert_string_equal(err.message, expect);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_tmp)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
