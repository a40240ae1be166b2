/* SPDX-License-Identifier: Apache-2.0
 * test_changes.c - what has changed during a run, and how it is told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "base/base.h"
#include "sandbox/changes.h"

static const char *const tree[] = {"@/p/Makefile = all:",       "@/p/package.json = {}",
                                   "@/p/sub/setup.py",          "@/p/.git/HEAD",
                                   "@/p/.git/config",           "@/p/link.txt",
                                   "@/p/.husky/pre-commit",     "@/p/node_modules/a/package.json",
                                   "@/p/.venv/lib/x/setup.py",  "@/q/tox.ini",
                                   "@/p/CLAUDE.md -> link.txt", NULL};

/* As files_resolve() leaves them. */
static const char *const reported[] = {"@/p/Makefile", "@/p/package.json",      "@/p/sub/setup.py",
                                       "@/p/.git",     "@/p/.husky/pre-commit", "@/q/tox.ini",
                                       "@/p/CLAUDE.md"};

/* ---- what a run does ---- */

static void nothing(void) {}

static void write_one(void)
{
    tree_write(tree_at("@/p/Makefile"), "all: evil");
}

static void write_same_size(void)
{
    tree_write(tree_at("@/p/Makefile"), "ALL:");
}

/* Its time is set back, which sets that of its inode forward. */
static void write_and_set_back(void)
{
    struct stat st;
    struct timeval times[2];

    assert_int_equal(stat(tree_at("@/p/package.json"), &st), 0);
    tree_write(tree_at("@/p/package.json"), "[]");
    times[0] = (struct timeval){st.st_atim.tv_sec, st.st_atim.tv_nsec / 1000};
    times[1] = (struct timeval){st.st_mtim.tv_sec, st.st_mtim.tv_nsec / 1000};
    assert_int_equal(utimes(tree_at("@/p/package.json"), times), 0);
}

static void replace(void)
{
    tree_write(tree_at("@/p/new"), "all:");
    assert_int_equal(rename(tree_at("@/p/new"), tree_at("@/p/Makefile")), 0);
}

static void set_mode(void)
{
    assert_int_equal(chmod(tree_at("@/p/sub/setup.py"), 0755), 0);
}

static void link_anew(void)
{
    assert_int_equal(unlink(tree_at("@/p/CLAUDE.md")), 0);
    tree_add("@/p/CLAUDE.md -> other.txt");
}

static void remove_one(void)
{
    assert_int_equal(unlink(tree_at("@/p/Makefile")), 0);
}

static void make_some(void)
{
    tree_add("@/p/sub/deep/er/Cargo.toml");
    tree_add("@/p/.github/workflows/ci.yml");
    tree_add("@/p/sub/.envrc -> nothing");
}

static void make_elsewhere(void)
{
    tree_add("@/outside/Makefile");
}

static void make_in_packages(void)
{
    tree_add("@/p/node_modules/b/package.json");
    tree_add("@/p/.venv/lib/y/setup.py");
    tree_write(tree_at("@/p/node_modules/a/package.json"), "{}");
}

static void make_in_git(void)
{
    tree_add("@/p/.git/objects/x");
    tree_add("@/p/.git/Makefile");
}

static void make_repository(void)
{
    tree_add("@/p/new/.git/HEAD");
}

static void replace_repository(void)
{
    assert_int_equal(rename(tree_at("@/p/.git"), tree_at("@/p/old")), 0);
    assert_int_equal(unlink(tree_at("@/p/old/HEAD")), 0);
    tree_add("@/p/.git/HEAD");
}

static void make_bare(void)
{
    tree_add("@/p/bare/HEAD");
    tree_add("@/p/bare/config");
    tree_add("@/p/bare/objects/");
    tree_add("@/p/bare/refs/");
}

static void make_no_bare(void)
{
    tree_add("@/p/bare/HEAD");
    tree_add("@/p/bare/objects/");
    tree_add("@/p/bare/refs/");
}

static void make_other_root(void)
{
    tree_write(tree_at("@/q/tox.ini"), "x");
}

static void make_hostile(void)
{
    tree_add("@/p/a\nb\x1b]0;x/Makefile");
}

static void make_many(void)
{
    char line[64];

    for (int i = 0; i < 300; i++) {
        snprintf(line, sizeof line, "@/p/n%03d/Makefile", i);
        tree_add(line);
    }
}

