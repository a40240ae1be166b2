/* SPDX-License-Identifier: Apache-2.0
 * fence_lua.c - require "fence": verdicts, and what else a policy needs. */
#include <lauxlib.h>

#include "base/str.h"
#include "policy/jail.h"
#include "policy/policy_lua.h"

static const char VERDICT[] = "fence.verdict"; /* the name of its metatable in the registry */

const struct verdict *verdict_at(lua_State *lua, int index)
{
    return luaL_testudata(lua, index, VERDICT);
}

int raise_unknown(lua_State *lua, const char *what, const char *name, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = strlen(name) / 3 + 2;

    for (; *names; names++) {
        size_t far = str_distance(str_of(name), str_of(*names));

        if (far < best && far < strlen(*names)) {
            best = far;
            nearest = *names;
        }
    }
    if (nearest)
        return luaL_error(lua, "%s has no '%s'; did you mean '%s'?", what, name, nearest);
    return luaL_error(lua, "%s has no '%s'", what, name);
}

/* ---- verdicts ---- */

/* A message goes into logs and answers: one line of what can be printed, cut to fit. */
static void set_message(lua_State *lua, struct verdict *verdict, bool needed)
{
    size_t len = 0;
    const char *text = needed ? luaL_checklstring(lua, 1, &len) : luaL_optlstring(lua, 1, "", &len);

    jail_charge(lua, (double)len / 8);
    if (needed) { /* who sees half of a question answers another one */
        char whole[4 * sizeof verdict->message];

        str_escape(whole, sizeof whole, (struct str){text, len});
        if (len >= sizeof verdict->message || strlen(whole) >= sizeof verdict->message)
            luaL_error(lua, "a question has at most %d bytes", (int)sizeof verdict->message - 1);
    }
    str_escape(verdict->message, sizeof verdict->message, (struct str){text, len});
}

static int push_verdict(lua_State *lua, enum policy_answer answer)
{
    struct verdict *verdict;

    lua_settop(lua, 1);
    verdict = lua_newuserdatauv(lua, sizeof *verdict, 0);
    verdict->answer = answer;
    luaL_setmetatable(lua, VERDICT);
    set_message(lua, verdict, answer == POLICY_ASK);
    return 1;
}

static int allow(lua_State *lua)
{
    return push_verdict(lua, POLICY_ALLOW);
}

static int deny(lua_State *lua)
{
    return push_verdict(lua, POLICY_DENY);
}

static int ask(lua_State *lua)
{
    return push_verdict(lua, POLICY_ASK);
}

/* ---- the library ---- */

void policy_lua_make_kind(lua_State *lua, const char *kind, const char *method,
                          lua_CFunction function, lua_CFunction collect)
{
    luaL_newmetatable(lua, kind);
    lua_createtable(lua, 0, 1);
    lua_pushcfunction(lua, function);
    lua_setfield(lua, -2, method);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    if (collect) {
        lua_pushcfunction(lua, collect);
        lua_setfield(lua, -2, "__gc");
    }
    lua_pop(lua, 1);
}

static int unknown(lua_State *lua)
{
    static const char *const names[] = {"allow", "deny", "ask",    "domains", "cidrs",   "glob",
                                        "rate",  "log",  "config", "any",     "is_read", NULL};

    return raise_unknown(lua, "fence", lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?",
                         names);
}

void fence_lua_make_kinds(lua_State *lua)
{
    luaL_newmetatable(lua, VERDICT);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
    matcher_lua_make_kinds(lua);
    rate_lua_make_kind(lua);
    request_lua_make_kind(lua);
    headers_lua_make_kind(lua);
}

void fence_lua_push(lua_State *lua, const fence_config *config)
{
    static const luaL_Reg functions[] = {{"allow", allow}, {"deny", deny}, {"ask", ask}, {0}};

    luaL_newlib(lua, functions);
    matcher_lua_add(lua);
    rate_lua_add(lua);
    log_lua_add(lua);
    config_lua_add(lua, config);
}

void fence_lua_seal(lua_State *lua)
{
    lua_createtable(lua, 0, 2); /* a misspelt name is an error, not nil */
    lua_pushcfunction(lua, unknown);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}
