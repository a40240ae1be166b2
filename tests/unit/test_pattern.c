/* SPDX-License-Identifier: Apache-2.0
 * test_pattern.c - patterns of paths: as they are written, and what they match. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/limits.h"
#include "sandbox/pattern.h"

/* ---- one name ---- */

static const struct {
    const char *name, *pattern, *text;
    bool matches;
} name_rows[] = {
    {"itself", "abc", "abc", true},
    {"longer", "abc", "abcd", false},
    {"shorter", "abc", "ab", false},
    {"nothing is nothing", "", "", true},
    {"nothing is not something", "", "a", false},
    {"case counts", "abc", "ABC", false},
    {"* is nothing", "*", "", true},
    {"* is everything", "*", "abc", true},
    {"* takes a leading dot", "*", ".env", true},
    {"* at the start", "*.pem", "key.pem", true},
    {"* at the start, and nothing before", "*.pem", ".pem", true},
    {"* at the start, another end", "*.pem", "key.pem2", false},
    {"* at the end", ".env*", ".env.local", true},
    {"* in the middle", "a*z", "az", true},
    {"* goes back", "*ab", "aab", true},
    {"* goes back more than once", "a*b*c", "axbxbxcxc", true},
    {"** within a name is *", "a**b", "axxb", true},
    {"several stars", "*a*", "bab", true},
    {"several stars, and no", "*a*b*", "ba", false},
    {"? is one byte", "a?c", "abc", true},
    {"? is a dot", "?a", ".a", true},
    {"? is not nothing", "a?", "a", false},
    {"? is one byte of a letter that has two", "?", "\xc3\xa4", false},
    {"a class", "[abc]", "b", true},
    {"a class, and no", "[abc]", "d", false},
    {"a class is one byte", "[abc]", "ab", false},
    {"a range", "[a-c]", "b", true},
    {"a range has its ends", "[a-c][a-c]", "ac", true},
    {"a range, and no", "[a-c]", "d", false},
    {"a range that is upside down is empty", "[c-a]", "b", false},
    {"two ranges", "[a-cx-z]", "y", true},
    {"a range of bytes above 127", "[\x80-\xff]", "\xe4", true},
    {"a negated class", "[!abc]", "d", true},
    {"a negated class, and no", "[!abc]", "a", false},
    {"a negated class by ^", "[^a-c]", "d", true},
    {"a negated class by ^, and no", "[^a-c]", "b", false},
    {"a negated class is not nothing", "[!a]", "", false},
    {"! later on is itself", "[a!]", "!", true},
    {"- at the start is itself", "[-a]", "-", true},
    {"- at the end is itself", "[a-]", "-", true},
    {"- alone", "[-]", "-", true},
    {"] at the start is itself", "[]]", "]", true},
    {"] at the start of a negated one", "[!]]", "]", false},
    {"] at the start of a negated one, and yes", "[!]]", "a", true},
    {"a range from ]", "[]-a]", "^", true},
    {"[ is itself within a class", "[[]", "[", true},
    {"[ not closed is itself", "[abc", "[abc", true},
    {"[ not closed, and no class", "[abc", "a", false},
    {"[] not closed", "[]", "[]", true},
    {"[! not closed", "[!]", "[!]", true},
    {"[ at the end", "a[", "a[", true},
    {"a star behind one not closed", "[a*", "[abc", true},
    {"a star goes back before a class", "*[0-9]", "a1b2", true},
    {"a star is itself within a class", "[*]", "*", true},
    {"a star is itself within a class, and no", "[*]", "a", false},
    {"a backslash is itself", "a\\*", "a\\b", true},
    {"a backslash does not quote", "a\\*", "a*", false},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(name_rows); i++) {
        if (pattern_match_name(name_rows[i].pattern, strlen(name_rows[i].pattern),
                               name_rows[i].text,
                               strlen(name_rows[i].text)) != name_rows[i].matches)
            fail_msg("%s", name_rows[i].name);
    }
}

