/* SPDX-License-Identifier: Apache-2.0
 * test_engine_reload.c - rules that change under way: what is not connected yet is judged again,
 * and what is connected stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/config_of.h"
#include "support/site.h"

static void keep(fence_question *question, const char *name, void *payload)
{
    (void)name;
    *(fence_question **)payload = question;
}

static fence_policy *policy_of(const char *text)
{
    fence_policy *policy;
    fence_error err = {0};

    assert_int_equal(fence_policy_new(&policy, &err), 0);
    if (fence_policy_load_buffer(policy, "new.lua", text, strlen(text), &err) != 0)
        fail_msg("%s", err.message);
    return policy;
}

#define RETURNS(hook, what)                                                                        \
    "local fence = require 'fence' return { " hook " = function(req) return " what " end }"
#define OPEN     "{\"network\": {\"allowedDomains\": [\"*.wild.test\"]"
#define LOOPBACK ", \"allowedAddresses\": [\"127.0.0.1\"]"

static const char GET_WILD[] = "GET http://a.wild.test:@/ HTTP/1.1\r\nHost: a.wild.test:@\r\n"
                               "X-Key: k\r\n\r\n";
static const char CONNECT_WILD[] = "CONNECT a.wild.test:@ HTTP/1.1\r\nHost: a.wild.test:@\r\n\r\n";

/* What the first rules allow is being looked up when the second ones come; then the name resolves
 * to loopback, which the first ones would have refused. */
static const struct {
    const char *name, *request, *config, *policy;
    const char *expect;
    bool dialled;
} rows[] = {
    {"3D.96 a request, the name is denied now", GET_WILD, "{}", NULL, "no rule allows", false},
    {"3D.96 a tunnel, the name is denied now", CONNECT_WILD, "{}", NULL, "no rule allows", false},
    {"3D.96 a request, by a policy", GET_WILD, OPEN LOOPBACK "}}",
     RETURNS("on_request", "fence.deny('not ' .. req.headers['x-key'])"), "not k", false},
    {"3D.96 a tunnel, by a policy", CONNECT_WILD, OPEN LOOPBACK "}}",
     RETURNS("on_connect", "fence.deny('no')"), "policy:new", false},
    {"still allowed, and the address as well", CONNECT_WILD, OPEN LOOPBACK "}}", NULL,
     "200 Connection Established", true},
    {"a request that is still allowed", GET_WILD, OPEN LOOPBACK "}}", NULL, NULL, true},
    {"pinned now", CONNECT_WILD, OPEN ", \"hosts\": {\"a.wild.test\": \"127.0.0.1\"}}}", NULL,
     "200 Connection Established", true},
    {"still allowed, the address still is not", GET_WILD, OPEN "}}", NULL, "a loopback address",
     false},
};

static void wait_for_question(struct site *site, int client, fence_question **question)
{
    for (int turns = 0; turns < 1000 && !*question; turns++)
        sockets_turn(site->engine, client);
    assert_non_null(*question);
}

static void check(size_t i)
{
    const char *const address[] = {"127.0.0.1"};
    fence_question *first = NULL, *question = NULL;
    fence_config *config = config_of(rows[i].config);
    fence_policy *policy = rows[i].policy ? policy_of(rows[i].policy) : NULL;
    struct site site;
    char text[2048];
    int client, upstream;

    open_site(&site);
    fence_set_resolver(site.engine, keep, &first);
    client = ask(&site, rows[i].request);
    wait_for_question(&site, client, &first);
    fence_set_resolver(site.engine, keep, &question);
    fence_reload(site.engine, config, policy);
    fence_config_unref(config);
    fence_policy_unref(policy);
    assert_int_equal(fence_answer(first, address, 1), 0); /* before the loop has turned */
    for (int turns = 0; turns < 20; turns++)
        sockets_turn(site.engine, client);
    if (question)
        fence_answer(question, address, 1);
    if (rows[i].expect && !sockets_expect(site.engine, client, rows[i].expect, text, sizeof text))
        fail_msg("%s: %s", rows[i].name, text);
    upstream = rows[i].expect ? accept(site.server, NULL, NULL) : -1;
    for (int turns = 0; turns < 1000 && upstream < 0 && rows[i].dialled; turns++) {
        sockets_turn(site.engine, client);
        upstream = accept(site.server, NULL, NULL);
    }
    if ((upstream >= 0) != rows[i].dialled)
        fail_msg("%s: dialled %d", rows[i].name, upstream >= 0);
    if (upstream >= 0)
        close(upstream);
    close(client);
    close_site(&site);
}

