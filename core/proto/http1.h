/* SPDX-License-Identifier: Apache-2.0
 * http1.h - HTTP/1 message heads (RFC 9112), as a forward proxy must read them: strictly.
 *
 * What two parsers could read in two ways is refused: bare LF, bare CR, obs-fold, a space before
 * the colon, a repeated or conflicting Host, Content-Length or Transfer-Encoding, a Host that
 * differs from the target. A proxy is asked in absolute-form or authority-form only; what was meant
 * for a server, and came to us all the same, is in origin-form. Nothing is copied: every slice
 * points into the head. */
#ifndef FENCE_PROTO_HTTP1_H
#define FENCE_PROTO_HTTP1_H

#include "base/buf.h"
#include "base/host.h"
#include "base/limits.h"
#include "base/str.h"

/* ---- where a head ends ---- */

enum http1_scan_status {
    HTTP1_SCAN_MORE,      /* all eaten; the head goes on                                */
    HTTP1_SCAN_DONE,      /* the head ended with the last byte eaten                    */
    HTTP1_SCAN_MALFORMED, /* a byte that no head may hold, or a line end that is not CRLF */
    HTTP1_SCAN_TOO_LARGE  /* over LIMIT_HTTP_HEAD                                       */
};

struct http1_scan { /* zero to begin */
    uint8_t state;
    size_t len; /* of the head so far */
};

/* Any split of the input gives the same result. One CRLF before a request line is tolerated
 * (RFC 9112, section 2.2) and counts as part of the head. */
enum http1_scan_status http1_scan_head(struct http1_scan *scan, const char *bytes, size_t len,
                                       size_t *used);

/* ---- what it says ---- */

struct http1_field {
    struct str name, value; /* value without white space at its ends */
};

enum http1_framing {
    HTTP1_NO_BODY,
    HTTP1_LENGTH,
    HTTP1_CHUNKED,
    HTTP1_UNTIL_CLOSE /* responses only */
};

struct http1_refusal { /* why a head was refused */
    int status;        /* 400, 405, 417, 431, 505; of a response always 502 */
    const char *text;  /* static, no full stop                              */
};

struct http1_request {
    struct str method;
    bool connect; /* authority-form; otherwise absolute-form with http: */
    struct host host;
    uint16_t port;
    struct str path; /* origin-form for the upstream: path and query, at least "/" or "?..." */
    unsigned minor;  /* HTTP/1.minor: 0 or 1 */
    enum http1_framing framing;
    uint64_t content_length; /* with HTTP1_LENGTH              */
    bool keep_alive;         /* what the client asks for       */
    bool expect_continue;
    struct str upgrade;    /* the Upgrade field, when Connection names it; else empty */
    uint32_t max_forwards; /* of OPTIONS: 0 is answered here; HTTP1_ANY_DISTANCE without one */
    size_t nfields;
    struct http1_field fields[LIMIT_HTTP_FIELDS];
};

#define HTTP1_ANY_DISTANCE UINT32_MAX

struct http1_response {
    int status;
    struct str phrase;
    unsigned minor;
    enum http1_framing framing;
    uint64_t content_length;
    bool keep_alive; /* what the upstream offers */
    struct str upgrade;
    size_t nfields;
    struct http1_field fields[LIMIT_HTTP_FIELDS];
};

/* `head` is one complete head as http1_scan_head() found it, its final CRLFCRLF included. Return
 * true, or false with `why` set; `out` holds rubbish then. */
bool http1_parse_request(struct http1_request *out, struct str head, struct http1_refusal *why);

/* The same of a request to a server: origin-form, "*" for OPTIONS, or absolute-form with http:
 * (RFC 9112, section 3.2). Its host and port are those of Host; without one, as HTTP/1.0 allows,
 * `host` and `port`: what the client has connected to. CONNECT is refused. */
bool http1_parse_server_request(struct http1_request *out, struct str head, const struct host *host,
                                uint16_t port, struct http1_refusal *why);

/* `method` is the request's: an answer to HEAD has no body, a 2xx to CONNECT neither. A status of
 * 101 is an error unless `upgrade_asked`. */
bool http1_parse_response(struct http1_response *out, struct str head, struct str method,
                          bool upgrade_asked, struct http1_refusal *why);

/* One line of a head, "Name: value" without its end; borrows it. */
bool http1_parse_field(struct http1_field *out, struct str line);

/* ---- what goes on ---- */

/* The request head for the upstream: origin-form, Host from the target, our own framing fields,
 * Via, and no hop-by-hop field (RFC 9110, section 7.6.1), no proxy credentials. `Connection:
 * upgrade` with Upgrade when the client asked for that. Returns 0 or -ENOMEM/-ENOSPC. */
int http1_write_request(struct buf *out, const struct http1_request *request);

/* The same for another proxy: absolute-form, and `authorization` ("Basic ...", or empty) for it. */
int http1_write_proxy_request(struct buf *out, const struct http1_request *request,
                              struct str authorization);

enum http1_delivery {                /* how the client will see the body end */
                      HTTP1_AS_IS,   /* framing fields as they came          */
                      HTTP1_STRIPPED /* the chunked coding is taken off: an HTTP/1.0 client reads
                                        until close */
};

/* The response head for the client. `keep_alive`: whether our connection to it stays. */
int http1_write_response(struct buf *out, const struct http1_response *response,
                         enum http1_delivery delivery, bool keep_alive);

#endif
