/* SPDX-License-Identifier: Apache-2.0
 * policy_test_case.c - one case of the list: what it asks, and what it expects. */
#include <lauxlib.h>
#include <string.h>

#include "cli/policy_test.h"

static const char *const keys[] = {"name",   "connect", "request", "headers", "addresses",
                                   "expect", "rule",    "message", NULL};

static const char *const verdicts[] = {
    [FENCE_PASS] = "pass", [FENCE_ALLOW] = "allow", [FENCE_DENY] = "deny", [FENCE_ASK] = "ask"};

const char *test_verdict_name(fence_verdict verdict)
{
    return verdicts[verdict];
}

/* ---- reading ---- */

/* That field of the table at `index`, which keeps it; NULL without one. */
static const char *text_of(lua_State *lua, int index, const char *name)
{
    size_t len = 0;
    const char *text = NULL;

    lua_pushstring(lua, name);
    if (lua_rawget(lua, index) == LUA_TSTRING)
        text = lua_tolstring(lua, -1, &len);
    if ((!text && !lua_isnil(lua, -1)) || (text && (len == 0 || strlen(text) != len)))
        luaL_error(lua, "%s must be text", name);
    lua_pop(lua, 1);
    return text;
}

/* "METHOD URL" */
static void read_request(lua_State *lua, fence_request *out, const char *text)
{
    const char *space = strchr(text, ' ');

    if (!space || space == text || strchr(space + 1, ' '))
        luaL_error(lua, "'%s': write request = \"METHOD URL\"", text);
    test_ask_request(lua, out, lua_pushlstring(lua, text, (size_t)(space - text)), space + 1);
}

static fence_verdict read_verdict(lua_State *lua, const char *text)
{
    for (fence_verdict verdict = FENCE_ALLOW; text && verdict <= FENCE_ASK; verdict++) {
        if (strcmp(text, verdicts[verdict]) == 0)
            return verdict;
    }
    luaL_error(lua, "write expect = \"allow\", \"deny\" or \"ask\"");
    return FENCE_PASS;
}

void test_case_read(lua_State *lua, struct test_case *out, const fence_config *config)
{
    int at = lua_gettop(lua);
    const char *connect, *request;

    luaL_checkstack(lua, 20, NULL);
    test_check_keys(lua, at, keys);
    out->name = text_of(lua, at, "name");
    if (!out->name || strlen(out->name) > TEST_NAME)
        luaL_error(lua, "a case has a name of 1 to %d bytes", TEST_NAME);
    connect = text_of(lua, at, "connect");
    request = text_of(lua, at, "request");
    if (!connect == !request)
        luaL_error(lua, "write connect = \"HOST:PORT\" or request = \"METHOD URL\"");
    if (connect)
        test_ask_connect(lua, &out->request, connect);
    else
        read_request(lua, &out->request, request);
    test_ask_fields(lua, &out->request, at, config);
    out->expect = read_verdict(lua, text_of(lua, at, "expect"));
    out->rule = text_of(lua, at, "rule");
    out->message = text_of(lua, at, "message");
}

/* ---- checking ---- */

/* A policy that fails denies: that is not what a test means that expects a deny. */
static bool has_failed(const fence_decision *got)
{
    return strncmp(got->rule, "policy:", 7) == 0 && strncmp(got->message, "policy error:", 13) == 0;
}

bool test_case_check(char why[TEST_WORDS], const struct test_case *c, const fence_decision *got)
{
    const char *colon = got->message[0] ? ": " : "";

    if (got->verdict != c->expect)
        snprintf(why, TEST_WORDS, "expected %s, got %s%s%s%s%s%s", verdicts[c->expect],
                 verdicts[got->verdict], got->rule[0] ? " (" : "", got->rule,
                 got->rule[0] ? ")" : "", colon, got->message);
    else if (c->rule && strcmp(c->rule, got->rule) != 0)
        snprintf(why, TEST_WORDS, "expected rule %s, got %s%s%s", c->rule,
                 got->rule[0] ? got->rule : "none", colon, got->message);
    else if (c->message && !strstr(got->message, c->message))
        snprintf(why, TEST_WORDS, "expected a message with '%s', got '%s'", c->message,
                 got->message);
    else if (!c->message && has_failed(got))
        snprintf(why, TEST_WORDS, "%s (%s)", got->message, got->rule);
    else
        return true;
    return false;
}
