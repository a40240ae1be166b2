/* SPDX-License-Identifier: Apache-2.0
 * test_shell.c - scripts as coding agents write them, and the commands that are found in them:
 * support/shell_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_rows.h"

static const struct shell_row rows[] = {
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
