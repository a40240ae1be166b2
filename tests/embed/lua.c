/* SPDX-License-Identifier: Apache-2.0
 * lua.c - the smallest program with a Lua of its own, from liblua: runs the chunk it is given. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    lua_State *lua = luaL_newstate();
    int failed = argc != 2 || !lua;

    if (failed)
        return 1;
    luaL_openlibs(lua);
    failed = luaL_dostring(lua, argv[1]);
    if (failed)
        puts(lua_tostring(lua, -1));
    lua_close(lua);
    return failed;
}
