/* SPDX-License-Identifier: Apache-2.0
 * rules.c - what the configuration says of a request, and of the addresses it leads to. Pure.
 *
 * Deny is asked first and always wins. A name is judged before it is resolved; an address is
 * judged for what it is, and for the IPv4 address it may carry inside. */
#include "filter/rules.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOWN_HOST 120 /* bytes of a host that a message shows */

FENCE_PRINTF(3, 4) static void say(char *out, size_t cap, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(out, cap, fmt, args);
    va_end(args);
}

static void decide(fence_decision *out, fence_verdict verdict, fence_reason reason)
{
    memset(out, 0, sizeof *out);
    out->verdict = verdict;
    out->reason = reason;
}

/* ---- matches ---- */

static void name_request_rule(fence_decision *out, const struct fence_config *config, size_t index)
{
    config_entry_name(out->rule, sizeof out->rule, config, "network.rules", &config->rule_parts,
                      index);
}

/* Does anything deny this address itself? Then its name is written to out->rule. */
static bool addr_denied(fence_decision *out, const struct fence_config *config,
                        const struct rules_request *request, const struct addr *addr)
{
    uint32_t domain = domains_match_addr(config->denied.set, addr, request->port);
    uint32_t network = domains_match_addr(config->denied_addresses.set, addr, request->port);
    size_t rule;

    if (domain != DOMAINS_NO_RULE) {
        config_rule_name(out->rule, sizeof out->rule, config, &config->denied, domain);
        return true;
    }
    if (network != DOMAINS_NO_RULE) {
        config_entry_name(out->rule, sizeof out->rule, config, config->denied_addresses.key,
                          &config->denied_addresses.parts, network);
        return true;
    }
    rule = request_rules_match_addr(&config->rules, false, request, addr, false);
    if (rule == REQUEST_NO_RULE)
        return false;
    name_request_rule(out, config, rule);
    return true;
}

/* The same, and for the IPv4 address inside it. */
static bool addr_denied_deep(fence_decision *out, const struct fence_config *config,
                             const struct rules_request *request, const struct addr *addr)
{
    struct addr inside;

    return addr_denied(out, config, request, addr) ||
           (addr_embedded(&inside, addr) && addr_denied(out, config, request, &inside));
}

/* Is exactly this address written somewhere? */
static bool literal_opened(const struct fence_config *config, const struct addr *addr,
                           uint16_t port)
{
    for (size_t i = 0; i < config->nliterals; i++) {
        const struct config_literal *literal = &config->literals[i];

        if (addr_equal(&literal->addr, addr) && (literal->port == 0 || literal->port == port))
            return true;
    }
    return false;
}

/* The index in network.allowLocalOutboundPorts, or -1. */
static int local_port(const struct fence_config *config, const struct rules_request *request)
{
    if (!request->local || !request->host->is_addr ||
        addr_classify(&request->host->addr) != ADDR_LOOPBACK)
        return -1;
    for (size_t i = 0; i < config->local_ports.count; i++) {
        if (config->local_ports.items[i] == request->port)
            return (int)i;
    }
    return -1;
}

/* Does the configuration open an address that is not public, or this machine's own? "*" does not:
 * it means every host, and nobody who writes it means the cloud's metadata service. */
static bool addr_opened(const struct fence_config *config, const struct rules_request *request,
                        const struct addr *addr)
{
    const struct addr *pinned = config_pinned(config, request->host);
    bool exact = config_needs_literal(addr);

    if (pinned && addr_equal(pinned, addr))
        return true;
    if (local_port(config, request) >= 0)
        return true;
    if (request_rules_match_addr(&config->rules, true, request, addr, exact) != REQUEST_NO_RULE)
        return true;
    if (exact)
        return literal_opened(config, addr, request->port);
    return domains_match_addr(config->allowed.set, addr, request->port) != DOMAINS_NO_RULE ||
           domains_match_addr(config->allowed_addresses.set, addr, request->port) !=
               DOMAINS_NO_RULE;
}

/* ---- words ---- */

/* A host as rules are written: IPv6 in brackets. */
static void format_host(char out[HOST_AUTHORITY], const struct host *host)
{
    host_format_authority(out, host, 443, 443);
}

