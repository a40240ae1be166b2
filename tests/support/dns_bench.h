/* SPDX-License-Identifier: Apache-2.0
 * dns_bench.h - a name service on loopback, in a time that passes only when the test says so. It
 * has no proxy but what it needs of one: a loop, a buffer and rules; above all, no resolver.
 * Include it once, behind <cmocka.h>. */
#ifndef FENCE_TESTS_DNS_BENCH_H
#define FENCE_TESTS_DNS_BENCH_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>

#include "proxy/dns_service.h"
#include "support/clock.h"
#include "support/descriptors.h"
#include "support/dns_wire.h"

#define TRIES 2000 /* turns of at most two milliseconds; a busy machine is no failure */

struct bench {
    uv_loop_t loop;
    struct proxy proxy;
    char room[64 * 1024];
    struct inside_names *names;
    struct listener_capture capture;
    struct dns_service *service;
    struct sockaddr_in udp[2], tcp[2]; /* where it listens: 127.0.0.1, 127.0.0.2 */
};

/* Bound to a free port. */
static inline int bound(struct sockaddr_in *at, int type, unsigned last)
{
    socklen_t len = sizeof *at;
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    *at = (struct sockaddr_in){.sin_family = AF_INET};
    at->sin_addr.s_addr = htonl(0x7f000000 + last);
    assert_int_equal(bind(fd, (struct sockaddr *)at, sizeof *at), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 511), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)at, &len), 0);
    return fd;
}

static inline fence_config *rules_of(const char *network)
{
    fence_config *config = NULL;
    fence_error err = {0};
    char json[256];
    int len = snprintf(json, sizeof json, "{\"network\": {%s}}", network);

    if (fence_config_parse(&config, "x", json, (size_t)len, NULL, 0, &err) != 0)
        fail_msg("%s: %s", network, err.message);
    return config;
}

/* All but the service. */
static inline void bench_init(struct bench *b, const char *network)
{
    memset(b, 0, sizeof *b);
    assert_int_equal(uv_loop_init(&b->loop), 0);
    b->proxy.loop = &b->loop;
    b->proxy.buffer = (struct peer_buffer){.bytes = b->room, .size = sizeof b->room};
    b->proxy.config = rules_of(network);
    b->names = inside_names_new();
    assert_non_null(b->names);
    b->capture = (struct listener_capture){.names = b->names};
}

static inline void bench_open(struct bench *b, const char *network)
{
    fence_error err = {0};
    int udp[2], tcp[2];

    bench_init(b, network);
    for (unsigned i = 0; i < 2; i++) {
        udp[i] = bound(&b->udp[i], SOCK_DGRAM, 1 + i);
        tcp[i] = bound(&b->tcp[i], SOCK_STREAM, 1 + i);
    }
    if (dns_service_open(&b->service, &b->proxy, &b->capture, udp, &err) != 0 ||
        dns_service_listen(b->service, tcp, &err) != 0)
        fail_msg("%s", err.message);
}

/* The names go first: nothing asks for them any more. */
static inline void bench_close(struct bench *b)
{
    dns_service_close(b->service);
    inside_names_free(b->names);
    uv_run(&b->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&b->loop), 0);
    fence_config_unref(b->proxy.config);
}

static inline void bench_turn(struct bench *b)
{
    struct pollfd loop = {uv_backend_fd(&b->loop), POLLIN, 0};

    poll(&loop, 1, uv_backend_timeout(&b->loop) == 0 ? 0 : 2);
    uv_run(&b->loop, UV_RUN_NOWAIT);
}

#endif
