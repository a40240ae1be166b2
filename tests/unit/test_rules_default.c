/* SPDX-License-Identifier: Apache-2.0
 * test_rules_default.c - network.defaultAction: where what no rule is about goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "filter/rules.h"

/* What no rule is about, and may go to the upstream proxy. */
static void test_default_action(void **state)
{
    static const char text[] = "{\"network\": {\"defaultAction\": \"proxy\", \"upstreamProxy\": "
                               "\"http://192.0.2.1:8080\", \"noProxy\": [\"near.test\"], "
                               "\"hosts\": {\"pinned.test\": \"127.0.0.1\"}, "
                               "\"allowedDomains\": [\"good.test\"], "
                               "\"deniedDomains\": [\"evil.test\"]}}";
    static const struct {
        const char *name, *host;
        bool local, other;
        const char *rule; /* "": denied, as none allows it */
    } rows[] = {
        {"allowed", "good.test", false, false, "network.allowedDomains[0]"},
        {"denied", "evil.test", false, false, "network.deniedDomains[0]"},
        {"neither", "a.test", false, false, "network.defaultAction"},
        {"reached without the proxy", "near.test", false, false, ""},
        {"pinned", "pinned.test", false, false, ""},
        {"a service of this machine", "127.0.0.1", true, false, ""},
        {"a name of a tunnel to another", "a.test", false, true, ""},
    };
    fence_config *config = NULL;

    (void)state;
    assert_int_equal(fence_config_parse(&config, "x", text, sizeof text - 1, NULL, 0, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct host host;
        struct rules_request request = {.host = &host,
                                        .port = 443,
                                        .tunnel = true,
                                        .local = rows[i].local,
                                        .other = rows[i].other};
        bool allowed = rows[i].rule[0] && strcmp(rows[i].host, "evil.test") != 0;
        fence_decision d;

        assert_null(host_parse(&host, str_of(rows[i].host)));
        rules_decide_request(&d, config, &request);
        if (strcmp(d.rule, rows[i].rule) != 0 || (d.verdict == FENCE_ALLOW) != allowed)
            fail_msg("%s: %d by '%s'", rows[i].name, (int)d.verdict, d.rule);
        if (!rows[i].local && !rows[i].other)
            assert_int_equal(rules_could_allow(config, &host, false), allowed);
    }
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_default_action)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
