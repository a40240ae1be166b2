/* SPDX-License-Identifier: Apache-2.0
 * test_seatbelt_told.c - what a profile does not hold is said where the settings ask for it, and
 * nothing where they do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "sandbox/seatbelt_told.h"
#include "support/config_of.h"

#define TEXT(text) ((char *)(text)) /* nobody writes to it */

static void tell(void *payload, const char *text)
{
    buf_append_text(payload, text);
    buf_append_text(payload, "\n");
}

static const struct {
    const char *name, *json, *told;
} settings[] = {
    {"nothing", "{}", ""},
    {"devices", "{\"devices\": {\"allow\": [\"/dev/kvm\"]}}",
     "devices.allow is not held: a profile opens no device but a program's usual ones\n"},
    {"an environment that is not inherited", "{\"environment\": {\"inherit\": false}}",
     "environment is not held: start the command with env -i and what it is to have\n"},
    {"a variable that is denied", "{\"environment\": {\"deny\": [\"A\"]}}",
     "environment is not held: start the command with env -i and what it is to have\n"},
    {"a session", "{\"forceNewSession\": true}",
     "forceNewSession is not held: start the command in a terminal of its own, by script(1)\n"},
    {"a sandbox in it", "{\"allowNested\": true}",
     "allowNested opens nothing: macOS makes no sandbox within another\n"},
};

static void test_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        static const struct files files = {0};
        auto_buf struct buf told = BUF_INIT(4096);
        fence_config *config = config_of(settings[i].json);

        assert_int_equal(seatbelt_tell(&(struct seatbelt_input){
                             .config = config, .files = &files, .told = tell, .payload = &told}),
                         0);
        if (!str_equal(buf_str(&told), str_of(settings[i].told)))
            fail_msg("%s: " STR_FMT, settings[i].name, STR_ARG(buf_str(&told)));
        fence_config_unref(config);
    }
}

/* The roots are /u/p, and where it says so /u/o. */
static const struct {
    const char *name;
    bool two;
    struct file_rule rule;
    bool told;
} patterns[] = {
    {"a name at one place", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("later")}, false},
    {"in folders that are not there", true, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("a/b/c")}, false},
    {"names of one folder", true, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("a/*.lock")}, false},
    {"everywhere", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("**/*.lock")}, false},
    {"from above", true, {FILE_DENY_READ, TEXT("/u"), TEXT("**/.env")}, false},
    {"a path everywhere", false, {FILE_DENY_READ, TEXT("/u/p"), TEXT("**/a/key")}, false},
    {"everywhere in one of two", true, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("**/*.lock")}, true},
    {"everywhere in a part", false, {FILE_DENY_READ, TEXT("/u/p/src"), TEXT("**/key")}, true},
    {"folders of any name", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("a/*/conf")}, true},
    {"of one letter", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("?/conf")}, true},
    {"of a class", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("**/[ab]/conf")}, true},
    {"any below one", false, {FILE_DENY_READ, TEXT("/u/p"), TEXT("src/**/key")}, true},
    {"where nothing is writable", false, {FILE_DENY_READ, TEXT("/u/q"), TEXT("*/key")}, false},
    {"of our own", false, {FILE_PROTECTED, TEXT("/u/p/.git"), TEXT("*/x")}, false},
};

static void test_patterns(void **state)
{
    static const char git[] = "a git repository that the command makes is not looked through: git "
                              "runs what its config and hooks name\n";
    static char *roots[] = {TEXT("/u/p"), TEXT("/u/o")};
    fence_config *config = config_of("{}");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(patterns); i++) {
        struct file_rule rule = patterns[i].rule;
        struct files files = {
            .rules = &rule, .nrules = 1, .roots = {roots, patterns[i].two ? 2 : 1, 0}};
        auto_buf struct buf told = BUF_INIT(4096);
        char expected[1024];

        snprintf(expected, sizeof expected,
                 "%spatterns with a folder of any name, or for a part of what is writable, are not "
                 "held against a folder that is renamed into their reach or out of it: \"%s/%s\"; "
                 "begin them with \"**/\", below a folder that has all that is writable\n",
                 git, rule.base, rule.rest);
        assert_int_equal(seatbelt_tell(&(struct seatbelt_input){
                             .config = config, .files = &files, .told = tell, .payload = &told}),
                         0);
        if (!str_equal(buf_str(&told), str_of(patterns[i].told ? expected : git)))
            fail_msg("%s: " STR_FMT, patterns[i].name, STR_ARG(buf_str(&told)));
    }
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
