/* SPDX-License-Identifier: Apache-2.0
 * ports.c - what listens where for a sandbox's ports. Reads the words of -p; relays nothing. */
#include "sandbox/ports.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "base/error.h"
#include "filter/config.h"
#include "proxy/lender.h"
#include "proxy/listener.h"
#include "sandbox/port_word.h"

#define FAMILIES 2 /* IPv4, IPv6 */

/* Of a descriptor limit, what is left to everything else; and what a client takes: a pair of
 * sockets, a copy of one, and its own. Half of the limit is for the clients of the proxy. */
#define DESCRIPTORS_KEPT   48
#define DESCRIPTORS_CLIENT 4

struct ports {
    struct proxy *proxy;
    struct port_word known[FAMILIES * LIMIT_PORTS]; /* of the host */
    struct listener *host[FAMILIES * LIMIT_PORTS];
    size_t nhost;
    uint16_t local[LIMIT_LOCAL_PORTS];
    size_t nlocal;
    struct listener *inside[FAMILIES * LIMIT_LOCAL_PORTS];
    size_t ninside;
    int unbound[FAMILIES][LIMIT_LOCAL_PORTS]; /* -1: none, or it listens */
    struct lender *lender;                    /* NULL without -p */
    size_t clients;                           /* pairs for the lender */
    size_t families;                          /* whose sockets have come */
};

/* ---- the words of -p ---- */

static const struct addr loopback4 = {4, {127, 0, 0, 1}};
static const struct addr loopback6 = {6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

static const char *why_not(int rc)
{
    switch (rc) {
    case UV_EADDRINUSE:
        return "another program listens there: end it, or choose another port";
    case UV_EADDRNOTAVAIL:
        return "this machine has no such address: write one of its own, or the port alone";
    case UV_EACCES:
        return "you may not listen there: choose a port above 1023";
    default:
        return uv_strerror(rc);
    }
}

/* ---- on the host ---- */

static int listen_at(struct ports *p, const struct port_word *at)
{
    int rc = listener_open_port(&p->host[p->nhost], p->proxy, &at->addr, at->port, p->lender);

    if (rc == 0)
        p->known[p->nhost++] = *at;
    return rc;
}

static int open_port(struct ports *p, const char *text, fence_error *err)
{
    struct port_word at;
    const char *why = port_word_parse(&at, str_of(text));
    int rc;

    if (!why)
        why = port_word_taken(&at, p->proxy->config, p->known, p->nhost);
    if (why)
        return port_word_fail(err, -EINVAL, text, why);
    rc = listen_at(p, &at);
    if (rc < 0)
        return port_word_fail(err, rc, text, why_not(rc));
    at.addr = loopback6;
    if (!at.alone || port_word_has(p->known, p->nhost, &at))
        return 0;
    rc = listen_at(p, &at);
    if (rc == UV_EADDRINUSE) /* clients of "localhost" would get to whoever that is */
        return port_word_fail(
            err, rc, text,
            "another program listens there on [::1]: end it, choose another port, or "
            "write 127.0.0.1 before this one");
    if (rc < 0)
        events_debug(&p->proxy->events, "port %u is open on 127.0.0.1 alone, without [::1]: %s",
                     at.port, uv_strerror(rc));
    return 0;
}

static size_t affordable_clients(void)
{
    struct rlimit limit;
    rlim_t clients = LIMIT_PORT_CLIENTS;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        rlim_t left = limit.rlim_cur > DESCRIPTORS_KEPT ? limit.rlim_cur - DESCRIPTORS_KEPT : 0;

        clients = left / 2 / DESCRIPTORS_CLIENT;
    }
    if (clients < 1)
        clients = 1;
    return clients < LIMIT_PORT_CLIENTS ? (size_t)clients : LIMIT_PORT_CLIENTS;
}

static void keep_descriptors(struct ports *p, int sign)
{
    struct proxy *proxy = p->proxy;

    proxy->kept_descriptors +=
        sign * (int)(p->clients * DESCRIPTORS_CLIENT + p->nhost + FAMILIES * p->nlocal);
    proxy->max_sessions = proxy_affordable_sessions(proxy);
}

static int open_host(struct ports *p, const char *const *texts, fence_error *err)
{
    int rc = lender_new(&p->lender, p->proxy->loop);

    if (rc < 0)
        return fail(err, rc, "cannot open ports: %s", uv_strerror(rc));
    p->clients = affordable_clients();
    for (size_t i = 0; texts[i] && rc == 0; i++) {
        if (i == LIMIT_PORTS)
            return fail(err, -EINVAL, "more than %d ports", LIMIT_PORTS);
        rc = open_port(p, texts[i], err);
    }
    return rc;
}

