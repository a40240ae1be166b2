/* SPDX-License-Identifier: Apache-2.0
 * session.c - the life of a client connection: its timer, its refusals and its end. What it says
 * and hears in between is in session_http.c and exchange.c, session_socks5.c, tunnel.c and
 * tls_name.c. */
#include "proxy/session.h"

#include <errno.h>
#include <string.h>

#include "proto/reason.h"
#include "proxy/refusal.h"
#include "proxy/unix_socket.h"

/* ---- end: by counting handles ---- */

void session_end_talk(struct session *s)
{
    if (!s->talk)
        return;
    exchange_end(s);
    buf_deinit(&s->talk->in);
    buf_deinit(&s->talk->out);
    free(take(&s->talk));
}

void session_forget_request(struct session *s)
{
    if (!s->request)
        return;
    if (s->request->reached && policy_wants_close(s->proxy->policy)) {
        s->kept = take(&s->request);
        return;
    }
    free(s->request->path);
    free(take(&s->request));
}

static void session_free(struct session *s)
{
    list_remove(&s->link);
    s->proxy->nsessions--;
    s->proxy->nports -= s->of_port;
    if (s->proxy->nsessions == 0) /* an idle proxy holds nothing */
        splice_close(&s->proxy->buffer.pipe);
    tls_name_end(s);
    session_end_talk(s);
    session_forget_request(s);
    if (s->kept)
        free(s->kept->path);
    free(s->kept);
    if (s->captured)
        free(s->captured->refusal);
    free(s->captured);
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

void session_upstream_closed(struct peer *upstream)
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
    if (s->request)
        s->request->reached = true;
    s->handles++;
    upstream->owner = s;
    upstream->on_closed = session_upstream_closed;
}

struct peer *session_detach_upstream(struct session *s)
{
    struct peer *upstream = take(&s->upstream);

    if (!upstream)
        return NULL;
    s->to_client += upstream->received;
    upstream->received = 0;
    upstream->owner = NULL;
    s->handles--; /* never the last one: the client's is open */
    return upstream;
}