static void cure_by_removing(fence_decision *out)
{
    const char *of = strstr(out->rule, "] of ");
    int key = (int)strcspn(out->rule, "[");

    if (out->rule[0] == '-')
        say(out->cure, sizeof out->cure, "leave out %s", out->rule);
    else if (of && str_has_prefix(str_of(of), STR("] of template ")))
        say(out->cure, sizeof out->cure, "extend a copy of%s without it: fence templates show %s",
            of + strlen("] of"), of + strlen("] of template "));
    else if (str_has_prefix(str_of(out->rule), STR("network.rules[")))
        say(out->cure, sizeof out->cure, "change %s", out->rule);
    else
        say(out->cure, sizeof out->cure, "remove it from %.*s%s", key, out->rule, of ? of + 1 : "");
}

/* No cure is better than one that was cut: a cut name is another name. */
static void cure_by_allowing(fence_decision *out, const char *host)
{
    const char *fmt_room = "--allow    or \"network\": {\"allowedDomains\": [\"\"]}";

    if (strlen(fmt_room) + 2 * strlen(host) < sizeof out->cure)
        say(out->cure, sizeof out->cure,
            "--allow %s   or \"network\": {\"allowedDomains\": [\"%s\"]}", host, host);
    else if (strlen("--allow ") + strlen(host) < sizeof out->cure)
        say(out->cure, sizeof out->cure, "--allow %s", host);
}

/* "good.test resolves to 127.0.0.1, a loopback address"; "127.0.0.1 is a loopback address" */
static void explain_addr(fence_decision *out, const struct host *host, const struct addr *addr,
                         const char *what)
{
    char name[SHOWN_HOST], text[ADDR_TEXT];

    addr_format(text, addr);
    str_escape(name, sizeof name, host_str(host));
    if (host->is_addr)
        say(out->message, sizeof out->message, "%s is %s", text, what);
    else
        say(out->message, sizeof out->message, "%s resolves to %s, %s", name, text, what);
}

/* ---- decisions ---- */

static void format_shown(char shown[SHOWN_HOST], const struct rules_request *request)
{
    char authority[HOST_AUTHORITY];

    host_format_authority(authority, request->host, request->port, 0);
    str_escape(shown, SHOWN_HOST, str_of(authority));
}

static void deny_host(fence_decision *out, const struct rules_request *request)
{
    char shown[SHOWN_HOST];

    format_shown(shown, request);
    say(out->message, sizeof out->message, "%s is denied by %s", shown, out->rule);
    cure_by_removing(out);
}

/* Whoever wrote the rule knows best what to say; of a rule that could not be tested, fence does. */
static void deny_by_rule(fence_decision *out, const struct fence_config *config,
                         const struct rules_request *request, size_t index)
{
    const struct request_rule *rule = &config->rules.list[index];
    char shown[SHOWN_HOST];

    name_request_rule(out, config, index);
    deny_host(out, request);
    if (rule->message)
        say(out->message, sizeof out->message, "%s", rule->message);
    if (!request_rule_is_blind(rule, request))
        return;
    format_shown(shown, request);
    if (!rule->message)
        say(out->message, sizeof out->message,
            "%s denies some requests to %.90s, and what a tunnel carries cannot be seen", out->rule,
            shown);
    say(out->cure, sizeof out->cure, "\"scheme\": \"http\" in %s, to let tunnels pass", out->rule);
}

/* A service of the host is denied by the name that people give its address, too. */
static bool local_denied(fence_decision *out, const struct fence_config *config,
                         const struct rules_request *request)
{
    static const struct host localhost = {.len = 9, .text = "localhost"};
    struct rules_request named = *request;

    named.host = &localhost;
    named.local = false;
    return request->local && rules_deny_request(out, config, &named);
}

bool rules_deny_request(fence_decision *out, const struct fence_config *config,
                        const struct rules_request *request)
{
    uint32_t domain = domains_match(config->denied.set, request->host, request->port);
    size_t rule;

    decide(out, FENCE_DENY, FENCE_REASON_REQUEST_DENIED);
    if (domain != DOMAINS_NO_RULE) {
        config_rule_name(out->rule, sizeof out->rule, config, &config->denied, domain);
        deny_host(out, request);
        return true;
    }
    rule = request_rules_match(&config->rules, false, request);
    if (rule != REQUEST_NO_RULE) {
        deny_by_rule(out, config, request, rule);
        return true;
    }
    if (!request->host->is_addr || !addr_denied_deep(out, config, request, &request->host->addr))
        return local_denied(out, config, request);
    out->reason = FENCE_REASON_IP_PROHIBITED;
    deny_host(out, request);
    return true;
}

