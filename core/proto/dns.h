/* SPDX-License-Identifier: Apache-2.0
 * dns.h - questions of the domain name system (RFC 1035) and the few answers that a sandbox gets:
 * an address, a name, or a code. Pure, and nothing is copied but the name. */
#ifndef FENCE_PROTO_DNS_H
#define FENCE_PROTO_DNS_H

#include "base/host.h"

#define DNS_ANSWER                                                                                 \
    1024 /* room for any answer: a question is 271 bytes at the most, a record less */

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };

enum dns_code {
    DNS_NO_ERROR = 0,
    DNS_FORMAT = 1,
    DNS_FAILED = 2,
    DNS_NO_NAME = 3,
    DNS_NOT_BUILT = 4
};

struct dns_query {
    uint16_t type;    /* a number of its own where enum dns_type has none */
    bool is_host;     /* `host` is set: a name in its normal form         */
    bool is_reverse;  /* `addr` is: a name below in-addr.arpa or ip6.arpa */
    struct host host; /* never an address                                 */
    struct addr addr;
    size_t question_end; /* where the question ends in the message */
};

enum dns_read {
    DNS_QUESTION,  /* one question of class IN                              */
    DNS_NO_ANSWER, /* no question at all: whoever sent it wants no answer   */
    DNS_MALFORMED, /* answer DNS_FORMAT                                     */
    DNS_OTHER_KIND /* another opcode or class: answer DNS_NOT_BUILT         */
};

/* Reads a message. `out` is whole with DNS_QUESTION alone. */
enum dns_read dns_read(struct dns_query *out, const void *message, size_t len);

/* Each writes an answer to `message`, of `len` bytes, and returns its length. The question, which
 * has been read with DNS_QUESTION, stands in it as it came; `code` may answer whatever dns_read()
 * wants answered. `ttl`: seconds. */
size_t dns_write_code(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                      enum dns_code code);
size_t dns_write_addr(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                      const struct addr *addr, uint32_t ttl);
size_t dns_write_name(char out[DNS_ANSWER], const void *message, const struct dns_query *query,
                      struct str name, uint32_t ttl);

#endif
