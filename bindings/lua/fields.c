/* SPDX-License-Identifier: Apache-2.0
 * fields.c - arguments as C wants them, and an error for every one that is not what it should be.
 *
 * Tables are read raw: a metamethod could change, between two looks, what was found right. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "binding.h"

static bool is_known(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

struct fields fields_of(lua_State *lua, int index, const char *function, const char *const *names)
{
    struct fields fields = {lua, lua_absindex(lua, index), function};

    if (!lua_istable(lua, index))
        luaL_error(lua, "%s: a table of named fields expected, got %s", function,
                   luaL_typename(lua, index));
    lua_pushnil(lua);
    while (lua_next(lua, fields.index)) {
        lua_pop(lua, 1);
        if (lua_type(lua, -1) != LUA_TSTRING)
            luaL_error(lua, "%s: fields have names; there is a %s for one", function,
                       luaL_typename(lua, -1));
        if (!is_known(lua_tostring(lua, -1), names))
            luaL_error(lua, "%s: unknown field '%s'", function, lua_tostring(lua, -1));
    }
    return fields;
}

int field_push(const struct fields *fields, const char *name)
{
    lua_pushstring(fields->lua, name);
    return lua_rawget(fields->lua, fields->index);
}

/* The string at the top of the stack. `name` may be an element's, and so is made here. */
static const char *top_text(lua_State *lua, const char *function, const char *name)
{
    size_t len;
    const char *text;

    if (lua_type(lua, -1) != LUA_TSTRING)
        luaL_error(lua, "%s: %s: string expected, got %s", function, name, luaL_typename(lua, -1));
    text = lua_tolstring(lua, -1, &len);
    if (strlen(text) != len)
        luaL_error(lua, "%s: %s: it has a NUL byte in it", function, name);
    return text;
}

const char *field_text(const struct fields *fields, const char *name, bool required)
{
    const char *text = NULL;

    if (field_push(fields, name) != LUA_TNIL || required)
        text = top_text(fields->lua, fields->function, name);
    lua_pop(fields->lua, 1);
    return text;
}

lua_Integer field_integer(const struct fields *fields, const char *name, lua_Integer least,
                          lua_Integer most)
{
    lua_State *lua = fields->lua;
    lua_Integer value;
    int exact = 0;

    if (field_push(fields, name) != LUA_TNUMBER)
        luaL_error(lua, "%s: %s: integer expected, got %s", fields->function, name,
                   luaL_typename(lua, -1));
    value = lua_tointegerx(lua, -1, &exact);
    if (!exact || value < least || value > most)
        luaL_error(lua, "%s: %s: an integer from %I to %I expected", fields->function, name,
                   (LUAI_UACINT)least, (LUAI_UACINT)most);
    lua_pop(lua, 1);
    return value;
}

bool field_function(const struct fields *fields, const char *name)
{
    int type = field_push(fields, name);

    if (type != LUA_TNIL && type != LUA_TFUNCTION)
        luaL_error(fields->lua, "%s: %s: function expected, got %s", fields->function, name,
                   luaL_typename(fields->lua, -1));
    return type == LUA_TFUNCTION;
}

/* A callback of the library may change the list while the library still reads from it: a table of
 * our own holds the strings. */
const char **list_of_texts(lua_State *lua, const char *function, const char *name, size_t *count)
{
    int list = lua_absindex(lua, -1);
    const char **texts;
    char element[64];

    if (!lua_istable(lua, list))
        luaL_error(lua, "%s: %s: list of strings expected, got %s", function, name,
                   luaL_typename(lua, list));
    *count = lua_rawlen(lua, list);
    texts = lua_newuserdatauv(lua, (*count + 1) * sizeof *texts, 1);
    lua_newtable(lua);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(lua, list, (lua_Integer)i + 1);
        snprintf(element, sizeof element, "%s[%zu]", name, i + 1);
        texts[i] = top_text(lua, function, element);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    texts[*count] = NULL;
    lua_setiuservalue(lua, -2, 1);
    lua_replace(lua, list);
    return texts;
}

const char *const *field_list(const struct fields *fields, const char *name)
{
    size_t count;

    if (field_push(fields, name) == LUA_TNIL)
        return NULL;
    return list_of_texts(fields->lua, fields->function, name, &count);
}

const char *text_argument(lua_State *lua, int index)
{
    size_t len;
    const char *text;

    luaL_checktype(lua, index, LUA_TSTRING);
    text = lua_tolstring(lua, index, &len);
    luaL_argcheck(lua, strlen(text) == len, index, "it has a NUL byte in it");
    return text;
}

int descriptor_at(lua_State *lua, int index)
{
    const luaL_Stream *file = luaL_testudata(lua, index, LUA_FILEHANDLE);
    lua_Integer fd;
    int exact = 0;

    if (file)
        return file->closef ? fileno(file->f) : -1;
    fd = lua_type(lua, index) == LUA_TNUMBER ? lua_tointegerx(lua, index, &exact) : -1;
    return exact && fd >= 0 && fd <= INT_MAX ? (int)fd : -1;
}
