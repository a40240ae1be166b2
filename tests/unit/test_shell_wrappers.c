/* SPDX-License-Identifier: Apache-2.0
 * test_shell_wrappers.c - commands, and what is found behind the first of them: what it wraps. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "filter/shell_wrappers.h"
#include "support/guard.h"
#include "support/shell_text.h"

struct row {
    const char *script, *wrapped;
};

/* clang-format off */
static const struct row prefix_rows[] = {
    {"git push", ""},
    {"echo env git push", ""},
    {"env git push", "git push"},
    {"/usr/bin/env git push", "git push"},
    {"env", ""},
    {"~/bin/env git push", "git push"},
    {"\"$X/bin/sudo\" -n git push", "git push"},
    {"$X git push", ""},
    {"env -i", ""},
    {"env -i PATH=$PATH A= git push", "git push"},
    {"env - A=b git push", "git push"},
    {"env -u HOME -C /x git push", "git push"},
    {"env -uHOME --chdir /x --unset=A git push", "git push"},
    {"env --uns A --ignore-environment git push", "git push"},
    {"env -- A=b git push", "git push"},
    {"env A=\"$x\" git push", "git push"},
    {"env -S 'git push' x", "env git push x|git push x"},
    {"env -S'-i A=b \"git\" pu\\sh'", "env -i A=b git push|git push"},
    {"env --split-string='git ${X} push'", "env git ~ push|git ~ push"},
    {"env -vS 'git push'", "env git push|git push"},
    {"env $x git push", "~ git push"},
    {"env sh -c 'git push'", "sh -c git\\ push|git push"},
    {"sudo git push", "git push"},
    {"sudo -n -u root git push", "git push"},
    {"sudo -nu root -g x git push", "git push"},
    {"sudo -uroot --group x A=b git push", "git push"},
    {"sudo --user root -- git push", "git push"},
    {"sudo -E -H -C 3 -D /x -p '' git push", "git push"},
    {"sudo -i git push", "git push"},
    {"sudo --login git push", "git push"},
    {"nsenter -t 1 --net git push", "git push"},
    {"run0 --user root git push", "git push"},
    {"parallel --tag git push ::: a", "git push"},
    {"sudo -u \"$U\" git push", "git push"},
    {"sudo -v", ""},
    {"doas -u root git push", "git push"},
    {"doas -n git push", "git push"},
    {"pkexec --user root git push", "git push"},
    {"systemd-run --user -p A=b --unit x git push", "git push"},
    {"xargs git push", "git push"},
    {"xargs -0 -n1 git push", "git push"},
    {"xargs -n 1 -P 4 -I {} git push {}", "git push {}"},
    {"xargs -I{} sh -c 'git push {}'", "sh -c git\\ push\\ {}|git push {}"},
    {"xargs -d '\\n' -a f -L 2 -s 9 -E x -r -t git push", "git push"},
    {"xargs --max-args 1 --delimiter=, --no-run-if-empty git push", "git push"},
    {"xargs -i -l -e git push", "git push"},
    {"xargs -J % -R 2 git push", "git push"},
    {"timeout 5 git push", "git push"},
    {"timeout 10s git push", "git push"},
    {"timeout -s KILL -k 3 5 git push", "git push"},
    {"timeout -sKILL --kill-after 3 --foreground 5 git push", "git push"},
    {"timeout $T git push", "git push"},
    {"nice git push", "git push"},
    {"nice -n 5 git push", "git push"},
    {"nice -n5 git push", "git push"},
    {"nice -5 git push", "git push"},
    {"nice --adjustment=5 git push", "git push"},
    {"ionice -c2 -n 7 git push", "git push"},
    {"ionice -c 3 git push", "git push"},
    {"nohup git push", "git push"},
    {"command git push", "git push"},
    {"command -p git push", "git push"},
    {"command -- git push", "git push"},
    {"command -v git", ""},
    {"command -pV git push", ""},
    {"builtin eval 'git push'", "eval git\\ push|git push"},
    {"exec git push", "git push"},
    {"exec -a x -cl git push", "git push"},
    {"exec 3>x", ""},
    {"/usr/bin/time -v git push", "git push"},
    {"/usr/bin/time -f %e -o x git push", "git push"},
    {"time -f %e git push", "git push"},
    {"setsid -f git push", "git push"},
    {"stdbuf -oL -e 0 git push", "git push"},
    {"stdbuf --output L git push", "git push"},
    {"chrt -f 10 git push", "git push"},
    {"taskset 0x1 git push", "git push"},
    {"taskset -c 0,1 git push", "git push"},
    {"numactl -N 0 --membind 1 git push", "git push"},
    {"prlimit --nofile=9 git push", "git push"},
    {"setpriv --reuid 1 --clear-groups git push", "git push"},
    {"unshare -rn --map-user 1 git push", "git push"},
    {"nsenter -t 1 -m -n git push", "git push"},
    {"nsenter --target 1 --net=/x git push", "git push"},
    {"chroot /x git push", "git push"},
    {"chroot --userspec=a --groups b /x git push", "git push"},
    {"strace -f -e trace=execve -o x git push", "git push"},
    {"strace -fp 1", ""},
    {"ltrace -o x -S git push", "git push"},
    {"flock /x git push", "git push"},
    {"flock -n -w 5 /x git push", "git push"},
    {"flock /x -c 'git push; a'", "git push|a"},
    {"flock -x /x --command 'git push'", "git push"},
    {"flock -n 9", ""},
    {"busybox git push", "git push"},
    {"busybox sh -c 'git push'", "sh -c git\\ push|git push"},
    {"toybox timeout 5 git push", "timeout 5 git push|git push"},
    {"busybox --list", ""},
    {"coreutils --coreutils-prog=env git push", "env git push|git push"},
    {"coreutils --coreutils-prog=nice -n 5 git push", "nice -n 5 git push|git push"},
    {"/lib64/ld-linux-x86-64.so.2 /usr/bin/git push", "/usr/bin/git push"},
    {"ld-linux-aarch64.so.1 --library-path /x --inhibit-cache git push", "git push"},
    {"/lib/ld-musl-x86_64.so.1 --preload x --argv0 y -- git push", "git push"},
    {"/lib/ld-2.31.so --audit x git push", "git push"},
    {"find . -name '*.o' -exec rm -f {} +", "rm -f {}"},
    {"find . -exec git push \\; -o -execdir a {} ';' -print", "git push|a {}"},
    {"find . -ok sh -c 'git push; b' x {} \\;", "sh -c git\\ push;\\ b x {}|git push|b"},
    {"find . -exec echo + git {} +", "echo + git {}"},
    {"find . -exec git push", "git push"},
    {"find -name -print", ""},
    {"fd -e c -x git push {} ';' -X b", "git push {}|b"},
    {"fd . --exec git push", "git push"},
    {"entr -r git push", "git push"},
    {"entr -s 'git push; a'", "git push|a"},
    {"npx -y tool --x", "tool --x"},
    {"npx -p x -- git push", "git push"},
    {"npx -c 'git push'", "git push"},
    {"npx --package x --call 'git push'", "git push"},
    {"npm exec -- git push", "git push"},
    {"npm --prefix x exec -c 'git push'", "git push"},
    {"npm x git push", "git push"},
    {"npm run git", ""},
    {"npm test exec git", ""},
    {"pnpm -C x exec git push", "git push"},
    {"pnpm dlx tool", "tool"},
    {"yarn exec git push", "git push"},
    {"yarn --cwd x dlx -p y tool", "tool"},
    {"bunx tool", "tool"},
    {"uv run --with x git push", "git push"},
    {"bundle exec git push", "git push"},
    {"sudo nice -n 5 env A=b timeout 5 git push",
     "nice -n 5 env A=b timeout 5 git push|env A=b timeout 5 git push|timeout 5 git push|git push"},
};

