/* SPDX-License-Identifier: Apache-2.0
 * test_shell_wrappers.c - from words to what they wrap: how far, and when it stops. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/shell_wrapped.h"

static void test_words(void **state)
{
    const struct shell_word words[] = {
        {STR("nice"), true}, {STR("sh"), true}, {STR("-c"), true}, {STR("git push; a"), false}};
    struct buf out = BUF_INIT(4096);

    (void)state;
    assert_int_equal(shell_walk_words(words, ARRAY_LEN(words), shell_text_add, &out), 0);
    assert_true(str_equal(shell_wrapped_behind(&out), STR("sh -c git\\ push;\\ a~|git push|a~")));
    assert_int_equal(shell_walk_words(words, 0, shell_text_add, &out), 0);
    buf_deinit(&out);
}

static int on_stop(void *payload, const struct shell_word *words, size_t count)
{
    (void)words;
    (void)count;
    return --*(int *)payload == 0 ? 7 : 0;
}

static void test_stop(void **state)
{
    int calls = 3;

    (void)state;
    assert_int_equal(shell_walk(STR("a; env sh -c 'b; c'"), on_stop, &calls), 7);
    assert_int_equal(calls, 0);
}

static void test_depth(void **state)
{
    char script[LIMIT_SHELL_DEPTH * 5 + 1];
    struct buf out = BUF_INIT(1 << 20);

    (void)state;
    for (size_t i = 0; i + 1 < sizeof script; i++)
        script[i] = "nice "[i % 5];
    script[sizeof script - 1] = '\0';
    assert_int_equal(shell_walk(str_of(script), shell_text_add, &out), -E2BIG);
    assert_int_equal(shell_walk(str_of(script + 10), shell_text_add, &out), 0);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
