/* SPDX-License-Identifier: Apache-2.0
 * test_shell_braces.c - words with braces: {a,b}: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"braces", "git {push,pull}", "git push pull"},
    {"braces as a command", "{git,push}", "git push"},
    {"braces within", "a{b,c}d", "abd acd"},
    {"braces twice", "{a,b}{c,d}", "ac ad bc bd"},
    {"braces in braces", "{a,b{c,d}}", "a bc bd"},
    {"an empty alternative", "gi{t,}", "git gi"},
    {"braces without a comma", "find {} {x}", "find {} {x}"},
    {"quoted braces", "echo '{a,b}' {a','b} \\{a,b}", "echo {a,b} {a,b} {a,b}"},
    {"a quoted comma", "{\"a,b\",c}", "a,b c"},
    {"an unknown alternative", "{git,$x,push}", "git ~ push"},
    {"behind something unknown", "a$x{b,c}", "a~ a~"},
    {"outer braces that are none", "{x{a,b}}", "{xa} {xb}"},
    {"an open brace in front", "{a{b,c}", "{ab {ac"},
    {"a sequence", "echo a{1..3}b", "echo a~"},
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