/* Does what no rule is about go to the upstream proxy? Then that has to be its way. */
static bool goes_to_proxy(const struct fence_config *config, const struct host *host, uint16_t port)
{
    return config->default_action == DEFAULT_PROXY && config_upstream(config, host, port);
}

/* Does anything allow it? */
static bool request_allowed(fence_decision *out, const struct fence_config *config,
                            const struct rules_request *request)
{
    uint32_t domain = domains_match(config->allowed.set, request->host, request->port);
    int local = local_port(config, request);
    size_t rule;

    decide(out, FENCE_ALLOW, FENCE_REASON_NONE);
    if (local >= 0) {
        config_place_name(out->rule, sizeof out->rule, config, "network.allowLocalOutboundPorts",
                          config->local_ports.places[local]);
        return true;
    }
    if (domain != DOMAINS_NO_RULE) {
        config_rule_name(out->rule, sizeof out->rule, config, &config->allowed, domain);
        return true;
    }
    rule = request_rules_match(&config->rules, true, request);
    if (rule != REQUEST_NO_RULE) {
        name_request_rule(out, config, rule);
        return true;
    }
    if (request->local || request->other || !goes_to_proxy(config, request->host, request->port))
        return false;
    say(out->rule, sizeof out->rule, "network.defaultAction");
    return true;
}

void rules_allow_request(fence_decision *out, const struct fence_config *config,
                         const struct rules_request *request)
{
    char shown[SHOWN_HOST], name[HOST_AUTHORITY];

    if (request_allowed(out, config, request))
        return;
    decide(out, FENCE_DENY, FENCE_REASON_REQUEST_DENIED);
    format_shown(shown, request);
    say(out->message, sizeof out->message, "no rule allows %s", shown);
    format_host(name, request->host);
    if (request->local)
        say(out->cure, sizeof out->cure,
            "\"network\": {\"allowLocalOutbound\": true, \"allowLocalOutboundPorts\": [%u]}",
            request->port);
    else
        cure_by_allowing(out, name);
}

void rules_decide_request(fence_decision *out, const struct fence_config *config,
                          const struct rules_request *request)
{
    if (!rules_deny_request(out, config, request))
        rules_allow_request(out, config, request);
}

bool rules_could_allow(const struct fence_config *config, const struct host *host, bool policies)
{
    if (domains_match(config->denied.set, host, 0) != DOMAINS_NO_RULE ||
        request_rules_deny_all(&config->rules, host))
        return false;
    return policies || domains_match_any_port(config->allowed.set, host) != DOMAINS_NO_RULE ||
           request_rules_allow_some(&config->rules, host) || goes_to_proxy(config, host, 0);
}

void rules_decide_addr(fence_decision *out, const struct fence_config *config,
                       const struct rules_request *request, const struct addr *addr,
                       enum rules_addr place)
{
    enum addr_class class = addr_classify(addr);
    char text[ADDR_TEXT];

    decide(out, FENCE_DENY, FENCE_REASON_IP_PROHIBITED);
    if (addr_denied_deep(out, config, request, addr)) {
        char what[sizeof out->rule + 16];

        say(what, sizeof what, "denied by %s", out->rule);
        explain_addr(out, request->host, addr, what);
        cure_by_removing(out);
        return;
    }
    if ((class == ADDR_PUBLIC && place != RULES_ADDR_OWN) || place == RULES_ADDR_NAME ||
        addr_opened(config, request, addr)) {
        decide(out, FENCE_ALLOW, FENCE_REASON_NONE);
        return;
    }
    say(out->rule, sizeof out->rule, "built-in");
    explain_addr(out, request->host, addr,
                 class == ADDR_PUBLIC ? "an address of this machine" : addr_class_text(class));
    addr_format(text, addr);
    say(out->cure, sizeof out->cure, "\"network\": {\"allowedAddresses\": [\"%s/%d\"]}", text,
        addr->family == 4 ? 32 : 128);
}

void rules_refuse_malformed(fence_decision *out, const char *text)
{
    decide(out, FENCE_DENY, FENCE_REASON_REQUEST_MALFORMED);
    say(out->rule, sizeof out->rule, "built-in");
    say(out->message, sizeof out->message, "%s", text);
}
