/* SPDX-License-Identifier: Apache-2.0
 * fuzz_domains.c - lines, each taken as a rule and as a host.
 *
 * A rule that is taken has a normal form that is the same rule again. The set of all rules answers
 * for every host, at every port that a line names, as the scan of all rules does. */
#include "base/base.h"
#include "support/domains_scan.h"

#define LINES 48 /* each is asked against each */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

struct lists {
    struct domains_rule rules[LINES];
    struct host hosts[LINES];
    size_t nrules, nhosts;
};

static void check_refusal(const char *why)
{
    size_t len = strlen(why);

    CHECK(len > 0 && len < 120 && why[len - 1] != '.');
}

static void check_normal_form(const struct domains_rule *rule)
{
    char form[SCAN_TEXT], again[SCAN_TEXT];
    struct domains_rule reread;

    scan_format(form, rule);
    CHECK(!domains_rule_parse(&reread, str_of(form)));
    CHECK(reread.kind == rule->kind && reread.port == rule->port);
    scan_format(again, &reread);
    CHECK(strcmp(form, again) == 0);
}

static void take_line(struct lists *lists, struct domains *set, struct str line)
{
    struct domains_rule *rule = &lists->rules[lists->nrules];
    const char *why = domains_rule_parse(rule, line), *same = NULL;
    uint16_t port;

    if (!why) {
        check_normal_form(rule);
        CHECK(domains_add(set, line, (uint32_t)lists->nrules++, &same) == 0);
    } else {
        check_refusal(why);
        CHECK(domains_add(set, line, 0, &same) < 0 && strcmp(same, why) == 0);
    }
    if (!host_parse_bare(&lists->hosts[lists->nhosts], line) ||
        !host_parse_authority(&lists->hosts[lists->nhosts], &port, line, 443))
        lists->nhosts++;
}

static void ask(const struct lists *lists, const struct domains *set, uint16_t port)
{
    for (size_t i = 0; i < lists->nhosts; i++) {
        const struct host *host = &lists->hosts[i];

        CHECK(domains_match(set, host, port) ==
              scan_match(lists->rules, lists->nrules, host, NULL, port));
        if (domains_match(set, host, port) != DOMAINS_NO_RULE)
            CHECK(domains_match_any_port(set, host) != DOMAINS_NO_RULE);
        if (host->is_addr)
            CHECK(domains_match_addr(set, &host->addr, port) ==
                  scan_match(lists->rules, lists->nrules, NULL, &host->addr, port));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    auto_free struct lists *lists = calloc(1, sizeof *lists);
    struct domains *set = domains_new(0);
    struct str rest = {(const char *)bytes, len};

    CHECK(lists && set);
    for (size_t i = 0; i < LINES && rest.len > 0; i++) {
        size_t end = str_find(rest, '\n');

        take_line(lists, set, str_slice(rest, 0, end));
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
    }
    CHECK(domains_compile(set) == 0);
    CHECK(domains_count(set) <= lists->nrules);
    ask(lists, set, 443);
    for (size_t i = 0; i < lists->nrules; i++) {
        if (lists->rules[i].port != 0)
            ask(lists, set, lists->rules[i].port);
    }
    domains_free(set);
    return 0;
}
