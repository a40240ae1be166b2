/* SPDX-License-Identifier: Apache-2.0
 * policy.c - loads policies. All policies of an engine share a Lua state and its limits; each has
 * globals and libraries of its own. */
#include "policy/policy.h"

#include <errno.h>
#include <stdio.h>

#include "base/error.h"
#include "filter/config.h"
#include "policy/policy_file.h"
#include "policy/policy_lua.h"
#include "policy/policy_set.h"

/* Of the table that a policy's file returns: the hooks in the order of their enum. */
static const char *const keys[] = {"name",     "on_connect", "on_request", "on_resolve", "on_exec",
                                   "on_start", "on_close",   "on_event",   "on_exit",    NULL};
_Static_assert(ARRAY_LEN(keys) == HOOKS + 2, "a hook without a name");

const char *const *const policy_hook_names = keys + 1;

/* ---- life ---- */

static int make_kinds(lua_State *lua)
{
    fence_lua_make_kinds(lua);
    return 0;
}

int fence_policy_new(fence_policy **out, fence_error *err)
{
    auto_free fence_policy *policy = calloc(1, sizeof *policy);
    char why[64];
    int rc;

    if (!policy)
        return fail(err, -ENOMEM, "out of memory");
    rc = jail_open(&policy->jail, LIMIT_POLICY_MEMORY, err);
    if (rc < 0)
        return rc;
    if (jail_run(policy->jail, make_kinds, NULL, LIMIT_POLICY_LOAD, why, sizeof why) < 0) {
        jail_close(policy->jail);
        return fail(err, -ENOMEM, "out of memory");
    }
    policy->jail->set = policy;
    atomic_init(&policy->refs, 1);
    *out = take(&policy);
    return 0;
}

fence_policy *fence_policy_ref(fence_policy *policy)
{
    atomic_fetch_add_explicit(&policy->refs, 1, memory_order_relaxed);
    return policy;
}

fence_policy *fence_policy_unref(fence_policy *policy)
{
    if (policy && atomic_fetch_sub_explicit(&policy->refs, 1, memory_order_acq_rel) == 1) {
        jail_close(policy->jail);
        for (size_t i = 0; i < policy->nfiles; i++)
            free(policy->files[i]);
        free(policy->files);
        free(policy->list);
        fence_config_unref(policy->config);
        free(policy);
    }
    return NULL;
}

void fence_policy_configure(fence_policy *policy, const fence_config *config)
{
    fence_config *old = policy->config;

    policy->config = fence_config_ref((fence_config *)(uintptr_t)config); /* only counted */
    fence_config_unref(old);
}

/* ---- the files that were read ---- */

int policy_note_file(fence_policy *policy, const char *path)
{
    char **files;

    for (size_t i = 0; i < policy->nfiles; i++) {
        if (strcmp(policy->files[i], path) == 0)
            return 0;
    }
    files = reallocarray(policy->files, policy->nfiles + 1, sizeof *files);
    if (!files)
        return -ENOMEM;
    policy->files = files;
    files[policy->nfiles] = strdup(path);
    if (!files[policy->nfiles])
        return -ENOMEM;
    policy->nfiles++;
    return 0;
}

const char *fence_policy_file(const fence_policy *policy, size_t index)
{
    return index < policy->nfiles ? policy->files[index] : NULL;
}

/* ---- loading ---- */

struct loading {
    const char *name;   /* of the file, as it was given, cut */
    const char *folder; /* NULL: it is no file               */
    const char *text;
    size_t len;
    const fence_config *config; /* as fence_policy.config */
    struct loaded *loaded;
};

static bool is_hook(const char *key)
{
    for (size_t i = 0; policy_hook_names[i]; i++) {
        if (strcmp(key, policy_hook_names[i]) == 0)
            return true;
    }
    return false;
}

/* The table that the file returned, at the top: are all of its keys known? */
static void check_keys(lua_State *lua)
{
    lua_pushnil(lua);
    while (lua_next(lua, -2)) {
        const char *key;

        if (lua_type(lua, -2) != LUA_TSTRING)
            luaL_error(lua, "a policy is a table of hooks, not a list");
        key = lua_tostring(lua, -2);
        if (strcmp(key, "name") != 0 && !is_hook(key))
            raise_unknown(lua, "a policy", key, keys);
        if (is_hook(key) && !lua_isfunction(lua, -1))
            luaL_error(lua, "'%s' must be a function, not a %s", key, luaL_typename(lua, -1));
        lua_pop(lua, 1);
    }
}

