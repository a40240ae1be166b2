/* SPDX-License-Identifier: Apache-2.0
 * test_capture_messages.c - the netlink messages that are made with the program, attribute by
 * attribute, against tests/golden/capture-messages.txt; and what capture_open() counts on. */
#include <ctype.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "proxy/inside_names.h"
#include "sandbox/capture/messages.h"
#include "support/golden.h"

#define MOST 16384

static const struct {
    const char *name, *bytes;
    const uint64_t *size;
} blobs[] = {
    {"rules", capture_rules, &capture_rules_size},
    {"rules4", capture_rules4, &capture_rules4_size},
    {"links", capture_links, &capture_links_size},
    {"links4", capture_links4, &capture_links4_size},
};

/* The message at `at`, which has to lie there as a whole. */
static struct nlmsghdr header_at(const char *bytes, uint64_t size, uint64_t at)
{
    struct nlmsghdr header;

    assert_int_equal(at % NLMSG_ALIGNTO, 0);
    assert_true(at + sizeof header <= size);
    memcpy(&header, bytes + at, sizeof header);
    assert_true(header.nlmsg_len >= sizeof header && at + header.nlmsg_len <= size);
    return header;
}

/* ---- as text ---- */

static void print_bytes(FILE *out, const uint8_t *bytes, size_t len)
{
    bool text = len > 2 && bytes[len - 1] == '\0';

    for (size_t i = 0; text && i + 1 < len; i++)
        text = isprint(bytes[i]) != 0;
    if (text) {
        fprintf(out, " \"%s\"", (const char *)bytes);
        return;
    }
    fputc(' ', out);
    for (size_t i = 0; i < len; i++)
        fprintf(out, "%02x", bytes[i]);
}

/* A number and what it holds; what holds others has them in braces, and so do the elements of a
 * list, each on a line of its own. */
static void print_attributes(FILE *out, const uint8_t *bytes, size_t size, int depth)
{
    size_t at = 0;

    while (at < size) {
        struct nlattr a;

        assert_true(at + sizeof a <= size);
        memcpy(&a, bytes + at, sizeof a);
        assert_true(a.nla_len >= sizeof a && at + a.nla_len <= size);
        if (depth < 2)
            fprintf(out, "\n%*s", 2 + 2 * depth, "");
        else
            fputc(' ', out);
        fprintf(out, "%d", a.nla_type & NLA_TYPE_MASK);
        if (a.nla_type & NLA_F_NESTED) {
            fputs(" {", out);
            print_attributes(out, bytes + at + sizeof a, a.nla_len - sizeof a, depth + 1);
            fputs(" }", out);
        } else {
            print_bytes(out, bytes + at + sizeof a, a.nla_len - sizeof a);
        }
        at += NLA_ALIGN(a.nla_len);
    }
}

/* What stands before the attributes: nfgenmsg, ifaddrmsg, rtmsg. */
static size_t body_size(const struct nlmsghdr *header)
{
    switch (header->nlmsg_type) {
    case RTM_NEWADDR:
        return sizeof(struct ifaddrmsg);
    case RTM_NEWROUTE:
        return sizeof(struct rtmsg);
    default:
        return sizeof(struct nfgenmsg);
    }
}

static void print_blob(FILE *out, const char *name, const char *bytes, uint64_t size)
{
    uint64_t at = 0;

    fprintf(out, "%s\n", name);
    while (at < size) {
        struct nlmsghdr header = header_at(bytes, size, at);
        size_t body = body_size(&header);
        const uint8_t *inner = (const uint8_t *)bytes + at + NLMSG_HDRLEN;

        fprintf(out, "message %u: type %04x, flags %04x,", header.nlmsg_seq, header.nlmsg_type,
                header.nlmsg_flags);
        print_bytes(out, inner, body);
        print_attributes(out, inner + body, header.nlmsg_len - NLMSG_HDRLEN - body, 0);
        fputc('\n', out);
        at += NLMSG_ALIGN(header.nlmsg_len);
    }
    assert_int_equal(at, size);
}

static void test_golden(void **state)
{
    static char drawn[MOST];
    FILE *out = fmemopen(drawn, sizeof drawn, "w");

    (void)state;
    assert_non_null(out);
    for (size_t i = 0; i < ARRAY_LEN(blobs); i++)
        print_blob(out, blobs[i].name, blobs[i].bytes, *blobs[i].size);
    assert_int_equal(fclose(out), 0);
    golden_check("capture", "messages", str_of(drawn));
}

/* ---- what is counted on ---- */

/* Numbers that ascend, requests all of them, and one answer in any case: to the last that gets one,
 * which the end of a batch does not. */
static void test_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(blobs); i++) {
        uint32_t number = MESSAGE_NONE, asking = 0, last = 0;

        for (uint64_t at = 0; at < *blobs[i].size;) {
            struct nlmsghdr header = header_at(blobs[i].bytes, *blobs[i].size, at);

            assert_true(header.nlmsg_seq > number);
            assert_true(header.nlmsg_flags & NLM_F_REQUEST);
            number = header.nlmsg_seq;
            if (header.nlmsg_type != NFNL_MSG_BATCH_END)
                last = number;
            if (header.nlmsg_flags & NLM_F_ACK) {
                assert_int_equal(asking, 0);
                asking = number;
            }
            at += NLMSG_ALIGN(header.nlmsg_len);
        }
        assert_true(asking != 0 && asking == last);
        assert_true(number <= MESSAGE_ROUTE6);
    }
}

static bool has(const char *bytes, uint64_t size, const struct addr *addr)
{
    return memmem(bytes, size, addr->bytes, addr->family == 4 ? 4 : 16) != NULL;
}

/* Those of inside_names.h, and no IPv6 where there is none. */
static void test_own_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(blobs); i++) {
        assert_true(has(blobs[i].bytes, *blobs[i].size, &inside_own4));
        assert_int_equal(has(blobs[i].bytes, *blobs[i].size, &inside_own6),
                         strchr(blobs[i].name, '4') == NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_own_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
