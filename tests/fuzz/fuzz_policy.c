/* SPDX-License-Identifier: Apache-2.0
 * fuzz_policy.c - policies: one that does not load leaves nothing to ask; one that does is asked
 * about a tunnel, a request, its addresses and a command, and what comes of it is an answer, in
 * time: deny where it errs, and never an allow once addresses are known. Then it is told how all
 * that went, and what it says is one line. */
#include <fence/fence.h>

#include "policy/policy.h"
#include "support/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require_sense(enum policy_answer answer, const fence_decision *out)
{
    if (answer == POLICY_NO_OPINION)
        return;
    require(strncmp(out->rule, "policy:", 7) == 0);
    require(memchr(out->rule, '\0', sizeof out->rule));
    require(memchr(out->message, '\0', sizeof out->message));
    require(out->verdict == (answer == POLICY_ALLOW ? FENCE_ALLOW
                             : answer == POLICY_ASK ? FENCE_ASK
                                                    : FENCE_DENY));
    for (const char *c = out->message; *c; c++)
        require((uint8_t)*c >= ' ');
}

static void ask_all(fence_policy *policy, const struct host *host, const struct addr *addr)
{
    static const struct http1_field fields[] = {
        {STR("Host"), STR("api.good.test")}, {STR("Accept"), STR("a")}, {STR("accept"), STR("b")}};
    struct rules_request judged = {.host = host, .port = 443, .tunnel = true};
    struct policy_request request = {.session = 7, .kind = FENCE_CONNECT, .judged = &judged};
    enum policy_answer answer;
    fence_decision out;

    require_sense(policy_judge(policy, &request, &out), &out);
    request.addresses = addr;
    request.naddresses = 2;
    answer = policy_resolved(policy, &request, &out);
    require(answer != POLICY_ALLOW);
    require_sense(answer, &out);
    judged = (struct rules_request){
        .host = host, .port = 80, .method = STR("GET"), .target = STR("/a?b=c")};
    request = (struct policy_request){
        .session = 8, .kind = FENCE_HTTP, .judged = &judged, .fields = fields, .nfields = 3};
    require_sense(policy_judge(policy, &request, &out), &out);
}

static void hear(void *payload, const char *level, const char *line)
{
    (void)payload;
    (void)level;
    for (const char *c = line; *c; c++)
        require((uint8_t)*c >= ' ');
}

static void tell_all(fence_policy *policy, const struct host *host)
{
    static const char *const argv[] = {"git", "push", "a b", NULL};
    const struct policy_run run = {.id = 1, .command = {argv, "/project"}};
    const struct policy_summary summary = {
        .id = 1, .status = 3, .duration_us = 2500000, .allowed = 4, .denied = 5};
    struct rules_request judged = {.host = host, .port = 443, .tunnel = true};
    struct policy_request request = {
        .session = 9, .kind = FENCE_SOCKS5, .judged = &judged, .headless = true, .log = hear};
    fence_decision out = {.verdict = FENCE_DENY, .rule = "built-in", .message = "no"};
    char line[LIMIT_POLICY_LINE];

    policy_reported(policy, &request, &out, line);
    hear(NULL, "", line);
    request.closed = true;
    request.bytes_sent = 6;
    request.bytes_received = 7;
    policy_closed(policy, &request);
    request = (struct policy_request){.log = hear};
    require_sense(policy_exec(policy, &run.command, &request, &out), &out);
    policy_started(policy, &run, &request);
    policy_ended(policy, &summary, &request);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    fence_policy *policy = NULL;
    struct host host, ends[2];
    struct addr addresses[2];
    fence_error err;

    require(!host_parse(&host, STR("api.good.test")));
    require(!host_parse(&ends[0], STR("192.0.2.1")) && !host_parse_bare(&ends[1], STR("::1")));
    addresses[0] = ends[0].addr;
    addresses[1] = ends[1].addr;
    require(fence_policy_new(&policy, &err) == 0);
    if (fence_policy_load_buffer(policy, "p.lua", (const char *)bytes, len, &err) < 0)
        require(err.message[0] != '\0' && !policy_wants_addresses(policy));
    ask_all(policy, &host, addresses);
    tell_all(policy, &host);
    fence_policy_unref(policy);
    return 0;
}
