/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_exec.c - what a profile holds of command rules, and what is said of the rest. */
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
#include "support/sbpl_ask.h"

#define MOST       6
#define TEXT(text) ((char *)(text)) /* nobody writes to it */
#define COPIES                                                                                     \
    "copies of denied programs, and links of other names to them, are not closed to what the "     \
    "command starts\n"

static const struct row {
    const char *name, *settings;
    bool asks;
    const char *denied[MOST], *free[MOST];
    const char *told; /* a line each; "" is none */
    struct seatbelt_link links[4];
} rows[] = {
    {"nothing is said", "{}", false, {0}, {"/sbin/shutdown", "/usr/bin/git"}, "", {{0}}},
    {"one word",
     "{\"command\": {\"deny\": [\"tool\"], \"useDefaults\": false}}",
     false,
     {"/usr/bin/tool", "/a b/tool", "/opt/TOOL"},
     {"/usr/bin/toolx", "/usr/bin/xtool", "/tool/x", "tool", "/sbin/shutdown"},
     COPIES,
     {{0}}},
    {"a path is its name",
     "{\"command\": {\"deny\": [\"/usr/bin/tool\"], \"useDefaults\": false}}",
     false,
     {"/opt/tool"},
     {"/opt/other"},
     COPIES,
     {{0}}},
    {"the default list beside it",
     "{\"command\": {\"deny\": [\"tool\"]}}",
     false,
     {"/usr/bin/tool", "/sbin/shutdown", "/sbin/mkfs.ext4", "/usr/sbin/chroot"},
     {"/sbin/mkfsxext4", "/bin/dd", "/bin/systemctl", "/usr/local/bin/docker"},
     "command rules of more than a program's name are not held for what the command starts, as "
     "macOS does not show its words: \"init 0\" and 7 more\n" COPIES,
     {{0}}},
    {"odd names",
     "{\"command\": {\"deny\": [\"a.b+c\", \"'q\\\"[x]'\", \"g++\"], "
     "\"useDefaults\": false}}",
     false,
     {"/x/a.b+c", "/x/q\"[x]", "/x/g++", "/x/A.B+C"},
     {"/x/aXb+c", "/x/a.bbc", "/x/q\"x", "/x/g"},
     COPIES,
     {{0}}},
    {"more words",
     "{\"command\": {\"deny\": [\"git push\", \"tool\", \"npm publish\"], "
     "\"useDefaults\": false}}",
     false,
     {"/x/tool"},
     {"/usr/bin/git", "/usr/bin/npm"},
     "command rules of more than a program's name are not held for what the command starts, as "
     "macOS does not show its words: \"git push\" and 1 more\n" COPIES,
     {{0}}},
    {"an exception",
     "{\"command\": {\"deny\": [\"tool\", \"git\"], \"allow\": [\"git status\"], "
     "\"useDefaults\": false}}",
     false,
     {"/x/tool"},
     {"/usr/bin/git"},
     "programs of which command.allow lets a part pass are not closed to what the command starts, "
     "as macOS does not show words: \"git\" (\"git status\" passes)\n" COPIES,
     {{0}}},
    {"allowed as a whole",
     "{\"command\": {\"deny\": [\"tool\", \"git push\"], "
     "\"allow\": [\"tool\", \"git\", \"tool x\"], \"useDefaults\": false}}",
     false,
     {0},
     {"/x/tool", "/x/git"},
     "",
     {{0}}},
    {"of the default list, too",
     "{\"command\": {\"allow\": [\"reboot\", \"init\", \"systemctl\", "
     "\"dd\", \"docker\"]}}",
     false,
     {"/sbin/halt"},
     {"/sbin/reboot"},
     COPIES,
     {{0}}},
    {"a link to the program by its longer name closes that, and a script",
     "{\"command\": {\"deny\": [\"python3\", \"npm\"], \"useDefaults\": false}}",
     false,
     {"/usr/bin/python3.11", "/opt/npm/npm-cli.js", "/usr/bin/python3", "/opt/npm"},
     {"/usr/bin/python3.12", "/opt/other/npm-cli.js", "/usr/bin/node"},
     COPIES,
     {{TEXT("python3"), TEXT("/usr/bin/python3.11")}, {TEXT("npm"), TEXT("/opt/npm/npm-cli.js")}}},
    {"a link to another program does not close that",
     "{\"command\": {\"deny\": [\"reboot\", \"awk\"], \"useDefaults\": false}}",
     false,
     {"/sbin/reboot", "/usr/bin/awk"},
     {"/bin/systemctl", "/usr/bin/mawk"},
     COPIES
     "denied programs that are links to others are not closed to what the command starts, unless "
     "those are denied by name: \"reboot\" (/bin/systemctl) and 1 more\n",
     {{TEXT("reboot"), TEXT("/bin/systemctl")}, {TEXT("awk"), TEXT("/usr/bin/mawk")}}},
    {"a link to another program that is denied, too",
     "{\"command\": {\"deny\": [\"awk\", \"mawk\"], \"useDefaults\": false}}",
     false,
     {"/usr/bin/awk", "/usr/bin/mawk"},
     {"/usr/bin/gawk"},
     COPIES,
     {{TEXT("awk"), TEXT("/usr/bin/mawk")}}},
    {"nor does one to what is allowed, as a whole or in part",
     "{\"command\": {\"deny\": [\"python\", \"git\"], \"allow\": [\"python3.11\", "
     "\"git-lfs pull\"], \"useDefaults\": false}}",
     false,
     {"/usr/bin/python", "/usr/bin/git"},
     {"/usr/bin/python3.11", "/usr/bin/git-lfs"},
     COPIES
     "denied programs that are links to others are not closed to what the command starts, unless "
     "those are denied by name: \"python\" (/usr/bin/python3.11) and 1 more\n",
     {{TEXT("python"), TEXT("/usr/bin/python3.11")}, {TEXT("git"), TEXT("/usr/bin/git-lfs")}}},
    {"ssh",
     "{\"command\": {\"useDefaults\": false}, \"ssh\": {\"allowedHosts\": [\"a.test\"]}}",
     false,
     {0},
     {"/usr/bin/ssh"},
     "the rules of ssh are not held for what the command starts: name the hosts in "
     "network.allowedDomains\n",
     {{0}}},
    {"on_exec",
     "{}",
     true,
     {0},
     {"/usr/bin/git"},
     "on_exec is asked about the command alone, not about what it starts\n",
     {{0}}},
};

