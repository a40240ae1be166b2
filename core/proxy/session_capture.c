/* SPDX-License-Identifier: Apache-2.0
 * session_capture.c - a client in a sandbox that has connected to somewhere outside, and was led to
 * us: it knows nothing of a proxy. Where it wanted to is known from the address; what it speaks,
 * from its first words.
 *
 * A request of HTTP is read and judged as one, everything else as a tunnel. Where the rules may
 * tell requests apart those words are awaited before anything is judged; else the tunnel is judged
 * and dialled at once, as in many protocols the server speaks first. One that is refused is heard
 * for a moment, so that it can be told why in HTTP or TLS. */
#include "proxy/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "filter/rules.h"
#include "proto/http1_sniff.h"
#include "proto/reason.h"

#define PORT_HTTP     80
#define TLS_HANDSHAKE 0x16 /* the first byte of a client's: RFC 8446, section 5.1 */

/* ---- refusing ---- */

bool session_capture_program(char out[LISTENER_PROGRAM], const struct session *s)
{
    const struct listener_capture *capture = s->listener ? s->listener->capture : NULL;
    struct sockaddr_storage from;
    int len = sizeof from;
    struct addr addr;
    uint16_t port;

    return capture && uv_tcp_getpeername(&s->client.io.tcp, (struct sockaddr *)&from, &len) == 0 &&
           addr_from_sockaddr(&addr, &port, (struct sockaddr *)&from) &&
           capture->program(out, capture->payload, &addr, port, &s->captured->addr,
                            s->captured->port);
}

/* Once in a run: a program that is reset has no words for why, and who has read it knows. */
static void tell(struct session *s, const fence_decision *why)
{
    struct listener_capture *capture = s->listener ? s->listener->capture : NULL;
    char program[LISTENER_PROGRAM] = "a program";

    if (!capture || capture->told ||
        (why->reason != FENCE_REASON_REQUEST_DENIED && why->reason != FENCE_REASON_IP_PROHIBITED))
        return;
    capture->told = true;
    session_capture_program(program, s);
    events_alert(&s->proxy->events, "%s: %s%s%s; others are reported with -m", program,
                 why->message[0] ? why->message : reason_phrase(403),
                 why->cure[0] ? "; allow it: " : "", why->cure);
}

static bool speaks_tls(const struct session *s)
{
    return s->talk && s->talk->in.len > 0 && s->talk->in.bytes[0] == TLS_HANDSHAKE;
}

/* There is no word for it in a protocol that is not known. */
void session_capture_refuse(struct session *s, const fence_decision *why)
{
    session_emit_response(s, why, reason_http_status(why->reason));
    tell(s, why);
    if (speaks_tls(s))
        tls_name_refuse(s);
    else
        session_abort(s);
}

static void refuse_unjudged(struct session *s, const char *message)
{
    fence_decision decision = {
        .verdict = FENCE_DENY, .reason = FENCE_REASON_REQUEST_DENIED, .rule = "built-in"};

    snprintf(decision.message, sizeof decision.message, "%s", message);
    session_emit_decision(s, &decision);
    session_capture_refuse(s, &decision);
}

/* ---- once connected: who speaks first ---- */

/* A server that speaks or leaves before it was asked is not asked any more. */
static void waiting_bytes(struct peer *upstream, char *bytes, size_t len)
{
    (void)bytes;
    (void)len;
    session_drop_upstream(upstream->owner);
}

static void waiting_end(struct peer *upstream, int status)
{
    (void)status;
    session_drop_upstream(upstream->owner);
}

static const struct peer_ops waiting_ops = {waiting_bytes, waiting_end, waiting_end, NULL};

/* What is connected already waits for the request: session_http_allowed(). */
static void become_http(struct session *s)
{
    if (s->upstream)
        s->upstream->ops = &waiting_ops;
    session_http_begin(s, LIMIT_HEAD_MS);
}

