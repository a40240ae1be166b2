/* SPDX-License-Identifier: Apache-2.0
 * run_report.c - see run_report.h. */
#include "proxy/run_report.h"

#include <limits.h>
#include <unistd.h>

#include "base/error.h"
#include "policy/policy.h"

static struct policy_request log_of(struct proxy *proxy)
{
    return (struct policy_request){
        .time_us = events_now_us(), .log = events_policy_line, .log_payload = &proxy->events};
}

static int denied(enum policy_answer answer, const fence_decision *decision, fence_error *err)
{
    switch (answer) {
    case POLICY_NO_OPINION:
    case POLICY_ALLOW:
        break;
    case POLICY_ASK: /* whoever would answer waits for the command */
        return fail(err, FENCE_EDENIED,
                    "the command is denied by %s, as nobody is asked before it starts: %s",
                    decision->rule, decision->message);
    case POLICY_DENY:
        return fail(err, FENCE_EDENIED, "the command is denied by %s%s%s", decision->rule,
                    decision->message[0] ? ": " : "", decision->message);
    }
    return 0;
}

int run_report_start(struct run_report *report, struct proxy *proxy, const char *const *argv,
                     fence_error *err)
{
    char cwd[PATH_MAX];
    struct policy_run run = {.command = {argv, ""}};
    struct policy_request log;
    fence_decision decision;
    fence_policy *policy;
    enum policy_answer answer;

    *report = (struct run_report){.id = ++proxy->last_run,
                                  .started = uv_hrtime(),
                                  .allowed = proxy->allowed,
                                  .denied = proxy->denied};
    if (!proxy->policy)
        return 0;
    log = log_of(proxy);
    run.id = report->id;
    if (getcwd(cwd, sizeof cwd))
        run.command.cwd = cwd;
    policy = fence_policy_ref(proxy->policy); /* what it logs may replace it */
    answer = policy_exec(policy, &run.command, &log, &decision);
    if (answer == POLICY_NO_OPINION || answer == POLICY_ALLOW)
        policy_started(policy, &run, &log);
    fence_policy_unref(policy);
    return denied(answer, &decision, err);
}

void run_report_end(const struct run_report *report, struct proxy *proxy, int status)
{
    struct policy_summary summary = {.id = report->id, .status = status};
    struct policy_request log;
    fence_policy *policy;

    if (!proxy->policy)
        return;
    log = log_of(proxy);
    summary.duration_us = (uv_hrtime() - report->started) / 1000;
    summary.allowed = proxy->allowed - report->allowed;
    summary.denied = proxy->denied - report->denied;
    policy = fence_policy_ref(proxy->policy); /* what it logs may replace it */
    policy_ended(policy, &summary, &log);
    fence_policy_unref(policy);
}
