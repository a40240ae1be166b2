/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_sniff.c - the answer stands once it is given, there is one within the limit, and what
 * a server's parser accepts, written in capitals, is a request. */
#include "proto/http1.h"
#include "proto/http1_sniff.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool in_capitals(struct str method)
{
    for (size_t i = 0; i < method.len; i++) {
        if (method.bytes[i] < 'A' || method.bytes[i] > 'Z')
            return false;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str all = {(const char *)bytes, len};
    enum http1_sniff last = http1_sniff(all), before = HTTP1_SNIFF_MORE;
    struct http1_request request;
    struct http1_refusal why;
    struct host host;

    for (size_t i = 0; i <= len; i += i < 64 || i + 1 >= len ? 1 : (len - i) / 2) {
        enum http1_sniff now = http1_sniff(str_slice(all, 0, i));

        require(before == HTTP1_SNIFF_MORE || now == before);
        before = now;
    }
    require(len < LIMIT_HTTP_HEAD || last != HTTP1_SNIFF_MORE);
    require(!host_parse(&host, STR("seen.test")));
    if (len > 0 && bytes[0] != '\r' && http1_parse_server_request(&request, all, &host, 80, &why) &&
        in_capitals(request.method))
        require(last == HTTP1_SNIFF_REQUEST);
    return 0;
}