/* What stands behind the two lengths is not looked at. */
static void test_name_ends(void **state)
{
    (void)state;
    assert_true(pattern_match_name("a*bXX", 3, "axbYY", 3));
    assert_false(pattern_match_name("[ab]", 3, "a", 1)); /* its ']' is not part of it */
    assert_true(pattern_match_name("[ab]", 3, "[ab", 3));
    assert_true(pattern_match_name("*", 0, "x", 0));
}

/* ---- a path ---- */

static const struct {
    const char *name, *rest, *path;
    bool matches, leads_below;
} rows[] = {
    {"itself", "a/b", "a/b", true, false},
    {"a folder above", "a/b", "a", false, true},
    {"where it begins", "a/b", "", false, true},
    {"below", "a/b", "a/b/c", false, false},
    {"beside", "a/b", "a/c", false, false},
    {"beside the folder above", "a/b", "x", false, false},
    {"* is one name", "*", "a", true, false},
    {"* is not two", "*", "a/b", false, false},
    {"* is not none", "*", "", false, true},
    {"* for a folder", "*/b", "a/b", true, false},
    {"* for a folder leads below", "*/b", "a", false, true},
    {"? is no slash", "a?b", "a/b", false, false},
    {"a class has no slash", "a[!x]b", "a/b", false, false},
    {"a class does not reach over a slash", "a[/]b", "a/b", false, false},
    {"a class cut by a slash is two names", "a[/]b", "a[/]b", true, false},

    {"** at the start: none", "**/.env", ".env", true, true},
    {"** at the start: one", "**/.env", "a/.env", true, true},
    {"** at the start: many", "**/.env", "a/b/c/.env", true, true},
    {"** at the start, another name", "**/.env", "a/.envrc", false, true},
    {"** at the start, where it begins", "**/.env", "", false, true},
    {"** at the end: none", "a/**", "a", true, true},
    {"** at the end: one", "a/**", "a/b", true, true},
    {"** at the end: many", "a/**", "a/b/c", true, true},
    {"** at the end, beside", "a/**", "b/c", false, false},
    {"** in the middle: none", "a/**/z", "a/z", true, true},
    {"** in the middle: one", "a/**/z", "a/b/z", true, true},
    {"** in the middle: many", "a/**/z", "a/b/c/d/z", true, true},
    {"** in the middle, another end", "a/**/z", "a/b/zz", false, true},
    {"** in the middle, another start", "a/**/z", "b/z", false, false},
    {"** alone", "**", "a/b", true, true},
    {"** alone, nothing", "**", "", true, true},
    {"nothing matches nothing", "", "", true, false},
    {"nothing does not match something", "", "a", false, false},
    {"two of them", "**/a/**/b", "x/a/y/z/b", true, true},
    {"two of them: none", "**/a/**/b", "a/b", true, true},
    {"two of them, the wrong way", "**/a/**/b", "b/a", false, true},
    {"two side by side", "**/**/a", "a", true, true},
    {"three of them", "**/a/**/b/**", "a/x/b/y", true, true},
    {"** goes back", "**/a/b", "a/a/b", true, true},
    {"** goes back, several names", "**/a/*/c", "a/b/a/a/c", true, true},
    {"** goes back behind a partial end", "**/a/b", "a/b/a/c", false, true},
    {"** within a name is no folder", "a**b", "a/b", false, false},
    {"** within a name", "x**/y", "xab/y", true, false},
    {"*** is one name", "***", "a", true, false},
    {"*** is not two", "***", "a/b", false, false},
    {"names with * behind **", "**/.husky/*", "p/.husky/pre-commit", true, true},
    {"names with * behind **, too deep", "**/.husky/*", "p/.husky/a/b", false, true},
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (pattern_match(rows[i].rest, rows[i].path) != rows[i].matches)
            fail_msg("%s: matches", rows[i].name);
        if (pattern_leads_below(rows[i].rest, rows[i].path) != rows[i].leads_below)
            fail_msg("%s: leads below", rows[i].name);
    }
}