/* Its own name, or that of its file without ".lua". */
static void take_name(lua_State *lua, struct loading *loading)
{
    const char *base = strrchr(loading->name, '/');
    size_t len;

    base = base ? base + 1 : loading->name;
    len = strlen(base);
    if (len > 4 && strcmp(base + len - 4, ".lua") == 0)
        len -= 4;
    if (lua_getfield(lua, -1, "name") != LUA_TNIL) {
        if (lua_type(lua, -1) != LUA_TSTRING)
            luaL_error(lua, "'name' must be a string");
        base = lua_tolstring(lua, -1, &len);
    }
    if (len == 0 || len >= sizeof loading->loaded->name)
        luaL_error(lua, "a policy's name has 1 to 63 bytes");
    str_escape(loading->loaded->name, sizeof loading->loaded->name, (struct str){base, len});
    lua_pop(lua, 1);
}

static void take_hooks(lua_State *lua, struct loaded *loaded)
{
    for (int hook = 0; hook < HOOKS; hook++) {
        if (lua_getfield(lua, -1, policy_hook_names[hook]) == LUA_TNIL) {
            lua_pop(lua, 1);
            continue;
        }
        if (!lua_isfunction(lua, -1)) /* by __index: it is no key that check_keys() sees */
            luaL_error(lua, "'%s' must be a function, not a %s", policy_hook_names[hook],
                       luaL_typename(lua, -1));
        loaded->hooks[hook] = luaL_ref(lua, LUA_REGISTRYINDEX);
    }
}

static int load(lua_State *lua)
{
    struct loading *loading = lua_touserdata(lua, 1);
    const char *base = strrchr(loading->name, '/');

    jail_push_globals(lua);
    require_lua_push(lua, loading->folder, -1, loading->config);
    jail_add_global(lua, "require");
    lua_pushfstring(lua, "=%s", base ? base + 1 : loading->name);
    if (luaL_loadbufferx(lua, loading->text, loading->len, lua_tostring(lua, -1), "t") != LUA_OK)
        return lua_error(lua);
    lua_pushvalue(lua, 2);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    if (!lua_istable(lua, -1))
        return luaL_error(lua, "a policy returns a table of hooks, not a %s",
                          luaL_typename(lua, -1));
    check_keys(lua);
    take_name(lua, loading);
    take_hooks(lua, loading->loaded);
    return 0;
}

/* What Lua says begins with the file's last part; a person gave all of it. */
static int fail_load(fence_error *err, const char *name, const char *why)
{
    const char *base = strrchr(name, '/');
    size_t folder = base ? (size_t)(base + 1 - name) : 0, len;
    char shown[300], path[300];

    str_escape(shown, sizeof shown, str_of(name));
    str_escape(path, sizeof path, (struct str){name, folder});
    base = base ? base + 1 : name;
    len = strlen(base);
    if (strncmp(why, base, len) == 0 && why[len] == ':')
        return fail(err, FENCE_EPOLICY, "%s%s", path, why);
    return fail(err, FENCE_EPOLICY, "%s: %s", shown, why);
}

static int load_text(fence_policy *policy, struct loading *loading, fence_error *err)
{
    struct loaded *list;
    char why[400];

    if (policy->jail->busy)
        return fail(err, -EBUSY, "a policy cannot be loaded from within a hook of its set");
    list = reallocarray(policy->list, policy->count + 1, sizeof *list);
    if (!list)
        return fail(err, -ENOMEM, "out of memory");
    policy->list = list;
    loading->loaded = &list[policy->count];
    loading->config = policy->config;
    for (int hook = 0; hook < HOOKS; hook++)
        loading->loaded->hooks[hook] = LUA_NOREF;
    if (jail_run(policy->jail, load, loading, LIMIT_POLICY_LOAD, why, sizeof why) < 0) {
        for (int hook = 0; hook < HOOKS; hook++) /* those that were taken before it failed */
            luaL_unref(policy->jail->lua, LUA_REGISTRYINDEX, loading->loaded->hooks[hook]);
        return fail_load(err, loading->name, why);
    }
    for (int hook = 0; hook < HOOKS; hook++)
        policy->has[hook] = policy->has[hook] || loading->loaded->hooks[hook] != LUA_NOREF;
    policy->count++;
    return 0;
}

int fence_policy_load_buffer(fence_policy *policy, const char *name, const char *text, size_t len,
                             fence_error *err)
{
    struct loading loading = {.name = name, .text = text, .len = len};

    return load_text(policy, &loading, err);
}

int fence_policy_load(fence_policy *policy, const char *path, fence_error *err)
{
    auto_free char *room = malloc(LIMIT_POLICY_BYTES);
    auto_free char *folder = strdup(path);
    struct loading loading = {.name = path, .text = room, .folder = folder};
    char *slash;
    int rc;

    if (!room || !folder)
        return fail(err, -ENOMEM, "out of memory");
    rc = policy_file_read(room, &loading.len, path, err);
    if (rc < 0)
        return rc;
    if (policy_note_file(policy, path) < 0)
        return fail(err, -ENOMEM, "out of memory");
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    else
        loading.folder = ".";
    return load_text(policy, &loading, err);
}
