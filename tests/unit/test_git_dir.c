/* SPDX-License-Identifier: Apache-2.0
 * test_git_dir.c - repositories that git has made, and forged ones: what of them is protected. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "base/base.h"
#include "sandbox/git_dir.h"

/* ---- real ones ---- */

static const char *const made[][14] = {
    {"git", "init", "-q", "@/inner"},
    {"git", "-C", "@/inner", "commit", "-q", "--allow-empty", "-m", "a"},
    {"git", "init", "-q", "@/lib"},
    {"git", "-C", "@/lib", "submodule", "add", "-q", "@/inner", "in"},
    {"git", "-C", "@/lib", "commit", "-q", "-m", "a"},
    {"git", "init", "-q", "@/p"},
    {"git", "-C", "@/p", "submodule", "add", "-q", "@/lib", "sub/lib"},
    {"git", "-C", "@/p", "submodule", "add", "-q", "--name", "objects", "@/inner", "other"},
    {"git", "-C", "@/p", "commit", "-q", "-m", "a"},
    {"git", "-C", "@/p", "submodule", "update", "-q", "--init", "--recursive"},
    {"git", "-C", "@/p", "worktree", "add", "-q", "-b", "w", "@/wt"},
    {"git", "-C", "@/p", "worktree", "add", "-q", "-b", "x", "@/p/.wt/x y"},
    {"git", "-C", "@/p/other", "worktree", "add", "-q", "-b", "o", "@/wo"},
    {"git", "init", "-q", "@/plain"},
    {"git", "-C", "@/plain", "config", "core.hooksPath", ".husky/_"},
    {"git", "-C", "@/plain", "config", "include.path", "../shared.cfg"},
    {"git", "-C", "@/plain", "config", "includeIf.gitdir:/x/.path", "/etc/git \"x\" #1"},
    {"git", "init", "-q", "--bare", "@/bare.git"},
    {"git", "-C", "@/bare.git", "config", "core.hooksPath", "hooks2"},
    {"git", "init", "-q", "--separate-git-dir", "@/elsewhere", "@/separate"},
};

#define PARTS(dir)                                                                                 \
    dir "/config\n" dir "/config.worktree\n" dir "/hooks\n" dir "/commondir\n" dir                 \
        "/info/attributes\n" dir "/objects/info/alternates\n"
#define WORKTREE(dir) dir "/commondir\n" dir "/gitdir\n" dir "/config.worktree\n"
#define NESTED        "@/p/.git/modules/sub/lib"

static const struct {
    const char *name, *dir;
    const char *found; /* in any order */
} rows[] = {
    {"nothing is there", "@/nothing", PARTS("@/nothing")},
    {"hooks and further files", "@/plain/.git",
     PARTS("@/plain/.git") "@/plain/.husky/_\n@/plain/.git/../shared.cfg\n/etc/git \"x\" #1\n"},
    {"a bare one", "@/bare.git", PARTS("@/bare.git") "@/bare.git/hooks2\n"},
    {"one that lies elsewhere", "@/elsewhere", PARTS("@/elsewhere")},
    {"submodules, also of submodules, and worktrees", "@/p/.git",
     PARTS("@/p/.git") PARTS(NESTED) PARTS(NESTED "/modules/in") PARTS("@/p/.git/modules/objects")
         WORKTREE("@/p/.git/worktrees/wt") WORKTREE("@/p/.git/worktrees/x-y")
             WORKTREE("@/p/.git/modules/objects/worktrees/wo")},
    {"a submodule's alone", NESTED, PARTS(NESTED) PARTS(NESTED "/modules/in")},
};

struct found {
    char text[16384];
    size_t count, end_at;
};

static int on_found(void *payload, const char *path)
{
    struct found *found = payload;
    size_t len = strlen(found->text);
    char shown[TREE_PATH];

    tree_shorten(shown, sizeof shown, path);
    snprintf(found->text + len, sizeof found->text - len, "%s\n", shown);
    return ++found->count == found->end_at ? -77 : 0;
}

