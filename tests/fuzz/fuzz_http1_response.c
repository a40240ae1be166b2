/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_response.c - an answer as every kind of request would get it: its end is certain, and
 * it switches protocols only where that was asked for. */

#include "proto/http1.h"
#include "support/heads.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require_sense(const struct http1_response *response, struct str method, bool upgrade)
{
    bool head = str_equal(method, STR("HEAD"));

    require(response->status >= 100 && response->status <= 599 && response->minor <= 1);
    require(response->status != 101 || (upgrade && response->upgrade.len > 0));
    require(!head || response->framing == HTTP1_NO_BODY);
    require((response->status >= 200 && response->status != 204 && response->status != 304) ||
            response->framing == HTTP1_NO_BODY);
    require(response->framing != HTTP1_UNTIL_CLOSE || !response->keep_alive);
    require(response->content_length <= INT64_MAX && response->nfields <= LIMIT_HTTP_FIELDS);
    require_in_line(response->phrase);
    require_in_line(response->upgrade);
    for (size_t i = 0; i < response->nfields; i++) {
        require(response->fields[i].name.len > 0);
        require_in_line(response->fields[i].name);
        require_in_line(response->fields[i].value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const char *const METHODS[] = {"GET", "HEAD", "CONNECT"};
    struct str head = {(const char *)bytes, len};

    for (size_t i = 0; i < 2 * ARRAY_LEN(METHODS); i++) {
        struct str method = str_of(METHODS[i / 2]);
        struct http1_response response;
        struct http1_refusal why = {0, NULL};

        if (!http1_parse_response(&response, head, method, i % 2, &why)) {
            require(why.text && why.status == 502);
            continue;
        }
        require_scanned(head);
        require_sense(&response, method, i % 2);
        require(!http1_parse_response(&response, str_slice(head, 0, len - 1), method, i % 2, &why));
    }
    return 0;
}