/* ---- hostile ones ---- */

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A piece again and again, and an end. */
static const char *repeated(char *out, size_t times, const char *piece, const char *end)
{
    size_t len = strlen(piece);

    for (size_t i = 0; i < times; i++)
        memcpy(out + i * len, piece, len);
    memcpy(out + times * len, end, strlen(end) + 1);
    return out;
}

static const struct {
    const char *name;
    size_t times;
    const char *piece, *end;
    size_t text_times;
    const char *text_piece, *text_end;
    bool matches;
} hostile[] = {
    {"60 stars", 60, "*a", "*b", 4000, "a", "", false},
    {"60 stars that match", 60, "*a", "*b", 4000, "a", "b", true},
    {"1,300 stars", 1300, "*a", "b", 4000, "a", "", false},
    {"60 folders of stars", 60, "**/a/", "b", 2000, "a/", "c", false},
    {"60 folders of stars that match", 60, "**/a/", "b", 2000, "a/", "b", true},
    {"stars of both kinds", 400, "**/*a*/", "b", 2000, "a/", "c", false},
    {"classes that are not closed", 2000, "[", "b", 2000, "[", "", false},
    {"stars and classes that are not closed", 1000, "*[", "b", 2000, "[", "", false},
};

static void test_bounded_time(void **state)
{
    static char pattern[16384], text[16384];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
        double begin = seconds();

        repeated(pattern, hostile[i].times, hostile[i].piece, hostile[i].end);
        repeated(text, hostile[i].text_times, hostile[i].text_piece, hostile[i].text_end);
        if (pattern_match(pattern, text) != hostile[i].matches)
            fail_msg("%s", hostile[i].name);
        pattern_leads_below(pattern, text);
        if (seconds() - begin > 20)
            fail_msg("%s: %f seconds", hostile[i].name, seconds() - begin);
    }
}

/* ---- as it was written ---- */

static const struct {
    const char *name, *written, *base, *rest;
} parsed[] = {
    {"a path", "/a/b", "/a/b", ""},
    {"the root", "/", "/", ""},
    {"many slashes", "//a///b//", "/a/b", ""},
    {"a slash at the end", "/a/", "/a", ""},
    {".", ".", "/cwd", ""},
    {"./x", "./x", "/cwd/x", ""},
    {"x", "x/y", "/cwd/x/y", ""},
    {"dots within", "/a/./b/.", "/a/b", ""},
    {".. before a wildcard is left to the file system", "../x", "/cwd/../x", ""},
    {"a name of three dots", "...", "/cwd/...", ""},
    {"~", "~", "/home/u", ""},
    {"~/x", "~/x", "/home/u/x", ""},
    {"~//x", "~//x", "/home/u/x", ""},
    {"~ within a path is a name", "a/~", "/cwd/a/~", ""},
    {"* at once", "*.pem", "/cwd", "*.pem"},
    {"* later", "/a/b*/c", "/a", "b*/c"},
    {"? and [", "/a/?/[x]", "/a", "?/[x]"},
    {"[ that is not closed is a wildcard too", "/a/[x", "/a", "[x"},
    {"** at the start", "**/.env", "/cwd", "**/.env"},
    {"** of the home folder", "~/**/.env", "/home/u", "**/.env"},
    {"** at the root", "/**/x", "/", "**/x"},
    {"** at the end is the folder", "/a/**", "/a", ""},
    {"** at the end, and a slash", "/a/**/", "/a", ""},
    {"** at the end twice", "/a/**/**", "/a", ""},
    {"** at the end behind *", "/a/*/**", "/a", "*"},
    {"* behind **", "/a/**/*", "/a", "**/*"},
    {"a name that ends with **", "/a/x**", "/a", "x**"},
    {"*** is a name", "/a/***", "/a", "***"},
    {"* and dots", "/a/*/./b//c", "/a", "*/b/c"},
    {"names without a wildcard behind one", "/a/*/b/c", "/a", "*/b/c"},
    {"** alone", "**", "/cwd", ""},
    {"all of the root", "/**", "/", ""},
    {"~ is a name elsewhere, also behind a wildcard", "*/~", "/cwd", "*/~"},
    {"spaces and line feeds", "/a b/\n*", "/a b", "\n*"},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parsed); i++) {
        struct pattern pattern = {0};
        fence_error err = {0};

        if (pattern_parse(&pattern, parsed[i].written, "/cwd", "/home/u", &err) != 0)
            fail_msg("%s: %s", parsed[i].name, err.message);
        if (strcmp(pattern.base, parsed[i].base) != 0 || strcmp(pattern.rest, parsed[i].rest) != 0)
            fail_msg("%s: '%s' '%s'", parsed[i].name, pattern.base, pattern.rest);
        pattern_deinit(&pattern);
        assert_null(pattern.base);
        pattern_deinit(&pattern);
    }
}

