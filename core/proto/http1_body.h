/* SPDX-License-Identifier: Apache-2.0
 * http1_body.h - where a message body ends: by length, by chunks (RFC 9112, section 7.1), or never.
 *
 * The chunked coding is checked byte by byte, so that what is passed on can be read one way only:
 * 1 to 16 hex digits, no white space before ';', CRLF at every line end, bounded extensions and
 * trailers, and no trailer that frames, routes or authenticates (RFC 9110, section 6.5.1). */
#ifndef FENCE_PROTO_HTTP1_BODY_H
#define FENCE_PROTO_HTTP1_BODY_H

#include "proto/http1.h"

enum http1_body_status {
    HTTP1_BODY_MORE, /* all eaten; the body goes on                                    */
    HTTP1_BODY_DONE, /* the body ended; bytes after `used` belong to the next message   */
    HTTP1_BODY_MALFORMED
};

struct http1_body { /* fields are the parser's own */
    uint8_t framing;
    uint8_t state;
    uint8_t digits;
    uint8_t name_len;
    char name[32]; /* of the trailer field being read, lower case, cut */
    uint32_t ext, trailer;
    uint64_t left;
};

void http1_body_init(struct http1_body *body, enum http1_framing framing, uint64_t content_length);

/* Eats from `bytes`. The first `*used` of them may be passed on as they are. Any split of the input
 * gives the same result. With no body at all it is DONE at once, with *used 0. */
enum http1_body_status http1_body_feed(struct http1_body *body, const char *bytes, size_t len,
                                       size_t *used);

/* The same, and moves the data of the chunks to the front of `bytes`: `*kept` bytes of it. */
enum http1_body_status http1_body_strip(struct http1_body *body, char *bytes, size_t len,
                                        size_t *used, size_t *kept);

/* Is it right for the stream to end here? */
bool http1_body_may_end(const struct http1_body *body);

#endif
