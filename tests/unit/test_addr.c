/* SPDX-License-Identifier: Apache-2.0
 * test_addr.c - addresses and networks: what is read, what is refused, how it is written.
 *
 * The C library's inet_pton(3) reads addresses as strictly as we do, so the two must agree. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/addr.h"
#include "support/guard.h"

/* addr_parse() with the text against a guard page. */
static bool parse_guarded(struct addr *out, const char *text, size_t len)
{
    char *copy = guard_copy(text, len);
    bool ok = addr_parse(out, (struct str){copy, len});

    guard_free(copy, len);
    return ok;
}

static const struct {
    const char *name, *text;
    const char *want; /* as addr_format() writes it, or NULL: refused */
} PARSE[] = {
    {"dotted", "127.0.0.1", "127.0.0.1"},
    {"zero", "0.0.0.0", "0.0.0.0"},
    {"highest", "255.255.255.255", "255.255.255.255"},
    {"two digits", "10.20.30.40", "10.20.30.40"},
    {"empty", "", NULL},
    {"three octets", "127.0.1", NULL},
    {"five octets", "1.2.3.4.5", NULL},
    {"octet over 255", "1.2.3.256", NULL},
    {"octet of four digits", "1.2.3.0001", NULL},
    {"empty octet", "1..3.4", NULL},
    {"trailing dot", "127.0.0.1.", NULL},
    {"leading dot", ".127.0.0.1", NULL},
    {"space", "127.0.0.1 ", NULL},
    {"sign", "127.0.0.+1", NULL},
    {"3A.14 integer", "2130706433", NULL},
    {"3A.14 hexadecimal", "0x7f000001", NULL},
    {"3A.14 octal", "0177.0.0.1", NULL},
    {"3A.14 short", "127.1", NULL},
    {"3A.14 hexadecimal short", "0x7f.1", NULL},
    {"3A.14 leading zeros", "00127.0.0.1", NULL},
    {"octet with leading zero", "127.0.0.01", NULL},

    {"unspecified", "::", "::"},
    {"loopback", "::1", "::1"},
    {"in full", "2001:0DB8:0:0:0008:0800:200C:417A", "2001:db8::8:800:200c:417a"},
    {"gap at the end", "1::", "1::"},
    {"gap in the middle", "1::8", "1::8"},
    {"gap of one group at the end", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"gap of one group at the start", "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    {"IPv4 tail", "64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {"IPv4 tail behind six groups", "1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
    {"mapped folds", "::ffff:127.0.0.1", "127.0.0.1"},
    {"mapped in hexadecimal folds", "::FFFF:7f00:1", "127.0.0.1"},
    {"mapped in full folds", "0:0:0:0:0:ffff:7f00:0001", "127.0.0.1"},
    {"gap for nothing", "1:2:3:4:5:6:7:8::", NULL},
    {"gap for nothing inside", "1:2:3:4::5:6:7:8", NULL},
    {"two gaps", "1::2::3", NULL},
    {"three colons", ":::", NULL},
    {"three colons inside", "1:::2", NULL},
    {"one colon", ":", NULL},
    {"leading colon", ":1:2:3:4:5:6:7", NULL},
    {"trailing colon", "1:2:3:4:5:6:7:", NULL},
    {"seven groups", "1:2:3:4:5:6:7", NULL},
    {"nine groups", "1:2:3:4:5:6:7:8:9", NULL},
    {"group of five digits", "::12345", NULL},
    {"no hexadecimal", "::g", NULL},
    {"IPv4 tail too late", "1:2:3:4:5:6:7:8.9.10.11", NULL},
    {"IPv4 tail too early", "1:2:3:4:5:6.7.8.9", NULL},
    {"IPv4 head", "1.2.3.4::", NULL},
    {"IPv4 tail with octal", "::ffff:0177.0.0.1", NULL},
    {"IPv4 tail short", "::ffff:127.1", NULL},
    {"IPv4 tail and more", "::1.2.3.4:5", NULL},
    {"IPv4 tail after a dot", "::.1.2.3", NULL},
    {"3A.19 zone", "fe80::1%eth0", NULL},
    {"3A.19 encoded zone", "fe80::1%25eth0", NULL},
    {"brackets", "[::1]", NULL},
    {"prefix", "::1/128", NULL},
    {"hexadecimal prefix", "0x::1", NULL},
};

static void test_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(PARSE); i++) {
        struct addr a, untouched;
        char text[ADDR_TEXT];
        bool ok;

        memset(&untouched, 0xa5, sizeof untouched);
        a = untouched;
        ok = parse_guarded(&a, PARSE[i].text, strlen(PARSE[i].text));
        if (ok != (PARSE[i].want != NULL))
            fail_msg("%s: '%s' was %s", PARSE[i].name, PARSE[i].text, ok ? "taken" : "refused");
        if (!ok) {
            if (memcmp(&a, &untouched, sizeof a) != 0)
                fail_msg("%s: the result was touched", PARSE[i].name);
            continue;
        }
        if (addr_format(text, &a) != strlen(text) || strcmp(text, PARSE[i].want) != 0)
            fail_msg("%s: '%s' became '%s'", PARSE[i].name, PARSE[i].text, text);
    }
}

