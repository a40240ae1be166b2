/* SPDX-License-Identifier: Apache-2.0
 * require_lua.c - a policy's require(): "fence", and text files of the policy's own folder. Neither
 * LUA_PATH nor anything else of the environment has a say. */
#include <errno.h>
#include <lauxlib.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "policy/jail.h"
#include "policy/policy_file.h"
#include "policy/policy_lua.h"
#include "policy/runtime.h"

/* Instructions for a byte of a module. Lua's parser counts none, and is slow where many a goto goes
 * to one label: 0.5 s for 230 KiB. A hook can read a module of 90 KiB, a policy one of any size. */
#define BYTE_PRICE 8

/* Letters, digits and '_' in parts with a dot between them: no name leads out of the folder. */
static bool is_module(const char *name, size_t len)
{
    char before = '.';

    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool is_letter =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c >= '0' && c <= '9');

        if (!is_letter && (c != '.' || before == '.'))
            return false;
        before = c;
    }
    return len > 0 && len <= 100 && before != '.' && memchr(name, '\0', len) == NULL;
}

/* Pushes the text of the file as a string. The file is closed and its memory freed before anything
 * can raise. */
static void push_file(lua_State *lua, const char *path)
{
    char *room = lua_newuserdatauv(lua, LIMIT_POLICY_BYTES, 0);
    fence_error err;
    size_t len;

    if (policy_file_read(room, &len, path, &err) < 0)
        luaL_error(lua, "%s", err.message);
    if (policy_note_file(jail_of(lua)->set, path) < 0)
        luaL_error(lua, "not enough memory");
    lua_pushlstring(lua, room, len);
    lua_remove(lua, -2);
}

/* Calls the text in the policy's globals, and leaves what it returns. The argument at the top, if
 * any, is passed on. */
static void run_text(lua_State *lua, struct str text, const char *chunk, int globals, int arguments)
{
    if (luaL_loadbufferx(lua, text.bytes, text.len, chunk, "t") != LUA_OK)
        lua_error(lua);
    lua_pushvalue(lua, globals);
    lua_setupvalue(lua, -2, 1);
    if (arguments > 0)
        lua_insert(lua, -2);
    lua_call(lua, arguments, 1);
}

/* Upvalues: the modules that are loaded, the folder or nil, the policy's globals. */
static int load_module(lua_State *lua, const char *name)
{
    char path[PATH_MAX], chunk[128];
    const char *folder = lua_tostring(lua, lua_upvalueindex(2));
    size_t at, len, text_len;
    const char *text, *file;
    struct str runtime = runtime_text(name, &file);
    int written;

    if (runtime.bytes) {
        snprintf(chunk, sizeof chunk, "=%s", file);
        run_text(lua, runtime, chunk, lua_upvalueindex(3), 0);
        return 1;
    }
    if (strncmp(name, "fence.", 6) == 0)
        return luaL_error(lua, "there is no '%s': fence has " RUNTIME_MODULES, name);
    if (!folder)
        return luaL_error(
            lua, "require knows fence, " RUNTIME_MODULES " and nothing else here, not '%s'", name);
    written = snprintf(path, sizeof path, "%s/", folder);
    at = (size_t)written;
    written = snprintf(path + at, sizeof path - at, "%s.lua", name);
    len = at + (size_t)written;
    if (len >= sizeof path)
        return luaL_error(lua, "the path of '%s' is too long", name);
    for (size_t i = at; i + 4 < len; i++)
        path[i] = path[i] == '.' ? '/' : path[i];
    push_file(lua, path);
    text = lua_tolstring(lua, -1, &text_len);
    jail_charge(lua, (double)text_len * BYTE_PRICE);
    snprintf(chunk, sizeof chunk, "=%s.lua", name);
    run_text(lua, (struct str){text, text_len}, chunk, lua_upvalueindex(3), 0);
    return 1;
}

static int require_module(lua_State *lua)
{
    size_t len;
    const char *name = luaL_checklstring(lua, 1, &len);

    if (!is_module(name, len))
        return luaL_error(lua, "a module's name has letters, digits, '_' and single dots");
    lua_settop(lua, 1);
    lua_pushvalue(lua, 1);
    if (lua_rawget(lua, lua_upvalueindex(1)) == LUA_TLIGHTUSERDATA)
        return luaL_error(lua, "'%s' requires itself, or has failed before", name);
    if (!lua_isnil(lua, -1))
        return 1;
    lua_settop(lua, 1);
    lua_pushvalue(lua, 1);
    lua_pushlightuserdata(lua, lua); /* no module is that: it is being loaded, or has failed */
    lua_rawset(lua, lua_upvalueindex(1));
    load_module(lua, name);
    if (lua_isnil(lua, -1)) { /* as Lua's own */
        lua_pop(lua, 1);
        lua_pushboolean(lua, 1);
    }
    lua_pushvalue(lua, 1);
    lua_pushvalue(lua, -2);
    lua_rawset(lua, lua_upvalueindex(1));
    return 1;
}

void require_lua_push(lua_State *lua, const char *folder, int globals, const fence_config *config)
{
    const char *file;

    globals = lua_absindex(lua, globals);
    lua_createtable(lua, 0, 1);
    fence_lua_push(lua, config);
    run_text(lua, runtime_text("fence", &file), "=fence.lua", globals, 1);
    fence_lua_seal(lua);
    lua_setfield(lua, -2, "fence");
    lua_pushstring(lua, folder); /* nil without one */
    lua_pushvalue(lua, globals);
    lua_pushcclosure(lua, require_module, 3);
}
