/* SPDX-License-Identifier: Apache-2.0
 * policies.c - fence.policy(): a set of policies, which run in a jail of their own: another Lua
 * state, which shares nothing with this one. */
#include "binding.h"

static fence_policy *policy_at(lua_State *lua, int index)
{
    fence_policy *policy = *(fence_policy **)luaL_checkudata(lua, index, POLICY_TYPE);

    luaL_argcheck(lua, policy, index, "it has been collected"); /* whoever calls __gc by hand */
    return policy;
}

fence_policy *policy_or_nil_at(lua_State *lua, int index)
{
    return lua_isnoneornil(lua, index) ? NULL : policy_at(lua, index);
}

static int policy_gc(lua_State *lua)
{
    fence_policy **policy = luaL_checkudata(lua, 1, POLICY_TYPE);

    *policy = fence_policy_unref(*policy);
    return 0;
}

int policy_make(lua_State *lua)
{
    fence_policy **policy = lua_newuserdatauv(lua, sizeof(fence_policy *), 0);
    fence_error error;

    *policy = NULL;
    luaL_setmetatable(lua, POLICY_TYPE);
    return fence_policy_new(policy, &error) < 0 ? push_failure(lua, &error) : 1;
}

/* The set itself, so that calls can follow each other, or nil and the message. */
static int loaded(lua_State *lua, int rc, const fence_error *error)
{
    if (rc < 0)
        return push_failure(lua, error);
    lua_settop(lua, 1);
    return 1;
}

/* policy:configure(config) -> the set: what fence.config shows to those that are loaded next */
static int policy_configure(lua_State *lua)
{
    fence_policy_configure(policy_at(lua, 1), config_at(lua, 2));
    lua_settop(lua, 1);
    return 1;
}

static int policy_load(lua_State *lua)
{
    fence_policy *policy = policy_at(lua, 1);
    const char *path = text_argument(lua, 2);
    fence_error error;

    return loaded(lua, fence_policy_load(policy, path, &error), &error);
}

static int policy_load_text(lua_State *lua)
{
    fence_policy *policy = policy_at(lua, 1);
    const char *name = text_argument(lua, 2), *text;
    fence_error error;
    size_t len;

    luaL_checktype(lua, 3, LUA_TSTRING);
    text = lua_tolstring(lua, 3, &len);
    return loaded(lua, fence_policy_load_buffer(policy, name, text, len, &error), &error);
}

void policy_define(lua_State *lua)
{
    static const luaL_Reg methods[] = {{"configure", policy_configure},
                                       {"load", policy_load},
                                       {"load_text", policy_load_text},
                                       {NULL, NULL}};
    static const luaL_Reg meta[] = {{"__gc", policy_gc}, {NULL, NULL}};

    type_define(lua, POLICY_TYPE, methods, meta);
}
