/* SPDX-License-Identifier: Apache-2.0
 * test_config_upstream.c - network.upstreamProxy: a URL, or the proxy of the environment and what
 * that says of exceptions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/config.h"

static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
                                    "ALL_PROXY",   "no_proxy",    "NO_PROXY"};

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    return 0;
}

static int parse(fence_config **out, const char *json, fence_error *err)
{
    return fence_config_parse(out, "x", json, strlen(json), NULL, 0, err);
}

/* Which proxy a host is reached by: its port, or 0 for none. */
static uint16_t port_for(const fence_config *config, const char *text)
{
    const struct upstream *via;
    struct host host;

    assert_null(host_parse_bare(&host, str_of(text)));
    via = config_upstream(config, &host, 443);
    return via ? via->port : 0;
}

#define FROM_ENVIRONMENT "{\"network\": {\"upstreamProxy\": \"environment\"}}"

static void test_environment(void **state)
{
    static const struct {
        const char *name;
        uint16_t port;
    } rows[] = {{"ALL_PROXY", 4}, {"all_proxy", 3}, {"HTTPS_PROXY", 2}, {"https_proxy", 1}};
    fence_error err = {0, ""};
    fence_config *config = NULL;

    (void)state;
    assert_int_equal(parse(&config, FROM_ENVIRONMENT, &err), FENCE_ECONFIG);
    assert_non_null(strstr(err.message, "nor ALL_PROXY is set in the environment"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) { /* each goes before those that are set already */
        char url[] = "http://10.0.0.1:0";

        url[sizeof url - 2] = (char)('0' + rows[i].port);
        setenv(rows[i].name, url, 1);
        assert_int_equal(parse(&config, FROM_ENVIRONMENT, &err), 0);
        if (port_for(config, "good.test") != rows[i].port)
            fail_msg("%s", rows[i].name);
        config = fence_config_unref(config);
    }
    setenv("https_proxy", "ftp://10.0.0.1", 1);
    assert_int_equal(parse(&config, FROM_ENVIRONMENT, &err), FENCE_ECONFIG);
}

static void test_exceptions(void **state)
{
    static const struct {
        const char *host;
        bool direct;
    } rows[] = {{"good.test", true}, {"a.good.test", true}, {"b.test", true},
                {"a.b.test", true},  {"xgood.test", false}, {"10.1.2.3", true},
                {"11.1.2.3", false}, {"c.test", false}};
    fence_error err = {0, ""};
    fence_config *config = NULL;

    (void)state;
    setenv("https_proxy", "http://10.0.0.1:1", 1);
    setenv("no_proxy", "good.test, .b.test,10.0.0.0/8,,http://c.test", 1);
    assert_int_equal(parse(&config, FROM_ENVIRONMENT, &err), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if ((port_for(config, rows[i].host) == 0) != rows[i].direct)
            fail_msg("%s", rows[i].host);
    }
    config = fence_config_unref(config);
    assert_int_equal(
        parse(&config, "{\"network\": {\"upstreamProxy\": \"http://10.0.0.1:1\"}}", &err), 0);
    assert_int_equal(port_for(config, "good.test"), 1); /* nobody asked for the environment's */
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_environment, set_up),
        cmocka_unit_test_setup(test_exceptions, set_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
