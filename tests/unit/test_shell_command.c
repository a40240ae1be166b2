/* SPDX-License-Identifier: Apache-2.0
 * test_shell_command.c - assignments, redirections and pipes: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"a pipe", "a|b |& c", "a|b|c"},
    {"an array", "a=(x $(b) \"y)\" # z)\n w); c", "b|c"},
    {"an array grows", "a+=($(b)) c d", "b|c d"},
    {"a declared array", "declare -a a=(b c); d", "declare -a a=~|d"},
    {"a subscript", "A[1]=x B[$i + 1]+=y git push", "git push"},
    {"a subscript that executes", "A[$(a)]=x", "a"},
    {"no subscript", "A[1;git push", "A[1|git push"},
    {"assignments", "A=b C+='d e' git push", "git push"},
    {"assignments alone", "A=b; C=$(git push)", "git push"},
    {"no assignment", "1a=b; a-b=c; 'a'=b", "1a=b|a-b=c|a=b"},
    {"an assignment as a word", "env A=b c", "env A=b c"},
    {"out", "git push >x 2>&1 </dev/null", "git push"},
    {"out, everywhere", ">x git 2>/dev/null push >>y origin", "git push origin"},
    {"out, spaced", "git > x push 2> y", "git push"},
    {"a number that is a word", "git push 2 >x", "git push 2"},
    {"all out", "git push &>x &>>y >&z", "git push"},
    {"all out, or in the background", "a &>x git push", "a git push|git push"},
    {"closed, and a word behind", "git 2>&-push <&- x", "git push x"},
    {"clobber, both ways", "git >|x push <>y", "git push"},
    {"a named descriptor", "git {fd}>x push {fd}>&-", "git push"},
    {"moved descriptors", "git 3<&0- push 4>&3", "git push"},
    {"a target that executes", "git >$(a) push <\"`b`\"", "a|b|git push"},
    {"redirections alone", "> x", ""},
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
