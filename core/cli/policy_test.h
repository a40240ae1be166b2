/* SPDX-License-Identifier: Apache-2.0
 * policy_test.h - `fence policy test`: cases and test functions in Lua, decided by fence_decide().
 *
 * A test may come from a stranger, as a policy may: it gets a plain Lua state without a way out,
 * and what it may take is bounded. */
#ifndef FENCE_CLI_POLICY_TEST_H
#define FENCE_CLI_POLICY_TEST_H

#include <fence/fence.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/options.h"

/* clang-format off */
#define TEST_FILE_BYTES   (1024 * 1024)      /* as of a policy                                   */
#define TEST_MEMORY       (64 * 1024 * 1024) /* the densest file, {},{},... to its end, takes 30 */
#define TEST_INSTRUCTIONS (20 * 1000 * 1000) /* to load a file, and of each function: 0.2 s      */
#define TEST_SECONDS      5  /* of processor time for the same: one pattern counts as one
                                 instruction and can take for ever; under ASan all is slow       */
#define TEST_NAME         200 /* bytes of a case's name: it is one line                          */
#define TEST_WORDS        1024 /* bytes of what is said about one case: it is one line, too      */
/* clang-format on */

/* ---- the Lua state of a test file: policy_test_lua.c ---- */

struct test_state {
    lua_State *lua;
    size_t used;
    int64_t budget;       /* instructions that are left                      */
    const char *chunk;    /* the file's last part, as Lua names it; borrowed */
    char why[TEST_WORDS]; /* what went wrong, of a call that failed          */
};

int test_state_open(struct test_state *state, const char *chunk);
void test_state_close(struct test_state *state);

/* Calls `work` with `payload`, a light userdata. Returns 0, or -1 with words in `why`. A function
 * that takes TEST_SECONDS ends the program, with one line: nothing else can end it. */
int test_state_call(struct test_state *state, lua_CFunction work, void *payload);

/* In a call: pushes the text as a function. Raises what is wrong with it. */
void test_state_compile(lua_State *lua, const char *text, size_t len);

struct test_state *test_state_of(lua_State *lua);

/* ---- what is asked: policy_test_ask.c ---- */

/* All three are for functions that Lua calls: they leave on the stack what the request borrows, and
 * raise what is wrong. */
void test_ask_connect(lua_State *lua, fence_request *out, const char *authority);
void test_ask_request(lua_State *lua, fence_request *out, const char *method, const char *url);

/* `headers` and `addresses` of the table at `index`. */
void test_ask_fields(lua_State *lua, fence_request *out, int index, const fence_config *config);

/* Is every key of the table at `index` one of `known` (NULL-terminated)? */
void test_check_keys(lua_State *lua, int index, const char *const *known);

/* ---- one case of the list: policy_test_case.c ---- */

struct test_case {
    const char *name;
    fence_request request;
    fence_verdict expect;
    const char *rule, *message; /* NULL: any */
};

/* Reads the table on the top; as above. */
void test_case_read(lua_State *lua, struct test_case *out, const fence_config *config);

/* Is that what was expected? If not, writes why. */
bool test_case_check(char why[TEST_WORDS], const struct test_case *c, const fence_decision *got);

const char *test_verdict_name(fence_verdict verdict);

/* ---- the `t` of test functions: policy_test_t.c ---- */

struct tested { /* what they ask; outlives the state */
    const fence_config *config;
    fence_policy *policy; /* made anew for each case */
};

void test_push_t(lua_State *lua, struct tested *tested);

/* ---- what is said: policy_test_report.c ---- */

struct report {
    bool json;
    unsigned passed, failed;
    FILE *cases; /* of JSON: the list, without its brackets */
    char *text;
    size_t len;
};

int report_begin(struct report *report, bool json);
void report_case(struct report *report, const char *file, const char *name, const char *failure);
int report_end(struct report *report); /* the counts; or -1 when nothing can be written */
void report_free(struct report *report);

/* ---- a file of them: policy_test.c ---- */

struct rules;

/* Under these settings, with the policies loaded anew for each case. Returns 0 when all cases were
 * run, and reported; else -1, with one line in `err`. */
int test_file_run(const char *path, const struct rules *rules, const struct options *options,
                  struct report *report, fence_error *err);

#endif