static void become_tunnel(struct session *s)
{
    tunnel_begin(s, s->talk->in.bytes, s->talk->in.len);
}

/* What was decided already, unless the rules are others by now. */
static void judge_tunnel(struct session *s)
{
    auto_free fence_decision *refusal = take(&s->captured->refusal);

    if (refusal && !session_rules_are_new(s))
        session_follow(s, refusal);
    else
        session_judge_tunnel(s);
}

static void look_at_words(struct session *s)
{
    switch (http1_sniff(buf_str(&s->talk->in))) {
    case HTTP1_SNIFF_MORE:
        if (s->state == SESSION_CAPTURED && !uv_is_active((uv_handle_t *)&s->timer))
            session_deadline(s, LIMIT_WORDS_MS); /* a method, or a word that waits for its answer */
        return;
    case HTTP1_SNIFF_REQUEST:
        become_http(s);
        return;
    case HTTP1_SNIFF_OTHER:
        if (s->upstream)
            become_tunnel(s);
        else
            judge_tunnel(s);
        return;
    }
}

void session_capture_silent(struct session *s)
{
    if (s->state == SESSION_CAPTURED)
        become_tunnel(s);
    else
        judge_tunnel(s);
}

/* The server speaks first. */
void session_capture_early(struct session *s, struct str bytes)
{
    become_tunnel(s);
    if (s->state == SESSION_TUNNEL)
        tunnel_early(s, bytes);
}

static void connected_bytes(struct peer *from, char *bytes, size_t len)
{
    struct session *s = from->owner;

    if (from == &s->client) {
        if (buf_append(&s->talk->in, bytes, len) < 0)
            session_abort(s);
        else
            look_at_words(s);
        return;
    }
    session_capture_early(s, (struct str){bytes, len});
}

static void connected_end(struct peer *from, int status)
{
    struct session *s = from->owner;

    if (status < 0)
        session_abort(s);
    else if (from == &s->client)
        become_tunnel(s); /* it has said all it will */
    else
        session_close(s);
}

static void connected_drained(struct peer *to, int status)
{
    if (status < 0)
        session_abort(to->owner);
}

static const struct peer_ops connected_ops = {connected_bytes, connected_end, connected_drained,
                                              NULL};

void session_capture_connected(struct session *s)
{
    static const fence_decision allowed = {.verdict = FENCE_ALLOW};

    session_emit_response(s, &allowed, 200);
    if (s->talk->in.len > 0) { /* they have been looked at: no request */
        become_tunnel(s);
        return;
    }
    s->state = SESSION_CAPTURED;
    s->client.ops = s->upstream->ops = &connected_ops;
    s->client.read_max = LIMIT_HTTP_HEAD;
    s->upstream->read_max = s->upstream->buffer->size;
    session_deadline(s, 0);
    peer_read_start(s->upstream);
    if (s->state != SESSION_CAPTURED)
        return;
    if (s->client.read_ended)
        become_tunnel(s);
    else
        peer_read_start(&s->client);
}

/* ---- before: its first words, where they are awaited ---- */

static void first_bytes(struct peer *client, char *bytes, size_t len)
{
    struct session *s = client->owner;

    if (buf_append(&s->talk->in, bytes, len) < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD)
        look_at_words(s);
    else
        peer_read_stop(client); /* it is being dialled for: one read of what comes after, no more */
}

static void first_end(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD)
        judge_tunnel(s);
}

static void first_drained(struct peer *client, int status)
{
    if (status < 0)
        session_abort(client->owner);
}

static const struct peer_ops first_ops = {first_bytes, first_end, first_drained, NULL};

/* May the rules say yes to one request, and no to another of the same client? */
static bool words_matter(const struct session *s)
{
    return s->captured->port == PORT_HTTP || s->proxy->config->rules.count > 0;
}

static void await_words(struct session *s, uint64_t milliseconds)
{
    session_deadline(s, milliseconds);
    peer_read_start(&s->client);
}

