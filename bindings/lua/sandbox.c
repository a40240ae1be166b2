/* SPDX-License-Identifier: Apache-2.0
 * sandbox.c - engine:spawn{} and the handle of a command: gone, for C, when on_exit has returned,
 * and here a value that says so. */
#include <limits.h>

#include "binding.h"

/* What a handle keeps in Lua: user values. */
enum { HANDLE_ENGINE = 1, HANDLE_ON_EXIT, HANDLE_COUNT = HANDLE_ON_EXIT };

struct handle {
    fence_sandbox *sandbox; /* NULL once the command has ended */
    struct engine *engine;
};

/* ---- its end ---- */

struct ended {
    const fence_exit *result;
    struct handle *handle;
};

static int tell_exit(lua_State *lua)
{
    const struct ended *ended = lua_touserdata(lua, 2);

    lua_rawgetp(lua, 1, ended->handle);
    lua_pushnil(lua);
    lua_rawsetp(lua, 1, ended->handle);
    if (lua_getiuservalue(lua, 3, HANDLE_ON_EXIT) == LUA_TNIL)
        return 0;
    lua_createtable(lua, 0, 2);
    lua_pushinteger(lua, ended->result->status);
    lua_setfield(lua, -2, "status");
    if (ended->result->error.code != 0) {
        lua_pushstring(lua, ended->result->error.message);
        lua_setfield(lua, -2, "error");
    }
    lua_call(lua, 1, 0);
    return 0;
}

static void on_exit(fence_sandbox *sandbox, const fence_exit *result, void *payload)
{
    struct handle *handle = payload;
    struct ended ended = {result, handle};

    (void)sandbox;
    handle->sandbox = NULL;
    callback_run(handle->engine, tell_exit, &ended);
}

/* ---- its beginning ---- */

