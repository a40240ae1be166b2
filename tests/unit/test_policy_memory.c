/* SPDX-License-Identifier: Apache-2.0
 * test_policy_memory.c - policies are made, loaded and asked where the first allocation fails, then
 * the second, and so on: an error or a deny that says so, never an allow, and nothing is left. */
#include <errno.h>
#include <fence/fence.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/policy.h"
#include "support/memory.h"

#define MOST 20000 /* allocations of one run */

static const char denies[] =
    "local fence = require 'fence'\n"
    "local set = fence.domains {'bad.test', '*.bad.test'}\n"
    "local nets, glob = fence.cidrs {'192.0.2.0/24'}, fence.glob('*.b?d.test')\n"
    "return {name = 'denies', on_connect = function(req)\n"
    "  local ok = pcall(string.rep, 'x', 20000)\n" /* who catches it has not been asked in vain */
    "  if set:match(req.host, req.port) and glob:match(req.host) and not nets:match(req.host) "
    "then\n"
    "    return fence.deny('never ' .. req.host)\n"
    "  end\n"
    "end}\n";

static const char allows[] = "local fence = require 'fence'\n"
                             "return {on_connect = function() return fence.allow() end}\n";

/* Makes a set of both, and asks it. Returns what making and loading said. */
static int run(fence_decision *out)
{
    static const char *const texts[] = {denies, allows};
    struct host host;
    struct rules_request judged = {.host = &host, .port = 443, .tunnel = true};
    struct policy_request request = {.kind = FENCE_CONNECT, .judged = &judged};
    fence_policy *policy = NULL;
    fence_error err = {0};
    int rc = fence_policy_new(&policy, &err);

    assert_null(host_parse(&host, STR("very.bad.test")));
    assert_true((rc < 0) == !policy);
    for (size_t i = 0; i < ARRAY_LEN(texts) && rc == 0; i++)
        rc = fence_policy_load_buffer(policy, "p.lua", texts[i], strlen(texts[i]), &err);
    if (rc < 0 && !strstr(err.message, "memory"))
        fail_msg("%d, '%s'", rc, err.message);
    if (rc == 0)
        assert_int_equal(policy_judge(policy, &request, out), POLICY_DENY);
    fence_policy_unref(policy);
    return rc;
}

static void test_each_allocation(bool all_after)
{
    size_t live = memory.live, n = 1, denied = 0;
    bool failed;

    do {
        fence_decision out = {.verdict = FENCE_ALLOW};
        int rc;

        memory_fail(n, all_after);
        rc = run(&out);
        failed = memory_failed();
        if (!failed)
            assert_int_equal(rc, 0);
        if (rc == 0 && out.verdict != FENCE_DENY)
            fail_msg("allocation %zu: allowed", n);
        if (rc == 0 && strcmp(out.message, "never very.bad.test") != 0 &&
            !strstr(out.message, "memory"))
            fail_msg("allocation %zu: '%s'", n, out.message);
        if (memory.live != live)
            fail_msg("allocation %zu: %zu blocks are left", n, memory.live - live);
        denied += rc == 0;
        assert_true(n++ < MOST);
    } while (failed);
    assert_true(n > 500 && denied > 1); /* or nothing was tested */
}

static void test_one(void **state)
{
    (void)state;
    test_each_allocation(false);
}

static void test_all_after(void **state)
{
    (void)state;
    test_each_allocation(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_all_after),
    };

    memory_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
