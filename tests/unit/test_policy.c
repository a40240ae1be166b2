/* SPDX-License-Identifier: Apache-2.0
 * test_policy.c - sets of policies by their C API: what a failed load leaves, whose verdict counts,
 * and what hooks cannot do to one another. */
#include <fence/fence.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/base.h"
#include "base/limits.h"
#include "policy/policy.h"
#include "support/config_of.h"

#define FENCE   "local fence = require 'fence' "
#define HOOK(b) FENCE "return {on_connect = function(req) " b " end}"

static fence_policy *policy_new(void)
{
    fence_policy *policy = NULL;
    fence_error err;

    assert_int_equal(fence_policy_new(&policy, &err), 0);
    return policy;
}

static void load(fence_policy *policy, const char *name, const char *text)
{
    fence_error err;

    if (fence_policy_load_buffer(policy, name, text, strlen(text), &err) < 0)
        fail_msg("%s", err.message);
}

static fence_decision decide(const char *json, fence_policy *policy, const char *host)
{
    fence_config *config = config_of(json);
    fence_request request = FENCE_REQUEST_INIT;
    fence_decision out;

    request.host = host;
    request.port = 443;
    assert_int_equal(fence_decide(&out, config, policy, &request), 0);
    fence_config_unref(config);
    return out;
}

/* ---- the order of verdicts ---- */

#define SETTINGS                                                                                   \
    "{\"network\": {\"allowedDomains\": [\"good.test\"], \"deniedDomains\": [\"bad.test\"]}}"

#define NIL   HOOK("return nil")
#define ALLOW HOOK("return fence.allow('A')")
#define ASK   HOOK("return fence.ask('Q')")
#define DENY  HOOK("return fence.deny('D')")
#define WRONG HOOK("return true")

static const struct order_row {
    const char *name, *host, *texts[3];
    fence_verdict verdict;
    const char *rule, *message;
} order_rows[] = {
    {"none: allowed", "good.test", {NULL}, FENCE_ALLOW, "network.allowedDomains[0]", ""},
    {"none: nothing says so", "other.test", {NULL}, FENCE_DENY, "", NULL},
    {"no opinion: allowed", "good.test", {NIL}, FENCE_ALLOW, "network.allowedDomains[0]", ""},
    {"no opinion: nothing says so", "other.test", {NIL, NIL}, FENCE_DENY, "", NULL},
    {"allow", "other.test", {NIL, ALLOW}, FENCE_ALLOW, "policy:p2", "A"},
    {"settings deny first", "bad.test", {ALLOW}, FENCE_DENY, "network.deniedDomains[0]", NULL},
    {"deny wins", "good.test", {ALLOW, ASK, DENY}, FENCE_DENY, "policy:p3", "D"},
    {"ask before allow", "good.test", {ALLOW, ASK}, FENCE_ASK, "policy:p2", "Q"},
    {"the first allow", "other.test", {ALLOW, ALLOW}, FENCE_ALLOW, "policy:p1", "A"},
    {"no verdict denies", "good.test", {ALLOW, WRONG}, FENCE_DENY, "policy:p2", NULL},
    {"an error denies", "good.test", {ALLOW, HOOK("error('x')")}, FENCE_DENY, "policy:p2", NULL},
};

static void test_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(order_rows); i++) {
        const struct order_row *row = &order_rows[i];
        fence_policy *policy = row->texts[0] ? policy_new() : NULL;
        fence_decision out;

        for (size_t j = 0; j < ARRAY_LEN(row->texts) && row->texts[j]; j++) {
            char name[] = "p1.lua";

            name[1] = (char)('1' + j);
            load(policy, name, row->texts[j]);
        }
        out = decide(SETTINGS, policy, row->host);
        if (out.verdict != row->verdict || strcmp(out.rule, row->rule) != 0 ||
            (row->message && strcmp(out.message, row->message) != 0))
            fail_msg("%s: %d, '%s', '%s'", row->name, out.verdict, out.rule, out.message);
        fence_policy_unref(policy);
    }
}

