/* SPDX-License-Identifier: Apache-2.0
 * policy_test_lua.c - a plain Lua state with bounds. The jail of policies is the library's, and
 * counts what tests need not: here a test that takes too long takes the program with it. */
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/policy_test.h"

#define STEP 1000 /* instructions between two looks */

struct test_state *test_state_of(lua_State *lua)
{
    return *(struct test_state **)lua_getextraspace(lua);
}

/* ---- bounds ---- */

/* lua_Alloc: without a block, `old` is what kind of thing it is for. */
static void *allocate(void *payload, void *block, size_t old, size_t size)
{
    struct test_state *state = payload;
    void *moved = NULL;

    if (!block)
        old = 0;
    if (size > old && size - old > TEST_MEMORY - state->used)
        return NULL;
    if (size == 0)
        free(block);
    else if (!(moved = realloc(block, size)))
        return NULL;
    state->used += size - old;
    return moved;
}

/* From then on every instruction raises, so that no pcall() goes on behind it. */
static void on_count(lua_State *lua, lua_Debug *at)
{
    struct test_state *state = test_state_of(lua);

    state->budget -= STEP;
    if (state->budget >= 0)
        return;
    lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
    lua_getinfo(lua, "Sl", at);
    lua_pushfstring(lua, "%s:%d: it took too many instructions", at->short_src, at->currentline);
    lua_error(lua);
}

/* Lua may be in the middle of anything. */
static void on_alarm(int signum)
{
    static const char words[] = "fence: the tests took too much time: is there a loop, or a "
                                "pattern with several '.*'?\n";
    ssize_t rc = write(STDERR_FILENO, words, sizeof words - 1);

    (void)rc;
    (void)signum;
    _exit(2);
}

/* Whoever has started us may have blocked it. */
static void await_alarm(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPROF);
    signal(SIGPROF, on_alarm);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void set_alarm(time_t seconds)
{
    struct itimerval timer = {.it_value = {.tv_sec = seconds}};

    setitimer(ITIMER_PROF, &timer, NULL);
}

/* ---- calls ---- */

/* assert() and error() with level 0 do not say where: the nearest line of the test's own does. */
static int add_place(lua_State *lua)
{
    const char *text = lua_tostring(lua, 1);
    lua_Debug at;
    size_t len;

    if (lua_type(lua, 1) != LUA_TSTRING)
        text = lua_pushfstring(lua, "the error is no text but a %s", luaL_typename(lua, 1));
    for (int level = 0; lua_getstack(lua, level, &at); level++) {
        lua_getinfo(lua, "Sl", &at);
        len = strlen(at.short_src);
        if (at.currentline < 0)
            continue;
        if (strncmp(text, at.short_src, len) == 0 && text[len] == ':')
            return 1;
        lua_pushfstring(lua, "%s:%d: %s", at.short_src, at.currentline, text);
        return 1;
    }
    return 1;
}

/* What Lua says of a text may hold any byte of it. */
static void keep_error(struct test_state *state, int status)
{
    size_t len = 0;
    const char *text = lua_tolstring(state->lua, -1, &len);

    if (status == LUA_ERRMEM || !text) {
        text = "it took too much memory";
        len = strlen(text);
    }
    if (len >= sizeof state->why)
        len = sizeof state->why - 1;
    for (size_t i = 0; i < len; i++)
        state->why[i] = text[i] ? text[i] : '?';
    state->why[len] = '\0';
}

int test_state_call(struct test_state *state, lua_CFunction work, void *payload)
{
    lua_State *lua = state->lua;
    int status;

    state->budget = TEST_INSTRUCTIONS;
    set_alarm(TEST_SECONDS);
    lua_sethook(lua, on_count, LUA_MASKCOUNT, STEP);
    lua_pushcfunction(lua, add_place); /* none of the three allocates */
    lua_pushcfunction(lua, work);
    lua_pushlightuserdata(lua, payload);
    status = lua_pcall(lua, 1, 0, 1);
    if (status != LUA_OK)
        keep_error(state, status);
    lua_settop(lua, 0);
    if (status == LUA_ERRMEM)
        lua_gc(lua, LUA_GCCOLLECT); /* the next test finds room */
    set_alarm(0);
    return status == LUA_OK ? 0 : -1;
}

/* ---- what a test finds ---- */

/* Policies have no more of the base library; print() would write where the report goes. */
static const char *const base[] = {"assert", "error",  "getmetatable", "ipairs",   "next",
                                   "pairs",  "pcall",  "rawequal",     "rawget",   "rawlen",
                                   "rawset", "select", "setmetatable", "tonumber", "tostring",
                                   "type",   NULL};

static const luaL_Reg libraries[] = {{"string", luaopen_string},
                                     {"table", luaopen_table},
                                     {"math", luaopen_math},
                                     {"utf8", luaopen_utf8},
                                     {NULL, NULL}};

static void push_globals(lua_State *lua)
{
    lua_newtable(lua);
    luaL_requiref(lua, "_G", luaopen_base, 0);
    for (const char *const *name = base; *name; name++) {
        lua_getfield(lua, -1, *name);
        lua_setfield(lua, -3, *name);
    }
    lua_pop(lua, 1);
    for (const luaL_Reg *library = libraries; library->name; library++) {
        luaL_requiref(lua, library->name, library->func, 0);
        lua_setfield(lua, -2, library->name);
    }
}

void test_state_compile(lua_State *lua, const char *text, size_t len)
{
    const char *name = lua_pushfstring(lua, "=%s", test_state_of(lua)->chunk);

    if (len > 0 && text[0] == LUA_SIGNATURE[0])
        luaL_error(lua, "this is no text");
    if (luaL_loadbufferx(lua, text, len, name, "t") != LUA_OK)
        lua_error(lua);
    push_globals(lua);
    lua_setupvalue(lua, -2, 1);
}

/* ---- life ---- */

int test_state_open(struct test_state *state, const char *chunk)
{
    *state = (struct test_state){.chunk = chunk};
    state->lua = lua_newstate(allocate, state);
    if (!state->lua)
        return -1;
    *(struct test_state **)lua_getextraspace(state->lua) = state;
    await_alarm();
    return 0;
}

void test_state_close(struct test_state *state)
{
    set_alarm(TEST_SECONDS); /* no hook counts in a __gc */
    lua_close(state->lua);
    set_alarm(0);
}
