/* SPDX-License-Identifier: Apache-2.0
 * policy.c - loads policies and asks them. All policies of an engine share a Lua state and its
 * limits; each has globals and libraries of its own. */
#include "policy/policy.h"

#include <errno.h>
#include <lauxlib.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/error.h"
#include "policy/jail.h"
#include "policy/policy_file.h"
#include "policy/policy_lua.h"

enum hook { ON_CONNECT, ON_REQUEST, ON_RESOLVE, HOOKS };

static const char *const hook_names[] = {"on_connect", "on_request", "on_resolve", NULL};

struct loaded {
    char name[64];
    int hooks[HOOKS]; /* in the registry; LUA_NOREF: none */
};

struct fence_policy {
    atomic_uint refs;
    struct jail *jail;
    struct loaded *list;
    size_t count;
    bool has[HOOKS]; /* does any? */
};

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
        free(policy->list);
        free(policy);
    }
    return NULL;
}

/* ---- loading ---- */

struct loading {
    const char *name;   /* of the file, as it was given, cut */
    const char *folder; /* NULL: it is no file               */
    const char *text;
    size_t len;
    struct loaded *loaded;
};

static bool is_hook(const char *key)
{
    for (size_t i = 0; hook_names[i]; i++) {
        if (strcmp(key, hook_names[i]) == 0)
            return true;
    }
    return false;
}

/* The table that the file returned, at the top: are all of its keys known? */
static void check_keys(lua_State *lua)
{
    static const char *const keys[] = {"name", "on_connect", "on_request", "on_resolve", NULL};

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
        if (lua_getfield(lua, -1, hook_names[hook]) == LUA_TNIL) {
            lua_pop(lua, 1);
            continue;
        }
        if (!lua_isfunction(lua, -1)) /* by __index: it is no key that check_keys() sees */
            luaL_error(lua, "'%s' must be a function, not a %s", hook_names[hook],
                       luaL_typename(lua, -1));
        loaded->hooks[hook] = luaL_ref(lua, LUA_REGISTRYINDEX);
    }
}

static int load(lua_State *lua)
{
    struct loading *loading = lua_touserdata(lua, 1);
    const char *base = strrchr(loading->name, '/');

    jail_push_globals(lua);
    require_lua_push(lua, loading->folder, -1);
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
    struct loaded *list = reallocarray(policy->list, policy->count + 1, sizeof *list);
    char why[400];

    if (!list)
        return fail(err, -ENOMEM, "out of memory");
    policy->list = list;
    loading->loaded = &list[policy->count];
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
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    else
        loading.folder = ".";
    return load_text(policy, &loading, err);
}

/* ---- asking ---- */

struct asking {
    fence_policy *policy;
    enum hook hook;
    const struct policy_request *request;
    fence_decision *out;
    enum policy_answer answer;
    size_t at; /* which policy is asked */
};

static fence_verdict verdict_of(enum policy_answer answer)
{
    switch (answer) {
    case POLICY_ALLOW:
        return FENCE_ALLOW;
    case POLICY_ASK:
        return FENCE_ASK;
    case POLICY_NO_OPINION:
    case POLICY_DENY:
        break;
    }
    return FENCE_DENY;
}