static void test_parse_nul(void **state)
{
    struct addr a;

    (void)state;
    assert_false(parse_guarded(&a, "127.0.0.1\0", 10));
    assert_false(parse_guarded(&a, "::1\0", 4));
    assert_false(parse_guarded(&a, "\0::1", 4));
}

/* A small generator of our own: the same cases on every machine and in every run. */
static unsigned next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(*seed >> 33);
}

/* Changes, drops or doubles a byte here and there. */
static size_t mutate(char *out, const char *text, uint64_t *seed)
{
    static const char alphabet[] = "0123456789abcdefF::::....xg%/ [";
    size_t n = 0;

    for (; *text; text++) {
        unsigned dice = next_random(seed) % 24;

        if (dice == 0)
            continue;
        if (dice == 1)
            out[n++] = alphabet[next_random(seed) % (sizeof alphabet - 1)];
        out[n++] = dice == 2 ? alphabet[next_random(seed) % (sizeof alphabet - 1)] : *text;
    }
    out[n] = '\0';
    return n;
}

static void compare_with_inet_pton(const char *text, size_t len)
{
    uint8_t v4[4], v6[16];
    struct addr ours = {0}, theirs = {0};
    bool ok = parse_guarded(&ours, text, len);

    if (inet_pton(AF_INET, text, v4) == 1) {
        theirs.family = 4;
        memcpy(theirs.bytes, v4, 4);
    } else if (inet_pton(AF_INET6, text, v6) == 1) {
        theirs.family = IN6_IS_ADDR_V4MAPPED((struct in6_addr *)v6) ? 4 : 6;
        memcpy(theirs.bytes, theirs.family == 4 ? v6 + 12 : v6, theirs.family == 4 ? 4 : 16);
    }
    if (ok != (theirs.family != 0) || memcmp(&ours, &theirs, sizeof ours) != 0)
        fail_msg("'%s': inet_pton(3) disagrees", text);
}

static void test_parse_as_inet_pton(void **state)
{
    uint64_t seed = 1;
    size_t taken = 0;

    (void)state;
    for (size_t round = 0; round < 40000; round++) {
        char text[128];
        struct addr a;
        size_t len = mutate(text, PARSE[round % ARRAY_LEN(PARSE)].text, &seed);

        compare_with_inet_pton(text, len);
        taken += addr_parse(&a, (struct str){text, len});
    }
    assert_in_range(taken, 5000, 35000); /* both outcomes were really tried */
}

