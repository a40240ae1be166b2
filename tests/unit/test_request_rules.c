/* SPDX-License-Identifier: Apache-2.0
 * test_request_rules.c - network.rules: what they decide, and what is no rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/base.h"
#include "filter/rules.h"

#define ALLOW(conditions) "{" conditions ", \"action\": \"allow\"}"
#define DENY(conditions)  "{" conditions ", \"action\": \"deny\"}"
#define HOST(host)        "\"host\": \"" host "\""
#define GOOD              HOST("good.test")
#define METHOD(method)    "\"method\": \"" method "\""
#define PATH(path)        "\"path\": \"" path "\""
#define HTTP              "\"scheme\": \"http\""
#define HTTPS             "\"scheme\": \"https\""
#define EVERY             ALLOW(HOST("*"))

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

static int parse(fence_config **out, const char *network, fence_error *err)
{
    char json[1024];
    int len = snprintf(json, sizeof json, "{\"network\": {%s}}", network);

    assert_in_range(len, 1, sizeof json - 1);
    return fence_config_parse(out, "x", json, (size_t)len, NULL, 0, err);
}

static fence_config *rules_of(const char *name, const char *rules)
{
    fence_config *config = NULL;
    fence_error err = {0, ""};
    char network[900];

    snprintf(network, sizeof network, "\"rules\": [%s]", rules);
    if (parse(&config, network, &err) != 0)
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
        fence_request request = {FENCE_REQUEST_VERSION,
                                 row->method ? FENCE_HTTP : FENCE_SOCKS5,
                                 row->host,
                                 row->port,
                                 row->method,
                                 NULL,
                                 row->target};
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
        struct rules_request request = {&host, 80, !cases[i].method, method, method};
        struct addr addr;
        fence_decision d;

        assert_true(addr_parse(&addr, str_of(cases[i].addr)));
        rules_decide_addr(&d, config, &request, &addr, false);
        if ((d.verdict == FENCE_ALLOW) != cases[i].allowed)
            fail_msg("%s: %s", cases[i].name, d.message);
        fence_config_unref(config);
    }
}

/* ---- what is no rule ---- */

