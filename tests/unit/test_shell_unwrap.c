/* SPDX-License-Identifier: Apache-2.0
 * test_shell_unwrap.c - programs that execute the words behind their own: support/shell_wrapped.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/shell_wrapped.h"

/* clang-format off */
static const struct shell_wrapped_row rows[] = {
    {"git push", ""},
    {"echo env git push", ""},
    {"env git push", "git push"},
    {"/usr/bin/env git push", "git push"},
    {"env", ""},
    {"~/bin/env git push", "git push"},
    {"$X git push", ""},
    {"env - A=b git push", "git push"},
    {"env -- A=b git push", "git push"},
    {"env A=\"$x\" git push", "git push"},
    {"env $x git push", "~ git push"},
    {"sudo git push", "git push"},
    {"xargs git push", "git push"},
    {"timeout 5 git push", "git push"},
    {"timeout 10s git push", "git push"},
    {"timeout $T git push", "git push"},
    {"nice git push", "git push"},
    {"nice -5 git push", "git push"},
    {"nohup git push", "git push"},
    {"command git push", "git push"},
    {"command -- git push", "git push"},
    {"builtin eval 'git push'", "eval git\\ push|git push"},
    {"exec git push", "git push"},
    {"exec 3>x", ""},
    {"taskset 0x1 git push", "git push"},
    {"chroot /x git push", "git push"},
    {"flock /x git push", "git push"},
    {"busybox git push", "git push"},
    {"toybox timeout 5 git push", "timeout 5 git push|git push"},
    {"/lib64/ld-linux-x86-64.so.2 /usr/bin/git push", "/usr/bin/git push"},
    {"npm exec -- git push", "git push"},
    {"npm x git push", "git push"},
    {"npm run git", ""},
    {"npm test exec git", ""},
    {"pnpm dlx tool", "tool"},
    {"yarn exec git push", "git push"},
    {"bunx tool", "tool"},
    {"bundle exec git push", "git push"},
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
