/* SPDX-License-Identifier: Apache-2.0
 * test_guard.c - names that must not be made, without a sandbox: what is renamed, put back, left as
 * it is, and what ends the run. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "base/limits.h"
#include "sandbox/guard_private.h"
#include "support/descriptors.h"

#define T(text) ((char *)(uintptr_t)(text))
#define MOST    4

static const char *const tree[] = {"@/p/sub/x",          "@/p/target",      "@/p/.zshrc -> target",
                                   "@/p/node_modules/",  "@/p/ro",          "@/p/sub/.profile",
                                   "@/p/.fence-refused", "@/p/.git/hooks/", NULL};

/* ---- one run ---- */

struct run {
    uv_loop_t loop;
    struct proxy proxy;
    struct files files;
    struct plan plan;
    struct mount mounts[2];
    struct guard *guard;
    char alerts[16384];
    char end[1024];
    unsigned ends, gone;
};

static void on_event(const fence_event *event, void *payload)
{
    struct run *run = payload;
    size_t len = strlen(run->alerts);

    assert_int_equal(event->kind, FENCE_EVENT_ALERT);
    snprintf(run->alerts + len, sizeof run->alerts - len, "%s\n", event->text);
}

static void on_end(void *payload, const fence_error *why)
{
    struct run *run = payload;

    run->ends++;
    snprintf(run->end, sizeof run->end, "%s", why->message);
}

static void on_gone(void *payload)
{
    ((struct run *)payload)->gone++;
}

static void add_rule(struct run *run, enum file_rule_kind kind, const char *rest)
{
    struct file_rule *rule = &run->files.rules[run->files.nrules++];

    *rule = (struct file_rule){kind, strdup(tree_at("@/p")), strdup(rest)};
    assert_true(rule->base && rule->rest);
}

static void begin(struct run *run)
{
    static const char *const folders[] = {"@/p", "@/p/sub", "@/p/.git"};
    fence_error err = {0};

    *run = (struct run){0};
    assert_int_equal(uv_loop_init(&run->loop), 0);
    run->proxy.loop = &run->loop;
    run->proxy.events.observer = (fence_observer){.on_event = on_event, .payload = run};
    run->files.rules = calloc(8, sizeof *run->files.rules);
    assert_non_null(run->files.rules);
    add_rule(run, FILE_PROTECTED, "**/.bashrc");
    add_rule(run, FILE_PROTECTED, "**/.zshrc");
    add_rule(run, FILE_DENY_WRITE, "closed/*");
    add_rule(run, FILE_DENY_WRITE, "**/.env*");
    add_rule(run, FILE_DENY_READ, "**/*.key");
    add_rule(run, FILE_PROTECTED, ".git/hooks");
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        assert_int_equal(file_list_add(&run->files.folders, tree_at(folders[i])), 0);
    assert_int_equal(file_list_add(&run->files.links, tree_at("@/p/.zshrc")), 0);
    run->mounts[0] = (struct mount){.kind = MOUNT_READ_ONLY, .path = T("/")};
    run->mounts[1] = (struct mount){.kind = MOUNT_READ_ONLY, .path = strdup(tree_at("@/p/ro"))};
    run->plan = (struct plan){.mounts = run->mounts, .nmounts = 2};
    if (guard_start(&run->guard, &run->proxy, &run->files, &run->plan, on_end, run, &err) != 0)
        fail_msg("%s", err.message);
    assert_non_null(run->guard);
}

/* What has happened until now is looked at; and nothing is left. */
static void end(struct run *run)
{
    guard_finish(run->guard);
    assert_true(guard_close(run->guard, on_gone));
    assert_int_equal(run->gone, 0);
    while (uv_run(&run->loop, UV_RUN_DEFAULT))
        ;
    assert_int_equal(run->gone, 1);
    assert_int_equal(uv_loop_close(&run->loop), 0);
    free(run->mounts[1].path);
    files_deinit(&run->files);
}

/* ---- rows ---- */

