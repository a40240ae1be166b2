/* SPDX-License-Identifier: Apache-2.0
 * headers_lua.c - `req.headers`: a field by its name in any case, or all of them in their order. */
#include <lauxlib.h>

#include "policy/jail.h"
#include "policy/policy_lua.h"

static const char HEADERS[] = "fence.headers";

/* The headers keep their request's box as a user value, so they are dead when it is. */
static const struct policy_request *check_headers(lua_State *lua, int index)
{
    luaL_checkudata(lua, index, HEADERS);
    lua_getiuservalue(lua, index, 1);
    return request_lua_check(lua, -1);
}

/* The login for this proxy is nobody else's business. */
static bool is_shown(const struct http1_field *field)
{
    return !str_equal_nocase(field->name, STR("proxy-authorization"));
}

/* A name that stands there more than once gives its values, joined as RFC 9110, section 5.3 says.
 */
static int field_of(lua_State *lua, const struct policy_request *request, struct str name)
{
    luaL_Buffer value;
    bool found = false;

    jail_charge(lua, (double)request->nfields + (double)name.len / 8);
    luaL_buffinit(lua, &value);
    for (size_t i = 0; i < request->nfields; i++) {
        const struct http1_field *field = &request->fields[i];

        if (!str_equal_nocase(field->name, name) || !is_shown(field))
            continue;
        if (found)
            luaL_addstring(&value, ", ");
        luaL_addlstring(&value, field->value.bytes, field->value.len);
        found = true;
    }
    luaL_pushresult(&value);
    if (!found)
        lua_pushnil(lua);
    return 1;
}

/* Upvalues: the headers, and how many have been given. */
static int next_field(lua_State *lua)
{
    lua_Integer at = lua_tointeger(lua, lua_upvalueindex(2));
    const struct policy_request *request;

    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(1));
    request = check_headers(lua, 1);
    while ((size_t)at < request->nfields && !is_shown(&request->fields[at]))
        at++;
    if ((size_t)at >= request->nfields)
        return 0;
    lua_pushinteger(lua, at + 1);
    lua_replace(lua, lua_upvalueindex(2));
    lua_pushlstring(lua, request->fields[at].name.bytes, request->fields[at].name.len);
    lua_pushlstring(lua, request->fields[at].value.bytes, request->fields[at].value.len);
    return 2;
}

static int each(lua_State *lua)
{
    check_headers(lua, 1);
    lua_settop(lua, 1);
    lua_pushinteger(lua, 0);
    lua_pushcclosure(lua, next_field, 2);
    return 1;
}

static int index_headers(lua_State *lua)
{
    const struct policy_request *request = check_headers(lua, 1);
    struct str name;

    name.bytes = luaL_checklstring(lua, 2, &name.len);
    if (str_equal(name, STR("each"))) {
        lua_pushcfunction(lua, each);
        return 1;
    }
    return field_of(lua, request, name);
}

static int refuse_write(lua_State *lua)
{
    return luaL_error(lua, "headers cannot be changed");
}

void headers_lua_make_kind(lua_State *lua)
{
    luaL_newmetatable(lua, HEADERS);
    lua_pushcfunction(lua, index_headers);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

void headers_lua_push(lua_State *lua, int request_index)
{
    lua_newuserdatauv(lua, 0, 1);
    lua_pushvalue(lua, request_index);
    lua_setiuservalue(lua, -2, 1);
    luaL_setmetatable(lua, HEADERS);
}
