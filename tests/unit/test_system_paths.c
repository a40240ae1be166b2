/* SPDX-License-Identifier: Apache-2.0
 * test_system_paths.c - what defaultDenyRead leaves is written as its readers take for granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/pattern.h"
#include "sandbox/system_paths.h"

static void check(const char *const *items, size_t count, bool absolute)
{
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        const char *item = items[i];

        if ((item[0] == '/') != absolute || strlen(item) < 2 - (size_t)!absolute ||
            item[strlen(item) - 1] == '/' || strstr(item, "//") || strstr(item, "..") ||
            item[0] == '~' || pattern_is_wild(item))
            fail_msg("'%s'", item);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(item, items[j]) == 0)
                fail_msg("'%s' twice", item);
        }
    }
}

static void test_tables(void **state)
{
    (void)state;
    check(system_paths, system_paths_count, true);
    check(system_home_paths, system_home_paths_count, false);
}

/* Neither what people keep, nor what the sandbox has of its own. */
static void test_never(void **state)
{
    static const char *const never[] = {"/", "/home", "/root", "/tmp", "/run", "/proc", "/var"};
    static const char *const never_home[] = {".ssh", ".gnupg", ".config", ".cargo", ".local", "."};

    (void)state;
    for (size_t n = 0; n < ARRAY_LEN(never); n++) {
        for (size_t i = 0; i < system_paths_count; i++)
            assert_string_not_equal(system_paths[i], never[n]);
    }
    for (size_t n = 0; n < ARRAY_LEN(never_home); n++) {
        for (size_t i = 0; i < system_home_paths_count; i++)
            assert_string_not_equal(system_home_paths[i], never_home[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_never),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
