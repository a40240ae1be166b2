/* SPDX-License-Identifier: Apache-2.0
 * session_port.c - a client of this machine's that wants a server inside a sandbox (-p): connected
 * by a socket from in there, to 127.0.0.1 or else ::1, and relayed.
 *
 * Nothing is judged: whoever started the sandbox has opened the port. */
#include "proxy/session.h"

struct entry { /* a connection into the sandbox */
    struct peer peer;
    uv_connect_t req;
    struct loan *loan;
    int family;
};

static int enter(struct session *s, struct loan *loan, int family);

static void on_entry_closed(struct peer *peer)
{
    struct entry *entry = CONTAINER_OF(peer, struct entry, peer);

    loan_return(entry->loan); /* no handle has its socket any more */
    _Static_assert(offsetof(struct entry, peer) == 0, "session_upstream_closed() frees the peer");
    session_upstream_closed(peer);
}

static void give_up(struct session *s, int why)
{
    events_debug(&s->proxy->events, "a client of port %u was turned away: %s", s->listener->port,
                 why == UV_ECONNREFUSED ? "nothing in the sandbox listens there"
                                        : uv_strerror(why));
    session_abort(s);
}

static void on_entered(uv_connect_t *req, int status)
{
    struct entry *entry = CONTAINER_OF(req, struct entry, req);
    struct session *s = entry->peer.owner;

    if (entry->peer.closing)
        return;
    if (status == 0) {
        uv_tcp_nodelay(&entry->peer.io.tcp, 1);
        tunnel_begin(s, NULL, 0);
        return;
    }
    session_drop_upstream(s);
    if (entry->family != 4 || enter(s, entry->loan, 6) < 0)
        give_up(s, status);
}

static void set_destination(struct sockaddr_storage *out, int family, uint16_t port)
{
    struct addr loopback = {.family = (uint8_t)family};

    if (family == 4)
        loopback.bytes[0] = 127;
    loopback.bytes[family == 4 ? 3 : 15] = 1;
    addr_to_sockaddr(out, &loopback, port);
}

static int enter(struct session *s, struct loan *loan, int family)
{
    auto_free struct entry *entry = calloc(1, sizeof *entry);
    struct sockaddr_storage to;
    struct peer *peer;
    int fd = loan_open(loan, family);
    int rc = fd;

    if (fd >= 0)
        rc = entry ? peer_init(&entry->peer, s->proxy->loop, &s->proxy->buffer, UV_TCP) : -ENOMEM;
    if (rc < 0) {
        if (fd >= 0) {
            close(fd);
            loan_return(loan);
        }
        return rc;
    }
    entry->loan = loan;
    entry->family = family;
    peer = &entry->peer;
    session_attach_upstream(s, peer);
    peer->on_closed = on_entry_closed;
    rc = uv_tcp_open(&peer->io.tcp, fd);
    if (rc < 0)
        close(fd);
    set_destination(&to, family, s->listener->port);
    if (rc == 0)
        rc = uv_tcp_connect(&entry->req, &peer->io.tcp, (struct sockaddr *)&to, on_entered);
    (void)take(&entry); /* the session's */
    if (rc < 0)
        session_drop_upstream(s);
    return rc;
}

void session_port_begin(struct session *s)
{
    struct loan *loan = lender_take(s->listener->lender);
    int rc;

    session_end_talk(s);
    session_forget_request(s);
    s->proxy->nports++;
    s->of_port = true;
    s->state = SESSION_ENTERING;
    session_deadline(s, LIMIT_DIAL_MS);
    rc = enter(s, loan, 4);
    loan_return(loan);
    if (rc < 0)
        give_up(s, rc);
}

void session_port_timeout(struct session *s)
{
    give_up(s, UV_ETIMEDOUT);
}
