/* SPDX-License-Identifier: Apache-2.0
 * test_shell_wrappers_table.c - which programs are known to execute others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/shell_walk.h"

static const struct {
    const char *name;
    shell_unwrap unwrap; /* NULL: no such program */
} rows[] = {
    {"env", shell_unwrap_env},
    {"genv", shell_unwrap_env},
    {"xargs", shell_unwrap_prefix},
    {"sh", shell_unwrap_shell},
    {"rksh", shell_unwrap_shell},
    {"fish", shell_unwrap_shell},
    {"eval", shell_unwrap_joined},
    {"find", shell_unwrap_find},
    {"busybox", shell_unwrap_applet},
    {"coreutils", shell_unwrap_coreutils},
    {"git", shell_unwrap_git},
    {"rustup", shell_unwrap_prefix},
    {"ld-linux-x86-64.so.2", shell_unwrap_prefix},
    {"ld-musl-x86_64.so.1", shell_unwrap_prefix},
    {"ld-2.31.so", shell_unwrap_prefix},
    {"ld.so", shell_unwrap_prefix},
    {"ld", NULL},
    {"ld-gold", NULL},
    {"en", NULL},
    {"envx", NULL},
    {"env genv", NULL},
    {"/usr/bin/env", NULL},
    {"", NULL},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct shell_wrapper *wrapper = shell_wrapper_of(str_of(rows[i].name));

        if ((wrapper ? wrapper->unwrap : NULL) != rows[i].unwrap)
            fail_msg("'%s'", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
