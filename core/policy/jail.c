/* SPDX-License-Identifier: Apache-2.0
 * jail.c - see jail.h. Limits are sticky: what is over stays over until the next jail_run(). */
#include "policy/jail.h"

#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/limits.h"
#include "base/str.h"

#define STEP      100 /* instructions between two looks; a library call may lie in each */
#define ALLOC_PER 4   /* bytes of memory that cost one instruction: new pages are dear */

static const char out_of_instructions[] = "it took too many instructions";
static const char out_of_time[] = "it took too long";
static const char out_of_memory[] = "it took too much memory";

#define REFUSALS 6 /* of memory, in a hook: a collection each                */

#define LARGE (64 * 1024) /* a block that cannot wait for the next look            */

/* ---- memory ---- */

static void on_count(lua_State *lua, lua_Debug *unused);

/* Whatever is refused makes Lua collect all of its garbage, which takes 5 ms, and ask again. Where
 * next to nothing is left each allocation would, also those of one library call, which no hook
 * ends: so a call may come to that a few times, and then gets nothing any more. */
static bool refuse(struct jail *jail)
{
    if (jail->refusals > 0 && --jail->refusals == 0 && !jail->overrun) {
        jail->overrun = out_of_memory;
        lua_sethook(jail->lua, on_count, LUA_MASKCOUNT, 1); /* may be called at any time */
    }
    return false;
}

static bool may_grow(struct jail *jail, size_t more, size_t size)
{
    if (jail->refusals == 0)
        return false;
    if (jail->used + more > jail->limit || size > LIMIT_POLICY_BLOCK)
        return refuse(jail);
    jail->budget -= (int64_t)(more / ALLOC_PER);
    if (jail->budget >= 0 || size < LARGE)
        return true;
    jail->overrun = out_of_instructions;
    return false;
}

/* lua_Alloc: without a block, `old` is what kind of thing it is for. */
static void *allocate(void *payload, void *block, size_t old, size_t size)
{
    struct jail *jail = payload;
    void *moved = NULL;

    if (!block)
        old = 0;
    if (size > old && !may_grow(jail, size - old, size))
        return NULL;
    if (size == 0) {
        free(block);
    } else {
        moved = realloc(block, size);
        if (!moved)
            return NULL;
    }
    jail->used += size - old;
    return moved;
}

/* ---- work ---- */

int jail_overrun(lua_State *lua, const char *limit)
{
    struct jail *jail = jail_of(lua);

    if (!jail->overrun)
        jail->overrun = limit;
    jail->budget = 0;
    lua_pushnil(lua); /* a text would need memory; nobody but jail_run() sees what is raised */
    return lua_error(lua);
}

void jail_charge(lua_State *lua, double instructions)
{
    struct jail *jail = jail_of(lua);

    if (jail->overrun || !(instructions >= 0 && instructions <= (double)jail->budget))
        jail_overrun(lua, out_of_instructions);
    jail->budget -= (int64_t)instructions;
}

