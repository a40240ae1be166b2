/* SPDX-License-Identifier: Apache-2.0
 * domains_scan.h - the domain set as nobody would build it: every rule is asked, the best one wins.
 *
 * The reference that the set is compared with; shares with it the reading of a rule, nothing else.
 */
#ifndef FENCE_TESTS_DOMAINS_SCAN_H
#define FENCE_TESTS_DOMAINS_SCAN_H

#include <stdio.h>

#include "filter/domains.h"
#include "filter/domains_rule.h"

/* The normal form of a rule, which is a rule again. */
#define SCAN_TEXT (LIMIT_HOST + 16)
static inline void scan_format(char out[SCAN_TEXT], const struct domains_rule *rule)
{
    char port[8] = "", address[ADDR_TEXT] = "";
    bool v6 = rule->kind == DOMAINS_NETWORK && rule->network.base.family == 6;
    bool whole = rule->network.bits == (v6 ? 128 : 32);

    if (rule->port != 0)
        snprintf(port, sizeof port, ":%u", (unsigned)rule->port);
    if (rule->kind == DOMAINS_NETWORK)
        addr_format(address, &rule->network.base);
    switch (rule->kind) {
    case DOMAINS_NAME:
        snprintf(out, SCAN_TEXT, "%s%s", rule->name.text, port);
        return;
    case DOMAINS_BELOW:
        snprintf(out, SCAN_TEXT, "*.%s%s", rule->name.text, port);
        return;
    case DOMAINS_NETWORK:
        if (whole)
            snprintf(out, SCAN_TEXT, "%s%s%s%s", v6 ? "[" : "", address, v6 ? "]" : "", port);
        else
            snprintf(out, SCAN_TEXT, "%s/%u", address, (unsigned)rule->network.bits);
        return;
    case DOMAINS_ALL:
        snprintf(out, SCAN_TEXT, "*%s", port);
        return;
    }
}

static inline bool scan_below(const struct host *host, const struct host *name)
{
    size_t dot = (size_t)host->len - name->len - 1;

    return host->len > name->len && host->text[dot] == '.' &&
           strcmp(host->text + dot + 1, name->text) == 0;
}

/* 0: no match; the greater, the more exactly. A `host` of NULL stands for an address alone. */
static inline unsigned scan_weight(const struct domains_rule *rule, const struct host *host,
                                   const struct addr *addr, uint16_t port)
{
    unsigned with_port = rule->port != 0;

    if (with_port && rule->port != port)
        return 0;
    switch (rule->kind) {
    case DOMAINS_NAME:
        return host && !addr && strcmp(host->text, rule->name.text) == 0 ? 2000 + with_port : 0;
    case DOMAINS_BELOW:
        return host && !addr && scan_below(host, &rule->name) ? 4 + 2u * rule->name.len + with_port
                                                              : 0;
    case DOMAINS_NETWORK:
        return addr && cidr_contains(&rule->network, addr) ? 4 + 2u * rule->network.bits + with_port
                                                           : 0;
    case DOMAINS_ALL:
        return host ? 2 + with_port : 0;
    }
    return 0;
}

/* Rule i has the number i. Either `host` or `addr` is NULL: domains_match(), domains_match_addr()
 */
static inline uint32_t scan_match(const struct domains_rule *rules, size_t n,
                                  const struct host *host, const struct addr *addr, uint16_t port)
{
    uint32_t best = DOMAINS_NO_RULE;
    unsigned weight = 0;

    if (host && host->is_addr)
        addr = &host->addr;
    for (size_t i = 0; i < n; i++) {
        unsigned w = scan_weight(&rules[i], host, addr, port);

        if (w > weight) {
            weight = w;
            best = (uint32_t)i;
        }
    }
    return best;
}

#endif
