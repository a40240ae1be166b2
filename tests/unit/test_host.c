/* SPDX-License-Identifier: Apache-2.0
 * test_host.c - hosts: the one normal form, and everything that is refused.
 *
 * The C library shows what a refusal is for: whatever inet_aton(3) reads as a number must never be
 * taken for a name. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/host.h"
#include "support/guard.h"

/* clang-format off */
#define L61  "123456789-123456789-123456789-123456789-123456789-123456789-1"
#define L63  L61 "23"
#define N253 L63 "." L63 "." L63 "." L61
/* clang-format on */
_Static_assert(sizeof(L63) - 1 == LIMIT_LABEL, "the longest label");
_Static_assert(sizeof(N253) - 1 == LIMIT_HOST, "the longest name");

/* Literals may hold NUL. */
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const char V4[] = "write an IPv4 address as four decimal numbers";
static const char XN[] = "xn--";
static const char LABEL[] = "label";
static const char BYTES[] = "holds";
static const char BRACKETS[] = "brackets";

typedef const char *parse_fn(struct host *out, struct str text);

/* Parses against a guard page; the result must be whole, or untouched. */
static const char *parse_guarded(parse_fn *parse, struct host *out, struct str text)
{
    char *copy = guard_copy(text.bytes, text.len);
    struct host untouched;
    const char *why;

    memset(&untouched, 0xa5, sizeof untouched);
    *out = untouched;
    why = parse(out, (struct str){copy, text.len});
    guard_free(copy, text.len);
    if (why) {
        assert_memory_equal(out, &untouched, sizeof untouched);
        assert_true(*why != '\0' && why[strlen(why) - 1] != '.');
    } else {
        assert_int_equal(strlen(out->text), out->len);
    }
    return why;
}

