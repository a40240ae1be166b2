/* SPDX-License-Identifier: Apache-2.0
 * test_paths.c - paths as people write them, in a folder made for the test. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sandbox/paths.h"

/* All of it lies below one folder, which stands for "@" in the rows. */
static char root[] = "/tmp/fence-paths-XXXXXX";

static void expand(char *out, size_t cap, const char *text)
{
    if (text[0] == '@')
        snprintf(out, cap, "%s%s", root, text + 1);
    else
        snprintf(out, cap, "%s", text);
}

static const char *at(const char *text)
{
    static char path[256];

    expand(path, sizeof path, text);
    return path;
}

static int setup(void **state)
{
    char target[256];

    (void)state;
    if (!mkdtemp(root))
        return -1;
    expand(target, sizeof target, "@/home/dir");
    return mkdir(at("@/home"), 0700) || mkdir(at("@/home/dir"), 0700) ||
           mkdir(at("@/home/two words"), 0700) || symlink("dir", at("@/home/link")) ||
           symlink(target, at("@/home/absolute")) || symlink("gone", at("@/home/dangling")) ||
           symlink("loop", at("@/home/loop")) || symlink("/etc", at("@/home/etc")) ||
           close(creat(at("@/home/file"), 0600));
}

static int teardown(void **state)
{
    static const char *const files[] = {"@/home/link", "@/home/absolute", "@/home/dangling",
                                        "@/home/loop", "@/home/etc",      "@/home/file"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        unlink(at(files[i]));
    return rmdir(at("@/home/dir")) || rmdir(at("@/home/two words")) || rmdir(at("@/home")) ||
           rmdir(root);
}

static const struct {
    const char *name, *written, *home;
    const char *canonical; /* or NULL, then the code and what the message says */
    int code;
    const char *says;
} rows[] = {
    {"absolute", "@/home/dir", NULL, "@/home/dir", 0, NULL},
    {"the root", "/", NULL, "/", 0, NULL},
    {"many slashes", "//", NULL, "/", 0, NULL},
    {"a file", "@/home/file", NULL, "@/home/file", 0, NULL},
    {"the current folder", ".", NULL, "@/home", 0, NULL},
    {"./x", "./dir", NULL, "@/home/dir", 0, NULL},
    {"x", "dir", NULL, "@/home/dir", 0, NULL},
    {"a space", "two words", NULL, "@/home/two words", 0, NULL},
    {"..", "dir/../..", NULL, "@", 0, NULL},
    {"a slash at the end", "dir/", NULL, "@/home/dir", 0, NULL},
    {"~", "~", "@/home", "@/home", 0, NULL},
    {"~/", "~/", "@/home", "@/home", 0, NULL},
    {"~/x", "~/dir", "@/home", "@/home/dir", 0, NULL},
    {"~ within a path is a name", "dir/~", "@/home", NULL, -ENOENT, "does not exist"},
    {"a link is resolved", "link", NULL, "@/home/dir", 0, NULL},
    {"an absolute link", "absolute", NULL, "@/home/dir", 0, NULL},
    {"171 a link out of the project", "etc/passwd", NULL, "/etc/passwd", 0, NULL},

    {"empty", "", NULL, NULL, FENCE_ECONFIG, "write '.' for the current folder"},
    {"missing", "gone", NULL, NULL, -ENOENT, "'gone' does not exist"},
    {"123 a dangling link", "dangling", NULL, NULL, -ENOENT, "dangling' does not exist"},
    {"142 symlink loop", "loop", NULL, NULL, -ELOOP, "loop' cannot be resolved: "},
    {"a file is no folder", "file/x", NULL, NULL, -ENOTDIR, "file/x' cannot be resolved: "},
    {"a pattern *", "~/.cache/**", "@/home", NULL, FENCE_ECONFIG, "'~/.cache/**' is a pattern"},
    {"a pattern ?", "a?", NULL, NULL, FENCE_ECONFIG, "is a pattern"},
    {"a pattern [", "a[b]", NULL, NULL, FENCE_ECONFIG, "is a pattern"},
    {"another user's home", "~root/x", "@/home", NULL, FENCE_ECONFIG, "'~root/x' names another"},
    {"~ without HOME", "~/x", NULL, NULL, FENCE_ECONFIG, "needs HOME"},
    {"~ with an empty HOME", "~", "", NULL, FENCE_ECONFIG, "needs HOME"},
    {"~ with a relative HOME", "~", "home", NULL, FENCE_ECONFIG, "needs HOME"},
    {"138 ESC ]0; in a name", "a\x1b]0;x\n", NULL, NULL, -ENOENT, "'a\\x1b]0;x\\x0a' does not"},
};

static void test_rows(void **state)
{
    char cwd[128], home[128], written[128], canonical[128];

    (void)state;
    expand(cwd, sizeof cwd, "@/home");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_error err = {0};
        char *out = NULL;
        int rc;

        expand(written, sizeof written, rows[i].written);
        expand(home, sizeof home, rows[i].home ? rows[i].home : "");
        rc = paths_canonical(&out, written, cwd, rows[i].home ? home : NULL, &err);
        if (rc != rows[i].code)
            fail_msg("%s: %d '%s'", rows[i].name, rc, err.message);
        if (rc < 0) {
            if (err.code != rc || !strstr(err.message, rows[i].says) || out)
                fail_msg("%s: %d '%s'", rows[i].name, err.code, err.message);
            continue;
        }
        expand(canonical, sizeof canonical, rows[i].canonical);
        if (strcmp(out, canonical) != 0)
            fail_msg("%s: '%s' is not '%s'", rows[i].name, out, canonical);
        free(out);
    }
}

static void test_too_long(void **state)
{
    fence_error err = {0};
    char name[70000];
    char *out = NULL;

    (void)state;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(paths_canonical(&out, name, "/", NULL, &err), -ENAMETOOLONG);
    assert_null(out);
    assert_non_null(strstr(err.message, "aaa...' cannot be resolved"));
}

static void test_reachable(void **state)
{
    (void)state;
    assert_true(paths_reachable(root));
    assert_true(paths_reachable(at("@/nothing"))); /* unknown: not proven to be closed */
    assert_true(paths_reachable(at("@/home/loop")));
    assert_int_equal(chmod(at("@/home"), 0), 0);
    assert_int_equal(paths_reachable(at("@/home/dir")), geteuid() == 0);
    assert_int_equal(chmod(at("@/home"), 0700), 0);
}

/* Root's way is that of a command, which has no capability. */
static void test_reachable_by_root(void **state)
{
    static const struct {
        const char *name;
        uid_t uid;
        gid_t gid;
        mode_t mode;
        bool reached;
    } ways[] = {
        {"its own, closed", 0, 0, 0, true},
        {"another's, open", 4711, 4711, 0711, true},
        {"another's, closed", 4711, 4711, 0700, false},
        {"another's, open to a group of others", 4711, 4711, 0710, false},
        {"another's, open to its group", 4711, 0, 0710, true},
        {"another's, closed to its group alone", 4711, 0, 0701, false},
    };

    (void)state;
    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        assert_int_equal(chown(at("@/home"), ways[i].uid, ways[i].gid), 0);
        assert_int_equal(chmod(at("@/home"), ways[i].mode), 0);
        if (paths_reachable(at("@/home/dir")) != ways[i].reached)
            fail_msg("%s", ways[i].name);
    }
    assert_int_equal(chown(at("@/home"), 0, 0), 0);
    assert_int_equal(chmod(at("@/home"), 0700), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_reachable),
        cmocka_unit_test(test_reachable_by_root),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
