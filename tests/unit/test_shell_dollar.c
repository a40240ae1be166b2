/* SPDX-License-Identifier: Apache-2.0
 * test_shell_dollar.c - parameters, substitutions, arithmetic: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"a parameter", "git $x push", "git ~ push"},
    {"a parameter behind", "git push$x", "git push~"},
    {"a blank that is none yet", "git$IFS'push'", "git~"},
    {"a first word unknown", "$GIT push", "~ push"},
    {"positional", "git $1 \"$@\" $* $#x", "git ~ ~ ~ ~"},
    {"one digit is a name", "echo a$12", "echo a~"},
    {"special parameters", "echo $? $$ $! $- $_", "echo ~ ~ ~ ~ ~"},
    {"braces around a name", "git ${x} ${x}y z${x}", "git ~ ~ z~"},
    {"a default", "git ${x:-push}", "git ~"},
    {"a default executes", "git ${x:-$(git push)}", "git push|git ~"},
    {"deep in defaults", "echo ${a:-${b:-${c:-`git push`}}}", "git push|echo ~"},
    {"a brace in a default", "echo ${a:-'}'} b; git push", "echo ~ b|git push"},
    {"a length, an indirection", "echo ${#a} ${!b} ${a[@]}; x", "echo ~ ~ ~|x"},
    {"a subscript executes", "echo ${a[$(git push)]}", "git push|echo ~"},
    {"arithmetic", "((i++)); git push", "git push"},
    {"arithmetic that shifts", "((i = 1 << 2)); git push\n2", "git push|2"},
    {"arithmetic executes", "(( $(a) + `b` ))", "a|b"},
    {"arithmetic executes in quotes", "(( '$(a)' ))", "a"},
    {"no arithmetic", "((a); b)", "a|b"},
    {"no arithmetic to some shells", "((git push))", "git push"},
    {"and its line goes on", "((a b <<X)); git push", "a b|git push"},
    {"process substitutions", "diff <(git push) <(a|b) > >(c)", "git push|a|b|c|diff ~ ~"},
    {"a process substitution within", "x=<(git push) a b<(c)", "git push|c|a b~"},
    {"a substitution", "echo $(git push)", "git push|echo ~"},
    {"a command's name", "$(echo git) push", "echo git|~ push"},
    {"in quotes", "echo \"a $(git push \"x y\") b\"", "git push x\\ y|echo a\\ ~"},
    {"in each other", "a $(b $(c \"$(d)\"))", "d|c ~|b ~|a ~"},
    {"a parenthesis in quotes", "echo $(a ')' \")\") b", "a ) )|echo ~ b"},
    {"a parenthesis in a comment", "echo $(a # )\n) b", "a|echo ~ b"},
    {"a case in it", "echo $(case x in y) git push;; esac) b", "git push|echo ~ b"},
    {"a subshell in it", "echo $((a; b); c) d", "a|b|c|echo ~ d"},
    {"a list in it", "x=$(a && b; c) d", "a|b|c|d"},
    {"continued", "echo $\\\n(git push)", "git push|echo ~"},
    {"not closed", "echo $(git push", "git push|echo ~"},
    {"backticks", "echo `git push` a", "git push|echo ~ a"},
    {"backticks in quotes", "echo \"`git push \\\"x y\\\"`\"", "git push x\\ y|echo ~"},
    {"backticks in each other", "echo `a \\`b \\\\\\`c\\\\\\`\\``", "c|b ~|a ~|echo ~"},
    {"backticks, backslashes", "echo `a \\$x '\\\\'`", "a ~ \\\\|echo ~"},
    {"backticks not closed", "echo `git push", "git push|echo ~"},
    {"arithmetic", "echo $((1 << 2)) a", "echo ~ a"},
    {"arithmetic executes", "echo $((1 + $(a) + ${x:-`b`})) c", "a|b|echo ~ c"},
    {"arithmetic in quotes", "echo \"$(( (1+2)*3 ))\" a", "echo ~ a"},
    {"arithmetic, a case in it", "echo $(( $(case x in y) a;; esac) << 2 )) b\ngit push",
     "a|echo ~ b|git push"},
    {"arithmetic of old", "echo $[1 + $(a)] b", "a|echo ~ b"},
    {"no arithmetic of old", "echo $[;git push", "echo $[|git push"},
    {"in this shell", "echo ${ git push; } a", "git push|echo ~ a"},
    {"in this shell, groups", "echo ${ { a; }; b; } c", "a|b|echo ~ c"},
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
