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

static const struct peer_ops socks5_ops = {client_bytes, client_end, client_drained};

void session_socks5_begin(struct session *s, uint64_t deadline)
{
    s->state = SESSION_HEAD;
    s->request->kind = FENCE_SOCKS5;
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

static bool choose_method(struct session *s)
{
    struct socks5 *socks = &s->talk->socks;
    char answer[SOCKS5_METHOD];
    uint8_t method = socks5_choose(socks, login_is_required(s->proxy, s->listener));

    if (method != SOCKS5_NO_METHOD)
        return say(s, answer, socks5_write_method(answer, method));
    say_last(s, answer, socks5_write_method(answer, method));
    return false;
}

static bool check_login(struct session *s)
{
    const struct socks5 *socks = &s->talk->socks;
    char answer[SOCKS5_LOGIN_ANSWER];

    if (login_matches(s->proxy, socks5_user(socks), socks5_password(socks)))
        return say(s, answer, socks5_write_login(answer, true));
    say_last(s, answer, socks5_write_login(answer, false));
    return false;
}

static void judge(struct session *s)
{
    struct session_request *r = s->request;
    fence_decision decision;

    r->host = s->talk->socks.host;
    r->port = s->talk->socks.port;
    r->started = uv_hrtime();
    memcpy(r->method, "CONNECT", sizeof "CONNECT");
    rules_decide_host(&decision, s->proxy->config, &r->host, r->port);
    session_emit_decision(s, &decision);
    if (decision.verdict == FENCE_ALLOW)
        session_dial(s);
    else
        session_refuse(s, &decision, 0);
}

/* What is no SOCKS5 gets no answer that a SOCKS5 client would understand. */
static void refuse_malformed(struct session *s)
{
    char reply[SOCKS5_REPLY];
    uint8_t code = s->talk->socks.reply;
    fence_decision decision;

    rules_refuse_malformed(&decision, s->talk->socks.why);
    session_emit_response(s, &decision, reason_http_status(decision.reason));
    if (code == SOCKS5_SUCCEEDED)
        session_close(s);
    else
        say_last(s, reply, socks5_write_reply(reply, code));
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
    case SOCKS5_METHODS:
        return choose_method(s);
    case SOCKS5_LOGIN:
        return check_login(s);
    case SOCKS5_REQUEST:
        judge(s);
        return false;
    case SOCKS5_MALFORMED:
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
