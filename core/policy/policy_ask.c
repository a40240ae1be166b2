/* SPDX-License-Identifier: Apache-2.0
 * policy_ask.c - the hooks that decide: on_connect, on_request, on_resolve, on_exec. */
#include <stdio.h>

#include "policy/policy_lua.h"
#include "policy/policy_set.h"

/* ---- asking ---- */

struct asking {
    fence_policy *policy;
    enum hook hook;
    const struct policy_request *request;
    const struct policy_command *command; /* on_exec; else NULL */
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
               hook.short_src, hook.linedefined, policy_hook_names[asking->hook], what);
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

static void push_command(lua_State *lua, const struct policy_command *command)
{
    static const char *const names[] = {"argv", "line", "cwd", NULL};
    luaL_Buffer line;

    lua_createtable(lua, 0, 3);
    record_lua_push_texts(lua, command->argv);
    lua_setfield(lua, -2, "argv");
    luaL_buffinit(lua, &line);
    for (int i = 0; command->argv[i]; i++) {
        luaL_addstring(&line, i > 0 ? " " : "");
        luaL_addstring(&line, command->argv[i]);
    }
    luaL_pushresult(&line);
    lua_setfield(lua, -2, "line");
    lua_pushstring(lua, command->cwd);
    lua_setfield(lua, -2, "cwd");
    if (command->pid > 0) {
        lua_pushinteger(lua, command->pid);
        lua_setfield(lua, -2, "pid");
    }
    record_lua_seal(lua, "a command", names);
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
        if (asking->command) /* a table for each: none changes it for the next */
            push_command(lua, asking->command);
        else
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
    if (jail->busy) { /* it would be taken for the call that is under way */
        decide(asking, POLICY_DENY, "policy error: it was asked from within one of its own hooks");
        return POLICY_DENY;
    }
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

enum policy_answer policy_exec(fence_policy *policy, const struct policy_command *command,
                               const struct policy_request *log, fence_decision *out)
{
    struct asking asking = {
        .policy = policy, .hook = ON_EXEC, .request = log, .command = command, .out = out};

    return ask(&asking);
}

bool policy_wants_execs(const fence_policy *policy)
{
    return policy && policy->has[ON_EXEC];
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
