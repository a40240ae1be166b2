/* SPDX-License-Identifier: Apache-2.0
 * fuzz_dns.c - any bytes as a message to the name service.
 *
 * What is a question is answered with the same question, in an answer that is one; names are in
 * normal form; whatever is read stays within the message. */
#include <stdio.h>

#include "proto/dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_answer(const char *out, size_t answer, const uint8_t *bytes,
                         const struct dns_query *query)
{
    struct dns_query again;

    CHECK(answer >= query->question_end && answer <= DNS_ANSWER);
    CHECK(memcmp(out, bytes, 2) == 0 && (out[2] & 0x80));
    CHECK(memcmp(out + 12, bytes + 12, query->question_end - 12) == 0);
    CHECK(dns_read(&again, out, answer) == DNS_NO_ANSWER);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct addr addrs[] = {{4, {198, 18, 0, 1}}, {6, {0xfd}}};
    struct dns_query query;
    struct host host;
    char out[DNS_ANSWER];

    switch (dns_read(&query, bytes, len)) {
    case DNS_NO_ANSWER:
        return 0;
    case DNS_MALFORMED:
    case DNS_OTHER_KIND:
        CHECK(query.question_end <= len);
        check_answer(out, dns_write_code(out, bytes, &query, DNS_FORMAT), bytes, &query);
        return 0;
    case DNS_QUESTION:
        break;
    }
    CHECK(query.question_end <= len);
    CHECK(!query.is_host || !query.is_reverse);
    for (size_t i = 0; i < 2; i++)
        check_answer(out, dns_write_addr(out, bytes, &query, &addrs[i], 60), bytes, &query);
    if (query.is_host) {
        CHECK(host_parse(&host, host_str(&query.host)) == NULL && !host.is_addr);
        CHECK(str_equal(host_str(&host), host_str(&query.host)));
        check_answer(out, dns_write_name(out, bytes, &query, host_str(&host), 1), bytes, &query);
    }
    return 0;
}
