/* SPDX-License-Identifier: Apache-2.0
 * test_login_file.c - files that hold a login, and files that only look so. What was read out of
 * them comes here instead of to an engine. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "cli/login_file.h"
#include "support/descriptors.h"

static struct {
    unsigned asked;
    int rc;
    char user[600], password[600];
} engine; /* in the place of one */

/* fence.h's, so that login_file.c finds this one */
int fence_require_login(fence *unused, const char *user, const char *password, fence_error *err)
{
    (void)unused;
    engine.asked++;
    snprintf(engine.user, sizeof engine.user, "%s", user);
    snprintf(engine.password, sizeof engine.password, "%s", password);
    if (engine.rc < 0)
        snprintf(err->message, sizeof err->message, "the engine's own words");
    return engine.rc;
}

#define B(literal) "" literal, sizeof(literal) - 1
#define L50        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define L255       L50 L50 L50 L50 L50 "aaaaa"
#define ONE_LINE   "must be one line, NAME:PASSWORD"

static const struct {
    const char *name, *text;
    size_t len;
    mode_t mode;
    const char *user, *password; /* NULL: refused */
    const char *why;
} rows[] = {
    {"a line", B("joe:secret\n"), 0600, "joe", "secret", NULL},
    {"without its end", B("joe:secret"), 0600, "joe", "secret", NULL},
    {"that nobody may write", B("joe:secret\n"), 0400, "joe", "secret", NULL},
    {"colons in the password", B("joe:a:b:\n"), 0600, "joe", "a:b:", NULL},
    {"spaces belong to them", B(" joe : x \n"), 0600, " joe ", " x ", NULL},
    {"the longest", B(L255 ":" L255 "\n"), 0600, L255, L255, NULL},
    {"the longest without its end", B(L255 ":" L255), 0600, L255, L255, NULL},
    {"one byte more", B(L255 ":" L255 "a\n"), 0600, NULL, NULL, "the line is too long"},
    {"one byte more without its end", B(L255 ":" L255 "a"), 0600, NULL, NULL, "too long"},
    {"much more", B(L255 ":" L255 L255 L255 "\n"), 0600, NULL, NULL, "the line is too long"},
    {"an end and a second line", B("joe:secret\nx\n"), 0600, NULL, NULL, ONE_LINE},
    {"two ends", B("joe:secret\n\n"), 0600, NULL, NULL, ONE_LINE},
    {"the end of another system", B("joe:secret\r\n"), 0600, NULL, NULL, ONE_LINE},
    {"a NUL in the password", B("joe:sec\0ret\n"), 0600, NULL, NULL, ONE_LINE},
    {"a NUL behind it", B("joe:secret\0"), 0600, NULL, NULL, ONE_LINE},
    {"no colon", B("joe\n"), 0600, NULL, NULL, ONE_LINE},
    {"nothing", B(""), 0600, NULL, NULL, ONE_LINE},
    {"an end alone", B("\n"), 0600, NULL, NULL, ONE_LINE},
    {"the group may read it", B("joe:secret\n"), 0640, NULL, NULL, "chmod 600"},
    {"others may read it", B("joe:secret\n"), 0604, NULL, NULL, "chmod 600"},
    {"the group may write it", B("joe:secret\n"), 0620, NULL, NULL, "chmod 600"},
    {"an empty name is for the engine to judge", B(":x\n"), 0600, "", "x", NULL},
    {"an empty password too", B("joe:\n"), 0600, "joe", "", NULL},
};

static char folder[] = "/tmp/fence-login-XXXXXX"; /* made once, before the tests */
static char path[sizeof folder + 8];

static void write_file(const char *text, size_t len, mode_t mode)
{
    int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

    assert_int_equal(write(fd, text, len), len);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void check(size_t i)
{
    fence_error err = {0};
    int rc;

    engine.asked = 0;
    rc = login_file_read(NULL, path, &err);
    if ((rc == 0) != (rows[i].user != NULL) || engine.asked != (rows[i].user != NULL))
        fail_msg("%s: %d, '%s'", rows[i].name, rc, err.message);
    if (rows[i].user &&
        (strcmp(engine.user, rows[i].user) != 0 || strcmp(engine.password, rows[i].password) != 0))
        fail_msg("%s: '%s', '%s'", rows[i].name, engine.user, engine.password);
    if (rows[i].why && (!strstr(err.message, rows[i].why) || !strstr(err.message, path)))
        fail_msg("%s: '%s'", rows[i].name, err.message);
    if (strstr(err.message, "secret"))
        fail_msg("%s: it tells the password", rows[i].name);
}

static void test_rows(void **state)
{
    size_t before = descriptors_open();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        write_file(rows[i].text, rows[i].len, rows[i].mode);
        check(i);
        unlink(path);
    }
    assert_int_equal(descriptors_open(), before);
}

static void test_no_file(void **state)
{
    fence_error err = {0};

    (void)state;
    engine.asked = 0;
    assert_int_equal(login_file_read(NULL, path, &err), -1);
    assert_non_null(strstr(err.message, "No such file"));
    assert_int_equal(login_file_read(NULL, folder, &err), -1);
    assert_non_null(strstr(err.message, "this is no file"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(login_file_read(NULL, path, &err), -1); /* and does not wait for a writer */
    assert_non_null(strstr(err.message, "this is no file"));
    unlink(path);
    assert_int_equal(engine.asked, 0);
}

static void test_engine_says_no(void **state)
{
    fence_error err = {0};

    (void)state;
    write_file("joe:\n", 5, 0600);
    engine.rc = -12;
    assert_int_equal(login_file_read(NULL, path, &err), -1);
    assert_string_equal(err.message, "the engine's own words");
    engine.rc = 0;
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_engine_says_no),
    };
    int status;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/login", folder);
    status = cmocka_run_group_tests(tests, NULL, NULL);
    return rmdir(folder) != 0 || status; /* and nothing was left in it */
}
