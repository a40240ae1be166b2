/* SPDX-License-Identifier: Apache-2.0
 * domains_rule.h - one domain rule in its normal form. domains.h tells what a rule may be. */
#ifndef FENCE_FILTER_DOMAINS_RULE_H
#define FENCE_FILTER_DOMAINS_RULE_H

#include "base/host.h"

enum domains_kind {
    DOMAINS_NAME,    /* `name` itself                                   */
    DOMAINS_BELOW,   /* whatever ends in '.' and `name`                 */
    DOMAINS_NETWORK, /* `network`; an address is one of full length     */
    DOMAINS_ALL,     /* '*'                                             */
};

struct domains_rule {
    enum domains_kind kind;
    uint16_t port;       /* 0: every port                       */
    struct host name;    /* DOMAINS_NAME and DOMAINS_BELOW only */
    struct cidr network; /* DOMAINS_NETWORK only                */
};

/* Returns NULL, or why not: a static sentence. `out` then holds nothing of use. */
const char *domains_rule_parse(struct domains_rule *out, struct str text);

#endif
