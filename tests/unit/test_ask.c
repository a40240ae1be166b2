/* SPDX-License-Identifier: Apache-2.0
 * test_ask.c - fence.ask() reaches the host program, and its answer the session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/limits.h"
#include "support/site.h"

static void set_policy(struct site *site, const char *text)
{
    fence_policy *policy;
    fence_error err = {0};

    assert_int_equal(fence_policy_new(&policy, &err), 0);
    if (fence_policy_load_buffer(policy, "p.lua", text, strlen(text), &err) != 0)
        fail_msg("%s", err.message);
    fence_set_policy(site->engine, policy);
    fence_policy_unref(policy);
}

#define ASKS(hook, what)                                                                           \
    "local fence = require 'fence' return { " hook " = function(req) return fence.ask(" what       \
    ") end }"

static void wait_for_questions(struct site *site, int client, unsigned count)
{
    for (int turns = 0; turns < 1000 && site->questions < count; turns++)
        sockets_turn(site->engine, client);
    assert_int_equal(site->questions, count);
}

static const char GET_EVIL_TWICE[] =
    "GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"
    "GET http://bad.wild.test/ HTTP/1.1\r\nHost: bad.wild.test\r\n\r\n";

static const struct {
    const char *name, *policy, *request;
    fence_verdict answer;
    const char *question, *expect;
} rows[] = {
    {"a tunnel, yes", ASKS("on_connect", "'open ' .. req.host .. '?'"), CONNECT_GOOD, FENCE_ALLOW,
     "open good.test?", "200 Connection Established"},
    {"a tunnel, no", ASKS("on_connect", "'open ' .. req.host .. '?'"), CONNECT_GOOD, FENCE_DENY,
     "open good.test?", "denied when asked: open good.test? (policy:p)"},
    {"anything but yes is no", ASKS("on_connect", "'?'"), CONNECT_GOOD, FENCE_PASS, "?",
     "denied when asked: ?"},
    {"a request, no", ASKS("on_request", "'send ' .. req.method .. '?'"), GET_GOOD, FENCE_DENY,
     "send GET?", "denied when asked: send GET?"},
    {"what follows is a request of its own", ASKS("on_request", "'?'"), GET_EVIL_TWICE, FENCE_DENY,
     "?", "network.deniedDomains"},
    {"addresses, no", ASKS("on_resolve", "req.addresses[1] .. '?'"), CONNECT_GOOD, FENCE_DENY,
     "127.0.0.1?", "denied when asked: 127.0.0.1?"},
    {"addresses, yes", ASKS("on_resolve", "req.addresses[1] .. '?'"), CONNECT_GOOD, FENCE_ALLOW,
     "127.0.0.1?", "200 Connection Established"},
};

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct site site;
        char text[4096];
        int client;

        open_site(&site);
        set_policy(&site, rows[i].policy);
        client = ask(&site, rows[i].request);
        wait_for_questions(&site, client, 1);
        assert_string_equal(site.question, rows[i].question);
        fence_ask_answer(site.ask, rows[i].answer, 0);
        if (!sockets_expect(site.engine, client, rows[i].expect, text, sizeof text))
            fail_msg("%s: %s", rows[i].name, text);
        close(client);
        close_site(&site);
    }
}

/* Three clients, one question; the answer is kept for the fourth, and no longer than it was said.
 */
static void test_asked_once(void **state)
{
    struct site site;
    char text[2048];
    int clients[3], fourth;

    (void)state;
    open_site(&site);
    set_policy(&site, ASKS("on_connect", "'well?'"));
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        clients[i] = ask(&site, CONNECT_GOOD);
    for (int turns = 0; turns < 100; turns++)
        sockets_turn(site.engine, clients[0]);
    assert_int_equal(site.questions, 1);
    fence_ask_answer(site.ask, FENCE_ALLOW, FENCE_ASK_ALWAYS);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        assert_true(sockets_expect(site.engine, clients[i], "200 Connection", text, sizeof text));
        close(clients[i]);
    }
    fourth = ask(&site, CONNECT_GOOD);
    assert_true(sockets_expect(site.engine, fourth, "200 Connection", text, sizeof text));
    assert_int_equal(site.questions, 1);
    close(fourth);
    set_policy(&site, ASKS("on_connect", "'really?'")); /* another question */
    fourth = ask(&site, CONNECT_GOOD);
    wait_for_questions(&site, fourth, 2);
    close(fourth);
    close_site(&site); /* which nobody has answered */
}

/* A "once" is no answer to the next. */
static void test_once(void **state)
{
    struct site site;
    char text[2048];

    (void)state;
    open_site(&site);
    set_policy(&site, ASKS("on_connect", "'well?'"));
    for (unsigned i = 1; i <= 3; i++) {
        int client = ask(&site, CONNECT_GOOD);

        wait_for_questions(&site, client, i);
        fence_ask_answer(site.ask, i == 2 ? FENCE_ALLOW : FENCE_DENY, 0);
        assert_true(sockets_expect(site.engine, client, i == 2 ? "200 Connection" : "403 Forbidden",
                                   text, sizeof text));
        close(client);
    }
    close_site(&site);
}

/* Other rules are not bound by a question of the old ones. */
static void test_reload_while_asked(void **state)
{
    struct site site;
    char text[2048];
    int client;

    (void)state;
    open_site(&site);
    set_policy(&site, ASKS("on_connect", "'well?'"));
    client = ask(&site, CONNECT_GOOD);
    wait_for_questions(&site, client, 1);
    assert_true(fence_ask_awaited(site.ask));
    fence_set_policy(site.engine, NULL);
    assert_true(sockets_expect(site.engine, client, "200 Connection", text, sizeof text));
    assert_false(fence_ask_awaited(site.ask));
    fence_ask_answer(site.ask, FENCE_DENY, 0); /* to nobody */
    close(client);
    close_site(&site);
}

/* The client goes first, and the engine before the answer. */
static void test_nobody_waits(void **state)
{
    struct site site;
    int client;

    (void)state;
    open_site(&site);
    set_policy(&site, ASKS("on_connect", "'well?'"));
    client = ask(&site, CONNECT_GOOD);
    wait_for_questions(&site, client, 1);
    close(client);
    for (int turns = 0; turns < 20; turns++)
        sockets_turn(site.engine, -1);
    fence_ask_answer(site.ask, FENCE_ALLOW, 0);
    for (int turns = 0; turns < 20; turns++)
        sockets_turn(site.engine, -1);
    close_site(&site);
}

static void test_too_many(void **state)
{
    struct site site;
    int clients[LIMIT_ASKS + 1];
    char text[2048];

    (void)state;
    open_site(&site);
    set_policy(&site, ASKS("on_connect", "'number ' .. req.id"));
    for (size_t i = 0; i < LIMIT_ASKS; i++)
        clients[i] = ask(&site, CONNECT_GOOD);
    wait_for_questions(&site, clients[0], LIMIT_ASKS);
    clients[LIMIT_ASKS] = ask(&site, CONNECT_GOOD);
    assert_true(sockets_expect(site.engine, clients[LIMIT_ASKS], "too many questions wait", text,
                               sizeof text));
    for (size_t i = 0; i < ARRAY_LEN(clients); i++)
        close(clients[i]);
    close_site(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),      cmocka_unit_test(test_asked_once),
        cmocka_unit_test(test_once),         cmocka_unit_test(test_reload_while_asked),
        cmocka_unit_test(test_nobody_waits), cmocka_unit_test(test_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
