/* SPDX-License-Identifier: Apache-2.0
 * test_files.c - the settings of files against a tree: what is wished for, guarded, open and told.
 *
 * A row's texts are lists of lines, in any order: each line that is expected has to be there. Rows
 * with `nothing_else` have no other wishes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "unit/resolved.h"

static const char *const tree[] = {"@/home/u/p/src/a.c",
                                   "@/home/u/p/src/secret.pem",
                                   "@/home/u/p/.env",
                                   "@/home/u/p/sub/.env",
                                   "@/home/u/p/.bashrc",
                                   "@/home/u/p/deep/.vscode/tasks.json",
                                   "@/home/u/p/Makefile",
                                   "@/home/u/p/node_modules/x/package.json",
                                   "@/home/u/p/to-file -> src/a.c",
                                   "@/home/u/p/to-folder -> src",
                                   "@/home/u/p/to-outside -> @/out/data",
                                   "@/home/u/p/to-nothing -> nothing",
                                   "@/home/u/p/to-itself -> to-itself",
                                   "@/home/u/p/.zshrc -> src/a.c",
                                   "@/home/u/p-2/",
                                   "@/home/u/q/.env",
                                   "@/home/u/.ssh/id",
                                   "@/home/u/.config/git/config",
                                   "@/home/u/.config/app/x",
                                   "@/home/u/.local/share/x",
                                   "@/home/u/.bashrc",
                                   "@/out/data",
                                   NULL};

/* ---- rows ---- */

#define P "@/home/u/p"

/* More than fits into a line with another of its kind. */
#define LONG                                                                                       \
    "none/aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhhiiiiiii" \
    "jjjjjjjjjjkkkkkkkkkk"

