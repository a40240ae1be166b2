/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_exec.c - what a profile holds of command rules, and what is said of the rest. The
 * expressions are evaluated by regcomp(3): those of a profile are of the same kind. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "sandbox/seatbelt_exec.h"
#include "support/config_of.h"

#define MOST 6

static const struct row {
    const char *name, *settings;
    bool asks;
    const char *denied[MOST], *free[MOST];
    const char *told; /* a line each; "" is none */
} rows[] = {
    {"nothing is said", "{}", false, {0}, {"/sbin/shutdown", "/usr/bin/git"}, ""},
    {"one word",
     "{\"command\": {\"deny\": [\"tool\"], \"useDefaults\": false}}",
     false,
     {"/usr/bin/tool", "/a b/tool", "/opt/TOOL"},
     {"/usr/bin/toolx", "/usr/bin/xtool", "/tool/x", "tool", "/sbin/shutdown"},
     ""},
    {"a path is its name",
     "{\"command\": {\"deny\": [\"/usr/bin/tool\"], \"useDefaults\": false}}",
     false,
     {"/opt/tool"},
     {"/opt/other"},
     ""},
    {"the default list beside it",
     "{\"command\": {\"deny\": [\"tool\"]}}",
     false,
     {"/usr/bin/tool", "/sbin/shutdown", "/sbin/mkfs.ext4", "/usr/sbin/chroot"},
     {"/sbin/mkfsxext4", "/bin/dd", "/bin/systemctl", "/usr/local/bin/docker"},
     "8 command rules of more than a program's name, \"init 0\" the first, are not held for what "
     "the "
     "command starts: macOS does not show its words\n"},
    {"odd names",
     "{\"command\": {\"deny\": [\"a.b+c\", \"'q\\\"[x]'\", \"g++\"], "
     "\"useDefaults\": false}}",
     false,
     {"/x/a.b+c", "/x/q\"[x]", "/x/g++", "/x/A.B+C"},
     {"/x/aXb+c", "/x/a.bbc", "/x/q\"x", "/x/g"},
     ""},
    {"more words",
     "{\"command\": {\"deny\": [\"git push\", \"tool\", \"npm publish\"], "
     "\"useDefaults\": false}}",
     false,
     {"/x/tool"},
     {"/usr/bin/git", "/usr/bin/npm"},
     "2 command rules of more than a program's name, \"git push\" the first, are not held for what "
     "the command starts: macOS does not show its words\n"},
    {"an exception",
     "{\"command\": {\"deny\": [\"tool\", \"git\"], \"allow\": [\"git status\"], "
     "\"useDefaults\": false}}",
     false,
     {"/x/tool"},
     {"/usr/bin/git"},
     "1 programs that command.deny names are not closed to what the command starts, \"git\" the "
     "first, as command.allow lets \"git status\" pass and macOS does not show words\n"},
    {"allowed as a whole",
     "{\"command\": {\"deny\": [\"tool\", \"git push\"], "
     "\"allow\": [\"tool\", \"git\", \"tool x\"], \"useDefaults\": false}}",
     false,
     {0},
     {"/x/tool", "/x/git"},
     ""},
    {"of the default list, too",
     "{\"command\": {\"allow\": [\"reboot\", \"init\", \"systemctl\", "
     "\"dd\", \"docker\"]}}",
     false,
     {"/sbin/halt"},
     {"/sbin/reboot"},
     ""},
    {"ssh",
     "{\"command\": {\"useDefaults\": false}, \"ssh\": {\"allowedHosts\": [\"a.test\"]}}",
     false,
     {0},
     {"/usr/bin/ssh"},
     "the rules of ssh are not held for what the command starts: name the hosts in "
     "network.allowedDomains\n"},
    {"on_exec",
     "{}",
     true,
     {0},
     {"/usr/bin/git"},
     "on_exec is asked about the command alone, not about what it starts\n"},
};

static void tell(void *payload, const char *text)
{
    buf_append_text(payload, text);
    buf_append_text(payload, "\n");
}

/* Each line is a rule. Returns whether one of them is about the path. */
static bool is_denied(const char *row, const char *profile, const char *path)
{
    static const char begin[] = "(deny process-exec* (regex #\"", end[] = "\"))\n";
    bool found = false;

    while (*profile && !found) {
        const char *line_end = strchr(profile, '\n') + 1;
        char text[512];
        size_t len = 0;
        regex_t regex;

        if (strncmp(profile, begin, strlen(begin)) != 0 ||
            strncmp(line_end - strlen(end), end, strlen(end)) != 0)
            fail_msg("%s: no rule: %s", row, profile);
        profile += strlen(begin);
        for (; profile < line_end - strlen(end); profile++) {
            if (profile[0] == '\\' && profile[1] == '"') /* of the string, not of the expression */
                profile++;
            text[len++] = *profile;
        }
        text[len] = '\0';
        profile = line_end;
        if (regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) != 0)
            fail_msg("%s: no expression: %s", row, text);
        found = regexec(&regex, path, 0, NULL, 0) == 0;
        regfree(&regex);
    }
    return found;
}

static void check(const struct row *row, const char *profile, const char *told)
{
    for (size_t i = 0; i < MOST && row->denied[i]; i++) {
        if (!is_denied(row->name, profile, row->denied[i]))
            fail_msg("%s: %s may be executed:\n%s", row->name, row->denied[i], profile);
    }
    for (size_t i = 0; i < MOST && row->free[i]; i++) {
        if (is_denied(row->name, profile, row->free[i]))
            fail_msg("%s: %s may not be executed:\n%s", row->name, row->free[i], profile);
    }
    if (strcmp(told, row->told) != 0)
        fail_msg("%s: told %s", row->name, told);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct buf profile = BUF_INIT(64 * 1024), told = BUF_INIT(64 * 1024);
        fence_config *config = config_of(rows[i].settings);

        assert_int_equal(seatbelt_exec(&profile, config, rows[i].asks, tell, &told), 0);
        assert_int_equal(buf_append(&profile, "", 1), 0);
        assert_int_equal(buf_append(&told, "", 1), 0);
        check(&rows[i], buf_str(&profile).bytes, buf_str(&told).bytes);
        buf_deinit(&profile);
        buf_deinit(&told);
        fence_config_unref(config);
    }
}

/* Every room but the last is too small for it. */
static void test_no_room(void **state)
{
    static const char text[] = "{\"command\": {\"deny\": [\"tool\"], \"useDefaults\": false}}";
    fence_config *config = config_of(text);
    size_t room = 0;
    int rc = -1;

    (void)state;
    for (; rc < 0 && room < 1000; room++) {
        struct buf profile = BUF_INIT(room), told = BUF_INIT(1000);

        rc = seatbelt_exec(&profile, config, false, tell, &told);
        buf_deinit(&profile);
        buf_deinit(&told);
    }
    assert_int_equal(rc, 0);
    assert_true(room > strlen("(deny process-exec* (regex #\"/tool$\"))\n"));
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
