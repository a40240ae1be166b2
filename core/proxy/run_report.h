/* SPDX-License-Identifier: Apache-2.0
 * run_report.h - what policies are told about a sandboxed command: on_start and on_exit. */
#ifndef FENCE_PROXY_RUN_REPORT_H
#define FENCE_PROXY_RUN_REPORT_H

#include "proxy/proxy.h"

struct run_report {
    uint64_t id;              /* 1, 2, 3... of the engine                   */
    uint64_t started;         /* uv_hrtime()                                */
    uint64_t allowed, denied; /* the proxy's decisions when it was started  */
};

/* The command is about to start in the current folder: on_exec, which may deny it, and on_start.
 * Returns 0, or FENCE_EDENIED with `err` filled in. */
int run_report_start(struct run_report *report, struct proxy *proxy, const char *const *argv,
                     fence_error *err);

/* It has ended. */
void run_report_end(const struct run_report *report, struct proxy *proxy, int status);

#endif
