/* SPDX-License-Identifier: Apache-2.0
 * test_files_run.c - the care for files during a run: what is watched, what is told at its end, and
 * going on without. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "unit/tree.h"

#include "proxy/proxy.h"
#include "sandbox/files_run.h"

struct heard {
    char text[4096];
    unsigned gone, ends;
};

static void on_event(const fence_event *event, void *payload)
{
    struct heard *heard = payload;
    size_t len = strlen(heard->text);

    snprintf(heard->text + len, sizeof heard->text - len, "%s\n", event->text);
}

static void on_end(void *payload, const fence_error *why)
{
    (void)why;
    ((struct heard *)payload)->ends++;
}

static void on_gone(void *payload)
{
    ((struct heard *)payload)->gone++;
}

static void resolve(struct files *files, const char *json)
{
    fence_config *config = NULL;
    char cwd[TREE_PATH];

    tree_expand(cwd, sizeof cwd, "@/p");
    assert_int_equal(fence_config_parse(&config, "test", json, strlen(json), NULL, 0, NULL), 0);
    assert_int_equal(files_resolve(files, config, cwd, NULL, NULL, NULL, NULL), 0);
    fence_config_unref(config);
}

static const char writable[] = "{\"filesystem\": {\"allowWrite\": [\".\"]}}";

static const struct {
    const char *name, *json;
    bool hears;
    const char *made, *there; /* after it */
    const char *says[2];
} rows[] = {
    {"nothing writable", "{}", true, "@/p/.bashrc", "@/p/.bashrc", {NULL}},
    {"nothing happens", writable, true, "@/p/a", "@/p/a", {NULL}},
    {"a protected name",
     writable,
     true,
     "@/p/.bashrc",
     "@/p/.bashrc.fence-refused",
     {"must not be made while a command runs"}},
    {"what is executed later",
     writable,
     true,
     "@/p/sub/Makefile",
     "@/p/sub/Makefile",
     {"changed, and executed later by other tools: sub/Makefile\n"}},
    {"nobody hears it", writable, false, "@/p/.bashrc", "@/p/.bashrc.fence-refused", {NULL}},
};

static void test_rows(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct heard heard = {0};
        struct files_run run = {0};
        struct proxy proxy = {0};
        struct plan plan = {0};
        struct stat st;
        fence_error err = {0};
        uv_loop_t loop;

        assert_int_equal(tree_setup(state), 0);
        tree_add("@/p/sub/");
        assert_int_equal(uv_loop_init(&loop), 0);
        proxy.loop = &loop;
        if (rows[i].hears)
            proxy.events.observer = (fence_observer){.on_event = on_event, .payload = &heard};
        resolve(&run.files, rows[i].json);
        if (files_run_start(&run, &proxy, &plan, 0, on_end, &heard, &err) != 0)
            fail_msg("%s: %s", rows[i].name, err.message);
        assert_true(rows[i].hears || !run.changes);
        tree_add(rows[i].made);
        files_run_finish(&run, tree_at("@/p"));
        if (lstat(tree_at(rows[i].there), &st) < 0)
            fail_msg("%s: '%s' is not there", rows[i].name, rows[i].there);
        for (size_t part = 0; part < 2 && rows[i].says[part]; part++) {
            if (!strstr(heard.text, rows[i].says[part]))
                fail_msg("%s: '%s'", rows[i].name, heard.text);
        }
        if (!rows[i].says[0] && *heard.text)
            fail_msg("%s: '%s'", rows[i].name, heard.text);
        if (files_run_close(&run, on_gone)) {
            uv_run(&loop, UV_RUN_DEFAULT);
            assert_int_equal(heard.gone, 1);
        }
        assert_int_equal(heard.ends, 0);
        files_run_deinit(&run);
        assert_int_equal(uv_loop_close(&loop), 0);
        assert_int_equal(tree_teardown(state), 0);
    }
}

/* No descriptor is left to watch with. */
static int start_without(unsigned degrade, struct heard *heard, fence_error *err)
{
    struct files_run run = {0};
    struct proxy proxy = {
        .events = {.observer = {.on_event = on_event, .payload = heard}},
    };
    struct plan plan = {0};
    struct rlimit limit, none;
    uv_loop_t loop;
    int rc;

    assert_int_equal(uv_loop_init(&loop), 0);
    proxy.loop = &loop;
    resolve(&run.files, writable);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){3, limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    rc = files_run_start(&run, &proxy, &plan, degrade, on_end, heard, err);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    files_run_finish(&run, tree_at("@/p"));
    assert_false(files_run_close(&run, on_gone));
    files_run_deinit(&run);
    assert_int_equal(uv_loop_close(&loop), 0);
    return rc;
}

static void test_without_watch(void **state)
{
    struct heard heard = {0};
    fence_error err = {0};

    assert_int_equal(tree_setup(state), 0);
    tree_add("@/p/sub/");
    assert_int_equal(start_without(0, &heard, &err), -EMFILE);
    assert_int_equal(err.code, -EMFILE);
    assert_non_null(strstr(err.message, "files cannot be watched: Too many open files"));
    assert_non_null(strstr(err.message, "--degrade=watch"));
    assert_string_equal(heard.text, "");
    assert_int_equal(start_without(FENCE_LAYER_WATCH, &heard, &err), 0);
    assert_non_null(strstr(heard.text, "without a watch over files: files cannot be watched"));
    assert_int_equal(start_without(FENCE_LAYER_LANDLOCK, &heard, &err), -EMFILE);
    assert_int_equal(tree_teardown(state), 0);
}

static void test_zeroed(void **state)
{
    struct files_run run = {0};

    (void)state;
    assert_false(files_run_close(&run, on_gone));
    files_run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_without_watch),
        cmocka_unit_test(test_zeroed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
