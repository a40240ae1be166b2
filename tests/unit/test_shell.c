/* SPDX-License-Identifier: Apache-2.0
 * test_shell.c - scripts, and the commands that are found in them: support/shell_text.h. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/guard.h"
#include "support/shell_text.h"

struct row {
    const char *name, *script, *commands;
};

static const struct row word_rows[] = {
    {"nothing", "", ""},
    {"blanks", " \t\n ", ""},
    {"one word", "ls", "ls"},
    {"words", "git push origin", "git push origin"},
    {"tabs", "git\tpush", "git push"},
    {"single quotes", "'git' 'push x'", "git push\\ x"},
    {"double quotes", "\"git\" \"push x\"", "git push\\ x"},
    {"adjacent pieces", "g\"i\"t pu'sh'", "git push"},
    {"empty quotes within", "g\"\"it pu''sh", "git push"},
    {"empty words", "git '' \"\" push", "git '' '' push"},
    {"a backslash in front", "\\git push", "git push"},
    {"a backslash within", "g\\it pu\\sh", "git push"},
    {"an escaped blank", "git\\ push", "git\\ push"},
    {"a backslash at the end", "git push\\", "git push\\\\"},
    {"a continued line", "git \\\n push", "git push"},
    {"a continued word", "gi\\\nt pu\\\nsh", "git push"},
    {"continued in double quotes", "\"gi\\\nt\" push", "git push"},
    {"not continued in single quotes", "'gi\\\nt'", "gi\\\\\\nt"},
    {"backslashes in double quotes", "\"a\\\"b\\\\c\\d\"", "a\"b\\\\c\\\\d"},
    {"a dollar in double quotes", "echo \"\\$x\" \"$\"", "echo $x $"},
    {"a quote that is not closed", "git 'push x", "git push\\ x"},
    {"double quotes not closed", "git \"push x", "git push\\ x"},
    {"quotes in quotes", "echo \"it's\" 'a\"b'", "echo it's a\"b"},
    {"ANSI-C", "$'git' $'pu\\x73h'", "git push"},
    {"ANSI-C octal", "$'\\147it' push", "git push"},
    {"ANSI-C unicode", "$'\\u0067it' $'\\U00000070ush' $'\\u00e9'", "git push \xc3\xa9"},
    {"ANSI-C letters", "echo $'a\\nb\\'c\\\\d\\e'", "echo a\\nb'c\\\\d\033"},
    {"ANSI-C control", "echo $'\\cA\\q\\x'", "echo \001\\\\q\\\\x"},
    {"ANSI-C NUL", "echo $'git\\0x'", "echo git~"},
    {"ANSI-C within a word", "gi$'t' push", "git push"},
    {"a translated string", "$\"git\" push", "git push"},
    {"no ANSI-C in double quotes", "echo \"$'a'\"", "echo $'a'"},
    {"a lone dollar", "echo $ a$ $.", "echo $ a$ $."},
    {"a carriage return stays", "git push\r\n", "git push\r"},
    {"a comment", "git push # origin", "git push"},
    {"a comment in front", "# git push\nls", "ls"},
    {"a hash within a word", "echo a#b #c", "echo a#b"},
    {"a hash behind quotes", "echo \"a\"#b", "echo a#b"},
    {"a comment that ends in a backslash", "# x \\\ngit push", "git push"},
    {"a comment with a quote", "ls # don't\ngit push", "ls|git push"},

    {"a parameter", "git $x push", "git ~ push"},
    {"a parameter behind", "git push$x", "git push~"},
    {"a parameter in quotes", "git \"push-$x\" y", "git push-~ y"},
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
    {"a quote in a quoted default", "echo \"${a:-'}\" b; git push", "echo ~ b|git push"},
    {"a quote in a pattern", "echo \"${a#'}'}\"; git push", "echo ~|git push"},
    {"quotes within quotes' braces", "echo \"${a:-\"}\"}\"; git push", "echo ~|git push"},
    {"a length, an indirection", "echo ${#a} ${!b} ${a[@]}; x", "echo ~ ~ ~|x"},
    {"a subscript executes", "echo ${a[$(git push)]}", "git push|echo ~"},
    {"a tilde", "ls ~/x a~ '~'", "ls ~ a\\~ \\~"},
    {"a star", "rm *.o a*b", "rm ~ a~"},
    {"a question mark", "rm a?c", "rm a~"},
    {"a bracket", "rm a[bc]d", "rm a~"},
    {"a bracket that is not closed", "[ -f x ]", "[ -f x ]"},
    {"an empty bracket", "echo a[]", "echo a[]"},
    {"quoted patterns", "rm '*' \\* \"a?\" \"[b]\"", "rm * * a? [b]"},
    {"a pattern list", "ls @(a|b) !(c)d x", "ls @~ !~ x"},
    {"a pattern list executes", "ls +($(git push))", "git push|ls +~"},
    {"an equals sign", "a --x=y b=c", "a --x=y b=c"},

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

static const struct row list_rows[] = {
    {"a semicolon", "a;b; c ;", "a|b|c"},
    {"and, or", "a&&b || c", "a|b|c"},
    {"in the background", "a & b&", "a|b"},
    {"a pipe", "a|b |& c", "a|b|c"},
    {"lines", "a\nb\n\nc", "a|b|c"},
    {"a line behind an operator", "a &&\n b |\n c", "a|b|c"},
    {"a continued operator", "a &\\\n& b |\\\n| c", "a|b|c"},
    {"not", "! git push", "git push"},
    {"not, glued to a subshell", "!(git push)", "git push"},
    {"time", "time git push", "git push"},
    {"time -p", "time -p -- git push", "git push"},
    {"time is a program", "time -v git push", "time -v git push"},
    {"time of a group", "time { git push; }", "git push"},
    {"coproc", "coproc git push", "git push"},
    {"a named coproc", "coproc NAME { git push; }", "git push"},
    {"a subshell", "(cd a; git push) & wait", "cd a|git push|wait"},
    {"a subshell glued", "(git push)", "git push"},
    {"subshells in each other", "( (a); (b) )", "a|b"},
    {"a group", "test -f x || { git push; }", "test -f x|git push"},
    {"groups end each other", "{ { git push; } }; x", "git push|x"},
    {"braces are words", "echo { git push }", "echo { git push }"},
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
    {"arithmetic", "((i++)); git push", "git push"},
    {"arithmetic that shifts", "((i = 1 << 2)); git push\n2", "git push|2"},
    {"arithmetic executes", "(( $(a) + `b` ))", "a|b"},
    {"arithmetic executes in quotes", "(( '$(a)' ))", "a"},
    {"no arithmetic", "((a); b)", "a|b"},
    {"no arithmetic to some shells", "((git push))", "git push"},
    {"and its line goes on", "((a b <<X)); git push", "a b|git push"},
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
    {"a stray end", "a ) b } ; done; git push", "a|b }|git push"},
    {"a stray end in front", ") ;; } fi git push", "git push"},
    {"left open", "if a; then (b; { c", "a|b|c"},
};

static const struct row expansion_rows[] = {
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
    {"a here-string", "git push <<< \"$(a) b\"", "a|git push"},
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

static const struct row agent_rows[] = {
    {"cd and test", "cd x && npm test 2>&1 | tail -20", "cd x|npm test|tail -20"},
    {"a commit",
     "git commit -m \"$(cat <<'EOF'\nfix: don't (ever) `push`\n\nCo-Authored-By: x\nEOF\n)\" && "
     "git push",
     "cat|git commit -m ~|git push"},
    {"each file", "for f in $(git ls-files '*.c'); do sed -i 's/a/b/g' \"$f\"; done",
     "git ls-files *.c|sed -i s/a/b/g ~"},
    {"a variable in front", "FOO=bar BAZ=\"a b\" npx -y tool --x", "npx -y tool --x"},
    {"a script of Python", "python3 - <<'PY'\nimport os\nos.system('git push')\nPY\ngit status",
     "python3 -|git status"},
    {"a file is written", "cat > a.sh <<'EOF'\n#!/bin/sh\ngit push\nEOF\nchmod +x a.sh",
     "cat|chmod +x a.sh"},
    {"set -e", "set -euo pipefail; git push", "set -euo pipefail|git push"},
    {"jq", "gh api x --jq '.[] | select(.a == \"b\") | .c' | head",
     "gh api x --jq .[]\\ \\|\\ select(.a\\ ==\\ \"b\")\\ \\|\\ .c|head"},
    {"awk", "ps aux | awk '{print $2}' | xargs kill -9", "ps aux|awk {print\\ $2}|xargs kill -9"},
    {"find", "find . -name '*.o' -exec rm -f {} \\; -o -print",
     "find . -name *.o -exec rm -f {} ; -o -print"},
    {"a health check", "until curl -sf localhost:80 >/dev/null; do sleep 1; done &",
     "curl -sf localhost:80|sleep 1"},
    {"or true", "(pkill -f server || true) && sleep 1", "pkill -f server|true|sleep 1"},
    {"a count", "[ $(git status --porcelain | wc -l) -eq 0 ] && echo clean",
     "git status --porcelain|wc -l|[ ~ -eq 0 ]|echo clean"},
    {"a trap", "tmp=$(mktemp -d); trap 'rm -rf \"$tmp\"' EXIT",
     "mktemp -d|trap rm\\ -rf\\ \"$tmp\" EXIT"},
    {"dd", "dd if=/dev/zero of=/dev/sda bs=1M", "dd if=/dev/zero of=/dev/sda bs=1M"},
    {"a bomb", ":(){ :|:& };:", ":|:|:"},
    {"docker", "docker run --rm -v \"$PWD\":/x -w /x img sh -c 'ls'",
     "docker run --rm -v ~ -w /x img sh -c ls"},
    {"a loop over lines", "git log --format=%H | while IFS= read -r h; do git show \"$h\"; done",
     "git log --format=%H|read -r h|git show ~"},
    {"echo into a file", "echo \"a $(date) b\" >> log; printf '%s\\n' x",
     "date|echo a\\ ~|printf %s\\\\n x"},
    {"a URL", "curl -s https://x.test/a?b=c\\&d", "curl -s https://x.test/a~"},
};

static void check(const struct row *row)
{
    struct buf out = BUF_INIT(1 << 20);
    size_t len = strlen(row->script);
    char *copy = guard_copy(row->script, len);
    int rc = shell_read((struct str){copy, len}, shell_text_add, &out);

    guard_free(copy, len);
    if (rc != 0 || !str_equal(buf_str(&out), str_of(row->commands)))
        fail_msg("%s: %d, '" STR_FMT "', not '%s'", row->name, rc, STR_ARG(buf_str(&out)),
                 row->commands);
    buf_deinit(&out);
}

static void test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(word_rows); i++)
        check(&word_rows[i]);
}

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(list_rows); i++)
        check(&list_rows[i]);
}

static void test_expansions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(expansion_rows); i++)
        check(&expansion_rows[i]);
}

static void test_agents(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(agent_rows); i++)
        check(&agent_rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_expansions),
        cmocka_unit_test(test_agents),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
