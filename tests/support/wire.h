/* SPDX-License-Identifier: Apache-2.0
 * wire.h - a connected peer on a loop of the test's, and the other end as a descriptor. Include it
 * behind <cmocka.h>. */
#ifndef FENCE_TESTS_WIRE_H
#define FENCE_TESTS_WIRE_H

#include <errno.h>
#include <sys/socket.h>

#include "proxy/peer.h"

/* The peer is from malloc(3): its on_closed() frees it. `far` never blocks, and is the test's. */
static inline struct peer *wire_new(uv_loop_t *loop, struct peer_buffer *buffer, int *far)
{
    struct peer *peer = malloc(sizeof *peer);
    int ends[2];

    assert_non_null(peer);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(peer_init(peer, loop, buffer, UV_NAMED_PIPE), 0);
    assert_int_equal(uv_pipe_open(&peer->io.pipe, ends[0]), 0);
    *far = ends[1];
    return peer;
}

static inline void wire_say(int far, const char *bytes, size_t len)
{
    assert_int_equal(send(far, bytes, len, MSG_NOSIGNAL), len);
}

/* Has the peer been closed? With bytes that it has not read, that is a reset. */
static inline bool wire_ended(int far)
{
    char byte;
    ssize_t n = recv(far, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno == ECONNRESET);
}

#endif
