/* SPDX-License-Identifier: Apache-2.0
 * test_shell_quotes.c - quotes and backslashes: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"single quotes", "'git' 'push x'", "git push\\ x"},
    {"double quotes", "\"git\" \"push x\"", "git push\\ x"},
    {"adjacent pieces", "g\"i\"t pu'sh'", "git push"},
    {"empty quotes within", "g\"\"it pu''sh", "git push"},
    {"empty words", "git '' \"\" push", "git '' '' push"},
    {"a backslash in front", "\\git push", "git push"},
    {"a backslash within", "g\\it pu\\sh", "git push"},
    {"a backslash at the end", "git push\\", "git push\\\\"},
    {"continued in double quotes", "\"gi\\\nt\" push", "git push"},
    {"not continued in single quotes", "'gi\\\nt'", "gi\\\\\\nt"},
    {"backslashes in double quotes", "\"a\\\"b\\\\c\\d\"", "a\"b\\\\c\\\\d"},
    {"a dollar in double quotes", "echo \"\\$x\" \"$\"", "echo $x $"},
    {"a quote that is not closed", "git 'push x", "git push\\ x"},
    {"double quotes not closed", "git \"push x", "git push\\ x"},
    {"quotes in quotes", "echo \"it's\" 'a\"b'", "echo it's a\"b"},
    {"a translated string", "$\"git\" push", "git push"},
    {"a hash behind quotes", "echo \"a\"#b", "echo a#b"},
    {"a comment that ends in a backslash", "# x \\\ngit push", "git push"},
    {"a comment with a quote", "ls # don't\ngit push", "ls|git push"},
    {"a parameter in quotes", "git \"push-$x\" y", "git push-~ y"},
    {"a quote in a quoted default", "echo \"${a:-'}\" b; git push", "echo ~ b|git push"},
    {"a quote in a pattern", "echo \"${a#'}'}\"; git push", "echo ~|git push"},
    {"quotes within quotes' braces", "echo \"${a:-\"}\"}\"; git push", "echo ~|git push"},
    {"quoted patterns", "rm '*' \\* \"a?\" \"[b]\"", "rm * * a? [b]"},
};

static void test_rows(void **state)
{
    (void)state;
    shell_rows_check(rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