static const struct {
    const char *name;
    struct str text;
    const char *want; /* the normal form, or NULL: refused, */
    const char *why;  /* with these words                   */
} PARSE[] = {
    {"name", TEXT("good.test"), "good.test", NULL},
    {"one label", TEXT("good"), "good", NULL},
    {"one byte", TEXT("g"), "g", NULL},
    {"3A.3 capitals", TEXT("GOOD.TEST"), "good.test", NULL},
    {"3A.3 mixed", TEXT("GoOd.TeSt"), "good.test", NULL},
    {"every letter", TEXT("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "abcdefghijklmnopqrstuvwxyz", NULL},
    {"final dot", TEXT("good.test."), "good.test", NULL},
    {"digits", TEXT("1.2.3.good0"), "1.2.3.good0", NULL},
    {"digits and letters last", TEXT("good.3com"), "good.3com", NULL},
    {"hyphens inside", TEXT("a--b.c-d"), "a--b.c-d", NULL},
    {"A-label", TEXT("XN--MNCHEN-3YA.de"), "xn--mnchen-3ya.de", NULL},
    {"A-label is not decoded", TEXT("xn--a"), "xn--a", NULL},
    {"3A.24 underscore", TEXT("_dmarc.good.test"), "_dmarc.good.test", NULL},
    {"underscore last", TEXT("good_"), "good_", NULL},
    {"3A.26 localhost", TEXT("localhost"), "localhost", NULL},
    {"3A.26 localhost.", TEXT("localhost."), "localhost", NULL},
    {"IPv4", TEXT("127.0.0.1"), "127.0.0.1", NULL},
    {"3A.15 0.0.0.0", TEXT("0.0.0.0"), "0.0.0.0", NULL},
    {"3A.15 [::]", TEXT("[::]"), "::", NULL},
    {"IPv6", TEXT("[::1]"), "::1", NULL},
    {"IPv6 in full", TEXT("[2001:0DB8:0:0:0:0:0:A]"), "2001:db8::a", NULL},
    {"3A.16 mapped", TEXT("[::ffff:127.0.0.1]"), "127.0.0.1", NULL},
    {"3A.16 mapped in hexadecimal", TEXT("[::ffff:7f00:1]"), "127.0.0.1", NULL},
    {"3A.16 compatible", TEXT("[::127.0.0.1]"), "::7f00:1", NULL},
    {"3A.23 label of 63", TEXT(L63 ".test"), L63 ".test", NULL},
    {"3A.23 name of 253", TEXT(N253), N253, NULL},
    {"3A.23 name of 253 and final dot", TEXT(N253 "."), N253, NULL},

    {"empty", TEXT(""), NULL, "empty"},
    {"dot", TEXT("."), NULL, LABEL},
    {"3A.5 two final dots", TEXT("good.test.."), NULL, LABEL},
    {"3A.5 leading dot", TEXT(".good.test"), NULL, LABEL},
    {"3A.5 two dots", TEXT("good..test"), NULL, LABEL},
    {"3A.7 NUL", TEXT("evil.test\0.good.test"), NULL, BYTES},
    {"3A.7 NUL at the end", TEXT("good.test\0"), NULL, BYTES},
    {"3A.7 NUL at the start", TEXT("\0good.test"), NULL, BYTES},
    {"3A.8 encoded NUL", TEXT("evil.test%00.good.test"), NULL, "'%'"},
    {"3A.8 encoded dot", TEXT("evil.test%2egood.test"), NULL, "'%'"},
    {"3A.8 encoded letter", TEXT("%65vil.test"), NULL, "'%'"},
    {"3A.8 encoded allowed letter", TEXT("%67ood.test"), NULL, "'%'"},
    {"3A.9 userinfo", TEXT("good.test@evil.test"), NULL, "'@'"},
    {"3A.10 #", TEXT("evil.test#.good.test"), NULL, BYTES},
    {"3A.10 /", TEXT("evil.test/.good.test"), NULL, BYTES},
    {"3A.10 ?", TEXT("evil.test?.good.test"), NULL, BYTES},
    {"3A.10 backslash", TEXT("evil.test\\.good.test"), NULL, BYTES},
    {"3A.10 ;", TEXT("evil.test;.good.test"), NULL, BYTES},
    {"3A.10 ,", TEXT("evil.test,.good.test"), NULL, BYTES},
    {"3A.10 |", TEXT("evil.test|.good.test"), NULL, BYTES},
    {"3A.10 TAB", TEXT("evil.test\t.good.test"), NULL, BYTES},
    {"3A.10 SP", TEXT("evil.test .good.test"), NULL, BYTES},
    {"3A.10 CR", TEXT("evil.test\r.good.test"), NULL, BYTES},
    {"3A.10 LF", TEXT("evil.test\n.good.test"), NULL, BYTES},
    {"3A.10 DEL", TEXT("evil.test\x7f.good.test"), NULL, BYTES},
    {"space at the end", TEXT("good.test "), NULL, BYTES},
    {"3A.11 brackets around a name", TEXT("[good.test]"), NULL, BRACKETS},
    {"3A.11 two brackets", TEXT("[[::1]]"), NULL, "not an IPv6"},
    {"3A.11 opening bracket", TEXT("[good.test"), NULL, "']'"},
    {"3A.11 closing bracket", TEXT("good.test]"), NULL, BRACKETS},
    {"3A.11 bracket alone", TEXT("["), NULL, "']'"},
    {"3A.11 brackets alone", TEXT("[]"), NULL, BRACKETS},
    {"3A.11 brackets around IPv4", TEXT("[127.0.0.1]"), NULL, BRACKETS},
    {"3A.11 open IPv6", TEXT("[::1"), NULL, "']'"},
    {"3A.11 after the bracket", TEXT("[::1]."), NULL, "']'"},
    {"port", TEXT("good.test:443"), NULL, BRACKETS},
    {"3A.14 integer", TEXT("2130706433"), NULL, V4},
    {"3A.14 hexadecimal", TEXT("0x7f000001"), NULL, V4},
    {"3A.14 hexadecimal, capital", TEXT("0X7F000001"), NULL, V4},
    {"3A.14 octal", TEXT("0177.0.0.1"), NULL, V4},
    {"3A.14 short", TEXT("127.1"), NULL, V4},
    {"3A.14 hexadecimal short", TEXT("0x7f.1"), NULL, V4},
    {"3A.14 final dot", TEXT("127.0.0.1."), NULL, V4},
    {"3A.14 leading zeros", TEXT("00127.0.0.1"), NULL, V4},
    {"3A.14 hexadecimal last", TEXT("127.0.0.0x1"), NULL, V4},
    {"3A.14 empty hexadecimal", TEXT("127.0x"), NULL, V4},
    {"3A.14 five octets", TEXT("1.2.3.4.5"), NULL, V4},
    {"3A.14 octet over 255", TEXT("1.2.3.256"), NULL, V4},
    {"3A.15 zero", TEXT("0"), NULL, V4},
    {"name that ends in a number", TEXT("good.1"), NULL, V4},
    {"name that ends in a hexadecimal", TEXT("good.0xff"), NULL, V4},
    {"3A.19 zone", TEXT("[fe80::1%eth0]"), NULL, "zone"},
    {"3A.19 encoded zone", TEXT("[fe80::1%25eth0]"), NULL, "zone"},
    {"3A.20 U+3002", TEXT("evil\xe3\x80\x82test"), NULL, XN},
    {"3A.20 U+FF0E", TEXT("evil\xef\xbc\x8etest"), NULL, XN},
    {"3A.20 U+FF61",
     TEXT("127\xef\xbd\xa1"
          "0\xef\xbd\xa1"
          "0\xef\xbd\xa1"
          "1"),
     NULL, XN},
    {"3A.21 fullwidth", TEXT("\xef\xbd\x87ood.test"), NULL, XN},
    {"3A.21 circled digit",
     TEXT("\xe2\x91\xa0"
          "27.0.0.1"),
     NULL, XN},
    {"3A.21 Arabic digits", TEXT("\xd9\xa1\xd9\xa2\xd9\xa7.0.0.1"), NULL, XN},
    {"3A.21 Kelvin sign", TEXT("\xe2\x84\xaa.test"), NULL, XN},
    {"3A.21 soft hyphen", TEXT("go\xc2\xadod.test"), NULL, XN},
    {"3A.21 U+200B", TEXT("go\xe2\x80\x8bod.test"), NULL, XN},
    {"3A.21 U+202E", TEXT("\xe2\x80\xaetset.test"), NULL, XN},
    {"3A.21 invalid UTF-8", TEXT("\xff.test"), NULL, XN},
    {"3A.21 overlong", TEXT("evil\xc0\xaetest"), NULL, XN},
    {"3A.23 label of 64", TEXT(L63 "d.test"), NULL, LABEL},
    {"3A.23 last label of 64", TEXT("good." L63 "d"), NULL, LABEL},
    {"3A.23 name of 254", TEXT(N253 "a"), NULL, "253"},
    {"3A.23 name of 254 and final dot", TEXT(N253 "a."), NULL, "253"},
    {"3A.24 option", TEXT("-oProxyCommand=x.good.test"), NULL, BYTES},
    {"3A.24 leading hyphen", TEXT("-x.good.test"), NULL, LABEL},
    {"leading hyphen inside", TEXT("x.-good.test"), NULL, LABEL},
    {"trailing hyphen", TEXT("good-.test"), NULL, LABEL},
    {"hyphen last", TEXT("good.test-"), NULL, LABEL},
    {"hyphen before the final dot", TEXT("good.test-."), NULL, LABEL},
    {"hyphen alone", TEXT("-"), NULL, LABEL},
    {"3A.25 star", TEXT("*"), NULL, "'*'"},
    {"3A.25 star label", TEXT("*.good.test"), NULL, "'*'"},
    {"3A.25 two stars", TEXT("**.good.test"), NULL, "'*'"},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(PARSE); i++) {
        struct host h;
        const char *why = parse_guarded(host_parse, &h, PARSE[i].text);

        if (PARSE[i].want && (why || strcmp(h.text, PARSE[i].want) != 0))
            fail_msg("%s: %s", PARSE[i].name, why ? why : h.text);
        if (!PARSE[i].want && (!why || !strstr(why, PARSE[i].why)))
            fail_msg("%s: %s", PARSE[i].name, why ? why : "was taken");
    }
}

/* What one parser takes without a ':' in it, the other takes alike; with one, only the bare does.
 */
static void test_parse_bare_as_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(PARSE); i++) {
        struct host a, b;
        const char *why_a = parse_guarded(host_parse, &a, PARSE[i].text);
        const char *why_b = parse_guarded(host_parse_bare, &b, PARSE[i].text);

        if (!why_a != !why_b || (!why_a && strcmp(a.text, b.text) != 0))
            fail_msg("%s: %s, bare: %s", PARSE[i].name, why_a ? why_a : a.text,
                     why_b ? why_b : b.text);
    }
}

