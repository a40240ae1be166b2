/* SPDX-License-Identifier: Apache-2.0
 * session_http.c - the steps of an HTTP client: read a head, judge it, reach the upstream.
 *
 * Every request on a connection is judged anew; none rides on the connection of one before. */
#include "proxy/session.h"

#include <errno.h>
#include <string.h>

#include "filter/rules.h"
#include "proxy/hop.h"
#include "proxy/login.h"

static void session_http_continue(struct session *s);

/* ---- reading ---- */

static void client_bytes(struct peer *client, char *bytes, size_t len)
{
    struct session *s = client->owner;

    if (buf_append(&s->talk->in, bytes, len) < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD)
        session_http_continue(s);
}

static void client_end(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD && !client->writing)
        session_close(s); /* between two requests, or in the middle of one: nothing to answer */
}

static void client_drained(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD)
        session_http_continue(s);
}

static const struct peer_ops http_client_ops = {client_bytes, client_end, client_drained, NULL};

void session_http_begin(struct session *s, uint64_t deadline)
{
    session_finished(s);
    free(s->request->path);
    memset(s->request, 0, sizeof *s->request);
    s->request->kind = FENCE_HTTP;
    s->request->started = uv_hrtime(); /* of what turns out to be none, too */
    buf_consume(&s->talk->out, s->talk->out.len);
    memset(&s->talk->scan, 0, sizeof s->talk->scan);
    s->talk->scanned = 0;
    s->begun = false;
    s->state = SESSION_HEAD;
    s->client.ops = &http_client_ops;
    s->client.read_max = LIMIT_HTTP_HEAD;
    s->again = true;
    session_deadline(s, deadline);
    session_http_continue(s);
}

/* ---- refusing ---- */

static void refuse_head(struct session *s, const struct http1_refusal *why)
{
    fence_decision decision;

    rules_refuse_malformed(&decision, why->text);
    s->request->keep_alive = false;
    session_refuse(s, &decision, why->status);
}

/* ---- judging and reaching ---- */

static void open_tunnel(struct session *s)
{
    static const char established[] = "HTTP/1.1 200 Connection Established\r\n\r\n";
    static const fence_decision allowed = {.verdict = FENCE_ALLOW};

    session_emit_response(s, &allowed, 200);
    if (peer_write(&s->client, established, sizeof established - 1) < 0)
        session_abort(s);
    else
        tunnel_begin(s, s->talk->in.bytes, s->talk->in.len);
}

/* A request that may be sent again where the server had closed the connection already, unseen by us
 * (RFC 9110, section 9.2.2): it has no body, and to do it twice is as good as once. */
static bool may_repeat(const struct session_request *r)
{
    return r->kind == FENCE_HTTP && r->framing == HTTP1_NO_BODY && !r->upgrade_asked &&
           (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 ||
            strcmp(r->method, "OPTIONS") == 0);
}

void session_http_allowed(struct session *s)
{
    struct session_request *r = s->request;
    bool judged_by_name = /* a pooled one's address was judged before, for another request */
        !s->proxy->config->rules.by_address && !policy_wants_addresses(s->proxy->policy);
    struct peer *idle = NULL;

    /* Of a captured client: connected before it spoke. Not by a tunnel of a proxy on the way, for
     * which the request is written. */
    if (s->upstream && judged_by_name && !r->asks_proxy) {
        s->pooled = false;
        session_http_connected(s);
        return;
    }
    session_drop_upstream(s);
    if (may_repeat(r) && judged_by_name)
        idle = pool_take(&s->proxy->pool, &r->host, r->port);

    s->pooled = idle != NULL;
    if (!idle) {
        session_dial(s);
        return;
    }
    session_attach_upstream(s, idle);
    session_http_connected(s);
}

void session_http_connected(struct session *s)
{
    buf_consume(&s->talk->in, s->talk->scanned); /* nothing looks at the head any more */
    s->talk->scanned = 0;
    if (s->request->kind == FENCE_CONNECT)
        open_tunnel(s);
    else
        exchange_begin(s);
}

/* An HTTP proxy on the way gets the request as a proxy does; whatever else there is, as a server.
 */
static int write_head(struct session *s, struct http1_request *head)
{
    const struct session_request *r = s->request;
    const struct upstream *via = config_upstream(s->proxy->config, &r->host, r->port);
    char authorization[HOP_AUTHORIZATION];
    size_t len;

    s->request->asks_proxy = via && via->kind == UPSTREAM_HTTP;
    if (!s->request->asks_proxy)
        return http1_write_request(&s->talk->out, head);
    head->host = r->host; /* of a captured client: the proxy goes by the URL */
    head->port = r->port;
    len = hop_authorization(authorization, via);
    return http1_write_proxy_request(&s->talk->out, head, (struct str){authorization, len});
}