static void session_end(struct session *s, void (*end)(struct peer *))
{
    fence_event event = {.kind = FENCE_EVENT_CLOSE, .session = s->id};

    if (s->state == SESSION_CLOSING)
        return;
    s->state = SESSION_CLOSING;
    if (s->talk)
        asker_leave(&s->talk->asker);
    release_upstream(s, end);
    session_finished(s);
    event.bytes_sent = s->client.received;
    event.bytes_received = session_received(s);
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
        if (s->request->kind == FENCE_CAPTURE)
            session_capture_silent(s);
        else
            session_close(s);
        return;
    case SESSION_CAPTURED:
        session_capture_silent(s);
        return;
    case SESSION_LINGERING:
        session_close(s);
        return;
    case SESSION_EXCHANGE:
        exchange_timeout(s);
        return;
    case SESSION_TUNNEL:
        tunnel_timeout(s);
        return;
    case SESSION_ASKING:
        session_asked_too_long(s);
        return;
    case SESSION_ENTERING:
        session_port_timeout(s);
        return;
    case SESSION_DIALING: /* the dial has deadlines of its own */
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

/* ---- reaching the upstream ---- */

static void on_dialled(void *owner, struct peer *upstream, struct str early,
                       const fence_decision *refusal)
{
    struct session *s = owner;

    if (refusal && refusal->verdict == FENCE_ASK) { /* the dial waits */
        session_ask(s, refusal);
        return;
    }
    s->dial = NULL;
    if (session_rules_are_new(s)) {
        if (upstream)
            session_attach_upstream(s, upstream);
        session_judge_again(s);
        return;
    }
    if (refusal) {
        if (refusal->reason == FENCE_REASON_IP_PROHIBITED)
            session_emit_decision(s, refusal);
        session_refuse(s, refusal, 0);
        return;
    }
    session_attach_upstream(s, upstream);
    if (s->request->kind == FENCE_SOCKS5)
        session_socks5_connected(s);
    else if (s->request->kind == FENCE_LOCAL)
        session_local_connected(s);
    else if (s->request->kind == FENCE_CAPTURE)
        session_capture_connected(s);
    else
        session_http_connected(s);
    if (early.len > 0 && s->state == SESSION_CAPTURED)
        session_capture_early(s, early);
    else if (early.len > 0 && s->state == SESSION_TUNNEL)
        tunnel_early(s, early);
    else if (early.len > 0)
        session_abort(s); /* an answer before the question */
}

void session_dial(struct session *s)
{
    struct rules_request judged = session_judged(s);
    struct policy_request request = session_shown(s, &judged);

    s->state = SESSION_DIALING;
    peer_read_stop(&s->client);
    session_deadline(s, 0);
    if (session_rules_are_new(s))
        return; /* since a moment ago: session_rules_changed() is about to be called */
    if (dial_start(&s->dial, s->proxy, &request, s, on_dialled) < 0)
        session_refuse_memory(s);
}

bool session_owes(const struct session *s)
{
    switch (s->state) {
    case SESSION_TUNNEL:
        return tunnel_owes(s);
    case SESSION_EXCHANGE:
        return exchange_owes(s);
    default:
        return false;
    }
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

static const struct peer_ops lingering_ops = {lingering_bytes, lingering_end, lingering_drained,
                                              NULL};

void session_linger(struct session *s)
{
    session_drop_upstream(s);
    session_finished(s); /* what is still read belongs to no request */
    s->state = SESSION_LINGERING;
    s->client.ops = &lingering_ops;
    s->client.read_max = s->client.buffer->size;
    if (s->talk)
        buf_deinit(&s->talk->in);
    session_deadline(s, LIMIT_LINGER_MS);
    peer_shutdown(&s->client);
    if (s->client.shut && s->client.read_ended)
        session_close(s);
    else
        peer_read_start(&s->client);
}

static void refuse_http(struct session *s, const fence_decision *why, int status)
{
    auto_buf struct buf answer = BUF_INIT(LIMIT_HTTP_HEAD);
    bool to_head = strcmp(s->request->method, "HEAD") == 0;
    /* A refused CONNECT ends the connection, as with other proxies: Node's http module forgets to
     * close it, and its process would live on as long as we kept it. */
    bool keep_alive = s->request->keep_alive && s->request->kind != FENCE_CONNECT &&
                      !s->client.read_ended && s->request->framing == HTTP1_NO_BODY;

    if (status == 0)
        status = reason_http_status(why->reason);
    session_emit_response(s, why, status);
    if (refusal_write(&answer, why, status, keep_alive, to_head) < 0 ||
        peer_write(&s->client, answer.bytes, answer.len) < 0) {
        session_abort(s);
        return;
    }
    if (keep_alive)
        session_http_begin(s, LIMIT_IDLE_MS);
    else
        session_linger(s);
}

void session_refuse(struct session *s, const fence_decision *why, int status)
{
    session_drop_upstream(s);
    exchange_end(s);
    buf_deinit(&s->talk->out);
    buf_consume(&s->talk->in, s->talk->scanned);
    s->talk->scanned = 0;
    if (s->request->kind == FENCE_SOCKS5)
        session_socks5_refuse(s, why);
    else if (s->request->kind == FENCE_LOCAL)
        session_local_refuse(s, why);
    else if (s->request->kind == FENCE_CAPTURE)
        session_capture_refuse(s, why);
    else
        refuse_http(s, why, status);
}

void session_refuse_memory(struct session *s)
{
    static const fence_decision out_of_memory = {
        .verdict = FENCE_DENY,
        .reason = FENCE_REASON_INTERNAL_ERROR,
        .message = "out of memory",
    };

    s->request->keep_alive = false;
    session_refuse(s, &out_of_memory, 0);
}

/* ---- beginning ---- */

enum { SOCKS4 = 4, SOCKS5 = 5 }; /* the first bytes of their clients; no method of HTTP has them */

static void first_bytes(struct peer *client, char *bytes, size_t len)
{
    struct session *s = client->owner;

    if (buf_append(&s->talk->in, bytes, len) < 0)
        session_abort(s);
    else if (bytes[0] == SOCKS4 || bytes[0] == SOCKS5)
        session_socks5_begin(s, LIMIT_HEAD_MS);
    else
        session_http_begin(s, LIMIT_HEAD_MS);
}

static void first_end(struct peer *client, int status)
{
    (void)status;
    session_close(client->owner);
}

static const struct peer_ops first_ops = {first_bytes, first_end, first_end, NULL};

/* Waits for the byte that tells which protocol the client speaks. */
static void wait_for_first(struct session *s)
{
    s->state = SESSION_HEAD;
    s->client.ops = &first_ops;
    s->client.read_max = LIMIT_HTTP_HEAD;
    session_deadline(s, LIMIT_HEAD_MS);
    peer_read_start(&s->client);
}

static struct session *session_new(struct listener *listener)
{
    struct proxy *proxy = listener->proxy;
    auto_free struct session *s = calloc(1, sizeof *s);
    auto_free struct session_request *request = calloc(1, sizeof *request);
    auto_free struct talk *talk = calloc(1, sizeof *talk);

    if (!s || !request || !talk ||
        peer_init(&s->client, proxy->loop, &proxy->buffer,
                  listener->is_unix ? UV_NAMED_PIPE : UV_TCP) < 0)
        return NULL;
    uv_timer_init(proxy->loop, &s->timer);
    s->proxy = proxy;
    s->listener = listener;
    s->id = ++proxy->last_session;
    s->started = request->started = uv_hrtime();
    s->handles = 2;
    s->client.owner = s;
    s->client.on_closed = on_client_closed;
    asker_init(&talk->asker);
    talk->in = BUF_INIT(LIMIT_RELAY_BUFFER + LIMIT_HTTP_HEAD);
    talk->out = BUF_INIT(2 * LIMIT_HTTP_HEAD + LIMIT_RELAY_BUFFER);
    s->request = take(&request);
    s->talk = take(&talk);
    proxy->nsessions++;
    list_append(&proxy->sessions, &s->link);
    return take(&s);
}

/* Whoever is refused takes a descriptor too: where there are few, most are for those let in. */
static bool too_many_to_refuse(const struct proxy *proxy)
{
    unsigned few = (proxy->max_sessions + 1) / 2;

    return proxy_clients(proxy) >
           proxy->max_sessions + (few < LIMIT_REFUSING ? few : LIMIT_REFUSING);
}

/* There is no word in SOCKS5 for "try again", and the greeting has not been read. */
static void refuse_too_many(struct session *s)
{
    static const fence_decision too_many = {
        .verdict = FENCE_DENY,
        .reason = FENCE_REASON_LIMIT_REACHED,
        .message = "too many connections at once: try again, or allow more "
                   "(--max-clients, ulimit -n)",
    };

    session_http_begin(s, LIMIT_LINGER_MS);
    session_refuse(s, &too_many, 0);
}

/* Nobody is told in the protocol that he is one too many where there is no word for it. */
static bool is_mute(const struct listener *listener)
{
    return listener->leads == LISTENER_OUT || listener->leads == LISTENER_CAPTURE ||
           listener->protocol == FENCE_PROTOCOL_SOCKS5;
}

int session_accept(struct listener *listener, bool full)
{
    struct session *s = session_new(listener);

    if (!s)
        return -ENOMEM;
    if (uv_accept(&listener->io.stream, &s->client.io.stream) < 0 ||
        (listener->leads != LISTENER_IN && too_many_to_refuse(listener->proxy)) ||
        (full && is_mute(listener))) {
        session_close(s);
        return 0;
    }
    if (listener->is_unix && !unix_socket_is_ours(&s->client.io.handle)) {
        events_notice(&s->proxy->events, "a client was turned away: it is another user's");
        session_close(s);
        return 0;
    }
    if (!listener->is_unix)
        uv_tcp_nodelay(&s->client.io.tcp, 1);
    if (listener->leads == LISTENER_IN)
        session_port_begin(s);
    else if (listener->leads == LISTENER_OUT)
        session_local_begin(s);
    else if (listener->leads == LISTENER_CAPTURE)
        session_capture_begin(s);
    else if (full)
        refuse_too_many(s);
    else if (listener->protocol == FENCE_PROTOCOL_SOCKS5)
        session_socks5_begin(s, LIMIT_HEAD_MS);
    else if (listener->protocol == FENCE_PROTOCOL_HTTP)
        session_http_begin(s, LIMIT_HEAD_MS);
    else
        wait_for_first(s);
    return 0;
}
