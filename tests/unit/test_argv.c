/* SPDX-License-Identifier: Apache-2.0
 * test_argv.c - arguments stay what they were, however many there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/launcher.h"

static void test_copies(void **state)
{
    static const char *const rows[] = {
        "", "a", "--bind / /", "two\nlines", "$(id) `id` ' \" \\", "\xff\xfe"};
    struct argv argv = {0};
    char word[32];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        snprintf(word, sizeof word, "%s", rows[i]);
        assert_int_equal(argv_add(&argv, word), 0);
        memset(word, 'x', sizeof word - 1); /* the list must not have kept the pointer */
    }
    assert_int_equal(argv.count, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(argv.items[i], rows[i]);
    assert_null(argv.items[argv.count]);
    argv_deinit(&argv);
}

static void test_is_terminated_at_every_length(void **state)
{
    struct argv argv = {0};
    char word[32];

    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        snprintf(word, sizeof word, "%zu", i);
        assert_int_equal(argv_add(&argv, word), 0);
        assert_int_equal(argv.count, i + 1);
        assert_true(argv.count < argv.cap);
        assert_null(argv.items[argv.count]);
    }
    for (size_t i = 0; i < 1000; i++) {
        snprintf(word, sizeof word, "%zu", i);
        assert_string_equal(argv.items[i], word);
    }
    argv_deinit(&argv);
}

static void test_deinit_leaves_an_empty_list(void **state)
{
    struct argv argv = {0};

    (void)state;
    argv_deinit(&argv);
    assert_int_equal(argv_add(&argv, "a"), 0);
    argv_deinit(&argv);
    assert_null(argv.items);
    assert_int_equal(argv.count, 0);
    assert_int_equal(argv_add(&argv, "b"), 0);
    assert_string_equal(argv.items[0], "b");
    argv_deinit(&argv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_is_terminated_at_every_length),
        cmocka_unit_test(test_deinit_leaves_an_empty_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
