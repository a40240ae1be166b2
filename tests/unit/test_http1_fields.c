/* SPDX-License-Identifier: Apache-2.0
 * test_http1_fields.c - what request and response share: bytes, names, lists, lines, framing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/http1_fields.h"
#include "support/guard.h"

#define B(literal) "" literal, sizeof(literal) - 1

/* ---- bytes ---- */

static void test_classes(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        bool alnum = c < 128 && (((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || ascii_digit((char)c));
        bool token = alnum || (c && strchr("!#$%&'*+-.^_`|~", c));
        bool target = c > 0x20 && c < 0x7f && c != '#' && c != '\\';

        if (http1_is((char)c, HTTP1_TOKEN) != token || http1_is((char)c, HTTP1_TARGET) != target)
            fail_msg("byte 0x%02x has the class %u", c, http1_class[c]);
    }
}

/* Every byte at every place of runs of every length up to three words. */
static void test_plain_run(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 24; len++) {
        char *copy;

        char text[24];
        memset(text, 0x20, sizeof text);
        copy = guard_copy(text, len);
        assert_int_equal(http1_plain_run(copy, len), len);
        for (size_t at = 0; at < len; at++) {
            for (int c = 0; c < 256; c++) {
                size_t want = c < 0x20 || c == 0x7f ? at : len;

                copy[at] = (char)c;
                if (http1_plain_run(copy, len) != want)
                    fail_msg("byte 0x%02x at %zu of %zu", c, at, len);
            }
            copy[at] = "\x80\xff~ "[at % 4];
        }
        guard_free(copy, len);
    }
}

/* ---- names ---- */

static const struct {
    const char *name;
    enum http1_name want;
} NAMES[] = {
    {"Host", HTTP1_NAME_HOST},
    {"hOST", HTTP1_NAME_HOST},
    {"Content-Length", HTTP1_NAME_CONTENT_LENGTH},
    {"TRANSFER-ENCODING", HTTP1_NAME_TRANSFER_ENCODING},
    {"Connection", HTTP1_NAME_CONNECTION},
    {"Proxy-Connection", HTTP1_NAME_PROXY_CONNECTION},
    {"Upgrade", HTTP1_NAME_UPGRADE},
    {"Expect", HTTP1_NAME_EXPECT},
    {"Trailer", HTTP1_NAME_TRAILER},
    {"TE", HTTP1_NAME_HOP_BY_HOP},
    {"Close", HTTP1_NAME_HOP_BY_HOP},
    {"Keep-Alive", HTTP1_NAME_HOP_BY_HOP},
    {"Proxy-Authenticate", HTTP1_NAME_HOP_BY_HOP},
    {"Proxy-Authorization", HTTP1_NAME_HOP_BY_HOP},
    {"Proxy-Authentication-Info", HTTP1_NAME_HOP_BY_HOP},
    {"Hos", HTTP1_NAME_OTHER},
    {"Hosts", HTTP1_NAME_OTHER},
    {"Ho-t", HTTP1_NAME_OTHER},
    {"Content_Length", HTTP1_NAME_OTHER},
    {"Content-Lengti", HTTP1_NAME_OTHER},
    {"Trailor", HTTP1_NAME_OTHER},
    {"X", HTTP1_NAME_OTHER},
    {"Cache-Control", HTTP1_NAME_OTHER},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
        if (http1_name_of(str_of(NAMES[i].name)) != NAMES[i].want)
            fail_msg("%s", NAMES[i].name);
    }
}

