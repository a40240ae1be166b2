/* SPDX-License-Identifier: Apache-2.0
 * test_engine_resolver.c - an embedder's own resolver: at once, later, never, too late, and wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "support/site.h"

struct names { /* an embedder */
    const char *addresses[3];
    size_t count;
    bool later;
    unsigned asked;
    int rc;
    fence_question *kept;
    char name[64];
};

static void resolve(fence_question *question, const char *name, void *payload)
{
    struct names *names = payload;

    names->asked++;
    snprintf(names->name, sizeof names->name, "%s", name);
    if (names->later)
        names->kept = question;
    else
        names->rc = fence_answer(question, names->addresses, names->count);
}

static const struct {
    const char *name;
    struct names names;
    int rc;
    const char *expect;
} rows[] = {
    {"no address", {.count = 0}, 0, "502 Bad Gateway"},
    {"loopback is judged", {.addresses = {"127.0.0.1"}, .count = 1}, 0, "a loopback address"},
    {"IPv6 as well", {.addresses = {"::1"}, .count = 1}, 0, "a loopback address"},
    {"one that is none", {.addresses = {"127.0.0.1", "x"}, .count = 2}, -EINVAL, "502 Bad Gateway"},
    {"a number", {.addresses = {"2130706433"}, .count = 1}, -EINVAL, "502 Bad Gateway"},
};

#define GET_WILD "GET http://a.wild.test:@/ HTTP/1.1\r\nHost: a.wild.test:@\r\n\r\n"

static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct names names = rows[i].names;
        struct site site;
        char text[2048];
        int client;

        open_site(&site);
        fence_set_resolver(site.engine, resolve, &names);
        client = ask(&site, GET_WILD);
        if (!sockets_expect(site.engine, client, rows[i].expect, text, sizeof text))
            fail_msg("%s: %s", rows[i].name, text);
        assert_int_equal(names.asked, 1);
        assert_string_equal(names.name, "a.wild.test");
        assert_int_equal(names.rc, rows[i].rc);
        close(client);
        close_site(&site);
    }
}

/* Two clients, one question; a name that is denied or pinned is none. */
static void test_later(void **state)
{
    struct names names = {.later = true};
    const char *const address[] = {"127.0.0.1"};
    struct site site;
    char text[2048];
    int clients[2], evil;

    (void)state;
    open_site(&site);
    fence_set_resolver(site.engine, resolve, &names);
    evil = ask(&site, GET_EVIL);
    assert_true(sockets_expect(site.engine, evil, "403 Forbidden", text, sizeof text));
    assert_int_equal(names.asked, 0);
    for (int i = 0; i < 2; i++)
        clients[i] = ask(&site, GET_WILD);
    for (int turns = 0; turns < 100 && site.seen[FENCE_EVENT_DECISION] < 3; turns++)
        sockets_turn(site.engine, clients[0]);
    assert_int_equal(names.asked, 1);
    assert_int_equal(fence_answer(names.kept, address, 1), 0);
    for (int i = 0; i < 2; i++) {
        assert_true(
            sockets_expect(site.engine, clients[i], "a loopback address", text, sizeof text));
        close(clients[i]);
    }
    close(evil);
    close_site(&site);
}

static void test_after_the_end(void **state)
{
    struct names names = {.later = true};
    const char *const address[] = {"127.0.0.1"};
    struct site site;
    int client;

    (void)state;
    open_site(&site);
    fence_set_resolver(site.engine, resolve, &names);
    client = ask(&site, GET_WILD);
    for (int turns = 0; turns < 100 && names.asked == 0; turns++)
        sockets_turn(site.engine, client);
    close_site(&site);
    close(client);
    assert_non_null(names.kept);
    assert_int_equal(fence_answer(names.kept, address, 1), 0); /* frees it: see the sanitizers */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_later),
        cmocka_unit_test(test_after_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
