/* SPDX-License-Identifier: Apache-2.0
 * exchange.c - a plain HTTP request and its response, each streamed in its own framing.
 *
 * The upstream connection serves this one request, and then perhaps others (pool.h). What the two
 * sides disagree about is never guessed: a response that breaks its framing resets the client, so
 * that half a body is not taken for a whole one. */
#include "proxy/session.h"

#include <errno.h>
#include <string.h>

/* ---- writing ---- */

/* A head that still has to be written goes out with the first bytes behind it, in one call. */
static int write_behind(struct peer *to, struct buf *head, const char *bytes, size_t len)
{
    int rc;

    if (head->len == 0)
        return len > 0 ? peer_write(to, bytes, len) : 0;
    rc = buf_append(head, bytes, len);
    if (rc == 0)
        rc = peer_write(to, head->bytes, head->len);
    buf_deinit(head);
    return rc;
}

static void touch(struct session *s)
{
    s->talk->exchange.active = uv_now(s->proxy->loop);
}

/* ---- ends ---- */

void exchange_end(struct session *s)
{
    if (!s->talk)
        return;
    buf_deinit(&s->talk->exchange.head);
    buf_deinit(&s->talk->exchange.pending);
}

/* Something of the answer has reached the client already: all that is left is to break it off. */
static void exchange_abort(struct session *s)
{
    static const fence_decision lost = {
        .verdict = FENCE_DENY,
        .reason = FENCE_REASON_CONNECTION_LOST,
        .message = "the exchange was broken off",
    };

    session_emit_response(s, &lost, s->talk->exchange.status);
    session_abort(s);
}

/* The upstream failed. As long as nothing final has gone to the client it gets an answer. */
static void exchange_fail(struct session *s, fence_reason reason, const char *message)
{
    fence_decision why = {.verdict = FENCE_DENY, .reason = reason};

    if (s->talk->exchange.status != 0 || s->client.writing) {
        exchange_abort(s);
        return;
    }
    memcpy(why.message, message, strlen(message) + 1);
    s->request->keep_alive = s->request->keep_alive && s->talk->exchange.request_done;
    s->request->framing = HTTP1_NO_BODY; /* its body is done, or the connection ends */
    session_refuse(s, &why, 0);
}

/* The connection that a repeated request was sent on was closed by its server before it said
 * anything: it is sent again on a new one. */
static bool send_again(struct session *s)
{
    struct exchange *x = &s->talk->exchange;

    if (!s->pooled || x->status != 0 || x->interim > 0 || x->head.len > 0)
        return false;
    s->pooled = false;
    exchange_end(s);
    session_drop_upstream(s);
    if (session_rules_are_new(s)) /* they came while the answer was awaited */
        session_judge_again(s);
    else
        session_dial(s);
    return true;
}

static void let_upstream_go(struct session *s)
{
    const struct session_request *r = s->request;
    size_t most = s->proxy->max_sessions / 4;

    if (s->talk->exchange.reusable && s->upstream && !session_rules_are_new(s))
        pool_put(&s->proxy->pool, session_detach_upstream(s), &r->host, r->port,
                 most < LIMIT_POOL ? most : LIMIT_POOL);
    else
        session_drop_upstream(s);
}

/* The response is complete; goes on once the client has taken all of it. */
static void exchange_finish(struct session *s)
{
    static const fence_decision allowed = {.verdict = FENCE_ALLOW};

    s->talk->exchange.response_done = true;
    let_upstream_go(s);
    if (s->client.writing)
        return;
    session_emit_response(s, &allowed, s->talk->exchange.status);
    exchange_end(s);
    if (s->talk->exchange.keep_alive && !(s->client.read_ended && s->talk->in.len == 0))
        session_http_begin(s, LIMIT_IDLE_MS);
    else
        session_linger(s);
}

void exchange_timeout(struct session *s)
{
    uint64_t idle = uv_now(s->proxy->loop) - s->talk->exchange.active;

    if (idle < LIMIT_EXCHANGE_IDLE_MS)
        session_deadline(s, LIMIT_EXCHANGE_IDLE_MS - idle);
    else
        exchange_fail(s, FENCE_REASON_RESPONSE_TIMEOUT, "the server has been silent for too long");
}

/* ---- the request: client to upstream ---- */

/* Passes on what belongs to the body, behind the head if that has not gone yet; the rest is the
 * next request and waits in `in`. */
