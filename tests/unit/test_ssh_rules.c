/* SPDX-License-Identifier: Apache-2.0
 * test_ssh_rules.c - to which hosts ssh may go, and what it may execute there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "filter/ssh_rules.h"
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
    const char *message; /* NULL: it passes */
} rows[] = {
    {"ssh", {"ssh", "a.good.test"}, NULL},
    {"ssh, an address", {"ssh", "root@10.1.2.3"}, NULL},
    {"ssh, a denied host",
     {"ssh", "bad.good.test"},
     "SSH blocked: the host is denied (host: bad.good.test)"},
    {"ssh, case",
     {"ssh", "BAD.good.test"},
     "SSH blocked: the host is denied (host: BAD.good.test)"},
    {"ssh, another host",
     {"ssh", "-p", "22", "me@evil.test"},
     "SSH blocked: the host is not allowed (host: evil.test)"},
    {"ssh, by another name",
     {"ssh", "-oHostName=evil.test", "a.good.test"},
     "SSH blocked: the host is not allowed (host: evil.test)"},
    {"ssh, a jump",
     {"ssh", "-J", "evil.test", "a.good.test"},
     "SSH blocked: the host is not allowed (host: evil.test)"},
    {"ssh, an allowed command", {"ssh", "a.good.test", "ls", "-l"}, NULL},
    {"ssh, another command",
     {"ssh", "a.good.test", "cat", "x"},
     "SSH command blocked: the command is not allowed (host: a.good.test, command: cat x)"},
    {"ssh, the second command",
     {"ssh", "a.good.test", "ls; rm x"},
     "SSH command blocked: the command is not allowed (host: a.good.test, command: ls; rm x)"},
    {"ssh, a denied command",
     {"ssh", "a.good.test", "git", "gc"},
     "SSH command blocked: the command is denied (host: a.good.test, command: git gc)"},
    {"ssh, one that is denied here",
     {"ssh", "a.good.test", "git push"},
     "SSH command blocked: it is denied here, and ssh.inheritDeny is set (host: a.good.test, "
     "command: "
     "git push)"},
    {"ssh, one that is not known",
     {"ssh", "a.good.test", "$x"},
     "SSH command blocked: the command is not allowed (host: a.good.test, command: $x)"},
    {"ssh, a command in an option",
     {"ssh", "-oRemoteCommand=rm x", "a.good.test"},
     "SSH command blocked: the command is not allowed (host: a.good.test, command: rm x)"},
    {"another program", {"scp", "evil.test:x", "."}, NULL},
    {"no words", {NULL}, NULL},
};

static void test_rows(void **state)
{
    fence_config *config = config_of(settings);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct shell_word words[MOST];
        struct ssh_refusal refusal;
        size_t count = 0;
        bool refused;

        for (; count < MOST && rows[i].argv[count]; count++)
            words[count] = (struct shell_word){str_of(rows[i].argv[count]), true};
        refused = ssh_refuses(&refusal, config, words, count);
        if (refused != (rows[i].message != NULL) ||
            (refused && strcmp(refusal.message, rows[i].message) != 0))
            fail_msg("%s: '%s'", rows[i].name, refused ? refusal.message : "");
    }
    fence_config_unref(config);
}

/* What is not known decides nothing; without hosts nothing is said. */
static void test_unknown(void **state)
{
    const struct shell_word host[] = {{STR("ssh"), true}, {STR("evil"), false}};
    const struct shell_word command[] = {
        {STR("ssh"), true}, {STR("a.good.test"), true}, {STR("ls "), false}};
    const struct shell_word known[] = {{STR("ssh"), true}, {STR("evil.test"), true}};
    fence_config *config = config_of(settings), *none = config_of("{}");
    struct ssh_refusal refusal;

    (void)state;
    assert_false(ssh_refuses(&refusal, config, host, ARRAY_LEN(host)));
    assert_false(ssh_refuses(&refusal, config, command, ARRAY_LEN(command)));
    assert_true(ssh_refuses(&refusal, config, known, ARRAY_LEN(known)));
    assert_string_equal(refusal.rule, "ssh.allowedHosts");
    assert_false(ssh_refuses(&refusal, none, known, ARRAY_LEN(known)));
    fence_config_unref(config);
    fence_config_unref(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_unknown)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
