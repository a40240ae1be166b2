/* SPDX-License-Identifier: Apache-2.0
 * test_shell_option.c - options in front of what is wrapped, and their values:
 * support/shell_wrapped.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_wrapped.h"

/* clang-format off */
static const struct shell_wrapped_row rows[] = {
    {"\"$X/bin/sudo\" -n git push", "git push"},
    {"env -i", ""},
    {"env -i PATH=$PATH A= git push", "git push"},
    {"env -u HOME -C /x git push", "git push"},
    {"env -uHOME --chdir /x --unset=A git push", "git push"},
    {"env --uns A --ignore-environment git push", "git push"},
    {"env -S 'git push' x", "env git push x|git push x"},
    {"env -S'-i A=b \"git\" pu\\sh'", "env -i A=b git push|git push"},
    {"env --split-string='git ${X} push'", "env git ~ push|git ~ push"},
    {"env -vS 'git push'", "env git push|git push"},
    {"env sh -c 'git push'", "sh -c git\\ push|git push"},
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
    {"xargs -0 -n1 git push", "git push"},
    {"xargs -n 1 -P 4 -I {} git push {}", "git push {}"},
    {"xargs -I{} sh -c 'git push {}'", "sh -c git\\ push\\ {}|git push {}"},
    {"xargs -d '\\n' -a f -L 2 -s 9 -E x -r -t git push", "git push"},
    {"xargs --max-args 1 --delimiter=, --no-run-if-empty git push", "git push"},
    {"xargs -i -l -e git push", "git push"},
    {"xargs -J % -R 2 git push", "git push"},
    {"timeout -s KILL -k 3 5 git push", "git push"},
    {"timeout -sKILL --kill-after 3 --foreground 5 git push", "git push"},
    {"nice -n 5 git push", "git push"},
    {"nice -n5 git push", "git push"},
    {"nice --adjustment=5 git push", "git push"},
    {"ionice -c2 -n 7 git push", "git push"},
    {"ionice -c 3 git push", "git push"},
    {"command -p git push", "git push"},
    {"command -v git", ""},
    {"command -pV git push", ""},
    {"exec -a x -cl git push", "git push"},
    {"/usr/bin/time -v git push", "git push"},
    {"/usr/bin/time -f %e -o x git push", "git push"},
    {"time -f %e git push", "git push"},
    {"setsid -f git push", "git push"},
    {"stdbuf -oL -e 0 git push", "git push"},
    {"stdbuf --output L git push", "git push"},
    {"chrt -f 10 git push", "git push"},
    {"taskset -c 0,1 git push", "git push"},
    {"numactl -N 0 --membind 1 git push", "git push"},
    {"prlimit --nofile=9 git push", "git push"},
    {"setpriv --reuid 1 --clear-groups git push", "git push"},
    {"unshare -rn --map-user 1 git push", "git push"},
    {"nsenter -t 1 -m -n git push", "git push"},
    {"nsenter --target 1 --net=/x git push", "git push"},
    {"chroot --userspec=a --groups b /x git push", "git push"},
    {"strace -f -e trace=execve -o x git push", "git push"},
    {"strace -fp 1", ""},
    {"ltrace -o x -S git push", "git push"},
    {"flock -n -w 5 /x git push", "git push"},
    {"flock /x -c 'git push; a'", "git push|a"},
    {"flock -x /x --command 'git push'", "git push"},
    {"flock -n 9", ""},
    {"busybox sh -c 'git push'", "sh -c git\\ push|git push"},
    {"busybox --list", ""},
    {"coreutils --coreutils-prog=env git push", "env git push|git push"},
    {"coreutils --coreutils-prog=nice -n 5 git push", "nice -n 5 git push|git push"},
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
    {"npm --prefix x exec -c 'git push'", "git push"},
    {"pnpm -C x exec git push", "git push"},
    {"yarn --cwd x dlx -p y tool", "tool"},
    {"uv run --with x git push", "git push"},
    {"sudo nice -n 5 env A=b timeout 5 git push",
     "nice -n 5 env A=b timeout 5 git push|env A=b timeout 5 git push|timeout 5 git push|git push"},
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
