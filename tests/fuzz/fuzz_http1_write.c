/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_write.c - what is written means what was read: read again, it has the same host, path
 * and framing, nothing of one hop is left, and a second time writes the same bytes. */

#include "proto/http1.h"
#include "support/heads.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define ROOM     (64 * 1024) /* more than any input that is tried */
#define OWN_ONES 4           /* fields that a writer may add      */

/* What one hop tells the next is written by us, or not at all. */
static void require_no_hop(const struct http1_field *fields, size_t nfields)
{
    static const char *const GONE[] = {
        "keep-alive", "proxy-connection",         "proxy-authorization", "proxy-authenticate",
        "te",         "proxy-authentication-info"};

    for (size_t i = 0; i < nfields; i++) {
        struct str name = fields[i].name, value = fields[i].value;

        for (size_t k = 0; k < ARRAY_LEN(GONE); k++)
            require(!str_equal_nocase(name, str_of(GONE[k])));
        require(!str_equal_nocase(name, STR("connection")) || str_equal(value, STR("close")) ||
                str_equal(value, STR("upgrade")));
    }
}

/* Each pass adds a Via line of its own. */
static void require_same_but_via(struct str a, struct str b)
{
    struct buf texts[2] = {BUF_INIT(ROOM), BUF_INIT(ROOM)};
    struct str rest[2] = {a, b};

    for (size_t i = 0; i < 2; i++) {
        while (rest[i].len > 0) {
            size_t end = str_find(rest[i], '\n');
            struct str line = str_slice(rest[i], 0, end < rest[i].len ? end + 1 : end);

            if (!str_equal(line, STR("Via: 1.0 fence\r\n")) &&
                !str_equal(line, STR("Via: 1.1 fence\r\n")))
                buf_append_str(&texts[i], line);
            rest[i] = str_slice(rest[i], line.len, rest[i].len);
        }
    }
    require(str_equal(buf_str(&texts[0]), buf_str(&texts[1])));
    buf_deinit(&texts[0]);
    buf_deinit(&texts[1]);
}

/* ---- requests ---- */

/* The origin-form that was written, as a proxy would be asked for the same. */
static void make_absolute(struct buf *out, const struct http1_request *request, struct str head)
{
    char authority[HOST_AUTHORITY];
    size_t len = host_format_authority(authority, &request->host, request->port, 80);
    size_t path = request->method.len + 1;
    struct str rest = str_slice(head, path, head.len);

    require(rest.len > 0 && (rest.bytes[0] == '/' || str_has_prefix(rest, STR("* "))));
    buf_append_str(out, str_slice(head, 0, path));
    buf_append_text(out, "http://");
    buf_append(out, authority, len);
    buf_append_str(out, rest.bytes[0] == '*' ? str_slice(rest, 1, rest.len) : rest);
}

static void require_same_request(const struct http1_request *a, const struct http1_request *b)
{
    struct str path = a->path.bytes[0] == '?' ? str_slice(b->path, 1, b->path.len) : b->path;

    require(str_equal(a->method, b->method) && str_equal(a->path, path));
    require(str_equal(host_str(&a->host), host_str(&b->host)) && a->port == b->port);
    require(a->framing == b->framing && a->content_length == b->content_length);
    require(str_equal(a->upgrade, b->upgrade) && a->expect_continue == b->expect_continue);
    require(b->minor == 1 && b->keep_alive);
}

static void try_request(struct str head)
{
    auto_buf struct buf once = BUF_INIT(ROOM), absolute = BUF_INIT(ROOM), twice = BUF_INIT(ROOM);
    struct http1_request request, again;
    struct http1_refusal why;

    if (!http1_parse_request(&request, head, &why) || request.connect ||
        request.max_forwards != HTTP1_ANY_DISTANCE || /* it counts down */
        request.nfields > LIMIT_HTTP_FIELDS - OWN_ONES)
        return;
    require(http1_write_request(&once, &request) == 0);
    require_scanned(buf_str(&once));
    make_absolute(&absolute, &request, buf_str(&once));
    require(http1_parse_request(&again, buf_str(&absolute), &why));
    require_same_request(&request, &again);
    require_no_hop(again.fields, again.nfields);
    require(http1_write_request(&twice, &again) == 0);
    require_same_but_via(buf_str(&once), buf_str(&twice));
}

/* ---- responses ---- */

static void require_same_response(const struct http1_response *a, const struct http1_response *b,
                                  enum http1_delivery delivery)
{
    bool stripped = delivery == HTTP1_STRIPPED && a->framing == HTTP1_CHUNKED;

    require(a->status == b->status && str_equal(a->phrase, b->phrase));
    require(b->framing == (stripped ? HTTP1_UNTIL_CLOSE : a->framing));
    require(a->content_length == b->content_length);
    require(delivery == HTTP1_AS_IS || a->status < 200 || !b->keep_alive);
    require(a->status != 101 || str_equal(a->upgrade, b->upgrade));
}

static void try_response(struct str head, struct str method, enum http1_delivery delivery)
{
    auto_buf struct buf once = BUF_INIT(ROOM), twice = BUF_INIT(ROOM);
    struct http1_response response, again;
    struct http1_refusal why;

    if (!http1_parse_response(&response, head, method, true, &why) ||
        response.nfields > LIMIT_HTTP_FIELDS - OWN_ONES)
        return;
    require(http1_write_response(&once, &response, delivery, true) == 0);
    require_scanned(buf_str(&once));
    require(http1_parse_response(&again, buf_str(&once), method, true, &why));
    require_same_response(&response, &again, delivery);
    require_no_hop(again.fields, again.nfields);
    require(http1_write_response(&twice, &again, delivery, true) == 0);
    require_same_but_via(buf_str(&once), buf_str(&twice));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str head = {(const char *)bytes, len};

    if (len > ROOM / 2)
        return 0;
    try_request(head);
    try_response(head, STR("GET"), HTTP1_AS_IS);
    try_response(head, STR("GET"), HTTP1_STRIPPED);
    try_response(head, STR("HEAD"), HTTP1_AS_IS);
    return 0;
}
