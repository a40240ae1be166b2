/* SPDX-License-Identifier: Apache-2.0
 * domains.h - a compiled set of domain rules. A look-up costs the same however many there are.
 *
 * A rule is one of
 *   example.com            that name
 *   *.example.com          every name below it, at any depth, but not example.com itself
 *   *                      every name and every address
 *   10.1.2.3  [fd00::1]    that address
 *   10.0.0.0/8  fd00::/8   every address in it
 * each but the networks with an optional :port. localhost is the only name of one label; a wildcard
 * keeps at least two labels after the star. Names are matched in their normal form (base/host.h).
 */
#ifndef FENCE_FILTER_DOMAINS_H
#define FENCE_FILTER_DOMAINS_H

#include "base/base.h"
#include "base/host.h"

#define DOMAINS_NO_RULE UINT32_MAX

struct domains; /* immutable once compiled */

/* A set under construction. */
struct domains *domains_new(size_t expected); /* NULL: out of memory */
void domains_free(struct domains *set);       /* takes NULL */

/* Adds rule number `index` (0, 1, 2... in the order of the list). Of two equal rules the first
 * stays. Returns 0, -ENOMEM, or -EINVAL with `why` set to a static sentence. */
int domains_add(struct domains *set, struct str rule, uint32_t index, const char **why);

/* Ends the construction: indexes and gives back spare memory. Returns 0 or -ENOMEM. */
int domains_compile(struct domains *set);

/* The number of a rule that matches, or DOMAINS_NO_RULE. An exact name is preferred to a wildcard,
 * a longer suffix or prefix to a shorter one, and one with a port to one without. Port 0 is none:
 * only the rules for every port match. */
uint32_t domains_match(const struct domains *set, const struct host *host, uint16_t port);

/* The number of a rule that matches on some port, or DOMAINS_NO_RULE. One for every port is
 * preferred. */
uint32_t domains_match_any_port(const struct domains *set, const struct host *host);

/* As domains_match(), for an address that a name was resolved to: only the rules that are addresses
 * and networks are asked; "*" is not one of them. */
uint32_t domains_match_addr(const struct domains *set, const struct addr *addr, uint16_t port);

/* The number of the rule that says the same as `rule`, however it is spelt, or DOMAINS_NO_RULE. */
uint32_t domains_find(const struct domains *set, struct str rule);

size_t domains_count(const struct domains *set);  /* rules, equal ones counted once */
size_t domains_memory(const struct domains *set); /* bytes on the heap              */

#endif
