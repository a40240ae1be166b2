/* SPDX-License-Identifier: Apache-2.0
 * test_dns.c - questions as they come, answers as they go, and what no question may do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "proto/dns.h"
#include "support/guard.h"

#define MOST 600
#define HEAD "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" /* id, RD, one question */
#define B(s) s, sizeof(s) - 1
#define L10                                                                                        \
    "\x0a"                                                                                         \
    "abcdefghij"
#define L63                                                                                        \
    "\x3f"                                                                                         \
    "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"
#define HEX8                                                                                       \
    "\x01"                                                                                         \
    "0\x01"                                                                                        \
    "0\x01"                                                                                        \
    "0\x01"                                                                                        \
    "0\x01"                                                                                        \
    "0\x01"                                                                                        \
    "0\x01"                                                                                        \
    "0\x01"                                                                                        \
    "0"

static const struct {
    const char *name, *bytes;
    size_t len;
    enum dns_read read;
    const char *host; /* NULL: none; "=" before an address that it is the reverse of */
    unsigned type;
} rows[] = {
    {"A", B(HEAD "\4good\4test\0\0\1\0\1"), DNS_QUESTION, "good.test", 1},
    {"AAAA, in capitals", B(HEAD "\4GoOd\4TEST\0\0\34\0\1"), DNS_QUESTION, "good.test", 28},
    {"HTTPS", B(HEAD "\4good\4test\0\0\101\0\1"), DNS_QUESTION, "good.test", 65},
    {"with EDNS behind it",
     B("\1\2\1\0\0\1\0\0\0\0\0\1"
       "\1a\0\0\1\0\1"
       "\0\0\51\4\320\0\0\0\0\0\0"),
     DNS_QUESTION, "a", 1},
    {"the root", B(HEAD "\0\0\2\0\1"), DNS_QUESTION, NULL, 2},
    {"a label with a dot in it", B(HEAD "\3a.b\4test\0\0\1\0\1"), DNS_QUESTION, NULL, 1},
    {"a label with a NUL in it", B(HEAD "\3a\0b\4test\0\0\1\0\1"), DNS_QUESTION, NULL, 1},
    {"a name that is an address",
     B(HEAD "\3"
            "127\1"
            "0\1"
            "0\1"
            "1\0\0\1\0\1"),
     DNS_QUESTION, NULL, 1},
    {"a name that is a number",
     B(HEAD "\12"
            "2130706433\0\0\1\0\1"),
     DNS_QUESTION, NULL, 1},
    {"the longest name",
     B(HEAD L63 L63 L63 "\x3d"
                        "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"
                        "fffffffffff\0\0\1\0\1"),
     DNS_QUESTION,
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg."
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg."
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg."
     "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeefffffffffff",
     1},
    {"a name that is longer", B(HEAD L63 L63 L63 L63 "\0\0\1\0\1"), DNS_MALFORMED, NULL, 0},
    {"PTR of IPv4", B(HEAD "\0012\0010\00218\003198\7in-addr\4arpa\0\0\14\0\1"), DNS_QUESTION,
     "=198.18.0.2", 12},
    {"PTR of too many labels", B(HEAD "\0011\0012\0010\00218\003198\7in-addr\4arpa\0\0\14\0\1"),
     DNS_QUESTION, "1.2.0.18.198.in-addr.arpa", 12},
    {"PTR of a part", B(HEAD "\003198\7in-addr\4arpa\0\0\14\0\1"), DNS_QUESTION, "198.in-addr.arpa",
     12},
    {"PTR of IPv6",
     B(HEAD "\0011" HEX8 HEX8 HEX8 "\0010\0010\0018\0010\0011\0010\1"
            "7"
            "\3ip6\4arpa\0\0\14\0\1"),
     DNS_QUESTION, "=7010:8000::1", 12},
    {"another class", B(HEAD "\4good\4test\0\0\1\0\3"), DNS_OTHER_KIND, NULL, 0},
    {"another opcode", B("\1\2\x28\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), DNS_OTHER_KIND, NULL, 0},
    {"an answer", B("\1\2\x81\0\0\1\0\0\0\0\0\0\1a\0\0\1\0\1"), DNS_NO_ANSWER, NULL, 0},
    {"no question", B("\1\2\1\0\0\0\0\0\0\0\0\0"), DNS_MALFORMED, NULL, 0},
    {"two questions", B("\1\2\1\0\0\2\0\0\0\0\0\0\1a\0\0\1\0\1\1b\0\0\1\0\1"), DNS_MALFORMED, NULL,
     0},
    {"a pointer", B(HEAD "\300\14\0\1\0\1"), DNS_MALFORMED, NULL, 0},
    {"a pointer to itself", B(HEAD "\1a\300\16\0\1\0\1"), DNS_MALFORMED, NULL, 0},
    {"a label of 64 bytes",
     B(HEAD "\x40"
            "a\0\0\1\0\1"),
     DNS_MALFORMED, NULL, 0},
};

static void test_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char *copy = guard_copy(rows[i].bytes, rows[i].len);
        struct dns_query query;
        char shown[LIMIT_HOST + 2] = "";
        enum dns_read read = dns_read(&query, copy, rows[i].len);

        if (query.is_host)
            snprintf(shown, sizeof shown, "%s", query.host.text);
        if (query.is_reverse) {
            shown[0] = '=';
            addr_format(shown + 1, &query.addr);
        }
        if (read != rows[i].read ||
            (read == DNS_QUESTION &&
             (strcmp(shown, rows[i].host ? rows[i].host : "") != 0 || query.type != rows[i].type)))
            fail_msg("%s: %d, type %u, '%s'", rows[i].name, read, query.type, shown);
        guard_free(copy, rows[i].len);
    }
}

