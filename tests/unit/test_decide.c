/* SPDX-License-Identifier: Apache-2.0
 * test_decide.c - fence_decide(): names, headers, addresses; and what is no request. */
#include <errno.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/site.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- names ---- */

static const struct decide_row {
    const char *name, *host;
    uint16_t port;
    fence_verdict verdict;
    fence_reason reason;
} decisions[] = {
    {"allowed", "good.test", 443, FENCE_ALLOW, FENCE_REASON_NONE},
    {"3A.3 as a client writes it", "GOOD.Test.", 443, FENCE_ALLOW, FENCE_REASON_NONE},
    {"below a wildcard", "a.wild.test", 1, FENCE_ALLOW, FENCE_REASON_NONE},
    {"denied below it", "bad.wild.test", 1, FENCE_DENY, FENCE_REASON_REQUEST_DENIED},
    {"3A.6 only like it", "xgood.test", 443, FENCE_DENY, FENCE_REASON_REQUEST_DENIED},
    {"nothing says so", "evil.test", 443, FENCE_DENY, FENCE_REASON_REQUEST_DENIED},
    {"an address by its rule", "198.51.100.7", 443, FENCE_ALLOW, FENCE_REASON_NONE},
    {"an address without one", "198.51.100.8", 443, FENCE_DENY, FENCE_REASON_REQUEST_DENIED},
    {"3A.14 no address", "0x7f.1", 443, FENCE_DENY, FENCE_REASON_REQUEST_MALFORMED},
    {"3A.10 no host", "good.test/x", 443, FENCE_DENY, FENCE_REASON_REQUEST_MALFORMED},
    {"nothing", "", 443, FENCE_DENY, FENCE_REASON_REQUEST_MALFORMED},
};

static void test_names(void **state)
{
    fence_config *config = load();
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision decision;

    (void)state;
    for (const struct decide_row *row = decisions; row < decisions + LEN(decisions); row++) {
        request.host = row->host;
        request.port = row->port;
        if (fence_decide(&decision, config, NULL, &request) != 0)
            fail_msg("%s: no decision", row->name);
        if (decision.verdict != row->verdict || decision.reason != row->reason)
            fail_msg("%s: verdict %d, reason %d, '%s'", row->name, (int)decision.verdict,
                     (int)decision.reason, decision.message);
    }
    request.port = 0;
    assert_int_equal(fence_decide(&decision, config, NULL, &request), -EINVAL);
    request.port = 443;
    request.host = NULL;
    assert_int_equal(fence_decide(&decision, config, NULL, &request), -EINVAL);
    request.host = "good.test";
    request.version = FENCE_REQUEST_VERSION + 1;
    assert_int_equal(fence_decide(&decision, config, NULL, &request), -EINVAL);
    fence_config_unref(config);
}

/* ---- headers and addresses ---- */

static const char rules[] =
    "{\"network\": {\"allowedDomains\": [\"good.test\", \"pinned.test\", \"203.0.113.9\", "
    "\"198.51.100.9\"], \"hosts\": {\"pinned.test\": \"203.0.113.8\"}, "
    "\"allowedAddresses\": [\"203.0.113.0/24\", \"198.51.100.0/24\", \"2001:db8::/32\"], "
    "\"deniedAddresses\": [\"203.0.113.66\"]}}";

