/* SPDX-License-Identifier: Apache-2.0
 * session.h - one client connection, from its first byte to its last closed handle. Its steps
 * are in session_http.c and exchange.c, session_socks5.c, session_local.c, session_port.c,
 * session_capture.c, tunnel.c and tls_name.c. */
#ifndef FENCE_PROXY_SESSION_H
#define FENCE_PROXY_SESSION_H

#include "base/buf.h"
#include "proto/http1.h"
#include "proto/http1_body.h"
#include "proto/socks5.h"
#include "proxy/dialer.h"
#include "proxy/listener.h"
#include "proxy/peer.h"
#include "proxy/proxy.h"

enum session_state {
    SESSION_HEAD,      /* a request is awaited                                   */
    SESSION_ASKING,    /* a person is asked                                      */
    SESSION_DIALING,   /* allowed; the upstream is being reached                 */
    SESSION_EXCHANGE,  /* a plain HTTP request and its response are under way    */
    SESSION_ENTERING,  /* a client of a host's port is being connected inside    */
    SESSION_CAPTURED,  /* a captured client is connected: whoever speaks first is awaited */
    SESSION_TUNNEL,    /* bytes both ways                                        */
    SESSION_LINGERING, /* answered for the last time; the client's rest is read  */
    SESSION_CLOSING    /* late callbacks end here                                */
};

struct session_request { /* the request under way */
    fence_request_kind kind;
    struct host host;
    uint16_t port;
    char method[LIMIT_HTTP_METHOD + 1];
    char *path;                            /* NULL for a tunnel; owned */
    uint64_t started;                      /* uv_hrtime()           */
    uint64_t sent_before, received_before; /* see session_finished() */
    bool reached;                          /* an upstream was connected for it */
    bool dropped;                          /* on_event wants nothing reported  */
    bool replaced;                         /* it has said its own line         */
    bool keep_alive, http10;
    bool upgrade_asked;
    bool asks_proxy; /* its head is written for an HTTP proxy on the way */
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
    bool strip;      /* the chunked coding is taken off     */
    bool keep_alive; /* towards the client                  */
    bool reusable;   /* the upstream may serve another request */
};

struct talk { /* what a session says and hears before it becomes a tunnel, or instead */
    struct http1_scan scan;
    struct socks5 socks;
    struct buf in;  /* bytes of the client not used yet             */
    size_t scanned; /* of `in`; a whole head until it is dropped    */
    struct buf out; /* the head for the upstream while it is dialled */
    struct exchange exchange;
    struct asker asker;
    struct session *session; /* whose it is, for the asker */
};

struct captured { /* where a client that was led to us has connected to */
    struct host host;
    struct addr addr; /* what that was inside */
    uint16_t port;
    fence_decision *refusal; /* of its tunnel, while its first words are awaited; owned, or NULL */
};

struct hello; /* tls_name.c: a tunnel's first bytes, while their server name is not known */

struct session {
    struct proxy *proxy;
    struct listener *listener; /* NULL once it is closed */
    struct list link;          /* of proxy.sessions      */
    uint64_t id;
    uint64_t started;   /* uv_hrtime() */
    uint64_t rules_seq; /* proxy.rules_seq when it was judged last */

    enum session_state state;
    bool begun;       /* the first byte of a head has been seen    */
    bool looking;     /* session_http_continue() is at work        */
    bool again;       /* and has another head to look for          */
    bool pooled;      /* the upstream served others before         */
    bool of_port;     /* it is one of proxy.nports                 */
    uint16_t handles; /* what on_closed() still has to be called for */
    struct peer client;
    struct peer *upstream; /* NULL unless connected */
    struct dial *dial;     /* NULL unless dialling  */
    uv_timer_t timer;
    uint64_t active;    /* of a tunnel: uv_now() of the last byte */
    uint64_t to_client; /* bytes of upstreams that are gone */

    /* Owned, and freed as soon as they cannot be asked for any more: an idle tunnel is small. */
    struct session_request *request; /* NULL in a tunnel whose first bytes have been judged */
    struct session_request *kept;    /* the same one, where policies have an on_close       */
    struct talk *talk;               /* NULL in a tunnel                                    */
    struct captured *captured;       /* NULL but in a session of LISTENER_CAPTURE           */
    struct hello *hello;             /* NULL but in a tunnel that begins with TLS           */
};

/* Takes a connection from `listener`. With `full`, the client is told so and nothing else. Returns
 * 0, or -ENOMEM when nobody was taken. */
int session_accept(struct listener *listener, bool full);

/* ---- what the steps of a session share ---- */

/* The request under way as the rules see it; it borrows from the session. */
struct rules_request session_judged(const struct session *s);

/* The same as policies see it, but for the headers. */
struct policy_request session_shown(const struct session *s, const struct rules_request *judged);

/* The same as the host program sees it; borrowed. */
void session_show_request(const struct session *s, fence_request *out);

/* Rules and policies decide about it. `head`: where fence can read the request; or NULL. */
void session_decide(struct session *s, const struct rules_request *judged,
                    const struct http1_request *head, fence_decision *out);

/* The request under way is over: on_close, if it has reached an upstream. Harmless otherwise. */
void session_finished(struct session *s);

/* Bytes that the client's requests so far were made of, and what has come back. */
uint64_t session_sent(const struct session *s);
uint64_t session_received(const struct session *s);

/* Restarts the session's only timer; 0 stops it. What its end means depends on the state. */
void session_deadline(struct session *s, uint64_t milliseconds);

