/* SPDX-License-Identifier: Apache-2.0
 * callback.c - from Lua into the library and, by a callback, back into Lua.
 *
 * A callback finds its engine at index 1 of the C function that called the library, and keeps no
 * reference of its own: an engine and functions that mention it can be collected together. */
#include "binding.h"

struct engine *engine_at(lua_State *lua)
{
    struct engine *engine = luaL_checkudata(lua, 1, ENGINE_TYPE);

    if (!engine->fence)
        luaL_error(lua, "this engine is closed");
    return engine;
}

lua_State *engine_enter(struct engine *engine, lua_State *lua)
{
    lua_State *outer = engine->lua;

    engine->lua = lua;
    return outer;
}

void engine_leave(struct engine *engine, lua_State *outer)
{
    engine->lua = outer;
}

/* Nothing outside lua_pcall() allocates, and so nothing raises. The first error is the one told. */
void callback_run(struct engine *engine, lua_CFunction work, void *payload)
{
    lua_State *lua = engine->lua;

    if (!lua || !lua_checkstack(lua, 8)) /* without room for a call nothing can be told */
        return;
    lua_pushcfunction(lua, work);
    lua_getiuservalue(lua, 1, KEPT_CALLBACKS);
    lua_pushlightuserdata(lua, payload);
    if (lua_pcall(lua, 2, 0, 0) == LUA_OK) {
        asks_deny_forgotten(engine);
        return;
    }
    if (engine->fence)
        fence_stop(engine->fence);
    if (engine->failed)
        lua_pop(lua, 1);
    else
        lua_setiuservalue(lua, 1, KEPT_ERROR);
    engine->failed = true;
}

void callback_raise(struct engine *engine, lua_State *lua)
{
    if (!engine->failed)
        return;
    engine->failed = false;
    lua_getiuservalue(lua, 1, KEPT_ERROR);
    lua_pushnil(lua);
    lua_setiuservalue(lua, 1, KEPT_ERROR);
    lua_error(lua);
}
