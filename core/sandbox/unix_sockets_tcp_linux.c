/* SPDX-License-Identifier: Apache-2.0
 * unix_sockets_tcp_linux.c - what is done about a TCP connection before it is made: whose it is is
 * noted, and with the first one to the outside, those are led to the listener of capture.h. Where
 * the kernel has no rules for that, the connection is made to the listener itself.
 *
 * The source is noted before the connection can be accepted: it is bound first. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/str.h"
#include "proxy/inside_names.h"
#include "sandbox/capture.h"
#include "sandbox/unix_sockets_judge.h"

/* ---- where to ---- */

static bool end_of(struct caller_end *out, const struct sockaddr_storage *at)
{
    return addr_from_sockaddr(&out->addr, &out->port, (const struct sockaddr *)at);
}

/* What stays within the sandbox: its loopback addresses, its own two, and its name service. */
static bool is_inside(const struct caller_end *to)
{
    enum addr_class class = addr_classify(&to->addr);

    return class == ADDR_LOOPBACK || class == ADDR_UNSPECIFIED || to->port == CAPTURE_DNS_PORT ||
           addr_equal(&to->addr, &inside_own4) || addr_equal(&to->addr, &inside_own6);
}

/* A loopback address of the same kind as `like`, with another port. A socket of IPv6 speaks IPv4 to
 * addresses of IPv4 (RFC 4291, section 2.5.5.2). */
static socklen_t loopback_like(struct sockaddr_storage *out, const struct sockaddr_storage *like,
                               uint16_t port)
{
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)like;
    static const struct addr four = {4, {127, 0, 0, 1}}, six = {6, {[15] = 1}};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

    if (like->ss_family == AF_INET || !IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        return addr_to_sockaddr(out, like->ss_family == AF_INET ? &four : &six, port);
    memcpy(mapped.sin6_addr.s6_addr, in6->sin6_addr.s6_addr, 12);
    memcpy(mapped.sin6_addr.s6_addr + 12, four.bytes, 4);
    *out = (struct sockaddr_storage){0};
    memcpy(out, &mapped, sizeof mapped);
    return sizeof mapped;
}

/* ---- leading it ---- */

/* Of the answering thread alone. */
static enum lead lead(struct unix_sockets *sockets)
{
    struct unix_news news = {.kind = NEWS_DEBUG};
    fence_error why = {0};
    enum lead how = LEAD_BY_RULES;

    if (capture_lead(sockets->netfilter, sockets->ipv6, &why) < 0) {
        how = LEAD_BY_CONNECTING;
        snprintf(news.text, sizeof news.text,
                 "programs that know of no proxy are captured by connecting for them: %s",
                 why.message);
        unix_sockets_tell(sockets, &news);
    }
    pthread_mutex_lock(&sockets->lock);
    sockets->lead = how;
    pthread_mutex_unlock(&sockets->lock);
    close_fd(&sockets->netfilter);
    return how;
}

/* The source as it is, or will be; false where none can be had. A socket that is bound to a port
 * alone gets its address with the connection. */
static bool source_of(struct caller_end *out, int fd, const struct sockaddr_storage *to)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;

    if (getsockname(fd, (struct sockaddr *)&at, &len) < 0 || !end_of(out, &at))
        return false;
    if (out->port != 0 && addr_classify(&out->addr) == ADDR_UNSPECIFIED) {
        loopback_like(&at, to, out->port);
        return end_of(out, &at);
    }
    if (out->port != 0)
        return true;
    len = loopback_like(&at, to, 0);
    if (bind(fd, (struct sockaddr *)&at, len) < 0)
        return false;
    len = sizeof at;
    return getsockname(fd, (struct sockaddr *)&at, &len) == 0 && end_of(out, &at) && out->port != 0;
}

void unix_tcp_prepare(struct unix_sockets *sockets, int fd, int tid, struct sockaddr_storage *to,
                      socklen_t *len)
{
    struct caller_end from, end;
    size_t number;
    enum lead how;

    if (!end_of(&end, to))
        return;
    pthread_mutex_lock(&sockets->lock);
    number = callers_begin(&sockets->callers, &end, tid);
    how = sockets->lead;
    pthread_mutex_unlock(&sockets->lock);
    if (how == LEAD_NOWHERE || is_inside(&end))
        return;
    if (how == LEAD_NOT_YET)
        how = lead(sockets);
    if (how != LEAD_BY_CONNECTING || !source_of(&from, fd, to))
        return;
    pthread_mutex_lock(&sockets->lock);
    callers_made(&sockets->callers, number, &from);
    pthread_mutex_unlock(&sockets->lock);
    *len = loopback_like(to, to, CAPTURE_PORT);
}

bool unix_sockets_target(struct caller_end *out, struct unix_sockets *sockets,
                         const struct caller_end *from)
{
    bool found = false;

    if (!sockets)
        return false;
    pthread_mutex_lock(&sockets->lock);
    if (sockets->lead == LEAD_BY_CONNECTING)
        found = callers_target(out, &sockets->callers, from);
    pthread_mutex_unlock(&sockets->lock);
    return found;
}

/* ---- whose it is ---- */

int unix_read_process(char out[64], int tid)
{
    pid_t pid = notify_process(tid);
    char path[64];
    auto_fd int fd = -1;
    ssize_t len;

    pid = pid < 0 ? tid : pid;
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    len = fd < 0 ? 0 : read(fd, out, 63);
    out[len < 0 ? 0 : len] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return (int)pid;
}

bool unix_sockets_caller(char out[96], struct unix_sockets *sockets, const struct caller_end *from,
                         const struct caller_end *to)
{
    char name[64], shown[80];
    int tid = 0;

    if (sockets) {
        pthread_mutex_lock(&sockets->lock);
        tid = callers_find(&sockets->callers, from, to);
        pthread_mutex_unlock(&sockets->lock);
    }
    if (tid == 0)
        return false;
    tid = unix_read_process(name, tid);
    str_escape(shown, sizeof shown, str_of(name));
    snprintf(out, 96, "%s:%d", shown[0] ? shown : "?", tid);
    return true;
}
