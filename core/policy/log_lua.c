/* SPDX-License-Identifier: Apache-2.0
 * log_lua.c - fence.log: a line for whoever observes, never a print. */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/limits.h"
#include "policy/jail.h"
#include "policy/policy_lua.h"

#define LOG_PRICE 1000 /* instructions of a line: a hook has a thousand of them at most */
#define FIELDS    16

struct field {
    char name[64], value[120]; /* copies: __tostring may change the table */
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct field *)a)->name, ((const struct field *)b)->name);
}

/* The third argument, in the order of the names. */
static size_t read_fields(lua_State *lua, struct field out[FIELDS])
{
    size_t count = 0;

    if (lua_isnoneornil(lua, 3))
        return 0;
    luaL_checktype(lua, 3, LUA_TTABLE);
    lua_pushnil(lua);
    while (lua_next(lua, 3)) {
        struct str text;

        luaL_argcheck(lua, count < FIELDS, 3, "at most 16 fields");
        luaL_argcheck(lua, lua_type(lua, -2) == LUA_TSTRING, 3, "fields have names");
        text.bytes = lua_tolstring(lua, -2, &text.len);
        str_escape(out[count].name, sizeof out[count].name, text);
        jail_push_text(lua, -1);
        text.bytes = lua_tolstring(lua, -1, &text.len);
        str_escape(out[count].value, sizeof out[count].value, text);
        count++;
        lua_pop(lua, 2);
    }
    qsort(out, count, sizeof *out, compare);
    return count;
}

static void append(char line[LIMIT_POLICY_LINE], size_t *len, struct str text)
{
    *len += str_escape(line + *len, LIMIT_POLICY_LINE - *len, text);
}

/* fence.log(level, message [, fields]) */
static int write_log(lua_State *lua)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    int level = luaL_checkoption(lua, 1, NULL, levels);
    const struct jail *jail = jail_of(lua);
    const struct policy_request *request = jail->shown;
    struct field fields[FIELDS];
    char line[LIMIT_POLICY_LINE];
    struct str message;
    size_t len = 0, count;

    jail_charge(lua, LOG_PRICE);
    message.bytes = luaL_checklstring(lua, 2, &message.len);
    count = read_fields(lua, fields);
    if (!request || !request->log)
        return 0; /* while it is loaded, and where nobody observes */
    append(line, &len, str_of(jail->policy));
    append(line, &len, STR(": "));
    append(line, &len, message);
    for (size_t i = 0; i < count; i++) {
        append(line, &len, STR(" "));
        append(line, &len, str_of(fields[i].name));
        append(line, &len, STR("="));
        append(line, &len, str_of(fields[i].value));
    }
    request->log(request->log_payload, levels[level], line);
    return 0;
}

void log_lua_add(lua_State *lua)
{
    lua_pushcfunction(lua, write_log);
    lua_setfield(lua, -2, "log");
}