static void test_lists(void **state)
{
    static const struct {
        const char *name, *list, *want; /* elements joined by '/' */
    } LISTS[] = {
        {"empty", "", ""},
        {"one", "a", "a/"},
        {"white space", " a b\t,\tc ", "a b/c/"},
        {"empty elements", ",,a, ,b,", "a/b/"},
        {"nothing but commas", " , ,", ""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(LISTS); i++) {
        auto_buf struct buf got = BUF_INIT(100);
        size_t len = strlen(LISTS[i].list);
        char *copy = guard_copy(LISTS[i].list, len);
        struct str rest = {copy, len}, element;

        while (http1_list_next(&rest, &element)) {
            buf_append_str(&got, element);
            buf_append_text(&got, "/");
        }
        guard_free(copy, len);
        if (!str_equal(buf_str(&got), str_of(LISTS[i].want)))
            fail_msg("%s: " STR_FMT, LISTS[i].name, STR_ARG(buf_str(&got)));
    }
}

/* ---- lines ---- */

/* `want`: "name=value;" for each field, or the beginning of the refusal. */
static const struct {
    const char *name, *bytes;
    size_t len;
    const char *want;
} LINES[] = {
    {"none", B("\r\n"), ""},
    {"one", B("A: b\r\n\r\n"), "A=b;"},
    {"white space around a value", B("A:\t b\tc \t\r\nD:e\r\n\r\n"), "A=b\tc;D=e;"},
    {"empty values", B("A:\r\nB: \t \r\n\r\n"), "A=;B=;"},
    {"colons in a value", B("A:b:c\r\n\r\n"), "A=b:c;"},
    {"obs-text", B("A: \x80\xff\r\n\r\n"), "A=\x80\xff;"},
    {"every token byte", B("!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n"), "!#$%&'*+-.^_`|~09azAZ=b;"},
    {"3B.44 bare LF", B("A: b\n\r\n"), "400 a field's value holds"},
    {"3B.44 LF ends the head", B("A: b\r\n\n"), "400 a field's name"},
    {"3B.44 bare CR", B("A: b\rc\r\n\r\n"), "400 a field's value holds"},
    {"3B.44 obs-fold", B("A: b\r\n c\r\n\r\n"), "400 a line of the head begins"},
    {"3B.44 space before the first name", B(" A: b\r\n\r\n"), "400 a line of the head begins"},
    {"3B.44 NUL in a name", B("A\0: b\r\n\r\n"), "400 a field's name"},
    {"3B.44 NUL in a value", B("A: b\0\r\n\r\n"), "400 a field's value holds"},
    {"3B.44 DEL in a value", B("A: \x7f\r\n\r\n"), "400 a field's value holds"},
    {"3B.44 space before the colon", B("A : b\r\n\r\n"), "400 white space"},
    {"3B.44 HTAB before the colon", B("A\t: b\r\n\r\n"), "400 white space"},
    {"3B.44 empty name", B(": b\r\n\r\n"), "400 a field has no name"},
    {"3B.44 no colon", B("A\r\n\r\n"), "400 a field's name"},
    {"bytes behind the end", B("A: b\r\n\r\nC"), "400 bytes stand after"},
    {"cut in a name", B("A"), "400 a field's name"},
    {"cut after the colon", B("A:"), "400 a field's value"},
    {"cut in a line end", B("A: b\r"), "400 a field's value"},
    {"cut before the empty line", B("A: b\r\n"), "400 a field's name"},
    {"cut in the empty line", B("A: b\r\n\r"), "400 a field's name"},
    {"nothing at all", B(""), "400 a field's name"},
    {"3B.53 Connection: quoted", B("Connection: \"close\"\r\n\r\n"), "400 a Connection field"},
    {"3B.53 Connection: two words", B("Connection: close x\r\n\r\n"), "400 a Connection field"},
    {"3B.53 Connection: empty", B("Connection:\r\n\r\n"), "Connection=;"},
};

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(LINES); i++) {
        auto_buf struct buf got = BUF_INIT(1000);
        struct http1_field fields[LIMIT_HTTP_FIELDS];
        struct http1_facts facts = {0};
        struct http1_refusal why = {0, NULL};
        size_t n = 0, len = LINES[i].len;
        char *copy = guard_copy(LINES[i].bytes, len);

        if (!http1_fields_read(fields, &n, &facts, (struct str){copy, len}, 0, &why))
            buf_printf(&got, "%d %s", why.status, why.text);
        for (size_t k = 0; k < n && !why.text; k++)
            buf_printf(&got, STR_FMT "=" STR_FMT ";", STR_ARG(fields[k].name),
                       STR_ARG(fields[k].value));
        guard_free(copy, len);
        if (why.text ? !str_has_prefix(buf_str(&got), str_of(LINES[i].want)) || !LINES[i].want[0]
                     : !str_equal(buf_str(&got), str_of(LINES[i].want)))
            fail_msg("%s: '" STR_FMT "'", LINES[i].name, STR_ARG(buf_str(&got)));
    }
}

/* ---- what they say together ---- */

static void read_all(struct http1_facts *facts, struct http1_field *fields, size_t *n,
                     const char *text)
{
    struct http1_refusal why;

    *facts = (struct http1_facts){0};
    if (!http1_fields_read(fields, n, facts, str_of(text), 0, &why))
        fail_msg("%s: %s", text, why.text);
}

