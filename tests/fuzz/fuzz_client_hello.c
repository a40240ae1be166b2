/* SPDX-License-Identifier: Apache-2.0
 * fuzz_client_hello.c - a ClientHello: any split gives the same, any records give the same, and the
 * name is one that host_parse() takes and leaves as it is. */
#include "proto/client_hello.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define RECORD_HEADER 5

struct result {
    enum client_hello_status status;
    const char *why;
    struct client_hello hello;
};

static struct result feed(const char *bytes, size_t len, size_t piece)
{
    struct result result = {CLIENT_HELLO_MORE, NULL, {0}};

    for (size_t at = 0; at < len && result.status == CLIENT_HELLO_MORE; at += piece) {
        size_t left = len - at, n = left < piece ? left : piece;
        char *copy = malloc(n); /* of its own, so that a byte too far is seen */

        require(copy);
        memcpy(copy, bytes + at, n);
        result.status = client_hello_feed(&result.hello, copy, n, &result.why);
        free(copy);
    }
    require((result.status == CLIENT_HELLO_MALFORMED) == (result.why != NULL));
    return result;
}

static void require_same(const struct result *a, const struct result *b)
{
    require(a->status == b->status && a->why == b->why);
    if (a->status != CLIENT_HELLO_DONE)
        return;
    require(a->hello.has_name == b->hello.has_name && a->hello.encrypted == b->hello.encrypted);
    require(str_equal(host_str(&a->hello.host), host_str(&b->hello.host)));
}

static void check_name(const struct client_hello *h)
{
    struct host again;

    require(!host_parse(&again, host_str(&h->host)) && !again.is_addr && !h->host.is_addr);
    require(str_equal(host_str(&again), host_str(&h->host)));
}

/* The bytes of an accepted hello, one to a record; returns how many that makes. */
static size_t refragment(char *out, const char *bytes, size_t len)
{
    size_t n = 0;

    for (size_t at = 0, left = 0; at < len; at++) {
        if (left == 0) {
            left = (size_t)(unsigned char)bytes[at + 3] << 8 | (unsigned char)bytes[at + 4];
            at += RECORD_HEADER;
        }
        left--;
        memcpy(out + n, "\x16\x03\x01\0\x01", RECORD_HEADER);
        out[n + RECORD_HEADER] = bytes[at];
        n += RECORD_HEADER + 1;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    struct result whole = feed(text, len, len);
    char *other;
    size_t n;

    for (size_t piece = len / 2; piece > 0; piece /= 2) {
        struct result split = feed(text, len, piece);

        require_same(&split, &whole);
    }
    require(whole.hello.total <= LIMIT_CLIENT_HELLO);
    if (whole.status != CLIENT_HELLO_DONE)
        return 0;
    if (whole.hello.has_name)
        check_name(&whole.hello);
    other = malloc((RECORD_HEADER + 1) * (size_t)whole.hello.total);
    require(other);
    n = refragment(other, text, whole.hello.total);
    if (n <= LIMIT_CLIENT_HELLO) {
        struct result records = feed(other, n, n);

        require_same(&records, &whole);
    }
    free(other);
    return 0;
}
