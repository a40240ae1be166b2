/* SPDX-License-Identifier: Apache-2.0
 * fuzz_http1_request.c - whatever is accepted is a head that the scan accepts, names one host in
 * normal form, and holds no byte that could begin another line. */

#include "proto/http1.h"
#include "support/heads.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require_host(const struct http1_request *request)
{
    char authority[HOST_AUTHORITY];
    size_t len = host_format_authority(authority, &request->host, request->port, 0);
    struct host host;
    uint16_t port;

    require(!host_parse_authority(&host, &port, (struct str){authority, len}, 0));
    require(str_equal(host_str(&host), host_str(&request->host)) && port == request->port);
}

static void require_sense(const struct http1_request *request)
{
    bool connect = str_equal(request->method, STR("CONNECT"));

    require_in_line(request->method);
    require_in_line(request->path);
    require_in_line(request->upgrade);
    require(request->method.len > 0 && request->method.len <= LIMIT_HTTP_METHOD);
    require(request->connect == connect && request->minor <= 1);
    require(connect == (request->path.len == 0) &&
            str_find(request->path, ' ') == request->path.len);
    require(!connect || request->framing == HTTP1_NO_BODY);
    require(request->framing != HTTP1_UNTIL_CLOSE && request->content_length <= INT64_MAX);
    require(!request->keep_alive || request->minor == 1);
    require(!str_equal(request->method, STR("TRACE")));
    require(request->nfields <= LIMIT_HTTP_FIELDS);
    for (size_t i = 0; i < request->nfields; i++) {
        require(request->fields[i].name.len > 0);
        require_in_line(request->fields[i].name);
        require_in_line(request->fields[i].value);
    }
}

/* The same request to a server: it may name any, but is none for a tunnel. */
static void check_server_request(struct str head)
{
    struct http1_request request;
    struct http1_refusal why = {0, NULL};
    struct host host;

    require(!host_parse(&host, STR("seen.test")));
    if (!http1_parse_server_request(&request, head, &host, 81, &why)) {
        require(why.text && why.status >= 400);
        return;
    }
    require_scanned(head);
    require_host(&request);
    require_sense(&request);
    require(!request.connect);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct str head = {(const char *)bytes, len};
    struct http1_request request;
    struct http1_refusal why = {0, NULL};

    check_server_request(head);
    if (!http1_parse_request(&request, head, &why)) {
        require(why.text && (why.status == 400 || why.status == 405 || why.status == 417 ||
                             why.status == 431 || why.status == 505));
        return 0;
    }
    require_scanned(head);
    require_host(&request);
    require_sense(&request);
    require(!http1_parse_request(&request, str_slice(head, 0, len - 1), &why));
    require(!http1_parse_request(&request, str_slice(head, 0, len / 2), &why));
    return 0;
}
