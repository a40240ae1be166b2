/* SPDX-License-Identifier: Apache-2.0
 * test_request_rules.c - network.rules: what they decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/rules.h"
#include "support/rules_json.h"

struct row {
    const char *name, *rules, *method, *target; /* method NULL: a tunnel */
    const char *host;
    uint16_t port;
    fence_verdict verdict;
    const char *rule, *message; /* NULL: not looked at */
};

#define OK FENCE_ALLOW
#define NO FENCE_DENY

/* clang-format off */
static const struct row rows[] = {
    {"no rule",                 "", NULL, NULL, "good.test", 443, NO, "", "no rule allows good.test:443"},
    {"a name",                  ALLOW(GOOD), NULL, NULL, "good.test", 443, OK, "network.rules[0]", ""},
    {"another name",            ALLOW(GOOD), NULL, NULL, "b.good.test", 443, NO, "", NULL},
    {"below a name",            ALLOW(HOST("*.good.test")), NULL, NULL, "a.b.good.test", 443, OK, NULL, NULL},
    {"not the apex",            ALLOW(HOST("*.good.test")), NULL, NULL, "good.test", 443, NO, NULL, NULL},
    {"not a longer name",       ALLOW(HOST("*.good.test")), NULL, NULL, "xgood.test", 443, NO, NULL, NULL},
    {"a pattern",               ALLOW(HOST("API-*.good.test")), NULL, NULL, "api-1.good.test", 443, OK, NULL, NULL},
    {"a pattern, other host",   ALLOW(HOST("api-*.good.test")), NULL, NULL, "api.good.test", 443, NO, NULL, NULL},
    {"a pattern and an address", ALLOW(HOST("*t*")), NULL, NULL, "8.8.8.8", 443, NO, NULL, NULL},
    {"every host",              EVERY, NULL, NULL, "8.8.8.8", 53, OK, NULL, NULL},
    {"every host, but not here", EVERY, NULL, NULL, "127.0.0.1", 53, NO, "built-in", "127.0.0.1 is a loopback address"},
    {"an address opens itself", ALLOW(HOST("127.0.0.1")), NULL, NULL, "127.0.0.1", 53, OK, NULL, NULL},
    {"a network opens its own", ALLOW(HOST("10.0.0.0/8")), NULL, NULL, "10.1.2.3", 53, OK, NULL, NULL},
    {"IPv6, bracketed",         ALLOW(HOST("[fd00::1]")), NULL, NULL, "fd00::1", 53, OK, NULL, NULL},
    {"a network, not metadata", ALLOW(HOST("169.254.0.0/16")), NULL, NULL, "169.254.169.254", 80, NO, "built-in", NULL},
    {"metadata by itself",      ALLOW(HOST("169.254.169.254")), NULL, NULL, "169.254.169.254", 80, OK, NULL, NULL},
    {"a denied network",        DENY(HOST("8.8.0.0/16")) "," EVERY, NULL, NULL, "8.8.8.8", 53, NO, "network.rules[0]", NULL},
    {"3C.75 denied, mapped",    DENY(HOST("8.8.0.0/16")) "," EVERY, NULL, NULL, "::ffff:8.8.8.8", 53, NO, "network.rules[0]", NULL},
    {"3C.75 denied, in NAT64",  DENY(HOST("8.8.0.0/16")) "," EVERY, NULL, NULL, "64:ff9b::808:808", 53, NO, "network.rules[0]", NULL},

    {"a port",                  ALLOW(GOOD ", \"port\": 443"), NULL, NULL, "good.test", 443, OK, NULL, NULL},
    {"another port",            ALLOW(GOOD ", \"port\": 443"), NULL, NULL, "good.test", 444, NO, NULL, NULL},
    {"a range, its first",      ALLOW(GOOD ", \"port\": \"80-90\""), NULL, NULL, "good.test", 80, OK, NULL, NULL},
    {"a range, its last",       ALLOW(GOOD ", \"port\": \"80-90\""), NULL, NULL, "good.test", 90, OK, NULL, NULL},
    {"below a range",           ALLOW(GOOD ", \"port\": \"80-90\""), NULL, NULL, "good.test", 79, NO, NULL, NULL},
    {"behind a range",          ALLOW(GOOD ", \"port\": \"80-90\""), NULL, NULL, "good.test", 91, NO, NULL, NULL},
    {"a list, its last",        ALLOW(GOOD ", \"port\": [22, \"80-90\", 443]"), NULL, NULL, "good.test", 443, OK, NULL, NULL},
    {"a list, between",         ALLOW(GOOD ", \"port\": [22, \"80-90\", 443]"), NULL, NULL, "good.test", 442, NO, NULL, NULL},

    {"http, a request",         ALLOW(GOOD "," HTTP), "GET", "/", "good.test", 80, OK, NULL, NULL},
    {"http, a tunnel",          ALLOW(GOOD "," HTTP), NULL, NULL, "good.test", 80, NO, NULL, NULL},
    {"https, a request",        ALLOW(GOOD "," HTTPS), "GET", "/", "good.test", 80, NO, NULL, NULL},
    {"https, a tunnel",         ALLOW(GOOD "," HTTPS), NULL, NULL, "good.test", 443, OK, NULL, NULL},

    {"a method",                ALLOW(GOOD "," METHOD("GET")), "GET", "/", "good.test", 80, OK, NULL, NULL},
    {"another method",          ALLOW(GOOD "," METHOD("GET")), "POST", "/", "good.test", 80, NO, NULL, NULL},
    {"methods have a case",     ALLOW(GOOD "," METHOD("GET")), "get", "/", "good.test", 80, NO, NULL, NULL},
    {"a longer method",         ALLOW(GOOD "," METHOD("GET")), "GETX", "/", "good.test", 80, NO, NULL, NULL},
    {"one of the methods",      ALLOW(GOOD ",\"method\": [\"GET\", \"HEAD\"]"), "HEAD", "/", "good.test", 80, OK, NULL, NULL},
    {"none of the methods",     ALLOW(GOOD ",\"method\": [\"GET\", \"HEAD\"]"), "EAD", "/", "good.test", 80, NO, NULL, NULL},
    {"an unseen method, allowed", ALLOW(GOOD "," METHOD("GET")), NULL, NULL, "good.test", 443, NO, "", NULL},
    {"an unseen method, denied", DENY(GOOD "," METHOD("POST")) "," EVERY, NULL, NULL, "good.test", 443, NO, "network.rules[0]",
                                "network.rules[0] denies some requests to good.test:443, and what a tunnel carries cannot be seen"},
    {"a denied method",         DENY(GOOD "," METHOD("POST")) "," EVERY, "POST", "/", "good.test", 80, NO, "network.rules[0]",
                                "good.test:80 is denied by network.rules[0]"},
    {"a method not denied",     DENY(GOOD "," METHOD("POST")) "," EVERY, "GET", "/", "good.test", 80, OK, "network.rules[1]", NULL},
    {"denied where seen only",  DENY(GOOD "," METHOD("POST") "," HTTP) "," EVERY, NULL, NULL, "good.test", 443, OK, "network.rules[1]", NULL},

    {"a path",                  ALLOW(GOOD "," PATH("/a")), "GET", "/a", "good.test", 80, OK, NULL, NULL},
    {"a path and a query",      ALLOW(GOOD "," PATH("/a")), "GET", "/a?/b/..", "good.test", 80, OK, NULL, NULL},
    {"below a path",            ALLOW(GOOD "," PATH("/a")), "GET", "/a/b", "good.test", 80, OK, NULL, NULL},
    {"beside a path",           ALLOW(GOOD "," PATH("/a")), "GET", "/ab", "good.test", 80, NO, NULL, NULL},
    {"no path, a query",        ALLOW(GOOD "," PATH("/a")), "GET", "?/a", "good.test", 80, NO, NULL, NULL},
    {"out of a path",           ALLOW(GOOD "," PATH("/a")), "GET", "/a/../b", "good.test", 80, NO, NULL, NULL},
    {"out of it, encoded",      ALLOW(GOOD "," PATH("/a")), "GET", "/a/%2e%2e/b", "good.test", 80, NO, NULL, NULL},
    {"out of it, a slash too",  ALLOW(GOOD "," PATH("/a")), "GET", "/a/..%2fb", "good.test", 80, NO, NULL, NULL},
    {"out of it, encoded twice", ALLOW(GOOD "," PATH("/a")), "GET", "/a/%252e%252e/b", "good.test", 80, NO, NULL, NULL},
    {"out of it, backslashes",  ALLOW(GOOD "," PATH("/a")), "GET", "/a/..%5cb", "good.test", 80, NO, NULL, NULL},
    {"out of it and in again",  ALLOW(GOOD "," PATH("/a")), "GET", "/b/../a", "good.test", 80, NO, NULL, NULL},
    {"a denied path",           DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "/a/b", "good.test", 80, NO, "network.rules[0]", NULL},
    {"a denied path, encoded",  DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "/%61", "good.test", 80, NO, "network.rules[0]", NULL},
    {"a denied path, in dots",  DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "/b/../a", "good.test", 80, NO, "network.rules[0]", NULL},
    {"a denied path, slashes",  DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "//a", "good.test", 80, NO, "network.rules[0]", NULL},
    {"a denied path, parameters", DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "/a;x=y", "good.test", 80, NO, "network.rules[0]", NULL},
    {"a denied path, left",     DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "/a/../b", "good.test", 80, NO, "network.rules[0]", NULL},
    {"beside a denied path",    DENY(GOOD "," PATH("/a")) "," EVERY, "GET", "/b", "good.test", 80, OK, "network.rules[1]", NULL},
    {"a pattern of paths",      ALLOW(GOOD "," PATH("/*/info/**")), "GET", "/a/info/refs", "good.test", 80, OK, NULL, NULL},
    {"a pattern, other path",   ALLOW(GOOD "," PATH("/*/info/**")), "GET", "/a/b/info/refs", "good.test", 80, NO, NULL, NULL},
    {"an unseen path, denied",  DENY(GOOD "," PATH("/a")) "," EVERY, NULL, NULL, "good.test", 443, NO, "network.rules[0]", NULL},

    {"deny wins, last",         EVERY "," DENY(GOOD), NULL, NULL, "good.test", 443, NO, "network.rules[1]", "good.test:443 is denied by network.rules[1]"},
    {"a message",               "{" GOOD ", \"action\": \"deny\", \"message\": \"ask Ann\"}", NULL, NULL, "good.test", 443, NO, "network.rules[0]", "ask Ann"},
    {"a message, unseen",       "{" GOOD "," METHOD("PUT") ", \"action\": \"deny\", \"message\": \"ask Ann\"}", NULL, NULL, "good.test", 443, NO, NULL, "ask Ann"},
    {"all conditions",          ALLOW(GOOD ",\"port\": 80," HTTP "," METHOD("GET") "," PATH("/a")), "GET", "/a", "good.test", 80, OK, NULL, NULL},
    {"all but one",             ALLOW(GOOD ",\"port\": 81," HTTP "," METHOD("GET") "," PATH("/a")), "GET", "/a", "good.test", 80, NO, NULL, NULL},
};
/* clang-format on */

