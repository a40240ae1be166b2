/* SPDX-License-Identifier: Apache-2.0
 * dns_tcp.h - clients of a name service by TCP. Include it once, behind <cmocka.h>. */
#ifndef FENCE_TESTS_DNS_TCP_H
#define FENCE_TESTS_DNS_TCP_H

#include "support/dns_bench.h"

static inline int connect_to(const struct sockaddr_in *at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (const struct sockaddr *)at, sizeof *at), 0);
    return fd;
}

/* With its length before it. */
static inline size_t put_question(char *out, unsigned id, const char *name, unsigned type)
{
    char question[DNS_WIRE_QUESTION];
    size_t len = dns_wire_ask(question, id, name, type);

    out[0] = (char)(len >> 8);
    out[1] = (char)len;
    memcpy(out + 2, question, len);
    return 2 + len;
}

static inline void say(int fd, const char *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

/* Has the client been closed? What it has not read yet is dropped. */
static inline bool ended(int fd)
{
    char bytes[4096];
    ssize_t n;

    while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        ;
    return n == 0 || (n < 0 && errno != EAGAIN);
}

static inline bool will_end(struct bench *b, int fd)
{
    for (int i = 0; i < TRIES; i++) {
        if (ended(fd))
            return true;
        bench_turn(b);
    }
    return false;
}

/* Turns until `want` bytes have come, or the end. Returns how many. */
static inline size_t hear(struct bench *b, int fd, char *out, size_t want)
{
    size_t len = 0;

    for (int i = 0; i < TRIES && len < want; i++) {
        ssize_t n = recv(fd, out + len, want - len, MSG_DONTWAIT);

        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        len += n > 0 ? (size_t)n : 0;
        if (n < 0)
            bench_turn(b);
    }
    return len;
}

/* What is said to one question; "silence" where the client is closed. */
static inline void ask(struct bench *b, char shown[DNS_WIRE_SHOWN], int fd, const char *name)
{
    char bytes[1024];
    size_t asked = put_question(bytes, 9, name, DNS_WIRE_A), len = 0;

    send(fd, bytes, asked, MSG_NOSIGNAL);
    if (hear(b, fd, bytes, 2) == 2)
        len = hear(b, fd, bytes + 2, (size_t)(uint8_t)bytes[0] << 8 | (uint8_t)bytes[1]);
    strcpy(shown, "silence");
    if (len > 0)
        dns_wire_show(shown, bytes + 2, len, asked - 2);
}

static inline void settle(struct bench *b)
{
    for (int i = 0; i < 20; i++)
        bench_turn(b);
}

#endif