int ports_open(struct ports **out, struct proxy *proxy, const char *const *texts, fence_error *err)
{
    const struct config_ports *local = &proxy->config->local_ports;
    struct ports *p;
    int rc = 0;

    if (local->count == 0 && (!texts || !texts[0]))
        return 0;
    p = calloc(1, sizeof *p);
    if (!p)
        return fail(err, -ENOMEM, "out of memory");
    p->proxy = proxy;
    memset(p->unbound, -1, sizeof p->unbound);
    for (size_t i = 0; i < local->count; i++)
        p->local[p->nlocal++] = local->items[i];
    if (texts && texts[0])
        rc = open_host(p, texts, err);
    keep_descriptors(p, 1);
    if (rc < 0)
        ports_close(p);
    else
        *out = p;
    return rc;
}

/* ---- inside ---- */

unsigned ports_sockets(const struct ports *p)
{
    return p ? (unsigned)(p->nlocal + p->clients) : 0;
}

static bool is_of(int fd, int family)
{
    int domain = 0;
    socklen_t len = sizeof domain;

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == family;
}

int ports_take_sockets(struct ports *p, int *fds, size_t *count, fence_error *err)
{
    bool first = p && p->families == 0;
    size_t n = *count;
    int rc = 0;

    if (!p || p->families == FAMILIES || (n != ports_sockets(p) && (first || n > 0)) ||
        (n > 0 && !is_of(fds[0], first ? AF_INET : AF_INET6)))
        return fail(err, FENCE_ESANDBOX,
                    "the sandbox's helper cannot hand its ports out: raise the descriptor limit "
                    "(ulimit -n)");
    *count = 0;
    for (size_t i = 0; i < p->nlocal && n > 0; i++)
        p->unbound[p->families][i] = fds[i];
    if (p->lender && n > 0)
        rc = lender_fill(p->lender, first ? 4 : 6, fds + p->nlocal, n - p->nlocal);
    p->families++;
    return rc < 0 ? fail(err, rc, "out of memory") : 0;
}

/* 0 too where this machine has IPv6 switched off. */
static int listen_inside(struct ports *p, size_t family, size_t i, fence_error *err)
{
    struct sockaddr_storage at;
    uint16_t port = p->local[i];
    auto_fd int fd = take_fd(&p->unbound[family][i]);
    socklen_t len = addr_to_sockaddr(&at, family == 0 ? &loopback4 : &loopback6, port);
    int rc;

    if (fd < 0)
        return 0;
    if (bind(fd, (struct sockaddr *)&at, len) < 0) {
        if (family > 0 && errno == EADDRNOTAVAIL)
            return 0;
        return fail(err, -errno, "port %u of network.allowLocalOutboundPorts cannot be opened: %s",
                    port, strerror(errno));
    }
    rc = listener_adopt_local(&p->inside[p->ninside], p->proxy, port, take_fd(&fd), err);
    if (rc == 0)
        p->ninside++;
    return rc;
}

int ports_open_inside(struct ports *p, fence_error *err)
{
    int rc = 0;

    if (p && p->families != FAMILIES)
        return fail(err, FENCE_ESANDBOX, "the sandbox's helper kept its sockets to itself");
    for (size_t i = 0; p && i < p->nlocal; i++) {
        for (size_t family = 0; family < FAMILIES && rc == 0; family++)
            rc = listen_inside(p, family, i, err);
    }
    if (rc == 0 && p && p->lender)
        lender_open(p->lender);
    return rc;
}

bool ports_have(const struct ports *p, const struct listener *listener)
{
    bool found = false;

    for (size_t i = 0; p && i < p->nhost; i++)
        found = found || p->host[i] == listener;
    for (size_t i = 0; p && i < p->ninside; i++)
        found = found || p->inside[i] == listener;
    return found;
}

/* ---- end ---- */

void ports_close(struct ports *p)
{
    if (!p)
        return;
    keep_descriptors(p, -1);
    for (size_t i = 0; i < p->nhost; i++)
        listener_close(p->host[i]);
    for (size_t i = 0; i < p->ninside; i++)
        listener_close(p->inside[i]);
    for (size_t family = 0; family < FAMILIES; family++) {
        for (size_t i = 0; i < p->nlocal; i++) {
            if (p->unbound[family][i] >= 0)
                close(p->unbound[family][i]);
        }
    }
    lender_close(p->lender);
    free(p);
}
