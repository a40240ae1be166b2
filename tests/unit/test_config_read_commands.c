/* SPDX-License-Identifier: Apache-2.0
 * test_config_read_commands.c - command.* and ssh.* in settings, and where rules were written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filter/config.h"
#include "support/config_of.h"

/* Which rules hold for what the command executes. */
static void test_held(void **state)
{
    static const struct {
        const char *json;
        bool held;
    } all[] = {
        {"{}", false},
        {"{\"command\": {\"useDefaults\": true}}", true},
        {"{\"command\": {\"useDefaults\": false}}", false},
        {"{\"command\": {\"deny\": []}}", false},
        {"{\"command\": {\"deny\": [\"x\"]}}", true},
        {"{\"command\": {\"allow\": [\"x\"]}}", true},
        {"{\"ssh\": {\"deniedHosts\": [\"x\"]}}", true},
        {"{\"ssh\": {\"allowedHosts\": [\"*\"], \"allowAllCommands\": true}}", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        fence_config *config = config_of(all[i].json);

        if (config->commands.held != all[i].held)
            fail_msg("%s", all[i].json);
        fence_config_unref(config);
    }
}

static void test_bad(void **state)
{
    static const struct {
        const char *json, *message;
    } bad[] = {
        {"{\"command\": {\"deny\": [\"\"]}}", "x:1:23: command.deny[0]: '': name a program"},
        {"{\"command\": {\"allow\": [\"a\", \"b 'c\"]}}",
         "x:1:29: command.allow[1]: 'b 'c': a quote is not closed"},
        {"{\"command\": {\"deny\": \"a\"}}", "x:1:22: command.deny: must be a list of strings"},
        {"{\"ssh\": {\"allowedCommands\": [\"ls\"]}}",
         "x:1:10: ssh.allowedCommands: holds nothing without hosts: add \"allowedHosts\": [\"*\"]"},
        {"{\"ssh\": {\"allowAllCommands\": true}}", "x:1:10: ssh.allowAllCommands: holds nothing "
                                                    "without hosts: add \"allowedHosts\": [\"*\"]"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        fence_config *config = NULL;
        fence_error err;

        if (fence_config_parse(&config, "x", bad[i].json, strlen(bad[i].json), NULL, 0, &err) ==
                0 ||
            strcmp(err.message, bad[i].message) != 0)
            fail_msg("%s: %s", bad[i].json, err.message);
    }
}

/* A list goes on from that of what is extended, and each rule knows its place. */
static void test_places(void **state)
{
    fence_config *config =
        config_of("{\"extends\": \"git-readonly\", \"command\": {\"deny\": [\"a\", \"b\"]}}");
    const struct command_rules *deny = &config->commands.deny;

    (void)state;
    assert_true(deny->count > 2);
    assert_string_equal(deny->list[deny->count - 1].text, "b");
    assert_int_equal(deny->list[deny->count - 1].index, 1);
    assert_int_equal(deny->list[deny->count - 1].source, 0);
    assert_int_equal(deny->list[0].index, 0);
    assert_int_equal(deny->list[0].source, 1);
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
