/* SPDX-License-Identifier: Apache-2.0
 * decide.c - fence_decide(): the steps of session.c and dialer.c without a connection. What only a
 * network can tell is left out: whose the addresses are, and whether one is a listener of ours. */
#include <errno.h>
#include <fence/fence.h>

#include "filter/rules.h"
#include "policy/policy.h"
#include "proxy/events.h"

/* What a tunnel carries is not known, whatever the caller has filled in. */
static struct str text_of(const fence_request *request, const char *text)
{
    return request->kind == FENCE_HTTP && text ? str_of(text) : (struct str){NULL, 0};
}

/* All of them are read before anything is asked: an error has no effect on a policy's state. */
static int read_headers(struct http1_field fields[LIMIT_HTTP_FIELDS], size_t *count,
                        const char *const *lines)
{
    for (*count = 0; lines && lines[*count]; ++*count) {
        if (*count == LIMIT_HTTP_FIELDS ||
            !http1_parse_field(&fields[*count], str_of(lines[*count])))
            return -EINVAL;
    }
    return 0;
}

static int check_addresses(const char *const *texts)
{
    struct addr addr;

    for (; texts && *texts; texts++) {
        if (!addr_parse(&addr, str_of(*texts)))
            return -EINVAL;
    }
    return 0;
}

/* ---- addresses ---- */

struct judging {
    const fence_config *config;
    struct policy_request *asked;
    struct addr left[LIMIT_ATTEMPTS];
    size_t count;
    fence_decision refusal; /* the first one */
};

static void judge(struct judging *judging, const struct addr *addr)
{
    fence_decision decision;

    rules_decide_addr(&decision, judging->config, judging->asked->judged, addr, RULES_ADDR_OTHERS);
    if (decision.verdict == FENCE_ALLOW && judging->count < LIMIT_ATTEMPTS)
        judging->left[judging->count++] = *addr;
    else if (decision.verdict != FENCE_ALLOW && judging->refusal.verdict != FENCE_DENY)
        judging->refusal = decision;
}

/* What would be dialled is shown. */
static void show_policies(fence_decision *out, struct judging *judging, fence_policy *policy)
{
    struct policy_request *asked = judging->asked;

    addr_interleave(judging->left, judging->count);
    asked->fields = NULL;
    asked->nfields = 0;
    asked->headless = true;
    asked->addresses = judging->left;
    asked->naddresses = judging->count;
    if (policy_resolved(policy, asked, out) == POLICY_DENY)
        out->reason = FENCE_REASON_IP_PROHIBITED;
}

/* The request is allowed: do its addresses change that? */
static void decide_addresses(fence_decision *out, const fence_config *config, fence_policy *policy,
                             struct policy_request *asked, const char *const *told)
{
    const struct host *host = asked->judged->host;
    bool via = !asked->judged->local && config_upstream(config, host, asked->judged->port);
    const struct addr *known = host->is_addr ? &host->addr : config_pinned(config, host);
    struct judging judging = {.config = config, .asked = asked};
    struct addr addr;

    if (via && !host->is_addr)
        return; /* that proxy looks it up */
    if (known)
        judge(&judging, known);
    for (; !known && told && *told && addr_parse(&addr, str_of(*told)); told++)
        judge(&judging, &addr);
    if (judging.count > 0 && !via && policy_wants_addresses(policy))
        show_policies(out, &judging, policy);
    else if (judging.count == 0 && judging.refusal.verdict == FENCE_DENY)
        *out = judging.refusal;
}

/* ---- all of it ---- */

int fence_decide(fence_decision *out, const fence_config *config, fence_policy *policy,
                 const fence_request *request)
{
    struct policy_request asked = {.kind = request->kind, .time_us = events_now_us()};
    struct http1_field fields[LIMIT_HTTP_FIELDS];
    struct rules_request judged;
    struct host host;
    size_t nfields;
    const char *why;

    if (request->version != FENCE_REQUEST_VERSION || request->kind == FENCE_EXEC ||
        !request->host || request->port == 0 ||
        read_headers(fields, &nfields, request->headers) < 0 ||
        check_addresses(request->addresses) < 0)
        return -EINVAL;
    why = host_parse_bare(&host, str_of(request->host));
    if (why) {
        rules_refuse_malformed(out, why);
        return 0;
    }
    judged = (struct rules_request){.host = &host,
                                    .port = request->port,
                                    .tunnel = request->kind != FENCE_HTTP,
                                    .local = request->kind == FENCE_LOCAL,
                                    .method = text_of(request, request->method),
                                    .target = text_of(request, request->path)};
    asked.judged = &judged;
    asked.fields = fields;
    asked.nfields = judged.tunnel ? 0 : nfields;
    policy_decide(out, config, policy, &asked);
    if (out->verdict == FENCE_ALLOW)
        decide_addresses(out, config, policy, &asked, request->addresses);
    return 0;
}
