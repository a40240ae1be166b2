/* SPDX-License-Identifier: Apache-2.0
 * session.c - the life of a client connection: its timer, its refusals and its end. What it says
 * and hears in between is in session_http.c, exchange.c and tunnel.c. */
#include "proxy/session.h"

#include <errno.h>
#include <string.h>

#include "proto/reason.h"
#include "proxy/refusal.h"

/* ---- end: by counting handles ---- */

static void session_free(struct session *s)
{
    list_remove(&s->link);
    s->proxy->nsessions--;
    exchange_end(s);
    buf_deinit(&s->in);
    buf_deinit(&s->out);
    free(s->request.path);
    free(s);
}

static void session_handle_closed(struct session *s)
{
    if (--s->handles == 0)
        session_free(s);
}

static void on_client_closed(struct peer *client)
{
    session_handle_closed(CONTAINER_OF(client, struct session, client));
}

static void on_timer_closed(uv_handle_t *handle)
{
    session_handle_closed(CONTAINER_OF(handle, struct session, timer));
}

static void on_upstream_closed(struct peer *upstream)
{
    struct session *s = upstream->owner;

    free(upstream);
    session_handle_closed(s);
}

static void release_upstream(struct session *s, void (*end)(struct peer *))
{
    struct peer *upstream = take(&s->upstream);

    dial_cancel(take(&s->dial));
    if (!upstream)
        return;
    s->to_client += upstream->received;
    end(upstream);
}

void session_drop_upstream(struct session *s)
{
    release_upstream(s, peer_close);
}

void session_attach_upstream(struct session *s, struct peer *upstream)
{
    s->upstream = upstream;
    s->handles++;
    upstream->owner = s;
    upstream->on_closed = on_upstream_closed;
}

static void session_end(struct session *s, void (*end)(struct peer *))
{
    fence_event event = {.kind = FENCE_EVENT_CLOSE, .session = s->id};

    if (s->state == SESSION_CLOSING)
        return;
    s->state = SESSION_CLOSING;
    release_upstream(s, end);
    event.bytes_sent = s->client.received;
    event.bytes_received = s->to_client;
    event.duration_us = (uv_hrtime() - s->started) / 1000;
    end(&s->client);
    uv_close((uv_handle_t *)&s->timer, on_timer_closed);
    events_emit(&s->proxy->events, &event);
}

void session_close(struct session *s)
{
    session_end(s, peer_close);
}

void session_abort(struct session *s)
{
    session_end(s, peer_reset);
}

/* ---- time ---- */

static void on_deadline(uv_timer_t *timer)
{
    struct session *s = CONTAINER_OF(timer, struct session, timer);

    switch (s->state) {
    case SESSION_HEAD:
    case SESSION_LINGERING:
        session_close(s);
        return;
    case SESSION_EXCHANGE:
        exchange_timeout(s);
        return;
    case SESSION_DIALING: /* the dial has deadlines of its own */
    case SESSION_TUNNEL:
    case SESSION_CLOSING:
        return;
    }
}

void session_deadline(struct session *s, uint64_t milliseconds)
{
    if (milliseconds == 0)
        uv_timer_stop(&s->timer);
    else
        uv_timer_start(&s->timer, on_deadline, milliseconds, 0);
}

/* ---- events ---- */

static fence_request public_request(const struct session *s)
{
    const struct session_request *r = &s->request;
    fence_request request = FENCE_REQUEST_INIT;

    request.kind = r->kind;
    request.host = r->host.text;
    request.port = r->port;
    request.method = r->method;
    request.scheme = r->kind == FENCE_HTTP ? "http" : NULL;
    request.path = r->path;
    return request;
}

static void emit(struct session *s, fence_event *event)
{
    fence_request request = public_request(s);

    event->session = s->id;
    event->request = request.method[0] != '\0' ? &request : NULL;
    events_emit(&s->proxy->events, event);
}

void session_emit_decision(struct session *s, const fence_decision *decision)
{
    fence_event event = {.kind = FENCE_EVENT_DECISION, .decision = decision};

    emit(s, &event);
}

void session_emit_response(struct session *s, const fence_decision *decision, int status)
{
    fence_event event = {.kind = FENCE_EVENT_RESPONSE, .decision = decision, .status = status};

    event.duration_us = (uv_hrtime() - s->request.started) / 1000;
    emit(s, &event);
}

