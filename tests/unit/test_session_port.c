/* SPDX-License-Identifier: Apache-2.0
 * test_session_port.c - a client of a sandbox's port when the engine closes, wherever it has got
 * to: it sees the end, and nothing is left. Its ordinary life is in spec/e2e/ports_spec.lua. */
#include <errno.h>
#include <fence/fence.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/descriptors.h"
#include "support/namespace.h"
#include "support/run.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define SERVER                                                                                     \
    "import socket, sys, time\n"                                                                   \
    "s = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"                                  \
    "c = s.accept()[0]\n"

static const struct close_row {
    const char *name;
    const char *script; /* python's, with the port as its argument */
    size_t send;        /* bytes of the client's, none of which is read */
    const char *reads;  /* what the client reads first; NULL: nothing   */
    bool ends;          /* the client ends its direction: last bytes are under way */
    bool turns;         /* the engine's loop turns before it closes     */
} rows[] = {
    {"the sandbox is not there yet", SERVER "time.sleep(9)", 0, NULL, false, false},
    {"nobody listens inside", "import time; time.sleep(9)", 0, NULL, false, true},
    {"a tunnel", SERVER "c.sendall(b'up'); time.sleep(9)", 0, "up", false, true},
    {"a tunnel that nobody reads from", SERVER "c.sendall(b'up'); time.sleep(9)", 64 << 20, "up",
     false, true},
    {"the last bytes of one", SERVER "c.sendall(b'up'); c.shutdown(1); time.sleep(9)", 200000, "up",
     true, true},
};

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static int connect_to(uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* Until the client has read `text`: it connects again and again, as the server may not listen yet.
 */
static int await(fence *engine, uint16_t port, const char *text)
{
    long until = sockets_now() + SOCKETS_PATIENCE;

    while (sockets_now() < until) {
        int fd = connect_to(port);
        char got[8] = {0};
        ssize_t len = -1;

        do {
            sockets_turn(engine, -1);
            len = recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
        } while (len < 0 && errno == EAGAIN && sockets_now() < until);
        if (len > 0) {
            assert_string_equal(got, text);
            return fd;
        }
        close(fd);
    }
    fail_msg("nobody said '%s'", text);
    return -1;
}

/* Sends what goes, until nothing has gone for a while. */
static void fill(fence *engine, int fd, size_t bytes)
{
    static char block[65536];

    for (int still = 0; still < 20 && bytes > 0; still++) {
        ssize_t len = send(fd, block, bytes < sizeof block ? bytes : sizeof block,
                           MSG_DONTWAIT | MSG_NOSIGNAL);

        if (len > 0) {
            bytes -= (size_t)len;
            still = 0;
        }
        fence_step(engine);
    }
}

static void run_row(const struct close_row *row)
{
    struct run run = {.engine = open_engine("{}"), .out = -1};
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    uint16_t port = free_port();
    char text[16], bytes[4096];
    const char *argv[] = {"python3", "-c", row->script, text, NULL};
    const char *ports[] = {text, NULL};
    fence_error err = {0};
    ssize_t len = 1;
    int client;

    snprintf(text, sizeof text, "%u", port);
    options.argv = argv;
    options.ports = ports;
    if (fence_spawn(&run.sandbox, run.engine, &options, on_exit_of, &run, &err) != 0)
        fail_msg("%s: %s", row->name, err.message);
    client = row->reads ? await(run.engine, port, row->reads) : connect_to(port);
    fill(run.engine, client, row->send);
    if (row->ends)
        shutdown(client, SHUT_WR);
    for (int i = 0; row->turns && i < 10; i++)
        sockets_turn(run.engine, -1);
    fence_close(run.engine);
    while (len > 0)
        len = recv(client, bytes, sizeof bytes, 0);
    if (len < 0 && errno != ECONNRESET)
        fail_msg("%s: the client has not seen the end", row->name);
    close(client);
}

static void test_close(void **state)
{
    (void)state;
    run_row(&rows[0]); /* libuv keeps descriptors for good, from its first loop on */
    for (size_t i = 0; i < LEN(rows); i++) {
        size_t before = descriptors_open();

        run_row(&rows[i]);
        if (descriptors_open() != before)
            fail_msg("%s: %zu descriptors instead of %zu", rows[i].name, descriptors_open(),
                     before);
        if (!no_child_left())
            fail_msg("%s: a child is left", rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_close)};

    if (!run_possible())
        return namespace_required();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
