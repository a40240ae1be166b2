/* SPDX-License-Identifier: Apache-2.0
 * test_http1_response.c - which answers of a server have an end that is beyond doubt.
 *
 * Every row goes through the scan in one piece and cut at every offset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http1.h"
#include "support/guard.h"

#define B(literal) "" literal, sizeof(literal) - 1
#define OK         "HTTP/1.1 200 OK\r\n"
#define CHUNKED    "Transfer-Encoding: chunked\r\n"
#define SWITCH     "HTTP/1.1 101 Switching Protocols\r\n"

/* `want`: status, version, phrase, body, what the connection shall do; or the beginning of the text
 * of a refusal, after "502 "; "scan" when no parser need ever see it. A method of "+GET" has asked
 * for an upgrade. */
static const struct row {
    const char *name, *method, *bytes;
    size_t len;
    const char *want;
} ROWS[] = {
    {"a length", "GET", B(OK "Content-Length: 5\r\n\r\n"), "200 1.1 'OK' length=5 keep"},
    {"the length 0", "GET", B(OK "Content-Length: 0\r\n\r\n"), "200 1.1 'OK' length=0 keep"},
    {"chunked", "GET", B(OK CHUNKED "\r\n"), "200 1.1 'OK' chunked keep"},
    {"until close", "GET", B(OK "\r\n"), "200 1.1 'OK' until-close close"},
    {"close", "GET", B(OK "Connection: close\r\nContent-Length: 5\r\n\r\n"),
     "200 1.1 'OK' length=5 close"},
    {"HTTP/1.0", "GET", B("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"),
     "200 1.0 'OK' length=5 close"},
    {"HTTP/1.0 that keeps", "GET",
     B("HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n"),
     "200 1.0 'OK' length=5 keep"},
    {"HTTP/1.0 that keeps without a length", "GET",
     B("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"), "200 1.0 'OK' until-close close"},
    {"empty phrase", "GET", B("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"),
     "200 1.1 '' length=0 keep"},
    {"no space before it", "GET", B("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
     "200 1.1 '' length=0 keep"},
    {"words, HTAB and obs-text", "GET",
     B("HTTP/1.1 404 Not\tF\xf6und  x\r\nContent-Length: 0\r\n\r\n"),
     "404 1.1 'Not\tF\xf6und  x' length=0 keep"},
    {"status 599", "GET", B("HTTP/1.1 599 x\r\nContent-Length: 0\r\n\r\n"),
     "599 1.1 'x' length=0 keep"},
    {"HEAD with a length", "HEAD", B(OK "Content-Length: 5\r\n\r\n"), "200 1.1 'OK' none(5) keep"},
    {"HEAD with chunked", "HEAD", B(OK CHUNKED "\r\n"), "200 1.1 'OK' none keep"},
    {"HEAD with neither", "HEAD", B(OK "\r\n"), "200 1.1 'OK' none keep"},
    {"304 with a length", "GET", B("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n"),
     "304 1.1 'x' none(5) keep"},
    {"204", "GET", B("HTTP/1.1 204 x\r\n\r\n"), "204 1.1 'x' none keep"},
    {"204 with the length 0", "GET", B("HTTP/1.1 204 x\r\nContent-Length: 0\r\n\r\n"),
     "204 1.1 'x' none keep"},
    {"204 with a length", "GET", B("HTTP/1.1 204 x\r\nContent-Length: 5\r\n\r\n"),
     "502 the answer announces a body"},
    {"204 with the length 1", "GET", B("HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\n"),
     "502 the answer announces a body"},
    {"204 with chunked", "GET", B("HTTP/1.1 204 x\r\n" CHUNKED "\r\n"),
     "502 the answer announces a body"},
    {"3B.59 100", "POST", B("HTTP/1.1 100 Continue\r\n\r\n"), "100 1.1 'Continue' none keep"},
    {"100 with a length", "POST", B("HTTP/1.1 100 x\r\nContent-Length: 5\r\n\r\n"),
     "502 the answer announces a body"},
    {"200 to CONNECT", "CONNECT", B(OK "\r\n"), "200 1.1 'OK' none keep"},
    {"200 to CONNECT with a body", "CONNECT", B(OK CHUNKED "\r\n"), "502 the answer announces"},
    {"403 to CONNECT", "CONNECT", B("HTTP/1.1 403 x\r\nContent-Length: 5\r\n\r\n"),
     "403 1.1 'x' length=5 keep"},
    {"HEAD in lower case is another method", "head", B(OK "Content-Length: 5\r\n\r\n"),
     "200 1.1 'OK' length=5 keep"},

    {"3B.54 101", "+GET", B(SWITCH "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
     "101 1.1 'Switching Protocols' none keep upgrade=websocket"},
    {"3B.54 101 to a short name", "+GET", B(SWITCH "Connection: upgrade\r\nUpgrade: a\r\n\r\n"),
     "101 1.1 'Switching Protocols' none keep upgrade=a"},
    {"3B.54 101 to nothing", "+GET", B(SWITCH "Connection: upgrade\r\nUpgrade:\r\n\r\n"),
     "502 the answer switches protocols and does not"},
    {"3B.54 101 without Upgrade", "+GET", B(SWITCH "Connection: Upgrade\r\n\r\n"),
     "502 the answer switches protocols and does not"},
    {"3B.54 101 without Connection", "+GET", B(SWITCH "Upgrade: websocket\r\n\r\n"),
     "502 the answer switches protocols and does not"},
    {"3B.54 101 with a body", "+GET",
     B(SWITCH "Connection: Upgrade\r\nUpgrade: a\r\nContent-Length: 5\r\n\r\n"),
     "502 the answer announces a body"},
    {"3B.54 200 instead", "+GET", B(OK "Content-Length: 0\r\n\r\n"), "200 1.1 'OK' length=0 keep"},
    {"3B.57 101 unasked", "GET", B(SWITCH "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
     "502 the answer switches protocols and nobody"},
    {"3B.57 two Content-Length", "GET", B(OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
     "502 Content-Length stands"},
    {"3B.57 two that agree", "GET", B(OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
     "502 Content-Length stands"},
    {"3B.57 list", "GET", B(OK "Content-Length: 1, 1\r\n\r\n"), "502 Content-Length is not"},
    {"3B.57 signed", "GET", B(OK "Content-Length: +1\r\n\r\n"), "502 Content-Length is not"},
    {"3B.57 bad length after HEAD", "HEAD", B(OK "Content-Length: x\r\n\r\n"),
     "502 Content-Length is not"},
    {"3B.57 length and coding", "GET", B(OK "Content-Length: 1\r\n" CHUNKED "\r\n"),
     "502 Content-Length and"},
    {"3B.57 another coding", "GET", B(OK "Transfer-Encoding: gzip, chunked\r\n\r\n"),
     "502 the only Transfer-Encoding"},
    {"3B.57 chunked twice", "GET", B(OK CHUNKED CHUNKED "\r\n"), "502 the only Transfer-Encoding"},
    {"3B.57 coding in HTTP/1.0", "GET", B("HTTP/1.0 200 OK\r\n" CHUNKED "\r\n"),
     "502 HTTP/1.0 has"},
    {"3B.57 HTTP/0.9", "GET", B("<html>\r\n\r\n"), "502 the answer does not begin"},
    {"3B.57 HTTP/1.2", "GET", B("HTTP/1.2 200 OK\r\n\r\n"), "502 the answer has an unknown"},
    {"3B.57 HTTP/2", "GET", B("HTTP/2 200 OK\r\n\r\n"), "502 the answer does not begin"},
    {"3B.57 lower case", "GET", B("http/1.1 200 OK\r\n\r\n"), "502 the answer does not begin"},
    {"3B.57 leading CRLF", "GET", B("\r\n" OK "\r\n"), "502 the answer does not begin"},
    {"3B.57 two spaces", "GET", B("HTTP/1.1  200 OK\r\n\r\n"), "502 the answer does not begin"},
    {"3B.57 two digits", "GET", B("HTTP/1.1 20 OK\r\n\r\n"), "502 the answer does not begin"},
    {"3B.57 four digits", "GET", B("HTTP/1.1 2000 OK\r\n\r\n"), "502 the answer's first line"},
    {"3B.57 status 099", "GET", B("HTTP/1.1 099 OK\r\n\r\n"), "502 the answer's status"},
    {"3B.57 status 600", "GET", B("HTTP/1.1 600 OK\r\n\r\n"), "502 the answer's status"},
    {"3B.57 ESC in the phrase", "GET", B("HTTP/1.1 200 \x1b[2J\r\n\r\n"), "scan"},
    {"3B.44 bare CR after the status", "GET", B("HTTP/1.1 200\rx\r\n\r\n"), "scan"},
    {"3B.44 bare LF after the status", "GET", B("HTTP/1.1 200x\n\r\n"), "scan"},
    {"3B.44 bare LF", "GET", B("HTTP/1.1 200 OK\nContent-Length: 5\n\n"), "scan"},
    {"3B.44 obs-fold", "GET", B(OK "A: b\r\n c\r\n\r\n"), "502 a line of the head begins"},
    {"3B.44 space before the colon", "GET", B(OK "Content-Length : 5\r\n\r\n"), "502 white space"},
};

static void describe(char *out, size_t cap, const struct http1_response *r)
{
    char body[40] = "";

    switch (r->framing) {
    case HTTP1_NO_BODY:
        snprintf(body, sizeof body, r->content_length ? "none(%llu)" : "none",
                 (unsigned long long)r->content_length);
        break;
    case HTTP1_LENGTH:
        snprintf(body, sizeof body, "length=%llu", (unsigned long long)r->content_length);
        break;
    case HTTP1_CHUNKED:
        snprintf(body, sizeof body, "chunked");
        break;
    case HTTP1_UNTIL_CLOSE:
        snprintf(body, sizeof body, "until-close");
        break;
    }
    snprintf(out, cap, "%d 1.%u '" STR_FMT "' %s %s%s" STR_FMT, r->status, r->minor,
             STR_ARG(r->phrase), body, r->keep_alive ? "keep" : "close",
             r->upgrade.len ? " upgrade=" : "", STR_ARG(r->upgrade));
}

/* What the parser says to these bytes, against a guard page. */
static void verdict(char *out, size_t cap, const char *method, const char *bytes, size_t len)
{
    struct http1_response response;
    struct http1_refusal why = {0, NULL};
    bool upgrade = method[0] == '+';
    char *copy = guard_copy(bytes, len);

    memset(&response, 0xa5, sizeof response);
    if (http1_parse_response(&response, (struct str){copy, len}, str_of(method + upgrade), upgrade,
                             &why))
        describe(out, cap, &response);
    else
        snprintf(out, cap, "%d %s", why.status, why.text);
    guard_free(copy, len);
}

static bool is_refusal(const struct row *row)
{
    return strncmp(row->want, "502 ", 4) == 0 || strcmp(row->want, "scan") == 0;
}

static bool matches(const struct row *row, const char *got)
{
    if (!is_refusal(row))
        return strcmp(got, row->want) == 0;
    return strncmp(got, "502 ", 4) == 0 &&
           (strcmp(row->want, "scan") == 0 || strncmp(got, row->want, strlen(row->want)) == 0);
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        char got[512];

        verdict(got, sizeof got, ROWS[i].method, ROWS[i].bytes, ROWS[i].len);
        if (!matches(&ROWS[i], got))
            fail_msg("%s: '%s' instead of '%s'", ROWS[i].name, got, ROWS[i].want);
    }
}

static void test_every_split(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        const struct row *row = &ROWS[i];
        bool scan_refuses = strcmp(row->want, "scan") == 0;

        for (size_t cut = 0; cut <= row->len; cut++) {
            struct http1_scan scan = {0};
            size_t first, second = 0;
            enum http1_scan_status status = http1_scan_head(&scan, row->bytes, cut, &first);

            if (status == HTTP1_SCAN_MORE)
                status = http1_scan_head(&scan, row->bytes + cut, row->len - cut, &second);
            if (status != (scan_refuses ? HTTP1_SCAN_MALFORMED : HTTP1_SCAN_DONE) ||
                (first + second == row->len) == scan_refuses)
                fail_msg("%s, cut at %zu: status %d", row->name, cut, status);
        }
    }
}

static void test_cut_heads_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ROWS); i++) {
        for (size_t len = 0; !is_refusal(&ROWS[i]) && len < ROWS[i].len; len++) {
            char got[512];

            verdict(got, sizeof got, ROWS[i].method, ROWS[i].bytes, len);
            if (strncmp(got, "502 ", 4) != 0)
                fail_msg("%s, cut at %zu: '%s'", ROWS[i].name, len, got);
        }
    }
}

static void test_3b_57_too_many_fields(void **state)
{
    char head[4096] = OK, got[512];
    size_t len = sizeof(OK) - 1;

    (void)state;
    for (size_t i = 0; i <= LIMIT_HTTP_FIELDS; i++) {
        memcpy(head + len, "a: b\r\n", 6);
        len += 6;
    }
    memcpy(head + len, "\r\n", 2);
    verdict(got, sizeof got, "GET", head, len + 2);
    assert_string_equal(got, "502 the head has too many fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_cut_heads_are_refused),
        cmocka_unit_test(test_3b_57_too_many_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