static const struct {
    const char *name;
    const char *made[MOST], *renamed[2], *removed[MOST];
    const char *there[MOST], *not_there[MOST];
    const char *alert; /* NULL: none */
} rows[] = {
    {.name = "nothing"},
    {.name = "another name", .made = {"@/p/a"}, .there = {"@/p/a"}},
    {.name = "a protected name",
     .made = {"@/p/.bashrc = evil"},
     .there = {"@/p/.bashrc.fence-refused"},
     .not_there = {"@/p/.bashrc"},
     .alert = "/p/.bashrc' must not be made while a command runs, as it is protected: it is "
              "'.bashrc.fence-refused' now"},
    {.name = "in a folder below",
     .made = {"@/p/sub/.bashrc"},
     .there = {"@/p/sub/.bashrc.fence-refused"},
     .not_there = {"@/p/sub/.bashrc"},
     .alert = "it is '.bashrc.fence-refused' now"},
    {.name = "in folders that are new",
     .made = {"@/p/a/b/c/.bashrc"},
     .there = {"@/p/a/b/c/.bashrc.fence-refused"},
     .not_there = {"@/p/a/b/c/.bashrc"},
     .alert = "/p/a/b/c/.bashrc' must not"},
    {.name = "a folder of that name",
     .made = {"@/p/.bashrc/x/"},
     .there = {"@/p/.bashrc.fence-refused/x"},
     .not_there = {"@/p/.bashrc"},
     .alert = "must not be made"},
    {.name = "a link of that name",
     .made = {"@/p/.bashrc -> target"},
     .there = {"@/p/.bashrc.fence-refused", "@/p/target"},
     .not_there = {"@/p/.bashrc"},
     .alert = "must not be made"},
    {.name = "renamed to it",
     .renamed = {"@/p/sub/x", "@/p/sub/.bashrc"},
     .there = {"@/p/sub/.bashrc.fence-refused"},
     .not_there = {"@/p/sub/.bashrc"},
     .alert = "must not be made"},
    {.name = "the name is taken",
     .made = {"@/p/.bashrc.fence-refused", "@/p/.bashrc"},
     .there = {"@/p/.bashrc.fence-refused", "@/p/.bashrc.fence-refused-2"},
     .not_there = {"@/p/.bashrc"},
     .alert = "it is '.bashrc.fence-refused-2' now"},
    {.name = "denied, in a folder that is new",
     .made = {"@/p/closed/x"},
     .there = {"@/p/closed/x.fence-refused"},
     .not_there = {"@/p/closed/x"},
     .alert = "/p/closed/x' must not"},
    {.name = "a pattern that fits the new name too",
     .made = {"@/p/.env", "@/p/sub/.env.local"},
     .there = {"@/p/.env.fence-refused", "@/p/sub/.env.local.fence-refused"},
     .not_there = {"@/p/.env", "@/p/.env.fence-refused.fence-refused"},
     .alert = "it is '.env.local.fence-refused' now"},
    {.name = "names that are like it, and are not",
     .made = {"@/p/.env.fence-refused-x", "@/p/.env.fence-refused-", "@/p/.env.fence-refusedx"},
     .there = {"@/p/.env.fence-refused-x.fence-refused", "@/p/.env.fence-refused-.fence-refused",
               "@/p/.env.fence-refusedx.fence-refused"},
     .alert = "must not be made"},
    {.name = "hidden names may come: they are hidden then",
     .made = {"@/p/a.key"},
     .there = {"@/p/a.key"}},
    {.name = "gone again",
     .made = {"@/p/.bashrc"},
     .removed = {"@/p/.bashrc"},
     .not_there = {"@/p/.bashrc", "@/p/.bashrc.fence-refused"}},
    {.name = "a link is removed: it is put back",
     .removed = {"@/p/.zshrc"},
     .there = {"@/p/.zshrc"}},
    {.name = "a link is replaced",
     .made = {"@/p/sub/new = evil"},
     .renamed = {"@/p/sub/new", "@/p/.zshrc"},
     .there = {"@/p/.zshrc", "@/p/.zshrc.fence-refused"},
     .alert = "/p/.zshrc' must not"},
    {.name = "packages are left out",
     .made = {"@/p/node_modules/a/.bashrc", "@/p/b/node_modules/a/.bashrc"},
     .there = {"@/p/node_modules/a/.bashrc", "@/p/b/node_modules/a/.bashrc"}},
    {.name = "what is mounted over is not renamed",
     .made = {"@/p/sub/new"},
     .renamed = {"@/p/sub/new", "@/p/ro"},
     .there = {"@/p/ro"},
     .not_there = {"@/p/ro.fence-refused"}},
};

static void act(size_t row)
{
    for (size_t i = 0; i < MOST && rows[row].made[i]; i++)
        tree_add(rows[row].made[i]);
    if (rows[row].renamed[0])
        assert_int_equal(rename(tree_at(rows[row].renamed[0]), tree_at(rows[row].renamed[1])), 0);
    for (size_t i = 0; i < MOST && rows[row].removed[i]; i++)
        assert_int_equal(unlink(tree_at(rows[row].removed[i])), 0);
}

