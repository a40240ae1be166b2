/* SPDX-License-Identifier: Apache-2.0
 * test_exec_judge.c - by which name a program is judged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/exec_judge.h"

#define MOST 8

static const char settings[] =
    "{\"command\": {\"deny\": [\"git push\", \"true\", \"sh -c\", \"reboot\", \"interp\"],"
    "               \"allow\": [\"git push origin docs\", \"true --version\"]}}";

static const struct row {
    const char *name, *path, *words[MOST];
    const char *file; /* whose head and size it has; "#!..." is its first line; NULL: not known */
    const char *link; /* where links lead */
    const char *rule; /* that denies it; NULL: none */
} rows[] = {
    {"by its path", "/usr/bin/git", {"git", "push"}, NULL, "", "git push"},
    {"allowed more closely", "/usr/bin/git", {"git", "push", "origin", "docs"}, NULL, "", NULL},
    {"another word", "/usr/bin/git", {"git", "pull"}, NULL, "", NULL},
    {"its first word says otherwise", "/usr/bin/git", {"echo", "push"}, NULL, "", "git push"},
    {"its path says otherwise", "/x/tool", {"git", "push"}, NULL, "", "git push"},
    {"a link", "/x/tool", {"tool", "push"}, NULL, "/usr/bin/git", "git push"},
    {"a link that is gone", "", {"tool", "push"}, NULL, "/x/git (deleted)", "git push"},
    {"in memory", "", {"tool", "push"}, NULL, "/memfd:git (deleted)", "git push"},
    {"a copy", "/x/tool", {"tool"}, "/bin/true", "/x/tool", "true"},
    {"a copy that may", "/x/tool", {"tool", "--version"}, "/bin/true", "/x/tool", NULL},
    {"another file", "/x/tool", {"tool"}, "/bin/sh", "/x/tool", NULL},
    {"no words", "/usr/bin/true", {NULL}, NULL, "", "true"},
    {"busybox", "/bin/busybox", {"busybox", "reboot"}, NULL, "", "reboot"},
    {"busybox as it", "/bin/busybox", {"reboot"}, NULL, "/bin/busybox", "reboot"},
    {"busybox in busybox",
     "/bin/busybox",
     {"busybox", "busybox", "git", "push"},
     NULL,
     "",
     "git push"},
    {"the loader",
     "/lib64/ld-linux-x86-64.so.2",
     {"x", "--argv0", "y", "/usr/bin/git", "push"},
     NULL,
     "",
     "git push"},
    {"the loader by another name",
     "/x/l",
     {"l", "/usr/bin/git", "push"},
     NULL,
     "/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
     "git push"},
    {"coreutils", "/usr/bin/coreutils", {"coreutils", "--coreutils-prog=true"}, NULL, "", "true"},
    {"a script", "/x/script", {"script"}, "#!/x/interp\n", "/x/script", "interp"},
    {"a script with a word",
     "/x/script",
     {"script"},
     "#! /usr/bin/git  push \n",
     "/x/script",
     "git push"},
    {"a script of another", "/x/script", {"script", "push"}, "#!/bin/other\n", "/x/script", NULL},
    {"a script's words",
     "/x/script",
     {"script", "docs"},
     "#!/bin/git push\n",
     "/x/script",
     "git push"},
    {"no script", "/x/script", {"script"}, "#", "/x/script", NULL},
    {"an empty first line", "/x/script", {"script"}, "#!\n/x/interp", "/x/script", NULL},
};

static void fill(struct exec_said *said, const struct row *row)
{
    const char *file = row->file;

    *said = (struct exec_said){.bytes = BUF_INIT(0)};
    snprintf(said->path, sizeof said->path, "%s", row->path);
    said->words = calloc(MOST, sizeof *said->words);
    for (; said->count < MOST && row->words[said->count]; said->count++)
        said->words[said->count] = (struct shell_word){str_of(row->words[said->count]), true};
    said->file.known = row->link[0] || file;
    snprintf(said->file.path, sizeof said->file.path, "%s", row->link);
    if (file && file[0] == '/') {
        FILE *in = fopen(file, "r");

        assert_non_null(in);
        said->file.head_len = fread(said->file.head, 1, sizeof said->file.head, in);
        fseek(in, 0, SEEK_END);
        said->file.size = ftell(in);
        fclose(in);
    } else if (file) {
        said->file.head_len = strlen(file);
        memcpy(said->file.head, file, said->file.head_len);
    }
}

