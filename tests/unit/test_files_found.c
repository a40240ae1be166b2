/* SPDX-License-Identifier: Apache-2.0
 * test_files_found.c - what is found in git repositories and in folders that cannot be read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "unit/resolved.h"

#define P "@/home/u/p"

static const char *const made[][14] = {
    {"git", "init", "-q", "@/home/u/lib"},
    {"git", "-C", "@/home/u/lib", "commit", "-q", "--allow-empty", "-m", "a"},
    {"git", "init", "-q", P},
    {"git", "-C", P, "submodule", "add", "-q", "@/home/u/lib", "lib"},
    {"git", "-C", P, "commit", "-q", "-m", "a"},
    {"git", "-C", P, "worktree", "add", "-q", "-b", "w", "@/home/u/wt"},
    {"git", "-C", P, "branch", "fence.json"},
    {"git", "-C", P, "branch", "x.key"},
    {"git", "-C", P, "config", "core.hooksPath", "tools/hooks"},
    {"git", "-C", P, "config", "include.path", "../none.cfg"},
};

static const char *const tree[] = {P "/.git/notes.secret",
                                   P "/vendor/.git/config",
                                   P "/vendor/.git/HEAD",
                                   "@/home/u/sep/x",
                                   "@/home/u/forged/.git = gitdir: @/home/u/lib/.git",
                                   NULL};

static const struct {
    const char *name, *json;
    const char *wishes[MOST], *rules[MOST], *roots, *folders[MOST];
    const char *notice;
} rows[] = {
    {.name = "a repository",
     .json = "'allowWrite': ['.']",
     .wishes = {"ro " P "/.git/hooks", "ro " P "/.git/config", "ro " P "/.gitmodules",
                "!ro " P "/.git", "!ro " P "/.git/refs/heads/fence.json", "ro " P "/lib/.git"},
     .rules = {"protected " P "/.git hooks", "protected " P "/.git config",
               "protected " P "/.git commondir", "protected " P "/.git/info attributes"},
     .roots = P "\n",
     .folders = {P, P "/.git", P "/.git/info", "!" P "/.git/refs", "!" P "/.git/refs/heads"}},
    {.name = "its submodules and worktrees",
     .json = "'allowWrite': ['.']",
     .wishes = {"ro " P "/.git/modules/lib/config", "ro " P "/.git/modules/lib/hooks",
                "ro " P "/.git/worktrees/wt/gitdir"},
     .rules = {"protected " P "/.git/modules/lib config.worktree",
               "protected " P "/.git/worktrees/wt config.worktree"}},
    {.name = "another one below",
     .json = "'allowWrite': ['.']",
     .wishes = {"ro " P "/vendor/.git/config", "!ro " P "/vendor/.git"},
     .rules = {"protected " P "/vendor/.git hooks"}},
    {.name = "hooks in a folder that is not there yet, and a config that is not",
     .json = "'allowWrite': ['.']",
     .rules = {"protected " P " tools/hooks", "protected " P " none.cfg"},
     .folders = {P}},
    {.name = "allowGitConfig",
     .json = "'allowWrite': ['.'], 'allowGitConfig': true",
     .wishes = {"ro " P "/.git/hooks", "!ro " P "/.git/config",
                "!ro " P "/.git/modules/lib/config"},
     .rules = {"protected " P "/.git hooks", "!protected " P "/.git config"}},
    {.name = "the git folder alone is opened",
     .json = "'allowWrite': ['.git']",
     .wishes = {"rw " P "/.git", "ro " P "/.git/hooks", "ro " P "/.git/config",
                "!ro " P "/.git/refs/heads/fence.json"},
     .rules = {"protected " P "/.git hooks"},
     .roots = P "/.git\n",
     .folders = {P "/.git"}},
    {.name = "a linked worktree",
     .json = "'allowWrite': ['~/wt']",
     .wishes = {"rw @/home/u/wt", "rw " P "/.git", "ro @/home/u/wt/.git", "ro " P "/.git/hooks",
                "ro " P "/.git/config", "ro " P "/.git/worktrees/wt/gitdir"},
     .rules = {"protected " P "/.git hooks"},
     .roots = "@/home/u/wt\n" P "/.git\n",
     .notice = "'@/home/u/wt' is a git worktree: its repository '" P "/.git' is writable too"},
    {.name = "a linked worktree beside its repository",
     .json = "'allowWrite': ['~/wt', '~/p']",
     .roots = P "\n@/home/u/wt\n"},
    {.name = "171 a worktree that is forged",
     .json = "'allowWrite': ['~/forged']",
     .wishes = {"rw @/home/u/forged", "ro @/home/u/forged/.git", "!rw @/home/u/lib/.git"},
     .roots = "@/home/u/forged\n"},

    {.name = "what is denied is looked for in git folders as well",
     .json = "'allowWrite': ['.'], 'denyRead': ['**/*.secret'], 'denyWrite': ['**/*.key']",
     .wishes = {"nofile " P "/.git/notes.secret", "ro " P "/.git/refs/heads/x.key",
                "!ro " P "/.git/refs/heads/fence.json", "!ro " P "/.git/refs/heads/w"},
     .folders = {P "/.git", P "/.git/refs/heads", "!" P "/.git/objects"}},
    {.name = "what is denied in the git folder itself",
     .json = "'denyRead': ['.git/*.secret', '.git/conf*']",
     .wishes = {"nofile " P "/.git/notes.secret", "nofile " P "/.git/config"},
     .folders = {P "/.git"}},
    {.name = "what is allowed is not",
     .json = "'allowWrite': ['**/*.secret', '**/HEAD']",
     .wishes = {"!rw " P "/.git/notes.secret", "!rw " P "/.git/HEAD"},
     .roots = ""},
};