static void test_errors(void **state)
{
    static const struct {
        const char *rules, *error;
    } cases[] = {
        {"1", "x:1:24: network.rules[0]: must be an object"},
        {"{\"action\": \"deny\"}",
         "x:1:24: network.rules[0]: \"host\" is missing; \"*\" is every host"},
        {"{" GOOD "}", "x:1:24: network.rules[0]: \"action\" is missing"},
        {EVERY ", {" GOOD ", \"action\": \"ask\"}",
         "x:1:90: network.rules[1].action: must be \"allow\" or \"deny\""},
        {ALLOW(GOOD ", \"ports\": 1"),
         "x:1:46: network.rules[0].ports: a rule has host, port, scheme,"},
        {ALLOW(GOOD ", " GOOD), "x:1:46: network.rules[0].host: this key stands here twice"},
        {ALLOW(HOST("good.test:443")),
         "x:1:33: network.rules[0].host: 'good.test:443': write the port"},
        {ALLOW(HOST("")), "x:1:33: network.rules[0].host: '': the rule is empty"},
        {ALLOW(HOST("http://*")),
         "x:1:33: network.rules[0].host: 'http://*': write the host without"},
        {ALLOW(HOST("a b*.test")), "network.rules[0].host: 'a b*.test': a pattern of hosts holds"},
        {ALLOW(HOST("10.*")), "network.rules[0].host: '10.*': end a pattern with letters"},
        {ALLOW(HOST("10.0.0.1/8")), "network.rules[0].host: '10.0.0.1/8': "},
        {ALLOW(HOST("127.1")), "network.rules[0].host: '127.1': "},
        {ALLOW(GOOD ", \"port\": 0"),
         "x:1:54: network.rules[0].port: a port is a whole number from 1"},
        {ALLOW(GOOD ", \"port\": 65536"), "network.rules[0].port: a port is a whole number from 1"},
        {ALLOW(GOOD ", \"port\": 1.5"), "network.rules[0].port: a port is a whole number from 1"},
        {ALLOW(GOOD ", \"port\": \"443\""),
         "network.rules[0].port: '443': a single port is a number"},
        {ALLOW(GOOD ", \"port\": \"9-8\""), "network.rules[0].port: '9-8': the range ends before"},
        {ALLOW(GOOD ", \"port\": \"1-\""), "network.rules[0].port: '1-': "},
        {ALLOW(GOOD ", \"port\": []"), "network.rules[0].port: an empty list matches nothing"},
        {ALLOW(GOOD ", \"port\": [1, null]"),
         "x:1:58: network.rules[0].port[1]: null is no value here"},
        {ALLOW(GOOD ", \"port\": true"), "network.rules[0].port: must be a port, a range"},
        {ALLOW(GOOD ", \"scheme\": \"ftp\""), "network.rules[0].scheme: 'ftp': must be \"http\""},
        {ALLOW(GOOD "," METHOD("get")),
         "network.rules[0].method: 'get': a method is a word of capital"},
        {ALLOW(GOOD "," METHOD("CONNECT")),
         "network.rules[0].method: 'CONNECT': tunnels have no method"},
        {ALLOW(GOOD ", \"method\": [\"GET\", 1]"), "network.rules[0].method[1]: must be a string"},
        {ALLOW(GOOD "," PATH("a")), "network.rules[0].path: 'a': a path begins with '/'"},
        {ALLOW(GOOD "," PATH("/a/../b")),
         "network.rules[0].path: '/a/../b': write a path as servers"},
        {ALLOW(GOOD "," PATH("/%61")), "network.rules[0].path: '/%61': write a path as servers"},
        {ALLOW(GOOD "," PATH("//*")), "network.rules[0].path: '//*': write a path as servers"},
        {ALLOW(GOOD "," HTTPS "," PATH("/a")),
         "x:1:24: network.rules[0]: method and path of a tunnel"},
        {ALLOW(GOOD ", \"message\": \"x\""),
         "network.rules[0]: a message is for those who are refused"},
        {DENY(GOOD ", \"message\": \"\""),
         "network.rules[0].message: '': a message has 1 to 199 bytes"},
        {DENY(GOOD ", \"message\": \"a\\nb\""),
         "network.rules[0].message: 'a\\x0ab': a message is one line"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fence_config *config = NULL;
        fence_error err = {0, ""};
        char network[900];

        snprintf(network, sizeof network, "\"rules\": [%s]", cases[i].rules);
        if (parse(&config, network, &err) != FENCE_ECONFIG || config)
            fail_msg("%s: taken", cases[i].rules);
        if (!strstr(err.message, cases[i].error))
            fail_msg("%s: '%s'", cases[i].rules, err.message);
    }
}

/* A list of so many rules, or of so many ports in one; the last comma is allowed. */
static int parse_many(const char *head, const char *item, size_t count, const char *tail,
                      fence_error *err)
{
    size_t size = strlen(head) + count * strlen(item) + strlen(tail) + 1;
    auto_free char *json = malloc(size);
    fence_config *config = NULL;
    char *at = stpcpy(json, head);
    int rc;

    for (size_t i = 0; i < count; i++)
        at = stpcpy(at, item);
    at = stpcpy(at, tail);
    rc = fence_config_parse(&config, "x", json, (size_t)(at - json), NULL, 0, err);
    fence_config_unref(config);
    return rc;
}

static void test_bounds(void **state)
{
    static const struct {
        const char *head, *item, *tail;
        size_t most;
        const char *error;
    } cases[] = {
        {"{\"network\": {\"rules\": [", EVERY ",", "]}}", LIMIT_REQUEST_RULES,
         "x:1:14: network.rules: has more than 1000 rules"},
        {"{\"network\": {\"rules\": [{" GOOD ", \"action\": \"deny\", \"port\": [", "7,", "]}]}}",
         LIMIT_RULE_VALUES, "network.rules[0].port[64]: has more than 64 ports"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fence_error err = {0, ""};

        assert_int_equal(
            parse_many(cases[i].head, cases[i].item, cases[i].most, cases[i].tail, &err), 0);
        assert_int_equal(
            parse_many(cases[i].head, cases[i].item, cases[i].most + 1, cases[i].tail, &err),
            FENCE_ECONFIG);
        if (!strstr(err.message, cases[i].error))
            fail_msg("%s", err.message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_resolved),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
