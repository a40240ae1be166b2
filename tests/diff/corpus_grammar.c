/* SPDX-License-Identifier: Apache-2.0
 * corpus_grammar.c - heads put together from parts: mostly what RFC 9112 allows, now and then not.
 */
#include "base/base.h"
#include "diff/corpus.h"

/* Of each list the first `USUAL` are well-formed, and taken most of the time. */
#define USUAL 6

static const char *const METHODS[] = {
    "GET",      "POST",    "HEAD",  "PUT",      "OPTIONS",
    "DELETE",   "CONNECT", "TRACE", "PRI",      "get",
    "head",     "QUERY",   "BREW",  "M-SEARCH", "SOURCE",
    "DESCRIBE", "GETT",    "G",     "GE T",     "",
    "PROPFIND", "Connect", "FLUSH", "CONNECTS", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGH",
};

static const char *const TARGETS[] = {
    "http://good.test/",
    "http://good.test",
    "http://good.test?q=1",
    "HTTP://Good.Test:8080/a",
    "http://[2001:db8::1]/?",
    "http://192.0.2.1/a;b,c/%41",
    "/",
    "*",
    "good.test:443",
    "https://good.test/",
    "ftp://good.test/",
    "http:/good.test/",
    "http:///x",
    "http://u:p@good.test/",
    "http://good.test/#f",
    "http://good.test#f",
    "http://good.test\\@evil/",
    "http://good.test:/",
    "http://good.test:0/",
    "http://good.test:080/",
    "http://good.test:99999/",
    "http://a..b/",
    "http://-a.test/",
    "http://0x7f.1/",
    "http://good.test:80:80/",
    "http://*.test/",
    "http://a%2eb/",
    "http://[good.test]/",
    "http://[::1%25lo]/",
    "http://2001:db8::1/",
    "http://a_b.test/{}|^`<>",
    "http://good.test/a b",
    "http://good.test/\"\\",
    "http://[::1]x/",
    "http://\xc3\xa9.test/",
    "http://good.test/\xc3\xa9",
    "good.test",
    "[::1]:443",
    "h2://good.test/",
    "http://[::1/",
    "//good.test/",
    "http://good.test/?a?/?",
};

static const char *const VERSIONS[] = {
    "HTTP/1.1", "HTTP/1.1", "HTTP/1.1",  "HTTP/1.1",  "HTTP/1.0", "HTTP/1.1",  "HTTP/0.9",
    "HTTP/2.0", "HTTP/1.2", "http/1.1",  "HTTP/1.10", "HTTP/11",  "HTTP/1.",   "",
    "RTSP/1.0", "ICE/1.0",  "HTTP/1.1 ", " HTTP/1.1", "HTTP/3.1", "HTTPS/1.1",
};

static const char *const FIELDS[] = {
    "Accept: */*",
    "Content-Length: 5",
    "Transfer-Encoding: chunked",
    "Connection: keep-alive",
    "User-Agent: a (b; \"c\\\" \x80\xff\t) ",
    "Connection: close, X",
    "Content-Length: 0",
    "Content-Length:\t5 \t",
    "Content-Length: 05",
    "Content-Length: +5",
    "Content-Length: 5,5",
    "Content-Length: 5, 5",
    "Content-Length: 0x5",
    "Content-Length:",
    "Content-Length: 9223372036854775807",
    "Content-Length: 9223372036854775808",
    "Content-Length: 18446744073709551616",
    "content-length : 5",
    "transfer-encoding:\t CHUNKED ",
    "Transfer-Encoding: chunked\t",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: ,chunked",
    "Transfer-Encoding: chunked,",
    "Transfer-Encoding: chunked;q=1",
    "Transfer-Encoding: \"chunked\"",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunkedx",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:",
    "Transfer-Encoding:\013chunked",
    "Transfer_Encoding: chunked",
    "Transfer-Encoding : chunked",
    "Host: good.test",
    "Host: evil.test",
    "Host:",
    "Host: good.test, evil.test",
    "Upgrade: websocket\r\nConnection: Upgrade",
    "Upgrade: h2c",
    "Expect: 100-continue",
    "Expect: a pony",
    "Proxy-Connection: close",
    "Connection: close;x",
    "Connection: close\t",
    "Connection: ,, keep-alive , close",
    "Keep-Alive: 5",
    "Max-Forwards: x",
    "A: b\r\n c",
    " A: b",
    ": b",
    "A b",
    "A",
    "A\t: b",
    "\xff: b",
    "A:",
    "\"A\": b",
    "A: b\rc",
    "A: b\nc",
    "Proxy-Authorization: Basic eA==",
};

static const char *const LINE_ENDS[] = {
    "\r\n",     "\r\n",   "\r\n", "\r\n",  "\r\n",   "\r\n",  "\n",     "\r",
    "\r\n\r\n", "\r\r\n", "\n\r", " \r\n", "\t\r\n", "\r\n ", "\r\n\t",
};

/* A usual part, or in one of `odds` cases any. */
#define PICK(dice, list, odds)                                                                     \
    str_of((list)[dice_roll(dice, dice_roll(dice, odds) ? USUAL : ARRAY_LEN(list))])

/* What a client copies into Host. */
static struct str authority_of(struct str target)
{
    size_t from = 0, end;

    for (size_t i = 0; i + 3 <= target.len && from == 0; i++) {
        if (memcmp(target.bytes + i, "://", 3) == 0)
            from = i + 3;
    }
    for (end = from; end < target.len && !memchr("/?", target.bytes[end], 2); end++)
        continue;
    return str_slice(target, from, end);
}

static void append_line(struct sample *out, struct dice *dice, struct str line)
{
    sample_append(out, line);
    sample_append(out, PICK(dice, LINE_ENDS, 60));
}

void corpus_generate(struct sample *out, struct dice *dice)
{
    struct str method = PICK(dice, METHODS, 6), target = PICK(dice, TARGETS, 6);
    size_t nfields = dice_roll(dice, 4), host = dice_roll(dice, nfields + 1);

    if (str_equal(method, STR("CONNECT")) && dice_roll(dice, 8))
        target = STR("good.test:443");
    sample_set(out, dice_roll(dice, 20) ? STR("") : PICK(dice, LINE_ENDS, 2));
    sample_append(out, method);
    sample_append(out, dice_roll(dice, 80) ? STR(" ") : STR("  "));
    sample_append(out, target);
    sample_append(out, dice_roll(dice, 80) ? STR(" ") : STR("\t"));
    append_line(out, dice, PICK(dice, VERSIONS, 10));
    for (size_t i = 0; i <= nfields; i++) {
        if (i == host && dice_roll(dice, 20)) {
            sample_append(out, STR("Host: "));
            append_line(out, dice, authority_of(target));
        } else {
            append_line(out, dice, PICK(dice, FIELDS, 3));
        }
    }
    sample_append(out, PICK(dice, LINE_ENDS, 40));
    if (dice_roll(dice, 4) == 0)
        sample_append(out, STR("5\r\nhello\r\n0\r\n\r\n"));
}