static void forward_request(struct session *s, const char *bytes, size_t len)
{
    struct exchange *x = &s->talk->exchange;
    size_t used = 0;
    enum http1_body_status status = http1_body_feed(&x->request_body, bytes, len, &used);
    int rc;

    if (status == HTTP1_BODY_MALFORMED) {
        exchange_fail(s, FENCE_REASON_REQUEST_MALFORMED, "the chunked body is malformed");
        return;
    }
    if (s->pooled) /* without a body; the head is kept, as it may have to be sent again */
        rc = peer_write(s->upstream, s->talk->out.bytes, s->talk->out.len);
    else
        rc = write_behind(s->upstream, &s->talk->out, bytes, used);
    if (rc == -ENOMEM) { /* the server would wait for the rest, and the client for the server */
        exchange_fail(s, FENCE_REASON_INTERNAL_ERROR, "out of memory");
        return;
    }
    x->request_stuck = rc < 0; /* there may be an answer all the same: it is read */
    x->request_done = status == HTTP1_BODY_DONE;
    if (used < len && buf_append(&s->talk->in, bytes + used, len - used) < 0) {
        exchange_abort(s);
        return;
    }
    if (rc != 0 || s->talk->in.len > 0)
        peer_read_stop(&s->client);
}

static void client_bytes(struct peer *client, char *bytes, size_t len)
{
    struct session *s = client->owner;

    touch(s);
    if (s->upstream && !s->talk->exchange.request_done) {
        forward_request(s, bytes, len);
        return;
    }
    peer_read_stop(client); /* the next request: one read of it, no more */
    if (buf_append(&s->talk->in, bytes, len) < 0)
        exchange_abort(s);
}

bool exchange_owes(const struct session *s)
{
    const struct exchange *x = &s->talk->exchange;

    return s->upstream && !x->request_stuck && (!x->request_done || s->upstream->writing);
}

static void client_end(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0 || (!s->talk->exchange.request_done && !s->talk->exchange.response_done))
        exchange_abort(s);
}

static void client_drained(struct peer *client, int status)
{
    struct session *s = client->owner;

    touch(s);
    if (status < 0)
        exchange_abort(s);
    else if (s->talk->exchange.response_done)
        exchange_finish(s);
    else if (s->upstream)
        peer_read_start(s->upstream);
}

static const struct peer_ops client_ops = {client_bytes, client_end, client_drained, NULL};

/* ---- the response: upstream to client ---- */

/* 101: from here on the bytes mean something else. `rest` are the first of them. */
static void switch_protocols(struct session *s, const char *rest, size_t len)
{
    static const fence_decision allowed = {.verdict = FENCE_ALLOW};
    auto_buf struct buf early = s->talk->in;

    s->talk->in = BUF_INIT(early.max);
    s->talk->exchange.status = 101;
    session_emit_response(s, &allowed, 101);
    if (write_behind(&s->client, &s->talk->exchange.pending, rest, len) < 0)
        session_abort(s);
    else
        tunnel_begin(s, early.bytes, early.len);
}

/* A head is complete: what the client will see of it is put into `pending`. Returns false when the
 * exchange has failed. */
static bool take_head(struct session *s)
{
    struct exchange *x = &s->talk->exchange;
    struct http1_response response;
    struct http1_refusal why;
    bool interim;

    if (!http1_parse_response(&response, buf_str(&x->head), str_of(s->request->method),
                              s->request->upgrade_asked, &why)) {
        exchange_fail(s, FENCE_REASON_RESPONSE_MALFORMED, why.text);
        return false;
    }
    if (response.status == 407 && s->request->asks_proxy) { /* nobody behind us can answer that */
        exchange_fail(s, FENCE_REASON_REQUEST_DENIED,
                      "the upstream proxy wants a name and a password: write them into its URL");
        return false;
    }
    interim = response.status < 200 && response.status != 101;
    if (interim && ++x->interim > LIMIT_HTTP_INTERIM) {
        exchange_fail(s, FENCE_REASON_RESPONSE_MALFORMED, "the server sends 1xx without end");
        return false;
    }
    x->reusable = response.keep_alive && response.status != 101 && x->request_done &&
                  !x->request_stuck && !s->request->upgrade_asked;
    x->strip = response.framing == HTTP1_CHUNKED && s->request->http10;
    x->keep_alive = s->request->keep_alive && x->request_done && !s->request->http10 &&
                    response.framing != HTTP1_UNTIL_CLOSE;
    if ((!interim || !s->request->http10) && /* RFC 9110, section 15.2: no 1xx for HTTP/1.0 */
        http1_write_response(&x->pending, &response, x->strip ? HTTP1_STRIPPED : HTTP1_AS_IS,
                             x->keep_alive || interim || response.status == 101) < 0) {
        exchange_fail(s, FENCE_REASON_INTERNAL_ERROR, "out of memory");
        return false;
    }
    if (!interim) {
        x->status = response.status;
        http1_body_init(&x->response_body, response.framing, response.content_length);
    }
    buf_consume(&x->head, x->head.len);
    memset(&x->scan, 0, sizeof x->scan);
    return true;
}

