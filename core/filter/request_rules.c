/* SPDX-License-Identifier: Apache-2.0
 * request_rules.c - see request_rules.h. The rules are asked one after the other: there are
 * LIMIT_REQUEST_RULES of them at most, and the cheap conditions come first. */
#include "filter/request_rules.h"

#include "filter/glob.h"
#include "filter/url_path.h"

void request_rules_deinit(struct request_rules *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct request_rule *rule = &rules->list[i];

        free(rule->host_glob);
        free(rule->ports);
        free(rule->methods);
        free(rule->path);
        free(rule->message);
    }
    free(rules->list);
    *rules = (struct request_rules){0};
}

/* ---- single conditions ---- */

static bool port_matches(const struct request_rule *rule, uint16_t port)
{
    for (size_t i = 0; i < rule->nports; i++) {
        if (port >= rule->ports[i].first && port <= rule->ports[i].last)
            return true;
    }
    return rule->nports == 0;
}

static bool scheme_matches(const struct request_rule *rule, bool tunnel)
{
    return rule->scheme == SCHEME_ANY || (rule->scheme == SCHEME_HTTPS) == tunnel;
}

/* The addresses that another one carries inside are the caller's business. */
static bool network_matches(const struct request_rule *rule, const struct addr *addr)
{
    return rule->host_kind == HOST_RULE && rule->host.kind == DOMAINS_NETWORK &&
           cidr_contains(&rule->host.network, addr);
}

static bool below(struct str host, struct str suffix)
{
    return host.len > suffix.len && str_has_suffix(host, suffix) &&
           host.bytes[host.len - suffix.len - 1] == '.';
}

static bool host_matches(const struct request_rule *rule, const struct host *host)
{
    if (rule->host_kind == HOST_GLOB)
        return !host->is_addr && glob_match(str_of(rule->host_glob), host_str(host));
    switch (rule->host.kind) {
    case DOMAINS_ALL:
        return true;
    case DOMAINS_NAME:
        return !host->is_addr && str_equal(host_str(host), host_str(&rule->host.name));
    case DOMAINS_BELOW:
        return !host->is_addr && below(host_str(host), host_str(&rule->host.name));
    case DOMAINS_NETWORK:
        return host->is_addr && network_matches(rule, &host->addr);
    }
    return false;
}

static bool method_matches(const struct request_rule *rule, struct str method)
{
    size_t at = 0;

    if (!rule->methods)
        return true;
    if (!method.bytes)
        return !rule->allows;
    while (at < rule->methods_len) {
        struct str name = str_of(rule->methods + at);

        if (str_equal(name, method))
            return true;
        at += name.len + 1;
    }
    return false;
}

/* Every reading has to lie where an allowing rule says; for a denying one, any. */
static bool path_matches(const struct request_rule *rule, struct str target)
{
    struct str rule_path = str_of(rule->path ? rule->path : ""), path;
    bool is_glob = glob_is_pattern(rule_path);
    char buffer[LIMIT_HTTP_HEAD];

    if (!rule->path)
        return true;
    if (!target.bytes)
        return !rule->allows;
    path = url_path_of(target);
    if (path.len > sizeof buffer)
        return !rule->allows;
    for (int reading = 0; reading < URL_PATH_READINGS; reading++) {
        size_t len = url_path_read(buffer, path, (enum url_path_reading)reading);
        struct str read = {buffer, len};
        bool matches = is_glob ? glob_match(rule_path, read) : url_path_below(read, rule_path);

        if (matches != rule->allows)
            return matches;
    }
    return rule->allows;
}

/* ---- rules ---- */

/* All conditions but the host. */
static bool others_match(const struct request_rule *rule, const struct rules_request *request)
{
    return port_matches(rule, request->port) && scheme_matches(rule, request->tunnel) &&
           method_matches(rule, request->method) && path_matches(rule, request->target);
}

size_t request_rules_match(const struct request_rules *rules, bool allows,
                           const struct rules_request *request)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct request_rule *rule = &rules->list[i];

        if (rule->allows == allows && host_matches(rule, request->host) &&
            others_match(rule, request))
            return i;
    }
    return REQUEST_NO_RULE;
}

size_t request_rules_match_addr(const struct request_rules *rules, bool allows,
                                const struct rules_request *request, const struct addr *addr,
                                bool exact)
{
    unsigned full = addr->family == 4 ? 32 : 128;

    for (size_t i = 0; i < rules->count; i++) {
        const struct request_rule *rule = &rules->list[i];

        if (rule->allows == allows && network_matches(rule, addr) &&
            (!exact || rule->host.network.bits == full) && others_match(rule, request))
            return i;
    }
    return REQUEST_NO_RULE;
}

bool request_rules_allow_some(const struct request_rules *rules, const struct host *host)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (rules->list[i].allows && host_matches(&rules->list[i], host))
            return true;
    }
    return false;
}

static bool has_host_alone(const struct request_rule *rule)
{
    return rule->nports == 0 && rule->scheme == SCHEME_ANY && !rule->methods && !rule->path;
}

bool request_rules_deny_all(const struct request_rules *rules, const struct host *host)
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct request_rule *rule = &rules->list[i];

        if (!rule->allows && has_host_alone(rule) && host_matches(rule, host))
            return true;
    }
    return false;
}

bool request_rule_is_blind(const struct request_rule *rule, const struct rules_request *request)
{
    return (rule->methods && !request->method.bytes) || (rule->path && !request->target.bytes);
}
