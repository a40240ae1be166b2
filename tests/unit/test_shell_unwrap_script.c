/* SPDX-License-Identifier: Apache-2.0
 * test_shell_unwrap_script.c - programs that read shell, and their scripts:
 * support/shell_wrapped.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_wrapped.h"

/* clang-format off */
static const struct shell_wrapped_row rows[] = {
    {"sh -c 'git push'", "git push"},
    {"bash -lc 'git add -A && git commit -qm \"x; y\" && git push origin HEAD'",
     "git add -A|git commit -qm x;\\ y|git push origin HEAD"},
    {"/bin/bash -euo pipefail -c 'git push' x", "git push"},
    {"bash -o errexit +e -c 'git push'", "git push"},
    {"bash --norc --rcfile x -O extglob -c 'git push'", "git push"},
    {"bash -c -e 'git push'", "git push"},
    {"bash -c -- 'git push'", "git push"},
    {"bash $FLAGS -c 'git push'", "git push"},
    {"zsh -ic 'git push'", "git push"},
    {"fish -c 'git push'", "git push"},
    {"fish --command='git push' -C a", "git push|a"},
    {"sh script.sh -c 'git push'", ""},
    {"sh -c", ""},
    {"sh -c 'exec \"$@\"' sh git push", "exec ~|~|git push"},
    {"sh -c '\"$@\"' _ git push", "~|git push"},
    {"sh -c 'echo \"$@\"' _ git push", "echo ~"},
    {"bash -c \"cd $x && git push\"", "cd ~|git push"},
    {"bash -c \"$(a)\"", "bash -c ~|~"},
    {"bash -c \"git push $x\"", "git push ~"},
    {"bash -c \"git pu$x\"", "git pu~"},
    {"bash -c \"echo '$x' ; git push\"", "echo ~|git push"},
    {"bash -c 'sh -c \"git push\"'", "sh -c git\\ push|git push"},
    {"bash <<'E'\ngit push\nE", "git push"},
    {"bash -s x <<'E'\ngit push $1\nE\na", "git push ~|a"},
    {"sudo bash <<E\n\\$(a) \"$x\"\nE", "bash|a|~ ~"},
    {"sh <<< 'git push'", "git push"},
    {"bash x <<'E'\ngit push\nE", ""},
    {"cat <<'E'\ngit push\nE", ""},
    {"cat <<'E' | sudo bash -s x\ngit push\nE\na", "sudo bash -s x|bash -s x|git push|a"},
    {"cat <<'E' | tee x\ngit push\nE", "tee x"},
    {"echo 'git push' | sh", "sh|git push"},
    {"echo -e \"cd $x\\ngit push\" | bash; a", "bash|cd ~|git push|a"},
    {"printf '%s\\n' 'git push' | sh", "sh|%s|git push"},
    {"echo 'git push' | cat; sh", "cat|sh"},
    {"echo a || sh", "sh"},
    {"eval git push", "git push"},
    {"eval 'git' \"push; a\"", "git push|a"},
    {"eval \"$(ssh-agent)\"", "eval ~|~"},
    {"eval \"x=$y; git push\"", "git push"},
    {"trap 'git push' EXIT", "git push"},
    {"trap -- 'git push' 0 1", "git push"},
    {"trap - EXIT", ""},
    {"trap -p EXIT", ""},
    {"trap EXIT", ""},
    {"alias x='git push' y=\"a $z\"", "git push|a ~"},
    {"alias", ""},
    {"su -c 'git push'", "git push"},
    {"su - x -c 'git push'", "git push"},
    {"su -s /bin/sh x --command='git push'", "git push"},
    {"su x -- -c 'git push'", "git push"},
    {"su - x", ""},
    {"runuser -u x -- git push", "git push"},
    {"runuser -u x git push", "git push"},
    {"runuser - x -c 'git push'", "git push"},
    {"script -qec 'git push' /dev/null", "git push"},
    {"script -q f -- git push", "git push"},
    {"script -q /dev/null git push", "git push"},
    {"watch -n 1 git push", "git push"},
    {"watch -d 'git push; a'", "git push|a"},
    {"parallel -j 4 git push ::: a b", "git push"},
    {"parallel ::: 'git push' a", "git push|a"},
    {"parallel 'cd {} && git push' ::: a", "cd {}|git push"},
    {"git -c alias.p=push p origin", "git push origin"},
    {"git -C x -c a.b=c -c Alias.P='push -f' p", "git push -f"},
    {"git -c alias.p='!git' p push \"it's\"", "git push it's"},
    {"git -c alias.p='!f() { git push; }; f' p", "git push|f"},
    {"git -c alias.q=push p", ""},
    {"git bisect run git push", "git push"},
    {"git submodule foreach --recursive 'git push; a'", "git push|a"},
    {"git rebase -i HEAD~3 -x 'git push'", "git push"},
    {". x; source y", "source y"},
    {"ssh host git push", ""},
    {"python3 -c 'git push'", ""},
    {"make git", ""},
};
/* clang-format on */

static void test_rows(void **state)
{
    (void)state;
    shell_wrapped_check(rows, ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
