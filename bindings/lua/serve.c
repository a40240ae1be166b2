/* SPDX-License-Identifier: Apache-2.0
 * serve.c - what an engine serves, to whom, and by which rules. */
#include <limits.h>

#include "binding.h"

static const char *const protocols[] = {[FENCE_PROTOCOL_AUTO] = "auto",
                                        [FENCE_PROTOCOL_HTTP] = "http",
                                        [FENCE_PROTOCOL_SOCKS5] = "socks5",
                                        NULL};

static int done(lua_State *lua, int rc, const fence_error *error)
{
    if (rc < 0)
        return push_failure(lua, error);
    lua_pushboolean(lua, true);
    return 1;
}

/* engine:listen(protocol, address) -> true; nil, message */
int engine_listen(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    fence_protocol protocol = (fence_protocol)luaL_checkoption(lua, 2, NULL, protocols);
    const char *address = text_argument(lua, 3);
    fence_error error;
    lua_State *outer = engine_enter(engine, lua);
    int rc = fence_listen(engine->fence, protocol, address, &error);

    engine_leave(engine, outer);
    return done(lua, rc, &error);
}

/* engine:port(protocol) -> number, or nil without such a listener */
int engine_port(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    int port = fence_port(engine->fence, (fence_protocol)luaL_checkoption(lua, 2, NULL, protocols));

    if (port == 0)
        lua_pushnil(lua);
    else
        lua_pushinteger(lua, port);
    return 1;
}

/* engine:require_login(user, password) -> true; nil, message */
int engine_require_login(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    const char *user = text_argument(lua, 2), *password = text_argument(lua, 3);
    fence_error error;

    return done(lua, fence_require_login(engine->fence, user, password, &error), &error);
}

/* engine:limit_clients(most) -> true; nil, message */
int engine_limit_clients(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    lua_Integer most = luaL_checkinteger(lua, 2);
    fence_error error;

    if (most < 0 || most > INT_MAX)
        most = 0; /* which the library refuses in its own words */
    return done(lua, fence_limit_clients(engine->fence, (unsigned)most, &error), &error);
}

/* engine:set_policy(policy or nil) */
int engine_set_policy(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    fence_policy *policy = policy_or_nil_at(lua, 2);
    lua_State *outer = engine_enter(engine, lua);

    fence_set_policy(engine->fence, policy);
    engine_leave(engine, outer);
    return 0;
}

/* engine:reload(config, policy or nil) */
int engine_reload(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    fence_config *config = config_at(lua, 2);
    fence_policy *policy = policy_or_nil_at(lua, 3);
    lua_State *outer = engine_enter(engine, lua);

    fence_reload(engine->fence, config, policy);
    engine_leave(engine, outer);
    return 0;
}

/* ---- descriptors of the program's own ---- */

struct watch {
    struct engine *engine;
    int fd;
};

static int tell_ready(lua_State *lua)
{
    const struct watch *watch = lua_touserdata(lua, 2);

    lua_rawgetp(lua, 1, watch);
    lua_getiuservalue(lua, -1, 1);
    lua_pushinteger(lua, watch->fd);
    lua_call(lua, 1, 0);
    return 0;
}

static void on_ready(fence *watching, int fd, void *payload)
{
    struct watch *watch = payload;

    (void)watching;
    (void)fd;
    callback_run(watch->engine, tell_ready, watch);
}

/* engine:unwatch(descriptor): what was kept for its watches goes with the engine. */
int engine_unwatch(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    int fd = descriptor_at(lua, 2);

    luaL_argcheck(lua, fd >= 0, 2, "descriptor or open file expected");
    fence_unwatch(engine->fence, fd);
    return 0;
}

/* engine:watch(descriptor, function) -> true; nil, message. The watch, with its function and what
 * it watches, is kept as long as the engine lives. */
int engine_watch(lua_State *lua)
{
    struct engine *engine = engine_at(lua);
    int fd = descriptor_at(lua, 2), rc;
    struct watch *watch;
    fence_error error;
    lua_State *outer;

    luaL_argcheck(lua, fd >= 0, 2, "descriptor or open file expected");
    luaL_checktype(lua, 3, LUA_TFUNCTION);
    lua_settop(lua, 3);
    lua_getiuservalue(lua, 1, KEPT_CALLBACKS);
    watch = lua_newuserdatauv(lua, sizeof *watch, 2);
    *watch = (struct watch){engine, fd};
    lua_pushvalue(lua, 3);
    lua_setiuservalue(lua, -2, 1);
    lua_pushvalue(lua, 2); /* a file that is collected would close the descriptor */
    lua_setiuservalue(lua, -2, 2);
    lua_rawsetp(lua, 4, watch);
    outer = engine_enter(engine, lua);
    rc = fence_watch(engine->fence, fd, on_ready, watch, &error);
    engine_leave(engine, outer);
    if (rc < 0) {
        lua_pushnil(lua);
        lua_rawsetp(lua, 4, watch);
    }
    return done(lua, rc, &error);
}