/* Takes each line of `lines` out of `text`; what is in none of both stays. */
static void without(char *text, const char *lines)
{
    char line[TREE_PATH], *at;

    for (size_t len; *lines; lines += len) {
        len = strcspn(lines, "\n") + 1;
        snprintf(line, sizeof line, "\n%.*s", (int)len, lines);
        at = strstr(text, line);
        if (at)
            memmove(at + 1, at + len + 1, strlen(at + len + 1) + 1);
    }
}

static void check(const char *name, const char *dir, bool config_too, const char *expected)
{
    struct found found = {.text = "\n"};
    char missing[16384];

    assert_int_equal(git_dir_protected(tree_at(dir), config_too, on_found, &found), 0);
    snprintf(missing, sizeof missing, "\n%s", expected);
    without(missing, found.text + 1);
    if (missing[1])
        fail_msg("%s: missing%s", name, missing);
    without(found.text, expected);
    if (found.text[1])
        fail_msg("%s: too many%s", name, found.text);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(rows[i].name, rows[i].dir, true, rows[i].found);
}

static void test_without_config(void **state)
{
    struct found found = {.text = "\n"};

    (void)state;
    assert_int_equal(git_dir_protected(tree_at("@/p/.git"), false, on_found, &found), 0);
    assert_null(strstr(found.text, "/config\n"));
    assert_non_null(strstr(found.text, "\n@/p/.git/config.worktree\n"));
    assert_non_null(strstr(found.text, "\n@/p/.git/modules/objects/hooks\n"));
}

static void test_end(void **state)
{
    (void)state;
    for (size_t at = 1; at <= 33; at++) /* as many as there are */ {
        struct found found = {.text = "\n", .end_at = at};

        assert_int_equal(git_dir_protected(tree_at("@/p/.git"), true, on_found, &found), -77);
        assert_int_equal(found.count, at);
    }
}

/* ---- configs ---- */

static const struct {
    const char *name, *config;
    const char *found; /* besides what is always; NULL: nothing */
} configs[] = {
    {"nothing in it", "", NULL},
    {"other keys", "[core]\n\thookspathx = a\n\tpaths = b\n\txpath = c\n", NULL},
    {"a key without a value", "[core]\n\thookspath\n\tpath =\n", NULL},
    {"any case", "[CORE]\n\tHOOKSPATH = a\n", "@/c/a\n"},
    {"no spaces", "[core]\nhookspath=a\n", "@/c/a\n"},
    {"many spaces", "[core]\n \t hookspath \t = \t a b \t\n", "@/c/a b\n"},
    {"absolute", "[core]\n\thookspath = /h/x\n", "/h/x\n"},
    {"quoted", "[core]\n\thookspath = \"a b \"\n", "@/c/a b \n"},
    {"quoted in part", "[core]\n\thookspath = a\" b\"c\n", "@/c/a bc\n"},
    {"escaped", "[core]\n\thookspath = a\\\"b\\\\c\n", "@/c/a\"b\\c\n"},
    {"a comment behind it", "[core]\n\thookspath = a # b\n\tpath = c;d\n", "@/c/a\n@/c/.git/c\n"},
    {"a quoted mark of a comment", "[core]\n\thookspath = \"a#b\"\n", "@/c/a#b\n"},
    {"a comment", "[core]\n#\thookspath = a\n;path = b\n", NULL},
    {"behind the name of its section", "[core] hooksPath = a\n", "@/c/a\n"},
    {"behind one with a bracket", "[includeIf \"gitdir:a]b\"] path = a\n", "@/c/.git/a\n"},
    {"a section that does not end", "[core hookspath = a\n", NULL},
    {"line ends of DOS", "[core]\r\n\thookspath = a\r\n", "@/c/a\n"},
    {"no line feed at the end", "[core]\n\thookspath = a", "@/c/a\n"},
    {"the home folder is not known", "[core]\n\thookspath = ~/a\n", NULL},
    {"several", "[core]\n\thookspath = a\n\thookspath = b\n", "@/c/a\n@/c/b\n"},
};

