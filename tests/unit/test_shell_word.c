/* SPDX-License-Identifier: Apache-2.0
 * test_shell_word.c - words, comments and patterns: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"nothing", "", ""},
    {"blanks", " \t\n ", ""},
    {"one word", "ls", "ls"},
    {"words", "git push origin", "git push origin"},
    {"tabs", "git\tpush", "git push"},
    {"an escaped blank", "git\\ push", "git\\ push"},
    {"a continued line", "git \\\n push", "git push"},
    {"a continued word", "gi\\\nt pu\\\nsh", "git push"},
    {"a lone dollar", "echo $ a$ $.", "echo $ a$ $."},
    {"a carriage return stays", "git push\r\n", "git push\r"},
    {"a comment", "git push # origin", "git push"},
    {"a comment in front", "# git push\nls", "ls"},
    {"a hash within a word", "echo a#b #c", "echo a#b"},
    {"a tilde", "ls ~/x a~ '~'", "ls ~ a\\~ \\~"},
    {"a star", "rm *.o a*b", "rm ~ a~"},
    {"a question mark", "rm a?c", "rm a~"},
    {"a bracket", "rm a[bc]d", "rm a~"},
    {"a bracket that is not closed", "[ -f x ]", "[ -f x ]"},
    {"an empty bracket", "echo a[]", "echo a[]"},
    {"a pattern list", "ls @(a|b) !(c)d x", "ls @~ !~ x"},
    {"a pattern list executes", "ls +($(git push))", "git push|ls +~"},
    {"an equals sign", "a --x=y b=c", "a --x=y b=c"},
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
