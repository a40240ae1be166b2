/* SPDX-License-Identifier: Apache-2.0
 * http1_body.c - counts a body's bytes; reads chunk sizes, extensions and trailers one by one.
 *
 * Data is never looked at. A byte that is refused is not eaten, and nothing after it is. */
#include "proto/http1_body.h"

#include "proto/http1_fields.h"

enum body_state {
    BODY_DATA, /* by length, until the end, or in a chunk */
    BODY_DATA_CR,
    BODY_DATA_LF,
    BODY_SIZE, /* the digits of a chunk's size */
    BODY_EXT,
    BODY_SIZE_LF,
    BODY_TRAILER_START, /* a trailer line, or the empty line */
    BODY_TRAILER_NAME,
    BODY_TRAILER_VALUE,
    BODY_TRAILER_LF,
    BODY_END_LF,
    BODY_DONE,
    BODY_MALFORMED
};

#define SIZE_DIGITS 16

void http1_body_init(struct http1_body *body, enum http1_framing framing, uint64_t content_length)
{
    *body = (struct http1_body){.framing = (uint8_t)framing};
    switch (framing) {
    case HTTP1_NO_BODY:
        body->state = BODY_DONE;
        return;
    case HTTP1_LENGTH:
        body->left = content_length;
        body->state = content_length > 0 ? BODY_DATA : BODY_DONE;
        return;
    case HTTP1_CHUNKED:
        body->state = BODY_SIZE;
        return;
    case HTTP1_UNTIL_CLOSE:
        body->state = BODY_DATA;
        return;
    }
}

/* ---- trailers ---- */

/* RFC 9110, section 6.5.1: framing, routing, request modifiers, authentication, response control
 * and payload processing. One that were merged into the head would change what was judged. */
static bool is_forbidden(struct str name)
{
    static const char *const forbidden[] = {
        "age",
        "authorization",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-range",
        "content-type",
        "cookie",
        "date",
        "expect",
        "expires",
        "forwarded",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "keep-alive",
        "location",
        "max-forwards",
        "pragma",
        "proxy-authenticate",
        "proxy-authentication-info",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "retry-after",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "vary",
        "warning",
        "www-authenticate",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    };

    for (size_t i = 0; i < ARRAY_LEN(forbidden); i++) {
        if (str_equal(name, str_of(forbidden[i])))
            return true;
    }
    return false;
}

/* The first byte of a trailer line, and every further one of its name. */
static enum body_state trailer_name(struct http1_body *body, char c)
{
    struct str name = {body->name, body->name_len};

    if (c == ':' && name.len > 0)
        return is_forbidden(name) ? BODY_MALFORMED : BODY_TRAILER_VALUE;
    if (!http1_is(c, HTTP1_TOKEN))
        return BODY_MALFORMED;
    if (body->name_len < sizeof body->name) /* a longer one is none of the forbidden */
        body->name[body->name_len++] = ascii_lower(c);
    return BODY_TRAILER_NAME;
}

static enum body_state trailer_start(struct http1_body *body, char c)
{
    body->name_len = 0;
    return c == '\r' ? BODY_END_LF : trailer_name(body, c);
}

static enum body_state in_line(char c, enum body_state state)
{
    return c == '\t' || http1_is_plain(c) ? state : BODY_MALFORMED;
}

/* ---- chunk sizes ---- */

/* Sizes over 2^63-1 are refused: to a reader with signed numbers they are negative. */
static enum body_state size_digit(struct http1_body *body, char c)
{
    int digit = ascii_hex(c);

    if (digit < 0 || body->digits == SIZE_DIGITS)
        return BODY_MALFORMED;
    body->digits++;
    body->left = body->left << 4 | (unsigned)digit;
    return body->left > INT64_MAX ? BODY_MALFORMED : BODY_SIZE;
}

static enum body_state in_size(struct http1_body *body, char c)
{
    if (body->digits > 0 && c == '\r')
        return BODY_SIZE_LF;
    if (body->digits > 0 && c == ';')
        return BODY_EXT;
    return size_digit(body, c);
}

/* The size line has ended: what follows? */
static enum body_state size_known(struct http1_body *body)
{
    body->digits = 0;
    return body->left > 0 ? BODY_DATA : BODY_TRAILER_START;
}

