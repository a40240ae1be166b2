/* SPDX-License-Identifier: Apache-2.0
 * jail_lib.c - what a policy finds as its globals, and why it finds no more.
 *
 *   not there             because
 *   io os package         files, processes and the environment are no business of a policy's
 *   debug                 opens every door, that of the count hook first
 *   coroutine             a coroutine has a hook of its own, and resume() swallows errors
 *   load loadfile dofile  code comes from the policy's folder, as text; bytecode is trusted by Lua
 *   collectgarbage        stops the collector, and tells how much memory others use
 *   print                 standard output is the command's; there is fence.log
 *   xpcall                its handler runs when a limit is reached; pcall is enough
 *   string.dump           makes bytecode
 *   table.move            copies what does not exist without a limit
 *   warn                  writes to standard error
 *   math.randomseed       returns where the state lies
 */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "base/str.h"
#include "policy/jail.h"

/* ---- words ---- */

void jail_push_text(lua_State *lua, int index)
{
    if (luaL_getmetafield(lua, index, "__tostring") != LUA_TNIL) {
        lua_pushvalue(lua, index);
        lua_call(lua, 1, 1);
        if (lua_type(lua, -1) != LUA_TSTRING)
            luaL_error(lua, "'__tostring' must return a string");
        return;
    }
    switch (lua_type(lua, index)) {
    case LUA_TNIL:
    case LUA_TBOOLEAN:
    case LUA_TNUMBER:
    case LUA_TSTRING:
        luaL_tolstring(lua, index, NULL);
        break;
    default: /* Lua would show where it lies */
        lua_pushstring(lua, luaL_typename(lua, index));
    }
}

static int to_string(lua_State *lua)
{
    luaL_checkany(lua, 1);
    lua_settop(lua, 1);
    jail_push_text(lua, 1);
    return 1;
}

/* ---- functions that are replaced ---- */

/* Weak tables cost the collector more than their number: 5,000 in a row 0.2 s, out of reach of any
 * count. One call makes no more than that. */
#define METATABLE_PRICE 200

void jail_wrap(lua_State *lua, const char *name, lua_CFunction charge)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, charge, 1);
    lua_setfield(lua, -2, name);
}

int jail_go_on(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    return lua_gettop(lua);
}

/* What it costs to raise, to unwind and to come back, where no instruction is counted: as a gsub's
 * callback or a sort's comparator, pcall itself can fail 500,000 times in a row. */
#define FAILURE_PRICE 50

/* A limit is not caught. */
static int protected_call(lua_State *lua)
{
    int status;

    luaL_checkany(lua, 1);
    lua_pushboolean(lua, 1); /* first: results may fill the stack to its top */
    lua_insert(lua, 1);
    status = lua_pcall(lua, lua_gettop(lua) - 2, LUA_MULTRET, 0);
    if (status == LUA_ERRMEM)
        return jail_overrun(lua, "it took too much memory");
    if (jail_of(lua)->overrun)
        return lua_error(lua);
    if (status == LUA_OK)
        return lua_gettop(lua);
    jail_charge(lua, FAILURE_PRICE);
    lua_pushboolean(lua, 0);
    lua_replace(lua, 1);
    return 2;
}

/* Hooks are off while a __gc runs. Lua looks for one only here, so one that comes later is none. */
static int set_metatable(lua_State *lua)
{
    jail_charge(lua, METATABLE_PRICE);
    luaL_checktype(lua, 1, LUA_TTABLE);
    luaL_argexpected(lua, lua_isnil(lua, 2) || lua_istable(lua, 2), 2, "nil or table");
    if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
        return luaL_error(lua, "cannot change a protected metatable");
    lua_settop(lua, 2);
    if (lua_istable(lua, 2)) {
        lua_pushliteral(lua, "__gc");
        if (lua_rawget(lua, 2) != LUA_TNIL)
            return luaL_error(lua, "a policy has no __gc");
        lua_pop(lua, 1);
    }
    lua_setmetatable(lua, 1);
    return 1;
}

/* By length: what a number of two million digits is, Lua finds out digit by digit. */
static int by_length(lua_State *lua)
{
    size_t len = 0;

    if (lua_type(lua, 1) == LUA_TSTRING)
        lua_tolstring(lua, 1, &len);
    jail_charge(lua, (double)len / 4);
    return jail_go_on(lua);
}

static int by_arguments(lua_State *lua)
{
    jail_charge(lua, lua_gettop(lua) / 4.0);
    return jail_go_on(lua);
}

/* ---- globals ---- */

static int refuse_write(lua_State *lua)
{
    return luaL_error(lua, "no globals here: write 'local %s'",
                      lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "x");
}

static int refuse_read(lua_State *lua)
{
    return luaL_error(lua, "nothing is called '%s' here",
                      lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?");
}

/* The table at the top gets a metatable with one event, which nobody sees or changes. */
static void guard(lua_State *lua, const char *event, lua_CFunction refuse)
{
    lua_newtable(lua);
    lua_pushcfunction(lua, refuse);
    lua_setfield(lua, -2, event);
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

static void take_base(lua_State *lua)
{
    static const char *const names[] = {"assert", "error",    "getmetatable", "ipairs", "next",
                                        "pairs",  "rawequal", "rawget",       "rawlen", "rawset",
                                        "select", "tonumber", "type"};

    luaL_requiref(lua, "_G", luaopen_base, 0);
    lua_createtable(lua, 0, 24);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        lua_getfield(lua, -2, names[i]);
        lua_setfield(lua, -2, names[i]);
    }
    lua_remove(lua, -2);
    jail_wrap(lua, "tonumber", by_length);
    jail_wrap(lua, "select", by_arguments);
    lua_pushcfunction(lua, protected_call);
    lua_setfield(lua, -2, "pcall");
    lua_pushcfunction(lua, set_metatable);
    lua_setfield(lua, -2, "setmetatable");
    lua_pushcfunction(lua, to_string);
    lua_setfield(lua, -2, "tostring");
}

static void add_math(lua_State *lua)
{
    luaopen_math(lua); /* a table of its own each time */
    lua_pushnil(lua);
    lua_setfield(lua, -2, "randomseed");
    lua_setfield(lua, -2, "math");
}

static void add_utf8(lua_State *lua)
{
    static const char *const long_ones[] = {"len", "codepoint", "offset"};

    luaopen_utf8(lua);
    for (size_t i = 0; i < ARRAY_LEN(long_ones); i++)
        jail_wrap(lua, long_ones[i], by_length);
    lua_setfield(lua, -2, "utf8");
}

void jail_push_globals(lua_State *lua)
{
    lua_newtable(lua);
    lua_createtable(lua, 0, 3);
    take_base(lua);
    add_math(lua);
    add_utf8(lua);
    jail_push_string(lua);
    lua_setfield(lua, -2, "string");
    jail_push_table(lua);
    lua_setfield(lua, -2, "table");
    guard(lua, "__index", refuse_read);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_setmetatable(lua, -2);
}

void jail_add_global(lua_State *lua, const char *name)
{
    lua_getmetatable(lua, -2);
    lua_getfield(lua, -1, "__index");
    lua_pushvalue(lua, -3);
    lua_setfield(lua, -2, name);
    lua_pop(lua, 3);
}
