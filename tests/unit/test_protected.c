/* SPDX-License-Identifier: Apache-2.0
 * test_protected.c - the tables of names hold what their readers take for granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/pattern.h"
#include "sandbox/protected.h"

static const struct {
    const char *name;
    const char *const *items;
    const size_t *count;
    const char *begin; /* of each; or NULL */
} tables[] = {
    {"protected_names", protected_names, &protected_count, "**/"},
    {"protected_home", protected_home, &protected_home_count, NULL},
    {"reported_names", reported_names, &reported_count, "**/"},
};

/* As pattern_parse() leaves it: nothing at either end, no "." and "..", and it is `rest` again. */
static void check(const char *table, const char *item, const char *begin)
{
    struct pattern pattern = {0};

    if (begin && strncmp(item, begin, strlen(begin)) != 0)
        fail_msg("%s: '%s' does not begin with '%s'", table, item, begin);
    if (!item[0] || item[0] == '/' || item[0] == '~' || item[strlen(item) - 1] == '/')
        fail_msg("%s: '%s'", table, item);
    if (pattern_parse(&pattern, item, "/r", "/h", NULL) != 0)
        fail_msg("%s: '%s' is no pattern", table, item);
    if (begin && (strcmp(pattern.base, "/r") != 0 || strcmp(pattern.rest, item) != 0))
        fail_msg("%s: '%s' is '%s' '%s'", table, item, pattern.base, pattern.rest);
    if (!begin && (strcmp(pattern.base + 3, item) != 0 || pattern.rest[0]))
        fail_msg("%s: '%s' is '%s' '%s'", table, item, pattern.base, pattern.rest);
    pattern_deinit(&pattern);
}

static void test_tables(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        assert_true(*tables[t].count > 0);
        for (size_t i = 0; i < *tables[t].count; i++) {
            check(tables[t].name, tables[t].items[i], tables[t].begin);
            for (size_t j = 0; j < i; j++) {
                if (strcmp(tables[t].items[i], tables[t].items[j]) == 0)
                    fail_msg("%s: '%s' twice", tables[t].name, tables[t].items[i]);
            }
        }
    }
}

/* What makes a later run of something else start a program. */
static void test_at_least(void **state)
{
    static const char *const paths[] = {".git",
                                        "sub/.git",
                                        ".bashrc",
                                        "a/.zshenv",
                                        ".vscode",
                                        ".mcp.json",
                                        ".claude/settings.json",
                                        "fence.json"};

    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(paths); p++) {
        bool found = false;

        for (size_t i = 0; i < protected_count; i++)
            found = found || pattern_match(protected_names[i], paths[p]);
        if (!found)
            fail_msg("'%s' is not protected", paths[p]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_at_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
