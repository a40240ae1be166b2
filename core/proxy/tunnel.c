/* SPDX-License-Identifier: Apache-2.0
 * tunnel.c - relays bytes both ways, once allowed.
 *
 * A half-close stays a half-close: one side's end of file is passed on after its last byte, and
 * the other direction goes on. A reset stays a reset. What one side does not take is not read
 * from the other. */
#include "proxy/session.h"

static struct peer *other(struct session *s, struct peer *peer)
{
    return peer == &s->client ? s->upstream : &s->client;
}

static void tunnel_bytes(struct peer *from, char *bytes, size_t len)
{
    struct session *s = from->owner;
    int rc = peer_write(other(s, from), bytes, len);

    if (rc < 0)
        session_abort(s);
    else if (rc > 0)
        peer_read_stop(from);
}

static void close_when_done(struct session *s)
{
    if (s->client.shut && s->upstream->shut)
        session_close(s);
}

static void tunnel_end(struct peer *from, int status)
{
    struct session *s = from->owner;

    if (status < 0) {
        session_abort(s);
        return;
    }
    peer_shutdown(other(s, from));
    close_when_done(s);
}

static void tunnel_drained(struct peer *to, int status)
{
    struct session *s = to->owner;

    if (status < 0)
        session_abort(s);
    else if (to->write_ended)
        close_when_done(s);
    else
        peer_read_start(other(s, to));
}

static const struct peer_ops tunnel_ops = {tunnel_bytes, tunnel_end, tunnel_drained};

/* Reads from `from` unless `to` has still something to write. */
static void relay(struct peer *from, const struct peer *to)
{
    if (to->writing)
        peer_read_stop(from);
    else
        peer_read_start(from);
}

void tunnel_begin(struct session *s, const char *early, size_t early_len)
{
    int rc = early_len > 0 ? peer_write(s->upstream, early, early_len) : 0;

    if (rc < 0) {
        session_abort(s);
        return;
    }
    s->state = SESSION_TUNNEL;
    session_deadline(s, 0);
    exchange_end(s);
    buf_deinit(&s->in);
    buf_deinit(&s->out);
    s->client.ops = s->upstream->ops = &tunnel_ops;
    s->client.read_max = s->upstream->read_max = s->client.buffer->size;
    /* An exchange that became a tunnel may be reading already what cannot be passed on yet. */
    relay(s->upstream, &s->client);
    if (s->state != SESSION_TUNNEL)
        return;
    if (s->client.read_ended)
        peer_shutdown(s->upstream);
    else
        relay(&s->client, s->upstream);
}
