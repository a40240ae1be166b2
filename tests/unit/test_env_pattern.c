/* SPDX-License-Identifier: Apache-2.0
 * test_env_pattern.c - names of variables, with stars. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/env_pattern.h"

static const struct {
    const char *pattern, *name;
    bool expect;
} matches[] = {
    {"A", "A", true},
    {"A", "a", false},
    {"A", "AB", false},
    {"AB", "A", false},
    {"AWS_*", "AWS_REGION", true},
    {"AWS_*", "AWS_", true},
    {"AWS_*", "AWS", false},
    {"AWS_*", "MY_AWS_REGION", false},
    {"*_TOKEN", "GITHUB_TOKEN", true},
    {"*_TOKEN", "_TOKEN", true},
    {"*_TOKEN", "GITHUB_TOKENS", false},
    {"*_SECRET*", "A_SECRET", true},
    {"*_SECRET*", "A_SECRET_KEY", true},
    {"*_SECRET*", "A_SECRE", false},
    {"A*B", "AB", true},
    {"A*B", "AxxB", true},
    {"AB*B", "AB", false}, /* no letter counts twice */
    {"A*B*C", "A_B_B_C", true},
    {"A*B*C", "A_C_B", false},
    {"*A*", "A", true},
    {"A**B", "AxB", true},
    {"*ab*ab*", "abab", true},
    {"*ab*ab*", "aab", false},
    {"*a/b", "x/a/b", true},
    {"\xff*", "\xff\xfe", true},
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(matches); i++) {
        if (env_pattern_match(str_of(matches[i].pattern), str_of(matches[i].name)) !=
            matches[i].expect)
            fail_msg("'%s' and '%s'", matches[i].pattern, matches[i].name);
    }
}

static const struct {
    const char *pattern, *expect; /* a part of what is said; NULL: nothing */
} checks[] = {
    {"A", NULL},
    {"AWS_*", NULL},
    {"odd-name.1", NULL},
    {"\xc3\xa4*", NULL},
    {"", "empty"},
    {"*", "every variable"},
    {"***", "every variable"},
    {"A=1", "no '='"},
    {"A B", "no spaces"},
    {"A\n", "no control characters"},
    {"A?", "only *"},
    {"[AB]*", "only *"},
};

static void test_check(void **state)
{
    char longest[LIMIT_ENV_PATTERN + 1];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        const char *why = env_pattern_check(str_of(checks[i].pattern));

        if (!why != !checks[i].expect || (why && !strstr(why, checks[i].expect)))
            fail_msg("'%s': %s", checks[i].pattern, why ? why : "nothing");
    }
    memset(longest, 'A', sizeof longest);
    assert_null(env_pattern_check((struct str){longest, LIMIT_ENV_PATTERN}));
    assert_string_equal(env_pattern_check((struct str){longest, LIMIT_ENV_PATTERN + 1}),
                        "this is longer than 256 bytes");
}

static void test_is_name(void **state)
{
    (void)state;
    assert_true(env_pattern_is_name(STR("LD_PRELOAD")));
    assert_false(env_pattern_is_name(STR("LD_*")));
    assert_false(env_pattern_is_name(STR("*PRELOAD")));
}

/* "*a*a*a...b" against "aaa...": what a matcher that goes back never ends with. */
static void test_linear(void **state)
{
    enum { len = 100000 };
    char pattern[LIMIT_ENV_PATTERN], *name = malloc(len);
    clock_t begin = clock();

    (void)state;
    assert_non_null(name);
    memset(name, 'a', len);
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 1] = 'b';
    for (int i = 0; i < 100; i++)
        assert_false(
            env_pattern_match((struct str){pattern, sizeof pattern}, (struct str){name, len}));
    assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
    free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_is_name),
        cmocka_unit_test(test_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