static void test_rows(void **state)
{
    for (size_t row = 0; row < ARRAY_LEN(rows); row++) {
        struct run run;
        struct stat st;

        assert_int_equal(tree_setup(state), 0);
        tree_add_all(tree);
        begin(&run);
        act(row);
        end(&run);
        for (size_t i = 0; i < MOST && rows[row].there[i]; i++) {
            if (lstat(tree_at(rows[row].there[i]), &st) < 0)
                fail_msg("%s: '%s' is not there", rows[row].name, rows[row].there[i]);
        }
        for (size_t i = 0; i < MOST && rows[row].not_there[i]; i++) {
            if (lstat(tree_at(rows[row].not_there[i]), &st) == 0)
                fail_msg("%s: '%s' is there", rows[row].name, rows[row].not_there[i]);
        }
        if (rows[row].alert ? !strstr(run.alerts, rows[row].alert) : *run.alerts != '\0')
            fail_msg("%s: '%s'", rows[row].name, run.alerts);
        if (run.ends != 0)
            fail_msg("%s: ended: '%s'", rows[row].name, run.end);
        assert_int_equal(tree_teardown(state), 0);
    }
}

static void test_link_is_the_same(void **state)
{
    char target[64] = "";
    struct run run;

    assert_int_equal(tree_setup(state), 0);
    tree_add_all(tree);
    begin(&run);
    assert_int_equal(unlink(tree_at("@/p/.zshrc")), 0);
    end(&run);
    assert_int_equal(readlink(tree_at("@/p/.zshrc"), target, sizeof target - 1), 6);
    assert_string_equal(target, "target");
    assert_int_equal(tree_teardown(state), 0);
}

/* ---- what ends the run ---- */

static void test_again_and_again(void **state)
{
    struct run run;

    assert_int_equal(tree_setup(state), 0);
    tree_add_all(tree);
    begin(&run);
    for (int i = 0; i <= LIMIT_REFUSED; i++) {
        char line[64];

        snprintf(line, sizeof line, "@/p/n%d/.bashrc", i);
        tree_add(line);
    }
    end(&run);
    assert_int_equal(run.ends, 1);
    assert_non_null(strstr(run.end, "it made protected names again and again"));
    assert_int_equal(tree_teardown(state), 0);
}

/* All that can be guessed are taken. */
static void test_no_name_left(void **state)
{
    struct run run;

    assert_int_equal(tree_setup(state), 0);
    tree_add_all(tree);
    for (int i = 1; i <= LIMIT_REFUSED_NAMES; i++) {
        char line[64];

        snprintf(line, sizeof line, "@/p/.bashrc.fence-refused-%d", i);
        tree_add(i == 1 ? "@/p/.bashrc.fence-refused" : line);
    }
    begin(&run);
    tree_add("@/p/.bashrc");
    end(&run);
    assert_int_equal(run.ends, 0);
    assert_int_equal(access(tree_at("@/p/.bashrc"), F_OK), -1);
    assert_int_equal(tree_teardown(state), 0);
}

/* ---- beginning and end ---- */

static void test_nothing_to_watch(void **state)
{
    struct files files = {0};
    struct proxy proxy = {0};
    struct guard *guard = (struct guard *)&files;
    fence_error err;

    (void)state;
    assert_int_equal(guard_start(&guard, &proxy, &files, NULL, on_end, NULL, &err), 0);
    assert_null(guard);
    guard_ready(NULL, 1);
    guard_finish(NULL);
    assert_false(guard_close(NULL, on_gone));
}

/* By the loop, as when a command runs. */
static void test_by_the_loop(void **state)
{
    struct stat st;
    struct run run;

    assert_int_equal(tree_setup(state), 0);
    tree_add_all(tree);
    begin(&run);
    tree_add("@/p/.bashrc");
    while (!*run.alerts)
        uv_run(&run.loop, UV_RUN_ONCE);
    assert_int_equal(lstat(tree_at("@/p/.bashrc.fence-refused"), &st), 0);
    end(&run);
    assert_int_equal(tree_teardown(state), 0);
}

static void test_descriptors(void **state)
{
    size_t before = descriptors_open();
    struct run run;

    assert_int_equal(tree_setup(state), 0);
    tree_add_all(tree);
    begin(&run);
    tree_add("@/p/a/b/.bashrc");
    end(&run);
    assert_int_equal(descriptors_open(), before);
    assert_int_equal(tree_teardown(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_link_is_the_same),
        cmocka_unit_test(test_again_and_again),
        cmocka_unit_test(test_no_name_left),
        cmocka_unit_test(test_nothing_to_watch),
        cmocka_unit_test(test_by_the_loop),
        cmocka_unit_test(test_descriptors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