/* ---- the last answer ---- */

static void lingering_bytes(struct peer *client, char *bytes, size_t len)
{
    (void)client;
    (void)bytes;
    (void)len;
}

static void lingering_end(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0 || client->shut)
        session_close(s);
}

static void lingering_drained(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0 || (client->shut && client->read_ended))
        session_close(s);
}

static const struct peer_ops lingering_ops = {lingering_bytes, lingering_end, lingering_drained};

void session_linger(struct session *s)
{
    session_drop_upstream(s);
    s->state = SESSION_LINGERING;
    s->client.ops = &lingering_ops;
    s->client.read_max = s->client.buffer->size;
    buf_deinit(&s->in);
    session_deadline(s, LIMIT_LINGER_MS);
    peer_shutdown(&s->client);
    if (s->client.shut && s->client.read_ended)
        session_close(s);
    else
        peer_read_start(&s->client);
}

void session_refuse(struct session *s, const fence_decision *why, int status)
{
    auto_buf struct buf answer = BUF_INIT(LIMIT_HTTP_HEAD);
    /* A refused CONNECT ends the connection, as with other proxies: Node's http module forgets to
     * close it, and its process would live on as long as we kept it. */
    bool keep_alive = s->request.keep_alive && s->request.kind != FENCE_CONNECT &&
                      !s->client.read_ended && s->request.framing == HTTP1_NO_BODY;

    if (status == 0)
        status = reason_http_status(why->reason);
    session_drop_upstream(s);
    exchange_end(s);
    buf_deinit(&s->out);
    session_emit_response(s, why, status);
    if (refusal_write(&answer, why, status, keep_alive, strcmp(s->request.method, "HEAD") == 0) <
            0 ||
        peer_write(&s->client, answer.bytes, answer.len) < 0) {
        session_abort(s);
        return;
    }
    if (keep_alive)
        session_http_begin(s, LIMIT_IDLE_MS);
    else
        session_linger(s);
}

/* ---- beginning ---- */

static struct session *session_new(struct listener *listener)
{
    struct proxy *proxy = listener->proxy;
    struct session *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    if (peer_init(&s->client, proxy->loop, &proxy->buffer) < 0) {
        free(s);
        return NULL;
    }
    uv_timer_init(proxy->loop, &s->timer);
    s->proxy = proxy;
    s->listener = listener;
    s->id = ++proxy->last_session;
    s->started = s->request.started = uv_hrtime();
    s->handles = 2;
    s->client.owner = s;
    s->client.on_closed = on_client_closed;
    s->in = BUF_INIT(LIMIT_RELAY_BUFFER + LIMIT_HTTP_HEAD);
    s->out = BUF_INIT(2 * LIMIT_HTTP_HEAD + LIMIT_RELAY_BUFFER);
    proxy->nsessions++;
    list_append(&proxy->sessions, &s->link);
    return s;
}

/* Whoever is refused takes a descriptor too: where there are few, most are for those let in. */
static bool too_many_to_refuse(const struct proxy *proxy)
{
    unsigned few = proxy->max_sessions / 2;

    return proxy->nsessions > proxy->max_sessions + (few < LIMIT_REFUSING ? few : LIMIT_REFUSING);
}

void session_accept(struct listener *listener, bool full)
{
    static const fence_decision too_many = {
        .verdict = FENCE_DENY,
        .reason = FENCE_REASON_LIMIT_REACHED,
        .message = "too many connections at once: try again, or raise the descriptor limit "
                   "(ulimit -n)",
    };
    struct session *s = session_new(listener);

    if (!s)
        return; /* out of memory: libuv offers no other one until this one is taken */
    if (uv_accept((uv_stream_t *)&listener->tcp, (uv_stream_t *)&s->client.tcp) < 0 ||
        too_many_to_refuse(listener->proxy)) {
        session_close(s);
        return;
    }
    uv_tcp_nodelay(&s->client.tcp, 1);
    if (full) {
        session_http_begin(s, LIMIT_LINGER_MS);
        session_refuse(s, &too_many, 0);
    } else {
        session_http_begin(s, LIMIT_HEAD_MS);
    }
}