static void test_facts(void **state)
{
    struct http1_field fields[LIMIT_HTTP_FIELDS];
    struct http1_facts facts;
    size_t n;

    (void)state;
    read_all(&facts, fields, &n, "Connection: a, Close\r\nConnection: UPGRADE,,keep-alive\r\n\r\n");
    assert_true(facts.close && facts.keep_alive && facts.upgrade_named);
    read_all(&facts, fields, &n, "Connection: closed, keep, upgrades\r\nConnect: close\r\n\r\n");
    assert_false(facts.close || facts.keep_alive || facts.upgrade_named);
    read_all(&facts, fields, &n,
             "Host: a\r\nhost: b\r\nExpect: c\r\nUpgrade: d\r\nupgrade: e\r\n\r\n");
    assert_int_equal(facts.hosts, 2);
    assert_int_equal(facts.expects, 1);
    assert_int_equal(facts.upgrades, 2);
    assert_true(str_equal(facts.host, STR("b")));
}

static void test_framing(void **state)
{
    static const struct {
        const char *name, *fields;
        unsigned minor;
        bool ok;
        enum http1_framing framing;
        uint64_t length;
    } FRAMES[] = {
        {"none", "\r\n", 1, true, HTTP1_NO_BODY, 0},
        {"a length", "Content-Length: 7\r\n\r\n", 0, true, HTTP1_LENGTH, 7},
        {"2^63-1", "Content-Length: 9223372036854775807\r\n\r\n", 1, true, HTTP1_LENGTH, INT64_MAX},
        {"chunked", "Transfer-Encoding: chunked\r\n\r\n", 1, true, HTTP1_CHUNKED, 0},
        {"3B.41 2^63", "Content-Length: 9223372036854775808\r\n\r\n", 1, false, HTTP1_NO_BODY, 0},
        {"3B.41 two", "Content-Length: 7\r\nContent-Length: 7\r\n\r\n", 1, false, HTTP1_NO_BODY, 0},
        {"3B.42 two", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 1, false,
         HTTP1_NO_BODY, 0},
        {"3B.42 HTTP/1.0", "Transfer-Encoding: chunked\r\n\r\n", 0, false, HTTP1_NO_BODY, 0},
        {"3B.42 both", "Transfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n", 1, false,
         HTTP1_NO_BODY, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(FRAMES); i++) {
        struct http1_field fields[LIMIT_HTTP_FIELDS];
        struct http1_facts facts;
        struct http1_refusal why = {0, NULL};
        enum http1_framing framing;
        uint64_t length;
        size_t n;
        bool ok;

        read_all(&facts, fields, &n, FRAMES[i].fields);
        ok = http1_fields_framing(&framing, &length, &facts, FRAMES[i].minor, &why);
        if (ok != FRAMES[i].ok ||
            (ok && (framing != FRAMES[i].framing || length != FRAMES[i].length)))
            fail_msg("%s: %d, framing %d", FRAMES[i].name, ok, framing);
        assert_int_equal(why.status, ok ? 0 : 400);
    }
}

/* ---- 3B.53, 3B.65: what Connection names ---- */

static void test_named(void **state)
{
    static const struct {
        const char *name;
        bool want;
    } ASKED[] = {{"a", true},  {"A", true},   {"bb", true},       {"connection", true},
                 {"Zz", true}, {"b", false},  {"bbb", false},     {"x", false},
                 {"q", false}, {"az", false}, {"close-it", false}};
    struct http1_field fields[LIMIT_HTTP_FIELDS];
    struct http1_facts facts;
    struct http1_named named;
    size_t n;

    (void)state;
    read_all(&facts, fields, &n,
             "x: q\r\nConnection: A,, BB\r\nConnection: Connection ,zZ\r\n\r\n");
    named = http1_named_by(fields, n);
    for (size_t i = 0; i < ARRAY_LEN(ASKED); i++) {
        if (http1_is_named(&named, str_of(ASKED[i].name)) != ASKED[i].want)
            fail_msg("%s", ASKED[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes), cmocka_unit_test(test_plain_run),
        cmocka_unit_test(test_names),   cmocka_unit_test(test_lists),
        cmocka_unit_test(test_lines),   cmocka_unit_test(test_facts),
        cmocka_unit_test(test_framing), cmocka_unit_test(test_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
