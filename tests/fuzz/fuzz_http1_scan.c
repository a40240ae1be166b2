/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_scan.c - the end of a head: any split gives the same, and a plain reading of the rules
 * gives the same too. */

#include "proto/http1.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

struct result {
    enum http1_scan_status status;
    size_t used;
};

static struct result in_pieces(const char *bytes, size_t len, size_t piece)
{
    struct http1_scan scan = {0};
    struct result result = {HTTP1_SCAN_MORE, 0};

    while (result.status == HTTP1_SCAN_MORE && result.used < len) {
        size_t left = len - result.used, used;

        result.status =
            http1_scan_head(&scan, bytes + result.used, left < piece ? left : piece, &used);
        result.used += used;
        require(result.used <= len && scan.len == result.used);
    }
    return result;
}

/* The rules, written without a state machine: is the byte at `i` right where it stands? */
static bool is_right(const char *bytes, size_t i)
{
    unsigned char c = (unsigned char)bytes[i];
    bool after_cr = i > 0 && bytes[i - 1] == '\r';

    if (c == '\n' || after_cr)
        return c == '\n' && after_cr;
    if (c == '\r') /* a second blank line before the start line */
        return !(i == 2 && bytes[0] == '\r');
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

static struct result by_the_rules(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_right(bytes, i))
            return (struct result){HTTP1_SCAN_MALFORMED, i};
        if (i >= 4 && memcmp(bytes + i - 3, "\r\n\r\n", 4) == 0)
            return (struct result){HTTP1_SCAN_DONE, i + 1};
        if (i + 1 == LIMIT_HTTP_HEAD)
            return (struct result){HTTP1_SCAN_TOO_LARGE, i + 1};
    }
    return (struct result){HTTP1_SCAN_MORE, len};
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *text = (const char *)bytes;
    struct result want = by_the_rules(text, len);

    for (size_t piece = len; piece > 0; piece = piece / 2) {
        struct result got = in_pieces(text, len, piece);

        require(got.status == want.status && got.used == want.used);
    }
    return 0;
}