/* Answers the request under way with a refusal and goes on, or lingers, or closes. `why` is
 * emitted as the RESPONSE event as well. `status` overrides the reason's where a parser knows
 * better (405, 431, 505); 0 otherwise. */
void session_refuse(struct session *s, const fence_decision *why, int status);
void session_refuse_memory(struct session *s); /* for want of it */

void session_emit_decision(struct session *s, const fence_decision *decision);
void session_emit_response(struct session *s, const fence_decision *decision, int status);
void session_emit_tls(struct session *s, const fence_decision *decision, const char *server_name,
                      bool encrypted);

/* Half-closes towards the client and reads what it still sends, for LIMIT_LINGER_MS: closing with
 * unread bytes would reset the connection and take our answer with it (RFC 9112, section 9.6). */
void session_linger(struct session *s);

void session_close(struct session *s); /* in order   */
void session_abort(struct session *s); /* by a reset */

/* Dials for the request under way, which has been allowed. */
void session_dial(struct session *s);

/* Judges the tunnel that is asked for, and does what session_follow() does. */
void session_judge_tunnel(struct session *s);

/* Says what was decided, and dials, refuses or asks. The caller is done with the request then. */
void session_follow(struct session *s, const fence_decision *decision);

/* Has a person asked, and goes on with the answer. */
void session_ask(struct session *s, const fence_decision *question);
void session_asked_too_long(struct session *s); /* the session's timer, in SESSION_ASKING */

void session_judge_again(struct session *s); /* as if the request had only now come */

/* The rules have been replaced: what is being dialled is judged again. */
void session_rules_changed(struct session *s);
bool session_rules_are_new(const struct session *s); /* since it was judged */

/* Are bytes that a sandbox sent, or its end of file, still on their way to the other end? */
bool session_owes(const struct session *s);

/* Takes a connected upstream. */
void session_attach_upstream(struct session *s, struct peer *upstream);

/* What closes the upstream calls this, unless it wants to hear of it first. */
void session_upstream_closed(struct peer *upstream);

/* Gives its connected upstream away; NULL without one. */
struct peer *session_detach_upstream(struct session *s);

/* Free what will not be asked for any more. */
void session_end_talk(struct session *s);
void session_forget_request(struct session *s);

/* Gives up the dial or drops the upstream, whichever there is. */
void session_drop_upstream(struct session *s);

/* ---- steps ---- */

void session_http_begin(struct session *s, uint64_t deadline); /* waits for a request       */
void session_http_connected(struct session *s);                /* the upstream is connected */
void session_http_judge_again(struct session *s);              /* a request, while dialling */
void session_http_allowed(struct session *s);                  /* reaches the upstream      */
void session_socks5_begin(struct session *s, uint64_t deadline);
void session_socks5_connected(struct session *s);
void session_socks5_refuse(struct session *s, const fence_decision *why);
void session_local_begin(struct session *s); /* a client inside, of a service of the host */
void session_local_connected(struct session *s);
void session_local_refuse(struct session *s, const fence_decision *why);
void session_capture_begin(struct session *s);  /* a client inside that knows of no proxy */
void session_capture_silent(struct session *s); /* the session's timer */
void session_capture_connected(struct session *s);
void session_capture_early(struct session *s, struct str bytes); /* of the server */
void session_capture_refuse(struct session *s, const fence_decision *why);

/* Which program a captured client is; false where it is not known, or the session is none. */
bool session_capture_program(char out[LISTENER_PROGRAM], const struct session *s);

/* Changes what was decided about a captured request, if it names another host that is denied. */
void session_capture_judge_host(struct session *s, const struct http1_request *head,
                                fence_decision *decision);
void session_port_begin(struct session *s); /* a client of the host, of a server inside */
void session_port_timeout(struct session *s);
void exchange_begin(struct session *s);
void exchange_end(struct session *s);     /* frees; harmless without an exchange             */
void exchange_timeout(struct session *s); /* the session's timer, in SESSION_EXCHANGE        */

/* Relays from here on; `early` is what the client has sent already, and may lie in `talk`. */
void tunnel_begin(struct session *s, const char *early, size_t early_len);

void tunnel_timeout(struct session *s);       /* the session's timer, in SESSION_TUNNEL */
void tunnel_rules_changed(struct session *s); /* there may be other deadlines           */
bool tunnel_owes(const struct session *s);    /* session_owes(), of a tunnel            */
bool exchange_owes(const struct session *s);  /* of an exchange                         */

/* The server's first bytes, which came with the answer of an upstream proxy. */
void tunnel_early(struct session *s, struct str bytes);

/* ---- tls_name.c: the server name that a tunnel's first bytes ask for ---- */

enum tls_name_verdict {
    TLS_NAME_PASS,   /* these bytes may go on, and all that follow: nothing is watched any more */
    TLS_NAME_HELD,   /* they are kept until more is known                                     */
    TLS_NAME_REFUSED /* the session is ending                                                 */
};

/* Are the client's bytes still to be shown to tls_name_feed()? */
bool tls_name_wanted(const struct session *s);

/* Looks at the client's next bytes. With PASS, what was held before them goes first: see
 * tls_name_held(). */
enum tls_name_verdict tls_name_feed(struct session *s, const char *bytes, size_t len);
void tls_name_refuse(struct session *s); /* in the words of TLS, and ends the session */
struct str tls_name_held(const struct session *s);
void tls_name_end(struct session *s); /* frees; harmless without anything */

#endif