static int keep_request(struct session *s, struct http1_request *head)
{
    struct session_request *r = s->request;

    r->kind = head->connect ? FENCE_CONNECT : FENCE_HTTP;
    r->host = s->captured ? s->captured->host : head->host;
    r->port = s->captured ? s->captured->port : head->port;
    r->started = uv_hrtime();
    r->sent_before = session_sent(s);
    r->received_before = session_received(s);
    r->keep_alive = head->keep_alive;
    r->http10 = head->minor == 0;
    r->upgrade_asked = head->upgrade.len > 0;
    r->framing = head->framing;
    r->content_length = head->content_length;
    memcpy(r->method, head->method.bytes, head->method.len);
    r->method[head->method.len] = '\0';
    if (head->connect)
        return 0;
    r->path = strndup(head->path.bytes, head->path.len);
    return r->path ? write_head(s, head) : -ENOMEM;
}

/* An OPTIONS that may go no further is about this proxy: RFC 9110, section 7.6.2. */
static void answer_options(struct session *s)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\n"
                                 "Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS, CONNECT\r\n"
                                 "Content-Length: 0\r\nConnection: close\r\n\r\n";
    static const fence_decision here = {.verdict = FENCE_ALLOW, .rule = "built-in"};

    session_emit_response(s, &here, 200);
    if (peer_write(&s->client, answer, sizeof answer - 1) < 0)
        session_abort(s);
    else
        session_linger(s);
}

static bool parse(const struct session *s, struct http1_request *out, struct str head,
                  struct http1_refusal *why)
{
    const struct captured *c = s->captured;

    return c ? http1_parse_server_request(out, head, &c->host, c->port, why)
             : http1_parse_request(out, head, why);
}

static void judge(struct session *s, struct str head)
{
    static const fence_decision unauthorized = {
        .verdict = FENCE_DENY,
        .reason = FENCE_REASON_REQUEST_DENIED,
        .rule = "built-in",
        .message = "this proxy asks for a name and a password",
    };
    struct http1_request request;
    struct http1_refusal why;
    struct rules_request judged;
    fence_decision decision = {.verdict = FENCE_DENY};
    bool authorized;

    if (!parse(s, &request, head, &why)) {
        refuse_head(s, &why);
        return;
    }
    if (keep_request(s, &request) < 0) {
        session_refuse_memory(s);
        return;
    }
    authorized =
        !login_is_required(s->proxy, s->listener) || login_matches_request(s->proxy, &request);
    judged = session_judged(s);
    if (authorized && request.max_forwards != 0)
        session_decide(s, &judged, &request, &decision);
    if (s->captured)
        session_capture_judge_host(s, &request, &decision);
    if (!authorized) {
        session_refuse(s, &unauthorized, 407);
        return;
    }
    if (request.max_forwards == 0) {
        answer_options(s);
        return;
    }
    session_follow(s, &decision);
}

/* Its head is still there, unless it was sent on a connection that had waited, in vain. */
void session_http_judge_again(struct session *s)
{
    static const fence_decision again = {
        .verdict = FENCE_DENY,
        .reason = FENCE_REASON_CONNECTION_LOST,
        .message = "the rules have changed while the request was on its way: send it again",
    };

    if (s->talk->scanned == 0) {
        session_refuse(s, &again, 0);
        return;
    }
    free(take(&s->request->path));
    buf_consume(&s->talk->out, s->talk->out.len);
    judge(s, str_slice(buf_str(&s->talk->in), 0, s->talk->scanned));
}

/* ---- a head ---- */

static void want_more(struct session *s)
{
    if (s->client.read_ended) {
        session_close(s);
        return;
    }
    if (s->talk->in.len > 0 && !s->begun) {
        s->begun = true; /* from its first byte on, a head has its own deadline */
        session_deadline(s, LIMIT_HEAD_MS);
    }
    peer_read_start(&s->client);
}

/* Looks for one head in what has been read. */
static void look_for_head(struct session *s)
{
    static const struct http1_refusal malformed = {400,
                                                   "a line of the head does not end in CRLF, or "
                                                   "holds a control character"};
    static const struct http1_refusal too_large = {431, "the head is too large"};
    struct str unseen = buf_str(&s->talk->in);
    size_t used;

    unseen = str_slice(unseen, s->talk->scanned, unseen.len);
    switch (http1_scan_head(&s->talk->scan, unseen.bytes, unseen.len, &used)) {
    case HTTP1_SCAN_MORE:
        s->talk->scanned += used;
        want_more(s);
        return;
    case HTTP1_SCAN_DONE:
        s->talk->scanned += used;
        judge(s, str_slice(buf_str(&s->talk->in), 0, s->talk->scanned));
        return;
    case HTTP1_SCAN_MALFORMED:
        refuse_head(s, &malformed);
        return;
    case HTTP1_SCAN_TOO_LARGE:
        refuse_head(s, &too_large);
        return;
    }
}

/* One head after the other, as long as each is answered at once and the client takes the answers. A
 * refusal begins the next request, and so comes back here: it is the loop that goes on, not a
 * deeper call, for a client may send thousands in one breath. */
static void session_http_continue(struct session *s)
{
    if (s->looking)
        return;
    s->looking = true;
    do {
        s->again = false;
        if (s->client.writing)
            peer_read_stop(&s->client);
        else
            look_for_head(s);
    } while (s->again && s->state == SESSION_HEAD);
    s->looking = false;
}
