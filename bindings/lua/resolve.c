/* SPDX-License-Identifier: Apache-2.0
 * resolve.c - engine:set_resolver(): questions that Lua answers. Each is owed one answer, so that
 * one that nobody can answer any more is answered by the garbage collector: no address. */
#include "binding.h"

#define QUESTION_TYPE "fence.question"

struct asked {
    fence_question *question; /* NULL once Lua has it */
    const char *name;
};

/* Answers with no address, unless it has been answered. */
static int give_up(lua_State *lua)
{
    fence_question **question = luaL_checkudata(lua, 1, QUESTION_TYPE);

    if (*question)
        fence_answer(*question, NULL, 0);
    *question = NULL;
    return 0;
}

/* answer{ address, ... } -> true; nil, message */
static int answer(lua_State *lua)
{
    fence_question **question = lua_touserdata(lua, lua_upvalueindex(1));
    fence_question *answered = *question;
    const char **addresses;
    size_t count;

    if (!answered)
        return luaL_error(lua, "answer: this question has been answered");
    lua_settop(lua, 1);
    addresses = list_of_texts(lua, "answer", "addresses", &count);
    *question = NULL;
    if (fence_answer(answered, addresses, count) == 0) {
        lua_pushboolean(lua, true);
        return 1;
    }
    lua_pushnil(lua);
    lua_pushliteral(lua, "answer: not an IP address among them, so the name has none");
    return 2;
}

static int ask(lua_State *lua)
{
    struct asked *asked = lua_touserdata(lua, 2);
    fence_question **question = lua_newuserdatauv(lua, sizeof(fence_question *), 0);

    *question = NULL;
    luaL_setmetatable(lua, QUESTION_TYPE);
    *question = asked->question;
    asked->question = NULL;
    lua_getfield(lua, 1, "resolver");
    lua_pushstring(lua, asked->name);
    lua_pushvalue(lua, 3);
    lua_pushcclosure(lua, answer, 1);
    if (lua_pcall(lua, 2, 0, 0) == LUA_OK)
        return 0;
    if (*question) /* it would wait for the garbage collector */
        fence_answer(*question, NULL, 0);
    *question = NULL;
    return lua_error(lua);
}

static void on_question(fence_question *question, const char *name, void *payload)
{
    struct asked asked = {question, name};

    callback_run(payload, ask, &asked);
    if (asked.question)
        fence_answer(asked.question, NULL, 0);
}

/* engine:set_resolver(function(name, answer) end or nil) */
int engine_set_resolver(lua_State *lua)
{
    struct engine *engine = engine_at(lua);

    lua_settop(lua, 2);
    if (!lua_isnil(lua, 2))
        luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_getiuservalue(lua, 1, KEPT_CALLBACKS);
    lua_pushvalue(lua, 2);
    lua_setfield(lua, -2, "resolver");
    fence_set_resolver(engine->fence, lua_isnil(lua, 2) ? NULL : on_question, engine);
    return 0;
}

void question_define(lua_State *lua)
{
    static const luaL_Reg meta[] = {{"__gc", give_up}, {NULL, NULL}};

    type_define(lua, QUESTION_TYPE, NULL, meta);
}