static fence_config *rules_of(const char *name, const char *rules)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char network[900];

    snprintf(network, sizeof network, "\"rules\": [%s]", rules);
    if (rules_json_parse(&config, network, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    return config;
}

static bool differs(const char *actual, const char *wanted)
{
    return wanted && strcmp(actual, wanted) != 0;
}

static void test_decisions(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        fence_config *config = rules_of(row->name, row->rules);
        fence_request request = {.version = FENCE_REQUEST_VERSION,
                                 .kind = row->method ? FENCE_HTTP : FENCE_SOCKS5,
                                 .host = row->host,
                                 .port = row->port,
                                 .method = row->method,
                                 .path = row->target};
        fence_decision d;

        assert_int_equal(fence_decide(&d, config, NULL, &request), 0);
        if (d.verdict != row->verdict || differs(d.rule, row->rule) ||
            differs(d.message, row->message))
            fail_msg("%s: %d '%s' '%s'", row->name, (int)d.verdict, d.rule, d.message);
        fence_config_unref(config);
    }
}

/* Addresses that a name leads to, for a request that could be read and one that could not. */
static void test_resolved(void **state)
{
    static const struct {
        const char *name, *rules, *method, *addr;
        bool allowed;
    } cases[] = {
        {"public", "", "GET", "8.8.8.8", true},
        {"private", "", "GET", "10.0.0.1", false},
        {"opened", ALLOW(HOST("10.0.0.0/8")), "GET", "10.0.0.1", true},
        {"opened at another port", ALLOW(HOST("10.0.0.0/8") ", \"port\": 1"), "GET", "10.0.0.1",
         false},
        {"opened for a method", ALLOW(HOST("10.0.0.0/8") "," METHOD("GET")), "GET", "10.0.0.1",
         true},
        {"opened for another", ALLOW(HOST("10.0.0.0/8") "," METHOD("GET")), "PUT", "10.0.0.1",
         false},
        {"opened for what is not seen", ALLOW(HOST("10.0.0.0/8") "," METHOD("GET")), NULL,
         "10.0.0.1", false},
        {"denied", DENY(HOST("8.0.0.0/8")), "GET", "8.8.8.8", false},
        {"denied for a method", DENY(HOST("8.0.0.0/8") "," METHOD("PUT")), "GET", "8.8.8.8", true},
        {"denied for what is not seen", DENY(HOST("8.0.0.0/8") "," METHOD("PUT")), NULL, "8.8.8.8",
         false},
        {"deny wins", DENY(HOST("10.0.0.1")) "," ALLOW(HOST("10.0.0.0/8")), "GET", "10.0.0.1",
         false},
        {"every host opens none", EVERY, "GET", "10.0.0.1", false},
    };
    struct host host;

    (void)state;
    assert_null(host_parse(&host, STR("good.test")));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fence_config *config = rules_of(cases[i].name, cases[i].rules);
        struct str method = {cases[i].method, cases[i].method ? strlen(cases[i].method) : 0};
        struct rules_request request = {&host, 80, !cases[i].method, false, false, method, method};
        struct addr addr;
        fence_decision d;

        assert_true(addr_parse(&addr, str_of(cases[i].addr)));
        rules_decide_addr(&d, config, &request, &addr, RULES_ADDR_OTHERS);
        if ((d.verdict == FENCE_ALLOW) != cases[i].allowed)
            fail_msg("%s: %s", cases[i].name, d.message);
        fence_config_unref(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_resolved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