static void begin(struct session *s)
{
    struct rules_request judged = session_judged(s);
    fence_decision decision;

    s->state = SESSION_HEAD;
    s->client.ops = &first_ops;
    s->client.read_max = LIMIT_HTTP_HEAD;
    if (words_matter(s)) {
        await_words(s, LIMIT_HEAD_MS);
        return;
    }
    session_decide(s, &judged, NULL, &decision);
    if (decision.verdict == FENCE_DENY)
        s->captured->refusal = malloc(sizeof decision);
    if (s->captured->refusal) {
        *s->captured->refusal = decision;
        await_words(s, LIMIT_WORDS_MS);
    } else {
        session_follow(s, &decision);
    }
}

/* ---- where to ---- */

static bool is_loopback(const struct addr *addr)
{
    return addr_classify(addr) == ADDR_LOOPBACK;
}

/* Where it has connected to: what is known of one that nobody can tell more of. */
static void find_own_end(struct captured *out, const struct session *s)
{
    struct sockaddr_storage at;
    int len = sizeof at;

    if (uv_tcp_getsockname(&s->client.io.tcp, (struct sockaddr *)&at, &len) == 0)
        addr_from_sockaddr(&out->addr, &out->port, (struct sockaddr *)&at);
}

/* Returns what is wrong with it, or NULL. */
static const char *find_target(struct captured *out, struct session *s)
{
    const struct listener_capture *capture = s->listener->capture;
    char text[ADDR_TEXT];
    uv_os_fd_t fd;
    bool known = uv_fileno(&s->client.io.handle, &fd) == 0 &&
                 capture->destination(&out->addr, &out->port, capture->payload, fd);

    if (!known)
        find_own_end(out, s);
    addr_format(text, &out->addr);
    host_parse_bare(&out->host, str_of(text));
    if (!known)
        return "nobody knows where this connection was to go";
    if (is_loopback(
            &out->addr)) /* nothing leads from there to us but a connection to this very port */
        return "this port is fence's own, and serves what is led to it";
    if (inside_names_find(&out->host, capture->names, &out->addr) == INSIDE_FORGOTTEN)
        return "the address stands for no name any more: look the name up again";
    return NULL;
}

void session_capture_begin(struct session *s)
{
    struct session_request *r = s->request;
    const char *wrong;

    r->kind = FENCE_CAPTURE;
    memcpy(r->method, "CONNECT", sizeof "CONNECT");
    s->captured = calloc(1, sizeof *s->captured);
    if (!s->captured) {
        session_abort(s);
        return;
    }
    wrong = find_target(s->captured, s);
    r->host = s->captured->host;
    r->port = s->captured->port;
    if (wrong)
        refuse_unjudged(s, wrong);
    else
        begin(s);
}

/* ---- the host that a request names ---- */

/* The connection goes where the client has connected to. A request that names another host there
 * is judged as one to that, too: one address serves many names (RFC 9110, section 7.4). */
void session_capture_judge_host(struct session *s, const struct http1_request *head,
                                fence_decision *decision)
{
    struct rules_request judged = session_judged(s);
    fence_decision other;
    char shown[120];

    if (decision->verdict != FENCE_ALLOW ||
        str_equal(host_str(&head->host), host_str(&s->captured->host)))
        return;
    judged.host = &head->host;
    judged.other = true;
    session_decide(s, &judged, head, &other);
    if (other.verdict == FENCE_ALLOW ||
        (s->captured->host.is_addr && other.verdict == FENCE_DENY && other.rule[0] == '\0'))
        return; /* an address was allowed as that, so only a rule that denies the name ends it */
    other.verdict = FENCE_DENY;
    other.reason = FENCE_REASON_REQUEST_DENIED;
    if (other.rule[0] == '\0') {
        str_escape(shown, sizeof shown, host_str(&head->host));
        snprintf(other.message, sizeof other.message,
                 "the request names another host, %s, which no rule allows", shown);
    }
    *decision = other;
}
