/* SPDX-License-Identifier: Apache-2.0
 * rate_lua.c - fence.rate: token buckets, one for each key. `count` tokens fill it, and as many
 * come back in `per` seconds.
 *
 * Of LIMIT_RATE_KEYS keys the fullest bucket is forgotten for a new one: it has the least to tell.
 */
#include <lauxlib.h>
#include <time.h>

#include "base/limits.h"
#include "policy/jail.h"
#include "policy/policy_lua.h"

static const char RATE[] = "fence.rate";

enum { KEYS = 1, PLACES }; /* user values: key to place, and place to key */

struct bucket {
    double tokens;
    double at; /* seconds of the monotonic clock */
};

struct rate {
    double count, per;
    int used;
    struct bucket buckets[LIMIT_RATE_KEYS];
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double positive(lua_State *lua, const char *name)
{
    double number;

    if (lua_getfield(lua, 1, name) != LUA_TNUMBER)
        luaL_error(lua, "fence.rate needs %s, a number", name);
    number = lua_tonumber(lua, -1);
    if (!(number > 0 && number <= 1e9))
        luaL_error(lua, "fence.rate: %s must be over 0", name);
    lua_pop(lua, 1);
    return number;
}

static int make_rate(lua_State *lua)
{
    double count, per;
    struct rate *rate;

    luaL_checktype(lua, 1, LUA_TTABLE);
    count = positive(lua, "count");
    per = positive(lua, "per");
    rate = lua_newuserdatauv(lua, sizeof *rate, PLACES);
    rate->count = count;
    rate->per = per;
    rate->used = 0;
    luaL_setmetatable(lua, RATE);
    for (int value = KEYS; value <= PLACES; value++) {
        lua_newtable(lua);
        lua_setiuservalue(lua, -2, value);
    }
    return 1;
}

/* ---- taking ---- */

static void refill(const struct rate *rate, struct bucket *bucket, double time)
{
    bucket->tokens += (time - bucket->at) / rate->per * rate->count;
    bucket->tokens = bucket->tokens < rate->count ? bucket->tokens : rate->count;
    bucket->at = time;
}

/* With the tables of keys and places at 3 and 4. */
static int forget_fullest(lua_State *lua, struct rate *rate, double time)
{
    int fullest = 0;

    jail_charge(lua, LIMIT_RATE_KEYS);
    for (int i = 0; i < rate->used; i++) {
        refill(rate, &rate->buckets[i], time);
        if (rate->buckets[i].tokens > rate->buckets[fullest].tokens)
            fullest = i;
    }
    lua_rawgeti(lua, 4, fullest + 1);
    lua_pushnil(lua);
    lua_rawset(lua, 3);
    return fullest;
}

static struct bucket *new_bucket(lua_State *lua, struct rate *rate, double time)
{
    int place = rate->used < LIMIT_RATE_KEYS ? rate->used : forget_fullest(lua, rate, time);

    rate->buckets[place] = (struct bucket){rate->count, time};
    lua_pushvalue(lua, 2);
    lua_rawseti(lua, 4, place + 1);
    lua_pushvalue(lua, 2);
    lua_pushinteger(lua, place);
    lua_rawset(lua, 3);
    rate->used += rate->used < LIMIT_RATE_KEYS && place == rate->used;
    return &rate->buckets[place];
}

/* rate:take([key]): is there a token left for this key? */
static int take_token(lua_State *lua)
{
    struct rate *rate = luaL_checkudata(lua, 1, RATE);
    double time = now();
    struct bucket *bucket;
    size_t len;

    luaL_optlstring(lua, 2, "", &len);
    luaL_argcheck(lua, len <= LIMIT_HOST, 2, "a key of at most 253 bytes");
    lua_settop(lua, 2);
    if (lua_isnil(lua, 2)) {
        lua_pushliteral(lua, "");
        lua_replace(lua, 2);
    }
    lua_getiuservalue(lua, 1, KEYS);
    lua_getiuservalue(lua, 1, PLACES);
    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, 3) == LUA_TNUMBER)
        bucket = &rate->buckets[lua_tointeger(lua, -1)];
    else
        bucket = new_bucket(lua, rate, time);
    refill(rate, bucket, time);
    lua_pushboolean(lua, bucket->tokens >= 1);
    bucket->tokens -= bucket->tokens >= 1;
    return 1;
}

void rate_lua_make_kind(lua_State *lua)
{
    policy_lua_make_kind(lua, RATE, "take", take_token, NULL);
}

void rate_lua_add(lua_State *lua)
{
    lua_pushcfunction(lua, make_rate);
    lua_setfield(lua, -2, "rate");
}
