/* SPDX-License-Identifier: Apache-2.0
 * run_report.c - see run_report.h. */
#include "proxy/run_report.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "filter/command_judge.h"
#include "policy/policy.h"

static struct policy_request log_of(struct proxy *proxy)
{
    return (struct policy_request){
        .time_us = events_now_us(), .log = events_policy_line, .log_payload = &proxy->events};
}

static int deny(const fence_decision *decision, const char *how, const char *why, fence_error *err)
{
    return fail(err, FENCE_EDENIED, "the command is denied by %s%s%s%s", decision->rule, how,
                why[0] ? ": " : "", why);
}

/* The words are the caller's, and the answer may take a while. */
static int keep_command(struct run_report *report, const struct policy_command *command)
{
    size_t count = 0, size = 0, at;
    char *bytes;

    for (; command->argv[count]; count++)
        size += strlen(command->argv[count]) + 1;
    report->argv = malloc((count + 1) * sizeof *report->argv + size);
    report->cwd = strdup(command->cwd);
    if (!report->argv || !report->cwd)
        return -1;
    bytes = (char *)(report->argv + count + 1);
    for (at = 0; at < count; at++) {
        report->argv[at] = bytes;
        bytes = stpcpy(bytes, command->argv[at]) + 1;
    }
    report->argv[count] = NULL;
    return 0;
}

static void tell_start(const struct run_report *report, fence_policy *policy,
                       const char *const *argv, const char *cwd)
{
    struct policy_run run = {.id = report->id, .command = {argv, cwd, 0}};
    struct policy_request log = log_of(report->proxy);

    policy_started(policy, &run, &log);
}

static int judge(struct run_report *report, fence_policy *policy,
                 const struct policy_command *command, fence_error *err)
{
    struct policy_request log = log_of(report->proxy);
    fence_decision decision;

    switch (policy_exec(policy, command, &log, &decision)) {
    case POLICY_NO_OPINION:
    case POLICY_ALLOW:
        tell_start(report, policy, command->argv, command->cwd);
        return 0;
    case POLICY_ASK:
        if (!report->proxy->asks.observer->on_ask)
            return deny(&decision, ", as nobody is there to be asked", decision.message, err);
        if (keep_command(report, command) < 0)
            return fail(err, -ENOMEM, "out of memory");
        report->question = decision;
        report->question.verdict = FENCE_ASK;
        return 0;
    case POLICY_DENY:
        return deny(&decision, "", decision.message, err);
    }
    return 0;
}

int run_report_start(struct run_report *report, struct proxy *proxy, const char *const *argv,
                     fence_error *err)
{
    char cwd[PATH_MAX];
    struct policy_command command = {argv, "", 0};
    struct command_refusal refusal;
    char why[512];
    fence_policy *policy;
    int rc;

    *report = (struct run_report){.proxy = proxy,
                                  .id = ++proxy->last_run,
                                  .started = uv_hrtime(),
                                  .allowed = proxy->allowed,
                                  .denied = proxy->denied};
    asker_init(&report->asker);
    rc = command_line_refuses(&refusal, proxy->config, argv);
    if (rc < 0)
        return fail(err, rc, "out of memory");
    if (rc > 0) {
        command_explain(why, sizeof why, &refusal);
        return fail(err, FENCE_EDENIED, "%s", why);
    }
    if (!proxy->policy)
        return 0;
    if (getcwd(cwd, sizeof cwd))
        command.cwd = cwd;
    policy = fence_policy_ref(proxy->policy); /* what it logs may replace it */
    rc = judge(report, policy, &command, err);
    fence_policy_unref(policy);
    return rc;
}

/* ---- asking ---- */

static void settle(struct run_report *report, const char *how)
{
    fence_error refusal = {0};

    report->question.verdict = how ? FENCE_DENY : FENCE_ALLOW;
    if (how) {
        deny(&report->question, how, report->question.message, &refusal);
    } else if (report->proxy->policy) { /* the one that is there now */
        fence_policy *policy = fence_policy_ref(report->proxy->policy);

        tell_start(report, policy, (const char *const *)report->argv, report->cwd);
        fence_policy_unref(policy);
    }
    report->on_settled(report, how ? &refusal : NULL);
}

static void on_answered(struct asker *asker, const struct fence_ask *ask, fence_verdict verdict)
{
    (void)ask;
    settle(CONTAINER_OF(asker, struct run_report, asker),
           verdict == FENCE_ALLOW ? NULL : ", as the answer was no");
}

void run_report_ask(struct run_report *report)
{
    fence_request shown = FENCE_REQUEST_INIT;

    if (!run_report_waits(report))
        return;
    shown.kind = FENCE_EXEC;
    shown.host = "";
    shown.argv = (const char *const *)report->argv;
    report->asker.on_answered = on_answered;
    switch (asks_ask(&report->proxy->asks, &report->asker, &shown, &report->question)) {
    case ASK_WAITS:
        return;
    case ASK_NOBODY:
        settle(report, ", as nobody is there to be asked");
        return;
    case ASK_TOO_MANY:
        settle(report, ", as too many questions wait");
        return;
    }
}

void run_report_asked_too_long(struct run_report *report)
{
    asker_leave(&report->asker);
    settle(report, ", as nobody answered in time");
}

/* ---- the end ---- */

void run_report_end(const struct run_report *report, int status)
{
    struct proxy *proxy = report->proxy;
    struct policy_summary summary = {.id = report->id, .status = status};
    struct policy_request log;
    fence_policy *policy;

    if (!proxy->policy || report->question.verdict == FENCE_ASK ||
        report->question.verdict == FENCE_DENY)
        return; /* nobody, or nobody who was told of a start */
    log = log_of(proxy);
    summary.duration_us = (uv_hrtime() - report->started) / 1000;
    summary.allowed = proxy->allowed - report->allowed;
    summary.denied = proxy->denied - report->denied;
    policy = fence_policy_ref(proxy->policy); /* what it logs may replace it */
    policy_ended(policy, &summary, &log);
    fence_policy_unref(policy);
}

void run_report_deinit(struct run_report *report)
{
    if (report->proxy)
        asker_leave(&report->asker);
    free(take(&report->argv));
    free(take(&report->cwd));
}
