/* SPDX-License-Identifier: Apache-2.0
 * bench_policy.c - what a decision costs, with policies and without.
 *
 *     bench_policy [--json]
 *
 * Each decision is that of the proxy before it resolves a name: what denies, the policies, what
 * allows; the request object that a hook sees is made anew. Each figure is the median of several
 * rounds. Not run by ctest: it measures, it does not judge. */
#include <fence/fence.h>
#include <stdio.h>
#include <time.h>

#include "base/base.h"
#include "policy/policy.h"

#define ROUNDS    9
#define DECISIONS 100000

static const struct row {
    const char *name;
    size_t policies;
    const char *text;
    fence_verdict verdict;
} rows[] = {
    {"no policy", 0, NULL, FENCE_ALLOW},
    {"return nil", 1, "return {on_request = function(req) return nil end}", FENCE_ALLOW},
    {"host, method, allow", 1,
     "local fence = require 'fence'\n"
     "return {on_request = function(req)\n"
     "  if req.host == 'good.test' and req.method == 'GET' then return fence.allow() end\n"
     "end}",
     FENCE_ALLOW},
    {"10,000 names", 1,
     "local fence = require 'fence'\n"
     "local names = {}\n"
     "for i = 1, 10000 do names[i] = (i % 3 == 0 and '*.' or '') .. 'name' .. i .. '.test' end\n"
     "local set = fence.domains(names)\n"
     "return {on_request = function(req)\n"
     "  if set:match(req.host) then return fence.deny() end\n"
     "end}",
     FENCE_ALLOW},
    {"deny, with a message", 1,
     "local fence = require 'fence'\n"
     "return {on_request = function(req) return fence.deny('nothing leaves today') end}",
     FENCE_DENY},
    {"ten, return nil", 10, "return {on_request = function(req) return nil end}", FENCE_ALLOW},
};

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* nobody waits here: others do not count */
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int rc, const fence_error *err)
{
    if (rc < 0) {
        fprintf(stderr, "bench_policy: %s\n", err->message);
        exit(1);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static fence_policy *load(const struct row *row)
{
    fence_policy *policy = NULL;
    fence_error err;

    if (row->policies == 0)
        return NULL;
    must(fence_policy_new(&policy, &err), &err);
    for (size_t i = 0; i < row->policies; i++)
        must(fence_policy_load_buffer(policy, "bench.lua", row->text, strlen(row->text), &err),
             &err);
    return policy;
}

/* Returns the nanoseconds of a decision. */
static double measure(const fence_config *config, const struct row *row)
{
    struct host host = {0};
    struct rules_request judged = {
        .host = &host, .port = 80, .method = STR("GET"), .target = STR("/path?query")};
    struct policy_request request = {.kind = FENCE_HTTP, .judged = &judged};
    fence_policy *policy = load(row);
    double times[ROUNDS];
    fence_decision decision;

    if (host_parse(&host, STR("good.test")))
        abort();
    for (size_t round = 0; round < ROUNDS; round++) {
        double start = now_ns();

        for (size_t i = 0; i < DECISIONS; i++) {
            policy_decide(&decision, config, policy, &request);
            if (decision.verdict != row->verdict) {
                fprintf(stderr, "bench_policy: %s: %s\n", row->name, decision.message);
                exit(1);
            }
        }
        times[round] = (now_ns() - start) / DECISIONS;
    }
    fence_policy_unref(policy);
    qsort(times, ROUNDS, sizeof *times, compare);
    return times[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    static const char settings[] = "{\"network\": {\"allowedDomains\": [\"good.test\"]}}";
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    fence_config *config = NULL;
    fence_error err;

    must(fence_config_parse(&config, "bench", settings, sizeof settings - 1, NULL, 0, &err), &err);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double ns = measure(config, &rows[i]);

        printf(json ? "{\"policy\": \"%s\", \"ns\": %.1f}\n" : "%-22s %8.0f ns a decision\n",
               rows[i].name, ns);
        fflush(stdout);
    }
    fence_config_unref(config);
    return 0;
}