static const struct row script_rows[] = {
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

/* What stands behind the first command. */
static struct str behind(const struct buf *out)
{
    struct str text = buf_str(out);

    for (size_t i = 0; i < text.len; i++) {
        if (text.bytes[i] == '\\')
            i++;
        else if (text.bytes[i] == '|')
            return str_slice(text, i + 1, text.len);
    }
    return STR("");
}

static void check(const struct row *row)
{
    struct buf out = BUF_INIT(1 << 20);
    size_t len = strlen(row->script);
    char *copy = guard_copy(row->script, len);
    int rc = shell_walk((struct str){copy, len}, shell_text_add, &out);

    guard_free(copy, len);
    if (rc != 0 || !str_equal(behind(&out), str_of(row->wrapped)))
        fail_msg("%s: %d, '" STR_FMT "', not '%s'", row->script, rc, STR_ARG(behind(&out)),
                 row->wrapped);
    buf_deinit(&out);
}

static void test_prefixes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(prefix_rows); i++)
        check(&prefix_rows[i]);
}

static void test_scripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(script_rows); i++)
        check(&script_rows[i]);
}

static void test_words(void **state)
{
    const struct shell_word words[] = {
        {STR("nice"), true}, {STR("sh"), true}, {STR("-c"), true}, {STR("git push; a"), false}};
    struct buf out = BUF_INIT(4096);

    (void)state;
    assert_int_equal(shell_walk_words(words, ARRAY_LEN(words), shell_text_add, &out), 0);
    assert_true(str_equal(behind(&out), STR("sh -c git\\ push;\\ a~|git push|a~")));
    assert_int_equal(shell_walk_words(words, 0, shell_text_add, &out), 0);
    buf_deinit(&out);
}

static int on_stop(void *payload, const struct shell_word *words, size_t count)
{
    (void)words;
    (void)count;
    return --*(int *)payload == 0 ? 7 : 0;
}

static void test_stop(void **state)
{
    int calls = 3;

    (void)state;
    assert_int_equal(shell_walk(STR("a; env sh -c 'b; c'"), on_stop, &calls), 7);
    assert_int_equal(calls, 0);
}

static void test_depth(void **state)
{
    char script[LIMIT_SHELL_DEPTH * 5 + 1];
    struct buf out = BUF_INIT(1 << 20);

    (void)state;
    for (size_t i = 0; i + 1 < sizeof script; i++)
        script[i] = "nice "[i % 5];
    script[sizeof script - 1] = '\0';
    assert_int_equal(shell_walk(str_of(script), shell_text_add, &out), -E2BIG);
    assert_int_equal(shell_walk(str_of(script + 10), shell_text_add, &out), 0);
    buf_deinit(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefixes), cmocka_unit_test(test_scripts),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_stop),
        cmocka_unit_test(test_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
