/* SPDX-License-Identifier: Apache-2.0
 * config.c - fence.config{ file = | text =, name =, extra = }: settings, read once. */
#include <stdio.h>

#include "binding.h"

fence_config *config_at(lua_State *lua, int index)
{
    fence_config *config = *(fence_config **)luaL_checkudata(lua, index, CONFIG_TYPE);

    luaL_argcheck(lua, config, index, "it has been collected"); /* whoever calls __gc by hand */
    return config;
}

static int config_gc(lua_State *lua)
{
    fence_config **config = luaL_checkudata(lua, 1, CONFIG_TYPE);

    *config = fence_config_unref(*config);
    return 0;
}

/* One of `extra`, which is at the top of the stack. */
static void read_setting(lua_State *lua, fence_setting *setting, size_t number)
{
    static const char *const names[] = {"origin", "key", "value", NULL};
    struct fields fields;
    char where[48];

    snprintf(where, sizeof where, "fence.config: extra[%zu]", number);
    fields = fields_of(lua, -1, where, names);
    setting->origin = field_text(&fields, "origin", true);
    setting->key = field_text(&fields, "key", true);
    setting->value = field_text(&fields, "value", true);
}

/* Pushes what holds the settings of `extra`. Their strings live in the tables of the argument. */
static const fence_setting *read_extra(const struct fields *fields, size_t *count)
{
    lua_State *lua = fields->lua;
    int type = field_push(fields, "extra");
    fence_setting *extra;

    *count = 0;
    if (type == LUA_TNIL)
        return NULL;
    if (type != LUA_TTABLE)
        luaL_error(lua, "fence.config: extra: list of tables expected, got %s",
                   luaL_typename(lua, -1));
    *count = lua_rawlen(lua, -1);
    extra = lua_newuserdatauv(lua, (*count + 1) * sizeof *extra, 0);
    for (size_t i = 0; i < *count; i++) {
        lua_rawgeti(lua, -2, (lua_Integer)i + 1);
        read_setting(lua, &extra[i], i + 1);
        lua_pop(lua, 1);
    }
    return extra;
}

int config_make(lua_State *lua)
{
    static const char *const names[] = {"file", "text", "template", "name", "extra", NULL};
    struct fields fields = fields_of(lua, 1, "fence.config", names);
    const char *file = field_text(&fields, "file", false);
    const char *template = field_text(&fields, "template", false);
    const char *name = field_text(&fields, "name", false);
    size_t len = 0, nextra;
    const fence_setting *extra = read_extra(&fields, &nextra);
    fence_config **config = lua_newuserdatauv(lua, sizeof(fence_config *), 0);
    const char *text = NULL;
    fence_error error;
    int rc;

    *config = NULL;
    luaL_setmetatable(lua, CONFIG_TYPE);
    if (field_push(&fields, "text") == LUA_TSTRING)
        text = lua_tolstring(lua, -1, &len); /* its length is said: any byte may be in it */
    else if (!lua_isnil(lua, -1))
        luaL_error(lua, "fence.config: text: string expected, got %s", luaL_typename(lua, -1));
    lua_pop(lua, 1);
    if ((file && text) || (template && (file || text)))
        luaL_error(lua, "fence.config: file, text and template: give one of them");
    if (name && !text)
        luaL_error(lua, "fence.config: name: it goes with text; a file has its own");
    if (template)
        rc = fence_config_template(config, template, extra, nextra, &error);
    else if (text)
        rc = fence_config_parse(config, name ? name : "text", text, len, extra, nextra, &error);
    else
        rc = fence_config_load(config, file, extra, nextra, &error);
    return rc < 0 ? push_failure(lua, &error) : 1;
}

static int config_policies(lua_State *lua)
{
    fence_config *config = config_at(lua, 1);
    const char *path;

    lua_newtable(lua);
    for (size_t i = 0; (path = fence_config_policy(config, i)); i++) {
        lua_pushstring(lua, path);
        lua_rawseti(lua, -2, (lua_Integer)i + 1);
    }
    return 1;
}

void config_define(lua_State *lua)
{
    static const luaL_Reg methods[] = {{"policies", config_policies}, {NULL, NULL}};
    static const luaL_Reg meta[] = {{"__gc", config_gc}, {NULL, NULL}};

    type_define(lua, CONFIG_TYPE, methods, meta);
}
