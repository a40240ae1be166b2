/* SPDX-License-Identifier: Apache-2.0
 * jail_string.c - a policy's string library: every function that may take long has a price, asked
 * for before it begins. */
#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "policy/jail.h"

/* ---- patterns ---- */

/* base^exponent; beyond every budget it is no matter how much. */
static double raised(double base, unsigned exponent)
{
    double product = 1;

    while (exponent-- > 0 && product < 1e18)
        product *= base;
    return product;
}

/* Where the set that begins before `at` ends, as Lua sees it: behind '[' or '[^' stands a member,
 * even when it is ']'. A reading of its own would be a price of its own. */
static size_t set_end(const char *pattern, size_t len, size_t at)
{
    at += at < len && pattern[at] == '^';
    do {
        at += at < len && pattern[at] == '%' ? 2 : 1;
    } while (at < len && pattern[at] != ']');
    return at;
}

/* An upper bound of how often the matcher can go back: length to the power of the repetitions (and
 * of %b, %1 to %9, and of where it may begin), times two to the power of the options; and at each
 * step it may read as much of the pattern as there is: a text, or a set. */
static double pattern_price(const char *pattern, size_t len, size_t subject, bool may_anchor)
{
    unsigned power = may_anchor && len > 0 && pattern[0] == '^' ? 0 : 1, options = 0;

    for (size_t i = 0; i < len; i++) {
        char c = pattern[i];

        if (c == '%') {
            i++;
            if (i < len && (pattern[i] == 'b' || (pattern[i] >= '1' && pattern[i] <= '9')))
                power++;
            if (i < len && pattern[i] == 'b')
                i += 2; /* what it balances: a '[' there begins no set */
        } else if (c == '[') {
            i = set_end(pattern, len, i + 1);
        } else if (i > 0 && (c == '*' || c == '+' || c == '-')) {
            power++;
        } else if (i > 0 && c == '?') {
            options++;
        }
    }
    return raised((double)(subject + 1), power > 0 ? power : 1) * raised(2, options) *
               (1 + (double)len / 8) +
           (double)len;
}

static int match(lua_State *lua, bool may_anchor)
{
    size_t subject, len;
    const char *pattern;

    luaL_checklstring(lua, 1, &subject);
    pattern = luaL_checklstring(lua, 2, &len);
    jail_charge(lua, pattern_price(pattern, len, subject, may_anchor));
    return jail_go_on(lua);
}

static int anchored(lua_State *lua)
{
    return match(lua, true);
}

static int each_match(lua_State *lua) /* gmatch takes '^' for a letter */
{
    return match(lua, false);
}

/* Each match, of which the last argument may allow fewer, reads all of a replacement that is text.
 */
static int substitute(lua_State *lua)
{
    size_t subject, len = 0;
    double times;

    luaL_checklstring(lua, 1, &subject);
    times = (double)luaL_optinteger(lua, 4, (lua_Integer)subject + 1);
    if (lua_isstring(lua, 3))
        lua_tolstring(lua, 3, &len);
    times = times < (double)subject + 1 ? times : (double)subject + 1;
    if (times > 0)
        jail_charge(lua, times * (double)len / 4);
    return match(lua, true);
}

/* find(s, text, at, true) is a search, and cheap. */
static int find(lua_State *lua)
{
    size_t subject, len;

    if (!lua_toboolean(lua, 4))
        return match(lua, true);
    luaL_checklstring(lua, 1, &subject);
    luaL_checklstring(lua, 2, &len);
    jail_charge(lua, (double)subject * ((double)(len < 64 ? len + 1 : 64) / 16 + (double)len / 64));
    return jail_go_on(lua);
}

/* ---- lengths ---- */

static int by_length(lua_State *lua)
{
    size_t len;

    luaL_checklstring(lua, 1, &len);
    jail_charge(lua, (double)len / 8);
    return jail_go_on(lua);
}

static int repeat(lua_State *lua)
{
    lua_Integer times = luaL_checkinteger(lua, 2);
    size_t len, between;

    luaL_checklstring(lua, 1, &len);
    luaL_optlstring(lua, 3, "", &between);
    if (times > 0)
        jail_charge(lua, (double)times * (1 + (double)(len + between) / 16) / 2);
    return jail_go_on(lua);
}

/* "%s" of a table would show where it lies, and "%p" does nothing else. */
static int format(lua_State *lua)
{
    int arguments = lua_gettop(lua);
    double price = 0;
    size_t len;
    const char *form = luaL_checklstring(lua, 1, &len);

    for (size_t i = 0; i + 1 < len; i++) {
        if (form[i] != '%')
            continue;
        i++;
        while (i < len && form[i] != '\0' && memchr("-+ #0123456789.", form[i], 15))
            i++;
        if (i < len && form[i] == 'p')
            return luaL_error(lua,
                              "invalid conversion '%%p' to 'format': a policy sees no address");
    }
    for (int i = 2; i <= arguments; i++) {
        size_t part = 0;

        if (!lua_isnil(lua, i) && !lua_isboolean(lua, i) && lua_type(lua, i) != LUA_TNUMBER) {
            jail_push_text(lua, i);
            lua_replace(lua, i);
        }
        if (lua_type(lua, i) == LUA_TSTRING)
            lua_tolstring(lua, i, &part);
        price += (double)part / 8 + 16;
    }
    jail_charge(lua, price + (double)len / 8);
    return jail_go_on(lua);
}

/* ---- the library ---- */

void jail_push_string(lua_State *lua)
{
    static const struct {
        const char *name;
        lua_CFunction charge; /* NULL: it takes no longer than its result is long */
    } functions[] = {
        {"byte", by_length},    {"char", NULL},       {"find", find},          {"format", format},
        {"gmatch", each_match}, {"gsub", substitute}, {"len", NULL},           {"lower", by_length},
        {"match", anchored},    {"pack", by_length},  {"packsize", by_length}, {"rep", repeat},
        {"reverse", by_length}, {"sub", NULL},        {"unpack", by_length},   {"upper", by_length},
    };

    luaL_requiref(lua, "string", luaopen_string, 0);
    lua_createtable(lua, 0, ARRAY_LEN(functions));
    for (size_t i = 0; i < ARRAY_LEN(functions); i++) {
        lua_getfield(lua, -2, functions[i].name);
        lua_setfield(lua, -2, functions[i].name);
        if (functions[i].charge)
            jail_wrap(lua, functions[i].name, functions[i].charge);
    }
    lua_remove(lua, -2);
}

/* ("x"):rep() finds a copy of its own: whatever a policy does to its library, no other is harmed.
 */
void jail_lock_strings(lua_State *lua)
{
    lua_pushliteral(lua, "");
    luaL_requiref(lua, "string", luaopen_string, 0); /* gives strings a metatable */
    lua_pop(lua, 1);
    lua_getmetatable(lua, -1);
    jail_push_string(lua);
    lua_setfield(lua, -2, "__index");
    lua_pushboolean(lua, 0);
    lua_setfield(lua, -2, "__metatable");
    lua_pop(lua, 2);
}
