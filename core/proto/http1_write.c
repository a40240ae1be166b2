/* SPDX-License-Identifier: Apache-2.0
 * http1_write.c - the heads that go on: RFC 9110, section 7.6, for a proxy without a cache.
 *
 * Framing is written from what was understood, never copied. Via names a proxy called fence and
 * nothing else; there is no Forwarded: who sits behind the sandbox is nobody's business. */
#include "proto/http1_fields.h"

#include <errno.h>
#include <stdio.h>

#define STATUS_SWITCHING 101

/* ---- pieces ---- */

static char *put(char *to, struct str s)
{
    if (s.len > 0)
        memcpy(to, s.bytes, s.len);
    return to + s.len;
}

static void put_field(struct buf *out, struct str name, struct str value)
{
    size_t len = name.len + value.len + 4;
    char *to = buf_reserve(out, len);

    if (!to)
        return;
    to = put(put(put(put(to, name), STR(": ")), value), STR("\r\n"));
    buf_commit(out, len);
}

/* RFC 9110, section 7.6.3: the version of what was received, and a pseudonym. */
static void put_via(struct buf *out, unsigned minor)
{
    put_field(out, STR("Via"), minor == 0 ? STR("1.0 fence") : STR("1.1 fence"));
}

static void put_number(struct buf *out, struct str name, uint64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);

    put_field(out, name, (struct str){digits, (size_t)len});
}

static void put_framing(struct buf *out, enum http1_framing framing, uint64_t length)
{
    switch (framing) {
    case HTTP1_LENGTH:
        put_number(out, STR("Content-Length"), length);
        return;
    case HTTP1_CHUNKED:
        put_field(out, STR("Transfer-Encoding"), STR("chunked"));
        return;
    case HTTP1_NO_BODY:
    case HTTP1_UNTIL_CLOSE:
        return;
    }
}

static void put_upgrade(struct buf *out, struct str protocol)
{
    put_field(out, STR("Connection"), STR("upgrade"));
    put_field(out, STR("Upgrade"), protocol);
}

/* ---- requests ---- */

static bool request_field_goes_on(const struct http1_request *request,
                                  const struct http1_named *named, struct str name)
{
    switch (http1_name_of(name)) {
    case HTTP1_NAME_HOST: /* like the next two, written anew from what was understood */
    case HTTP1_NAME_CONTENT_LENGTH:
    case HTTP1_NAME_TRANSFER_ENCODING:
    case HTTP1_NAME_CONNECTION:
    case HTTP1_NAME_PROXY_CONNECTION:
    case HTTP1_NAME_UPGRADE:
    case HTTP1_NAME_HOP_BY_HOP:
        return false;
    case HTTP1_NAME_EXPECT: /* an HTTP/1.0 client could not read the 100 */
        return request->expect_continue && !http1_is_named(named, name);
    case HTTP1_NAME_TRAILER:
    case HTTP1_NAME_OTHER:
        return !http1_is_named(named, name);
    }
    return false;
}

/* `prefix` stands before the path: "http://good.test" in absolute-form, or nothing. */
static void put_request_line(struct buf *out, const struct http1_request *request,
                             struct str prefix)
{
    bool bare_query = request->path.len == 0 || request->path.bytes[0] == '?';
    bool whole_server = prefix.len > 0 && str_equal(request->path, STR("*"));
    struct str version = STR(" HTTP/1.1\r\n");
    struct str path = whole_server ? STR("") : request->path; /* RFC 9112, section 3.2.4 */
    size_t len = request->method.len + 1 + prefix.len + bare_query + path.len + version.len;
    char *to = buf_reserve(out, len);

    if (!to)
        return;
    to = put(put(put(to, request->method), STR(" ")), prefix);
    to = put(to, bare_query ? STR("/") : STR(""));
    to = put(put(to, path), version);
    buf_commit(out, len);
}

static void put_fields(struct buf *out, const struct http1_request *request)
{
    struct http1_named named = http1_named_by(request->fields, request->nfields);

    for (size_t i = 0; i < request->nfields; i++) {
        if (request->max_forwards != HTTP1_ANY_DISTANCE &&
            http1_is_max_forwards(request->fields[i].name))
            put_number(out, STR("Max-Forwards"), request->max_forwards - 1);
        else if (request_field_goes_on(request, &named, request->fields[i].name))
            put_field(out, request->fields[i].name, request->fields[i].value);
    }
}

