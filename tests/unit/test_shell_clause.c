/* SPDX-License-Identifier: Apache-2.0
 * test_shell_clause.c - reserved words, and what they begin: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"not", "! git push", "git push"},
    {"not, glued to a subshell", "!(git push)", "git push"},
    {"time", "time git push", "git push"},
    {"time -p", "time -p -- git push", "git push"},
    {"time is a program", "time -v git push", "time -v git push"},
    {"time of a group", "time { git push; }", "git push"},
    {"coproc", "coproc git push", "git push"},
    {"a named coproc", "coproc NAME { git push; }", "git push"},
    {"reserved words are words", "echo if then fi do done", "echo if then fi do done"},
    {"quoted, not reserved", "'if' x; \\while y", "if x|while y"},
    {"behind an assignment, not reserved", "A=b if x", "if x"},
    {"if", "if ! git diff --quiet; then git push; fi", "git diff --quiet|git push"},
    {"if on lines", "if a\nthen b\nelif c\nthen d\nelse e\nfi", "a|b|c|d|e"},
    {"ends end each other", "if a; then if b; then c; fi fi; d", "a|b|c|d"},
    {"for", "for x in a $(b) c; do d $x; done", "b|d ~"},
    {"for on lines", "for x\nin a\ndo b\ndone", "b"},
    {"for without in", "for x; do b; done", "b"},
    {"for, do at once", "for x do b; done", "b"},
    {"for, arithmetic", "for ((i=0; i<3; i++)); do git push; done", "git push"},
    {"for, arithmetic that executes", "for (($(a);;)) { b; }", "a|b"},
    {"for in braces", "for x in a b; { git push; }", "git push"},
    {"a list of reserved words", "for x in if do done; do a; done", "a"},
    {"select", "select x in a b; do git push; done", "git push"},
    {"while", "while read -r x; do git push; done < <(git ls-files)",
     "read -r x|git push|git ls-files"},
    {"until", "until a; do b; done", "a|b"},
    {"case", "case $1 in push) git push;; *) a;; esac; b", "git push|a|b"},
    {"case with parentheses", "case $1 in (a) b;; (c|d) e; esac", "b|e"},
    {"case on lines", "case x\nin\na | b)\n c\n ;;\nesac\nd", "c|d"},
    {"case falls through", "case x in a) b;& c) d;;& e) f;; esac", "b|d|f"},
    {"case without its last ;;", "case x in a) b\nesac; c", "b|c"},
    {"an empty case", "case x in esac; a", "a"},
    {"case patterns", "case x in \"a b\"|[c-d]*|*.e) f;; $(g)) h;; esac", "f|g|h"},
    {"case in case", "case a in b) case c in d) e;; esac;; f) g;; esac; h", "e|g|h"},
    {"a subshell in a case", "case a in b) (c);; d) e;; esac", "c|e"},
    {"a case in a subshell", "(case a in b) c;; esac; d); e", "c|d|e"},
    {"the word of a case executes", "case $(a) in b) c;; esac", "a|c"},
    {"case as a word", "echo case x in y; z", "echo case x in y|z"},
    {"a function", "f() { git push; }; f", "git push|f"},
    {"a function, spaced", "f ( )\n{\n git push\n}", "git push"},
    {"a function that is a subshell", "f() (git push)", "git push"},
    {"function", "function f { git push; }", "git push"},
    {"function with parentheses", "function f() { git push; }", "git push"},
    {"an odd function", "f+() { git push; }", "git push"},
    {"a test", "[[ -f x && $y == z* ]] && git push", "git push"},
    {"a test executes", "[[ -n $(a) || ( \"`b`\" < c ) ]] || d", "a|b|d"},
    {"a regular expression", "[[ $x =~ ^(a|b)+$ ]]; git push", "git push"},
    {"a test on lines", "[[ a &&\n b\n]] && git push", "git push"},
    {"no test to some shells", "[[ a; git push", "git push"},
    {"no test on one line", "[[ a\ngit push", "git push"},
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