/* Lua's collector does not see it grow, so it is started here: it also knows what is garbage. */
void jail_hold(lua_State *lua, size_t bytes)
{
    struct jail *jail = jail_of(lua);

    if (jail->used + bytes > jail->limit) {
        refuse(jail);
        lua_gc(lua, LUA_GCCOLLECT);
    }
    if (jail->overrun || jail->used + bytes > jail->limit)
        jail_overrun(lua, out_of_memory);
    jail->used += bytes;
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What no instruction counts: comparing long strings, a search through a table full of holes. The
 * clock on the wall costs next to nothing, but runs on while others have the processor. */
static bool is_too_long(struct jail *jail)
{
    if (jail->wall_end == 0) {
        jail->wall_end = read_clock(CLOCK_MONOTONIC) + jail->time;
        jail->cpu_end = read_clock(CLOCK_THREAD_CPUTIME_ID) + jail->time;
    }
    return read_clock(CLOCK_MONOTONIC) > jail->wall_end &&
           read_clock(CLOCK_THREAD_CPUTIME_ID) > jail->cpu_end;
}

static void on_count(lua_State *lua, lua_Debug *unused)
{
    struct jail *jail = jail_of(lua);

    (void)unused;
    if (!jail->overrun && is_too_long(jail))
        jail_overrun(lua, out_of_time);
    if (jail->overrun) { /* what is left to run are __close methods: one instruction each */
        lua_sethook(lua, on_count, LUA_MASKCOUNT, 1);
        jail_overrun(lua, out_of_instructions);
    }
    jail_charge(lua, STEP);
}

/* ---- the door ---- */

/* An error may be any value, and to ask one for its words would be to run it. */
static void copy_error(lua_State *lua, int status, const struct jail *jail, char *why, size_t cap)
{
    size_t len;
    const char *text;

    if (jail->overrun || status == LUA_ERRMEM) {
        text = jail->overrun ? jail->overrun : out_of_memory;
        len = strlen(text);
    } else if (lua_type(lua, -1) == LUA_TSTRING) {
        text = lua_tolstring(lua, -1, &len);
    } else {
        snprintf(why, cap, "the error is no text but a %s", luaL_typename(lua, -1));
        return;
    }
    str_escape(why, cap, (struct str){text, len});
}

int jail_run(struct jail *jail, lua_CFunction work, void *payload, uint32_t instructions, char *why,
             size_t cap)
{
    lua_State *lua = jail->lua;
    bool over;
    int status;

    if (jail->busy) { /* by an observer that is told something by a hook, and asks in its turn */
        snprintf(why, cap, "a policy was called from within one of its own hooks");
        return -EACCES;
    }
    jail->busy = true;
    jail->budget = instructions;
    jail->time = (int64_t)instructions * (LIMIT_POLICY_CPU_NS / LIMIT_POLICY_INSTRUCTIONS);
    jail->overrun = NULL;
    jail->refusals = REFUSALS * (instructions / LIMIT_POLICY_INSTRUCTIONS); /* a load has 120 */
    jail->wall_end = 0;
    lua_sethook(lua, on_count, LUA_MASKCOUNT, STEP); /* a short call never comes to a look */
    lua_pushcfunction(lua, work);                    /* neither this nor the next allocates */
    lua_pushlightuserdata(lua, payload);
    status = lua_pcall(lua, 1, 0, 0);
    over = jail->overrun || status == LUA_ERRMEM;
    if (status != LUA_OK)
        copy_error(lua, status, jail, why, cap);
    lua_settop(lua, 0);
    if (over) /* no __gc but those of sets: this runs nothing of a policy */
        lua_gc(lua, LUA_GCCOLLECT);
    jail->busy = false;
    return status == LUA_OK ? 0 : -EACCES;
}

/* ---- set-up ---- */

static int set_up(lua_State *lua)
{
    jail_lock_strings(lua);
    lua_pushliteral(lua, "error in error handling"); /* Lua makes it where it cannot raise */
    luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

int jail_open(struct jail **out, size_t memory_limit, fence_error *err)
{
    struct jail *jail = calloc(1, sizeof *jail);
    char why[64];

    if (!jail)
        return fail(err, -ENOMEM, "out of memory");
    jail->limit = memory_limit;
    jail->refusals = REFUSALS;
    jail->lua = lua_newstate(allocate, jail);
    if (!jail->lua) {
        free(jail);
        return fail(err, -ENOMEM, "out of memory");
    }
    *(struct jail **)lua_getextraspace(jail->lua) = jail;
    if (jail_run(jail, set_up, NULL, LIMIT_POLICY_LOAD, why, sizeof why) < 0) {
        jail_close(jail);
        return fail(err, -ENOMEM, "out of memory");
    }
    *out = jail;
    return 0;
}

void jail_close(struct jail *jail)
{
    if (!jail)
        return;
    lua_close(jail->lua);
    free(jail);
}
