/* SPDX-License-Identifier: Apache-2.0
 * ask.c - on_ask: what policies would have a person asked, and the answer. Each is owed one, so
 * that one that nobody can answer any more is denied. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"

#define ASKING_TYPE "fence.asking"

/* A question that Lua has. It outlives the userdata that points at it until it is denied. */
struct asking {
    struct asking *next; /* of engine->forgotten */
    struct engine *engine;
    fence_ask *ask; /* NULL once it is answered */
};

struct asked {
    fence_ask *ask; /* NULL once Lua has it */
    const fence_request *request;
    const char *message;
};

/* Its userdata keeps the engine's. */
static int forget(lua_State *lua)
{
    struct asking **box = luaL_checkudata(lua, 1, ASKING_TYPE), *asking = *box;

    *box = NULL;
    if (!asking)
        return 0;
    if (!asking->ask || !asking->engine->fence) {
        free(asking);
        return 0;
    }
    asking->next = asking->engine->forgotten;
    asking->engine->forgotten = asking;
    return 0;
}

void asks_deny_forgotten(struct engine *engine)
{
    struct asking *asking;

    while ((asking = engine->forgotten)) {
        fence_ask *ask = asking->ask;

        engine->forgotten = asking->next;
        free(asking);
        if (engine->fence)
            fence_ask_answer(ask, FENCE_DENY, 0);
    }
}

/* answer("allow" or "deny" [, seconds or "always"]). Upvalues: a box with the question, the engine.
 */
static int answer(lua_State *lua)
{
    static const char *const verdicts[] = {"allow", "deny", NULL};
    struct asking *asking = *(struct asking **)lua_touserdata(lua, lua_upvalueindex(1));
    fence_ask *ask = asking->ask;
    struct engine *engine = lua_touserdata(lua, lua_upvalueindex(2));
    int verdict = luaL_checkoption(lua, 1, NULL, verdicts);
    unsigned remember = 0;
    lua_State *outer;

    if (lua_type(lua, 2) == LUA_TSTRING) {
        luaL_argcheck(lua, strcmp(lua_tostring(lua, 2), "always") == 0, 2,
                      "a number of seconds or 'always' expected");
        remember = FENCE_ASK_ALWAYS;
    } else if (!lua_isnoneornil(lua, 2)) {
        lua_Integer seconds = luaL_checkinteger(lua, 2);

        luaL_argcheck(lua, seconds >= 0 && seconds < FENCE_ASK_ALWAYS, 2, "out of range");
        remember = (unsigned)seconds;
    }
    if (!engine->fence)
        return luaL_error(lua, "answer: this engine is closed");
    if (!ask)
        return luaL_error(lua, "answer: this question has been answered");
    asking->ask = NULL;
    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(2)); /* where a callback looks for it */
    outer = engine_enter(engine, lua);
    fence_ask_answer(ask, verdict == 0 ? FENCE_ALLOW : FENCE_DENY, remember);
    engine_leave(engine, outer);
    return 0;
}

/* Pushes the box of a question that is to come; the engine's callbacks are at index 1. */
static struct asking *push_asking(lua_State *lua)
{
    struct asking **box = lua_newuserdatauv(lua, sizeof(struct asking *), 1), *asking;

    *box = NULL;
    luaL_setmetatable(lua, ASKING_TYPE);
    lua_getfield(lua, 1, "engine");
    asking = calloc(1, sizeof *asking);
    if (!asking) {
        luaL_error(lua, "out of memory");
        return NULL; /* not reached */
    }
    asking->engine = lua_touserdata(lua, -1);
    lua_setiuservalue(lua, -2, 1);
    *box = asking;
    return asking;
}

static int tell_question(lua_State *lua)
{
    struct asked *asked = lua_touserdata(lua, 2);
    struct asking *asking = push_asking(lua);

    lua_getfield(lua, 1, "on_ask");
    push_request(lua, asked->request);
    lua_pushstring(lua, asked->message);
    lua_pushvalue(lua, 3);
    lua_getfield(lua, 1, "engine");
    lua_pushcclosure(lua, answer, 2);
    asking->ask = asked->ask;
    asked->ask = NULL;
    if (lua_pcall(lua, 3, 0, 0) == LUA_OK)
        return 0;
    asked->ask = asking->ask; /* unless it has answered before */
    asking->ask = NULL;
    return lua_error(lua);
}

void on_ask(fence_ask *ask, const fence_request *request, const char *message, void *payload)
{
    struct asked asked = {ask, request, message};

    callback_run(payload, tell_question, &asked);
    if (asked.ask) /* nobody has it: the time-out would be all that is left */
        fence_ask_answer(asked.ask, FENCE_DENY, 0);
}

void asking_define(lua_State *lua)
{
    static const luaL_Reg meta[] = {{"__gc", forget}, {NULL, NULL}};

    type_define(lua, ASKING_TYPE, NULL, meta);
}