static void test_is_addr(void **state)
{
    struct host h;

    (void)state;
    assert_null(host_parse(&h, STR("127.0.0.1")));
    assert_true(h.is_addr);
    assert_int_equal(h.addr.family, 4);
    assert_null(host_parse(&h, STR("[::1]")));
    assert_true(h.is_addr);
    assert_int_equal(h.addr.family, 6);
    assert_null(host_parse(&h, STR("[::ffff:1.2.3.4]")));
    assert_int_equal(h.addr.family, 4);
    assert_null(host_parse(&h, STR("good.test")));
    assert_false(h.is_addr);
    assert_int_equal(h.addr.family, 0);
}

static void test_bare(void **state)
{
    static const struct {
        const char *name, *text, *want;
    } BARE[] = {
        {"IPv6", "::1", "::1"},
        {"IPv6 in full", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"mapped", "::ffff:127.0.0.1", "127.0.0.1"},
        {"in brackets", "[::1]", "::1"},
        {"name", "Good.Test.", "good.test"},
        {"3A.19 zone", "fe80::1%eth0", NULL},
        {"host and port", "good.test:443", NULL},
        {"address and port", "127.0.0.1:443", NULL},
        {"one colon", ":", NULL},
        {"half a bracket", "::1]", NULL},
        {"brackets and port", "[::1]:443", NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(BARE); i++) {
        struct host h;
        const char *why = parse_guarded(host_parse_bare, &h, str_of(BARE[i].text));

        if (!why != (BARE[i].want != NULL) || (!why && strcmp(h.text, BARE[i].want) != 0))
            fail_msg("%s: %s", BARE[i].name, why ? why : h.text);
    }
}

/* Every byte there is, at the start, inside and at the end of a label. */
static void test_every_byte(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool ldh = ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z') || ascii_digit((char)byte) ||
                   byte == '_';

        for (size_t at = 0; at < 3; at++) {
            char text[] = "abc.test";
            struct host h;
            bool want = ldh || (byte == '-' && at == 1) || (byte == '.' && at == 1);
            const char *why;

            text[at] = (char)byte;
            why = parse_guarded(host_parse, &h, (struct str){text, 8});
            if (!why != want)
                fail_msg("byte %u at %zu: %s", byte, at, why ? why : "was taken");
            if (!why)
                assert_int_equal(h.text[at], ascii_lower((char)byte));
        }
    }
}

