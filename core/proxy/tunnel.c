/* SPDX-License-Identifier: Apache-2.0
 * tunnel.c - relays bytes both ways, once allowed.
 *
 * A half-close stays a half-close: one side's end of file is passed on after its last byte, and
 * the other direction goes on. A reset stays a reset. What one side does not take is not read
 * from the other. */
#include "proxy/session.h"

#include "filter/config.h"

static struct peer *other(struct session *s, struct peer *peer)
{
    return peer == &s->client ? s->upstream : &s->client;
}

/* What cannot go at once stops the reading. */
static void passed_on(struct peer *from, int rc)
{
    if (rc < 0)
        session_abort(from->owner);
    else if (rc > 0)
        peer_read_stop(from);
}

static void pass_on(struct peer *from, const char *bytes, size_t len)
{
    passed_on(from, len > 0 ? peer_write(other(from->owner, from), bytes, len) : 0);
}

/* A ClientHello in more than one piece goes on in one: the server sees no difference. */
static void pass_on_held(struct session *s, const char *bytes, size_t len)
{
    struct str held = tls_name_held(s);
    auto_buf struct buf whole = BUF_INIT(held.len + len);

    if (buf_append_str(&whole, held) < 0 || buf_append(&whole, bytes, len) < 0)
        session_abort(s);
    else
        pass_on(&s->client, whole.bytes, whole.len);
}

/* ---- time ---- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* How long this tunnel may live on if nobody speaks; UINT64_MAX without a deadline. */
static uint64_t time_left(const struct session *s)
{
    const struct fence_config *config = s->proxy->config;
    uint64_t idle = uv_now(s->proxy->loop) - s->active, left = UINT64_MAX;
    uint64_t age = (uv_hrtime() - s->started) / 1000000;
    uint64_t idle_most = config->tunnel_idle_s * UINT64_C(1000);
    uint64_t age_most = config->tunnel_total_s * UINT64_C(1000);

    if (idle_most > 0)
        left = least(left, idle < idle_most ? idle_most - idle : 0);
    if (age_most > 0)
        left = least(left, age < age_most ? age_most - age : 0);
    return left;
}

/* By default a tunnel may be silent for ever: SSH, and whatever waits for an event. */
static void set_deadline(struct session *s)
{
    uint64_t left = time_left(s);

    session_deadline(s, left == UINT64_MAX ? 0 : left + 1);
}

void tunnel_timeout(struct session *s)
{
    if (s->hello || time_left(s) == 0) /* half a ClientHello has a deadline of its own */
        session_abort(s);
    else
        set_deadline(s);
}

void tunnel_rules_changed(struct session *s)
{
    if (!s->hello)
        set_deadline(s);
}

/* ---- bytes ---- */

static void client_speaks(struct session *s, const char *bytes, size_t len)
{
    enum tls_name_verdict verdict =
        tls_name_wanted(s) ? tls_name_feed(s, bytes, len) : TLS_NAME_PASS;

    if (verdict != TLS_NAME_PASS)
        return;
    if (tls_name_held(s).len > 0)
        pass_on_held(s, bytes, len);
    else
        pass_on(&s->client, bytes, len);
    if (s->request) {
        tls_name_end(s);
        set_deadline(s);
    }
}

static void tunnel_bytes(struct peer *from, char *bytes, size_t len)
{
    struct session *s = from->owner;

    s->active = uv_now(s->proxy->loop);
    if (from == &s->client)
        client_speaks(s, bytes, len);
    else
        pass_on(from, bytes, len);
}

/* Bytes that nobody looks at any more need not come up here. */
static void tunnel_bulk(struct peer *from)
{
    struct session *s = from->owner;

    s->active = uv_now(s->proxy->loop);
    if (s->request)
        from->bulk = false; /* but these somebody does */
    else
        passed_on(from, peer_splice(from, other(s, from)));
}

bool tunnel_owes(const struct session *s)
{
    bool sandbox_is_upstream = s->listener && s->listener->leads == LISTENER_IN;

    return !(sandbox_is_upstream ? &s->client : s->upstream)->shut;
}

static void close_when_done(struct session *s)
{
    if (s->client.shut && s->upstream->shut)
        session_close(s);
}

static void tunnel_end(struct peer *from, int status)
{
    struct session *s = from->owner;

    if (status < 0 || (from == &s->client && tls_name_held(s).len > 0)) {
        session_abort(s); /* half a ClientHello: nobody knows what it would have asked for */
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

static const struct peer_ops tunnel_ops = {tunnel_bytes, tunnel_end, tunnel_drained, tunnel_bulk};

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
    s->state = SESSION_TUNNEL;
    s->active = uv_now(s->proxy->loop);
    set_deadline(s);
    s->client.ops = s->upstream->ops = &tunnel_ops;
    s->client.read_max = s->upstream->read_max = s->client.buffer->size;
    if (early_len > 0)
        client_speaks(s, early, early_len);
    if (s->state != SESSION_TUNNEL)
        return;
    session_end_talk(s);
    if (!tls_name_wanted(s))
        session_forget_request(s);
    /* An exchange that became a tunnel may be reading already what cannot be passed on yet. */
    relay(s->upstream, &s->client);
    if (s->state != SESSION_TUNNEL)
        return;
    if (s->client.read_ended)
        tunnel_end(&s->client, 0);
    else
        relay(&s->client, s->upstream);
}

void tunnel_early(struct session *s, struct str bytes)
{
    int rc = s->client.writing ? UV_EBUSY : peer_write(&s->client, bytes.bytes, bytes.len);

    if (rc < 0)
        session_abort(s);
    else if (rc > 0)
        peer_read_stop(s->upstream);
}
