/* SPDX-License-Identifier: Apache-2.0
 * test_http1_request.c - what a client may ask of a forward proxy, told as one line per request.
 *
 * Every row goes through the scan in one piece, cut at every offset and byte by byte (3B.66). A
 * head that the scan refuses must be refused by the parser too: it stands on its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http1.h"
#include "support/guard.h"

#define B(literal) "" literal, sizeof(literal) - 1
#define H          " HTTP/1.1\r\nHost: good.test\r\n"
#define GET        "GET http://good.test/" H
#define POST       "POST http://good.test/" H
#define CONNECT    "CONNECT good.test:443 HTTP/1.1\r\n"
#define CHUNKED    "Transfer-Encoding: chunked\r\n"

/* `want`: method, host:port, path, version, body, what the connection shall do; or the status and
 * the beginning of the text of a refusal; "scan" when no parser need ever see it. */
static const struct row {
    const char *name, *bytes;
    size_t len;
    const char *want;
} ROWS[] = {
    {"plain", B(GET "\r\n"), "GET good.test:80 / 1.1 none keep"},
    {"path and query", B("GET http://good.test/a/b?c=d&e" H "\r\n"),
     "GET good.test:80 /a/b?c=d&e 1.1 none keep"},
    {"no path", B("GET http://good.test" H "\r\n"), "GET good.test:80 / 1.1 none keep"},
    {"query without a path", B("GET http://good.test?x" H "\r\n"),
     "GET good.test:80 ?x 1.1 none keep"},
    {"OPTIONS for the whole server", B("OPTIONS http://good.test" H "\r\n"),
     "OPTIONS good.test:80 * 1.1 none keep"},
    {"OPTIONS with a path", B("OPTIONS http://good.test/" H "\r\n"),
     "OPTIONS good.test:80 / 1.1 none keep"},
    {"port", B("GET http://good.test:8080/ HTTP/1.1\r\nHost: good.test:8080\r\n\r\n"),
     "GET good.test:8080 / 1.1 none keep"},
    {"default port in the Host alone",
     B("GET http://good.test/ HTTP/1.1\r\nHost: good.test:80\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"IPv6", B("GET http://[2001:DB8::1]/ HTTP/1.1\r\nHost: [2001:db8:0::1]\r\n\r\n"),
     "GET 2001:db8::1:80 / 1.1 none keep"},
    {"'@' in a path", B("GET http://good.test/@types/node" H "\r\n"),
     "GET good.test:80 /@types/node 1.1 none keep"},
    {"3A.3 upper case", B("GET http://GOOD.TEST/ HTTP/1.1\r\nHost: GoOd.TeSt\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"3A.35 HtTp", B("GET HtTp://good.test/" H "\r\n"), "GET good.test:80 / 1.1 none keep"},
    {"HTTP/1.0 without Host", B("GET http://good.test/ HTTP/1.0\r\n\r\n"),
     "GET good.test:80 / 1.0 none close"},
    {"HTTP/1.0 wants to be kept",
     B("GET http://good.test/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
     "GET good.test:80 / 1.0 none close"},
    {"HTTP/1.0 with Proxy-Connection",
     B("GET http://good.test/ HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n"),
     "GET good.test:80 / 1.0 none close"},
    {"Connection: close", B(GET "Connection: foo, CLOSE\r\n\r\n"),
     "GET good.test:80 / 1.1 none close"},
    {"Proxy-Connection: close", B(GET "Proxy-Connection: close\r\n\r\n"),
     "GET good.test:80 / 1.1 none close"},
    {"Proxy-Connection: close in a list", B(GET "Proxy-Connection: keep-alive,\tCLOSE,\r\n\r\n"),
     "GET good.test:80 / 1.1 none close"},
    {"Proxy-Connection is no list of names", B(GET "Proxy-Connection: close;, \"x\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"a length", B(POST "Content-Length: 5\r\n\r\n"), "POST good.test:80 / 1.1 length=5 keep"},
    {"the length 0", B(POST "Content-Length:0\r\n\r\n"), "POST good.test:80 / 1.1 length=0 keep"},
    {"the longest length", B(POST "Content-Length: 9223372036854775807\r\n\r\n"),
     "POST good.test:80 / 1.1 length=9223372036854775807 keep"},
    {"chunked", B(POST "transfer-encoding: \t CHUNKED \r\n\r\n"),
     "POST good.test:80 / 1.1 chunked keep"},
    {"CONNECT", B(CONNECT "Host: good.test:443\r\n\r\n"), "CONNECT good.test:443  1.1 none keep"},
    {"CONNECT, Host without a port", B(CONNECT "Host: good.test\r\n\r\n"),
     "CONNECT good.test:443  1.1 none keep"},
    {"CONNECT in HTTP/1.0", B("CONNECT good.test:443 HTTP/1.0\r\n\r\n"),
     "CONNECT good.test:443  1.0 none close"},

    {"3A.9 userinfo", B("GET http://good.test@evil.test/" H "\r\n"), "400"},
    {"3A.9 userinfo in CONNECT", B("CONNECT good.test@evil.test:443" H "\r\n"), "400"},
    {"3A.9 userinfo with a port", B("CONNECT evil.test:443@good.test:443" H "\r\n"), "400"},
    {"3A.10 fragment", B("GET http://evil.test#.good.test/" H "\r\n"),
     "400 a request target has no"},
    {"3A.10 fragment in CONNECT", B("CONNECT evil.test#.good.test:443" H "\r\n"), "400"},
    {"3A.10 backslash", B("GET http://evil.test\\.good.test/" H "\r\n"), "400 a URL holds no back"},
    {"3A.10 semicolon", B("GET http://evil.test;.good.test/" H "\r\n"), "400"},
    {"3A.10 comma", B("GET http://evil.test,good.test/" H "\r\n"), "400"},
    {"3A.10 bar", B("GET http://evil.test|good.test/" H "\r\n"), "400"},
    {"3A.10 TAB", B("GET http://evil.test\t.good.test/" H "\r\n"), "400"},
    {"3A.10 slash in CONNECT", B("CONNECT evil.test/.good.test:443" H "\r\n"), "400"},
    {"3A.11 brackets around a name", B("CONNECT [good.test]:443" H "\r\n"), "400"},
    {"3A.12 leading zero", B("CONNECT good.test:0443" H "\r\n"), "400"},
    {"3A.12 sign", B("CONNECT good.test:+443" H "\r\n"), "400"},
    {"3A.12 443 modulo 65536", B("CONNECT good.test:65979" H "\r\n"), "400"},
    {"3A.12 no port", B("CONNECT good.test" H "\r\n"), "400"},
    {"3A.12 empty port", B("GET http://good.test:/" H "\r\n"), "400"},
    {"3A.7 NUL in CONNECT", B("CONNECT evil.test\0.good.test:443" H "\r\n"), "scan"},
    {"3A.8 %00", B("CONNECT evil.test%00.good.test:443" H "\r\n"), "400"},
    {"3A.20 ideographic full stop", B("GET http://evil\xe3\x80\x82test/" H "\r\n"), "400"},
    {"3A.35 one slash", B("GET http:/good.test/" H "\r\n"), "400 a URL begins with http://"},
    {"3A.35 backslashes", B("GET http:\\\\evil.test\\" H "\r\n"), "400"},
    {"3A.35 no scheme", B("GET //evil.test/" H "\r\n"), "400 this is a proxy"},
    {"3A.35 three slashes", B("GET http:///x" H "\r\n"), "400"},
    {"3A.35 two ports", B("GET http://good.test:80:80/" H "\r\n"), "400"},
    {"3A.35 backslash and userinfo", B("GET http://good.test\\@evil.test" H "\r\n"), "400"},

    {"3B.37 Host: evil.test", B("GET http://good.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n"),
     "400 the Host field differs"},
    {"3B.37 another port", B("GET http://good.test/ HTTP/1.1\r\nHost: good.test:81\r\n\r\n"),
     "400 the Host field differs"},
    {"3B.37 a name that looks like the address",
     B("GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.1\r\n\r\n"), "400"},
    {"3B.37 CONNECT and another host", B(CONNECT "Host: evil.test:443\r\n\r\n"), "400 the Host"},
    {"3B.37 CONNECT and another port", B(CONNECT "Host: good.test:80\r\n\r\n"), "400 the Host"},
    {"3B.37 HTTP/1.0 too", B("GET http://good.test/ HTTP/1.0\r\nHost: evil.test\r\n\r\n"), "400"},
    {"3B.38 two Host fields", B(GET "Host: good.test\r\n\r\n"), "400 Host stands there more"},
    {"3B.38 two that differ", B(GET "Host: evil.test\r\n\r\n"), "400 Host stands there more"},
    {"3B.38 Host list", B("GET http://good.test/ HTTP/1.1\r\nHost: good.test, evil.test\r\n\r\n"),
     "400 the Host field is not"},
    {"3B.38 no Host", B("GET http://good.test/ HTTP/1.1\r\n\r\n"), "400 HTTP/1.1 wants a Host"},
    {"3B.38 empty Host", B("GET http://good.test/ HTTP/1.1\r\nHost:\r\n\r\n"), "400"},
    {"3B.39 origin-form", B("GET /" H "\r\n"), "400 this is a proxy: the request must name"},
    {"3B.39 authority-form", B("GET good.test:80" H "\r\n"), "400 this is a proxy"},
    {"3B.39 URL in a query", B("GET /?u=http://good.test/" H "\r\n"), "400 this is a proxy"},

    {"3B.41 two Content-Length", B(POST "Content-Length: 0\r\nContent-Length: 40\r\n\r\n"),
     "400 Content-Length stands"},
    {"3B.41 two that agree", B(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\n"),
     "400 Content-Length stands"},
    {"3B.41 plus", B(POST "Content-Length: +5\r\n\r\n"), "400 Content-Length is not"},
    {"3B.41 minus", B(POST "Content-Length: -1\r\n\r\n"), "400 Content-Length is not"},
    {"3B.41 list", B(POST "Content-Length: 5,5\r\n\r\n"), "400 Content-Length is not"},
    {"3B.41 hexadecimal", B(POST "Content-Length: 0x5\r\n\r\n"), "400 Content-Length is not"},
    {"3B.41 leading zero", B(POST "Content-Length: 010\r\n\r\n"), "400 Content-Length is not"},
    {"3B.41 empty", B(POST "Content-Length: \r\n\r\n"), "400 Content-Length is not"},
    {"3B.41 2^63", B(POST "Content-Length: 9223372036854775808\r\n\r\n"), "400 Content-Length"},
    {"3B.41 2^64+5", B(POST "Content-Length: 18446744073709551621\r\n\r\n"), "400 Content-Length"},
    {"3B.41 with a coding", B(POST "Content-Length: 5\r\n" CHUNKED "\r\n"),
     "400 Content-Length and"},
    {"3B.42 xchunked", B(POST "Transfer-Encoding: xchunked\r\n\r\n"), "400 the only Transfer"},
    {"3B.42 identity after it", B(POST "Transfer-Encoding: chunked, identity\r\n\r\n"),
     "400 the only"},
    {"3B.42 gzip before it", B(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"), "400 the only"},
    {"3B.42 leading comma", B(POST "Transfer-Encoding: ,chunked\r\n\r\n"), "400 the only"},
    {"3B.42 parameter", B(POST "Transfer-Encoding: chunked;q=1\r\n\r\n"), "400 the only"},
    {"3B.42 quoted", B(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"), "400 the only"},
    {"3B.42 vertical tab",
     B(POST "Transfer-Encoding: \x0b"
            "chunked\r\n\r\n"),
     "scan"},
    {"3B.42 no-break space", B(POST "Transfer-Encoding: chunked\xa0\r\n\r\n"), "400 the only"},
    {"3B.42 empty", B(POST "Transfer-Encoding:\r\n\r\n"), "400 the only"},
    {"3B.42 two fields", B(POST CHUNKED CHUNKED "\r\n"), "400 the only"},
    {"3B.42 space before the colon", B(POST "Transfer-Encoding : chunked\r\n\r\n"),
     "400 white space"},
    {"3B.42 folded name", B(POST "Transfer\r\n-Encoding: chunked\r\n\r\n"), "400 a field's name"},
    {"3B.42 HTTP/1.0", B("POST http://good.test/ HTTP/1.0\r\n" CHUNKED "\r\n"),
     "400 HTTP/1.0 has no"},

    {"3B.44 bare LF", B("GET http://good.test/ HTTP/1.1\nHost: good.test\n\n"), "scan"},
    {"3B.44 bare CR in a value", B(GET "A: b\rc\r\n\r\n"), "scan"},
    {"3B.44 obs-fold", B(GET "A: b\r\n c\r\n\r\n"), "400 a line of the head begins"},
    {"3B.44 obs-fold with HTAB", B(GET "A: b\r\n\tc\r\n\r\n"), "400 a line of the head begins"},
    {"3B.44 NUL in a name", B(GET "A\0: b\r\n\r\n"), "scan"},
    {"3B.44 NUL in a value", B(GET "A: \0\r\n\r\n"), "scan"},
    {"3B.44 space before the colon",
     B("GET http://good.test/ HTTP/1.1\r\nHost : good.test\r\n\r\n"), "400 white space stands"},
    {"3B.44 space before the first name",
     B("GET http://good.test/ HTTP/1.1\r\n Host: good.test\r\n\r\n"),
     "400 a line of the head begins"},
    {"3B.44 empty name", B(GET ": b\r\n\r\n"), "400 a field has no name"},
    {"3B.44 no colon", B(GET "a\r\n\r\n"), "400 a field's name"},
    {"3B.44 DEL in a value", B(GET "A: \x7f\r\n\r\n"), "scan"},
    {"3B.44 0x80 in a name", B(GET "A\x80: b\r\n\r\n"), "400 a field's name"},
    {"3B.44 0xff in a name", B(GET "\xff: b\r\n\r\n"), "400 a field's name"},
    {"obs-text in a value", B(GET "A: \x80\xff\r\n\r\n"), "GET good.test:80 / 1.1 none keep"},

    {"3B.45 HTTP/0.9", B("GET http://good.test/ HTTP/0.9\r\n\r\n"), "505"},
    {"3B.45 no version", B("GET http://good.test/\r\n\r\n"), "400"},
    {"3B.45 HTTP/1.2", B("GET http://good.test/ HTTP/1.2\r\n\r\n"), "505"},
    {"3B.45 HTTP/2.0 preface", B("PRI * HTTP/2.0\r\n\r\n"), "505 this proxy speaks HTTP/1.1"},
    {"3B.45 lower case", B("GET http://good.test/ http/1.1\r\n\r\n"), "400"},
    {"3B.45 HTTP/1.10", B("GET http://good.test/ HTTP/1.10\r\n\r\n"), "400"},
    {"3B.45 HTTP/1.1 x", B("GET http://good.test/ HTTP/1.1 x\r\n\r\n"), "400"},
    {"3B.45 HTTP/2", B("GET http://good.test/ HTTP/2\r\n\r\n"), "400"},
    {"3B.45 space after it", B("GET http://good.test/ HTTP/1.1 \r\n\r\n"), "400"},
    {"3B.45 no dot", B("GET http://good.test/ HTTP/1,1\r\n\r\n"), "400"},
    {"3B.45 no digit", B("GET http://good.test/ HTTP/1.x\r\n\r\n"), "400"},
    {"3B.45 no digit before the dot", B("GET http://good.test/ HTTP/x.1\r\n\r\n"), "400"},
    {"3B.45 CR alone", B("GET http://good.test/ HTTP/1.1\ra\n\r\n"), "scan"},
    {"3B.45 LF alone", B("GET http://good.test/ HTTP/1.1a\n\r\n"), "scan"},
    {"3B.46 two spaces", B("GET  http://good.test/" H "\r\n"), "400"},
    {"3B.46 two spaces before the version", B("GET http://good.test/ " H "\r\n"), "400"},
    {"3B.46 TAB separators", B("GET\thttp://good.test/\tHTTP/1.1\r\nHost: good.test\r\n\r\n"),
     "400"},
    {"3B.46 space first", B(" " GET "\r\n"), "400"},
    {"3B.46 one leading CRLF", B("\r\n" GET "\r\n"), "GET good.test:80 / 1.1 none keep"},
    {"3B.46 two leading CRLF", B("\r\n\r\n" GET "\r\n"), "scan"},

    {"3B.50 CONNECT with Content-Length",
     B(CONNECT "Host: good.test\r\nContent-Length: 10\r\n\r\n"),
     "400 a CONNECT request has no body"},
    {"3B.50 CONNECT with Content-Length: 0",
     B(CONNECT "Host: good.test\r\nContent-Length: 0\r\n\r\n"),
     "400 a CONNECT request has no body"},
    {"3B.50 CONNECT with Transfer-Encoding", B(CONNECT "Host: good.test\r\n" CHUNKED "\r\n"),
     "400 a CONNECT request has no body"},
    {"3B.52 G(ET", B("G(ET http://good.test/" H "\r\n"), "400 the request does not begin"},
    {"3B.52 empty method", B(" http://good.test/" H "\r\n"), "400"},
    {"3B.52 32 bytes", B("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF http://good.test/" H "\r\n"),
     "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF good.test:80 / 1.1 none keep"},
    {"3B.52 33 bytes", B("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG http://good.test/" H "\r\n"),
     "400 the method is too long"},
    {"3B.52 lower case", B("get http://good.test/" H "\r\n"), "get good.test:80 / 1.1 none keep"},
    {"3B.52 head in lower case", B("head http://good.test/" H "\r\n"), "400 methods are case"},
    {"3B.52 Connect", B("Connect http://good.test/" H "\r\n"), "400 methods are case"},
    {"3B.52 trace", B("trace http://good.test/" H "\r\n"), "400 methods are case"},
    {"3B.52 PRI", B("PRI http://good.test/" H "\r\n"), "400 PRI"},
    {"3B.52 TRACE", B("TRACE http://good.test/" H "\r\n"), "405 TRACE"},
    {"3B.52 OPTIONS *", B("OPTIONS *" H "\r\n"), "400 this is a proxy: '*'"},
    {"CONNECT with a URL", B("CONNECT http://good.test/" H "\r\n"), "400"},
    {"GET with an authority alone", B("GET good.test" H "\r\n"), "400 this is a proxy"},

    {"3B.53 Connection names no list", B(GET "Connection: close; Host\r\n\r\n"),
     "400 a Connection"},
    {"3B.54 websocket", B(GET "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep upgrade=websocket"},
    {"3B.54 not named by Connection", B(GET "Upgrade: websocket\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"3B.54 nothing to upgrade to", B(GET "Connection: upgrade\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"3B.54 not a GET", B("PUT http://good.test/" H "Upgrade: a\r\nConnection: upgrade\r\n\r\n"),
     "PUT good.test:80 / 1.1 none keep"},
    {"3B.54 with a body", B(GET "Content-Length: 1\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n"),
     "GET good.test:80 / 1.1 length=1 keep"},
    {"3B.54 h2c would hide requests",
     B(GET "Upgrade: a, H2C\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: A\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"3B.54 HTTP/1.0",
     B("GET http://good.test/ HTTP/1.0\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n"),
     "GET good.test:80 / 1.0 none close"},
    {"3B.55 encoded CRLF in a path", B("GET http://good.test/%0d%0aHost:evil.test" H "\r\n"),
     "GET good.test:80 /%0d%0aHost:evil.test 1.1 none keep"},
    {"3B.55 with a space", B("GET http://good.test/%0d%0aHost: evil.test" H "\r\n"), "400"},
    {"3B.59 Expect", B(POST "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n"),
     "POST good.test:80 / 1.1 length=1 keep expect"},
    {"3B.59 without a body", B(GET "Expect: 100-continue\r\n\r\n"),
     "GET good.test:80 / 1.1 none keep"},
    {"3B.59 HTTP/1.0",
     B("POST http://good.test/ HTTP/1.0\r\nContent-Length: 1\r\n"
       "Expect: 100-continue\r\n\r\n"),
     "POST good.test:80 / 1.0 length=1 close"},
    {"3B.59 another expectation", B(POST "Expect: a pony\r\n\r\n"), "417"},
    {"3B.59 two", B(POST "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n"), "417"},
    {"3B.62 https", B("GET https://good/" H "\r\n"),
     "400 https:// goes through a tunnel: use CONNECT"},
    {"3B.62 HTTPS", B("GET HTTPS://good/" H "\r\n"), "400 https://"},
    {"3B.63 ftp", B("GET ftp://good.test/" H "\r\n"), "400 only http:// URLs"},
    {"3B.63 file", B("GET file:///etc/passwd" H "\r\n"), "400 only http:// URLs"},
    {"3B.63 gopher", B("GET gopher:x" H "\r\n"), "400"},
    {"3B.65 Connection: Connection", B(GET "Connection: Connection\r\nConnection: close\r\n\r\n"),
     "GET good.test:80 / 1.1 none close"},
};

static void describe(char *out, size_t cap, const struct http1_request *r)
{
    char body[40] = "none";

    if (r->framing == HTTP1_LENGTH)
        snprintf(body, sizeof body, "length=%llu", (unsigned long long)r->content_length);
    if (r->framing == HTTP1_CHUNKED)
        snprintf(body, sizeof body, "chunked");
    assert_int_equal(r->connect, str_equal(r->method, STR("CONNECT")));
    snprintf(out, cap, STR_FMT " %s:%u " STR_FMT " 1.%u %s %s%s%s" STR_FMT, STR_ARG(r->method),
             r->host.text, r->port, STR_ARG(r->path), r->minor, body,
             r->keep_alive ? "keep" : "close", r->expect_continue ? " expect" : "",
             r->upgrade.len ? " upgrade=" : "", STR_ARG(r->upgrade));
}

/* What the parser says to these bytes, against a guard page. */
static void verdict(char *out, size_t cap, const char *bytes, size_t len)
{
    struct http1_request request;
    struct http1_refusal why = {0, NULL};
    char *copy = guard_copy(bytes, len);

    memset(&request, 0xa5, sizeof request);
    if (http1_parse_request(&request, (struct str){copy, len}, &why))
        describe(out, cap, &request);
    else
        snprintf(out, cap, "%d %s", why.status, why.text);
    guard_free(copy, len);
}

static bool matches(const struct row *row, const char *got)
{
    bool refusal = ascii_digit(row->want[0]);

    if (strcmp(row->want, "scan") == 0)
        return strncmp(got, "400 ", 4) == 0;
    return refusal ? strncmp(got, row->want, strlen(row->want)) == 0 : strcmp(got, row->want) == 0;
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char got[512];

        verdict(got, sizeof got, ROWS[i].bytes, ROWS[i].len);
        if (!matches(&ROWS[i], got))
            fail_msg("%s: '%s' instead of '%s'", ROWS[i].name, got, ROWS[i].want);
    }
}

/* The scan in pieces of `first`, then `step` bytes: must find the whole row, or refuse it. */
static void scan_pieces(const struct row *row, size_t first, size_t step)
{
    struct http1_scan scan = {0};
    enum http1_scan_status status = HTTP1_SCAN_MORE;
    bool want_refusal = strcmp(row->want, "scan") == 0;
    size_t at = 0, piece = first;

    while (status == HTTP1_SCAN_MORE && at < row->len) {
        size_t len = row->len - at < piece ? row->len - at : piece, used;

        status = http1_scan_head(&scan, row->bytes + at, len, &used);
        at += used;
        piece = step;
    }
    if (status != (want_refusal ? HTTP1_SCAN_MALFORMED : HTTP1_SCAN_DONE) ||
        (!want_refusal && at != row->len))
        fail_msg("%s, cut at %zu by %zu: status %d after %zu", row->name, first, step, status, at);
}

static void test_3b_66_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        scan_pieces(&ROWS[i], 1, 1);
        for (size_t cut = 0; cut <= ROWS[i].len; cut++)
            scan_pieces(&ROWS[i], cut, ROWS[i].len);
    }
}

/* A head that lacks its end, or has bytes behind it, is none. */
static void test_cut_heads_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char got[512];

        if (ascii_digit(ROWS[i].want[0]) || strcmp(ROWS[i].want, "scan") == 0)
            continue;
        for (size_t len = 0; len < ROWS[i].len; len++) {
            verdict(got, sizeof got, ROWS[i].bytes, len);
            if (!ascii_digit(got[0]))
                fail_msg("%s, cut at %zu: '%s'", ROWS[i].name, len, got);
        }
    }
}

static void test_bytes_behind_the_head(void **state)
{
    char got[512];

    (void)state;
    verdict(got, sizeof got, B(GET "\r\nX"));
    assert_string_equal(got, "400 bytes stand after the head");
}

/* 3B.56: as many fields as the limit allows, and one more. */
static void test_3b_56_field_count(void **state)
{
    (void)state;
    for (size_t extra = 0; extra < 2; extra++) {
        char head[4096] = GET, got[512];
        size_t len = sizeof(GET) - 1;

        for (size_t i = 1; i < LIMIT_HTTP_FIELDS + extra; i++) {
            memcpy(head + len, "a: b\r\n", 6);
            len += 6;
        }
        memcpy(head + len, "\r\n", 2);
        verdict(got, sizeof got, head, len + 2);
        assert_string_equal(got, extra ? "431 the head has too many fields"
                                       : "GET good.test:80 / 1.1 none keep");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_3b_66_every_split),
        cmocka_unit_test(test_cut_heads_are_refused),
        cmocka_unit_test(test_bytes_behind_the_head),
        cmocka_unit_test(test_3b_56_field_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