static void test_configs(void **state)
{
    char expected[2048];

    (void)state;
    tree_add("@/c/.git/");
    for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
        tree_write(tree_at("@/c/.git/config"), configs[i].config);
        snprintf(expected, sizeof expected, "%s%s", PARTS("@/c/.git"),
                 configs[i].found ? configs[i].found : "");
        check(configs[i].name, "@/c/.git", true, expected);
    }
}

/* What is no config is not read: a pipe would hang, and a link leads who knows where. */
static void test_no_config(void **state)
{
    static const struct {
        const char *name, *line;
    } kinds[] = {
        {"a folder", "@/d/.git/config/"},
        {"a link", "@/d/.git/config -> ../../plain/.git/config"},
        {"a link of itself", "@/d/.git/config -> config"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        tree_add(kinds[i].line);
        check(kinds[i].name, "@/d/.git", true, PARTS("@/d/.git"));
        tree_remove(tree_at("@/d"));
    }
    tree_add("@/d/.git/");
    assert_int_equal(mkfifo(tree_at("@/d/.git/config"), 0600), 0);
    check("a pipe", "@/d/.git", true, PARTS("@/d/.git"));
}

static void test_long_config(void **state)
{
    static char text[200 * 1024];

    (void)state;
    tree_add("@/l/.git/");
    memset(text, 'a', sizeof text - 1);
    memcpy(text, "[core]\nhookspath = ", 19);
    tree_write(tree_at("@/l/.git/config"), text);
    check("a value that is too long", "@/l/.git", true, PARTS("@/l/.git"));
}

/* ---- modules that are forged ---- */

static void test_modules(void **state)
{
    static const char *const lines[] = {"@/m/.git/modules/a/HEAD", /* no objects: none */
                                        "@/m/.git/modules/b/objects/HEAD",
                                        "@/m/.git/modules/c -> /etc",
                                        "@/m/.git/modules/d/HEAD -> nowhere",
                                        "@/m/.git/modules/d/objects/",
                                        "@/m/.git/modules/e/HEAD/",
                                        "@/m/.git/modules/e/objects -> .",
                                        NULL};

    (void)state;
    tree_add_all(lines);
    check("forged modules", "@/m/.git", true,
          PARTS("@/m/.git") PARTS("@/m/.git/modules/d") PARTS("@/m/.git/modules/e"));
}

/* ---- linked worktrees ---- */

#define GIT_FOLDER(dir) dir "/HEAD", dir "/objects/", dir "/refs/"

static const struct {
    const char *name, *file;
    const char *lines[8];
    const char *common; /* "" for none */
} worktrees[] = {
    {"one that git has made", "@/wt/.git", {0}, "@/p/.git"},
    {"one within its own repository", "@/p/.wt/x y/.git", {0}, "@/p/.git"},
    {"one of a submodule", "@/wo/.git", {0}, "@/p/.git/modules/objects"},
    {"a submodule is none", "@/p/other/.git", {0}, ""},
    {"a git folder elsewhere is none", "@/separate/.git", {0}, ""},
    {"a folder", "@/p/.git", {0}, ""},
    {"nothing", "@/nothing/.git", {0}, ""},
    {"no path", "", {0}, ""},
    {"an empty file", "@/f/.git", {"@/f/.git = "}, ""},
    {"another file", "@/f/.git", {"@/f/.git = hello"}, ""},
    {"no path in it", "@/f/.git", {"@/f/.git = gitdir: "}, ""},
    {"a path to nothing", "@/f/.git", {"@/f/.git = gitdir: /nowhere"}, ""},
    {"171 it names another's repository", "@/f/.git", {"@/f/.git = gitdir: @/p/.git"}, ""},
    {"171 it names another's worktree",
     "@/f/.git",
     {"@/f/.git = gitdir: @/p/.git/worktrees/wt\n"},
     ""},
    {"171 a link to another's file", "@/f/.git", {"@/f/.git -> ../wt/.git"}, ""},
    {"171 a folder of its own that names another's repository",
     "@/f/.git",
     {"@/f/.git = gitdir: x", "@/f/x/gitdir = @/f/.git", "@/f/x/commondir = @/p/.git"},
     ""},
    {"171 the same, where it looks like a worktree",
     "@/f/.git",
     {"@/f/.git = gitdir: @/f/.x/worktrees/y", "@/f/.x/worktrees/y/gitdir = @/f/.git",
      "@/f/.x/worktrees/y/commondir = @/p/.git"},
     ""},
    {"171 a common folder that is only longer",
     "@/f/.git",
     {"@/f/.git = gitdir: @/f/g2/worktrees/y", "@/f/g2/worktrees/y/gitdir = @/f/.git",
      "@/f/g2/worktrees/y/commondir = @/f/g", "@/f/g/"},
     ""},
    {"171 / as a common folder",
     "@/f/.git",
     {"@/f/.git = gitdir: x", "@/f/x/gitdir = @/f/.git", "@/f/x/commondir = /"},
     ""},
    {"one that belongs together",
     "@/f/.git",
     {"@/f/.git = gitdir: r/worktrees/y\r\n", "@/f/r/worktrees/y/gitdir = ../../../.git\n",
      "@/f/r/worktrees/y/commondir = ../..", GIT_FOLDER("@/f/r")},
     "@/f/r"},
    {"a common folder that is no repository",
     "@/f/.git",
     {"@/f/.git = gitdir: r/worktrees/y\n", "@/f/r/worktrees/y/gitdir = @/f/.git",
      "@/f/r/worktrees/y/commondir = ../..", "@/f/r/HEAD", "@/f/r/objects/"},
     ""},
    {"a folder deeper than its worktrees are",
     "@/f/.git",
     {"@/f/.git = gitdir: r/worktrees/y/z\n", "@/f/r/worktrees/y/z/gitdir = @/f/.git",
      "@/f/r/worktrees/y/z/commondir = ../../..", GIT_FOLDER("@/f/r")},
     ""},
    {"links within are resolved",
     "@/f/.git",
     {"@/f/.git = gitdir: @/f/l/worktrees/y", "@/f/l -> r", "@/f/r/worktrees/y/gitdir = @/f/.git",
      "@/f/r/worktrees/y/commondir = ../..", GIT_FOLDER("@/f/r")},
     "@/f/r"},
};

static void test_worktrees(void **state)
{
    char out[4096], shown[4096];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(worktrees); i++) {
        memset(out, 'x', sizeof out);
        for (size_t l = 0; worktrees[i].lines[l]; l++)
            tree_add(worktrees[i].lines[l]);
        git_dir_of_worktree(out, tree_at(worktrees[i].file));
        tree_shorten(shown, sizeof shown, out);
        if (strcmp(shown, worktrees[i].common) != 0)
            fail_msg("%s: '%s'", worktrees[i].name, shown);
        tree_remove(tree_at("@/f"));
    }
}

static int setup(void **state)
{
    if (tree_setup(state) != 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(made); i++) {
        if (!tree_run(made[i])) {
            fprintf(stderr, "git: command %zu does not work\n", i);
            return -1;
        }
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_without_config),
        cmocka_unit_test(test_end),       cmocka_unit_test(test_configs),
        cmocka_unit_test(test_no_config), cmocka_unit_test(test_long_config),
        cmocka_unit_test(test_modules),   cmocka_unit_test(test_worktrees),
    };

    return cmocka_run_group_tests(tests, setup, tree_teardown);
}
