/* SPDX-License-Identifier: Apache-2.0
 * request_lua.c - `req`: read-only, and dead once its hook has returned. */
#include <lauxlib.h>
#include <string.h>

#include "policy/jail.h"
#include "policy/policy_lua.h"

static const char REQUEST[] = "fence.request";

struct box {
    uint64_t show; /* the call it belongs to: it is dead in the next one, however this one ends */
};

enum field {
    FIELD_ID = 1,
    FIELD_KIND,
    FIELD_HOST,
    FIELD_PORT,
    FIELD_METHOD,
    FIELD_SCHEME,
    FIELD_PATH,
    FIELD_QUERY,
    FIELD_URL,
    FIELD_HEADERS,
    FIELD_ADDRESSES,
    FIELD_TIME,
    FIELD_BYTES_SENT,
    FIELD_BYTES_RECEIVED,
    FIELD_DURATION
};

/* In the order of enum field. */
static const char *const names[] = {
    "id",  "kind",    "host",      "port", "method",     "scheme",         "path",     "query",
    "url", "headers", "addresses", "time", "bytes_sent", "bytes_received", "duration", NULL};

const struct policy_request *request_lua_check(lua_State *lua, int index)
{
    const struct box *box = luaL_checkudata(lua, index, REQUEST);
    const struct jail *jail = jail_of(lua);

    if (!jail->shown || box->show != jail->shows)
        luaL_error(lua, "this request is over: keep what is needed of it, not the request");
    return jail->shown;
}

/* ---- fields ---- */

static void push_str(lua_State *lua, struct str text)
{
    if (text.bytes)
        lua_pushlstring(lua, text.bytes, text.len);
    else
        lua_pushnil(lua);
}

static const char *kind_name(fence_request_kind kind)
{
    static const char *const kinds[] = {
        [FENCE_CONNECT] = "connect", [FENCE_HTTP] = "http",     [FENCE_SOCKS5] = "socks5",
        [FENCE_EXEC] = "exec",       [FENCE_LOCAL] = "connect", [FENCE_CAPTURE] = "capture"};

    return kinds[kind];
}

/* The target, up to its query or from behind the '?' on. */
static void push_target(lua_State *lua, struct str target, bool query)
{
    size_t mark;

    if (!target.bytes) {
        lua_pushnil(lua);
        return;
    }
    mark = str_find(target, '?');
    if (!query)
        push_str(lua, mark > 0 ? str_slice(target, 0, mark) : STR("/"));
    else
        push_str(lua, mark < target.len ? str_slice(target, mark + 1, target.len)
                                        : (struct str){NULL, 0});
}

static void push_url(lua_State *lua, const struct rules_request *judged)
{
    char authority[HOST_AUTHORITY];
    luaL_Buffer url;

    if (!judged->target.bytes) {
        lua_pushnil(lua);
        return;
    }
    host_format_authority(authority, judged->host, judged->port, 80);
    luaL_buffinit(lua, &url);
    luaL_addstring(&url, "http://");
    luaL_addstring(&url, authority);
    if (judged->target.len == 0 || judged->target.bytes[0] != '/')
        luaL_addstring(&url, "/");
    luaL_addlstring(&url, judged->target.bytes, judged->target.len);
    luaL_pushresult(&url);
}

static void push_addresses(lua_State *lua, const struct policy_request *request)
{
    char text[ADDR_TEXT];

    if (!request->addresses) {
        lua_pushnil(lua);
        return;
    }
    lua_createtable(lua, (int)request->naddresses, 0);
    for (size_t i = 0; i < request->naddresses; i++) {
        addr_format(text, &request->addresses[i]);
        lua_pushstring(lua, text);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
}

/* Known when it is over. */
static void push_count(lua_State *lua, const struct policy_request *request, uint64_t count)
{
    if (request->closed)
        lua_pushinteger(lua, (lua_Integer)count);
    else
        lua_pushnil(lua);
}

static void push_field(lua_State *lua, const struct policy_request *request, enum field field)
{
    const struct rules_request *judged = request->judged;

    switch (field) {
    case FIELD_ID:
        lua_pushinteger(lua, (lua_Integer)request->session);
        return;
    case FIELD_KIND:
        lua_pushstring(lua, kind_name(request->kind));
        return;
    case FIELD_HOST:
        push_str(lua, host_str(judged->host));
        return;
    case FIELD_PORT:
        lua_pushinteger(lua, judged->port);
        return;
    case FIELD_METHOD:
        push_str(lua, judged->method);
        return;
    case FIELD_SCHEME:
        lua_pushstring(lua, judged->tunnel ? NULL : "http");
        return;
    case FIELD_PATH:
        push_target(lua, judged->target, false);
        return;
    case FIELD_QUERY:
        push_target(lua, judged->target, true);
        return;
    case FIELD_URL:
        push_url(lua, judged);
        return;
    case FIELD_HEADERS:
        if (judged->tunnel || request->headless)
            lua_pushnil(lua);
        else
            headers_lua_push(lua, 1);
        return;
    case FIELD_ADDRESSES:
        push_addresses(lua, request);
        return;
    case FIELD_TIME:
        lua_pushnumber(lua, (lua_Number)request->time_us / 1e6);
        return;
    case FIELD_BYTES_SENT:
        push_count(lua, request, request->bytes_sent);
        return;
    case FIELD_BYTES_RECEIVED:
        push_count(lua, request, request->bytes_received);
        return;
    case FIELD_DURATION:
        if (request->closed)
            lua_pushnumber(lua, (lua_Number)request->duration_us / 1e6);
        else
            lua_pushnil(lua);
        return;
    }
}

/* Upvalue 1: a table of names and their numbers. */
static int index_request(lua_State *lua)
{
    const struct policy_request *request = request_lua_check(lua, 1);

    lua_pushvalue(lua, 2);
    if (lua_rawget(lua, lua_upvalueindex(1)) != LUA_TNUMBER)
        return raise_unknown(lua, "a request",
                             lua_type(lua, 2) == LUA_TSTRING ? lua_tostring(lua, 2) : "?", names);
    push_field(lua, request, (enum field)lua_tointeger(lua, -1));
    return 1;
}

static int refuse_write(lua_State *lua)
{
    return luaL_error(lua, "a request cannot be changed");
}

/* ---- life ---- */

void request_lua_make_kind(lua_State *lua)
{
    luaL_newmetatable(lua, REQUEST);
    lua_createtable(lua, 0, ARRAY_LEN(names));
    for (size_t i = 0; names[i]; i++) {
        lua_pushinteger(lua, (lua_Integer)i + 1);
        lua_setfield(lua, -2, names[i]);
    }
    lua_pushcclosure(lua, index_request, 1);
    lua_setfield(lua, -2, "__index");
    lua_pushcfunction(lua, refuse_write);
    lua_setfield(lua, -2, "__newindex");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 1);
}

void request_lua_push(lua_State *lua)
{
    struct box *box = lua_newuserdatauv(lua, sizeof *box, 0);

    box->show = jail_of(lua)->shows;
    luaL_setmetatable(lua, REQUEST);
}