static void read_stdio(const struct fields *fields, int stdio[3])
{
    lua_State *lua = fields->lua;
    int type = field_push(fields, "stdio");

    if (type != LUA_TNIL && (type != LUA_TTABLE || lua_rawlen(lua, -1) != 3))
        luaL_error(lua, "%s: stdio: a list of three descriptors expected", fields->function);
    for (int i = 0; i < 3 && type != LUA_TNIL; i++) {
        lua_rawgeti(lua, -1, i + 1);
        stdio[i] = descriptor_at(lua, -1);
        if (stdio[i] < 0)
            luaL_error(lua, "%s: stdio[%d]: descriptor or open file expected, got %s",
                       fields->function, i + 1, luaL_typename(lua, -1));
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}

/* A list of signal numbers; the library takes a set of bits. */
static uint64_t read_signals(const struct fields *fields)
{
    lua_State *lua = fields->lua;
    int type = field_push(fields, "ignored_signals");
    lua_Integer count = type == LUA_TTABLE ? (lua_Integer)lua_rawlen(lua, -1) : 0;
    uint64_t set = 0;

    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(lua, "%s: ignored_signals: list of numbers expected, got %s", fields->function,
                   luaL_typename(lua, -1));
    for (lua_Integer i = 1; i <= count; i++) {
        lua_Integer signum;

        lua_rawgeti(lua, -1, i);
        signum = lua_isinteger(lua, -1) ? lua_tointeger(lua, -1) : 0;
        if (signum >= 1 && signum <= 64)
            set |= UINT64_C(1) << (signum - 1);
        else
            luaL_error(lua, "%s: ignored_signals[%I]: a number from 1 to 64 expected",
                       fields->function, (LUAI_UACINT)i);
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
    return set;
}

/* A list of names; the library takes a set of bits, and knows the names. */
static unsigned read_layers(const struct fields *fields)
{
    const char *const *names = field_list(fields, "degrade");
    unsigned layers = 0;
    fence_error error;

    for (; names && *names; names++) {
        if (fence_layers_add(&layers, *names, &error) < 0)
            luaL_error(fields->lua, "%s: degrade: %s", fields->function, error.message);
    }
    return layers;
}

/* Pushes the handle, which is kept until the command ends. on_exit, or nil, is at the top and is
 * taken off. */
static struct handle *push_handle(lua_State *lua, struct engine *engine)
{
    struct handle *handle = lua_newuserdatauv(lua, sizeof *handle, HANDLE_COUNT);

    *handle = (struct handle){NULL, engine};
    luaL_setmetatable(lua, SANDBOX_TYPE);
    lua_insert(lua, -2);
    lua_setiuservalue(lua, -2, HANDLE_ON_EXIT);
    lua_pushvalue(lua, 1);
    lua_setiuservalue(lua, -2, HANDLE_ENGINE);
    lua_getiuservalue(lua, 1, KEPT_CALLBACKS);
    lua_pushvalue(lua, -2);
    lua_rawsetp(lua, -2, handle);
    lua_pop(lua, 1);
    return handle;
}

int engine_spawn(lua_State *lua)
{
    static const char *const names[] = {"argv",       "env",     "stdio", "ignored_signals",
                                        "rule_files", "degrade", "ports", "on_exit",
                                        NULL};
    struct engine *engine = engine_at(lua);
    struct fields fields = fields_of(lua, 2, "spawn", names);
    fence_sandbox_options options = FENCE_SANDBOX_OPTIONS_INIT;
    struct handle *handle;
    fence_error error;
    lua_State *outer;
    int rc;

    options.argv = field_list(&fields, "argv");
    if (!options.argv || !options.argv[0])
        return luaL_error(lua, "spawn: argv: a list of strings with a command expected");
    options.env = field_list(&fields, "env");
    read_stdio(&fields, options.stdio);
    options.ignored_signals = read_signals(&fields);
    options.rule_files = field_list(&fields, "rule_files");
    options.ports = field_list(&fields, "ports");
    options.degrade = read_layers(&fields);
    field_function(&fields, "on_exit");
    handle = push_handle(lua, engine);
    outer = engine_enter(engine, lua);
    rc = fence_spawn(&handle->sandbox, engine->fence, &options, on_exit, handle, &error);
    engine_leave(engine, outer);
    if (rc == 0)
        return 1;
    lua_getiuservalue(lua, 1, KEPT_CALLBACKS);
    lua_pushnil(lua);
    lua_rawsetp(lua, -2, handle);
    return push_failure(lua, &error);
}

/* ---- signals ---- */

static int signal_command(lua_State *lua, int (*send)(fence_sandbox *, int))
{
    struct handle *handle = luaL_checkudata(lua, 1, SANDBOX_TYPE);
    lua_Integer signum = luaL_checkinteger(lua, 2);
    lua_State *outer;
    int rc;

    if (!handle->sandbox || !handle->engine->fence) {
        lua_pushnil(lua);
        lua_pushliteral(lua, "the command has ended");
        return 2;
    }
    lua_getiuservalue(lua, 1, HANDLE_ENGINE);
    lua_insert(lua, 1); /* where a callback looks for it */
    outer = engine_enter(handle->engine, lua);
    rc = send(handle->sandbox, signum < 0 || signum > INT_MAX ? -1 : (int)signum);
    engine_leave(handle->engine, outer);
    if (rc < 0) {
        lua_pushnil(lua);
        lua_pushstring(lua, fence_strerror(rc));
        return 2;
    }
    lua_pushboolean(lua, true);
    return 1;
}

static int sandbox_kill(lua_State *lua)
{
    return signal_command(lua, fence_kill);
}

static int sandbox_terminate(lua_State *lua)
{
    return signal_command(lua, fence_terminate);
}

void sandbox_define(lua_State *lua)
{
    static const luaL_Reg methods[] = {
        {"kill", sandbox_kill}, {"terminate", sandbox_terminate}, {NULL, NULL}};

    type_define(lua, SANDBOX_TYPE, methods, NULL);
}
