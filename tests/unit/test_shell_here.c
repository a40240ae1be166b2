/* SPDX-License-Identifier: Apache-2.0
 * test_shell_here.c - here-documents and here-strings: support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
    {"a here-string", "git push <<< \"$(a) b\"", "a|git push"},
    {"a document", "cat <<EOF\ngit push\nEOF\na", "cat|a"},
    {"a document executes", "cat <<EOF\n$(a) `b` ${x:-$(c)} \\$(d)\nEOF\ne", "cat|a|b|c|e"},
    {"a quoted document", "cat <<'EOF'\n$(git push)\nEOF\na", "cat|a"},
    {"quoted otherwise", "cat <<\"E\"F <<\\G\n$(a)\nEF\n`b`\nG\nc", "cat|c"},
    {"quoted as in C", "cat <<$'E\\x46'\n$(a)\nEF\nc", "cat|c"},
    {"tabs are dropped", "cat <<-EOF\n\t$(a)\n\t\tEOF\nb", "cat|a|b"},
    {"tabs are not dropped", "cat <<EOF\n\tEOF\ngit push\nEOF\nb", "cat|b"},
    {"several documents", "cat <<A <<B; c\n$(a)\nA\n$(b)\nB\nd", "cat|c|a|b|d"},
    {"the line goes on", "cat <<EOF | git push && a\nx\nEOF\nb", "cat|git push|a|b"},
    {"a quote in a document", "cat <<EOF\ndon't \"\nEOF\ngit push", "cat|git push"},
    {"a document in a substitution", "a \"$(cat <<'EOF'\nit's )\n\nEOF\n)\" b && c", "cat|a ~ b|c"},
    {"its delimiter with the parenthesis", "a $(cat <<EOF\nx\nEOF) b; c", "cat|a ~ b|c"},
    {"a document behind the substitution", "a $(cat <<E) b\nc\nE\nd", "cat|a ~ b|c|d"},
    {"a substitution before a document", "cat <<A $(b\nc)\n$(d)\nA\ne", "b|c|cat ~|d|e"},
    {"a document that does not end", "cat <<EOF\n$(a)\n", "cat|a"},
    {"a document in backticks", "a `cat <<E\n$(b)\nE\n` c", "cat|b|a ~ c"},
    {"a line that is joined", "cat <<E\na\\\nE\nE\nb", "cat|b"},
    {"a delimiter that is joined", "cat <<EF\na\nE\\\nF\nb", "cat|b"},
    {"a loop's document", "while read x; do a; done <<E\n$(b)\nE\nc", "read x|a|b|c"},
    {"a document in an array", "cat <<E; x=(\nz\nE\ny); a", "cat|a"},
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