/* "0x" + zeros + "7f000001.good.test": long enough to push an end out of a buffer. */
static void test_lengths(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 300; len++) {
        char text[300];
        struct host h;
        const char *why;

        memset(text, '0', sizeof text);
        for (size_t i = 60; i < len - 1; i += 61)
            text[i] = '.';
        text[len - 1] = 'a';
        why = parse_guarded(host_parse, &h, (struct str){text, len});
        if (!why != (len <= LIMIT_HOST))
            fail_msg("3A.23 length %zu: %s", len, why ? why : "was taken");
        memcpy(text + len - 1, "1", 1);
        if (len > 1 && !parse_guarded(host_parse, &h, (struct str){text, len}))
            fail_msg("3A.23 length %zu: a number was taken", len);
    }
}

/* No name may be left that inet_aton(3) reads as a number. */
static void test_no_number_is_a_name(void **state)
{
    static const char *const PARTS[] = {"0",   "1",  "127",        "0177", "0x7f", "0X1", "0x",
                                        "256", "08", "4294967295", "a",    "1a",   "0xg", ""};
    size_t refused = 0;

    (void)state;
    for (size_t i = 0; i < 14 * 14 * 14 * 4; i++) {
        char text[128];
        struct host h;
        struct in_addr in;
        size_t parts = i % 4 + 1, pick = i / 4;

        snprintf(text, sizeof text, "%s%s%s%s%s%s%s", PARTS[pick % 14], parts > 1 ? "." : "",
                 parts > 1 ? PARTS[pick / 14 % 14] : "", parts > 2 ? "." : "",
                 parts > 2 ? PARTS[pick / 196] : "", parts > 3 ? "." : "",
                 parts > 3 ? PARTS[pick % 14] : "");
        if (!inet_aton(text, &in))
            continue;
        if (!host_parse(&h, str_of(text)) && !h.is_addr)
            fail_msg("3A.14 '%s' was taken for a name", text);
        if (!host_parse(&h, str_of(text)) && memcmp(h.addr.bytes, &in, 4) != 0)
            fail_msg("3A.14 '%s' was taken for another address", text);
        refused += host_parse(&h, str_of(text)) != NULL;
    }
    assert_true(refused > 1000);
}

