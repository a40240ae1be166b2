/* SPDX-License-Identifier: Apache-2.0
 * session_socks5.c - the steps of a SOCKS5 client (RFC 1928): greeting, login where one is asked
 * for, request. The name is judged before anything is looked up, as with HTTP.
 *
 * A refused client reads why as a reply code, and then the end. */
#include "proxy/session.h"

#include <string.h>

#include "filter/rules.h"
#include "proto/reason.h"
#include "proxy/login.h"

static void socks5_continue(struct session *s);

/* ---- reading ---- */

static void client_bytes(struct peer *client, char *bytes, size_t len)
{
    struct session *s = client->owner;

    if (buf_append(&s->talk->in, bytes, len) < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD)
        socks5_continue(s);
    else
        peer_read_stop(client); /* it is being dialled for: one read of what comes after, no more */
}

static void client_end(struct peer *client, int status)
{
    (void)status;
    session_close(client->owner);
}

static void client_drained(struct peer *client, int status)
{
    struct session *s = client->owner;

    if (status < 0)
        session_abort(s);
    else if (s->state == SESSION_HEAD)
        socks5_continue(s);
}

static const struct peer_ops socks5_ops = {client_bytes, client_end, client_drained, NULL};

void session_socks5_begin(struct session *s, uint64_t deadline)
{
    s->state = SESSION_HEAD;
    s->request->kind = FENCE_SOCKS5;
    socks5_init(&s->talk->socks, login_is_required(s->proxy, s->listener));
    s->client.ops = &socks5_ops;
    s->client.read_max = LIMIT_HTTP_HEAD;
    session_deadline(s, deadline);
    peer_read_start(&s->client);
    if (s->state == SESSION_HEAD && s->talk->in.len > 0)
        socks5_continue(s);
}

/* ---- answers ---- */

/* Returns whether the session goes on. */
static bool say(struct session *s, const char *bytes, size_t len)
{
    if (peer_write(&s->client, bytes, len) >= 0)
        return true;
    session_abort(s);
    return false;
}

static void say_last(struct session *s, const char *bytes, size_t len)
{
    if (say(s, bytes, len))
        session_linger(s);
}

void session_socks5_refuse(struct session *s, const fence_decision *why)
{
    char reply[SOCKS5_REPLY];

    session_emit_response(s, why, reason_http_status(why->reason));
    say_last(s, reply, socks5_write_reply(reply, reason_socks_reply(why->reason)));
}

void session_socks5_connected(struct session *s)
{
    static const fence_decision allowed = {.verdict = FENCE_ALLOW};
    char reply[SOCKS5_REPLY];

    session_emit_response(s, &allowed, 200);
    if (say(s, reply, socks5_write_reply(reply, SOCKS5_SUCCEEDED)))
        tunnel_begin(s, s->talk->in.bytes, s->talk->in.len);
}

/* ---- steps ---- */

/* Says what the parser has for the client. Returns whether the session goes on. */
static bool answer(struct session *s, bool last)
{
    const struct socks5 *socks = &s->talk->socks;

    if (!last)
        return say(s, socks->answer, socks->answer_len);
    if (socks->answer_len > 0)
        say_last(s, socks->answer, socks->answer_len);
    else
        session_close(s); /* what does not speak SOCKS5 would not understand it */
    return false;
}

static bool check_login(struct session *s)
{
    bool right = login_matches_socks5(s->proxy, &s->talk->socks);

    return answer(s, socks5_login_judged(&s->talk->socks, right) != SOCKS5_ANSWER);
}

static void judge(struct session *s)
{
    struct session_request *r = s->request;

    r->host = s->talk->socks.host;
    r->port = s->talk->socks.port;
    r->started = uv_hrtime();
    r->sent_before = session_sent(s);
    r->received_before = session_received(s);
    memcpy(r->method, "CONNECT", sizeof "CONNECT");
    session_judge_tunnel(s);
}

static void refuse_malformed(struct session *s)
{
    fence_decision decision;

    rules_refuse_malformed(&decision, s->talk->socks.why);
    session_emit_response(s, &decision, reason_http_status(decision.reason));
    answer(s, true);
}

/* One message. Returns whether another may follow at once. */
static bool take_message(struct session *s)
{
    struct talk *talk = s->talk;
    size_t used = 0;
    enum socks5_status status = socks5_feed(&talk->socks, talk->in.bytes, talk->in.len, &used);

    buf_consume(&talk->in, used);
    switch (status) {
    case SOCKS5_MORE:
        return false;
    case SOCKS5_ANSWER:
        return answer(s, false);
    case SOCKS5_LOGIN:
        return check_login(s);
    case SOCKS5_REQUEST:
        judge(s);
        return false;
    case SOCKS5_REFUSED:
        refuse_malformed(s);
        return false;
    }
    return false;
}

static void socks5_continue(struct session *s)
{
    while (!s->client.writing && s->talk->in.len > 0 && take_message(s))
        ;
}
