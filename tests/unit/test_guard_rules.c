/* SPDX-License-Identifier: Apache-2.0
 * test_guard_rules.c - which rule is about a path, and which mount. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/guard_private.h"

#define T(text) ((char *)(uintptr_t)(text))

static struct file_rule rules[] = {
    {FILE_PROTECTED, T("/h/p"), T("**/.bashrc")},  {FILE_DENY_READ, T("/h/p"), T("**/*.key")},
    {FILE_DENY_WRITE, T("/h/p"), T("secret")},     {FILE_PROTECTED, T("/h/q"), T("a/b")},
    {FILE_DENY_WRITE, T("/h/p"), T("**/.bashrc")}, {FILE_DENY_READ, T("/"), T("etc/shadow")},
    {FILE_DENY_READ, T("/h"), T("p/x/*")},         {FILE_PROTECTED, T("/h/p/x"), T("y")},
    {FILE_PROTECTED, T("/h/p"), T("z.key")},
};

static const struct {
    const char *name, *path;
    int rule; /* its index, or -1 */
    bool leads_below;
} rows[] = {
    {"of one kind", "/h/p/secret", 2, true},
    {"below what is denied", "/h/p/secret/x", -1, true},
    {"the stronger of two", "/h/p/a/.bashrc", 4, true},
    {"hiding is the strongest", "/h/p/z.key", 1, true},
    {"of a folder above", "/h/p/x/y", 6, true},
    {"of the root", "/etc/shadow", 5, false},
    {"beside it", "/etc/passwd", -1, false},
    {"a folder on the way", "/etc", -1, true},
    {"two names", "/h/q/a/b", 3, false},
    {"the first of two names", "/h/q/a", -1, true},
    {"another second name", "/h/q/a/c", -1, false},
    {"where rules begin", "/h/q", -1, true},
    {"where rules begin, of two", "/h/p", -1, true},
    {"the root", "/", -1, true},
    {"a longer name of where they begin", "/h/qq/a/b", -1, false},
    {"an end of a name", "/h/p/x.bashrc", -1, true},
    {"nothing", "/tmp/x", -1, false},
};

static void test_rows(void **state)
{
    struct files files = {.rules = rules, .nrules = ARRAY_LEN(rules)};
    struct guard guard = {.files = &files};

    (void)state;
    assert_int_equal(guard_rules_init(&guard), 0);
    assert_int_equal(guard.ngroups, 5);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct file_rule *rule = guard_rule_at(&guard, rows[i].path);
        int index = rule ? (int)(rule - rules) : -1;

        if (index != rows[i].rule)
            fail_msg("%s: %d", rows[i].name, index);
        if (guard_leads_below(&guard, rows[i].path) != rows[i].leads_below)
            fail_msg("%s: leads below", rows[i].name);
    }
    assert_true(guard_is_unwritable(&guard, "/h/p/z.key")); /* hidden, and protected */
    assert_false(guard_is_unwritable(&guard, "/h/p/y.key"));
    assert_true(guard_is_unwritable(&guard, "/h/p/secret"));
    guard_rules_deinit(&guard);
}

static void test_none(void **state)
{
    struct files files = {0};
    struct guard guard = {.files = &files};

    (void)state;
    assert_int_equal(guard_rules_init(&guard), 0);
    assert_null(guard_rule_at(&guard, "/a"));
    assert_false(guard_leads_below(&guard, "/"));
    guard_rules_deinit(&guard);
}

/* Links are remembered as they are now; what is no link any more is not. */
static void test_links(void **state)
{
    char folder[] = "/tmp/fence-rules-XXXXXX", link[64], gone[64];
    struct files files = {0};
    struct guard guard = {.files = &files};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(gone, sizeof gone, "%s/gone", folder);
    assert_int_equal(symlink("some/where", link), 0);
    assert_int_equal(file_list_add(&files.links, gone), 0);
    assert_int_equal(file_list_add(&files.links, link), 0);
    assert_int_equal(guard_rules_init(&guard), 0);
    assert_int_equal(guard.nlinks, 1);
    assert_string_equal(guard.links[0].path, link);
    assert_string_equal(guard.links[0].target, "some/where");
    guard_rules_deinit(&guard);
    file_list_deinit(&files.links);
    unlink(link);
    rmdir(folder);
}

static struct mount mounts[] = {
    {.kind = MOUNT_READ_ONLY, .path = T("/")},
    {.kind = MOUNT_TMPFS, .path = T("/tmp")},
    {.kind = MOUNT_WRITABLE, .path = T("/h")},
    {.kind = MOUNT_READ_ONLY, .path = T("/h/ro")},
    {.kind = MOUNT_HIDDEN_FILE, .path = T("/h/file")},
    {.kind = MOUNT_HIDDEN_FOLDER, .path = T("/h/folder")},
};

static const struct {
    const char *name, *path;
    int mount;
} mount_rows[] = {
    {"protected", "/h/ro", 3},
    {"a hidden file", "/h/file", 4},
    {"a hidden folder", "/h/folder", 5},
    {"below what is protected", "/h/ro/x", -1},
    {"writable", "/h", -1},
    {"within what is writable", "/h/x", -1},
    {"the sandbox's own", "/tmp", -1},
    {"a longer name", "/h/rox", -1},
    {"no path", "h/ro", -1},
    {"a path with dots", "/h/x/../ro", -1},
};

static void test_mounts(void **state)
{
    struct plan plan = {.mounts = mounts, .nmounts = ARRAY_LEN(mounts)};
    struct guard guard = {.plan = &plan};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(mount_rows); i++) {
        const struct mount *mount = guard_mount_at(&guard, mount_rows[i].path);
        int index = mount ? (int)(mount - mounts) : -1;

        if (index != mount_rows[i].mount)
            fail_msg("%s: %d", mount_rows[i].name, index);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_mounts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