static int write_request(struct buf *out, const struct http1_request *request, bool absolute,
                         struct str authorization)
{
    char url[HOST_AUTHORITY + 8] = "http://";
    size_t scheme = strlen(url);
    size_t len = host_format_authority(url + scheme, &request->host, request->port, 80);

    put_request_line(out, request, (struct str){url, absolute ? scheme + len : 0});
    put_field(out, STR("Host"), (struct str){url + scheme, len});
    put_fields(out, request);
    if (authorization.len > 0)
        put_field(out, STR("Proxy-Authorization"), authorization);
    put_framing(out, request->framing, request->content_length);
    put_via(out, request->minor);
    if (request->upgrade.len > 0)
        put_upgrade(out, request->upgrade);
    return buf_append(out, "\r\n", 2);
}

int http1_write_request(struct buf *out, const struct http1_request *request)
{
    return write_request(out, request, false, STR(""));
}

int http1_write_proxy_request(struct buf *out, const struct http1_request *request,
                              struct str authorization)
{
    return write_request(out, request, true, authorization);
}

/* ---- responses ---- */

/* A bodiless answer to HEAD, and a 304, still tell what would have come. */
static bool tells_framing(const struct http1_response *response)
{
    return response->framing == HTTP1_NO_BODY && response->status >= 200 && response->status != 204;
}

static bool response_field_goes_on(const struct http1_response *response,
                                   const struct http1_named *named, struct str name,
                                   enum http1_delivery delivery)
{
    switch (http1_name_of(name)) {
    case HTTP1_NAME_CONTENT_LENGTH:
        return tells_framing(response);
    case HTTP1_NAME_TRANSFER_ENCODING:
        return tells_framing(response) && delivery == HTTP1_AS_IS;
    case HTTP1_NAME_CONNECTION:
    case HTTP1_NAME_PROXY_CONNECTION:
    case HTTP1_NAME_UPGRADE:
    case HTTP1_NAME_HOP_BY_HOP:
        return false;
    case HTTP1_NAME_TRAILER:
        return delivery == HTTP1_AS_IS && !http1_is_named(named, name);
    case HTTP1_NAME_HOST:
        return true;
    case HTTP1_NAME_EXPECT:
    case HTTP1_NAME_OTHER:
        return !http1_is_named(named, name);
    }
    return false;
}

static void put_status_line(struct buf *out, const struct http1_response *response)
{
    struct str version = STR("HTTP/1.1 ");
    char status[3] = {(char)('0' + response->status / 100),
                      (char)('0' + response->status / 10 % 10),
                      (char)('0' + response->status % 10)};
    size_t len = version.len + sizeof status + 1 + response->phrase.len + 2;
    char *to = buf_reserve(out, len);

    if (!to)
        return;
    to = put(put(to, version), (struct str){status, sizeof status});
    to = put(put(put(to, STR(" ")), response->phrase), STR("\r\n"));
    buf_commit(out, len);
}

int http1_write_response(struct buf *out, const struct http1_response *response,
                         enum http1_delivery delivery, bool keep_alive)
{
    struct http1_named named = http1_named_by(response->fields, response->nfields);
    bool strip = delivery == HTTP1_STRIPPED && response->framing == HTTP1_CHUNKED;

    put_status_line(out, response);
    for (size_t i = 0; i < response->nfields; i++) {
        const struct http1_field *field = &response->fields[i];

        if (response_field_goes_on(response, &named, field->name, delivery))
            put_field(out, field->name, field->value);
    }
    put_via(out, response->minor);
    put_framing(out, strip ? HTTP1_UNTIL_CLOSE : response->framing, response->content_length);
    if (response->status == STATUS_SWITCHING)
        put_upgrade(out, response->upgrade);
    else if (response->status >= 200 &&
             (!keep_alive || delivery == HTTP1_STRIPPED || response->framing == HTTP1_UNTIL_CLOSE))
        put_field(out, STR("Connection"), STR("close"));
    return buf_append(out, "\r\n", 2);
}
