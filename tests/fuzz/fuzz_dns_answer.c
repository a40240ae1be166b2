/* SPDX-License-Identifier: Apache-2.0
 * fuzz_dns_answer.c - the text of a resolv.conf and a message, with two bytes of length before the
 * text.
 *
 * Domains are in normal form and within their bounds. An answer has the question's id and at most
 * 512 bytes, says the same when it is asked for again, and an address in it leads back to the name.
 */
#include <stdio.h>

#include "proxy/dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const char settings[] =
    "{\"network\": {\"allowedDomains\": [\"*.good.test\", \"b.test:22\", \"c.corp.example\"],"
    " \"deniedDomains\": [\"x.good.test\"], \"deniedDns\": \"nxdomain\"}}";

static void check_search(const struct search_domains *search)
{
    CHECK(search->count <= LIMIT_SEARCH_DOMAINS && search->ndots <= LIMIT_NDOTS);
    for (size_t i = 0; i < search->count; i++) {
        struct host again;

        CHECK(!host_parse(&again, host_str(&search->list[i])) && !again.is_addr);
        CHECK(str_equal(host_str(&again), host_str(&search->list[i])));
    }
}

/* An answer with one record, which is an address that was given away. */
static void check_addr(const char *answer, size_t len, const struct dns_query *query,
                       const struct inside_names *names)
{
    struct addr addr = {.family = query->type == DNS_A ? 4 : 6};
    size_t size = addr.family == 4 ? 4 : 16;
    struct host host;

    CHECK(len == query->question_end + 12 + size);
    memcpy(addr.bytes, answer + query->question_end + 12, size);
    if (addr_classify(&addr) == ADDR_LOOPBACK)
        return;
    CHECK(inside_names_find(&host, names, &addr) == INSIDE_NAME);
    CHECK(str_equal(host_str(&host), host_str(&query->host)));
}

static void check(const uint8_t *message, size_t len, struct inside_names *names,
                  const struct dns_rules *rules)
{
    char answer[DNS_ANSWER], again[DNS_ANSWER];
    struct host denied, denied_again;
    size_t n = dns_answer(answer, message, len, names, rules, &denied);
    struct dns_query query;
    enum dns_read read = dns_read(&query, message, len);

    CHECK((n == 0) == (read == DNS_NO_ANSWER) && n <= 512);
    if (n == 0)
        return;
    CHECK(n >= 12 && memcmp(answer, message, 2) == 0);
    CHECK(dns_answer(again, message, len, names, rules, &denied_again) == n &&
          memcmp(answer, again, n) == 0);
    CHECK(str_equal(host_str(&denied), host_str(&denied_again)));
    CHECK(denied.len == 0 || (read == DNS_QUESTION && answer[7] == 0));
    if (read == DNS_QUESTION && answer[7] == 1 && query.is_host)
        check_addr(answer, n, &query, names);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct inside_names *names = inside_names_new();
    struct search_domains search;
    fence_config *config = NULL;
    fence_error err = {0};
    size_t text;

    if (len < 2) {
        inside_names_free(names);
        return 0;
    }
    text = (size_t)bytes[0] << 8 | bytes[1];
    text = text < len - 2 ? text : len - 2;
    CHECK(names);
    CHECK(fence_config_parse(&config, "x", settings, sizeof settings - 1, NULL, 0, &err) == 0);
    search_domains_parse(&search, (struct str){(const char *)bytes + 2, text});
    check_search(&search);
    for (int policies = 0; policies < 2; policies++) {
        struct dns_rules rules = {config, policies, &search};

        check(bytes + 2 + text, len - 2 - text, names, &rules);
    }
    fence_config_unref(config);
    inside_names_free(names);
    return 0;
}
