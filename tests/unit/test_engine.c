/* SPDX-License-Identifier: Apache-2.0
 * test_engine.c - the public header as an embedder uses it: listeners, descriptors of his own, in
 * a loop of fence's and in one of his. */
#include <errno.h>
#include <fcntl.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/site.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- listening ---- */

static void test_listen_errors(void **state)
{
    static const struct {
        const char *address, *says;
    } rows[] = {
        {"localhost:3128", "'localhost:3128': write an IP address"},
        {"127.0.0.1", "cannot listen on '127.0.0.1': "},
        {"127.0.0.1:99999", "cannot listen on"},
        {"\x1b[2J:1", "'\\x1b[2J:1'"},
        {"", "cannot listen on ''"},
        {"203.0.113.1:0", "cannot listen on '203.0.113.1:0': "},
    };
    struct site site;
    char address[32];
    fence_error err;

    (void)state;
    open_site(&site);
    for (size_t i = 0; i < LEN(rows); i++) {
        err = (fence_error){0};
        if (fence_listen(site.engine, FENCE_PROTOCOL_HTTP, rows[i].address, &err) >= 0 ||
            !strstr(err.message, rows[i].says))
            fail_msg("'%s': '%s'", rows[i].address, err.message);
        assert_true(fence_listen(site.engine, FENCE_PROTOCOL_HTTP, rows[i].address, NULL) < 0);
    }
    snprintf(address, sizeof address, "127.0.0.1:%d", site.port);
    assert_int_equal(fence_listen(site.engine, FENCE_PROTOCOL_HTTP, address, &err), -EADDRINUSE);
    assert_non_null(strstr(err.message, "choose another port"));
    assert_int_equal(fence_listen(site.engine, FENCE_PROTOCOL_HTTP, "127.0.0.1:0", &err), 0);
    assert_int_equal(fence_port(site.engine, FENCE_PROTOCOL_HTTP), site.port); /* of the first */
    close_site(&site);
}

/* ---- running ---- */

static void test_run_until_stopped_by_the_observer(void **state)
{
    struct site site;
    int client;

    (void)state;
    open_site(&site);
    site.stop = true;
    client = ask(&site, GET_EVIL);
    assert_int_equal(fence_run(site.engine), 1); /* a listener is left */
    assert_int_equal(site.seen[FENCE_EVENT_DECISION], 1);
    close(client);
    close_site(&site);
    assert_int_equal(site.seen[FENCE_EVENT_CLOSE], 1);
}

static void test_run_with_nothing_to_do(void **state)
{
    fence_config *config = load();
    fence *engine;

    (void)state;
    assert_int_equal(fence_new(&engine, config, NULL, NULL), 0);
    assert_int_equal(fence_run(engine), 0);
    assert_int_equal(fence_step(engine), 0);
    fence_stop(engine);
    assert_int_equal(fence_run(engine), 0);
    fence_close(engine);
    fence_close(NULL);
    fence_config_unref(config);
}

/* poll(2) on fence_fd() tells of everything, and an idle engine asks for no turn. */
static void test_a_loop_of_ones_own(void **state)
{
    struct site site;
    char text[2048];
    int client, upstream;

    (void)state;
    open_site(&site);
    client = ask(&site, CONNECT_GOOD);
    assert_true(sockets_expect(site.engine, client, "200 Connection Established\r\n\r\n", text,
                               sizeof text));
    upstream = sockets_accept(site.engine, site.server);
    assert_true(upstream >= 0);
    assert_true(sockets_send(client, "to the server"));
    assert_true(sockets_expect(site.engine, upstream, "to the server", text, sizeof text));
    assert_true(sockets_send(upstream, "to the client"));
    assert_true(sockets_expect(site.engine, client, "to the client", text, sizeof text));
    shutdown(client, SHUT_WR); /* 3E.102 */
    assert_true(sockets_expect(site.engine, upstream, "", text, sizeof text));
    assert_true(sockets_send(upstream, "later"));
    assert_true(sockets_expect(site.engine, client, "later", text, sizeof text));
    close(upstream);
    assert_true(sockets_expect(site.engine, client, "", text, sizeof text));
    close(client);
    for (int i = 0; i < 100 && site.seen[FENCE_EVENT_CLOSE] == 0; i++)
        sockets_turn(site.engine, -1);
    assert_int_equal(site.seen[FENCE_EVENT_CLOSE], 1);
    while (fence_timeout(site.engine) == 0)
        fence_step(site.engine);
    assert_int_equal(fence_timeout(site.engine), -1);
    assert_int_equal(fence_step(site.engine), 1);
    close_site(&site);
}