static void test_resolved(void **state)
{
    static const struct {
        const char *name, *text;
        enum policy_answer answer;
        const char *rule;
    } resolve_rows[] = {
        {"no hook", ALLOW, POLICY_NO_OPINION, "before"},
        {"allow is no opinion", FENCE "return {on_resolve = function() return fence.allow() end}",
         POLICY_NO_OPINION, "before"},
        {"deny", FENCE "return {on_resolve = function(r) return fence.deny(r.addresses[1]) end}",
         POLICY_DENY, "policy:p"},
        {"an error denies", FENCE "return {on_resolve = function(r) return r.address end}",
         POLICY_DENY, "policy:p"},
    };
    struct host host;
    struct rules_request judged = {.host = &host, .port = 443, .tunnel = true};
    struct policy_request request = {.judged = &judged, .naddresses = 1};

    (void)state;
    assert_null(host_parse(&host, STR("192.0.2.1")));
    request.addresses = &host.addr;
    for (size_t i = 0; i < ARRAY_LEN(resolve_rows); i++) {
        fence_policy *policy = policy_new();
        fence_decision out = {.rule = "before"};
        enum policy_answer answer;

        load(policy, "p.lua", resolve_rows[i].text);
        answer = policy_resolved(policy, &request, &out);
        if (answer != resolve_rows[i].answer || strcmp(out.rule, resolve_rows[i].rule) != 0)
            fail_msg("%s: %d, '%s'", resolve_rows[i].name, (int)answer, out.rule);
        fence_policy_unref(policy);
    }
}

/* ---- loading ---- */

static const struct load_row {
    const char *name, *text, *error;
} load_rows[] = {
    {"no table", "return 1", "p.lua: a policy returns a table of hooks, not a number"},
    {"syntax", "return {", "p.lua:1: unexpected symbol"},
    {"a misspelt hook", "return {on_conect = print}", "p.lua:1: nothing is called 'print' here"},
    {"a key that is none", "return {on_conect = next}", "p.lua: a policy has no 'on_conect'"},
    {"a hook that is none", "return {on_connect = 1}", "p.lua: 'on_connect' must be a function"},
    {"a name that is none", "return {name = {}, on_connect = next}", "p.lua: 'name' must be"},
    {"a long name", "return {name = ('x'):rep(64)}", "p.lua: a policy's name has 1 to 63"},
    {"a loop", "while true do end", "p.lua: it took too "},
    {"an error", "error('no', 0)", "p.lua: no"},
    {"another's file", "require 'other'",
     "p.lua:1: require knows fence, fence.clock, fence.tally and nothing"},
    {"bytecode", "\33Lua", "p.lua: attempt to load a binary chunk"},
    {"no host", FENCE "fence.domains {'a b'}", "p.lua:1: fence.domains: 'a b': "},
    {"a list that lies",
     FENCE "fence.domains(setmetatable({}, {__len = function() return 1 << 60 end})) error('none')",
     "p.lua:1: none"},
    {"a list of holes", FENCE "fence.domains {[1] = 'a.test', [2] = 7}", "p.lua:1: bad argument"},
    {"a foreign object", FENCE "local d, g = fence.domains {}, fence.glob('x') d.match(g, 'x')",
     "p.lua:1: bad argument #1 to 'match'"},
    {"a verdict's metatable", FENCE "getmetatable(fence.allow()).__name = 1",
     "p.lua:1: attempt to index a boolean value"},
};

static void test_load_errors(void **state)
{
    fence_policy *policy = policy_new();

    (void)state;
    load(policy, "first.lua", ALLOW);
    for (size_t i = 0; i < ARRAY_LEN(load_rows); i++) {
        const struct load_row *row = &load_rows[i];
        fence_error err;
        int rc = fence_policy_load_buffer(policy, "p.lua", row->text, strlen(row->text), &err);
        fence_decision out;

        if (rc != FENCE_EPOLICY || strncmp(err.message, row->error, strlen(row->error)) != 0)
            fail_msg("%s: %d, '%s'", row->name, rc, rc < 0 ? err.message : "");
        out = decide(SETTINGS, policy, "other.test");
        if (out.verdict != FENCE_ALLOW || strcmp(out.rule, "policy:first") != 0)
            fail_msg("%s: then '%s', '%s'", row->name, out.rule, out.message);
    }
    fence_policy_unref(policy);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[100];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, 0600);
}

