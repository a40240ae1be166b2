/* SPDX-License-Identifier: Apache-2.0
 * test_spelling.c - which names may be one, which word a name is asked about, and that a file
 * system on which case counts is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/guard.h"
#include "unit/tree.h"

#include "base/base.h"
#include "sandbox/spelling.h"

/* ---- folding ---- */

static const struct {
    const char *what, *name, *folded;
} folds[] = {
    {"nothing", "", ""},
    {"lower case", ".gitconfig", ".gitconfig"},
    {"upper case", ".GITCONFIG", ".gitconfig"},
    {"mixed, digits and signs", "A-Z_09.{|}~", "a-z_09.{|}~"},
    {"a dot at the end", ".git.", ".git"},
    {"dots and spaces at the end", ".git . .", ".git"},
    {"nothing but dots", "...", ""},
    {"a dot within", ".git.config", ".git.config"},
    {"a zero width non-joiner", ".g\xe2\x80\x8cit", ".git"},
    {"a zero width space at the beginning", "\xe2\x80\x8b.git", ".git"},
    {"a byte order mark at the end", ".git\xef\xbb\xbf", ".git"},
    {"a soft hyphen", ".gi\xc2\xadt", ".git"},
    {"a variation selector", ".git\xef\xb8\x8f", ".git"},
    {"a tag of plane 14", ".gi\xf3\xa0\x81\xa7t", ".git"},
    {"right to left override", "\xe2\x80\xae.git", ".git"},
    {"long s", ".\xc5\xbf\xc5\xbfh", ".ssh"},
    {"sharp s", ".\xc3\x9fh", ".ssh"},
    {"capital sharp s", ".\xe1\xba\x9eh", ".ssh"},
    {"the Kelvin sign", "hoo\xe2\x84\xaas", "hooks"},
    {"a ligature fi", ".gitcon\xef\xac\x81g", ".gitconfig"},
    {"a ligature ffi",
     "o\xef\xac\x83"
     "ce",
     "office"},
    {"a ligature st", "te\xef\xac\x86", "test"},
    {"another letter stays", ".g\xc3\xact", ".g\xc3\xact"},
    {"what is no UTF-8 stays", ".g\xff\xc3\x28\xe2\x80", ".g\xff\xc3(\xe2\x80"},
    {"a sharp s of Latin-1 stays", ".\xdfh", ".\xdfh"},
    {"an overlong slash stays", "\xc0\xaf", "\xc0\xaf"},
    {"cut in the middle of a sequence", ".git\xe2\x80", ".git\xe2\x80"},
    {"cut after its first byte", ".git\xf3", ".git\xf3"},
};

static void folds_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(folds); i++) {
        size_t len = strlen(folds[i].name);
        char *name = guard_copy(folds[i].name, len);
        char *out = guard_copy(folds[i].name, len); /* never longer */
        size_t got = spelling_fold(out, (struct str){name, len});

        if (got != strlen(folds[i].folded) || memcmp(out, folds[i].folded, got) != 0)
            fail_msg("%s: '%.*s'", folds[i].what, (int)got, out);
        guard_free(name, len);
        guard_free(out, len);
    }
}

/* ---- words ---- */

static const char *const patterns[] = {"**/.git",    "**/.claude/hooks", "a*b/fence.json", ".ssh",
                                       "**/*.pem",   "[x]/Makefile",     "**/.gitconfig",  ".git",
                                       "q?/.profile"};

static const struct {
    const char *what, *name;
    bool known;
} asked[] = {
    {"a word itself", ".git", false},
    {"another case", ".GIT", true},
    {"in the middle of a pattern", ".CLAUDE", true},
    {"at the end of one", "Fence.JSON", true},
    {"a word with capitals", "makefile", true},
    {"part of a word", ".gi", false},
    {"a pattern is no word", "*.PEM", false},
    {"nor is one with a bracket", "[X]", false},
    {"nor one with a question mark", "Q?", false},
    {"a short name", "GIT~1", true},
    {"a tilde without a number", "GIT~", false},
    {"a stranger", "README", false},
    {"ignored letters", ".g\xe2\x80\x8cit", true},
    {"no name", "", false},
};

