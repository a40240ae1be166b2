/* SPDX-License-Identifier: Apache-2.0
 * jail_table.c - a policy's table library. Its loops run in C, so a table whose length is what a
 * metamethod says would keep one busy for ever: such a table is refused. */
#include <lauxlib.h>
#include <lualib.h>

#include "policy/jail.h"

/* Returns the length of the first argument, a table that is no more than one. */
static double check_table(lua_State *lua)
{
    static const char *const events[] = {"__len", "__index", "__newindex"};

    luaL_checktype(lua, 1, LUA_TTABLE);
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        if (luaL_getmetafield(lua, 1, events[i]) != LUA_TNIL)
            luaL_error(lua, "bad argument #1: a table with %s is not for this function", events[i]);
    }
    return (double)lua_rawlen(lua, 1);
}

static int shift(lua_State *lua)
{
    jail_charge(lua, check_table(lua) / 4);
    return jail_go_on(lua);
}

/* How many elements the arguments from `index` on span: first and last. A table with holes has more
 * of them than its length says. */
static double span(lua_State *lua, int index, double len)
{
    double first = (double)luaL_optinteger(lua, index, 1);
    double last = (double)luaL_optinteger(lua, index + 1, (lua_Integer)len);

    return last >= first ? last - first + 1 : 0;
}

static int concat(lua_State *lua)
{
    jail_charge(lua, span(lua, 3, check_table(lua)) + 1);
    return jail_go_on(lua);
}

static int unpack(lua_State *lua)
{
    jail_charge(lua, span(lua, 2, check_table(lua)) / 4 + 1);
    return jail_go_on(lua);
}

static int pack(lua_State *lua)
{
    jail_charge(lua, lua_gettop(lua) / 4.0);
    return jail_go_on(lua);
}

/* Comparisons of one element, about. */
static double depth(double len)
{
    double depth = 1;

    for (uint64_t left = (uint64_t)len; left > 1; left /= 2)
        depth++;
    return depth;
}

/* To compare two strings costs what they are long. */
static int sort(lua_State *lua)
{
    double len = check_table(lua);
    size_t longest = 0;

    jail_charge(lua, len);
    for (lua_Integer i = 1; i <= (lua_Integer)len; i++) {
        size_t bytes = 0;

        if (lua_rawgeti(lua, 1, i) == LUA_TSTRING)
            lua_tolstring(lua, -1, &bytes);
        longest = bytes > longest ? bytes : longest;
        lua_pop(lua, 1);
    }
    jail_charge(lua, 2 * len * depth(len) * (1 + (double)longest / 16));
    return jail_go_on(lua);
}

void jail_push_table(lua_State *lua)
{
    static const struct {
        const char *name;
        lua_CFunction charge;
    } functions[] = {{"concat", concat}, {"insert", shift}, {"pack", pack},
                     {"remove", shift},  {"sort", sort},    {"unpack", unpack}};

    luaL_requiref(lua, "table", luaopen_table, 0);
    lua_createtable(lua, 0, ARRAY_LEN(functions));
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        lua_getfield(lua, -2, functions[i].name);
        lua_setfield(lua, -2, functions[i].name);
        jail_wrap(lua, functions[i].name, functions[i].charge);
    }
    lua_remove(lua, -2);
}
