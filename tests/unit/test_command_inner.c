/* SPDX-License-Identifier: Apache-2.0
 * test_command_inner.c - programs within programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/command_inner.h"

#define MOST 8

static const struct {
    const char *name, *words[MOST], *inner;
    size_t at;
} rows[] = {
    {"busybox", {"busybox", "reboot", "-f"}, "reboot", 1},
    {"busybox", {"x", "reboot"}, "reboot", 1},
    {"busybox", {"busybox"}, "", 1},
    {"toybox", {"toybox", "sh"}, "sh", 1},
    {"coreutils", {"coreutils", "--coreutils-prog=chroot", "/"}, "chroot", 1},
    {"coreutils", {"coreutils", "--coreutils-prog-shebang=id", "/usr/bin/id"}, "id", 1},
    {"coreutils", {"coreutils", "--help"}, "", 1},
    {"ld-linux-x86-64.so.2", {"ld", "/usr/bin/git", "push"}, "/usr/bin/git", 1},
    {"ld-linux-x86-64.so.2", {"ld", "--argv0", "x", "--preload", "y", "git"}, "git", 5},
    {"ld-linux-x86-64.so.2", {"ld", "--inhibit-cache", "git"}, "git", 2},
    {"ld-linux-x86-64.so.2", {"ld", "--argv0"}, "", 3},
    {"ld-musl-x86_64.so.1", {"ld", "git"}, "git", 1},
    {"ld-2.31.so", {"ld", "git"}, "git", 1},
    {"ld.so.1", {"ld", "git"}, "git", 1},
    {"git", {"git", "push"}, "", 1},
    {"ld", {"ld", "-o", "x"}, "", 1},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_word words[MOST];
        size_t count = 0, at;
        struct str inner;

        for (; count < MOST && rows[i].words[count]; count++)
            words[count] = (struct shell_word){str_of(rows[i].words[count]), true};
        inner = command_inner(&at, str_of(rows[i].name), words, count);
        if (!str_equal(inner, str_of(rows[i].inner)) || at != rows[i].at)
            fail_msg("row %zu, %s: %.*s at %zu", i, rows[i].name, STR_ARG(inner), at);
    }
}

static void test_names(void **state)
{
    (void)state;
    assert_true(command_has_inner(STR("busybox")));
    assert_true(command_has_inner(STR("ld-linux.so.2")));
    assert_false(command_has_inner(STR("ld")));
    assert_false(command_has_inner(STR("ldd")));
    assert_false(command_has_inner(STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_names)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