static void forward_response(struct session *s, char *bytes, size_t len)
{
    struct exchange *x = &s->talk->exchange;
    size_t used = 0, kept = 0;
    enum http1_body_status status = HTTP1_BODY_MORE;
    int rc;

    if (x->status != 0 && x->strip) {
        status = http1_body_strip(&x->response_body, bytes, len, &used, &kept);
    } else if (x->status != 0) {
        status = http1_body_feed(&x->response_body, bytes, len, &used);
        kept = used;
    }
    rc = write_behind(&s->client, &x->pending, bytes, kept);
    if (rc < 0 || status == HTTP1_BODY_MALFORMED) {
        exchange_abort(s);
        return;
    }
    if (rc > 0)
        peer_read_stop(s->upstream);
    if (status == HTTP1_BODY_DONE) {
        x->reusable = x->reusable && used == len; /* what follows answers nothing */
        exchange_finish(s);
    }
}

static void upstream_bytes(struct peer *upstream, char *bytes, size_t len)
{
    struct session *s = upstream->owner;
    struct exchange *x = &s->talk->exchange;
    enum http1_scan_status status;
    size_t used;

    touch(s);
    while (x->status == 0 && len > 0) {
        status = http1_scan_head(&x->scan, bytes, len, &used);
        if (status == HTTP1_SCAN_MALFORMED || status == HTTP1_SCAN_TOO_LARGE) {
            exchange_fail(s, FENCE_REASON_RESPONSE_MALFORMED,
                          "the server's answer is no head that can be read one way only");
            return;
        }
        if (buf_append(&x->head, bytes, used) < 0) {
            exchange_fail(s, FENCE_REASON_INTERNAL_ERROR, "out of memory");
            return;
        }
        bytes += used;
        len -= used;
        if (status == HTTP1_SCAN_DONE && !take_head(s))
            return;
    }
    if (x->status == 101)
        switch_protocols(s, bytes, len);
    else
        forward_response(s, bytes, len);
}

static void upstream_end(struct peer *upstream, int status)
{
    struct session *s = upstream->owner;
    struct exchange *x = &s->talk->exchange;

    x->reusable = false;
    if (send_again(s))
        return;
    if (x->status == 0)
        exchange_fail(s, FENCE_REASON_CONNECTION_LOST,
                      status < 0 ? uv_strerror(status)
                                 : "the server closed the connection without an answer");
    else if (status == 0 && http1_body_may_end(&x->response_body))
        exchange_finish(s);
    else
        exchange_abort(s);
}

static void upstream_drained(struct peer *upstream, int status)
{
    struct session *s = upstream->owner;
    struct exchange *x = &s->talk->exchange;

    touch(s);
    if (status < 0)
        x->request_stuck = true; /* its answer, or its end, is still read */
    else if (!x->request_stuck && s->talk->in.len == 0)
        peer_read_start(&s->client);
}

static const struct peer_ops upstream_ops = {upstream_bytes, upstream_end, upstream_drained, NULL};

/* ---- beginning ---- */

/* How much to read at once: bytes beyond the body belong to the next request, and wait in memory.
 */
static size_t read_limit(const struct session_request *request)
{
    switch (request->framing) {
    case HTTP1_LENGTH:
        if (request->content_length < LIMIT_RELAY_BUFFER - LIMIT_HTTP_HEAD)
            return (size_t)request->content_length + LIMIT_HTTP_HEAD;
        return LIMIT_RELAY_BUFFER;
    case HTTP1_CHUNKED:
        return LIMIT_HTTP_CHUNKED_READ;
    case HTTP1_NO_BODY:
    case HTTP1_UNTIL_CLOSE:
        break;
    }
    return LIMIT_HTTP_HEAD;
}

void exchange_begin(struct session *s)
{
    auto_buf struct buf read_already = s->talk->in;
    struct exchange *x = &s->talk->exchange;

    s->talk->in = BUF_INIT(read_already.max);
    memset(x, 0, sizeof *x);
    x->head = BUF_INIT(2 * LIMIT_HTTP_HEAD);
    x->pending = BUF_INIT(LIMIT_HTTP_INTERIM * 2 * LIMIT_HTTP_HEAD + LIMIT_RELAY_BUFFER);
    http1_body_init(&x->request_body, s->request->framing, s->request->content_length);
    s->state = SESSION_EXCHANGE;
    s->client.ops = &client_ops;
    s->client.read_max = read_limit(s->request);
    s->upstream->ops = &upstream_ops;
    touch(s);
    session_deadline(s, LIMIT_EXCHANGE_IDLE_MS);
    forward_request(s, read_already.bytes ? read_already.bytes : "", read_already.len);
    if (s->state != SESSION_EXCHANGE)
        return;
    peer_read_start(s->upstream);
    if (!s->upstream->writing && s->talk->in.len == 0 && !x->request_stuck)
        peer_read_start(&s->client);
}