static void test_require(void **state)
{
    char folder[] = "/tmp/fence-policy-XXXXXX", path[100];
    fence_policy *policy = policy_new();
    fence_error err;

    (void)state;
    assert_non_null(mkdtemp(folder));
    write_file(folder, "a.lua", "require 'b'");
    write_file(folder, "b.lua", "require 'a'");
    write_file(folder, "c.lua", "require 'd' require 'd' return {}");
    write_file(folder, "d.lua", "return nil");
    snprintf(path, sizeof path, "%s/a.lua", folder);
    assert_int_equal(fence_policy_load(policy, path, &err), FENCE_EPOLICY);
    assert_non_null(strstr(err.message, "'b' requires itself"));
    snprintf(path, sizeof path, "%s/c.lua", folder);
    assert_int_equal(fence_policy_load(policy, path, &err), 0);
    snprintf(path, sizeof path, "%s/none.lua", folder);
    assert_int_equal(fence_policy_load(policy, path, &err), FENCE_EPOLICY);
    fence_policy_unref(policy);
    for (const char *c = "abcd"; *c; c++) {
        snprintf(path, sizeof path, "%s/%c.lua", folder, *c);
        unlink(path);
    }
    rmdir(folder);
}

/* ---- life, and limits ---- */

static void test_references(void **state)
{
    fence_policy *policy = policy_new();

    (void)state;
    load(policy, "p.lua", DENY);
    assert_ptr_equal(fence_policy_ref(policy), policy);
    assert_null(fence_policy_unref(policy));
    assert_int_equal(decide(SETTINGS, policy, "good.test").verdict, FENCE_DENY);
    assert_null(fence_policy_unref(policy));
    assert_null(fence_policy_unref(NULL));
}

static double cpu_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOST_MS 2000
#else
#define MOST_MS 200
#endif

/* Each has a budget of its own, and all of them the time of one. */
static void test_ten_budgets(void **state)
{
    fence_policy *policy = policy_new();
    double begun;

    (void)state;
    for (int i = 0; i < 10; i++)
        load(policy, "p.lua", HOOK("for i = 1, 240000 do end"));
    begun = cpu_ms();
    decide(SETTINGS, policy, "good.test");
    assert_true(cpu_ms() - begun < MOST_MS);
    fence_policy_unref(policy);
}

/* A set lies outside of Lua's memory, and counts all the same. */
static void test_sets_count(void **state)
{
    static const char keep[] =
        FENCE "local names, kept = {}, {} for i = 1, 9000 do names[i] = 'name' .. i .. '.test' end "
              "return {on_connect = function(req) "
              "  if req.host == 'keep.test' then kept[#kept + 1] = true end "
              "  local set = fence.domains(names) kept[#kept] = #kept > 0 and set or nil "
              "  return fence.allow() end}";
    fence_policy *policy = policy_new();
    fence_decision out = {0};

    (void)state;
    load(policy, "p.lua", keep);
    for (int i = 0; i < 200; i++) { /* garbage */
        out = decide(SETTINGS, policy, "drop.test");
        if (out.verdict != FENCE_ALLOW)
            fail_msg("%d: '%s'", i, out.message);
    }
    for (int i = 0; i < 200 && out.verdict == FENCE_ALLOW; i++)
        out = decide(SETTINGS, policy, "keep.test");
    assert_string_equal(out.message, "policy error: it took too much memory");
    fence_policy_unref(policy);
}

/* What is compiled while a policy is loaded may take longer than a hook. */
static void test_long_list(void **state)
{
    fence_policy *policy = policy_new();

    (void)state;
    load(policy, "long.lua",
         FENCE "local names = {} for i = 1, 60000 do names[i] = '*.name' .. i .. '.test' end "
               "local set = fence.domains(names) return {on_connect = function(req) "
               "  if set:match(req.host) then return fence.deny('D') end end}");
    assert_string_equal(decide(SETTINGS, policy, "a.name59999.test").message, "D");
    fence_policy_unref(policy);
}

/* A policy that spoils what it can reach harms itself alone. */
static void test_apart(void **state)
{
    fence_policy *policy = policy_new();
    fence_decision out;

    (void)state;
    load(policy, "bad.lua",
         FENCE "rawset(fence, 'deny', fence.allow) rawset(_ENV, 'require', nil) string.find = nil "
               "rawset(fence, 'domains', nil) return {on_connect = function() end}");
    load(policy, "good.lua",
         HOOK("local set = fence.domains {'good.test'} "
              "if set:match(req.host) and req.host:find('good') then return fence.deny('D') end"));
    out = decide(SETTINGS, policy, "good.test");
    assert_string_equal(out.rule, "policy:good");
    assert_string_equal(out.message, "D");
    fence_policy_unref(policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),       cmocka_unit_test(test_resolved),
        cmocka_unit_test(test_load_errors), cmocka_unit_test(test_require),
        cmocka_unit_test(test_references),  cmocka_unit_test(test_ten_budgets),
        cmocka_unit_test(test_sets_count),  cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
