/* SPDX-License-Identifier: Apache-2.0
 * test_shell_ansi.c - words in $'...': support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"ANSI-C", "$'git' $'pu\\x73h'", "git push"},
    {"ANSI-C octal", "$'\\147it' push", "git push"},
    {"ANSI-C unicode", "$'\\u0067it' $'\\U00000070ush' $'\\u00e9'", "git push \xc3\xa9"},
    {"ANSI-C letters", "echo $'a\\nb\\'c\\\\d\\e'", "echo a\\nb'c\\\\d\033"},
    {"ANSI-C control", "echo $'\\cA\\q\\x'", "echo \001\\\\q\\\\x"},
    {"ANSI-C NUL", "echo $'git\\0x'", "echo git~"},
    {"ANSI-C within a word", "gi$'t' push", "git push"},
    {"no ANSI-C in double quotes", "echo \"$'a'\"", "echo $'a'"},
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