static void test_parse_from_elsewhere(void **state)
{
    static const struct {
        const char *name, *written, *cwd, *home, *base;
    } elsewhere[] = {
        {"from the root", "x", "/", NULL, "/x"},
        {"from the root, nothing", ".", "/", NULL, "/"},
        {"a home with a slash at its end", "~/x", "/", "/home/u/", "/home/u/x"},
        {"the home folder is the root", "~/x", "/cwd", "/", "/x"},
        {"no home, and none is needed", "/x", "/", NULL, "/x"},
        {"wildcards of the current folder are names", "x", "/a*b", NULL, "/a*b/x"},
        {"and those of the home folder", "~/x", "/", "/h[1]", "/h[1]/x"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++) {
        struct pattern pattern = {0};

        assert_int_equal(pattern_parse(&pattern, elsewhere[i].written, elsewhere[i].cwd,
                                       elsewhere[i].home, NULL),
                         0);
        if (strcmp(pattern.base, elsewhere[i].base) != 0 || pattern.rest[0])
            fail_msg("%s: '%s' '%s'", elsewhere[i].name, pattern.base, pattern.rest);
        pattern_deinit(&pattern);
    }
}

static void test_refused(void **state)
{
    static char longest[LIMIT_PATH + 2];
    static const struct {
        const char *name, *written, *home, *says;
    } refused[] = {
        {"empty", "", "/h", "write '.' for the current folder"},
        {"another user's home", "~root/x", "/h", "'~root/x' names another user's home"},
        {"another user's home alone", "~u", "/h", "names another user's home"},
        {"~ without HOME", "~/x", NULL, "'~/x' needs HOME"},
        {"~ with an empty HOME", "~", "", "needs HOME"},
        {"~ with a relative HOME", "~", "h", "needs HOME"},
        {".. behind a wildcard", "/a/*/../b", "/h", "'/a/*/../b' has '..' behind a wildcard"},
        {".. behind **", "**/..", "/h", "has '..' behind a wildcard"},
        {"138 ESC ]0; in a pattern", "*/\x1b]0;x/..", "/h", "'*/\\x1b]0;x/..' has"},
        {"too long", longest, "/h", "is too long for a path"},
    };

    (void)state;
    memset(longest, 'a', sizeof longest - 1);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct pattern pattern = {0};
        fence_error err = {0};
        int rc = pattern_parse(&pattern, refused[i].written, "/cwd", refused[i].home, &err);

        if (rc != FENCE_ECONFIG || err.code != rc || !strstr(err.message, refused[i].says) ||
            pattern.base || pattern.rest)
            fail_msg("%s: %d '%s'", refused[i].name, rc, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),  cmocka_unit_test(test_name_ends),
        cmocka_unit_test(test_paths),  cmocka_unit_test(test_bounded_time),
        cmocka_unit_test(test_parse),  cmocka_unit_test(test_parse_from_elsewhere),
        cmocka_unit_test(test_refused)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
