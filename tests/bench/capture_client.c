/* SPDX-License-Identifier: Apache-2.0
 * capture_client.c - one client of the origin of loadgen, for capture.py: it runs in a sandbox, and
 * beside it for comparison.
 *
 *   capture_client NAME PORT
 *
 * Looks NAME up once. Each line on standard input is "WHAT WAY COUNT":
 *
 *   tcp http      COUNT times: connect, one byte or a GET of 1 KiB there and back, close
 *   down up       COUNT MiB by one connection
 *   dns           COUNT look-ups of NAME over UDP, each from a socket of its own
 *
 *   plain         to NAME itself
 *   connect       through the proxy on port 3128, by CONNECT
 *   absolute      http alone: a GET in absolute form, to the proxy
 *
 * and is answered by one JSON object: microseconds of one, or seconds of all. */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "bench/loadgen.h"
#include "bench/loopback.h"

#define PROXY_PORT 3128
#define DNS_PORT   53
#define MOST       100000 /* of one line */
#define WAIT_S     20     /* a read or write that takes longer fails */
#define MIB        (1024 * 1024)

enum way { WAY_PLAIN, WAY_CONNECT, WAY_ABSOLUTE };

struct client {
    struct sockaddr_in to, proxy;
    char tunnel[600], get[300], absolute[600];
    unsigned char question[300];
    size_t question_len;
    char chunk[MIB];
    uint64_t took[MOST]; /* nanoseconds */
};

/* ---- words ---- */

static size_t write_name(unsigned char *out, const char *name)
{
    size_t len = 0;

    while (*name) {
        size_t label = strcspn(name, ".");

        out[len++] = (unsigned char)label;
        memcpy(out + len, name, label);
        len += label;
        name += label + (name[label] == '.');
    }
    out[len++] = 0;
    return len;
}

/* One question for an address of IPv4: RFC 1035, section 4.1. */
static void write_question(struct client *c, const char *name)
{
    static const unsigned char head[12] = {0x12, 0x34, 1, 0, 0, 1}, tail[] = {0, 1, 0, 1};

    memcpy(c->question, head, sizeof head);
    c->question_len = sizeof head + write_name(c->question + sizeof head, name);
    memcpy(c->question + c->question_len, tail, sizeof tail);
    c->question_len += sizeof tail;
}

static bool write_words(struct client *c, const char *name, unsigned port)
{
    if (strlen(name) > 200)
        return false;
    snprintf(c->tunnel, sizeof c->tunnel, "CONNECT %s:%u HTTP/1.1\r\nHost: %s:%u\r\n\r\n", name,
             port, name, port);
    snprintf(c->get, sizeof c->get, "GET / HTTP/1.1\r\nHost: %s:%u\r\n\r\n", name, port);
    snprintf(c->absolute, sizeof c->absolute, "GET http://%s:%u/ HTTP/1.1\r\nHost: %s:%u\r\n\r\n",
             name, port, name, port);
    write_question(c, name);
    return true;
}

static bool look_up(struct client *c, const char *name, uint16_t port)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;

    if (getaddrinfo(name, NULL, &hints, &found) != 0)
        return false;
    memcpy(&c->to, found->ai_addr, sizeof c->to);
    c->to.sin_port = htons(port);
    c->proxy = loopback_address(PROXY_PORT);
    freeaddrinfo(found);
    return true;
}

/* ---- one connection ---- */

static int open_to(const struct sockaddr_in *to, int type)
{
    struct timeval wait = {WAIT_S, 0};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (type == SOCK_STREAM)
        loopback_no_delay(fd);
    if (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0)
        return fd;
    close(fd);
    return -1;
}

