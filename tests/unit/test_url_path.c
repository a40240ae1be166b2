/* SPDX-License-Identifier: Apache-2.0
 * test_url_path.c - how servers may read a path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/url_path.h"
#include "support/guard.h"

static const struct {
    const char *path, *normal, *served; /* NULL: as the one before it */
} rows[] = {
    {"/", NULL, NULL},
    {"*", NULL, NULL},
    {"/a/b", NULL, NULL},
    {"/a/", NULL, NULL},
    {"/.", "/", NULL},
    {"/..", "/", NULL},
    {"/../..", "/", NULL},
    {"/../../a", "/a", NULL},
    {"/a/.", "/a/", NULL},
    {"/a/..", "/", NULL},
    {"/a/./b", "/a/b", NULL},
    {"/a/../b", "/b", NULL},
    {"/a/b/../../c/./d", "/c/d", NULL},
    {"/...", NULL, NULL},
    {"/.a/..b", NULL, NULL},
    {"//a", NULL, "/a"},
    {"/a//b///", NULL, "/a/b/"},
    {"/a//../b", "/a/b", "/b"},
    {"/%61", "/a", NULL},
    {"/%41%7e%2D", "/A~-", NULL},
    {"/%2e%2E/a", "/a", NULL},
    {"/a/%2e%2e/b", "/b", NULL},
    {"/a%2fb", NULL, "/a/b"},
    {"/a/..%2fb", NULL, "/b"},
    {"/a/%2e%2e%2fb", "/a/..%2fb", "/b"},
    {"/%2561", NULL, "/a"},
    {"/%252e%252e/a", NULL, "/a"},
    {"/%25252561", NULL, "/a"},
    {"/%", NULL, NULL},
    {"/%2", NULL, NULL},
    {"/%zz", NULL, NULL},
    {"/%%61", "/%a", NULL},
    {"/%%366", "/%66", "/f"},
    {"/%2%35%361", "/%2561", "/a"},
    {"/a\\..\\b", NULL, "/b"},
    {"/a%5c..%5Cb", NULL, "/b"},
    {"/a;x=1/b", NULL, "/a/b"},
    {"/a;x=1/..;y/b", NULL, "/b"},
    {"/a/;/b", NULL, "/a/b"},
    {"/a%3bx/b", NULL, "/a/b"},
    {"/\303\244", NULL, NULL},
    {"/%c3%a4", NULL, "/\303\244"},
};

static void check(const char *path, enum url_path_reading reading, const char *wanted)
{
    size_t size = strlen(path);
    char *in = guard_copy(path, size), *out = guard_copy(path, size);
    size_t len = url_path_read(out, (struct str){in, size}, reading);

    if (!str_equal((struct str){out, len}, str_of(wanted)))
        fail_msg("'%s', reading %d: '%.*s', not '%s'", path, (int)reading, (int)len, out, wanted);
    guard_free(in, size);
    guard_free(out, size);
}

static void test_readings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *normal = rows[i].normal ? rows[i].normal : rows[i].path;

        check(rows[i].path, URL_PATH_RAW, rows[i].path);
        check(rows[i].path, URL_PATH_NORMAL, normal);
        check(rows[i].path, URL_PATH_SERVED, rows[i].served ? rows[i].served : normal);
    }
}

/* Encoded over and over: each pass over it would find one more. */
static void test_depth(void **state)
{
    static char path[16 * 1024 + 1], out[sizeof path];
    size_t len = 2;

    (void)state;
    memcpy(path, "/%", 2);
    for (; len + 4 < sizeof path; len += 2)
        memcpy(path + len, "25", 2);
    memcpy(path + len, "61", 2);
    len = url_path_read(out, (struct str){path, len + 2}, URL_PATH_SERVED);
    assert_int_equal(len, 2);
    assert_memory_equal(out, "/a", 2);
}

static void test_of(void **state)
{
    static const char *const targets[][2] = {{"/a?b=/c", "/a"}, {"/a#b", "/a"}, {"/a", "/a"},
                                             {"?a", "/"},       {"", "/"},      {"*", "*"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
        if (!str_equal(url_path_of(str_of(targets[i][0])), str_of(targets[i][1])))
            fail_msg("%s", targets[i][0]);
    }
}

static void test_below(void **state)
{
    static const struct {
        const char *path, *prefix;
        bool below;
    } cases[] = {
        {"/a", "/a", true},   {"/a/", "/a", true},   {"/a/b", "/a", true},  {"/ab", "/a", false},
        {"/a", "/a/", false}, {"/a/b", "/a/", true}, {"/b/a", "/a", false}, {"/", "/", true},
        {"/a/b", "/", true},  {"/a", "/a/b", false}, {"*", "/", false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (url_path_below(str_of(cases[i].path), str_of(cases[i].prefix)) != cases[i].below)
            fail_msg("%s below %s", cases[i].path, cases[i].prefix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_of),
        cmocka_unit_test(test_below),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
