/* SPDX-License-Identifier: Apache-2.0
 * hop.c - the conversation with an upstream proxy, until it has opened a tunnel or said no. */
#include "proxy/hop.h"

#include <errno.h>
#include <string.h>

#include "base/base64.h"

static void done(struct hop *hop, fence_reason reason, const char *message)
{
    peer_read_stop(hop->peer);
    hop->on_done(hop, reason, message);
}

/* ---- CONNECT ---- */

size_t hop_authorization(char out[HOP_AUTHORIZATION], const struct upstream *upstream)
{
    char login[2 * UPSTREAM_LOGIN + 1];
    struct str scheme = STR("Basic ");
    size_t len;

    if (upstream->user_len == 0)
        return 0;
    memcpy(login, upstream->user, upstream->user_len);
    login[upstream->user_len] = ':';
    memcpy(login + upstream->user_len + 1, upstream->password, upstream->password_len);
    memcpy(out, scheme.bytes, scheme.len);
    len = upstream->user_len + 1u + upstream->password_len;
    return scheme.len + base64_encode(out + scheme.len, (struct str){login, len});
}

static void write_connect(struct buf *out, const struct hop *hop)
{
    char authority[HOST_AUTHORITY], authorization[HOP_AUTHORIZATION];
    size_t len = hop_authorization(authorization, hop->upstream);

    host_format_authority(authority, hop->host, hop->port, 0);
    buf_printf(out, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", authority, authority);
    if (len > 0)
        buf_printf(out, "Proxy-Authorization: %.*s\r\n", (int)len, authorization);
    buf_append_text(out, "\r\n");
}

static void judge_status(struct hop *hop, int status)
{
    if (status >= 200 && status < 300)
        done(hop, FENCE_REASON_NONE, NULL);
    else if (status == 407)
        done(hop, FENCE_REASON_REQUEST_DENIED,
             "the upstream proxy wants a name and a password: write them into its URL");
    else if (status == 403)
        done(hop, FENCE_REASON_REQUEST_DENIED, "the upstream proxy refuses this host");
    else
        done(hop, FENCE_REASON_CONNECTION_LOST, "the upstream proxy cannot reach this host");
}

/* Returns whether another head may follow: a 1xx comes before the answer. */
static bool take_head(struct hop *hop)
{
    struct http1_response response;
    struct http1_refusal why;
    struct str head = str_slice(buf_str(&hop->in), 0, hop->scanned);

    if (!http1_parse_response(&response, head, STR("CONNECT"), false, &why)) {
        done(hop, FENCE_REASON_RESPONSE_MALFORMED, "the upstream proxy's answer is malformed");
        return false;
    }
    buf_consume(&hop->in, hop->scanned);
    hop->scanned = 0;
    memset(&hop->scan, 0, sizeof hop->scan);
    if (response.status < 200 && ++hop->interim <= LIMIT_HTTP_INTERIM)
        return true;
    judge_status(hop, response.status);
    return false;
}

static void read_http(struct hop *hop)
{
    bool again = true;

    while (again) {
        struct str unseen = str_slice(buf_str(&hop->in), hop->scanned, hop->in.len);
        size_t used = 0;
        enum http1_scan_status status =
            http1_scan_head(&hop->scan, unseen.bytes, unseen.len, &used);

        hop->scanned += used;
        if (status == HTTP1_SCAN_MORE)
            return;
        if (status != HTTP1_SCAN_DONE) {
            done(hop, FENCE_REASON_RESPONSE_MALFORMED, "the upstream proxy's answer is malformed");
            return;
        }
        again = take_head(hop);
    }
}

/* ---- SOCKS5 ---- */

static fence_reason reason_of_reply(uint8_t reply)
{
    switch (reply) { /* RFC 1928, section 6 */
    case 2:
        return FENCE_REASON_REQUEST_DENIED;
    case 3:
    case 4:
        return FENCE_REASON_IP_UNROUTABLE;
    case 5:
        return FENCE_REASON_CONNECTION_REFUSED;
    case 6:
        return FENCE_REASON_CONNECTION_TIMEOUT;
    default:
        return FENCE_REASON_CONNECTION_LOST;
    }
}

/* False when that ended it. */
static bool say(struct hop *hop, const struct buf *words)
{
    int rc = words->error;

    if (rc == 0)
        rc = peer_write(hop->peer, words->bytes, words->len);
    if (rc >= 0)
        return true;
    if (rc == -ENOMEM)
        done(hop, FENCE_REASON_INTERNAL_ERROR, "out of memory");
    else
        done(hop, FENCE_REASON_CONNECTION_LOST, "the upstream proxy closed the connection");
    return false;
}

/* Returns whether what is left may be another answer: one that came ahead of its question. */
static bool take_answer(struct hop *hop)
{
    auto_buf struct buf words = BUF_INIT(LIMIT_HTTP_HEAD);
    size_t used = 0;
    enum socks5_client_status status =
        socks5_client_feed(&hop->socks, hop->in.bytes, hop->in.len, &used, &words);

    switch (status) {
    case SOCKS5_CLIENT_MORE:
    case SOCKS5_CLIENT_SAY:
        buf_consume(&hop->in, used);
        return status == SOCKS5_CLIENT_SAY && say(hop, &words);
    case SOCKS5_CLIENT_READY:
        buf_consume(&hop->in, used);
        done(hop, FENCE_REASON_NONE, NULL);
        break;
    case SOCKS5_CLIENT_LOGIN:
        done(hop, FENCE_REASON_REQUEST_DENIED,
             "the upstream proxy wants another name and password: write them into its URL");
        break;
    case SOCKS5_CLIENT_REFUSED:
        done(hop, reason_of_reply(hop->socks.reply), "the upstream proxy cannot reach this host");
        break;
    case SOCKS5_CLIENT_MALFORMED:
        done(hop, FENCE_REASON_RESPONSE_MALFORMED, "the upstream proxy does not speak SOCKS5");
        break;
    }
    return false;
}

static void read_socks(struct hop *hop)
{
    bool again = true;

    while (again)
        again = take_answer(hop) && hop->in.len > 0;
}

/* ---- bytes ---- */

static void on_bytes(struct peer *peer, char *bytes, size_t len)
{
    struct hop *hop = peer->owner;
    int rc = buf_append(&hop->in, bytes, len);

    if (rc == -ENOMEM)
        done(hop, FENCE_REASON_INTERNAL_ERROR, "out of memory");
    else if (rc < 0)
        done(hop, FENCE_REASON_RESPONSE_MALFORMED, "the upstream proxy's answer is too long");
    else if (hop->upstream->kind == UPSTREAM_HTTP)
        read_http(hop);
    else
        read_socks(hop);
}

static void on_end(struct peer *peer, int status)
{
    (void)status;
    done(peer->owner, FENCE_REASON_CONNECTION_LOST, "the upstream proxy closed the connection");
}

static void on_drained(struct peer *peer, int status)
{
    if (status < 0)
        on_end(peer, status);
}

static const struct peer_ops hop_ops = {on_bytes, on_end, on_drained, NULL};

void hop_begin(struct hop *hop, struct peer *peer)
{
    auto_buf struct buf words = BUF_INIT(LIMIT_HTTP_HEAD);
    const struct upstream *upstream = hop->upstream;

    hop->peer = peer;
    hop->in = BUF_INIT(2 * LIMIT_HTTP_HEAD);
    peer->owner = hop;
    peer->ops = &hop_ops;
    peer->read_max = LIMIT_HTTP_HEAD;
    if (upstream->kind == UPSTREAM_HTTP) {
        write_connect(&words, hop);
    } else {
        hop->socks = (struct socks5_client){
            .host = hop->host,
            .port = hop->port,
            .user = {upstream->user, upstream->user_len},
            .password = {upstream->password, upstream->password_len},
        };
        socks5_client_greet(&words, &hop->socks);
    }
    peer_read_start(peer);
    say(hop, &words);
}

void hop_deinit(struct hop *hop)
{
    buf_deinit(&hop->in);
}
