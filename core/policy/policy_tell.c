/* SPDX-License-Identifier: Apache-2.0
 * policy_tell.c - the hooks that are told: on_start, on_close, on_event, on_exit. An error in one
 * of them changes nothing but is said; the other policies are told all the same. */
#include <stdio.h>

#include "policy/policy_lua.h"
#include "policy/policy_set.h"
#include "proto/reason.h"

struct telling {
    fence_policy *policy;
    enum hook hook;
    const struct policy_request *shown; /* with its log at least */
    void (*push)(lua_State *lua, const void *what);
    const void *what;
    void (*hear)(lua_State *lua, struct telling *telling); /* what it returned; or NULL */
    size_t at;

    bool dropped; /* on_event */
    char *line;   /* its room, LIMIT_POLICY_LINE; or NULL */
};

static int tell_one(lua_State *lua)
{
    struct telling *telling = lua_touserdata(lua, 1);

    lua_rawgeti(lua, LUA_REGISTRYINDEX, telling->policy->list[telling->at].hooks[telling->hook]);
    telling->push(lua, telling->what);
    lua_call(lua, 1, 1);
    if (telling->hear)
        telling->hear(lua, telling);
    return 0;
}

static void say_error(const struct telling *telling, const char *why)
{
    char line[400];

    if (!telling->shown->log)
        return;
    snprintf(line, sizeof line, "%s: %s: %s", telling->policy->list[telling->at].name,
             policy_hook_names[telling->hook], why);
    telling->shown->log(telling->shown->log_payload, "error", line);
}

static void tell(struct telling *telling)
{
    fence_policy *policy = telling->policy;
    struct jail *jail = policy->jail;
    char why[200];

    if (jail->busy)
        return; /* what a hook logs is no event for hooks */
    for (telling->at = 0; telling->at < policy->count; telling->at++) {
        int rc;

        if (policy->list[telling->at].hooks[telling->hook] == LUA_NOREF)
            continue;
        jail->policy = policy->list[telling->at].name;
        jail->shown = telling->shown;
        jail->shows++;
        rc = jail_run(jail, tell_one, telling, LIMIT_POLICY_INSTRUCTIONS, why, sizeof why);
        jail->shown = NULL;
        if (rc < 0)
            say_error(telling, why);
    }
}

/* ---- what they are shown: tables of their own, in which a misspelt name is an error ---- */

static void push_run(lua_State *lua, const void *what)
{
    static const char *const names[] = {"id", "command", "cwd", NULL};
    const struct policy_run *run = what;

    lua_createtable(lua, 0, 3);
    lua_pushinteger(lua, (lua_Integer)run->id);
    lua_setfield(lua, -2, "id");
    record_lua_push_texts(lua, run->command.argv);
    lua_setfield(lua, -2, "command");
    lua_pushstring(lua, run->command.cwd);
    lua_setfield(lua, -2, "cwd");
    record_lua_seal(lua, "a run", names);
}

static void push_summary(lua_State *lua, const void *what)
{
    static const char *const names[] = {"id", "status", "duration", "allowed", "denied", NULL};
    const struct policy_summary *summary = what;

    lua_createtable(lua, 0, 5);
    lua_pushinteger(lua, (lua_Integer)summary->id);
    lua_setfield(lua, -2, "id");
    lua_pushinteger(lua, summary->status);
    lua_setfield(lua, -2, "status");
    lua_pushnumber(lua, (lua_Number)summary->duration_us / 1e6);
    lua_setfield(lua, -2, "duration");
    lua_pushinteger(lua, (lua_Integer)summary->allowed);
    lua_setfield(lua, -2, "allowed");
    lua_pushinteger(lua, (lua_Integer)summary->denied);
    lua_setfield(lua, -2, "denied");
    record_lua_seal(lua, "a summary", names);
}

static void push_closed(lua_State *lua, const void *what)
{
    (void)what; /* jail.shown */
    request_lua_push(lua);
}

static void push_event(lua_State *lua, const void *what)
{
    static const char *const names[] = {"kind",    "verdict", "rule", "reason",
                                        "message", "request", NULL};
    const fence_decision *decision = what;

    lua_createtable(lua, 0, 6);
    lua_pushliteral(lua, "decision");
    lua_setfield(lua, -2, "kind");
    lua_pushstring(lua, decision->verdict == FENCE_ALLOW ? "allow" : "deny");
    lua_setfield(lua, -2, "verdict");
    lua_pushstring(lua, decision->rule);
    lua_setfield(lua, -2, "rule");
    lua_pushstring(lua, reason_token(decision->reason));
    lua_setfield(lua, -2, "reason");
    lua_pushstring(lua, decision->message);
    lua_setfield(lua, -2, "message");
    request_lua_push(lua);
    lua_setfield(lua, -2, "request");
    record_lua_seal(lua, "an event", names);
}

/* false drops the event, a string takes the place of its line, nil leaves it. */
static void hear_line(lua_State *lua, struct telling *telling)
{
    struct str text;

    switch (lua_type(lua, -1)) {
    case LUA_TNIL:
        return;
    case LUA_TBOOLEAN:
        if (!lua_toboolean(lua, -1)) {
            telling->dropped = true;
            return;
        }
        break;
    case LUA_TSTRING:
        text.bytes = lua_tolstring(lua, -1, &text.len);
        str_escape(telling->line, LIMIT_POLICY_LINE, text);
        return;
    }
    luaL_error(lua, "it returned a %s: return false, a string or nil", luaL_typename(lua, -1));
}

/* ---- the moments ---- */

static bool has(const fence_policy *policy, enum hook hook)
{
    return policy && policy->has[hook];
}

bool policy_wants_close(const fence_policy *policy)
{
    return has(policy, ON_CLOSE);
}

bool policy_wants_events(const fence_policy *policy)
{
    return has(policy, ON_EVENT);
}

void policy_started(fence_policy *policy, const struct policy_run *run,
                    const struct policy_request *log)
{
    struct telling telling = {
        .policy = policy, .hook = ON_START, .shown = log, .push = push_run, .what = run};

    if (has(policy, ON_START))
        tell(&telling);
}

void policy_ended(fence_policy *policy, const struct policy_summary *summary,
                  const struct policy_request *log)
{
    struct telling telling = {
        .policy = policy, .hook = ON_EXIT, .shown = log, .push = push_summary, .what = summary};

    if (has(policy, ON_EXIT))
        tell(&telling);
}

void policy_closed(fence_policy *policy, const struct policy_request *request)
{
    struct telling telling = {
        .policy = policy, .hook = ON_CLOSE, .shown = request, .push = push_closed};

    if (has(policy, ON_CLOSE))
        tell(&telling);
}

bool policy_reported(fence_policy *policy, const struct policy_request *request,
                     const fence_decision *decision, char line[LIMIT_POLICY_LINE])
{
    struct telling telling = {.policy = policy,
                              .hook = ON_EVENT,
                              .shown = request,
                              .push = push_event,
                              .what = decision,
                              .hear = hear_line,
                              .line = line};

    line[0] = '\0';
    if (has(policy, ON_EVENT))
        tell(&telling);
    return !telling.dropped;
}
