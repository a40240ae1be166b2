/* SPDX-License-Identifier: Apache-2.0
 * test_names.c - the index of patterns finds those that match, each once, and no others. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/names.h"
#include "sandbox/pattern.h"
#include "sandbox/protected.h"

static const char *last_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Asks the index, and every pattern by itself. */
static void compare(const struct names *names, const char *const *patterns, size_t count,
                    const char *path)
{
    static unsigned char found[512];
    struct names_cursor cursor = {0};
    bool leads = false;
    size_t index;

    assert_true(count <= sizeof found);
    memset(found, 0, sizeof found);
    while ((index = names_find(names, path, last_of(path), &cursor)) != NAMES_NONE) {
        assert_true(index < count);
        found[index]++;
    }
    assert_int_equal(names_find(names, path, last_of(path), &cursor), NAMES_NONE); /* and stays */
    for (size_t i = 0; i < count; i++) {
        if (found[i] != pattern_match(patterns[i], path))
            fail_msg("'%s' is found %d times for '%s'", patterns[i], found[i], path);
        leads = leads || pattern_leads_below(patterns[i], path);
    }
    if (names_lead_below(names, path) != leads)
        fail_msg("'%s' leads below: %d", path, leads);
}

/* Each kind of last name, before each kind of folder. */
static const char *const folders[] = {"", "a/", "**/", "*/", "a/**/", "**/a/**/", "b*/", "[ab]/"};
static const char *const lasts[] = {"a",    "b",  ".env", "*.pem", "*.a", "*a",   "*",    "?",
                                    "[ab]", "a*", "**",   "***",   "*?",  "*[a",  "[a",   "x*.y",
                                    "b",    "a",  "?a",   ".env*", "*b*", "\xff", "*\xff"};
static const char *const asked[] = {"a",      "b",  ".env", "key.pem", ".pem", "pem",  "x.a",
                                    "aa",     "ba", "[a",   "x[a",     "x.y",  "x1y",  "x1.y",
                                    ".env.a", "ab", "bb",   "c",       "**",   "\xff", "x\xff"};

static void test_all_together(void **state)
{
    static char texts[ARRAY_LEN(folders) * ARRAY_LEN(lasts)][32];
    static const char *patterns[ARRAY_LEN(texts)];
    static const char *const above[] = {"", "a/", "b/", "a/a/", "c/a/b/", "bc/", "a/x/"};
    struct names *names = NULL;
    char path[64];
    size_t count = 0;

    (void)state;
    for (size_t f = 0; f < ARRAY_LEN(folders); f++) {
        for (size_t l = 0; l < ARRAY_LEN(lasts); l++) {
            snprintf(texts[count], sizeof texts[count], "%s%s", folders[f], lasts[l]);
            patterns[count] = texts[count];
            count++;
        }
    }
    assert_int_equal(names_new(&names, patterns, count), 0);
    for (size_t d = 0; d < ARRAY_LEN(above); d++) {
        for (size_t a = 0; a < ARRAY_LEN(asked); a++) {
            snprintf(path, sizeof path, "%s%s", above[d], asked[a]);
            compare(names, patterns, count, path);
        }
    }
    names_free(names);
}

/* 300 patterns, most of them names, and every name that one of them or a neighbour of it has. */
static void test_many(void **state)
{
    static char texts[300][32];
    static const char *patterns[ARRAY_LEN(texts)];
    struct names *names = NULL;
    char path[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        switch (i % 5) { /* a format is a literal */
        case 0:
            snprintf(texts[i], sizeof texts[i], "**/n%zu", i);
            break;
        case 1:
            snprintf(texts[i], sizeof texts[i], "**/*.e%zu", i);
            break;
        case 2:
            snprintf(texts[i], sizeof texts[i], "d%zu/*", i);
            break;
        case 3:
            snprintf(texts[i], sizeof texts[i], "n%zu", i);
            break;
        default:
            snprintf(texts[i], sizeof texts[i], "**/n%zu/x*", i % 50);
            break;
        }
        patterns[i] = texts[i];
    }
    assert_int_equal(names_new(&names, patterns, ARRAY_LEN(texts)), 0);
    for (size_t i = 0; i < ARRAY_LEN(texts) + 20; i++) {
        const char *const paths[] = {"n%", "a/b/n%", "x.e%", "d%/y", "n%/xy", "q/n%/z"};

        for (size_t p = 0; p < ARRAY_LEN(paths); p++) {
            size_t cut = strcspn(paths[p], "%");

            snprintf(path, sizeof path, "%.*s%zu%s", (int)cut, paths[p], i, paths[p] + cut + 1);
            compare(names, patterns, ARRAY_LEN(texts), path);
        }
    }
    names_free(names);
}

static void test_tables_of_core(void **state)
{
    static const char *const paths[] = {".git",     "a/.git",         ".git/config", "Makefile",
                                        "a/b/HEAD", ".claude/agents", "x/.vscode",   "fence.json",
                                        ".husky/a", ".husky/a/b",     ".npmrc",      "bin",
                                        "x.bashrc"};
    static const struct {
        const char *const *patterns;
        const size_t *count;
    } tables[] = {{protected_names, &protected_count},
                  {protected_home, &protected_home_count},
                  {reported_names, &reported_count}};

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        struct names *names = NULL;

        assert_int_equal(names_new(&names, tables[t].patterns, *tables[t].count), 0);
        for (size_t i = 0; i < ARRAY_LEN(paths); i++)
            compare(names, tables[t].patterns, *tables[t].count, paths[i]);
        names_free(names);
    }
}

static void test_none(void **state)
{
    struct names *names = NULL;
    struct names_cursor cursor = {0};

    (void)state;
    assert_int_equal(names_new(&names, NULL, 0), 0);
    assert_int_equal(names_find(names, "a/b", "b", &cursor), NAMES_NONE);
    assert_false(names_lead_below(names, ""));
    names_free(names);
    names_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_together),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_tables_of_core),
        cmocka_unit_test(test_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