/* What the URL standard makes of a host in http://HOST/; NULL: refuses it. */
static const struct {
    const char *text, *standard;
} URL_STANDARD[] = {
    {"good.test", "good.test"},
    {"GOOD.Test", "good.test"},
    {"good.test.", "good.test."},
    {"good.test..", "good.test.."},
    {".good.test", ".good.test"},
    {"xn--mnchen-3ya.de", "xn--mnchen-3ya.de"},
    {"XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"},
    {"m\xc3\xbcnchen.de", "xn--mnchen-3ya.de"},
    {"_dmarc.good.test", "_dmarc.good.test"},
    {"-a.test", "-a.test"},
    {"ab--c.test", "ab--c.test"},
    {"evil\xe3\x80\x82test", "evil.test"},
    {"\xe2\x91\xa0"
     "27.0.0.1",
     "127.0.0.1"},
    {"go\xc2\xadod.test", "good.test"},
    {"127.0.0.1", "127.0.0.1"},
    {"127.0.0.1.", "127.0.0.1"},
    {"127.1", "127.0.0.1"},
    {"2130706433", "127.0.0.1"},
    {"0x7f000001", "127.0.0.1"},
    {"0X7F.1", "127.0.0.1"},
    {"0177.0.0.1", "127.0.0.1"},
    {"017700000001", "127.0.0.1"},
    {"00127.0.0.1", "87.0.0.1"},
    {"0", "0.0.0.0"},
    {"0x", "0.0.0.0"},
    {"0.0x0", "0.0.0.0"},
    {"1.0x.", "1.0.0.0"},
    {"0.0.0.0", "0.0.0.0"},
    {"256.1.1.1", NULL},
    {"1.2.3.4.5", NULL},
    {"1.2.3.08", NULL},
    {"09.1.1.1", NULL},
    {"4294967296", NULL},
    {"0x100000000", NULL},
    {"good.1", NULL},
    {"good.09", NULL},
    {"good.0x", NULL},
    {"good.0x1f", NULL},
    {"good.0xfg", "good.0xfg"},
    {"1.good", "1.good"},
    {"1e3", "1e3"},
    {"0x7f.test", "0x7f.test"},
    {"1.2.3.4x", "1.2.3.4x"},
    {"good.test%00", NULL},
    {"evil%2etest", "evil.test"},
    {"%65vil.test", "evil.test"},
    {"good test", NULL},
    {"go|od.test", NULL},
    {"a@b.test", "b.test"},
    {"*.good.test", "*.good.test"},
    {"a,b.test", "a,b.test"},
    {"localhost", "localhost"},
    {"[::1]", "[::1]"},
    {"[0:0:0:0:0:0:0:1]", "[::1]"},
    {"[2001:DB8::A]", "[2001:db8::a]"},
    {"[::ffff:127.0.0.1]", "[::ffff:7f00:1]"},
    {"[::127.0.0.1]", "[::7f00:1]"},
    {"[1:2::3:4:5:6:7]", "[1:2:0:3:4:5:6:7]"},
    {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7:0]"},
    {"[1::2::3]", NULL},
    {"[::1", NULL},
    {"[fe80::1%25eth0]", NULL},
    {"[good.test]", NULL},
    {"[127.0.0.1]", NULL},
    {"[::1.2.3]", NULL},
    {"[::01.2.3.4]", NULL},
};

/* The standard keeps a final dot and brackets, and does not fold v4-mapped addresses. */
static bool same_host(const struct host *ours, struct str standard)
{
    struct addr addr;

    if (standard.bytes[0] == '[')
        standard = str_slice(standard, 1, standard.len - 1);
    if (addr_parse(&addr, standard))
        return ours->is_addr && addr_equal(&ours->addr, &addr);
    if (str_has_suffix(standard, STR(".")))
        standard.len--;
    return !ours->is_addr && str_equal(host_str(ours), standard);
}

static void test_never_another_host(void **state)
{
    size_t taken = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(URL_STANDARD); i++) {
        struct host h;

        if (parse_guarded(host_parse, &h, str_of(URL_STANDARD[i].text)))
            continue;
        taken++;
        if (!URL_STANDARD[i].standard || !same_host(&h, str_of(URL_STANDARD[i].standard)))
            fail_msg("3A.36 '%s' is '%s' here", URL_STANDARD[i].text, h.text);
    }
    assert_true(taken >= 20);
}

static void test_in_place(void **state)
{
    struct host h;

    (void)state;
    assert_null(host_parse(&h, STR("Good.Test.")));
    assert_null(host_parse(&h, host_str(&h)));
    assert_string_equal(h.text, "good.test");
    assert_null(host_parse(&h, STR("[::0:1]")));
    assert_null(host_parse_bare(&h, host_str(&h)));
    assert_string_equal(h.text, "::1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_bare_as_parse),
        cmocka_unit_test(test_is_addr),
        cmocka_unit_test(test_bare),
        cmocka_unit_test(test_every_byte),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_no_number_is_a_name),
        cmocka_unit_test(test_never_another_host),
        cmocka_unit_test(test_in_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