static void test_under_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        check(i);
}

/* ---- the same by SOCKS5 ---- */

static const char SOCKS_WILD[] = "\5\1\0\5\1\0\3\13a.wild.test";
static const char SOCKS_GOOD[] = "\5\1\0\5\1\0\3\11good.test";

/* Greets and asks for the name at the port of the test's server. */
static int ask_socks(struct site *site, const char *request, size_t len)
{
    const uint8_t port[] = {(uint8_t)(site->there >> 8), (uint8_t)site->there};
    fence_error err = {0};
    int client;

    assert_int_equal(fence_listen(site->engine, FENCE_PROTOCOL_SOCKS5, "127.0.0.1:0", &err), 0);
    client = sockets_connect(fence_port(site->engine, FENCE_PROTOCOL_SOCKS5));
    assert_int_equal(send(client, request, len, MSG_NOSIGNAL), (ssize_t)len);
    assert_int_equal(send(client, port, sizeof port, MSG_NOSIGNAL), (ssize_t)sizeof port);
    return client;
}

/* The code of its reply, behind the answer to the greeting: RFC 1928, section 6. */
static int socks_code(struct site *site, int client)
{
    uint8_t reply[12];
    size_t got = 0;

    for (int turns = 0; turns < 1000 && got < sizeof reply; turns++) {
        ssize_t rc = recv(client, reply + got, sizeof reply - got, MSG_DONTWAIT);

        got += rc > 0 ? (size_t)rc : 0;
        sockets_turn(site->engine, client);
    }
    assert_int_equal(got, sizeof reply);
    assert_int_equal(reply[2], 5);
    return reply[3];
}

static const struct {
    const char *name, *config;
    int code;
} socks_rows[] = {
    {"3D.96 by SOCKS5, the name is denied now", "{}", 2},
    {"3D.96 by SOCKS5, the address still is not allowed", OPEN "}}", 2},
    {"3D.96 by SOCKS5, allowed, and the address as well", OPEN LOOPBACK "}}", 0},
};

static void test_under_way_by_socks(void **state)
{
    const char *const address[] = {"127.0.0.1"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(socks_rows); i++) {
        fence_question *first = NULL, *question = NULL;
        fence_config *config = config_of(socks_rows[i].config);
        struct site site;
        int client, code;

        open_site(&site);
        fence_set_resolver(site.engine, keep, &first);
        client = ask_socks(&site, SOCKS_WILD, sizeof SOCKS_WILD - 1);
        wait_for_question(&site, client, &first);
        fence_set_resolver(site.engine, keep, &question);
        fence_reload(site.engine, config, NULL);
        fence_config_unref(config);
        assert_int_equal(fence_answer(first, address, 1), 0);
        for (int turns = 0; turns < 20; turns++)
            sockets_turn(site.engine, client);
        if (question)
            fence_answer(question, address, 1);
        code = socks_code(&site, client);
        if (code != socks_rows[i].code)
            fail_msg("%s: %d", socks_rows[i].name, code);
        close(client);
        close_site(&site);
    }
}