static const struct {
    const char *name, *json;
    const char *wishes[MOST], *rules[MOST], *roots, *folders[MOST], *links[MOST];
    const char *notice; /* part of one */
    bool nothing_else;  /* no other wishes */
} rows[] = {
    {.name = "nothing asked", .json = "", .roots = "", .nothing_else = true},

    /* allowWrite */
    {.name = "the current folder",
     .json = "'allowWrite': ['.']",
     .wishes = {"rw " P, "ro " P "/.bashrc", "ro " P "/deep/.vscode", "ro " P "/src/a.c",
                "!ro @/home/u/.bashrc"},
     .rules = {"protected " P " **/.bashrc", "protected " P " **/.vscode",
               "!protected " P " **/.git"},
     .roots = P "\n",
     .folders = {P, P "/src", P "/deep"},
     .links = {P "/.zshrc"}},
    {.name = "a file",
     .json = "'allowWrite': ['src/a.c']",
     .wishes = {"rw " P "/src/a.c"},
     .roots = "",
     .nothing_else = true},
    {.name = "~",
     .json = "'allowWrite': ['~/q']",
     .wishes = {"rw @/home/u/q"},
     .roots = "@/home/u/q\n"},
    {.name = "a relative path",
     .json = "'allowWrite': ['../q']",
     .wishes = {"rw @/home/u/q"},
     .roots = "@/home/u/q\n"},
    {.name = "a slash at the end, and **",
     .json = "'allowWrite': ['src/', '../q/**']",
     .wishes = {"rw " P "/src", "rw @/home/u/q"},
     .roots = P "/src\n@/home/u/q\n"},
    {.name = "a pattern",
     .json = "'allowWrite': ['~/p*']",
     .wishes = {"rw " P, "rw @/home/u/p-2"},
     .roots = P "\n@/home/u/p-2\n"},
    {.name = "a pattern of nothing",
     .json = "'allowWrite': ['*.none']",
     .roots = "",
     .nothing_else = true},
    {.name = "missing",
     .json = "'allowWrite': ['none/x']",
     .roots = "",
     .notice = "filesystem.allowWrite: 'none/x' does not exist: passed over",
     .nothing_else = true},
    {.name = "two that are missing",
     .json = "'allowWrite': ['none/x', 'none/y']",
     .roots = "",
     .notice = "filesystem.allowWrite: 'none/x', 'none/y' do not exist: passed over",
     .nothing_else = true},
    {.name = "more of them than are shown",
     .json = "'allowWrite': ['" LONG "', '" LONG "', '" LONG "']",
     .roots = "",
     .notice = "filesystem.allowWrite: '" LONG "' and 2 more do not exist: passed over",
     .nothing_else = true},
    {.name = "138 ESC ]0; in one that is missing",
     .json = "'allowWrite': ['a\\u001b]0;x']",
     .notice = "'a\\x1b]0;x' does not exist",
     .nothing_else = true},
    {.name = "below a file",
     .json = "'allowWrite': ['.env/x']",
     .roots = "",
     .notice = "does not exist",
     .nothing_else = true},
    {.name = "123 a link to nothing",
     .json = "'allowWrite': ['to-nothing']",
     .roots = "",
     .notice = "does not exist",
     .nothing_else = true},
    {.name = "a link to a file",
     .json = "'allowWrite': ['to-file']",
     .wishes = {"rw " P "/src/a.c"},
     .roots = "",
     .nothing_else = true},
    {.name = "a link to a folder",
     .json = "'allowWrite': ['to-folder']",
     .wishes = {"rw " P "/src"},
     .roots = P "/src\n"},
    {.name = "a pattern that fits links",
     .json = "'allowWrite': ['to-f*']",
     .wishes = {"rw " P "/src", "rw " P "/src/a.c", "see " P "/to-folder -> src"},
     .roots = P "/src\n"},
    {.name = "nested",
     .json = "'allowWrite': ['~/p/src', '~/p', '.']",
     .wishes = {"rw " P, "rw " P "/src"},
     .roots = P "\n"},
    {.name = "nested, with a neighbour that sorts between",
     .json = "'allowWrite': ['~/p', '~/p-2', '~/p/src']",
     .roots = P "\n@/home/u/p-2\n"},

    /* the home folder */
    {.name = "the home folder",
     .json = "'allowWrite': ['~']",
     .wishes = {"rw @/home/u", "ro @/home/u/.ssh", "ro @/home/u/.config/git", "ro @/home/u/.bashrc",
                ("ro " P "/.bashrc"), "!ro @/home/u/.config"},
     .rules = {"protected @/home/u .ssh", "protected @/home/u .vimrc",
               "protected @/home/u .config/nvim", "protected @/home/u .bashrc"},
     .roots = "@/home/u\n",
     .folders = {"@/home/u", "@/home/u/.config", "@/home/u/.local", "@/home/u/.local/share"},
     .notice = "is opened as a whole"},
    {.name = "above the home folder",
     .json = "'allowWrite': ['@/home']",
     .wishes = {"rw @/home", "ro @/home/u/.ssh"},
     .rules = {"protected @/home/u .config/nvim"},
     .roots = "@/home\n",
     .notice = "is opened as a whole"},
    {.name = "the root",
     .json = "'allowWrite': ['/']",
     .wishes = {"rw /", "ro @/home/u/.ssh", "ro " P "/.bashrc"},
     .rules = {"!protected / **/.bashrc", "protected " P " **/.bashrc"},
     .roots = "/\n",
     .notice = "'/' is opened as a whole"},
    {.name = "F26 /tmp and /run, of which the sandbox has its own",
     .json = "'allowWrite': ['/tmp', '/run']",
     .wishes = {"rw /tmp", "rw /run"},
     .rules = {"!protected /tmp **/.bashrc", "!protected /run **/.bashrc"},
     .roots = "",
     .folders = {"!/tmp", "!/run", "!@/home"},
     .nothing_else = true},
    {.name = "opened by its own name",
     .json = "'allowWrite': ['~', '~/.ssh']",
     .wishes = {"rw @/home/u/.ssh", "!ro @/home/u/.ssh", "ro @/home/u/.config/git"},
     .rules = {"!protected @/home/u .ssh"},
     .notice = "is opened as a whole"},
    {.name = "a folder between the home folder and what is protected in it",
     .json = "'allowWrite': ['~/.config']",
     .wishes = {"rw @/home/u/.config", "ro @/home/u/.config/git"},
     .rules = {"protected @/home/u .config/git", "protected @/home/u .config/autostart",
               "!protected @/home/u .ssh"},
     .roots = "@/home/u/.config\n",
     .folders = {"@/home/u/.config", "!@/home/u"}},
    {.name = "the same, opened by its own name",
     .json = "'allowWrite': ['~/.config/git']",
     .wishes = {"rw @/home/u/.config/git", "!ro @/home/u/.config/git"},
     .rules = {"!protected @/home/u .config/git"}},

    /* denyWrite */
    {.name = "a folder that is not writable",
     .json = "'denyWrite': ['src']",
     .rules = {"nowrite " P " src"},
     .roots = "",
     .folders = {P},
     .nothing_else = true},
    {.name = "a folder",
     .json = "'allowWrite': ['.'], 'denyWrite': ['src']",
     .wishes = {"rw " P, "ro " P "/src"},
     .rules = {"nowrite " P " src"}},
    {.name = "the same folder",
     .json = "'allowWrite': ['.'], 'denyWrite': ['.']",
     .wishes = {"rw " P, "ro " P}},
    {.name = "denied above what is allowed",
     .json = "'allowWrite': ['src'], 'denyWrite': ['~/p']",
     .wishes = {"rw " P "/src", "ro " P}},
    {.name = "denied two levels above",
     .json = "'allowWrite': ['src'], 'denyWrite': ['~']",
     .wishes = {"ro @/home/u"}},
    {.name = "a pattern above what is allowed",
     .json = "'allowWrite': ['src'], 'denyWrite': ['~/p*']",
     .wishes = {"ro " P, "!ro @/home/u/p-2"}},
    {.name = "a file that is allowed by its own name",
     .json = "'allowWrite': ['src/*'], 'denyWrite': ['src/secret.pem']",
     .wishes = {"rw " P "/src/a.c", "rw " P "/src/secret.pem", "ro " P "/src/secret.pem"}},
    {.name = "a link to a file that is allowed by its own name",
     .json = "'allowWrite': ['.', 'src/a.c'], 'denyWrite': ['to-f*']",
     .wishes = {"ro " P "/src/a.c"},
     .links = {P "/to-file"}},
    {.name = "the folder of a file that is allowed",
     .json = "'allowWrite': ['src/a.c'], 'denyWrite': ['src']",
     .wishes = {"rw " P "/src/a.c", "ro " P "/src"}},
    {.name = "missing, denied",
     .json = "'allowWrite': ['.'], 'denyWrite': ['none/x']",
     .rules = {"nowrite " P " none/x"},
     .folders = {P}},
    {.name = "a pattern that is denied",
     .json = "'allowWrite': ['.'], 'denyWrite': ['**/.env', 'src/*.pem']",
     .wishes = {"ro " P "/.env", "ro " P "/sub/.env", "ro " P "/src/secret.pem",
                "!ro @/home/u/q/.env"},
     .rules = {"nowrite " P " **/.env", "nowrite " P "/src *.pem"}},
    {.name = "denied by a link",
     .json = "'allowWrite': ['.'], 'denyWrite': ['to-file']",
     .wishes = {"ro " P "/src/a.c"},
     .rules = {"nowrite " P "/src a.c", "nowrite " P " to-file"},
     .links = {P "/to-file"}},
    {.name = "denied by a link to nothing",
     .json = "'allowWrite': ['.'], 'denyWrite': ['to-nothing']",
     .rules = {"nowrite " P " to-nothing"},
     .links = {P "/to-nothing"}},
    {.name = "denied by a link out of it",
     .json = "'allowWrite': ['.'], 'denyWrite': ['to-outside']",
     .rules = {"nowrite @/out data", "nowrite " P " to-outside"},
     .links = {P "/to-outside"}},
    {.name = "the root is denied",
     .json = "'allowWrite': ['.'], 'denyWrite': ['/']",
     .wishes = {"ro /"}},

    /* denyRead */
    {.name = "hidden: a file and a folder",
     .json = "'denyRead': ['.env', '~/.ssh/']",
     .wishes = {"nofile " P "/.env", "nofolder @/home/u/.ssh"},
     .rules = {"noread " P " .env", "noread @/home/u .ssh"},
     .roots = "",
     .folders = {P, "@/home/u"},
     .nothing_else = true},
    {.name = "hidden: a pattern",
     .json = "'denyRead': ['**/.env', '~/q/.e?v']",
     .wishes = {"nofile " P "/.env", "nofile " P "/sub/.env", "nofile @/home/u/q/.env"},
     .rules = {"noread " P " **/.env", "noread @/home/u/q .e?v"},
     .folders = {P, P "/src", "@/home/u/q"},
     .nothing_else = true},
    {.name = "hidden: missing",
     .json = "'denyRead': ['none', '/none/x/**']",
     .rules = {"noread " P " none", "noread / none/x"},
     .roots = "",
     .folders = {P, "/"},
     .nothing_else = true},
    {.name = "171 hidden: what a link leads to",
     .json = "'denyRead': ['to-file', 'to-outside', 'to-folder', 'to-nothing']",
     .wishes = {"nofile " P "/src/a.c", "nofile @/out/data", "nofolder " P "/src"},
     .nothing_else = true},
    {.name = "171 hidden: what a link leads to that a pattern fits",
     .json = "'denyRead': ['to-*']",
     .wishes = {"nofile " P "/src/a.c", "nofile @/out/data", "nofolder " P "/src"},
     .nothing_else = true},
    {.name = "hidden and writable",
     .json = "'allowWrite': ['src'], 'denyRead': ['src']",
     .wishes = {"rw " P "/src", "nofolder " P "/src"}},

    /* allowRead, allowExecute */
    {.name = "seen again",
     .json = "'denyRead': ['~/**'], 'allowRead': ['src'], 'allowExecute': ['sub']",
     .wishes = {"nofolder @/home/u", "see " P "/src", "see " P "/sub"},
     .nothing_else = true},
    {.name = "seen: missing",
     .json = "'allowRead': ['none']",
     .notice = "filesystem.allowRead: 'none' does not exist",
     .nothing_else = true},
    {.name = "executed: missing",
     .json = "'allowExecute': ['none']",
     .notice = "filesystem.allowExecute: 'none' does not exist",
     .nothing_else = true},
    {.name = "seen: a pattern of links",
     .json = "'allowRead': ['to-*']",
     .wishes = {"see " P "/to-file -> src/a.c", "see " P "/src/a.c", "see @/out/data",
                "see " P "/to-folder -> src", "see " P "/src"}},

    /* what is left with nothing allowed */
    {.name = "defaultDenyRead",
     .json = "'defaultDenyRead': true",
     .wishes = {"see /usr", "see /etc", "!see /home", "!see /tmp"}},
    {.name = "defaultDenyRead, tools of the home folder",
     .json = "'defaultDenyRead': true",
     .wishes = {"!see @/home/u/.ssh", "!see @/home/u"}},
    {.name = "strictDenyRead",
     .json = "'strictDenyRead': true, 'defaultDenyRead': true",
     .nothing_else = true},
};

