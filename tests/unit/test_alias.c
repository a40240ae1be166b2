/* SPDX-License-Identifier: Apache-2.0
 * test_alias.c - another spelling that leads to the same file; a hard link stands for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "base/base.h"
#include "sandbox/alias.h"

static const char *const tree[] = {"@/.bashrc", "@/.profile", "@/.PROFILE", "@/only",
                                   "@/123",     "@/dir/.env", NULL};

static const struct {
    const char *what, *path;
    bool around;
} rows[] = {
    {"the same file", "@/.bashrc", true},     {"another file", "@/.profile", false},
    {"nothing there", "@/only", false},       {"no letters", "@/123", false},
    {"nothing at the path", "@/gone", false}, {"below a folder", "@/dir/.env", true},
    {"the root folder", "/", false},
};

static int set_up(void **state)
{
    if (tree_setup(state) != 0)
        return -1;
    tree_add_all(tree);
    assert_int_equal(link(tree_at("@/.bashrc"), tree_at("@/.BASHRC")), 0);
    assert_int_equal(link(tree_at("@/dir/.env"), tree_at("@/dir/.ENV")), 0);
    return 0;
}

static void finds_the_way_around(void **state)
{
    auto_fd int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (alias_leads_around(root, tree_at(rows[i].path)) != rows[i].around)
            fail_msg("%s", rows[i].what);
    }
}

static void names_the_cure(void **state)
{
    fence_error err = {0};

    (void)state;
    assert_int_equal(alias_fail("/p/\x1b.env", &err), FENCE_ESANDBOX);
    assert_non_null(strstr(err.message, "'/p/\\x1b.env' cannot be closed"));
    assert_non_null(strstr(err.message, "work in a folder of this machine's own disk"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_way_around),
                                       cmocka_unit_test(names_the_cure)};

    return cmocka_run_group_tests(tests, set_up, tree_teardown);
}
