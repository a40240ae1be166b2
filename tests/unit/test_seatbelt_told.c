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

static void test_servers(void **state)
{
    static const struct files files = {0};
    fence_config *binding = config_of("{\"network\": {\"allowLocalBinding\": true}}");
    fence_config *none = config_of("{}");

    (void)state;
    for (int i = 0; i < 3; i++) {
        auto_buf struct buf told = BUF_INIT(4096);

        assert_int_equal(seatbelt_tell(&(struct seatbelt_input){.config = i == 0 ? binding : none,
                                                                .files = &files,
                                                                .nports = i == 1,
                                                                .told = tell,
                                                                .payload = &told}),
                         0);
        assert_true((told.len > 0) == (i < 2));
        assert_true(i == 2 || str_has_prefix(buf_str(&told),
                                             STR("what the command listens at, other machines may "
                                                 "reach: ")));
    }
    fence_config_unref(binding);
    fence_config_unref(none);
}

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
    bool told;         /* that a rename gets round it                 */
    const char *front; /* what cannot be made for it; NULL for nothing */
} patterns[] = {
    {"a name at one place", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("later")}, false, NULL},
    {"in folders that are not there",
     true,
     {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("a/b/c")},
     false,
     "a/b/c"},
    {"names of one folder",
     true,
     {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("a/*.lock")},
     false,
     "a/*.lock"},
    {"everywhere", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("**/*.lock")}, false, NULL},
    {"from above", true, {FILE_DENY_READ, TEXT("/u"), TEXT("**/.env")}, false, NULL},
    {"a path everywhere",
     false,
     {FILE_DENY_READ, TEXT("/u/p"), TEXT("**/a/key")},
     false,
     "**/a/key"},
    {"everywhere in one of two",
     true,
     {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("**/*.lock")},
     true,
     NULL},
    {"everywhere in a part", false, {FILE_DENY_READ, TEXT("/u/p/src"), TEXT("**/key")}, true, NULL},
    {"folders of any name",
     false,
     {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("a/*/conf")},
     true,
     "a/*/conf"},
    {"of one letter", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("?/conf")}, true, NULL},
    {"of a class", false, {FILE_DENY_WRITE, TEXT("/u/p"), TEXT("**/[ab]/conf")}, true, NULL},
    {"any below one",
     false,
     {FILE_DENY_READ, TEXT("/u/p"), TEXT("src/**/key")},
     true,
     "src/**/key"},
    {"where nothing is writable",
     false,
     {FILE_DENY_READ, TEXT("/u/q"), TEXT("*/key")},
     false,
     NULL},
    {"in front of a name where nothing is writable",
     false,
     {FILE_DENY_READ, TEXT("/u/q"), TEXT("a/key")},
     false,
     NULL},
    {"of our own", false, {FILE_PROTECTED, TEXT("/u/p/.git"), TEXT("*/x")}, false, NULL},
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
        char front[512];
        char expected[1024];

        snprintf(front, sizeof front, "%s", git);
        if (patterns[i].front)
            snprintf(front, sizeof front,
                     "%swhat stands in front of a denied name cannot be made, renamed or removed: "
                     "\"%s\"\n",
                     git, patterns[i].front);
        snprintf(expected, sizeof expected,
                 "%spatterns with a folder of any name, or for a part of what is writable, are not "
                 "held against a folder that is renamed into their reach or out of it: \"%s/%s\"; "
                 "write \"**/NAME\", below a folder that has all that is writable\n",
                 front, rule.base, rule.rest);
        assert_int_equal(seatbelt_tell(&(struct seatbelt_input){
                             .config = config, .files = &files, .told = tell, .payload = &told}),
                         0);
        if (!str_equal(buf_str(&told), str_of(patterns[i].told ? expected : front)))
            fail_msg("%s: " STR_FMT, patterns[i].name, STR_ARG(buf_str(&told)));
    }
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_servers),
        cmocka_unit_test(test_patterns),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