static const struct {
    const char *name;
    void (*run)(void);
    size_t count;
    const char *list[3]; /* in any order; each is part of it */
} rows[] = {
    {"nothing", nothing, 0, {""}},
    {"written", write_one, 1, {"Makefile"}},
    {"written, of the same length", write_same_size, 1, {"Makefile"}},
    {"written, and its time set back", write_and_set_back, 1, {"package.json"}},
    {"replaced by one that is alike", replace, 1, {"Makefile"}},
    {"its mode", set_mode, 1, {"sub/setup.py"}},
    {"a link that leads elsewhere", link_anew, 1, {"CLAUDE.md"}},
    {"removed", remove_one, 0, {""}},
    {"new ones",
     make_some,
     3,
     {"sub/deep/er/Cargo.toml", ".github/workflows/ci.yml", "sub/.envrc"}},
    {"where nothing is writable", make_elsewhere, 0, {""}},
    {"packages, which are too many", make_in_packages, 0, {""}},
    {"in a git folder", make_in_git, 0, {""}},
    {"a new repository", make_repository, 1, {"new/.git"}},
    {"a repository that is replaced", replace_repository, 1, {".git"}},
    {"a new one without a work tree", make_bare, 1, {"bare/HEAD"}},
    {"HEAD alone is none", make_no_bare, 0, {""}},
    {"in another folder", make_other_root, 1, {"/q/tox.ini"}},
    {"138 ESC ]0; in a name", make_hostile, 1, {"a\\x0ab\\x1b]0;x/Makefile"}},
    {"many", make_many, 300, {"n0", "/Makefile, n", " more"}},
};

static void gather(struct files *files, const char *const *roots)
{
    for (; *roots; roots++) {
        assert_int_equal(file_list_add(&files->roots, tree_at(*roots)), 0);
        assert_int_equal(file_list_add(&files->trees, tree_at(*roots)), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(reported); i++)
        assert_int_equal(file_list_add(&files->reported, tree_at(reported[i])), 0);
}

static void test_rows(void **state)
{
    static const char *const roots[] = {"@/p", "@/q", NULL};
    char list[1024], cwd[TREE_PATH];

    tree_expand(cwd, sizeof cwd, "@/p");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct files files = {0};
        struct changes *changes = NULL;
        size_t count;

        assert_int_equal(tree_setup(state), 0);
        tree_expand(cwd, sizeof cwd, "@/p");
        tree_add_all(tree);
        gather(&files, roots);
        assert_int_equal(changes_new(&changes, &files), 0);
        rows[i].run();
        count = changes_list(list, sizeof list, changes, cwd);
        if (count != rows[i].count || !*list != !count)
            fail_msg("%s: %zu: '%s'", rows[i].name, count, list);
        for (size_t part = 0; part < 3 && rows[i].list[part]; part++) {
            if (!strstr(list, rows[i].list[part]))
                fail_msg("%s: '%s'", rows[i].name, list);
        }
        if (count == 1 && rows[i].list[0] && !strchr(rows[i].list[0], '/') &&
            strcmp(list, rows[i].list[0]) != 0)
            fail_msg("%s: '%s'", rows[i].name, list);
        changes_free(changes);
        files_deinit(&files);
        assert_int_equal(tree_teardown(state), 0);
    }
}

/* However little room there is, the number of all is right and nothing is written behind it. */
static void test_room(void **state)
{
    static const char *const roots[] = {"@/p", NULL};
    struct files files = {0};
    struct changes *changes = NULL;
    char list[400];

    assert_int_equal(tree_setup(state), 0);
    tree_add_all(tree);
    gather(&files, roots);
    assert_int_equal(changes_new(&changes, &files), 0);
    make_many();
    for (size_t cap = 1; cap < sizeof list - 1; cap++) {
        size_t named = 1;
        size_t more;
        const char *behind;

        memset(list, '#', sizeof list);
        assert_int_equal(changes_list(list, cap, changes, tree_at("@/p")), 300);
        assert_true(strlen(list) < cap);
        assert_int_equal(list[cap], '#');
        for (behind = list; (behind = strstr(behind, ", ")); behind++)
            named++;
        behind = strstr(list, " and ");
        if (cap > 100) {
            assert_non_null(behind);
            more = strtoul(behind + strlen(" and "), NULL, 10);
            assert_int_equal(named + more, 300);
        }
    }
    changes_free(changes);
    files_deinit(&files);
    assert_int_equal(tree_teardown(state), 0);
}

static void test_nothing_writable(void **state)
{
    struct files files = {0};
    struct changes *changes = (struct changes *)&files;

    (void)state;
    assert_int_equal(changes_new(&changes, &files), 0);
    assert_null(changes);
    changes_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_nothing_writable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
