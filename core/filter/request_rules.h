/* SPDX-License-Identifier: Apache-2.0
 * request_rules.h - network.rules: host, port, scheme, method and path together. Pure.
 *
 * A rule matches what meets all of its conditions. What cannot be seen (the method and the path of
 * what a tunnel carries) meets those of a rule that denies, and not those of one that allows: see
 * core/decisions.md. */
#ifndef FENCE_FILTER_REQUEST_RULES_H
#define FENCE_FILTER_REQUEST_RULES_H

#include "base/base.h"
#include "filter/domains_rule.h"

/* What is judged. Borrowed. */
struct rules_request {
    const struct host *host;
    uint16_t port;
    bool tunnel;       /* fence cannot read what goes through it                    */
    bool local;        /* to a service of the host, by network.allowLocalOutboundPorts */
    bool other;        /* no host that is connected to, but one that the client names there */
    struct str method; /* bytes NULL: not known, as in a tunnel                     */
    struct str target; /* path and query; bytes NULL: not known                     */
};

enum request_host { HOST_RULE, HOST_GLOB };
enum request_scheme { SCHEME_ANY, SCHEME_HTTP, SCHEME_HTTPS };

struct port_range {
    uint16_t first, last;
};

struct request_rule {
    bool allows;
    enum request_host host_kind;
    struct domains_rule host; /* HOST_RULE: a name, "*.suffix", "*", an address or a network */
    char *host_glob;          /* HOST_GLOB: any other pattern                                */
    struct port_range *ports; /* none: every port */
    size_t nports;
    enum request_scheme scheme;
    char *methods; /* "GET\0HEAD\0"; NULL: every method */
    size_t methods_len;
    char *path;    /* a path and what is below it, or a pattern for the whole; NULL: every path */
    char *message; /* for the client, instead of ours; or NULL */
};

struct request_rules {
    struct request_rule *list;
    size_t count;
    bool by_address; /* a rule joins addresses with methods or paths */
};

void request_rules_deinit(struct request_rules *rules);

#define REQUEST_NO_RULE SIZE_MAX

/* The first rule of that action that matches, or REQUEST_NO_RULE. */
size_t request_rules_match(const struct request_rules *rules, bool allows,
                           const struct rules_request *request);

/* The same for an address that the request's host was resolved to, or is: only rules that name
 * addresses and networks are asked. With `exact`, only those that name this one address. */
size_t request_rules_match_addr(const struct request_rules *rules, bool allows,
                                const struct rules_request *request, const struct addr *addr,
                                bool exact);

/* Is there a rule that allows some request to this host; that denies every one? */
bool request_rules_allow_some(const struct request_rules *rules, const struct host *host);
bool request_rules_deny_all(const struct request_rules *rules, const struct host *host);

/* Did a rule that denies match only because method or path could not be seen? */
bool request_rule_is_blind(const struct request_rule *rule, const struct rules_request *request);

#endif