static void tell(void *payload, const char *text)
{
    buf_append_text(payload, text);
    buf_append_text(payload, "\n");
}

static void check(const struct row *row, struct buf *profile, const char *told)
{
    struct sbpl *read = sbpl_of(row->name, profile);

    for (size_t i = 0; i < 2 * MOST; i++) {
        bool denied = i < MOST;
        const char *path = denied ? row->denied[i] : row->free[i - MOST];
        struct sbpl_question question = {.operation = "process-exec", .path = path};

        if (path && sbpl_allows(read, &question, NULL) == denied)
            fail_msg("%s: %s %s be executed:\n%s", row->name, path, denied ? "may" : "may not",
                     profile->bytes);
    }
    sbpl_free(read);
    if (strcmp(told, row->told) != 0)
        fail_msg("%s: told %s", row->name, told);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf profile = BUF_INIT(64 * 1024), told = BUF_INIT(64 * 1024);
        fence_config *config = config_of(rows[i].settings);
        struct seatbelt_exec_input in = {.config = config,
                                         .links = rows[i].links,
                                         .asks = rows[i].asks,
                                         .told = tell,
                                         .payload = &told};

        while (in.nlinks < ARRAY_LEN(rows[i].links) && rows[i].links[in.nlinks].name)
            in.nlinks++;
        buf_append_text(&profile, "(version 1)\n(deny default)\n(allow process-exec*)\n");
        assert_int_equal(seatbelt_exec(&profile, &in), 0);
        assert_int_equal(buf_append(&told, "", 1), 0);
        check(&rows[i], &profile, told.bytes);
        fence_config_unref(config);
    }
}

/* Every room but the last is too small for it. */
static void test_no_room(void **state)
{
    static const char text[] = "{\"command\": {\"deny\": [\"tool\"], \"useDefaults\": false}}";
    static const struct seatbelt_link link = {TEXT("tool"), TEXT("/opt/tool-2")};
    fence_config *config = config_of(text);
    size_t room = 0;
    int rc = -1;

    (void)state;
    for (; rc < 0 && room < 1000; room++) {
        auto_buf struct buf profile = BUF_INIT(room), told = BUF_INIT(1000);
        struct seatbelt_exec_input in = {
            .config = config, .links = &link, .nlinks = 1, .told = tell, .payload = &told};

        rc = seatbelt_exec(&profile, &in);
    }
    assert_int_equal(rc, 0);
    assert_true(room > strlen("(deny process-exec*\n  (literal \"/opt/tool-2\"))\n"));
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