/* As snprintf("%s") does, in a tenth of its time. */
static void copy(char *out, size_t cap, const char *text)
{
    size_t len = strlen(text);

    if (len >= cap)
        len = cap - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static void decide(struct asking *asking, enum policy_answer answer, const char *message)
{
    fence_decision *out = asking->out;

    *out = (fence_decision){.verdict = verdict_of(answer),
                            .reason = answer == POLICY_ALLOW ? FENCE_REASON_NONE
                                                             : FENCE_REASON_REQUEST_DENIED};
    copy(out->rule, sizeof out->rule, "policy:");
    copy(out->rule + 7, sizeof out->rule - 7, asking->policy->list[asking->at].name);
    copy(out->message, sizeof out->message, message);
    asking->answer = answer;
}

/* Raises with the line where the hook at `index` begins: Lua knows none, for the hook is over. */
_Noreturn static void refuse_return(lua_State *lua, const struct asking *asking, int index,
                                    const char *what)
{
    lua_Debug hook;

    lua_pushvalue(lua, index);
    lua_getinfo(lua, ">S", &hook);
    luaL_error(lua,
               "%s:%d: %s returned %s: return fence.allow(), fence.deny(), fence.ask(\"...\") "
               "or nil",
               hook.short_src, hook.linedefined, hook_names[asking->hook], what);
    __builtin_unreachable(); /* luaL_error() does not return */
}

/* The first of the weightiest verdicts is the decision. The hook is at 3, what it returned above.
 */
static void take_verdict(lua_State *lua, struct asking *asking)
{
    bool many = lua_gettop(lua) > 4;
    const struct verdict *verdict;

    lua_settop(lua, 4); /* many leave no room on the stack */
    if (many)           /* the second one could be the deny that was meant */
        refuse_return(lua, asking, 3, "more than one value");
    if (lua_isnil(lua, 4))
        return;
    verdict = verdict_at(lua, 4);
    if (!verdict)
        refuse_return(lua, asking, 3, lua_pushfstring(lua, "a %s", luaL_typename(lua, 4)));
    if (verdict->answer <= asking->answer)
        return;
    decide(asking, verdict->answer, verdict->message);
}

static int ask_all(lua_State *lua)
{
    struct asking *asking = lua_touserdata(lua, 1);
    fence_policy *policy = asking->policy;

    request_lua_push(lua);
    for (; asking->at < policy->count && asking->answer != POLICY_DENY; asking->at++) {
        int hook = policy->list[asking->at].hooks[asking->hook];

        if (hook == LUA_NOREF)
            continue;
        policy->jail->policy = policy->list[asking->at].name;
        policy->jail->budget = LIMIT_POLICY_INSTRUCTIONS; /* each has its own */
        lua_rawgeti(lua, LUA_REGISTRYINDEX, hook);
        lua_pushvalue(lua, -1);
        lua_pushvalue(lua, 2);
        lua_call(lua, 1, LUA_MULTRET);
        take_verdict(lua, asking);
        lua_settop(lua, 2);
    }
    return 0;
}

static enum policy_answer ask(struct asking *asking)
{
    struct jail *jail = asking->policy->jail;
    char why[200], message[sizeof asking->out->message];
    int rc;

    if (!asking->policy->has[asking->hook])
        return POLICY_NO_OPINION;
    jail->shown = asking->request;
    jail->shows++;
    rc = jail_run(jail, ask_all, asking, LIMIT_POLICY_INSTRUCTIONS, why, sizeof why);
    jail->shown = NULL; /* who has kept it finds nothing */
    if (rc == 0)
        return asking->answer;
    snprintf(message, sizeof message, "policy error: %.180s", why);
    decide(asking, POLICY_DENY, message);
    return POLICY_DENY;
}

enum policy_answer policy_judge(fence_policy *policy, const struct policy_request *request,
                                fence_decision *out)
{
    struct asking asking = {.policy = policy,
                            .hook = request->judged->tunnel ? ON_CONNECT : ON_REQUEST,
                            .request = request,
                            .out = out};

    return ask(&asking);
}

enum policy_answer policy_resolved(fence_policy *policy, const struct policy_request *request,
                                   fence_decision *out)
{
    fence_decision decision;
    struct asking asking = {
        .policy = policy, .hook = ON_RESOLVE, .request = request, .out = &decision};
    enum policy_answer answer = ask(&asking);

    if (answer == POLICY_NO_OPINION || answer == POLICY_ALLOW)
        return POLICY_NO_OPINION; /* it may only tighten */
    *out = decision;
    return answer;
}

bool policy_wants_addresses(const fence_policy *policy)
{
    return policy && policy->has[ON_RESOLVE];
}

/* ---- the order of decision ---- */

void policy_decide(fence_decision *out, const struct fence_config *config, fence_policy *policy,
                   const struct policy_request *request)
{
    if (!policy) {
        rules_decide_request(out, config, request->judged);
        return;
    }
    if (rules_deny_request(out, config, request->judged) ||
        policy_judge(policy, request, out) != POLICY_NO_OPINION)
        return;
    rules_allow_request(out, config, request->judged);
}
