/* SPDX-License-Identifier: Apache-2.0
 * test_engine_deadlines.c - how long the engine waits for whom, to the millisecond and without
 * waiting: the clock is the test's. What is there just before its deadline is gone just after it,
 * and whoever waits is told why. */
#include <errno.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/clocked.h"
#include "support/descriptors.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- where somebody waits ---- */

#define GET     "GET http://good.test:@/ HTTP/1.1\r\nHost: good.test:@\r\n\r\n"
#define POST    "POST http://good.test:@/ HTTP/1.1\r\nHost: good.test:@\r\nContent-Length: 9\r\n\r\n"
#define EVERY   4 /* of the deadlines, where all together would take long */
#define CONNECT "CONNECT good.test:@ HTTP/1.1\r\nHost: good.test:@\r\n\r\n"
#define OK      "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood"

static void connected(struct site *site)
{
    site->client = sockets_connect(site->port);
    pass_time(site, 0);
}

static void half_a_head(struct site *site)
{
    say(site, "GET http://go");
}

static void half_a_head_late(struct site *site)
{
    connected(site);
    pass_time(site, 9000);
    half_a_head(site);
}

static void a_head_that_goes_on(struct site *site)
{
    half_a_head(site);
    pass_time(site, 9000);
    say(site, "od.test/ HTTP/1.1\r\n");
}

static void half_a_greeting(struct site *site)
{
    say_raw(site, "\5\2\0", 3);
}

static void half_a_socks_request(struct site *site)
{
    say_raw(site, "\5\1\0", 3);
    assert_int_equal(hear(site, site->client, "\5"), 0);
    pass_time(site, 4000);
    say_raw(site, "\5\1\0\3", 4);
}

static void answered(struct site *site)
{
    say(site, GET);
    accept_one(site);
    answer(site, OK);
    assert_int_equal(hear(site, site->client, "good"), 0);
}

static void half_a_second_head(struct site *site)
{
    answered(site);
    pass_time(site, 59000);
    half_a_head(site);
}

static void asked(struct site *site)
{
    say(site, GET);
    accept_one(site);
    assert_int_equal(hear(site, site->upstream, "\r\n\r\n"), 0);
}

static void half_a_body(struct site *site)
{
    say(site, POST "half");
    accept_one(site);
    pass_time(site, 500000);
    say(site, "more");
    assert_int_equal(hear(site, site->upstream, "halfmore"), 0);
}

