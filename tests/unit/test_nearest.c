/* SPDX-License-Identifier: Apache-2.0
 * test_nearest.c - what a person may have meant, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/nearest.h"

static const char *const known[] = {"name", "connect", "headers", "x", NULL};

static const struct {
    const char *word, *meant; /* NULL: nothing */
} rows[] = {
    {"name", "name"},
    {"nam", "name"},
    {"nmae", "name"},
    {"NAMES", "name"},
    {"conect", "connect"},
    {"connection", NULL},
    {"header", "headers"},
    {"haeders", "headers"},
    {"hxxders", "headers"},
    {"hxxxers", NULL},
    {"", NULL},
    {"y", NULL},
    {"eman", NULL},
    {"connectt", "connect"},
    {"con", NULL},
    {"\xff", NULL},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *meant = nearest(rows[i].word, known);

        if (!rows[i].meant && meant)
            fail_msg("'%s': %s", rows[i].word, meant);
        if (rows[i].meant)
            assert_string_equal(meant ? meant : "", rows[i].meant);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