static const struct {
    const char *name, *text; /* RFC 5952: the text is its own normal form */
} FORMAT[] = {
    {"section 4.1 leading zeros", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
    {"section 4.2.1 as short as possible", "2001:db8::2:1"},
    {"section 4.2.2 one group is not shortened", "2001:db8:0:1:1:1:1:1"},
    {"section 4.2.3 the longest run", "2001:0:0:1::1"},
    {"section 4.2.3 the first of two", "2001:db8::1:0:0:1"},
    {"run at the end", "2001:db8::"},
    {"run at the start", "::8:0:0:1"},
    {"one zero at the end", "1:2:3:4:5:6:7:0"},
    {"longest text", "1111:2222:3333:4444:5555:6666:7777:8888"},
    {"IPv4-compatible", "::7f00:1"},
    {"longest IPv4", "255.255.255.255"},
};

static void test_format(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(FORMAT); i++) {
        struct addr a;
        char text[ADDR_TEXT];

        assert_true(addr_parse(&a, str_of(FORMAT[i].text)));
        if (addr_format(text, &a) != strlen(FORMAT[i].text) || strcmp(text, FORMAT[i].text) != 0)
            fail_msg("%s: '%s' became '%s'", FORMAT[i].name, FORMAT[i].text, text);
    }
}

/* Groups of zeros in every possible place. */
static void test_format_round_trip(void **state)
{
    (void)state;
    for (unsigned zeros = 0; zeros < 256; zeros++) {
        struct addr a = {.family = 6}, again;
        char text[ADDR_TEXT];
        size_t len;

        for (size_t i = 0; i < 8; i++)
            a.bytes[2 * i + 1] = zeros >> i & 1 ? 0 : (uint8_t)(0x11 * (i + 1));
        len = addr_format(text, &a);
        assert_true(len < ADDR_TEXT);
        assert_true(parse_guarded(&again, text, len));
        assert_true(addr_equal(&a, &again));
        assert_null(strstr(text, "0000"));
    }
}

static void test_equal(void **state)
{
    struct addr v4, v6, mapped;

    (void)state;
    assert_true(addr_parse(&v4, STR("127.0.0.1")));
    assert_true(addr_parse(&v6, STR("::1")));
    assert_true(addr_parse(&mapped, STR("::ffff:127.0.0.1")));
    assert_true(addr_equal(&v4, &mapped));
    assert_false(addr_equal(&v4, &v6));
    v6 = v4;
    v6.bytes[3] = 2;
    assert_false(addr_equal(&v4, &v6));
}

static const struct {
    const char *name, *text;
    int bits; /* -1: refused, with this word in the reason: */
    const char *why;
} CIDR[] = {
    {"IPv4 network", "10.0.0.0/8", 8, NULL},
    {"IPv4 host", "10.1.2.3", 32, NULL},
    {"IPv4 host with prefix", "10.1.2.3/32", 32, NULL},
    {"everything", "0.0.0.0/0", 0, NULL},
    {"odd prefix", "172.16.0.0/12", 12, NULL},
    {"IPv6 network", "fd00::/8", 8, NULL},
    {"IPv6 host", "::1", 128, NULL},
    {"all of IPv6", "::/0", 0, NULL},
    {"mapped host", "::ffff:10.0.0.1", 32, NULL},
    {"bits beyond the prefix", "10.0.0.1/8", -1, "beyond"},
    {"one bit beyond the prefix", "172.24.0.0/12", -1, "beyond"},
    {"bits beyond an IPv6 prefix", "fd00::1/64", -1, "beyond"},
    {"mapped network", "::ffff:10.0.0.0/104", -1, "::ffff:"},
    {"mapped network with a small prefix", "::ffff:0.0.0.0/16", -1, "::ffff:"},
    {"prefix over 32", "10.0.0.0/33", -1, "32"},
    {"prefix over 128", "::/129", -1, "128"},
    {"prefix over 64 bits", "::/18446744073709551616", -1, "128"},
    {"empty prefix", "10.0.0.0/", -1, "0 to 32"},
    {"prefix with leading zero", "10.0.0.0/08", -1, "0 to 32"},
    {"signed prefix", "10.0.0.0/+8", -1, "0 to 32"},
    {"netmask", "10.0.0.0/255.0.0.0", -1, "0 to 32"},
    {"two prefixes", "10.0.0.0/8/8", -1, "0 to 32"},
    {"short network", "10/8", -1, "write a network"},
    {"name", "good.test/24", -1, "write a network"},
    {"brackets", "[fd00::]/8", -1, "write a network"},
    {"empty", "", -1, "write a network"},
    {"prefix alone", "/8", -1, "write a network"},
};