static void half_an_answer(struct site *site)
{
    asked(site);
    pass_time(site, 500000);
    answer(site, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    assert_int_equal(hear(site, site->client, "half"), 0);
}

static void half_an_answers_head(struct site *site)
{
    asked(site);
    pass_time(site, 500000);
    answer(site, "HTTP/1.1 200 OK\r\n");
}

static void looked_up(struct site *site)
{
    say(site, "CONNECT silent.test:@ HTTP/1.1\r\nHost: silent.test:@\r\n\r\n");
}

static void dialled(struct site *site)
{
    fill_queue(site);
    say(site, CONNECT);
}

static void upstream_asked(struct site *site)
{
    say(site, "CONNECT far.test:443 HTTP/1.1\r\nHost: far.test:443\r\n\r\n");
    accept_one(site);
}

static void upstream_half_answered(struct site *site)
{
    upstream_asked(site);
    pass_time(site, 9000);
    answer(site, "HTTP/1.1 200 OK\r\n");
}

static void in_a_tunnel(struct site *site)
{
    say(site, CONNECT);
    accept_one(site);
    assert_int_equal(hear(site, site->client, "\r\n\r\n"), 0);
}

static void in_a_tunnel_that_spoke(struct site *site)
{
    in_a_tunnel(site);
    pass_time(site, 900);
    say(site, "to the server");
    pass_time(site, 900);
    answer(site, "to the client");
    assert_int_equal(hear(site, site->client, "client"), 0);
}

static void in_a_tunnel_half_closed(struct site *site)
{
    in_a_tunnel(site);
    shutdown(site->client, SHUT_WR);
    assert_int_equal(hear(site, site->upstream, ""), 0);
}

static void in_a_socks_tunnel(struct site *site)
{
    char request[] = "\5\1\0\3\11good.test..";

    say_raw(site, "\5\1\0", 3);
    request[14] = (char)(site->there >> 8);
    request[15] = (char)site->there;
    say_raw(site, request, 16);
    accept_one(site);
    assert_int_equal(hear(site, site->client, "\5"), 0);
}

static void in_an_upgrade(struct site *site)
{
    say(site, "GET http://good.test:@/ HTTP/1.1\r\nHost: good.test:@\r\nConnection: upgrade\r\n"
              "Upgrade: x\r\n\r\n");
    accept_one(site);
    answer(site, "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    assert_int_equal(hear(site, site->client, "\r\n\r\n"), 0);
}

/* Never silent, and so only its age counts. */
static void in_an_old_tunnel(struct site *site)
{
    in_a_tunnel(site);
    for (int i = 0; i < 9; i++) {
        pass_time(site, 300);
        say(site, "x");
    }
}

static void half_a_hello(struct site *site)
{
    in_a_tunnel(site);
    pass_time(site, 4000);
    say_raw(site, "\26\3\1\0\143\1\0\0", 8);
}

static const struct deadline_row {
    const char *name, *settings;
    void (*get_there)(struct site *site);
    long ms;          /* from there on                                              */
    const char *says; /* to the client; "": the end; NULL: nothing but a reset */
} deadlines[] = {
    {"nothing said", "", connected, LIMIT_HEAD_MS, ""},
    {"half a head", "", half_a_head, LIMIT_HEAD_MS, ""},
    {"half a head, that began late", "", half_a_head_late, LIMIT_HEAD_MS, ""},
    {"a head that goes on", "", a_head_that_goes_on, LIMIT_HEAD_MS - 9000, ""},
    {"half a greeting", "", half_a_greeting, LIMIT_HEAD_MS, ""},
    {"half a SOCKS5 request", "", half_a_socks_request, LIMIT_HEAD_MS - 4000, ""},
    {"a kept connection", "", answered, LIMIT_IDLE_MS, ""},
    {"half a second head", "", half_a_second_head, LIMIT_HEAD_MS, ""},
    {"a server that says nothing", "", asked, LIMIT_EXCHANGE_IDLE_MS,
     "error=http_response_timeout"},
    {"half a body", "", half_a_body, LIMIT_EXCHANGE_IDLE_MS, "error=http_response_timeout"},
    {"half an answer's head", "", half_an_answers_head, LIMIT_EXCHANGE_IDLE_MS,
     "error=http_response_timeout"},
    {"half an answer", "", half_an_answer, LIMIT_EXCHANGE_IDLE_MS, NULL},
    {"a name server that never answers", "", looked_up, LIMIT_LOOKUP_MS, "error=dns_timeout"},
    {"a server that is not there", "", dialled, LIMIT_DIAL_MS, "error=connection_timeout"},
    {"an HTTP proxy that says nothing", ", \"upstreamProxy\": \"http://127.0.0.1:@\"",
     upstream_asked, LIMIT_DIAL_MS, "error=connection_timeout"},
    {"an HTTP proxy that says half of it", ", \"upstreamProxy\": \"http://127.0.0.1:@\"",
     upstream_half_answered, LIMIT_DIAL_MS - 9000, "error=connection_timeout"},
    {"a SOCKS5 proxy that says nothing", ", \"upstreamProxy\": \"socks5://127.0.0.1:@\"",
     upstream_asked, LIMIT_DIAL_MS, "error=connection_timeout"},
    {"half a ClientHello", "", half_a_hello, LIMIT_HEAD_MS, NULL},
    {"tunnelIdleSeconds", ", \"tunnelIdleSeconds\": 1", in_a_tunnel, 1000, NULL},
    {"tunnelIdleSeconds, and somebody spoke", ", \"tunnelIdleSeconds\": 1", in_a_tunnel_that_spoke,
     1000, NULL},
    {"tunnelIdleSeconds, half closed", ", \"tunnelIdleSeconds\": 1", in_a_tunnel_half_closed, 1000,
     NULL},
    {"tunnelIdleSeconds, SOCKS5", ", \"tunnelIdleSeconds\": 1", in_a_socks_tunnel, 1000, NULL},
    {"tunnelIdleSeconds, after 101", ", \"tunnelIdleSeconds\": 1", in_an_upgrade, 1000, NULL},
    {"tunnelTotalSeconds", ", \"tunnelTotalSeconds\": 3", in_an_old_tunnel, 300, NULL},
    {"tunnelTotalSeconds, before tunnelIdleSeconds",
     ", \"tunnelIdleSeconds\": 9, \"tunnelTotalSeconds\": 1", in_a_tunnel, 1000, NULL},
    {"tunnelIdleSeconds, before tunnelTotalSeconds",
     ", \"tunnelIdleSeconds\": 1, \"tunnelTotalSeconds\": 9", in_a_tunnel, 1000, NULL},
};

static void expect_nothing(struct site *site, int fd, const char *name)
{
    char byte;

    if (recv(fd, &byte, 1, 0) != -1 || errno != EAGAIN)
        fail_msg("%s: over before its time", name);
    assert_int_equal(site->closed, 0);
}

static void expect_over(struct site *site, const struct deadline_row *row)
{
    int rc = hear(site, site->client, row->says ? row->says : "");
    struct pollfd upstream = {site->upstream, POLLIN, 0};

    if (rc != (row->says ? 0 : ECONNRESET))
        fail_msg("%s: %s", row->name, strerror(rc));
    poll(&upstream, 1, 0);
    if (!row->says && !(upstream.revents & POLLHUP)) /* which an end in order does not bring */
        fail_msg("%s: the server heard no reset", row->name);
}

static void test_deadlines(void **state)
{
    struct site first;
    size_t before;

    (void)state;
    open_site(&first, ""); /* libuv keeps two descriptors for good, from its first loop on */
    close_site(&first);
    before = descriptors_open();
    for (const struct deadline_row *row = deadlines; row < deadlines + LEN(deadlines); row++) {
        struct site site;

        open_site(&site, row->settings);
        row->get_there(&site);
        pass_time(&site, row->ms - 1);
        expect_nothing(&site, site.client, row->name);
        pass_time(&site, 2);
        expect_over(&site, row);
        close_site(&site);
        if (descriptors_open() != before)
            fail_msg("%s: %zu descriptors instead of %zu", row->name, descriptors_open(), before);
    }
}

static void expect_in_time(const struct deadline_row *row, long from_ms, long wall_step_s)
{
    struct site site;

    if (from_ms > 0) /* no engine sees it go back */
        now_ms = from_ms;
    open_site(&site, row->settings);
    row->get_there(&site);
    wall_ahead_s += wall_step_s;
    pass_time(&site, row->ms - 1);
    expect_nothing(&site, site.client, row->name);
    pass_time(&site, 2);
    expect_over(&site, row);
    close_site(&site);
}

/* Milliseconds run over 32 bits after 49.7 days; half of each deadline lies on either side. And the
 * time of day is set back by an hour, or gets a leap second, while one waits. */
static void test_other_clocks(void **state)
{
    static const struct {
        const char *name;
        int bits;
        long wall_step_s;
    } rows[] = {
        {"3M.245 31 bits", 31, 0},        {"3M.245 49.7 days: 32 bits", 32, 0},
        {"3M.245 33 bits", 33, 0},        {"3M.245 an hour back", 0, -3600},
        {"3M.245 a day ahead", 0, 86400}, {"3M.245 a leap second", 0, -1},
    };

    (void)state;
    for (size_t i = 0; i < LEN(rows); i++) {
        for (size_t j = 0; j < LEN(deadlines); j += EVERY) {
            long middle = rows[i].bits ? (1L << rows[i].bits) - (long)deadlines[j].ms / 2 : 0;

            expect_in_time(&deadlines[j], middle, rows[i].wall_step_s);
        }
        wall_ahead_s = 0;
    }
}

/* ---- what ends by no deadline, and what nobody is told of ---- */

static void test_a_tunnel_may_be_silent(void **state)
{
    struct site site;

    (void)state;
    open_site(&site, "");
    in_a_tunnel(&site);
    pass_time(&site, 100 * DAY);
    say(&site, "still here");
    assert_int_equal(hear(&site, site.upstream, "still here"), 0);
    close_site(&site);
}

/* The client has its answer and stays all the same. */
static void test_lingering(void **state)
{
    struct site site;

    (void)state;
    open_site(&site, "");
    say(&site, "no HTTP\r\n\r\n");
    assert_int_equal(hear(&site, site.client, ""), 0);
    pass_time(&site, LIMIT_LINGER_MS - 1);
    assert_int_equal(site.closed, 0);
    pass_time(&site, 2);
    assert_int_equal(site.closed, 1);
    close_site(&site);
}

/* The client is not read while it is dialled for: that it is gone shows when the dial is over. */
static void test_a_client_that_left(void **state)
{
    struct linger reset = {1, 0};
    struct site site;

    (void)state;
    open_site(&site, ", \"upstreamProxy\": \"socks5://127.0.0.1:@\"");
    upstream_asked(&site);
    setsockopt(site.client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(site.client);
    site.client = -1;
    pass_time(&site, LIMIT_DIAL_MS + 1);
    assert_int_equal(site.closed, 1);
    assert_int_equal(hear(&site, site.upstream, ""), 0);
    close_site(&site);
}

static void test_pool(void **state)
{
    struct site site;

    (void)state;
    open_site(&site, "");
    answered(&site);
    pass_time(&site, LIMIT_POOL_IDLE_MS - 1);
    say(&site, GET); /* by the same connection, which is as good as new then */
    assert_int_equal(hear(&site, site.upstream, "\r\n\r\n"), 0);
    answer(&site, OK);
    assert_int_equal(hear(&site, site.client, "good"), 0);
    pass_time(&site, LIMIT_POOL_IDLE_MS - 1);
    assert_int_equal(recv(site.upstream, &(char){0}, 1, MSG_PEEK), -1);
    pass_time(&site, 2);
    assert_int_equal(hear(&site, site.upstream, ""), 0);
    assert_int_equal(site.closed, 0); /* the client's own is another matter */
    close_site(&site);
}

static void ask_named(struct site *site, unsigned times)
{
    if (site->client >= 0)
        close(site->client);
    site->client = -1;
    say(site, "CONNECT named.test:@ HTTP/1.1\r\nHost: named.test:@\r\n\r\n");
    assert_int_equal(hear(site, site->client, "\r\n\r\n"), 0);
    assert_int_equal(site->asked, times);
}

static void test_names_are_remembered(void **state)
{
    struct site site;

    (void)state;
    open_site(&site, "");
    ask_named(&site, 1);
    pass_time(&site, LIMIT_CACHE_MS - 1);
    ask_named(&site, 1);
    pass_time(&site, 1);
    ask_named(&site, 2);
    close_site(&site);
}

/* RFC 8305, section 5. The first address answers no SYN; the second has the same port. */
static void test_the_next_address(void **state)
{
    struct sockaddr_in at;
    struct site site;
    int second = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    (void)state;
    open_site(&site, "");
    at = sockets_loopback(site.there);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    assert_int_equal(bind(second, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(second, 1), 0);
    fill_queue(&site);
    say(&site, "CONNECT named.test:@ HTTP/1.1\r\nHost: named.test:@\r\n\r\n");
    pass_time(&site, LIMIT_ATTEMPT_DELAY_MS - 1);
    expect_nothing(&site, site.client, "the next address");
    pass_time(&site, 2);
    assert_int_equal(hear(&site, site.client, "200 "), 0);
    close(second);
    close_site(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deadlines),
        cmocka_unit_test(test_other_clocks),
        cmocka_unit_test(test_a_tunnel_may_be_silent),
        cmocka_unit_test(test_lingering),
        cmocka_unit_test(test_a_client_that_left),
        cmocka_unit_test(test_pool),
        cmocka_unit_test(test_names_are_remembered),
        cmocka_unit_test(test_the_next_address),
    };

    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