/* Denies by what it is shown, so that the message says it. */
static const char shows[] =
    "local fence = require 'fence'\n"
    "return {\n"
    "  on_connect = function(req) if req.headers then return fence.deny('headers') end end,\n"
    "  on_request = function(req)\n"
    "    local all = {}\n"
    "    for name, value in req.headers:each() do all[#all + 1] = name .. '=' .. value end\n"
    "    return #all > 0 and fence.deny(table.concat(all, ' ')) or nil\n"
    "  end,\n"
    "  on_resolve = function(req)\n"
    "    if req.headers then return fence.deny('headers') end\n"
    "    if #req.addresses > 1 then return fence.deny(table.concat(req.addresses, ' ')) end\n"
    "    if req.addresses[1] == '198.51.100.1' then return fence.ask('there?') end\n"
    "    if req.addresses[1]:find('^203') then return fence.deny(req.addresses[1]) end\n"
    "  end,\n"
    "}\n";

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct asked_row {
    const char *name;
    fence_request_kind kind;
    const char *host;
    const char *const *headers, *const *addresses;
    fence_verdict verdict;
    const char *rule, *message; /* parts of them */
} asked[] = {
    {"nothing more", FENCE_HTTP, "good.test", NULL, NULL, FENCE_ALLOW, "allowedDomains[0]", ""},
    {"a header", FENCE_HTTP, "good.test", LIST("X-Key: a b "), NULL, FENCE_DENY, "policy:shows",
     "X-Key=a b"},
    {"two", FENCE_HTTP, "good.test", LIST("a:1", "A:\t2"), NULL, FENCE_DENY, "", "a=1 A=2"},
    {"the proxy's login", FENCE_HTTP, "good.test", LIST("Proxy-Authorization: x"), NULL,
     FENCE_ALLOW, "", ""},
    {"headers in a tunnel", FENCE_CONNECT, "good.test", LIST("a: 1"), NULL, FENCE_ALLOW, "", ""},
    {"an empty list", FENCE_CONNECT, "good.test", (const char *const[]){NULL},
     (const char *const[]){NULL}, FENCE_ALLOW, "", ""},
    {"a public address", FENCE_CONNECT, "good.test", NULL, LIST("8.8.8.8"), FENCE_ALLOW,
     "allowedDomains[0]", ""},
    {"with headers", FENCE_HTTP, "good.test", NULL, LIST("8.8.8.8"), FENCE_ALLOW, "", ""},
    {"a private one", FENCE_SOCKS5, "good.test", NULL, LIST("10.0.0.1"), FENCE_DENY, "built-in",
     "10.0.0.1"},
    {"the first refusal", FENCE_CONNECT, "good.test", NULL, LIST("127.0.0.1", "203.0.113.66"),
     FENCE_DENY, "built-in", "127.0.0.1"},
    {"one that is denied", FENCE_CONNECT, "good.test", NULL, LIST("203.0.113.66"), FENCE_DENY,
     "network.deniedAddresses[0]", ""},
    {"one is left", FENCE_CONNECT, "good.test", NULL, LIST("10.0.0.1", "8.8.8.8"), FENCE_ALLOW,
     "allowedDomains[0]", ""},
    {"on_resolve sees those that are left, in their order", FENCE_CONNECT, "good.test", NULL,
     LIST("8.8.8.8", "10.0.0.1", "9.9.9.9", "2001:db8::1"), FENCE_DENY, "policy:shows",
     "8.8.8.8 2001:db8::1 9.9.9.9"},
    {"a question", FENCE_CONNECT, "good.test", NULL, LIST("198.51.100.1"), FENCE_ASK,
     "policy:shows", "there?"},
    {"an address is its own", FENCE_CONNECT, "203.0.113.9", NULL, LIST("8.8.8.8"), FENCE_DENY,
     "policy:shows", "203.0.113.9"},
    {"a pinned name", FENCE_CONNECT, "pinned.test", NULL, LIST("8.8.8.8"), FENCE_DENY,
     "policy:shows", "203.0.113.8"},
    {"what is denied is not looked at", FENCE_CONNECT, "evil.test", NULL, LIST("10.0.0.1"),
     FENCE_DENY, "", "no rule allows evil.test:443"},
};

static fence_config *parse(const char *json)
{
    fence_config *config = NULL;
    fence_error err;

    if (fence_config_parse(&config, "test", json, strlen(json), NULL, 0, &err) != 0)
        fail_msg("%s", err.message);
    return config;
}

static fence_policy *policy_of(const char *text)
{
    fence_policy *policy = NULL;
    fence_error err;

    if (fence_policy_new(&policy, &err) != 0 ||
        fence_policy_load_buffer(policy, "shows.lua", text, strlen(text), &err) != 0)
        fail_msg("%s", err.message);
    return policy;
}

