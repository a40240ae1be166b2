/* SPDX-License-Identifier: Apache-2.0
 * decide.c - fence_decide(): the steps of session.c and dialer.c without a connection. What only a
 * network can tell is left out: whose the addresses are, and whether one is a listener of ours. */
#include <errno.h>
#include <fence/fence.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "filter/command_judge.h"
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

/* ---- commands ---- */

static void deny_command(fence_decision *out, const struct command_refusal *refusal)
{
    *out = (fence_decision){.verdict = FENCE_DENY, .reason = FENCE_REASON_REQUEST_DENIED};
    snprintf(out->rule, sizeof out->rule, "%s", refusal->key);
    if (refusal->message[0])
        snprintf(out->message, sizeof out->message, "%.199s", refusal->message);
    else
        snprintf(out->message, sizeof out->message, "\"%.90s\" matches \"%.90s\"", refusal->command,
                 refusal->rule);
    if (!refusal->message[0])
        snprintf(out->cure, sizeof out->cure, "\"command\": {\"allow\": [\"%.120s\"]}",
                 refusal->command);
}

/* Before it starts: what it executes in its turn is judged then. */
static int decide_command(fence_decision *out, const fence_config *config, fence_policy *policy,
                          const char *const *argv)
{
    struct policy_command command = {argv, "", 0};
    struct policy_request log = {.time_us = events_now_us()};
    struct command_refusal refusal;
    char cwd[PATH_MAX];
    int rc = command_line_refuses(&refusal, config, argv);

    if (rc < 0)
        return rc;
    if (rc > 0) {
        deny_command(out, &refusal);
        return 0;
    }
    *out = (fence_decision){.verdict = FENCE_ALLOW};
    if (!policy)
        return 0;
    if (getcwd(cwd, sizeof cwd))
        command.cwd = cwd;
    switch (policy_exec(policy, &command, &log, out)) {
    case POLICY_NO_OPINION:
        break;
    case POLICY_ALLOW:
        out->verdict = FENCE_ALLOW;
        break;
    case POLICY_ASK:
        out->verdict = FENCE_ASK;
        break;
    case POLICY_DENY:
        out->verdict = FENCE_DENY;
        break;
    }
    return 0;
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

    if (request->version == FENCE_REQUEST_VERSION && request->kind == FENCE_EXEC)
        return request->argv && request->argv[0]
                   ? decide_command(out, config, policy, request->argv)
                   : -EINVAL;
    if (request->version != FENCE_REQUEST_VERSION || !request->host || request->port == 0 ||
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
