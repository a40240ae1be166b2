/* SPDX-License-Identifier: Apache-2.0
 * record_lua.c - tables that hooks are shown, in which a misspelt name is an error. */
#include <lauxlib.h>

#include "policy/policy_lua.h"

static int unknown_field(lua_State *lua)
{
    const char *key = lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?";

    return raise_unknown(lua, lua_tostring(lua, lua_upvalueindex(1)), key,
                         lua_touserdata(lua, lua_upvalueindex(2)));
}

void record_lua_push_texts(lua_State *lua, const char *const *texts)
{
    lua_newtable(lua);
    for (int i = 0; texts[i]; i++) {
        lua_pushstring(lua, texts[i]);
        lua_rawseti(lua, -2, i + 1);
    }
}

void record_lua_seal(lua_State *lua, const char *what, const char *const *names)
{
    lua_createtable(lua, 0, 2);
    lua_pushstring(lua, what);
    lua_pushlightuserdata(lua, (void *)names);
    lua_pushcclosure(lua, unknown_field, 2);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}
