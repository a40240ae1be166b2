/* SPDX-License-Identifier: Apache-2.0
 * test_files_lists.c - lists of paths, and where paths lie. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/files_resolver.h"

static void test_list(void **state)
{
    struct file_list list = {0};
    char name[16];

    (void)state;
    assert_false(file_list_has(&list, "a"));
    file_list_remove(&list, "a");
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(file_list_add(&list, name), 0);
    }
    assert_int_equal(list.count, 100);
    assert_true(file_list_has(&list, "n0"));
    assert_true(file_list_has(&list, "n99"));
    assert_false(file_list_has(&list, "n"));
    for (int i = 0; i < 100; i += 2) {
        snprintf(name, sizeof name, "n%d", i);
        file_list_remove(&list, name);
        assert_false(file_list_has(&list, name));
    }
    assert_int_equal(list.count, 50);
    assert_true(file_list_has(&list, "n99"));
    assert_int_equal(file_list_add(&list, "n99"), 0); /* twice: one is taken out at a time */
    file_list_remove(&list, "n99");
    assert_true(file_list_has(&list, "n99"));
    file_list_deinit(&list);
    assert_int_equal(list.count, 0);
    assert_null(list.items);
    file_list_deinit(&list);
}

static const struct {
    const char *name, *dir, *path;
    bool covers;
} covers_rows[] = {
    {"itself", "/a", "/a", true},          {"below", "/a", "/a/b/c", true},
    {"above", "/a/b", "/a", false},        {"beside", "/a", "/b", false},
    {"a longer name", "/a", "/ab", false}, {"a longer name with a dash", "/a", "/a-b", false},
    {"the root", "/", "/a", true},         {"the root itself", "/", "/", true},
    {"not the root", "/a", "/", false},
};

static void test_covers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(covers_rows); i++) {
        if (plan_covers(covers_rows[i].dir, covers_rows[i].path) != covers_rows[i].covers)
            fail_msg("%s", covers_rows[i].name);
    }
}

static void test_dots(void **state)
{
    static const struct {
        const char *path;
        bool dots;
    } paths[] = {{"", false},        {"..", true},   {"../a", true},  {"a/..", true},
                 {"a/../b", true},   {"a..", false}, {"..a", false},  {"...", false},
                 {"a/..b/c", false}, {"./a", false}, {"a//..", true}, {"/..", true}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        if (resolver_has_dots(paths[i].path) != paths[i].dots)
            fail_msg("'%s'", paths[i].path);
    }
}

static void test_writable(void **state)
{
    static char *roots[] = {(char *)"/a/b", (char *)"/c"};
    struct files files = {.roots = {.items = roots, .count = 2}};
    const struct resolver r = {.files = &files};

    (void)state;
    assert_true(resolver_is_writable(&r, "/a/b"));
    assert_true(resolver_is_writable(&r, "/c/d"));
    assert_false(resolver_is_writable(&r, "/a"));
    assert_false(resolver_is_writable(&r, "/cd"));
    assert_false(resolver_is_writable(&r, "/"));
}

static char told[1024];

static void on_notice(void *payload, const char *text)
{
    assert_ptr_equal(payload, told);
    snprintf(told, sizeof told, "%s", text);
}

/* Wishes keep their texts while the lists grow. */
static void test_gathering(void **state)
{
    struct files files = {0};
    fence_error err = {0};
    struct resolver r = {.files = &files, .notice = on_notice, .payload = told, .err = &err};
    char path[32], target[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "/p%d", i);
        snprintf(target, sizeof target, "t%d", i);
        assert_int_equal(resolver_wish(&r, WISH_VISIBLE, path, i % 3 ? NULL : target), 0);
        assert_int_equal(resolver_rule(&r, FILE_DENY_READ, path, target), 0);
        assert_int_equal(resolver_seek(&r, SOUGHT_READ, strdup(path), strdup("")), 0);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "/p%d", i);
        snprintf(target, sizeof target, "t%d", i);
        assert_string_equal(files.wishes[i].path, path);
        if (i % 3)
            assert_null(files.wishes[i].target);
        else
            assert_string_equal(files.wishes[i].target, target);
        assert_string_equal(files.rules[i].base, path);
        assert_string_equal(files.rules[i].rest, target);
        assert_string_equal(r.seeks[i].base, path);
        free(r.seeks[i].base);
        free(r.seeks[i].rest);
    }
    free(r.seeks);
    files_deinit(&files);

    r.nseeks = r.seeks_cap = 0; /* what could not be copied */
    r.seeks = NULL;
    assert_int_equal(resolver_seek(&r, SOUGHT_READ, NULL, strdup("x")), -ENOMEM);
    assert_int_equal(err.code, -ENOMEM);
    free(r.seeks);
    resolver_tell(&r, "%s is %d", "a", 7);
    assert_string_equal(told, "a is 7");
    r.notice = NULL;
    resolver_tell(&r, "nobody");
    assert_string_equal(told, "a is 7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),      cmocka_unit_test(test_covers),
        cmocka_unit_test(test_dots),      cmocka_unit_test(test_writable),
        cmocka_unit_test(test_gathering),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
