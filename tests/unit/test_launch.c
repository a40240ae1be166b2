/* SPDX-License-Identifier: Apache-2.0
 * test_launch.c - a launcher that is started ahead, through the public API: given to a sandbox,
 * given up, and given to the wrong one. Nothing is left of any of them. */
#include <errno.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/namespace.h"
#include "support/run.h"

static const char *const argv[] = {"sh", "-c", "exit 6", NULL};

static fence_config *settings(const char *json)
{
    fence_config *config = NULL;

    assert_int_equal(fence_config_parse(&config, "test", json, strlen(json), NULL, 0, NULL), 0);
    return config;
}

static fence_launch *begin(fence_config *config, fence_sandbox_options *options)
{
    fence_error err = {0};

    *options = (fence_sandbox_options)FENCE_SANDBOX_OPTIONS_INIT;
    options->argv = argv;
    if (fence_launch_begin(&options->launch, config, NULL, options, &err) != 0)
        fail_msg("%s", err.message);
    return options->launch;
}

static void test_becomes_a_sandbox(void **state)
{
    fence_config *config = settings("{}");
    size_t before = descriptors_open();
    fence_sandbox_options options;
    struct run run = {.out = -1};
    fence_error err = {0};

    (void)state;
    begin(config, &options);
    assert_int_equal(fence_new(&run.engine, config, NULL, &err), 0);
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err) != 0)
        fail_msg("%s", err.message);
    until_exit(&run);
    if (run.result.status != 6)
        fail_msg("%d: %s", run.result.status, run.result.error.message);
    fence_close(run.engine);
    fence_config_unref(config);
    assert_int_equal(descriptors_open(), before);
    assert_true(no_child_left());
}

/* With the privileges of root and a writable folder, it is not started before the plan is known. */
static void test_is_given_up(void **state)
{
    static const char *const texts[] = {"{}", "{\"filesystem\": {\"allowWrite\": [\"/usr\"]}}",
                                        "{\"network\": {\"allowAllUnixSockets\": true}}"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        fence_config *config = settings(texts[i]);
        size_t before = descriptors_open();
        fence_sandbox_options options;

        fence_launch_cancel(begin(config, &options));
        fence_launch_cancel(NULL);
        if (descriptors_open() != before || !no_child_left())
            fail_msg("%s: something is left", texts[i]);
        fence_config_unref(config);
    }
}

/* Whatever fence_spawn() returns, the launch is gone. */
static void test_is_for_one_configuration(void **state)
{
    fence_config *one = settings("{}"), *other = settings("{\"allowNested\": true}");
    struct run run = {.out = -1};
    fence_sandbox_options options;
    fence_error err = {0};
    fence_sandbox *sandbox;
    size_t before;

    (void)state;
    assert_int_equal(fence_new(&run.engine, one, NULL, &err), 0);
    before = descriptors_open();
    begin(other, &options);
    assert_int_equal(fence_spawn(&sandbox, run.engine, &options, NULL, NULL, &err), -EINVAL);
    assert_non_null(strstr(err.message, "another configuration"));
    for (size_t i = 0; i < 5; i++) { /* nor for other options */
        static const char *const more[] = {"sh", "-c", "exit 6", "x", NULL};
        static const char *const less[] = {"sh", "-c", NULL};

        begin(one, &options);
        options.argv = i == 0 ? more : i == 1 ? less : argv;
        options.degrade = i == 2 ? FENCE_LAYER_LANDLOCK : 0;
        options.stdio[0] = i == 3 ? 1 : 0;
        options.terminal = i == 4 ? 2 : 0;
        assert_int_equal(fence_spawn(&sandbox, run.engine, &options, NULL, NULL, &err), -EINVAL);
    }
    begin(one, &options);
    options.argv = NULL;
    assert_int_equal(fence_spawn(&sandbox, run.engine, &options, NULL, NULL, &err), -EINVAL);
    assert_int_equal(descriptors_open(), before);
    assert_true(no_child_left());
    fence_close(run.engine);
    fence_config_unref(one);
    fence_config_unref(other);
}

static void test_cannot_begin(void **state)
{
    fence_config *config = settings("{}");
    size_t before = descriptors_open();
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    fence_error err = {0};

    (void)state;
    assert_int_equal(fence_launch_begin(&options.launch, config, NULL, &options, &err), -EINVAL);
    options.argv = argv;
    options.stdio[0] = 900;
    assert_int_equal(fence_launch_begin(&options.launch, config, NULL, &options, &err), -EBADF);
    assert_null(options.launch);
    assert_int_equal(descriptors_open(), before);
    assert_true(no_child_left());
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_becomes_a_sandbox),
        cmocka_unit_test(test_is_given_up),
        cmocka_unit_test(test_is_for_one_configuration),
        cmocka_unit_test(test_cannot_begin),
    };

    if (!run_possible()) /* skipped, unless FENCE_REQUIRE_SANDBOX=1 */
        return namespace_required();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