/* ---- every byte but data ---- */

static enum body_state step(struct http1_body *body, char c)
{
    switch ((enum body_state)body->state) {
    case BODY_DATA_CR:
        return c == '\r' ? BODY_DATA_LF : BODY_MALFORMED;
    case BODY_DATA_LF:
        return c == '\n' ? BODY_SIZE : BODY_MALFORMED;
    case BODY_SIZE:
        return in_size(body, c);
    case BODY_EXT:
        return c == '\r' ? BODY_SIZE_LF : in_line(c, BODY_EXT);
    case BODY_SIZE_LF:
        return c == '\n' ? size_known(body) : BODY_MALFORMED;
    case BODY_TRAILER_START:
        return trailer_start(body, c);
    case BODY_TRAILER_NAME:
        return trailer_name(body, c);
    case BODY_TRAILER_VALUE:
        return c == '\r' ? BODY_TRAILER_LF : in_line(c, BODY_TRAILER_VALUE);
    case BODY_TRAILER_LF:
        return c == '\n' ? BODY_TRAILER_START : BODY_MALFORMED;
    case BODY_END_LF:
        return c == '\n' ? BODY_DONE : BODY_MALFORMED;
    case BODY_DATA:
    case BODY_DONE:
    case BODY_MALFORMED:
        break;
    }
    return BODY_MALFORMED;
}

/* Extensions are counted over the whole body, so that tiny chunks cannot carry them for ever. */
static bool within_limits(struct http1_body *body, enum body_state next)
{
    if (next == BODY_EXT)
        return ++body->ext <= LIMIT_HTTP_CHUNK_EXT;
    if (next >= BODY_TRAILER_START && next <= BODY_TRAILER_LF && body->state >= BODY_TRAILER_START)
        return ++body->trailer <= LIMIT_HTTP_TRAILER;
    return true;
}

static enum body_state after_data(const struct http1_body *body)
{
    return body->framing == HTTP1_CHUNKED ? BODY_DATA_CR : BODY_DONE;
}

/* As much data as there is. Where the length is not known, `left` never runs out. */
static size_t eat_data(struct http1_body *body, size_t len)
{
    size_t n = body->left < len ? (size_t)body->left : len;

    if (body->framing == HTTP1_UNTIL_CLOSE)
        return len;
    body->left -= n;
    if (body->left == 0)
        body->state = (uint8_t)after_data(body);
    return n;
}

static bool eat_byte(struct http1_body *body, char c)
{
    enum body_state next = step(body, c);

    if (!within_limits(body, next))
        next = BODY_MALFORMED;
    body->state = (uint8_t)next;
    return next != BODY_MALFORMED;
}

static enum http1_body_status status_of(const struct http1_body *body)
{
    if (body->state == BODY_DONE)
        return HTTP1_BODY_DONE;
    return body->state == BODY_MALFORMED ? HTTP1_BODY_MALFORMED : HTTP1_BODY_MORE;
}

enum http1_body_status http1_body_feed(struct http1_body *body, const char *bytes, size_t len,
                                       size_t *used)
{
    size_t i = 0;

    while (i < len && status_of(body) == HTTP1_BODY_MORE) {
        if (body->state == BODY_DATA)
            i += eat_data(body, len - i);
        else
            i += eat_byte(body, bytes[i]);
    }
    *used = i;
    return status_of(body);
}

enum http1_body_status http1_body_strip(struct http1_body *body, char *bytes, size_t len,
                                        size_t *used, size_t *kept)
{
    size_t i = 0;

    *kept = 0;
    while (i < len && status_of(body) == HTTP1_BODY_MORE) {
        if (body->state == BODY_DATA) {
            size_t n = eat_data(body, len - i);

            if (*kept != i)
                memmove(bytes + *kept, bytes + i, n);
            *kept += n;
            i += n;
        } else {
            i += eat_byte(body, bytes[i]);
        }
    }
    *used = i;
    return status_of(body);
}

bool http1_body_may_end(const struct http1_body *body)
{
    return body->framing == HTTP1_UNTIL_CLOSE || body->state == BODY_DONE;
}
