/* SPDX-License-Identifier: Apache-2.0
 * test_config_rules.c - single conditions of a rule: what they become, and how many fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "filter/config_build.h"

static void end(struct request_rule *rule)
{
    struct request_rule *list = malloc(sizeof *list);
    struct request_rules rules = {.list = list, .count = 1};

    assert_non_null(list);
    *list = *rule;
    request_rules_deinit(&rules);
}

static void test_host(void **state)
{
    static const struct {
        const char *text;
        enum request_host kind;
        const char *glob;
        int rc;
    } rows[] = {
        {"good.test", HOST_RULE, NULL, 0},
        {"*.good.test", HOST_RULE, NULL, 0},
        {"*", HOST_RULE, NULL, 0},
        {"10.0.0.0/8", HOST_RULE, NULL, 0},
        {"API-*.good.test", HOST_GLOB, "api-*.good.test", 0},
        {"a?.test", HOST_GLOB, "a?.test", 0},
        {"good.test:443", HOST_RULE, NULL, -EINVAL},
        {"10.*.0.?", HOST_RULE, NULL, -EINVAL},
        {"*/8", HOST_RULE, NULL, -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct request_rule rule = {0};
        const char *why = NULL;
        int rc = config_rule_host(&rule, str_of(rows[i].text), &why);

        if (rc != rows[i].rc || (rc < 0) != (why != NULL))
            fail_msg("%s: %d", rows[i].text, rc);
        if (rc == 0 && (rule.host_kind != rows[i].kind ||
                        (rows[i].glob && strcmp(rule.host_glob, rows[i].glob) != 0)))
            fail_msg("%s: another kind, or '%s'", rows[i].text, rule.host_glob);
        end(&rule);
    }
}

static void test_ports(void **state)
{
    struct request_rule rule = {0};
    const char *why = NULL;

    (void)state;
    assert_int_equal(config_rule_port(&rule, 443, &why), 0);
    assert_int_equal(config_rule_ports(&rule, STR("1-65535"), &why), 0);
    assert_int_equal(rule.nports, 2);
    assert_int_equal(rule.ports[0].first, 443);
    assert_int_equal(rule.ports[0].last, 443);
    assert_int_equal(rule.ports[1].first, 1);
    assert_int_equal(rule.ports[1].last, 65535);
    while (rule.nports < LIMIT_RULE_VALUES)
        assert_int_equal(config_rule_port(&rule, 1, &why), 0);
    assert_int_equal(config_rule_port(&rule, 1, &why), -EINVAL);
    assert_int_equal(config_rule_ports(&rule, STR("1-2"), &why), -EINVAL);
    end(&rule);
}

static void test_methods(void **state)
{
    struct request_rule rule = {0};
    const char *why = NULL;

    (void)state;
    assert_int_equal(config_rule_method(&rule, STR("GET"), &why), 0);
    assert_int_equal(config_rule_method(&rule, STR("HEAD"), &why), 0);
    assert_int_equal(rule.methods_len, sizeof "GET" + sizeof "HEAD");
    assert_memory_equal(rule.methods, "GET\0HEAD", sizeof "GET\0HEAD");
    assert_int_equal(config_rule_method(&rule, STR(""), &why), -EINVAL);
    assert_int_equal(config_rule_method(&rule, STR("GET "), &why), -EINVAL);
    end(&rule);
}

static void test_check(void **state)
{
    char path[] = "/a", message[] = "x";
    const struct {
        struct request_rule rule;
        int rc;
    } rows[] = {
        {{.allows = true}, 0},
        {{.allows = true, .scheme = SCHEME_HTTP, .path = path}, 0},
        {{.scheme = SCHEME_HTTPS, .path = path}, -EINVAL},
        {{.message = message}, 0},
        {{.allows = true, .message = message}, -EINVAL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *why = NULL;

        if (config_rule_check(&rows[i].rule, &why) != rows[i].rc || (rows[i].rc < 0) != !!why)
            fail_msg("row %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
