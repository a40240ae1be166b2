/* SPDX-License-Identifier: Apache-2.0
 * engine.c - fence.new() and an engine's life: run, step, stop, close. */
#include "binding.h"

/* ---- events ---- */

static int tell_event(lua_State *lua)
{
    lua_getfield(lua, 1, "on_event");
    push_event(lua, lua_touserdata(lua, 2));
    lua_call(lua, 1, 0);
    return 0;
}

static void on_event(const fence_event *event, void *payload)
{
    callback_run(payload, tell_event, (void *)event);
}

/* ---- its beginning ---- */

/* An engine without a loop yet; on_event and on_ask, each a function or nil, are at the top and are
 * taken off. */
static struct engine *push_engine(lua_State *lua)
{
    struct engine *engine = lua_newuserdatauv(lua, sizeof *engine, KEPT_COUNT);

    *engine = (struct engine){0};
    luaL_setmetatable(lua, ENGINE_TYPE);
    lua_createtable(lua, 0, 3);
    lua_rotate(lua, -4, 2); /* engine, table, on_event, on_ask */
    lua_setfield(lua, -3, "on_ask");
    lua_setfield(lua, -2, "on_event");
    lua_pushvalue(lua, -2); /* for the answers to questions */
    lua_setfield(lua, -2, "engine");
    lua_setiuservalue(lua, -2, KEPT_CALLBACKS);
    return engine;
}

int engine_make(lua_State *lua)
{
    static const char *const names[] = {"policy", "on_event", "on_ask", NULL};
    fence_config *config = config_at(lua, 1);
    fence_policy *policy = NULL;
    struct engine *engine;
    fence_observer observer;
    fence_error error;
    bool observed = false, asks = false;
    int rc;

    lua_settop(lua, 2);
    if (lua_isnil(lua, 2)) {
        lua_settop(lua, 4);
    } else {
        struct fields fields = fields_of(lua, 2, "fence.new", names);

        if (field_push(&fields, "policy") != LUA_TNIL && !luaL_testudata(lua, -1, POLICY_TYPE))
            luaL_error(lua, "fence.new: policy: a policy set expected, got %s",
                       luaL_typename(lua, -1));
        policy = policy_or_nil_at(lua, -1);
        observed = field_function(&fields, "on_event");
        asks = field_function(&fields, "on_ask");
    }
    engine = push_engine(lua);
    lua_insert(lua, 1); /* where a callback looks for it */
    observer = (fence_observer){
        .on_event = observed ? on_event : NULL, .payload = engine, .on_ask = asks ? on_ask : NULL};
    engine_enter(engine, lua);
    rc = fence_new(&engine->fence, config, &observer, &error);
    if (rc == 0 && policy)
        fence_set_policy(engine->fence, policy);
    engine_leave(engine, NULL);
    if (rc < 0)
        return push_failure(lua, &error);
    lua_settop(lua, 1);
    return 1;
}

/* ---- its loop ---- */

/* What no callback may call: it would turn the loop that has called it. */
static struct engine *idle_engine_at(lua_State *lua, const char *method)
{
    struct engine *engine = luaL_checkudata(lua, 1, ENGINE_TYPE);

    if (engine->lua)
        luaL_error(lua, "%s() cannot be called from a callback of this engine%s", method,
                   method[0] == 'c' ? ": call stop()" : "");
    return engine;
}

static int turn(lua_State *lua, const char *method, int (*how)(fence *))
{
    struct engine *engine = idle_engine_at(lua, method);
    int left;

    engine_at(lua);
    engine_enter(engine, lua);
    asks_deny_forgotten(engine);
    left = how(engine->fence);
    engine_leave(engine, NULL);
    callback_raise(engine, lua);
    lua_pushboolean(lua, left);
    return 1;
}

static int engine_run(lua_State *lua)
{
    return turn(lua, "run", fence_run);
}

static int engine_step(lua_State *lua)
{
    return turn(lua, "step", fence_step);
}

static int engine_stop(lua_State *lua)
{
    fence_stop(engine_at(lua)->fence);
    return 0;
}

static int engine_fd(lua_State *lua)
{
    lua_pushinteger(lua, fence_fd(engine_at(lua)->fence));
    return 1;
}

static int engine_timeout(lua_State *lua)
{
    lua_pushinteger(lua, fence_timeout(engine_at(lua)->fence));
    return 1;
}

/* ---- its end ---- */

/* Sessions that end tell so: on_event is called once more, and finds an engine that is closed. A
 * second close() does nothing. */
static int engine_close(lua_State *lua)
{
    struct engine *engine = idle_engine_at(lua, "close");
    fence *closing = engine->fence;

    if (!closing)
        return 0;
    lua_settop(lua, 1);
    engine->fence = NULL;
    asks_deny_forgotten(engine);
    engine_enter(engine, lua);
    fence_close(closing);
    engine_leave(engine, NULL);
    lua_pushnil(lua);
    lua_setiuservalue(lua, 1, KEPT_CALLBACKS);
    callback_raise(engine, lua);
    return 0;
}

void engine_define(lua_State *lua)
{
    static const luaL_Reg methods[] = {{"listen", engine_listen},
                                       {"port", engine_port},
                                       {"require_login", engine_require_login},
                                       {"limit_clients", engine_limit_clients},
                                       {"set_policy", engine_set_policy},
                                       {"reload", engine_reload},
                                       {"set_resolver", engine_set_resolver},
                                       {"spawn", engine_spawn},
                                       {"watch", engine_watch},
                                       {"unwatch", engine_unwatch},
                                       {"run", engine_run},
                                       {"step", engine_step},
                                       {"stop", engine_stop},
                                       {"fd", engine_fd},
                                       {"timeout", engine_timeout},
                                       {"close", engine_close},
                                       {NULL, NULL}};
    static const luaL_Reg meta[] = {
        {"__gc", engine_close}, {"__close", engine_close}, {NULL, NULL}};

    type_define(lua, ENGINE_TYPE, methods, meta);
}
