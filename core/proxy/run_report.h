/* SPDX-License-Identifier: Apache-2.0
 * run_report.h - what policies say to a sandboxed command, and are told of it. */
#ifndef FENCE_PROXY_RUN_REPORT_H
#define FENCE_PROXY_RUN_REPORT_H

#include "proxy/ask.h"
#include "proxy/proxy.h"

struct run_report {
    struct proxy *proxy;
    uint64_t id;              /* 1, 2, 3... of the engine                   */
    uint64_t started;         /* uv_hrtime()                                */
    uint64_t allowed, denied; /* the proxy's decisions when it was started  */

    struct asker asker;
    fence_decision question; /* its verdict is FENCE_ASK until it is answered */
    char **argv;             /* of the question: a copy, in one block         */
    char *cwd;

    /* The answer: NULL, or why the command must not run. May be called from run_report_ask(). */
    void (*on_settled)(struct run_report *report, const fence_error *refusal);
};

/* The command is about to start in the current folder: on_exec, and on_start where it may. Returns
 * 0, also when a person has to be asked first, or FENCE_EDENIED with `err` filled in. */
int run_report_start(struct run_report *report, struct proxy *proxy, const char *const *argv,
                     fence_error *err);

/* Whether the command has to wait for an answer. */
static inline bool run_report_waits(const struct run_report *report)
{
    return report->question.verdict == FENCE_ASK;
}

/* Has the person asked, where one has to be. The answer is on_settled. */
void run_report_ask(struct run_report *report);

/* Nobody has answered in LIMIT_ASK_MS. */
void run_report_asked_too_long(struct run_report *report);

/* It has ended. */
void run_report_end(const struct run_report *report, int status);

void run_report_deinit(struct run_report *report); /* takes one that never started; asks no more */

#endif
