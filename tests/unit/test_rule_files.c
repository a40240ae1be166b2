/* SPDX-License-Identifier: Apache-2.0
 * test_rule_files.c - which files a command could change, by its plan: in a folder of the test's,
 * with links of every kind on the way. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/rule_files.h"

/* TOP/open may be written, and nothing else. */
static const struct {
    const char *name, *path;
    bool refused;
} rows[] = {
    {"beside it", "p.lua", false},
    {"in it", "open/p.lua", true},
    {"not there, in it", "open/none.lua", true},
    {"not there, nor its folder, in it", "open/a/b/none.lua", true},
    {"not there, beside it", "none.lua", false},
    {"through it and out again", "open/../p.lua", true},
    {"dots and slashes", ".//p.lua", false},
    {"a link beside it, into it", "into", true},
    {"a link in it, out of it", "open/out", true},
    {"a folder that is a link in it", "open/way/p.lua", true},
    {"a link to a link in it, out again", "chain", true},
    {"a link to itself", "loop", false},
    {"in a closed folder in it", "open/closed/p.lua", true},
    {"a second name in it", "twin.lua", true},
    {"an absolute link beside it", "absolute", false},
};

static const char *const links[][2] = {
    {"open/p.lua", "into"}, {"../p.lua", "open/out"}, {"../safe", "open/way"},
    {"open/out", "chain"},  {"loop", "loop"},
};

static void make(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fclose(file);
}

static void make_tree(const char *top)
{
    char target[PATH_MAX];

    assert_int_equal(mkdir("open", 0755), 0);
    assert_int_equal(mkdir("open/closed", 0755), 0);
    assert_int_equal(mkdir("safe", 0755), 0);
    make("p.lua");
    make("open/p.lua");
    make("open/closed/p.lua");
    make("safe/p.lua");
    make("twin.lua");
    assert_int_equal(chmod("open/closed", 0555), 0);
    assert_int_equal(chmod("twin.lua", 0444), 0);
    assert_int_equal(link("twin.lua", "open/twin.lua"), 0);
    for (size_t i = 0; i < ARRAY_LEN(links); i++)
        assert_int_equal(symlink(links[i][0], links[i][1]), 0);
    snprintf(target, sizeof target, "%.4000s/safe/p.lua", top);
    assert_int_equal(symlink(target, "absolute"), 0);
}

static void remove_tree(const char *top)
{
    static const char *const names[] = {
        "open/closed/p.lua", "open/closed", "open/p.lua", "open/twin.lua", "open/out",
        "open/way",          "open",        "safe/p.lua", "safe",          "p.lua",
        "twin.lua",          "into",        "chain",      "loop",          "absolute"};

    chmod("open/closed", 0755);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_int_equal(remove(names[i]), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(top), 0);
}

static struct plan *plan_of(const char *top, bool open)
{
    char path[PATH_MAX];
    const char *writable[] = {path};
    struct plan_input input = {.writable = writable, .nwritable = open ? 1 : 0, .cwd = top};
    struct plan *plan = NULL;
    fence_error err;

    snprintf(path, sizeof path, "%.4000s/open", top);
    if (plan_make(&plan, &input, &err) < 0)
        fail_msg("%s", err.message);
    return plan;
}

static void check(const struct plan *plan, const char *name, const char *path, bool refused)
{
    const char *const files[] = {path, NULL};
    fence_error err = {0};
    int rc = rule_files_check(plan, files, &err);

    if ((rc < 0) != refused)
        fail_msg("%s: %d %s", name, rc, err.message);
    if (refused && (rc != FENCE_ECONFIG || !strstr(err.message, path)))
        fail_msg("%s: %d %s", name, rc, err.message);
}

static void test_check(void **state)
{
    char given[] = "/var/tmp/fence-rule-files-XXXXXX", top[PATH_MAX], path[PATH_MAX];
    struct plan *open, *closed;

    (void)state;
    assert_non_null(mkdtemp(given));
    assert_non_null(realpath(given, top));
    assert_int_equal(chdir(top), 0);
    make_tree(top);
    open = plan_of(top, true);
    closed = plan_of(top, false);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        check(open, rows[i].name, rows[i].path, rows[i].refused);
        check(closed, rows[i].name, rows[i].path, false); /* nothing is open to anybody */
        snprintf(path, sizeof path, "%.4000s/%.90s", top, rows[i].path);
        check(open, rows[i].name, path, rows[i].refused);
    }
    plan_free(open);
    plan_free(closed);
    remove_tree(top);
}

/* A path that cannot be followed to its end is not said to be safe. */
static void test_too_long(void **state)
{
    const struct plan *plan = plan_of("/var", false);
    char path[PATH_MAX + 2];

    (void)state;
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    for (size_t i = 0; i < sizeof path - 1; i += 100)
        path[i] = '/';
    assert_int_equal(rule_files_check(plan, (const char *const[]){path, NULL}, NULL),
                     -ENAMETOOLONG);
    assert_int_equal(rule_files_check(plan, NULL, NULL), 0);
    plan_free((struct plan *)(uintptr_t)plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
