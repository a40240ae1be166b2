/* SPDX-License-Identifier: Apache-2.0
 * test_command_judge.c - command.* and ssh.* together, on lines as they are given to fence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filter/command_judge.h"
#include "support/config_of.h"

#define MOST 8

static const char settings[] = "{\"command\": {\"deny\": [\"git push\", \"npm publish\"], "
                               "\"allow\": [\"git push origin docs\"]},"
                               " \"ssh\": {\"allowedHosts\": [\"*.good.test\", \"10.1.*\"], "
                               "\"deniedHosts\": [\"bad.good.test\"],"
                               "  \"allowedCommands\": [\"ls\", \"git\"], \"deniedCommands\": "
                               "[\"git gc\"], \"inheritDeny\": true}}";

static const struct {
    const char *name, *argv[MOST];
    const char *explained; /* NULL: it passes */
} rows[] = {
    {"a denied one",
     {"git", "push"},
     "command blocked by sandbox command policy: \"git push\" matches \"git push\""},
    {"an exception", {"git", "push", "origin", "docs"}, NULL},
    {"of the default list",
     {"/sbin/reboot"},
     "command blocked by default sandbox command policy: \"/sbin/reboot\" matches \"reboot\""},
    {"in a script",
     {"sh", "-c", "make; npm publish"},
     "command blocked by sandbox command policy: \"npm publish\" matches \"npm publish\""},
    {"behind another",
     {"env", "A=b", "git", "push"},
     "command blocked by sandbox command policy: \"git push\" matches \"git push\""},
    {"another", {"make", "-j8"}, NULL},
    {"codes for a terminal",
     {"git", "push", "\033[2J"},
     "command blocked by sandbox command policy: \"git push \\x1b[2J\" matches \"git push\""},
    {"ssh, a denied host",
     {"env", "ssh", "bad.good.test"},
     "SSH blocked: the host is denied (host: bad.good.test)"},
    {"ssh in a script, to who knows where", {"sh", "-c", "ssh $host ls"}, NULL},
    {"sshd is not ssh", {"sshd", "evil.test"}, NULL},
};

static void test_rows(void **state)
{
    fence_config *config = config_of(settings);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct command_refusal refusal;
        char text[512] = "";
        int rc = command_line_refuses(&refusal, config, rows[i].argv);

        if (rc > 0)
            command_explain(text, sizeof text, &refusal);
        if (rc < 0 || strcmp(text, rows[i].explained ? rows[i].explained : "") != 0)
            fail_msg("%s: %d, '%s'", rows[i].name, rc, text);
    }
    fence_config_unref(config);
}

/* Without hosts, and with the list switched off, nothing is said. */
static void test_nothing(void **state)
{
    static const char *const argv[][MOST] = {{"ssh", "evil.test"}, {"reboot"}, {"git", "push"}};
    fence_config *config = config_of("{\"command\": {\"useDefaults\": false}}");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(argv); i++) {
        struct command_refusal refusal;

        assert_int_equal(command_line_refuses(&refusal, config, argv[i]), 0);
    }
    fence_config_unref(config);
}

/* Deeper than is read. */
static void test_deep(void **state)
{
    static char script[4096];
    const char *const argv[] = {"sh", "-c", script, NULL};
    fence_config *config = config_of("{}");
    struct command_refusal refusal;
    char text[512];

    (void)state;
    for (size_t i = 0; i < 1000; i++)
        memcpy(script + 2 * i, "$(", 2);
    assert_int_equal(command_line_refuses(&refusal, config, argv), 1);
    command_explain(text, sizeof text, &refusal);
    assert_non_null(strstr(text, "too long or too deep"));
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_deep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
