/* SPDX-License-Identifier: Apache-2.0
 * session.h - one client connection, from its first byte to its last closed handle. Its steps as
 * an HTTP client are in session_http.c, exchange.c and tunnel.c. */
#ifndef FENCE_PROXY_SESSION_H
#define FENCE_PROXY_SESSION_H

#include "base/buf.h"
#include "proto/http1.h"
#include "proto/http1_body.h"
#include "proxy/dialer.h"
#include "proxy/listener.h"
#include "proxy/peer.h"
#include "proxy/proxy.h"

enum session_state {
    SESSION_HEAD,      /* a request head is awaited                              */
    SESSION_DIALING,   /* allowed; the upstream is being reached                 */
    SESSION_EXCHANGE,  /* a plain HTTP request and its response are under way    */
    SESSION_TUNNEL,    /* bytes both ways                                        */
    SESSION_LINGERING, /* answered for the last time; the client's rest is read  */
    SESSION_CLOSING    /* late callbacks end here                                */
};

struct session_request { /* the request under way */
    fence_request_kind kind;
    struct host host;
    uint16_t port;
    char method[LIMIT_HTTP_METHOD + 1];
    char *path;       /* NULL for a tunnel; owned */
    uint64_t started; /* uv_hrtime()           */
    bool keep_alive, http10;
    bool upgrade_asked;
    enum http1_framing framing;
    uint64_t content_length;
};

struct exchange { /* plain HTTP under way; see exchange.c */
    struct http1_scan scan;
    struct http1_body request_body, response_body;
    struct buf head;    /* the response head so far                             */
    struct buf pending; /* heads for the client, not written yet                */
    unsigned interim;   /* 1xx responses so far                                 */
    int status;         /* of the final response; 0 before                      */
    uint64_t active;    /* uv_now() of the last byte                            */
    bool request_done;
    bool request_stuck; /* the upstream takes no more of it                */
    bool response_done;
    bool strip; /* the chunked coding is taken off                      */
    bool keep_alive;
};

struct session {
    struct proxy *proxy;
    struct listener *listener; /* NULL once it is closed */
    struct list link;          /* of proxy.sessions      */
    uint64_t id;
    uint64_t started; /* uv_hrtime() */

    enum session_state state;
    unsigned handles; /* what on_closed() still has to be called for */
    struct peer client;
    struct peer *upstream; /* NULL unless connected */
    struct dial *dial;     /* NULL unless dialling  */
    uv_timer_t timer;

    struct http1_scan scan;
    struct buf in;      /* bytes of the client not used yet          */
    size_t scanned;     /* of `in`                                   */
    bool begun;         /* the first byte of a head has been seen    */
    bool looking;       /* session_http_continue() is at work         */
    bool again;         /* and has another head to look for           */
    uint64_t to_client; /* bytes of upstreams that are gone        */
    struct buf out;     /* the head for the upstream while it is dialled */
    struct session_request request;
    struct exchange exchange;
};

/* Takes a connection from `listener`. With `full`, the client is told so and nothing else. */
void session_accept(struct listener *listener, bool full);

/* ---- what the steps of a session share ---- */

/* Restarts the session's only timer; 0 stops it. What its end means depends on the state. */
void session_deadline(struct session *s, uint64_t milliseconds);

/* Answers the request under way with a refusal and goes on, or lingers, or closes. `why` is
 * emitted as the RESPONSE event as well. `status` overrides the reason's where a parser knows
 * better (405, 431, 505); 0 otherwise. */
void session_refuse(struct session *s, const fence_decision *why, int status);

void session_emit_decision(struct session *s, const fence_decision *decision);
void session_emit_response(struct session *s, const fence_decision *decision, int status);

/* Half-closes towards the client and reads what it still sends, for LIMIT_LINGER_MS: closing with
 * unread bytes would reset the connection and take our answer with it (RFC 9112, section 9.6). */
void session_linger(struct session *s);

void session_close(struct session *s); /* in order   */
void session_abort(struct session *s); /* by a reset */

/* Takes a connected upstream. */
void session_attach_upstream(struct session *s, struct peer *upstream);

/* Gives up the dial or drops the upstream, whichever there is. */
void session_drop_upstream(struct session *s);

/* ---- steps ---- */

void session_http_begin(struct session *s, uint64_t deadline); /* waits for a request        */
void exchange_begin(struct session *s);   /* the upstream is connected                       */
void exchange_end(struct session *s);     /* frees; harmless without an exchange             */
void exchange_timeout(struct session *s); /* the session's timer, in SESSION_EXCHANGE        */
void tunnel_begin(struct session *s, const char *early, size_t early_len);

#endif