static void test_cidr_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(CIDR); i++) {
        size_t len = strlen(CIDR[i].text);
        char *copy = guard_copy(CIDR[i].text, len);
        struct cidr c, untouched;
        const char *why;

        memset(&untouched, 0xa5, sizeof untouched);
        c = untouched;
        why = cidr_parse(&c, (struct str){copy, len});
        guard_free(copy, len);
        if (CIDR[i].bits >= 0 && (why || c.bits != CIDR[i].bits))
            fail_msg("%s: '%s': %s", CIDR[i].name, CIDR[i].text, why ? why : "wrong prefix");
        if (CIDR[i].bits < 0 && (!why || !strstr(why, CIDR[i].why)))
            fail_msg("%s: '%s': %s", CIDR[i].name, CIDR[i].text, why ? why : "was taken");
        if (CIDR[i].bits < 0 && memcmp(&c, &untouched, sizeof c) != 0)
            fail_msg("%s: the result was touched", CIDR[i].name);
    }
}

static const struct {
    const char *network, *inside, *outside;
} CONTAINS[] = {
    {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
    {"10.0.0.0/8", "10.0.0.0", "9.255.255.255"},
    {"172.16.0.0/12", "172.31.255.255", "172.32.0.0"},
    {"100.64.0.0/10", "100.127.0.1", "100.128.0.0"},
    {"192.0.2.7", "192.0.2.7", "192.0.2.6"},
    {"128.0.0.0/1", "255.0.0.0", "127.255.255.255"},
    {"0.0.0.0/0", "255.255.255.255", "::1"},
    {"::/0", "ffff::", "0.0.0.0"},
    {"::/0", "::", "::ffff:10.0.0.1"},
    {"fc00::/7", "fdff:ffff::1", "fe00::"},
    {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
    {"::1", "::1", "::2"},
    {"10.0.0.0/8", "::ffff:10.0.0.1", "::a00:1"},
};

static void test_cidr_contains(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(CONTAINS); i++) {
        struct cidr network;
        struct addr inside, outside;

        assert_null(cidr_parse(&network, str_of(CONTAINS[i].network)));
        assert_true(addr_parse(&inside, str_of(CONTAINS[i].inside)));
        assert_true(addr_parse(&outside, str_of(CONTAINS[i].outside)));
        if (!cidr_contains(&network, &inside))
            fail_msg("%s does not contain %s", CONTAINS[i].network, CONTAINS[i].inside);
        if (cidr_contains(&network, &outside))
            fail_msg("%s contains %s", CONTAINS[i].network, CONTAINS[i].outside);
    }
}

static void test_sockaddr(void **state)
{
    static const char *const TEXTS[] = {"192.0.2.7", "2001:db8::7", "0.0.0.0", "::"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
        struct addr a, again;
        struct sockaddr_storage sa;
        uint16_t port = 0;
        socklen_t len;

        assert_true(addr_parse(&a, str_of(TEXTS[i])));
        len = addr_to_sockaddr(&sa, &a, 443);
        assert_int_equal(len,
                         a.family == 4 ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
        assert_true(addr_from_sockaddr(&again, &port, (struct sockaddr *)&sa));
        assert_true(addr_equal(&a, &again));
        assert_int_equal(port, 443);
        assert_true(addr_from_sockaddr(&again, NULL, (struct sockaddr *)&sa));
    }
}

static void test_sockaddr_odd(void **state)
{
    struct addr a = {.family = 9};
    uint16_t port = 7;
    struct sockaddr other = {.sa_family = AF_UNIX};
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(80)};

    (void)state;
    assert_false(addr_from_sockaddr(&a, &port, &other));
    assert_int_equal(a.family, 9);
    assert_int_equal(port, 7);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr), 1);
    assert_true(addr_from_sockaddr(&a, &port, (struct sockaddr *)&mapped));
    assert_int_equal(a.family, 4);
    assert_int_equal(a.bytes[0], 127);
    assert_int_equal(port, 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_nul),
        cmocka_unit_test(test_parse_as_inet_pton),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_round_trip),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_cidr_parse),
        cmocka_unit_test(test_cidr_contains),
        cmocka_unit_test(test_sockaddr),
        cmocka_unit_test(test_sockaddr_odd),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
