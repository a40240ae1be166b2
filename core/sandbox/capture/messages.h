/* SPDX-License-Identifier: Apache-2.0
 * messages.h - the netlink messages that capture a sandbox's connections, in their order: each with
 * its number, by which the kernel's answer names it. generate.c makes them when fence is built, for
 * the byte order of the machine that it is built on, and capture_linux.c sends them. */
#ifndef FENCE_SANDBOX_CAPTURE_MESSAGES_H
#define FENCE_SANDBOX_CAPTURE_MESSAGES_H

#include <stdint.h>

/* Number, and what it makes, for a person. */
/* clang-format off */
#define CAPTURE_MESSAGES(XX)                                           \
    XX(BATCH,    "a change of nf_tables")                              \
    XX(TABLE,    "a table of nf_tables")                               \
    XX(CHAIN,    "a chain of nf_tables")                               \
    XX(TCP4,     "the rule for TCP over IPv4")                         \
    XX(TCP6,     "the rule for TCP over IPv6")                         \
    XX(COMMIT,   "the change of nf_tables")                            \
    XX(ADDRESS4, "an IPv4 address")                                    \
    XX(ROUTE4,   "a route for every IPv4 address")                     \
    XX(ADDRESS6, "an IPv6 address")                                    \
    XX(ROUTE6,   "a route for every IPv6 address")
/* clang-format on */

enum capture_message {
    MESSAGE_NONE,
#define XX(name, text) MESSAGE_##name,
    CAPTURE_MESSAGES(XX)
#undef XX
};

/* Whole messages, one behind the other, of which the last asks for an answer in any case; those
 * with a 4 are for a kernel without IPv6. */
extern const char capture_rules[], capture_rules4[], capture_links[], capture_links4[];
extern const uint64_t capture_rules_size, capture_rules4_size, capture_links_size,
    capture_links4_size;

#endif