static void test_rows(void **state)
{
    struct exec_known known;
    fence_config *config = NULL;
    fence_error err;

    (void)state;
    if (fence_config_parse(&config, "x", settings, sizeof settings - 1, NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(exec_known_find(&known, config, "/nowhere:/bin:/usr/bin"), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command_refusal refusal;
        struct exec_said said;
        bool denied;

        fill(&said, &rows[i]);
        denied = exec_refuses(&refusal, config, &known, &said);
        if (denied != (rows[i].rule != NULL) || (denied && strcmp(refusal.rule, rows[i].rule) != 0))
            fail_msg("%s: %s", rows[i].name, denied ? refusal.rule : "passes");
        if (said.count > 0 && !str_equal(said.words[0].text, str_of(rows[i].words[0])))
            fail_msg("%s: a word has changed", rows[i].name);
        exec_said_deinit(&said);
    }
    exec_known_deinit(&known);
    fence_config_unref(config);
}

/* What on_exec was asked about as a script is that, and nothing else that ends in the same words.
 */
static void test_scripts(void **state)
{
    static const struct row script = {
        "", "/x/script", {"script", "pull"}, "#!/bin/sh -e\n", "/x/script", NULL};
    static const struct row program = {"",          "/bin/true", {"true", "pull"},
                                       "/bin/true", "/bin/true", NULL};
    static const struct {
        const char *name;
        const struct row *judged;
        const char *now[MOST];
        bool is;
    } all[] = {
        {"its interpreter", &script, {"/bin/sh", "-e", "/x/script", "pull"}, true},
        {"without the word", &script, {"/bin/sh", "/x/script", "pull"}, false},
        {"another interpreter", &script, {"/bin/git", "-e", "/x/script", "pull"}, false},
        {"another path", &script, {"/bin/sh", "-e", "/x/other", "pull"}, false},
        {"other words", &script, {"/bin/sh", "-e", "/x/script", "push"}, false},
        {"more words", &script, {"/bin/sh", "-e", "/x/script", "pull", "x"}, false},
        {"of a program", &program, {"git", "push", "pull"}, false},
        {"nothing", &script, {NULL}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        struct row row = {"", "", {NULL}, NULL, "", NULL};
        struct exec_said judged, now;

        memcpy(row.words, all[i].now, sizeof row.words);
        fill(&judged, all[i].judged);
        fill(&now, &row);
        if (exec_is_script_of(&judged, &now) != all[i].is)
            fail_msg("%s", all[i].name);
        exec_said_deinit(&judged);
        exec_said_deinit(&now);
    }
}

/* Only what is one program is known again. */
static void test_known(void **state)
{
    char folder[] = "/tmp/fence-known-XXXXXX", path[64], target[64];
    struct exec_file file = {.known = true, .head = "#!/bin/sh\n", .head_len = 10, .size = 10};
    struct exec_known known;
    fence_config *config = NULL;
    fence_error err;
    FILE *out;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(target, sizeof target, "%s/many", folder);
    out = fopen(target, "w");
    fputs("#!/bin/sh\n", out);
    fclose(out);
    assert_int_equal(chmod(target, 0755), 0);
    snprintf(path, sizeof path, "%s/reboot", folder);
    assert_int_equal(symlink("many", path), 0);
    assert_int_equal(fence_config_parse(&config, "x", settings, sizeof settings - 1, NULL, 0, &err),
                     0);
    assert_int_equal(exec_known_find(&known, config, folder), 0);
    assert_int_equal(exec_known_name(&known, &file).len, 0);
    exec_known_deinit(&known);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(target, path), 0);
    assert_int_equal(exec_known_find(&known, config, folder), 0);
    assert_true(str_equal(exec_known_name(&known, &file), STR("reboot")));
    file.size = 11;
    assert_int_equal(exec_known_name(&known, &file).len, 0);
    file.known = false;
    assert_int_equal(exec_known_name(&known, &file).len, 0);
    exec_known_deinit(&known);
    unlink(path);
    rmdir(folder);
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_scripts),
                                       cmocka_unit_test(test_known)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