static void test_rows(void **state)
{
    static struct texts t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_error err = {0};
        char notice[512];

        if (resolve(&t, rows[i].json, &err) != 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        expect(rows[i].name, "wishes", t.wishes, rows[i].wishes);
        expect(rows[i].name, "rules", t.rules, rows[i].rules);
        expect(rows[i].name, "folders", t.folders, rows[i].folders);
        if (rows[i].roots && strcmp(t.roots, rows[i].roots) != 0)
            fail_msg("%s: roots\n%s", rows[i].name, t.roots);
        tree_expand(notice, sizeof notice, rows[i].notice ? rows[i].notice : "");
        if (rows[i].notice ? !strstr(t.notices, notice) : *t.notices != '\0')
            fail_msg("%s: notices\n%s", rows[i].name, t.notices);
    }
}

/* What its config says lies above it: all of it is as it was opened, and nothing breaks. */
static void test_hostile_config(void **state)
{
    static const char *const paths[] = {"..",  "../..",   "/",         "/proc", ".",
                                        "./.", "a/../..", "none/../x", "//",    "lib/../tools"};
    static struct texts t;
    char text[256];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        fence_error err = {0};

        snprintf(text, sizeof text, "[core]\n\thooksPath = %s\n[include]\n\tpath = %s\n", paths[i],
                 paths[i]);
        tree_write(tree_at(P "/vendor/.git/config"), text);
        if (resolve(&t, "'allowWrite': ['.']", &err) != 0)
            fail_msg("'%s': %s", paths[i], err.message);
        assert_true(has(t.wishes, "ro " P "/vendor/.git/config"));
    }
}

/* ---- folders that cannot be read ---- */

static int look_at_closed(void)
{
    static const char *const wishes_open[] = {"ro " P "/closed", "rw " P, NULL};
    static const char *const wishes_closed[] = {"!ro " P "/closed", NULL};
    static struct texts t;

    resolve(&t, "'allowWrite': ['.'], 'denyRead': ['**/.env']", NULL);
    expect("in what is writable", "wishes", t.wishes, wishes_open);
    resolve(&t, "'denyRead': ['**/.env']", NULL);
    expect("in what is not", "wishes", t.wishes, wishes_closed);
    return 0;
}

/* As an ordinary user whose folder the command could open again. */
static void test_unreadable(void **state)
{
    (void)state;
    tree_add(P "/closed/.env");
    assert_int_equal(chmod(tree_at(P "/closed"), 0), 0);
    assert_int_equal(tree_as_user(look_at_closed), 0);
    assert_int_equal(chmod(tree_at(P "/closed"), 0755), 0);
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
    tree_add_all(tree);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_hostile_config),
        cmocka_unit_test(test_unreadable),
    };

    return cmocka_run_group_tests(tests, setup, tree_teardown);
}
