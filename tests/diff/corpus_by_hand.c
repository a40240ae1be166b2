/* SPDX-License-Identifier: Apache-2.0
 * corpus_by_hand.c - heads at a limit, and the known ways to make two readers disagree. */
#include "base/base.h"
#include "base/limits.h"
#include "diff/corpus.h"

#define H       " HTTP/1.1\r\nHost: good.test\r\n"
#define GET     "GET http://good.test/" H
#define POST    "POST http://good.test/" H
#define CONNECT "CONNECT good.test:443 HTTP/1.1\r\nHost: good.test:443\r\n"

static const char *const HEADS[] = {
    /* request smuggling: what one reader takes for a framing field and another does not */
    POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    POST "Transfer-Encoding:\r\nContent-Length: 5\r\n\r\n",
    POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    POST "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST "Transfer-Encoding:\r\n chunked\r\n\r\n",
    POST "Transfer-Encoding: chunked\r\n , identity\r\n\r\n",
    POST "Transfer-Encoding: chun\r\n ked\r\n\r\n",
    POST "Transfer-Encoding\t: chunked\r\n\r\n",
    POST "Transfer-Encoding: chunked\x0c\r\n\r\n",
    POST "Transfer-Encoding: 'chunked'\r\n\r\n",
    POST "X: a\nTransfer-Encoding: chunked\r\n\r\n",
    POST "X: a\rTransfer-Encoding: chunked\r\n\r\n",
    POST "X: a\r\rTransfer-Encoding: chunked\r\n\r\n",
    POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
    POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
    POST "Content-Length:\r\n 5\r\n\r\n",
    POST "Content-Length: 5\r\n 0\r\n\r\n",
    POST "Content-Length: 5 0\r\n\r\n",
    POST "Content-Length: -0\r\n\r\n",
    POST "Content-Length: 000000000000000000005\r\n\r\n",
    POST "Content-Length: 5\t\r\n\r\n",
    POST "content-length: 5\r\nCONTENT-LENGTH: 5\r\n\r\n",
    POST "Content-Length: 18446744073709551615\r\n\r\n",
    "POST http://good.test/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    CONNECT "Content-Length: 5\r\n\r\nhello",
    CONNECT "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    GET "Content-Length: 5\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\nhello",
    GET "Transfer-Encoding: chunked\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n0\r\n\r\n",
    GET "Transfer-Encoding: chunked\t\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",

    /* line ends and white space in every place */
    "\nGET http://good.test/" H "\r\n",
    "\rGET http://good.test/" H "\r\n",
    "\r\n\r\nGET http://good.test/" H "\r\n",
    "GET http://good.test/ HTTP/1.1\nHost: good.test\r\n\r\n",
    "GET http://good.test/ HTTP/1.1\r\n\tHost: good.test\r\n\r\n",
    "GET http://good.test/ HTTP/1.1\r\nHost: good.test\n\r\n",
    "GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\n",
    "GET http://good.test/\r\n\r\n",
    "GET http://good.test/\nHost: good.test\r\n\r\n",
    "GET http://good.test/\x0cx" H "\r\n",
    GET "A: b\r\n \r\n\r\n",
    GET "A:\r\n\r\n",
    GET "A: \t \r\n\r\n",
    GET "Proxy-Connection: keep-alive, close\r\n\r\n",
    GET "Connection: close\t,\tx\r\n\r\n",

    /* hosts */
    "GET http://good.test:65536/" H "\r\n",
    "GET http://1.2.3.4.5/" H "\r\n",
    "GET http://[v1.x]/" H "\r\n",
    "GET http://127.1/ HTTP/1.1\r\nHost: 127.1\r\n\r\n",
    "CONNECT good.test HTTP/1.1\r\nHost: good.test\r\n\r\n",
    "CONNECT http://good.test/" H "\r\n",
    "CONNECT good.test:443/x HTTP/1.1\r\nHost: good.test:443\r\n\r\n",
    "CONNECT good.test:443?x HTTP/1.1\r\nHost: good.test:443\r\n\r\n",
    "OPTIONS http://good.test" H "Max-Forwards: -1\r\n\r\n",
};

static void append_times(struct sample *out, size_t times, struct str bytes)
{
    for (size_t i = 0; i < times; i++)
        sample_append(out, bytes);
}

/* What has a limit, and is over it. The longest by more than a change takes away or cure() adds. */
static bool over_a_limit(struct sample *out, size_t index)
{
    sample_set(out, STR("GET http://"));
    switch (index) {
    case 0:
        append_times(out, 64, STR("a"));
        sample_append(out, STR(".test/" H "\r\n"));
        return true;
    case 1:
        append_times(out, 127, STR("a."));
        sample_append(out, STR("a/" H "\r\n"));
        return true;
    case 2:
        sample_set(out, STR(GET));
        append_times(out, LIMIT_HTTP_FIELDS, STR("a: b\r\n"));
        sample_append(out, STR("\r\n"));
        return true;
    case 3:
        sample_set(out, STR(GET "A: "));
        append_times(out, LIMIT_HTTP_HEAD, STR("a"));
        sample_append(out, STR("\r\n\r\n"));
        return true;
    default:
        return false;
    }
}

bool corpus_by_hand(struct sample *out, size_t index)
{
    if (index >= ARRAY_LEN(HEADS))
        return over_a_limit(out, index - ARRAY_LEN(HEADS));
    sample_set(out, str_of(HEADS[index]));
    return true;
}

bool corpus_to_sweep(struct sample *out, size_t index)
{
    static const char *const heads[] = {
        "POST http://good.test:8080/a?b HTTP/1.1\r\nHost: good.test:8080\r\n"
        "Content-Length: 5\r\nConnection: close\r\n\r\n",
        "GET http://[2001:db8::1] HTTP/1.1\r\nHost: [2001:db8::1]\r\n"
        "Transfer-Encoding: chunked\r\n\r\n",
        "CONNECT good.test:443 HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n",
    };

    if (index >= ARRAY_LEN(heads))
        return false;
    sample_set(out, str_of(heads[index]));
    return true;
}
