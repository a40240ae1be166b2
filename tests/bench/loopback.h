/* SPDX-License-Identifier: Apache-2.0
 * loopback.h - what the programs of the proxy benchmark share: a clock, and sockets on 127.0.0.1.
 * No other address can be named, so nothing here can reach a network. */
#ifndef FENCE_BENCH_LOOPBACK_H
#define FENCE_BENCH_LOOPBACK_H

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOOPBACK_BACKLOG 4096
#define LOOPBACK_LIFE_S  7200 /* of what runs until its standard input ends, should it never end */
#define LOOPBACK_TICK_MS 1000 /* so often does it look at the clock */

static inline uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

static inline struct sockaddr_in loopback_address(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int loopback_listen(uint16_t port)
{
    struct sockaddr_in address = loopback_address(port);
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
        listen(fd, LOOPBACK_BACKLOG) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline void loopback_no_delay(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A socket on its way: what is written before it is there gives EAGAIN. */
static inline int loopback_connect(uint16_t port)
{
    struct sockaddr_in address = loopback_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    loopback_no_delay(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EINPROGRESS)
        return fd;
    close(fd);
    return -1;
}

/* Watches fd, or changes what it is watched for. */
static inline void loopback_watch(int epoll, int operation, int fd, uint32_t events, void *owner)
{
    struct epoll_event event = {.events = events, .data.ptr = owner};

    epoll_ctl(epoll, operation, fd, &event);
}

static inline void loopback_raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

#endif