/* ---- watching ---- */

struct watched {
    unsigned calls;
    int fd;
    char bytes[16];
};

static void on_ready(fence *engine, int fd, void *payload)
{
    struct watched *watched = payload;
    ssize_t len = read(fd, watched->bytes, sizeof watched->bytes - 1);

    (void)engine;
    watched->calls++;
    watched->fd = fd;
    watched->bytes[len > 0 ? len : 0] = '\0';
}

/* Alone on its engine, too: nothing else is left to do there, but the descriptor counts. */
static void test_watch(void **state)
{
    fence_config *config = load();
    struct watched watched = {0};
    fence_error err = {0};
    int ends[2], file;
    fence *engine;

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fence_new(&engine, config, NULL, &err), 0);
    assert_int_equal(fence_watch(engine, ends[0], on_ready, &watched, &err), 0);
    assert_int_equal(fence_run(engine), 0); /* not kept */
    while (fence_timeout(engine) == 0)
        fence_step(engine);
    assert_int_equal(watched.calls, 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    sockets_turn(engine, -1);
    assert_int_equal(watched.calls, 1);
    assert_int_equal(watched.fd, ends[0]);
    assert_string_equal(watched.bytes, "hello");
    assert_int_equal(fence_watch(engine, ends[0], on_ready, &watched, &err), -EEXIST);
    assert_int_equal(fence_watch(engine, -1, on_ready, &watched, &err), -EBADF);
    file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_true(fence_watch(engine, file, on_ready, &watched, &err) < 0);
    assert_non_null(strstr(err.message, "cannot be watched: "));
    fence_close(engine);
    assert_int_equal(fcntl(ends[0], F_GETFD), FD_CLOEXEC); /* it is still there */
    close(ends[0]);
    close(ends[1]);
    close(file);
    fence_config_unref(config);
}

static void on_ready_stop(fence *engine, int fd, void *payload)
{
    on_ready(engine, fd, payload);
    fence_stop(engine);
}

static void test_watch_stops_a_run(void **state)
{
    struct watched watched = {0};
    struct site site;
    int ends[2];

    (void)state;
    open_site(&site);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fence_watch(site.engine, ends[0], on_ready_stop, &watched, NULL), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(fence_run(site.engine), 1);
    assert_int_equal(watched.calls, 1);
    close_site(&site);
    close(ends[0]);
    close(ends[1]);
}

/* ---- the rest ---- */

static void test_strings(void **state)
{
    (void)state;
    assert_string_equal(fence_version(), FENCE_VERSION);
    assert_string_equal(fence_strerror(FENCE_ECONFIG), "invalid configuration");
    assert_string_equal(fence_strerror(FENCE_ESANDBOX), "no usable sandbox on this system");
    assert_string_equal(fence_strerror(-ENOENT), strerror(ENOENT));
    assert_string_equal(fence_strerror(0), strerror(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen_errors),
        cmocka_unit_test(test_run_until_stopped_by_the_observer),
        cmocka_unit_test(test_run_with_nothing_to_do),
        cmocka_unit_test(test_a_loop_of_ones_own),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_watch_stops_a_run),
        cmocka_unit_test(test_strings),
    };

    signal(SIGPIPE, SIG_IGN); /* as the header asks */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
