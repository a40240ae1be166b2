/* SPDX-License-Identifier: Apache-2.0
 * test_command_options.c - options and their values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/command_options.h"

static const struct {
    const char *program, *word;
    enum command_option kind;
} rows[] = {
    {"git", "-C", COMMAND_OPTION_VALUE},          {"git", "--git-dir", COMMAND_OPTION_VALUE},
    {"git", "--git-dir=x", COMMAND_OPTION_ALONE}, {"git", "-p", COMMAND_OPTION_ALONE},
    {"git", "-Cx", COMMAND_OPTION_ALONE},         {"systemctl", "-s", COMMAND_OPTION_VALUE},
    {"dd", "--help", COMMAND_OPTION_ALONE},       {"tool", "-x", COMMAND_OPTION_UNKNOWN},
    {"tool", "--x=y", COMMAND_OPTION_ALONE},      {"", "-x", COMMAND_OPTION_UNKNOWN},
    {"legit", "-C", COMMAND_OPTION_UNKNOWN},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (command_option_kind(str_of(rows[i].program), str_of(rows[i].word)) != rows[i].kind)
            fail_msg("%s %s", rows[i].program, rows[i].word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
