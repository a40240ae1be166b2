/* SPDX-License-Identifier: Apache-2.0
 * binding.h - what the files of the Lua module share.
 *
 * A Lua error is a longjmp, which must not cross a C frame of the library. So whatever can raise is
 * done before the library is called or after, and what a callback does it does under lua_pcall():
 * callback_run(). */
#ifndef FENCE_BINDING_H
#define FENCE_BINDING_H

#include <fence/fence.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#define CONFIG_TYPE  "fence.config"
#define POLICY_TYPE  "fence.policy"
#define ENGINE_TYPE  "fence.engine"
#define SANDBOX_TYPE "fence.sandbox"

/* ---- module.c ---- */

int luaopen_fence(lua_State *lua);

/* Makes a type once for each Lua state; `meta` may be NULL, and so may be `methods`. */
void type_define(lua_State *lua, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

/* nil and the message: how a function fails where that is nobody's mistake. */
int push_failure(lua_State *lua, const fence_error *error);

/* ---- fields.c: arguments. Each raises one line that names the function and the field ---- */

/* The one table that holds the named arguments of `function`. */
struct fields {
    lua_State *lua;
    int index; /* absolute */
    const char *function;
};

/* The table at `index` with fields of these names and no others. */
struct fields fields_of(lua_State *lua, int index, const char *function, const char *const *names);

/* Pushes a field as it stands, without metamethods; returns its type. */
int field_push(const struct fields *fields, const char *name);

/* A string without a NUL byte, which C would take for its end; alive as long as the table keeps it.
 * NULL for nil, unless it is `required`. */
const char *field_text(const struct fields *fields, const char *name, bool required);

/* An integer from `least` to `most`. */
lua_Integer field_integer(const struct fields *fields, const char *name, lua_Integer least,
                          lua_Integer most);

/* Pushes a function or nil; returns whether it is a function. */
bool field_function(const struct fields *fields, const char *name);

/* A list of such strings, NULL-terminated, with a copy of its own of each: pushes what keeps it
 * alive. The list is at the top of the stack, and is taken off. */
const char **list_of_texts(lua_State *lua, const char *function, const char *name, size_t *count);

/* Such a list, which stays on the stack and is alive as long; NULL for nil. */
const char *const *field_list(const struct fields *fields, const char *name);

/* The string argument at `index`, without a NUL byte. */
const char *text_argument(lua_State *lua, int index);

/* The descriptor at `index`: a number, or an open file of the io library. -1: neither. */
int descriptor_at(lua_State *lua, int index);

/* ---- config.c, policies.c, decide.c ---- */

void config_define(lua_State *lua);
int config_make(lua_State *lua); /* fence.config{} */
fence_config *config_at(lua_State *lua, int index);

void policy_define(lua_State *lua);
int policy_make(lua_State *lua); /* fence.policy() */
/* NULL for nil. */
fence_policy *policy_or_nil_at(lua_State *lua, int index);

int decide(lua_State *lua); /* fence.decide(config, policy, request) */

/* ---- event.c ---- */

extern const char *const request_kinds[]; /* by fence_request_kind; ends with NULL */

void push_decision(lua_State *lua, const fence_decision *decision);
void push_event(lua_State *lua, const fence_event *event);
void push_request(lua_State *lua, const fence_request *request);

/* ---- callback.c: the way from Lua into the library, and back again ---- */

/* What an engine's userdata keeps in Lua: user values. */
enum {
    KEPT_CALLBACKS = 1, /* a table: what the library's payloads point at, and the functions */
    KEPT_ERROR,         /* what a callback raised, until run(), step() or close() raises it */
    KEPT_COUNT = KEPT_ERROR
};

struct engine {
    fence *fence; /* NULL once it is closed */
    /* Whose C function is in the library now, the engine at its index 1; NULL when none is. */
    lua_State *lua;
    bool failed;              /* there is a KEPT_ERROR, which may be nil */
    struct asking *forgotten; /* what nobody can answer any more, until it is denied */
};

/* The engine at index 1; raises when it is closed. */
struct engine *engine_at(lua_State *lua);

/* Around every call into the library that may call back; nothing between them raises. Returns what
 * is to be restored: a callback may be calling. */
lua_State *engine_enter(struct engine *engine, lua_State *lua);
void engine_leave(struct engine *engine, lua_State *outer);

/* Calls `work` protected, with the engine's KEPT_CALLBACKS at its index 1 and `payload`, a light
 * userdata, at 2. An error stops the engine, and is kept. */
void callback_run(struct engine *engine, lua_CFunction work, void *payload);

/* Raises what a callback has raised, if one has. The engine is at index 1. */
void callback_raise(struct engine *engine, lua_State *lua);

/* ---- ask.c ---- */

/* For fence_observer; the payload is the engine. */
void on_ask(fence_ask *ask, const fence_request *request, const char *message, void *payload);

/* Denies the questions whose answer was lost: the garbage collector, which notices, runs anywhere,
 * and must not call the library. With an engine that is closed it forgets them. */
void asks_deny_forgotten(struct engine *engine);

void asking_define(lua_State *lua);

/* ---- engine.c, serve.c, resolve.c, sandbox.c ---- */

void engine_define(lua_State *lua);
int engine_make(lua_State *lua); /* fence.new(config, options) */

int engine_listen(lua_State *lua);
int engine_port(lua_State *lua);
int engine_require_login(lua_State *lua);
int engine_limit_clients(lua_State *lua);
int engine_set_policy(lua_State *lua);
int engine_reload(lua_State *lua);
int engine_watch(lua_State *lua);
int engine_unwatch(lua_State *lua);
int engine_set_resolver(lua_State *lua);
int engine_spawn(lua_State *lua);

void question_define(lua_State *lua);
void sandbox_define(lua_State *lua);

#endif
