/* SPDX-License-Identifier: Apache-2.0
 * policy_test_ask.c - a request from what a test has written. All strings and lists of it are
 * Lua's, so that an error leaves nothing behind. */
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "cli/nearest.h"
#include "cli/policy_test.h"
#include "cli/request_text.h"

/* The key on the top is none of `known`. */
static void raise_unknown(lua_State *lua, const char *const *known)
{
    const char *key = lua_type(lua, -1) == LUA_TSTRING ? lua_tostring(lua, -1) : NULL;
    const char *meant = key ? nearest(key, known) : NULL;

    if (!key)
        luaL_error(lua, "a %s is no key here", luaL_typename(lua, -1));
    else if (meant)
        luaL_error(lua, "there is no '%s'; did you mean '%s'?", key, meant);
    else
        luaL_error(lua, "there is no '%s'", key);
}

void test_check_keys(lua_State *lua, int index, const char *const *known)
{
    lua_pushnil(lua);
    while (lua_next(lua, index)) {
        const char *key = lua_type(lua, -2) == LUA_TSTRING ? lua_tostring(lua, -2) : NULL;
        size_t i = 0;

        lua_pop(lua, 1);
        while (key && known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!key || !known[i])
            raise_unknown(lua, known);
    }
}

/* ---- the request itself ---- */

/* What is cut in two must not be Lua's own. */
static char *copy(lua_State *lua, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(lua_newuserdatauv(lua, size, 0), text, size);
}

static void check(lua_State *lua, const char *text, const char *why)
{
    if (why)
        luaL_error(lua, "'%s': %s", text, why);
}

void test_ask_connect(lua_State *lua, fence_request *out, const char *authority)
{
    *out = (fence_request)FENCE_REQUEST_INIT;
    check(lua, authority, request_text_authority(out, copy(lua, authority)));
}

void test_ask_request(lua_State *lua, fence_request *out, const char *method, const char *url)
{
    *out = (fence_request)FENCE_REQUEST_INIT;
    check(lua, url, request_text_url(out, method, copy(lua, url)));
}

/* ---- headers and addresses ---- */

/* fence_decide() takes all or nothing; a person wants to know which. */
static void check_list(lua_State *lua, const fence_config *config, const char *const *headers,
                       const char *const *addresses)
{
    fence_request request = FENCE_REQUEST_INIT;
    const char *const *list = headers ? headers : addresses;
    fence_decision decision;

    request.host = "a";
    request.port = 1;
    for (; *list; list++) {
        const char *const one[] = {*list, NULL};

        request.headers = headers ? one : NULL;
        request.addresses = addresses ? one : NULL;
        if (fence_decide(&decision, config, NULL, &request) < 0)
            luaL_error(lua, headers ? "'%s' is no header" : "'%s' is no address", *list);
    }
    request.addresses = addresses;
    request.headers = headers; /* there is a bound to their number */
    if (fence_decide(&decision, config, NULL, &request) < 0)
        luaL_error(lua, "these are too many headers");
}

/* A list with room for `count` strings and its end. */
static const char **new_list(lua_State *lua, size_t count)
{
    const char **list = lua_newuserdatauv(lua, (count + 1) * sizeof *list, 0);

    memset(list, 0, (count + 1) * sizeof *list);
    return list;
}

/* The string on the top. One with a NUL would be cut there. */
static const char *text_at_top(lua_State *lua, const char *what)
{
    size_t len = 0;
    const char *text = lua_type(lua, -1) == LUA_TSTRING ? lua_tolstring(lua, -1, &len) : NULL;

    if (!text || strlen(text) != len)
        luaL_error(lua, "%s must be text", what);
    return text;
}

static void read_addresses(lua_State *lua, fence_request *out, const fence_config *config)
{
    int table = lua_gettop(lua);
    size_t count = lua_rawlen(lua, table);
    const char **list = new_list(lua, count);

    if (count == 0)
        luaL_error(lua, "addresses is a list of at least one");
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, table, (lua_Integer)i + 1);
        list[i] = text_at_top(lua, "an address");
        lua_pop(lua, 1); /* the table keeps it */
    }
    check_list(lua, config, NULL, list);
    out->addresses = list;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A table has no order: theirs is that of the alphabet, so that it is always the same. */
static void read_headers(lua_State *lua, fence_request *out, const fence_config *config)
{
    int table = lua_gettop(lua), lines;
    size_t count = 0;
    const char **list;

    lua_newtable(lua);
    lines = lua_gettop(lua);
    lua_pushnil(lua);
    while (lua_next(lua, table)) {
        const char *value = text_at_top(lua, "a header's value"), *name;

        lua_pushvalue(lua, -2);
        name = text_at_top(lua, "a header's name");
        if (strchr(name, ':'))
            luaL_error(lua, "'%s' is no header's name", name);
        lua_pushfstring(lua, "%s: %s", name, value);
        lua_rawseti(lua, lines, (lua_Integer)++count);
        lua_pop(lua, 2);
    }
    list = new_list(lua, count);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(lua, lines, (lua_Integer)i + 1);
        list[i] = lua_tostring(lua, -1);
        lua_pop(lua, 1);
    }
    qsort(list, count, sizeof *list, compare);
    check_list(lua, config, list, NULL);
    out->headers = list;
}

/* Pushes that field of the table at `index`, if it has one. */
static bool push_table(lua_State *lua, int index, const char *name)
{
    lua_pushstring(lua, name);
    if (lua_rawget(lua, index) == LUA_TNIL)
        return false;
    if (!lua_istable(lua, -1))
        luaL_error(lua, "%s is a table, not a %s", name, luaL_typename(lua, -1));
    return true;
}

void test_ask_fields(lua_State *lua, fence_request *out, int index, const fence_config *config)
{
    luaL_checkstack(lua, 20, NULL);
    if (push_table(lua, index, "addresses"))
        read_addresses(lua, out, config);
    if (!push_table(lua, index, "headers"))
        return;
    if (out->kind != FENCE_HTTP)
        luaL_error(lua, "headers are seen of http:// alone: what a tunnel carries is not");
    read_headers(lua, out, config);
}