static void knows_words(void **state)
{
    struct spellings *s;

    (void)state;
    assert_int_equal(spellings_new(&s, patterns, ARRAY_LEN(patterns)), 0);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        if (spellings_may_know(s, asked[i].name) != asked[i].known)
            fail_msg("%s: %s", asked[i].what, asked[i].name);
    }
    spellings_free(s);
    spellings_free(NULL);
    assert_int_equal(spellings_new(&s, NULL, 0), 0);
    assert_false(spellings_may_know(s, ".GIT"));
    assert_false(spellings_may_know(s, "GIT~1"));
    spellings_free(s);
}

static void takes_names_of_any_length(void **state)
{
    char name[600];
    struct spellings *s;

    (void)state;
    memset(name, 'A', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(spellings_new(&s, (const char *[]){name}, 1), 0);
    assert_false(spellings_may_know(s, name));
    spellings_free(s);
    name[255] = '\0';
    assert_int_equal(spellings_new(&s, (const char *[]){name}, 1), 0);
    name[0] = 'a';
    assert_true(spellings_may_know(s, name));
    spellings_free(s);
}

/* ---- asked of a folder: here case counts, and a hard link stands for one that does not ---- */

static const char *const tree[] = {"@/p/.git/",      "@/p/.GIT/", "@/p/other/.GIT/",
                                   "@/q/.gitconfig", "@/q/X~1",   NULL};

static int set_up(void **state)
{
    if (tree_setup(state) != 0)
        return -1;
    tree_add_all(tree);
    return 0;
}

static void asks_the_folder(void **state)
{
    static const struct {
        const char *folder, *name, *found;
    } rows[] = {{"@/p", ".GIT", ".GIT"},       /* another file           */
                {"@/p/other", ".GIT", ".GIT"}, /* the word finds nothing */
                {"@/q", ".GITCONFIG", ".gitconfig"},
                {"@/q", "gitcon~2", ".gitconfig"},
                {"@/q", "X~1", "X~1"},
                {"@/q", ".gitConfig", ".gitConfig"}, /* is not there */
                {"@/q", ".gitconfig", ".gitconfig"}};
    struct spellings *s;

    (void)state;
    assert_int_equal(link(tree_at("@/q/.gitconfig"), tree_at("@/q/.GITCONFIG")), 0);
    assert_int_equal(link(tree_at("@/q/.gitconfig"), tree_at("@/q/gitcon~2")), 0);
    assert_int_equal(spellings_new(&s, patterns, ARRAY_LEN(patterns)), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_fd int folder = open(tree_at(rows[i].folder), O_PATH | O_DIRECTORY | O_CLOEXEC);

        assert_string_equal(spellings_at(s, folder, rows[i].name), rows[i].found);
    }
    spellings_free(s);
}

static void leaves_paths_alone_where_case_counts(void **state)
{
    static const char *const paths[] = {"@", "@/p/.git", "@/p/.GIT", "@/q/X~1", "@/q/gone", "/"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        char *found = spelling_true(tree_at(paths[i]));

        assert_string_equal(found, tree_at(paths[i]));
        free(found);
    }
    assert_null(spelling_real(tree_at("@/gone/x")));
}

/* ---- the other case ---- */

static void turns_the_last_name(void **state)
{
    char out[4096], path[5000] = "/";

    (void)state;
    assert_true(spelling_turn(out, "/Home/User/.GitConfig"));
    assert_string_equal(out, "/Home/User/.gITcONFIG");
    assert_false(spelling_turn(out, "/Home/123"));
    assert_false(spelling_turn(out, "/"));
    memset(path + 1, 'a', sizeof path - 2);
    assert_false(spelling_turn(out, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_names),
        cmocka_unit_test(knows_words),
        cmocka_unit_test(takes_names_of_any_length),
        cmocka_unit_test_setup_teardown(asks_the_folder, set_up, tree_teardown),
        cmocka_unit_test_setup_teardown(leaves_paths_alone_where_case_counts, set_up,
                                        tree_teardown),
        cmocka_unit_test(turns_the_last_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
