/* SPDX-License-Identifier: Apache-2.0
 * policy_test_t.c - what a test function is given: t.connect, t.request and t.equal. */
#include <lauxlib.h>

#include "cli/policy_test.h"

static struct tested *tested_of(lua_State *lua)
{
    return lua_touserdata(lua, lua_upvalueindex(1));
}

static void set_text(lua_State *lua, const char *name, const char *text)
{
    lua_pushstring(lua, text);
    lua_setfield(lua, -2, name);
}

/* Of `request`, and of the options at `index`, which may be left out. */
static int decide(lua_State *lua, fence_request *request, int index)
{
    static const char *const keys[] = {"headers", "addresses", NULL};
    struct tested *tested = tested_of(lua);
    fence_decision decision;

    if (!lua_isnoneornil(lua, index)) {
        luaL_checktype(lua, index, LUA_TTABLE);
        test_check_keys(lua, index, keys);
        test_ask_fields(lua, request, index, tested->config);
    }
    if (fence_decide(&decision, tested->config, tested->policy, request) < 0)
        return luaL_error(lua, "this cannot be asked");
    lua_createtable(lua, 0, 4);
    set_text(lua, "verdict", test_verdict_name(decision.verdict));
    set_text(lua, "rule", decision.rule);
    set_text(lua, "message", decision.message);
    set_text(lua, "cure", decision.cure);
    return 1;
}

/* t.connect("HOST:PORT" [, { addresses = }]) */
static int do_connect(lua_State *lua)
{
    fence_request request;

    lua_settop(lua, 2);
    test_ask_connect(lua, &request, luaL_checkstring(lua, 1));
    return decide(lua, &request, 2);
}

/* t.request("METHOD", "URL" [, { headers =, addresses = }]) */
static int do_request(lua_State *lua)
{
    const char *method = luaL_checkstring(lua, 1);
    fence_request request;

    lua_settop(lua, 3);
    luaL_argcheck(lua, method[0] != '\0', 1, "a method has a name");
    test_ask_request(lua, &request, method, luaL_checkstring(lua, 2));
    return decide(lua, &request, 3);
}

static const char *shown(lua_State *lua, int index)
{
    const char *text = luaL_tolstring(lua, index, NULL);

    return lua_type(lua, index) == LUA_TSTRING ? lua_pushfstring(lua, "'%s'", text) : text;
}

/* t.equal(expected, got): two tables are equal when they are one. */
static int equal(lua_State *lua)
{
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    if (lua_compare(lua, 1, 2, LUA_OPEQ))
        return 0;
    return luaL_error(lua, "expected %s, got %s", shown(lua, 1), shown(lua, 2));
}

void test_push_t(lua_State *lua, struct tested *tested)
{
    static const luaL_Reg functions[] = {
        {"connect", do_connect}, {"request", do_request}, {"equal", equal}, {NULL, NULL}};

    lua_newtable(lua);
    lua_pushlightuserdata(lua, tested);
    luaL_setfuncs(lua, functions, 1);
}
