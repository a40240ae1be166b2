/* SPDX-License-Identifier: Apache-2.0
 * dns_answer.h - what the name service of a sandbox says to a question. No I/O: nothing is looked
 * up, so that no byte of a name leaves the machine before something has allowed it. */
#ifndef FENCE_PROXY_DNS_ANSWER_H
#define FENCE_PROXY_DNS_ANSWER_H

#include "filter/config.h"
#include "proto/dns.h"
#include "proxy/inside_names.h"
#include "proxy/search_domains.h"

struct dns_rules { /* what answers depend on; all of it borrowed */
    const struct fence_config *config;
    bool policies; /* there are some: they may allow what no rule names */
    const struct search_domains *search;
};

/* Writes the answer to a message and returns its length; 0: there is to be none. At most 512 bytes,
 * which every resolver takes by UDP (RFC 1035, section 4.2.1). Gives names of `names` addresses:
 * they need not be allowed, unless network.deniedDns is "nxdomain", as whoever connects is told why
 * not. Writes to `denied` the name that is kept back for that and for nothing else: `len` 0, none.
 */
size_t dns_answer(char out[DNS_ANSWER], const void *message, size_t len, struct inside_names *names,
                  const struct dns_rules *rules, struct host *denied);

#endif
