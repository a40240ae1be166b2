/* SPDX-License-Identifier: Apache-2.0
 * test_command_defaults.c - the default list is written as the reader of rules would have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/commands.h"

/* Each of the default list denies its own words: its tokens are those of its text. */
static void test_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < ncommand_defaults; i++) {
        struct command_rules read = {0};
        const char *why;

        assert_int_equal(command_rules_add(&read, str_of(command_defaults[i].text), &why), 0);
        assert_int_equal(read.list[0].ntokens, command_defaults[i].ntokens);
        assert_int_equal(read.list[0].nhead, command_defaults[i].nhead);
        for (size_t k = 0; k < read.list[0].ntokens; k++)
            assert_true(str_equal(read.list[0].tokens[k], command_defaults[i].tokens[k]));
        command_rules_deinit(&read);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_defaults)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
