/* SPDX-License-Identifier: Apache-2.0
 * test_relay.c - no byte is lost, ends are passed on one by one, and a reader that sleeps keeps
 * nobody. The relay runs in a thread. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "base/base.h"
#include "cli/relay.h"

#define MUCH (1 << 20)

struct site {
    int sock, in, out;          /* the relay's                         */
    int server, writer, reader; /* the other ends                      */
    int result;
    pthread_t thread;
};

static void *run(void *context)
{
    struct site *site = context;

    site->result = relay(site->sock, site->in, site->out);
    return NULL;
}

/* Standard input and output as pipes, or as one socket like ssh's. */
static void set_up(struct site *site, bool pipes)
{
    int a[2], b[2], c[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    site->sock = a[0];
    site->server = a[1];
    if (pipes) {
        assert_int_equal(pipe(b), 0);
        assert_int_equal(pipe(c), 0);
        site->in = b[0];
        site->writer = b[1];
        site->reader = c[0];
        site->out = c[1];
    } else {
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
        site->in = b[0];
        site->out = dup(b[0]);
        site->writer = b[1];
        site->reader = dup(b[1]);
    }
    assert_int_equal(pthread_create(&site->thread, NULL, run, site), 0);
}

static void tear_down(struct site *site)
{
    const int fds[] = {site->sock, site->in, site->server, site->writer, site->reader};

    pthread_join(site->thread, NULL);
    for (size_t i = 0; i < ARRAY_LEN(fds); i++)
        close(fds[i]);
}

/* The end of what is written to `fd`. */
static void end(int *fd)
{
    if (shutdown(*fd, SHUT_WR) < 0) {
        close(*fd);
        *fd = -1;
    }
}

static void expect(int fd, const char *text)
{
    char bytes[64] = "";
    size_t got = 0;

    while (got < strlen(text)) {
        ssize_t n = read(fd, bytes + got, strlen(text) - got);

        assert_true(n > 0);
        got += (size_t)n;
    }
    assert_string_equal(bytes, text);
}

static void expect_end(int fd)
{
    char byte;

    assert_int_equal(read(fd, &byte, 1), 0);
}

static void test_both_ways(void **state)
{
    (void)state;
    for (int pipes = 0; pipes < 2; pipes++) {
        struct site site = {0};

        set_up(&site, pipes);
        assert_int_equal(write(site.server, "SSH-2.0", 7), 7); /* the server speaks first */
        expect(site.reader, "SSH-2.0");
        assert_int_equal(write(site.writer, "ping", 4), 4);
        expect(site.server, "ping");
        end(&site.writer); /* a half-close */
        expect_end(site.server);
        assert_int_equal(write(site.server, "pong", 4), 4);
        expect(site.reader, "pong");
        end(&site.server);
        expect_end(site.reader);
        tear_down(&site);
        assert_int_equal(site.result, 0);
    }
}

static void test_server_ends_first(void **state)
{
    struct site site = {0};

    (void)state;
    set_up(&site, true);
    assert_int_equal(shutdown(site.server, SHUT_WR), 0);
    expect_end(site.reader);
    assert_int_equal(write(site.writer, "late", 4), 4);
    expect(site.server, "late");
    end(&site.writer);
    expect_end(site.server);
    tear_down(&site);
    assert_int_equal(site.result, 0);
}

static void *fill(void *context)
{
    char bytes[4096];

    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < MUCH / sizeof bytes; i++)
        assert_int_equal(write(*(int *)context, bytes, sizeof bytes), sizeof bytes);
    return NULL;
}

static size_t count(int fd, size_t most)
{
    char bytes[4096];
    size_t got = 0;

    while (got < most) {
        ssize_t n = read(fd, bytes, sizeof bytes);

        if (n <= 0)
            break;
        got += (size_t)n;
    }
    return got;
}

/* Nobody reads what the server says until all that it is told has arrived. */
static void test_a_sleeping_reader(void **state)
{
    (void)state;
    for (int pipes = 0; pipes < 2; pipes++) {
        struct site site = {0};
        pthread_t from_server, from_writer;

        set_up(&site, pipes);
        assert_int_equal(pthread_create(&from_server, NULL, fill, &site.server), 0);
        assert_int_equal(pthread_create(&from_writer, NULL, fill, &site.writer), 0);
        assert_int_equal(count(site.server, MUCH), MUCH);
        assert_int_equal(count(site.reader, MUCH), MUCH);
        pthread_join(from_server, NULL);
        pthread_join(from_writer, NULL);
        end(&site.writer);
        end(&site.server);
        expect_end(site.reader);
        tear_down(&site);
        assert_int_equal(site.result, 0);
    }
}

static void test_a_reset(void **state)
{
    struct site site = {0};

    (void)state;
    set_up(&site, true);
    close(site.server);
    site.server = -1;
    expect_end(site.reader);
    assert_int_equal(write(site.writer, "late", 4), 4);
    tear_down(&site);
    assert_true(site.result < 0);
}

static void test_flags_stay(void **state)
{
    struct site site = {0};

    (void)state;
    set_up(&site, true);
    end(&site.writer);
    expect_end(site.server);
    assert_false(fcntl(site.in, F_GETFL) & O_NONBLOCK);
    end(&site.server);
    tear_down(&site);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),         cmocka_unit_test(test_server_ends_first),
        cmocka_unit_test(test_a_sleeping_reader), cmocka_unit_test(test_a_reset),
        cmocka_unit_test(test_flags_stay),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