static void check_row(size_t i)
{
    static struct texts t;
    fence_error err = {0};
    size_t wanted = 0;

    if (resolve(&t, rows[i].json, &err) != 0)
        fail_msg("%s: %s", rows[i].name, err.message);
    expect(rows[i].name, "wishes", t.wishes, rows[i].wishes);
    expect(rows[i].name, "rules", t.rules, rows[i].rules);
    expect(rows[i].name, "folders", t.folders, rows[i].folders);
    expect(rows[i].name, "links", t.links, rows[i].links);
    if (rows[i].roots && strcmp(t.roots, rows[i].roots) != 0)
        fail_msg("%s: roots\n%s", rows[i].name, t.roots);
    if (rows[i].notice ? !strstr(t.notices, rows[i].notice) : *t.notices != '\0')
        fail_msg("%s: notices\n%s", rows[i].name, t.notices);
    for (; wanted < MOST && rows[i].wishes[wanted];)
        wanted++;
    if (rows[i].nothing_else && lines_of(t.wishes) != wanted)
        fail_msg("%s: wishes\n%s", rows[i].name, t.wishes);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check_row(i);
}

/* ---- what is told of at the end ---- */

static void test_reported(void **state)
{
    static struct texts t;

    (void)state;
    assert_int_equal(resolve(&t, "'allowWrite': ['.']", NULL), 0);
    assert_string_equal(t.reported, P "/Makefile\n");
    assert_int_equal(resolve(&t, "", NULL), 0);
    assert_string_equal(t.reported, "");
}

