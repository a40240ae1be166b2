/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_body.c - a chunked body: any split gives the same, stripping leaves exactly the data,
 * and a plain reader of what was accepted finds the same data and the same end. */
#include <stdio.h>

#include "base/buf.h"
#include "proto/http1_body.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define ROOM (1024 * 1024)

struct result {
    enum http1_body_status status;
    size_t used;
    bool may_end;
};

static struct result feed(const char *bytes, size_t len, enum http1_framing framing, size_t piece)
{
    struct result result = {HTTP1_BODY_MORE, 0, false};
    struct http1_body body;

    http1_body_init(&body, framing, len / 2);
    while (result.status == HTTP1_BODY_MORE && result.used < len) {
        size_t left = len - result.used, used;

        result.status =
            http1_body_feed(&body, bytes + result.used, left < piece ? left : piece, &used);
        result.used += used;
    }
    result.may_end = http1_body_may_end(&body);
    return result;
}

static struct result strip(struct buf *data, const char *bytes, size_t len,
                           enum http1_framing framing, size_t piece)
{
    struct result result = {HTTP1_BODY_MORE, 0, false};
    struct http1_body body;

    http1_body_init(&body, framing, len / 2);
    while (result.status == HTTP1_BODY_MORE && result.used < len) {
        size_t left = len - result.used, n = left < piece ? left : piece, used, kept;
        char *copy = malloc(n); /* of its own, so that a byte too far is seen */

        require(copy);
        memcpy(copy, bytes + result.used, n);
        result.status = http1_body_strip(&body, copy, n, &used, &kept);
        require(kept <= used && used <= n);
        buf_append(data, copy, kept);
        result.used += used;
        free(copy);
    }
    result.may_end = http1_body_may_end(&body);
    return result;
}

/* A reader that trusts what it reads: sizes by strtoull(3), trailers up to the empty line. */
static size_t read_plainly(struct buf *data, const char *bytes, size_t len)
{
    size_t at = 0;

    for (;;) {
        char digits[17] = "";
        size_t size, n = strspn(bytes + at, "0123456789abcdefABCDEF");

        require(n > 0 && n < sizeof digits && at + n < len);
        memcpy(digits, bytes + at, n);
        size = strtoull(digits, NULL, 16);
        at = (size_t)(strstr(bytes + at, "\r\n") + 2 - bytes);
        if (size == 0)
            break;
        require(size <= len - at);
        buf_append(data, bytes + at, size);
        at += size + 2;
    }
    while (memcmp(bytes + at, "\r\n", 2) != 0)
        at = (size_t)(strstr(bytes + at, "\r\n") + 2 - bytes);
    return at + 2;
}

static void try_splits(const char *bytes, size_t len, enum http1_framing framing)
{
    struct result whole = feed(bytes, len, framing, len);
    auto_buf struct buf first = BUF_INIT(ROOM);

    require(strip(&first, bytes, len, framing, len).used == whole.used);
    for (size_t piece = len / 2; piece > 0; piece /= 2) {
        auto_buf struct buf data = BUF_INIT(ROOM);
        struct result fed = feed(bytes, len, framing, piece);
        struct result stripped = strip(&data, bytes, len, framing, piece);

        require(fed.status == whole.status && fed.used == whole.used);
        require(stripped.status == whole.status && stripped.used == whole.used);
        require(fed.may_end == whole.may_end && stripped.may_end == whole.may_end);
        require(str_equal(buf_str(&data), buf_str(&first)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    auto_buf struct buf data = BUF_INIT(ROOM), plain = BUF_INIT(ROOM), text = BUF_INIT(ROOM);
    struct result result;

    if (len == 0 || len > ROOM / 4)
        return 0;
    try_splits((const char *)bytes, len, HTTP1_CHUNKED);
    try_splits((const char *)bytes, len, HTTP1_LENGTH);
    try_splits((const char *)bytes, len, HTTP1_UNTIL_CLOSE);

    result = strip(&data, (const char *)bytes, len, HTTP1_CHUNKED, len);
    if (result.status != HTTP1_BODY_DONE)
        return 0;
    buf_append(&text, bytes, result.used);
    buf_append(&text, "", 1); /* terminated, for the C library */
    require(read_plainly(&plain, text.bytes, result.used) == result.used);
    require(str_equal(buf_str(&plain), buf_str(&data)));
    return 0;
}
