/* SPDX-License-Identifier: Apache-2.0
 * test_engine_close.c - fence_close() in the middle of everything, and in two threads at once:
 * whatever is under way ends, the other sides see it, and nothing is left. */
#include <errno.h>
#include <fence/fence.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/site.h"
#include "support/tsan.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- closing in the middle ---- */

static void in_a_head(struct site *site, int fds[2])
{
    fds[0] = ask(site, "GET http://good.test:@/ HTTP/1.1\r\nHo");
    for (int i = 0; i < 5; i++)
        sockets_turn(site->engine, -1);
}

static void not_yet_accepted(struct site *site, int fds[2])
{
    fds[0] = ask(site, GET_EVIL);
}

static void while_resolving(struct site *site, int fds[2])
{
    fds[0] = ask(site, "CONNECT localhost:@ HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (site->seen[FENCE_EVENT_DECISION] == 0)
        sockets_turn(site->engine, -1);
}

static void while_dialling(struct site *site, int fds[2])
{
    fds[0] = ask(site, CONNECT_GOOD);
    while (site->seen[FENCE_EVENT_DECISION] == 0)
        sockets_turn(site->engine, -1);
}

static void lingering(struct site *site, int fds[2])
{
    fds[0] = ask(site, "no HTTP at all\r\n\r\n");
    while (site->seen[FENCE_EVENT_RESPONSE] == 0)
        sockets_turn(site->engine, -1);
}

static void between_requests(struct site *site, int fds[2])
{
    char text[2048];

    fds[0] = ask(site, GET_EVIL);
    assert_true(sockets_expect(site->engine, fds[0], "403", text, sizeof text));
}

static void in_an_exchange(struct site *site, int fds[2])
{
    char text[2048];

    fds[0] = ask(site, GET_GOOD);
    fds[1] = sockets_accept(site->engine, site->server);
    assert_true(sockets_send(fds[1], "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome"));
    assert_true(sockets_expect(site->engine, fds[0], "some", text, sizeof text));
}

static void in_a_tunnel(struct site *site, int fds[2])
{
    char text[2048];

    fds[0] = ask(site, CONNECT_GOOD);
    fds[1] = sockets_accept(site->engine, site->server);
    assert_true(sockets_expect(site->engine, fds[0], "\r\n\r\n", text, sizeof text));
}

/* Neither side reads: both directions have something that waits. */
static void in_a_full_tunnel(struct site *site, int fds[2])
{
    static char block[65536];

    in_a_tunnel(site, fds);
    for (int still = 0; still < 50; still++) {
        for (int i = 0; i < 2; i++) {
            if (send(fds[i], block, sizeof block, MSG_NOSIGNAL) > 0)
                still = 0;
        }
        fence_step(site->engine);
    }
}

static const struct close_row {
    const char *name;
    void (*get_there)(struct site *site, int fds[2]); /* the client's and the upstream's socket */
} closes[] = {
    {"a client waits in the backlog", not_yet_accepted},
    {"half a head", in_a_head},
    {"a look-up is under way", while_resolving},
    {"a dial is under way", while_dialling},
    {"a refusal lingers", lingering},
    {"between two requests", between_requests},
    {"half a response", in_an_exchange},
    {"a tunnel", in_a_tunnel},
    {"a tunnel that nobody reads from", in_a_full_tunnel},
};

/* A look-up that was given up has some for a moment. */
static bool settles(size_t descriptors)
{
    for (int i = 0; i < 500; i++) {
        if (descriptors_open() == descriptors)
            return true;
        usleep(10000);
    }
    return false;
}

/* Whatever is under way ends, the other sides see it, and nothing is left. */
static void test_close(void **state)
{
    struct site first;
    size_t before;

    (void)state;
    open_site(&first); /* libuv keeps two descriptors for good, from its first loop on */
    close_site(&first);
    before = descriptors_open();
    for (const struct close_row *row = closes; row < closes + LEN(closes); row++) {
        int fds[2] = {-1, -1};
        struct site site;
        char bytes[4096];

        open_site(&site);
        row->get_there(&site, fds);
        fence_close(site.engine);
        for (int i = 0; i < 2; i++) {
            ssize_t len = 1;

            while (fds[i] >= 0 && len > 0)
                len = recv(fds[i], bytes, sizeof bytes, 0);
            if (fds[i] >= 0 && len < 0 && errno != ECONNRESET)
                fail_msg("%s: %s is still open: %s", row->name, i ? "the server" : "the client",
                         strerror(errno));
            if (fds[i] >= 0)
                close(fds[i]);
        }
        close(site.server);
        if (!settles(before))
            fail_msg("%s: %zu descriptors instead of %zu", row->name, descriptors_open(), before);
    }
}

/* ---- two engines, two threads, one configuration ---- */

#define ROUNDS 20

static void *live(void *config)
{
    fence *engine;
    char text[2048];

    for (int i = 0; i < ROUNDS; i++) {
        int client;

        if (fence_new(&engine, config, NULL, NULL) != 0 ||
            fence_listen(engine, FENCE_PROTOCOL_HTTP, "127.0.0.1:0", NULL) != 0)
            return (void *)1;
        client = sockets_connect(fence_port(engine, FENCE_PROTOCOL_HTTP));
        if (!sockets_send(client, GET_EVIL) ||
            !sockets_expect(engine, client, "fence: ", text, sizeof text))
            return (void *)1;
        if (!sockets_send(client, "CONNECT localhost:1 HTTP/1.1\r\n"
                                  "Host: localhost\r\n\r\n"))
            return (void *)1;
        for (int turn = 0; turn < 3; turn++)
            fence_step(engine);
        fence_close(engine); /* with a look-up under way, most of the time */
        close(client);
    }
    fence_config_unref(config);
    return NULL;
}

static void test_two_threads(void **state)
{
    fence_config *config = load();
    pthread_t threads[2];

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, live, fence_config_ref(config)), 0);
    fence_config_unref(config);
    for (int i = 0; i < 2; i++) {
        void *failed;

        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_two_threads),
    };

    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
