/* SPDX-License-Identifier: Apache-2.0
 * ask.c - on_ask: what policies would have a person asked, and the answer. */
#include <string.h>

#include "binding.h"

struct asked {
    fence_ask *ask; /* NULL once Lua has it */
    const fence_request *request;
    const char *message;
};

/* answer("allow" or "deny" [, seconds or "always"]). Upvalues: a box with the question, the engine.
 */
static int answer(lua_State *lua)
{
    static const char *const verdicts[] = {"allow", "deny", NULL};
    fence_ask **box = lua_touserdata(lua, lua_upvalueindex(1)), *ask = *box;
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
    *box = NULL;
    lua_settop(lua, 0);
    lua_pushvalue(lua, lua_upvalueindex(2)); /* where a callback looks for it */
    outer = engine_enter(engine, lua);
    fence_ask_answer(ask, verdict == 0 ? FENCE_ALLOW : FENCE_DENY, remember);
    engine_leave(engine, outer);
    return 0;
}

static int tell_question(lua_State *lua)
{
    struct asked *asked = lua_touserdata(lua, 2);
    fence_ask **box = lua_newuserdatauv(lua, sizeof(fence_ask *), 0);

    lua_getfield(lua, 1, "on_ask");
    push_request(lua, asked->request);
    lua_pushstring(lua, asked->message);
    lua_pushvalue(lua, 3);
    lua_getfield(lua, 1, "engine");
    lua_pushcclosure(lua, answer, 2);
    *box = asked->ask;
    asked->ask = NULL;
    if (lua_pcall(lua, 3, 0, 0) == LUA_OK)
        return 0;
    asked->ask = *box; /* unless it has answered before */
    *box = NULL;
    return lua_error(lua);
}

void on_ask(fence_ask *ask, const fence_request *request, const char *message, void *payload)
{
    struct asked asked = {ask, request, message};

    callback_run(payload, tell_question, &asked);
    if (asked.ask) /* nobody has it: the time-out would be all that is left */
        fence_ask_answer(asked.ask, FENCE_DENY, 0);
}
