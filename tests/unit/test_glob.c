/* SPDX-License-Identifier: Apache-2.0
 * test_glob.c - patterns against texts, and their cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/glob.h"

static const struct {
    const char *pattern, *text;
    bool matches;
} rows[] = {
    {"", "", true},
    {"", "a", false},
    {"a", "", false},
    {"abc", "abc", true},
    {"abc", "abcd", false},
    {"abc", "ab", false},
    {"a.c", "abc", false}, /* '.' is a dot */
    {"[a]", "a", false},
    {"[a]", "[a]", true},
    {"*", "", true},
    {"*", "a.b-c", true},
    {"*", "a/b", false},
    {"*", "/", false},
    {"**", "", true},
    {"**", "/a//b/", true},
    {"a*", "a", true},
    {"a*c", "ac", true},
    {"a*c", "abcbc", true},
    {"a*c", "abcb", false},
    {"a*b*c", "a-b-b-c", true},
    {"*.test", ".test", true},
    {"*.test", "a.b.test", true},
    {"*.test", "test", false},
    {"api-*.good.test", "api-1.eu.good.test", true},
    {"api-*.good.test", "api.good.test", false},
    {"/a/*/c", "/a/b/c", true},
    {"/a/*/c", "/a//c", true},
    {"/a/*/c", "/a/b/b/c", false},
    {"/a/**/c", "/a/b/b/c", true},
    {"/a/**/c", "/a/c", false}, /* both slashes stand for themselves */
    {"/a/**", "/a/", true},
    {"/a/**", "/a", false},
    {"/a**", "/a/b", true},
    {"***", "a/b", true}, /* "**" and "*" */
    {"?", "a", true},
    {"?", "", false},
    {"?", "/", false},
    {"?", "ab", false},
    {"a?c", "abc", true},
    {"?*", "a", true},
    {"*?", "", false},
    {"\\*", "*", false}, /* nothing escapes */
    {"\\*", "\\x", true},
};

static void test_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (glob_match(str_of(rows[i].pattern), str_of(rows[i].text)) != rows[i].matches)
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].text);
    }
}

/* What a matcher that goes back would try for longer than anyone waits. */
static void test_stars(void **state)
{
    char pattern[LIMIT_GLOB], text[16 * 1024];

    (void)state;
    for (size_t i = 0; i < sizeof pattern; i++)
        pattern[i] = "a**"[i % 3];
    pattern[sizeof pattern - 1] = 'b';
    memset(text, 'a', sizeof text);
    assert_false(
        glob_match((struct str){pattern, sizeof pattern}, (struct str){text, sizeof text}));
    text[sizeof text - 1] = 'b';
    assert_true(glob_match((struct str){pattern, sizeof pattern}, (struct str){text, sizeof text}));
}

static void test_length(void **state)
{
    char pattern[LIMIT_GLOB + 1], text[LIMIT_GLOB + 1];

    (void)state;
    memset(pattern, 'a', sizeof pattern);
    memset(text, 'a', sizeof text);
    for (size_t len = 0; len <= LIMIT_GLOB; len++) {
        assert_true(glob_match((struct str){pattern, len}, (struct str){text, len}));
        assert_false(glob_match((struct str){pattern, len}, (struct str){text, len + 1}));
    }
    assert_false(
        glob_match((struct str){pattern, sizeof pattern}, (struct str){text, sizeof text}));
}

static void test_is_pattern(void **state)
{
    (void)state;
    assert_true(glob_is_pattern(STR("a*")));
    assert_true(glob_is_pattern(STR("?")));
    assert_false(glob_is_pattern(STR("[a].b")));
    assert_false(glob_is_pattern(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_match),
        cmocka_unit_test(test_stars),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_is_pattern),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