/* ---- errors ---- */

static const struct {
    const char *name, *json, *says;
    int code;
} refused[] = {
    {"another user's home", "'denyRead': ['~x/y']", "filesystem.denyRead: '~x/y' names another",
     FENCE_ECONFIG},
    {".. behind a wildcard", "'denyWrite': ['*/..']", "filesystem.denyWrite: '*/..' has '..'",
     FENCE_ECONFIG},
    {".. behind what is not there", "'denyRead': ['none/../.env']",
     "filesystem.denyRead: 'none/../.env' has '..' behind a folder that does not exist",
     FENCE_ECONFIG},
    {"138 ESC ]0; behind what is not there", "'denyRead': ['none/../\\u001b]0;']",
     "'none/../\\x1b]0;' has '..'", FENCE_ECONFIG},
    {"138 ESC ]0; in what cannot be resolved", "'denyRead': ['to-itself/\\u001b]0;']",
     "to-itself/\\x1b]0;' cannot be resolved", -ELOOP},
    {"142 a link of itself", "'allowWrite': ['to-itself']",
     "to-itself' cannot be resolved: Too many levels", -ELOOP},
};

static void test_refused(void **state)
{
    static struct texts t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        fence_error err = {0};
        int rc = resolve(&t, refused[i].json, &err);

        if (rc != refused[i].code || err.code != rc || !strstr(err.message, refused[i].says))
            fail_msg("%s: %d '%s'", refused[i].name, rc, err.message);
    }
}

/* ---- no home folder ---- */

static void test_no_home(void **state)
{
    static const char json[] =
        "{\"filesystem\": {\"allowWrite\": [\".\"], \"defaultDenyRead\": true}}";
    fence_config *config = NULL;
    struct files files = {0};

    (void)state;
    assert_int_equal(fence_config_parse(&config, "test", json, strlen(json), NULL, 0, NULL), 0);
    assert_int_equal(files_resolve(&files, config, tree_at("@/home/u/p"), NULL, NULL, NULL, NULL),
                     0);
    assert_int_equal(files.roots.count, 1);
    files_deinit(&files);
    assert_int_equal(files.nwishes, 0);
    files_deinit(&files);
    fence_config_unref(config);
}

static int setup(void **state)
{
    if (tree_setup(state) != 0)
        return -1;
    tree_add_all(tree);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_reported),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_home),
    };

    return cmocka_run_group_tests(tests, setup, tree_teardown);
}