static int accepted(struct site *site, int client)
{
    int upstream = -1;

    for (int turns = 0; turns < 1000 && upstream < 0; turns++) {
        sockets_turn(site->engine, client);
        upstream = accept4(site->server, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    }
    assert_true(upstream >= 0);
    return upstream;
}

/* 3E.106: a tunnel that is up stays up; the next one is refused. */
static void test_tunnel_stays(void **state)
{
    fence_config *none = config_of("{}");
    struct site site;
    char text[2048];
    int client, upstream, next;

    (void)state;
    open_site(&site);
    client = ask(&site, CONNECT_GOOD);
    assert_true(sockets_expect(site.engine, client, "200 Connection", text, sizeof text));
    upstream = accepted(&site, client);
    fence_reload(site.engine, none, NULL);
    fence_config_unref(none);
    assert_true(sockets_send(upstream, "still here"));
    assert_true(sockets_expect(site.engine, client, "still here", text, sizeof text));
    next = ask(&site, CONNECT_GOOD);
    assert_true(sockets_expect(site.engine, next, "403 Forbidden", text, sizeof text));
    close(next);
    close(client);
    close(upstream);
    close_site(&site);
}

static void test_socks_tunnel_stays(void **state)
{
    fence_config *none = config_of("{}");
    struct site site;
    char text[2048];
    int client, upstream;

    (void)state;
    open_site(&site);
    client = ask_socks(&site, SOCKS_GOOD, sizeof SOCKS_GOOD - 1);
    upstream = accepted(&site, client);
    assert_int_equal(socks_code(&site, client), 0);
    fence_reload(site.engine, none, NULL);
    fence_config_unref(none);
    assert_true(sockets_send(upstream, "still here"));
    assert_true(sockets_expect(site.engine, client, "still here", text, sizeof text));
    close(client);
    close(upstream);
    close_site(&site);
}

/* A request that the server has read. */
static int get_good(struct site *site, int *client)
{
    char text[2048];
    int upstream;

    *client = ask(site, GET_GOOD);
    upstream = accepted(site, *client);
    assert_true(sockets_expect(site->engine, upstream, "GET / HTTP/1.1", text, sizeof text));
    return upstream;
}

static const char OK_ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/* An answer that is under way is finished; the connection that it came by serves nobody any more.
 */
static void test_pool_is_emptied(void **state)
{
    struct site site;
    char text[2048];
    int client, upstream;

    (void)state;
    open_site(&site);
    upstream = get_good(&site, &client);
    fence_set_policy(site.engine, NULL);
    assert_true(sockets_send(upstream, OK_ANSWER));
    assert_true(sockets_expect(site.engine, client, "ok", text, sizeof text));
    close(client);
    client = ask(&site, GET_GOOD);
    close(upstream);
    upstream = accepted(&site, client); /* another one */
    close(upstream);
    close(client);
    close_site(&site);
}

/* The server closes the connection that had waited for a second request, after the rules have
 * changed: the client is told, and does not wait for ever. */
static void test_again_in_vain(void **state)
{
    struct site site;
    char text[2048];
    int client, upstream;

    (void)state;
    open_site(&site);
    upstream = get_good(&site, &client);
    assert_true(sockets_send(upstream, OK_ANSWER));
    assert_true(sockets_expect(site.engine, client, "ok", text, sizeof text));
    close(client);
    client = ask(&site, GET_GOOD);
    assert_true(sockets_expect(site.engine, upstream, "GET / HTTP/1.1", text, sizeof text));
    fence_set_policy(site.engine, NULL);
    for (int turns = 0; turns < 20; turns++)
        sockets_turn(site.engine, client);
    close(upstream);
    assert_true(sockets_expect(site.engine, client, "the rules have changed", text, sizeof text));
    close(client);
    close_site(&site);
}

struct swapper {
    fence *engine;
    fence_config *config;
    unsigned events;
};

/* Replaces the rules from within the very decision. */
static void swap(const fence_event *event, void *payload)
{
    struct swapper *swapper = payload;

    if (event->kind == FENCE_EVENT_DECISION && swapper->events++ == 0)
        fence_reload(swapper->engine, swapper->config, NULL);
}

static void test_from_within(void **state)
{
    struct swapper swapper = {.config = config_of("{}")};
    fence_observer observer = {.on_event = swap, .payload = &swapper};
    fence_config *config = load();
    fence_error err = {0};
    char text[2048];
    int client;

    (void)state;
    assert_int_equal(fence_new(&swapper.engine, config, &observer, &err), 0);
    fence_config_unref(config);
    assert_int_equal(fence_listen(swapper.engine, FENCE_PROTOCOL_HTTP, "127.0.0.1:0", &err), 0);
    client = sockets_connect(fence_port(swapper.engine, FENCE_PROTOCOL_HTTP));
    assert_true(sockets_send(client, "CONNECT good.test:1 HTTP/1.1\r\nHost: good.test:1\r\n\r\n"));
    assert_true(sockets_expect(swapper.engine, client, "403 Forbidden", text, sizeof text));
    assert_int_equal(swapper.events, 2); /* allowed, and then not */
    close(client);
    fence_close(swapper.engine);
    fence_config_unref(swapper.config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_under_way),       cmocka_unit_test(test_under_way_by_socks),
        cmocka_unit_test(test_tunnel_stays),    cmocka_unit_test(test_socks_tunnel_stays),
        cmocka_unit_test(test_pool_is_emptied), cmocka_unit_test(test_again_in_vain),
        cmocka_unit_test(test_from_within),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