static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t len = 0; len < rows[i].len; len++) {
            char *copy = guard_copy(rows[i].bytes, len);
            struct dns_query query;
            enum dns_read read = dns_read(&query, copy, len);

            if (len < 12 && read != DNS_NO_ANSWER)
                fail_msg("%s: %zu bytes of a header are answered", rows[i].name, len);
            assert_true(query.question_end <= len || len < 12);
            guard_free(copy, len);
        }
    }
}

static void check(const char *name, const char *got, size_t len, const char *want, size_t want_len)
{
    if (len != want_len || memcmp(got, want, len) != 0)
        fail_msg("%s: %zu bytes instead of %zu", name, len, want_len);
}

static void test_write(void **state)
{
    static const char a[] = HEAD "\4GoOd\4test\0\0\1\0\1\0";
    static const struct addr v4 = {4, {198, 18, 0, 2}}, v6 = {6, {0xfd, 0xfe, [15] = 2}};
    char out[DNS_ANSWER];
    struct dns_query query;

    (void)state;
    assert_int_equal(dns_read(&query, a, sizeof a - 1), DNS_QUESTION);
    check("an address", out, dns_write_addr(out, a, &query, &v4, 60),
          B("\x12\x34\x85\x80\0\1\0\1\0\0\0\0\4GoOd\4test\0\0\1\0\1"
            "\300\14\0\1\0\1\0\0\0\74\0\4\306\22\0\2"));
    check("an address of IPv6", out, dns_write_addr(out, a, &query, &v6, 1),
          B("\x12\x34\x85\x80\0\1\0\1\0\0\0\0\4GoOd\4test\0\0\1\0\1"
            "\300\14\0\34\0\1\0\0\0\1\0\20\375\376\0\0\0\0\0\0\0\0\0\0\0\0\0\2"));
    check("a name", out, dns_write_name(out, a, &query, STR("b.test"), 0x10002),
          B("\x12\x34\x85\x80\0\1\0\1\0\0\0\0\4GoOd\4test\0\0\1\0\1"
            "\300\14\0\14\0\1\0\1\0\2\0\10\1b\4test\0"));
    check("no such name", out, dns_write_code(out, a, &query, DNS_NO_NAME),
          B("\x12\x34\x85\x83\0\1\0\0\0\0\0\0\4GoOd\4test\0\0\1\0\1"));
    assert_int_equal(dns_read(&query, B("\1\2\x28\0\0\1\0\0\0\0\0\0")), DNS_OTHER_KIND);
    check("another kind", out,
          dns_write_code(out, "\1\2\x29\0\0\1\0\0\0\0\0\0", &query, DNS_NOT_BUILT),
          B("\1\2\xad\x84\0\0\0\0\0\0\0\0"));
}

/* The longest question with the longest name as its answer has room. */
static void test_room(void **state)
{
    char out[DNS_ANSWER], message[MOST];
    struct dns_query query;
    size_t longest = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].len > rows[longest].len && rows[i].read == DNS_QUESTION)
            longest = i;
    }
    memcpy(message, rows[longest].bytes, rows[longest].len);
    assert_int_equal(dns_read(&query, message, rows[longest].len), DNS_QUESTION);
    assert_int_equal(query.host.len, LIMIT_HOST);
    assert_in_range(dns_write_name(out, message, &query, host_str(&query.host), 1), 500,
                    DNS_ANSWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
