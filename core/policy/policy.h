/* SPDX-License-Identifier: Apache-2.0
 * policy.h - Lua policies: loaded and checked before anything starts, then asked about every
 * request. lua/README.md is the contract.
 *
 * All of them are asked, in the order in which they were loaded. Any deny wins; a hook that errs,
 * or reaches a limit, or returns what is no verdict, has denied. */
#ifndef FENCE_POLICY_POLICY_H
#define FENCE_POLICY_POLICY_H

#include <sys/types.h>

#include "base/limits.h"
#include "filter/rules.h"
#include "proto/http1.h"

/* ---- what hooks are shown; all of it borrowed ---- */

struct policy_request {
    uint64_t session; /* req.id */
    fence_request_kind kind;
    const struct rules_request *judged;
    const struct http1_field *fields; /* none in a tunnel */
    size_t nfields;
    bool headless;                /* the head has gone meanwhile */
    const struct addr *addresses; /* on_resolve */
    size_t naddresses;
    int64_t time_us; /* wall clock, since 1970 */

    bool closed; /* on_close: the three below are known */
    uint64_t bytes_sent, bytes_received, duration_us;

    /* fence.log: "info" and the line, which can be shown as it is; NULL: nobody listens. */
    void (*log)(void *payload, const char *level, const char *line);
    void *log_payload;
};

/* ---- asking ---- */

enum policy_answer { /* in the order of their weight */
                     POLICY_NO_OPINION,
                     POLICY_ALLOW,
                     POLICY_ASK,
                     POLICY_DENY
};

/* on_connect, or on_request where fence can read the request. With an opinion, `out` is the
 * decision: "policy:NAME" as its rule. */
enum policy_answer policy_judge(fence_policy *policy, const struct policy_request *request,
                                fence_decision *out);

/* on_resolve, which may only tighten: POLICY_NO_OPINION, which leaves `out` alone, POLICY_ASK or
 * POLICY_DENY. */
enum policy_answer policy_resolved(fence_policy *policy, const struct policy_request *request,
                                   fence_decision *out);

struct policy_command {
    const char *const *argv;
    const char *cwd;
    pid_t pid; /* of the process that executes it; 0: it has none yet */
};

/* on_exec: before a command starts. POLICY_NO_OPINION leaves `out` alone. */
enum policy_answer policy_exec(fence_policy *policy, const struct policy_command *command,
                               const struct policy_request *log, fence_decision *out);

/* Is there an on_exec? `policy` may be NULL. */
bool policy_wants_execs(const fence_policy *policy);

/* Is there an on_resolve? `policy` may be NULL. */
bool policy_wants_addresses(const fence_policy *policy);

/* ---- telling: errors in these hooks are said, and change nothing ---- */

struct policy_run {
    uint64_t id;
    struct policy_command command;
};

struct policy_summary {
    uint64_t id;
    int status;
    uint64_t duration_us, allowed, denied;
};

/* on_start, on_exit. `log`: nothing of it but where lines go. */
void policy_started(fence_policy *policy, const struct policy_run *run,
                    const struct policy_request *log);
void policy_ended(fence_policy *policy, const struct policy_summary *summary,
                  const struct policy_request *log);

/* on_close, for what was let through; is there any? */
void policy_closed(fence_policy *policy, const struct policy_request *request);
bool policy_wants_close(const fence_policy *policy);

/* on_event: returns whether the decision is to be reported, and what they would have said instead
 * of the usual line; or "". */
bool policy_reported(fence_policy *policy, const struct policy_request *request,
                     const fence_decision *decision, char line[LIMIT_POLICY_LINE]);
bool policy_wants_events(const fence_policy *policy);

/* The whole order of decision before resolving: what denies, then policies, then what allows.
 * `policy` may be NULL. */
void policy_decide(fence_decision *out, const struct fence_config *config, fence_policy *policy,
                   const struct policy_request *request);

#endif
