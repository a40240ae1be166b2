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

/* What other programs execute is seen when they do. */
static void test_programs(void **state)
{
    static const struct {
        const char *words[6], *found;
    } rows[] = {
        {{"busybox", "env", "git", "push"}, "busybox env git push|env git push"},
        {{"env", "busybox", "git"}, "env busybox git"},
        {{"/lib/ld-linux.so.2", "--argv0", "x", "busybox", "git"},
         "/lib/ld-linux.so.2 --argv0 x busybox git|busybox git|git"},
        {{"coreutils", "--coreutils-prog=nice", "git"},
         "coreutils --coreutils-prog=nice git|nice git"},
        {{"git", "push"}, "git push"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_word words[6];
        struct buf out = BUF_INIT(4096);
        size_t count = 0;

        for (; rows[i].words[count]; count++)
            words[count] = (struct shell_word){str_of(rows[i].words[count]), true};
        assert_int_equal(shell_walk_programs(words, count, shell_text_add, &out), 0);
        if (!str_equal(buf_str(&out), str_of(rows[i].found)))
            fail_msg("row %zu: " STR_FMT, i, STR_ARG(buf_str(&out)));
        buf_deinit(&out);
    }
    assert_true(shell_holds_programs(STR("busybox")));
    assert_true(shell_holds_programs(STR("ld-linux.so.2")));
    assert_false(shell_holds_programs(STR("env")));
    assert_false(shell_holds_programs(STR("")));
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
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
