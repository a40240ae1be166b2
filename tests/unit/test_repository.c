/* SPDX-License-Identifier: Apache-2.0
 * test_repository.c - what of a repository that is new would run programs. */
#include <fcntl.h>
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

#include "sandbox/repository.h"
#include "support/guard.h"

static const struct {
    const char *name, *text;
    bool harmless;
} configs[] = {
    {"empty", "", true},
    {"git init", "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n",
     true},
    {"git clone",
     "[remote \"origin\"]\n\turl = https://a.test/x.git\n\tfetch = +refs/heads/*:refs/remotes/o/*\n"
     "[branch \"main\"]\n\tremote = origin\n\tmerge = refs/heads/main\n",
     true},
    {"a name and comments", "# c\n; c\n[user]\n\tname = A \"B\" ; c\n\temail=a@b\n", true},
    {"capitals", "[CORE]\nFileMode = false\n", true},
    {"without a value", "[core]\n\tbare\n", true},
    {"on the line of its section", "[core] bare = true\n", true},
    {"without a last line end", "[core]\n\tbare = false", true},
    {"CRLF", "[core]\r\n\tbare = false\r\n", true},
    {"ssh", "[remote \"o\"]\n\turl = git@a.test:x/y\n", true},

    {"fsmonitor", "[core]\n\tfsmonitor = /x/evil\n", false},
    {"fsmonitor behind its section", "[core] fsmonitor = /x/evil\n", false},
    {"hooksPath", "[core]\n\thooksPath = x\n", false},
    {"sshCommand", "[core]\n\tsshCommand = x\n", false},
    {"pager", "[core]\n\tpager = x\n", false},
    {"an alias", "[alias]\n\tst = !x\n", false},
    {"a filter", "[filter \"x\"]\n\tclean = x\n", false},
    {"include", "[include]\n\tpath = x\n", false},
    {"includeIf", "[includeIf \"gitdir:/\"]\n\tpath = x\n", false},
    {"a submodule's update", "[submodule \"x\"]\n\tupdate = !x\n", false},
    {"uploadpack", "[remote \"o\"]\n\tuploadpack = x\n", false},
    {"ext::", "[remote \"o\"]\n\turl = ext::sh -c x\n", false},
    {"ext:: in quotes", "[remote \"o\"]\n\turl = \"ext::sh -c x\"\n", false},
    {"another helper", "[remote \"o\"]\n\turl = foo-bar::x\n", false},
    {"a credential helper", "[credential]\n\thelper = !x\n", false},
    {"insteadOf", "[url \"ext::x\"]\n\tinsteadOf = https://\n", false},
    {"a key before any section", "fsmonitor = x\n", false},
    {"the old form of a subsection", "[remote.o]\n\turl = x\n", false},
    {"a line that goes on", "[core]\n\tbare = \\\nfsmonitor = x\n", false},
    {"a byte order mark", "\xef\xbb\xbf[core]\n\tbare = true\n", false},
    {"part of a name", "[core]\n\tbar = x\n", false},
    {"a section that is not closed", "[core\nfsmonitor = x\n", false},
    {"a quote that is not closed", "[remote \"o]\n\turl = x\n", false},
    {"an escaped quote", "[remote \"o\\\"] [core]\n\tfsmonitor = x\n", false},
};

static void test_configs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        size_t len = strlen(configs[i].text);
        char *text = guard_copy(configs[i].text, len);

        if (repository_config_is_harmless(text, len) != configs[i].harmless)
            fail_msg("%s", configs[i].name);
        guard_free(text, len);
    }
    assert_false(repository_config_is_harmless("[core]\0\n", 8));
}

/* ---- folders ---- */

static char top[] = "/var/tmp/fence-repository-XXXXXX";
static char found[1024];

static void on_found(void *payload, const char *path)
{
    (void)payload;
    strcat(found, " ");
    strcat(found, path + strlen(top));
}

static void make(const char *line)
{
    char command[1024];

    snprintf(command, sizeof command, "cd %s && %s", top, line);
    assert_int_equal(system(command), 0);
}

static void test_folders(void **state)
{
    static const struct {
        const char *make, *dir;
        bool config_too;
        const char *found;
    } rows[] = {
        {"mkdir -p a/hooks && touch a/hooks/x.sample a/config", "a", true, ""},
        {"touch a/hooks/pre-commit", "a", true, " /a/hooks/pre-commit"},
        {"mkdir b && ln -s ../a/hooks b/hooks", "b", true, " /b/hooks"},
        {"mkdir c && echo '[alias]' > c/config && echo 'x = y' >> c/config", "c", true,
         " /c/config"},
        {"true", "c", false, ""},
        {"mkdir d && ln -s ../c/config d/config", "d", true, " /d/config"},
        {"mkdir e && mkfifo e/config && echo .. > e/commondir", "e", true,
         " /e/config /e/commondir"},
    };

    (void)state;
    assert_non_null(mkdtemp(top));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char dir[PATH_MAX];

        make(rows[i].make);
        snprintf(dir, sizeof dir, "%s/%s", top, rows[i].dir);
        found[0] = '\0';
        repository_search(dir, rows[i].config_too, on_found, NULL);
        if (strcmp(found, rows[i].found) != 0)
            fail_msg("%s: '%s'", rows[i].make, found);
    }
}

static void test_pointer(void **state)
{
    char path[PATH_MAX], out[4096], expected[PATH_MAX];

    (void)state;
    make("mkdir -p w real && echo 'gitdir: ../real' > w/.git && echo nonsense > w/other");
    snprintf(path, sizeof path, "%s/w/.git", top);
    snprintf(expected, sizeof expected, "%s/real", top);
    assert_true(repository_folder(out, path));
    assert_string_equal(out, expected);
    snprintf(path, sizeof path, "%s/real", top);
    assert_true(repository_folder(out, path));
    assert_string_equal(out, path);
    snprintf(path, sizeof path, "%s/w/other", top);
    assert_false(repository_folder(out, path));
    snprintf(path, sizeof path, "%s/w/nothing", top);
    assert_false(repository_folder(out, path));
    make("rm -rf ../${PWD##*/}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_configs),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_pointer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
