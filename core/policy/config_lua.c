/* SPDX-License-Identifier: Apache-2.0
 * config_lua.c - fence.config: what the settings have under "policy", as tables of the policy's
 * own.
 *
 * A copy for each policy: whatever one does with it, no other sees it, nor does the next load. */
#include <lauxlib.h>

#include "filter/config_settings.h"
#include "policy/policy_lua.h"

/* 3 and not 3.0. */
static void push_number(lua_State *lua, double number)
{
    lua_Integer whole;

    if (lua_numbertointeger(number, &whole) && (double)whole == number)
        lua_pushinteger(lua, whole);
    else
        lua_pushnumber(lua, number);
}

/* A JSON null is nothing, as a key that is not there. The parser has bounded the depth. */
static void push_value(lua_State *lua, const struct setting *value)
{
    struct setting item;
    lua_Integer index = 0;

    luaL_checkstack(lua, 3, "settings are nested too deep");
    switch (value->kind) {
    case SETTING_NULL:
        lua_pushnil(lua);
        return;
    case SETTING_BOOL:
        lua_pushboolean(lua, value->truth);
        return;
    case SETTING_NUMBER:
        push_number(lua, value->number);
        return;
    case SETTING_TEXT:
        lua_pushstring(lua, value->text);
        return;
    case SETTING_LIST:
    case SETTING_OBJECT:
        break;
    }
    lua_newtable(lua);
    for (bool more = setting_first(&item, value); more; more = setting_next(&item)) {
        push_value(lua, &item);
        if (value->kind == SETTING_LIST)
            lua_rawseti(lua, -2, ++index);
        else
            lua_setfield(lua, -2, item.name);
    }
}

void config_lua_add(lua_State *lua, const fence_config *config)
{
    struct setting root = {0};

    if (config)
        root = setting_root(config);
    lua_createtable(lua, 0, 1);
    if (root.kind == SETTING_OBJECT)
        push_value(lua, &root);
    else
        lua_newtable(lua);
    lua_setfield(lua, -2, "policy");
    lua_setfield(lua, -2, "config");
}
