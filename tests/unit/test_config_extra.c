/* SPDX-License-Identifier: Apache-2.0
 * test_config_extra.c - values from the command line: where they end up, and their errors. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/config_build.h"

static const char file[] = "{\"network\": {\"allowedDomains\": [\"a.test\", \"b.test\"]},"
                           " \"filesystem\": {\"allowWrite\": [\"/a\"]}}";

static const fence_setting extra[] = {
    {"--allow", "network.allowedDomains", "c.test:443"},
    {"--deny", "network.deniedDomains", "*.d.test"},
    {"--allow-write", "filesystem.allowWrite", "/b/**"},
    {"--allow", "network.allowedDomains", "[::1]"},
    {"--allow-nested", "allowNested", "true"},
    {"--allow-other-owners", "filesystem.allowOtherOwners", "true"},
};

static void test_order(void **state)
{
    fence_config *config = NULL;
    struct host host;
    char name[96];

    (void)state;
    assert_int_equal(
        fence_config_parse(&config, "x", file, sizeof file - 1, extra, ARRAY_LEN(extra), NULL), 0);
    assert_int_equal(config->allowed.parts.total, 2);
    assert_int_equal(config->allowed.norigins, 2);
    assert_int_equal(config->denied.parts.total, 0);
    assert_null(host_parse(&host, STR("c.test")));
    config_rule_name(name, sizeof name, config, &config->allowed,
                     domains_match(config->allowed.set, &host, 443));
    assert_string_equal(name, "--allow c.test:443");
    assert_int_equal(domains_match(config->allowed.set, &host, 80), DOMAINS_NO_RULE);
    assert_null(host_parse(&host, STR("[::1]")));
    assert_int_equal(domains_match(config->allowed.set, &host, 80), 3);
    assert_null(host_parse(&host, STR("x.d.test")));
    config_rule_name(name, sizeof name, config, &config->denied,
                     domains_match(config->denied.set, &host, 80));
    assert_string_equal(name, "--deny *.d.test");
    assert_true(config->allow_nested);
    assert_true(config->allow_other_owners);
    assert_int_equal(config->nallow_write, 2);
    assert_string_equal(config->allow_write[0], "/a");
    assert_string_equal(config->allow_write[1], "/b");
    fence_config_unref(config);
}

static void test_count(void **state)
{
    (void)state;
    assert_int_equal(config_count_extra(extra, ARRAY_LEN(extra), "network.allowedDomains"), 2);
    assert_int_equal(config_count_extra(extra, ARRAY_LEN(extra), "network.Alloweddomains"), 0);
    assert_int_equal(config_count_extra(NULL, 0, "network.allowedDomains"), 0);
}

static void test_errors(void **state)
{
    static const struct {
        const char *name;
        fence_setting setting;
        int code;
        const char *message; /* its beginning */
    } rows[] = {
        {"a switch that is no",
         {"--allow-nested", "allowNested", "false"},
         FENCE_ECONFIG,
         "--allow-nested: 'false': this key takes true alone from outside the file"},
        {"a bad domain",
         {"--allow", "network.allowedDomains", "x y"},
         FENCE_ECONFIG,
         "--allow: 'x y': "},
        {"control characters",
         {"--allow", "network.allowedDomains", "\x1b[2J"},
         FENCE_ECONFIG,
         "--allow: '\\x1b[2J': "},
        {"a URL",
         {"--deny", "network.deniedDomains", "http://x.test/"},
         FENCE_ECONFIG,
         "--deny: 'http://x.test/': "},
        {"an empty path",
         {"--allow-write", "filesystem.allowWrite", ""},
         FENCE_ECONFIG,
         "--allow-write: '': this is an empty path: the current folder is \".\""},
        {"an empty path to hide",
         {"--deny-read", "filesystem.denyRead", ""},
         FENCE_ECONFIG,
         "--deny-read: '': this is empty"},
        {"an empty path to close",
         {"--deny-write", "filesystem.denyWrite", ""},
         FENCE_ECONFIG,
         "--deny-write: '': this is empty"},
        {"a key that takes none",
         {"--x", "network.hosts", "1"},
         FENCE_ECONFIG,
         "--x: '1': this key takes no value from outside the file"},
        {"no such key",
         {"--x", "", "1"},
         FENCE_ECONFIG,
         "--x: '1': this key takes no value from outside the file"},
        {"no origin", {NULL, "network.allowedDomains", "a.test"}, -EINVAL, "setting 0 lacks"},
        {"no key", {"--allow", NULL, "a.test"}, -EINVAL, "setting 0 lacks"},
        {"no value", {"--allow", "network.allowedDomains", NULL}, -EINVAL, "setting 0 lacks"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};

        if (fence_config_load(&config, NULL, &rows[i].setting, 1, &err) != rows[i].code || config)
            fail_msg("%s: code %d", rows[i].name, err.code);
        if (strncmp(err.message, rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("%s: %s", rows[i].name, err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
