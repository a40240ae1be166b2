/* SPDX-License-Identifier: Apache-2.0
 * module.c - `require "fence"` in an ordinary Lua: fence.h, and nothing but idiom added to it. */
#include "binding.h"

void type_define(lua_State *lua, const char *name, const luaL_Reg *methods, const luaL_Reg *meta)
{
    if (luaL_newmetatable(lua, name)) {
        if (meta)
            luaL_setfuncs(lua, meta, 0);
        lua_newtable(lua);
        if (methods)
            luaL_setfuncs(lua, methods, 0);
        lua_setfield(lua, -2, "__index");
    }
    lua_pop(lua, 1);
}

int push_failure(lua_State *lua, const fence_error *error)
{
    lua_pushnil(lua);
    lua_pushstring(lua, error->message);
    return 2;
}

/* fence.find_config() -> path; nil where there is none; nil, message where there are two. */
static int find_config(lua_State *lua)
{
    char path[4096]; /* as PATH_MAX */
    fence_error error;

    if (fence_config_find(path, sizeof path, &error) < 0)
        return push_failure(lua, &error);
    if (path[0])
        lua_pushstring(lua, path);
    else
        lua_pushnil(lua);
    return 1;
}

__attribute__((visibility("default"))) int luaopen_fence(lua_State *lua)
{
    static const luaL_Reg functions[] = {{"config", config_make}, {"find_config", find_config},
                                         {"policy", policy_make}, {"decide", decide},
                                         {"new", engine_make},    {NULL, NULL}};

    luaL_checkversion(lua);
    config_define(lua);
    policy_define(lua);
    engine_define(lua);
    question_define(lua);
    asking_define(lua);
    sandbox_define(lua);
    luaL_newlib(lua, functions);
    lua_pushstring(lua, fence_version());
    lua_setfield(lua, -2, "version");
    return 1;
}