static void test_asked(void **state)
{
    fence_config *config = parse(rules);
    fence_policy *policy = policy_of(shows);

    (void)state;
    for (const struct asked_row *row = asked; row < asked + LEN(asked); row++) {
        fence_request request = FENCE_REQUEST_INIT;
        fence_decision out;

        request.kind = row->kind;
        request.host = row->host;
        request.port = 443;
        request.method = "GET";
        request.path = "/";
        request.headers = row->headers;
        request.addresses = row->addresses;
        if (fence_decide(&out, config, policy, &request) != 0)
            fail_msg("%s: no decision", row->name);
        if (out.verdict != row->verdict || !strstr(out.rule, row->rule) ||
            !strstr(out.message, row->message))
            fail_msg("%s: verdict %d by '%s': '%s'", row->name, (int)out.verdict, out.rule,
                     out.message);
        if (out.verdict == FENCE_ALLOW)
            assert_int_equal(out.reason, FENCE_REASON_NONE);
    }
    fence_policy_unref(policy);
    fence_config_unref(config);
}

/* Another proxy looks the name up; what is an address is judged all the same. */
static void test_upstream(void **state)
{
    fence_config *config = parse("{\"network\": {\"allowedDomains\": [\"*\", \"203.0.113.9\"], "
                                 "\"upstreamProxy\": \"http://192.0.2.1:3128\"}}");
    fence_policy *policy = policy_of(shows);
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision out;

    (void)state;
    request.host = "good.test";
    request.port = 443;
    request.addresses = LIST("10.0.0.1");
    assert_int_equal(fence_decide(&out, config, policy, &request), 0);
    assert_int_equal(out.verdict, FENCE_ALLOW);
    request.host = "203.0.113.9";
    assert_int_equal(fence_decide(&out, config, policy, &request), 0);
    assert_int_equal(out.verdict, FENCE_ALLOW);
    request.host = "10.0.0.1";
    assert_int_equal(fence_decide(&out, config, policy, &request), 0);
    assert_int_equal(out.verdict, FENCE_DENY);
    fence_policy_unref(policy);
    fence_config_unref(config);
}

/* ---- what is no request ---- */

static const struct {
    const char *name;
    const char *const *headers, *const *addresses;
} refused[] = {
    {"no colon", LIST("a"), NULL},
    {"no name", LIST(": a"), NULL},
    {"a space in the name", LIST("a b: c"), NULL},
    {"a space before the colon", LIST("a : c"), NULL},
    {"two lines", LIST("a: b\r\nc: d"), NULL},
    {"a control character", LIST("ok: 1", "a: \x01"), NULL},
    {"an empty line", LIST(""), NULL},
    {"a name for an address", NULL, LIST("8.8.8.8", "good.test")},
    {"a number", NULL, LIST("0x7f.1")},
    {"brackets", NULL, LIST("[::1]")},
    {"an empty address", NULL, LIST("")},
};

static void test_refused(void **state)
{
    const char *many[LIMIT_HTTP_FIELDS + 2] = {NULL};
    fence_config *config = parse(rules);
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision out = {.verdict = FENCE_ASK};

    (void)state;
    request.host = "good.test";
    request.port = 443;
    for (size_t i = 0; i < LEN(refused); i++) {
        request.headers = refused[i].headers;
        request.addresses = refused[i].addresses;
        if (fence_decide(&out, config, NULL, &request) != -EINVAL || out.verdict != FENCE_ASK)
            fail_msg("%s: taken", refused[i].name);
    }
    request.addresses = NULL;
    request.headers = many;
    for (size_t i = 0; i < LIMIT_HTTP_FIELDS; i++)
        many[i] = "a: b";
    assert_int_equal(fence_decide(&out, config, NULL, &request), 0);
    many[LIMIT_HTTP_FIELDS] = "a: b";
    assert_int_equal(fence_decide(&out, config, NULL, &request), -EINVAL);
    fence_config_unref(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_asked),
        cmocka_unit_test(test_upstream),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