static bool say(int fd, const char *bytes, size_t len)
{
    return send(fd, bytes, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Reads an answer of HTTP that says yes, and `body` bytes behind its head. */
static bool hear(int fd, size_t body)
{
    char in[4096];
    size_t have = 0;

    for (;;) {
        ssize_t n = recv(fd, in + have, sizeof in - have, 0);
        const char *end;

        if (n <= 0)
            return false;
        have += (size_t)n;
        end = memmem(in, have, "\r\n\r\n", 4);
        if (end && have >= (size_t)(end - in) + 4 + body)
            return have > 12 && memcmp(in + 9, "200", 3) == 0;
    }
}

/* A socket that is led to the origin. */
static int reach(const struct client *c, enum way way)
{
    int fd = open_to(way == WAY_PLAIN ? &c->to : &c->proxy, SOCK_STREAM);

    if (fd < 0 || way != WAY_CONNECT)
        return fd;
    if (say(fd, c->tunnel, strlen(c->tunnel)) && hear(fd, 0))
        return fd;
    close(fd);
    return -1;
}

static bool once_tcp(const struct client *c, enum way way)
{
    auto_fd int fd = reach(c, way);
    char byte;

    return fd >= 0 && say(fd, LOADGEN_ASK_ECHO, 1) && recv(fd, &byte, 1, 0) == 1;
}

static bool once_http(const struct client *c, enum way way)
{
    const char *words = way == WAY_ABSOLUTE ? c->absolute : c->get;
    auto_fd int fd = reach(c, way);

    return fd >= 0 && say(fd, words, strlen(words)) && hear(fd, LOADGEN_BODY);
}

static bool once_dns(const struct client *c, enum way way)
{
    struct sockaddr_in to = loopback_address(DNS_PORT);
    auto_fd int fd = open_to(&to, SOCK_DGRAM);
    char answer[512];

    (void)way;
    return fd >= 0 && say(fd, (const char *)c->question, c->question_len) &&
           recv(fd, answer, sizeof answer, 0) > (ssize_t)c->question_len;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool bulk_down(struct client *c, enum way way, size_t left)
{
    auto_fd int fd = reach(c, way);

    if (fd < 0 || !say(fd, LOADGEN_ASK_BULK, 1))
        return false;
    while (left > 0) {
        ssize_t n = recv(fd, c->chunk, least(left, sizeof c->chunk), 0);

        if (n <= 0)
            return false;
        left -= (size_t)n;
    }
    return true;
}

/* The origin ends the connection when it has had all. */
static bool bulk_up(struct client *c, enum way way, size_t left)
{
    auto_fd int fd = reach(c, way);

    if (fd < 0 || !say(fd, LOADGEN_ASK_SINK, 1))
        return false;
    while (left > 0) {
        ssize_t n = send(fd, c->chunk, least(left, LOADGEN_CHUNK), MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        left -= (size_t)n;
    }
    shutdown(fd, SHUT_WR);
    return recv(fd, c->chunk, 1, 0) == 0;
}

/* ---- lines ---- */

static const struct {
    const char *name;
    bool (*once)(const struct client *c, enum way way);
    bool (*bulk)(struct client *c, enum way way, size_t bytes);
} whats[] = {
    {"tcp", once_tcp, NULL},   {"http", once_http, NULL}, {"dns", once_dns, NULL},
    {"down", NULL, bulk_down}, {"up", NULL, bulk_up},
};

static const char *const ways[] = {
    [WAY_PLAIN] = "plain", [WAY_CONNECT] = "connect", [WAY_ABSOLUTE] = "absolute"};

static int by_size(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

    return (one > other) - (one < other);
}

static void print_took(struct client *c, size_t count)
{
    qsort(c->took, count, sizeof *c->took, by_size);
    printf("{\"p10\": %.2f, \"p50\": %.2f, \"p90\": %.2f, \"p99\": %.2f}\n",
           (double)c->took[count / 10] / 1e3, (double)c->took[count / 2] / 1e3,
           (double)c->took[count * 9 / 10] / 1e3, (double)c->took[count * 99 / 100] / 1e3);
}

static bool measure(struct client *c, size_t what, enum way way, size_t count)
{
    uint64_t start = now_ns();

    if (whats[what].bulk) {
        if (!whats[what].bulk(c, way, count * MIB))
            return false;
        printf("{\"seconds\": %.6f}\n", (double)(now_ns() - start) / 1e9);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        start = now_ns();
        if (!whats[what].once(c, way))
            return false;
        c->took[i] = now_ns() - start;
    }
    print_took(c, count);
    return true;
}

static bool obey(struct client *c, const char *line)
{
    char what_name[16], way_name[16];
    size_t what = 0, way = 0;
    unsigned count;

    if (sscanf(line, "%15s %15s %u", what_name, way_name, &count) != 3 || count < 1 || count > MOST)
        return false;
    while (what < ARRAY_LEN(whats) && strcmp(whats[what].name, what_name) != 0)
        what++;
    while (way < ARRAY_LEN(ways) && strcmp(ways[way], way_name) != 0)
        way++;
    return what < ARRAY_LEN(whats) && way < ARRAY_LEN(ways) &&
           measure(c, what, (enum way)way, count);
}

int main(int argc, char **argv)
{
    auto_free struct client *c = calloc(1, sizeof *c);
    unsigned long port = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    char line[64];

    if (!c || port < 1 || port > UINT16_MAX || !write_words(c, argv[1], (unsigned)port)) {
        fprintf(stderr, "usage: capture_client NAME PORT\n");
        return 2;
    }
    if (!look_up(c, argv[1], (uint16_t)port)) {
        fprintf(stderr, "capture_client: %s has no address\n", argv[1]);
        return 1;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin)) {
        if (!obey(c, line)) {
            fprintf(stderr, "capture_client: %s: %s", strerror(errno), line);
            return 1;
        }
    }
    return 0;
}
