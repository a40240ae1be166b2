/* SPDX-License-Identifier: Apache-2.0
 * test_shell_read.c - lists, groups and stray ends: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"a semicolon", "a;b; c ;", "a|b|c"},
    {"and, or", "a&&b || c", "a|b|c"},
    {"in the background", "a & b&", "a|b"},
    {"lines", "a\nb\n\nc", "a|b|c"},
    {"a line behind an operator", "a &&\n b |\n c", "a|b|c"},
    {"a continued operator", "a &\\\n& b |\\\n| c", "a|b|c"},
    {"a subshell", "(cd a; git push) & wait", "cd a|git push|wait"},
    {"a subshell glued", "(git push)", "git push"},
    {"subshells in each other", "( (a); (b) )", "a|b"},
    {"a group", "test -f x || { git push; }", "test -f x|git push"},
    {"groups end each other", "{ { git push; } }; x", "git push|x"},
    {"braces are words", "echo { git push }", "echo { git push }"},
    {"a stray end", "a ) b } ; done; git push", "a|b }|git push"},
    {"a stray end in front", ") ;; } fi git push", "git push"},
    {"left open", "if a; then (b; { c", "a|b|c"},
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
