/* SPDX-License-Identifier: Apache-2.0
 * policy_lua.h - the Lua side of policies: what their files see. Private to core/policy. All of it
 * runs inside jail_run() and may raise. */
#ifndef FENCE_POLICY_POLICY_LUA_H
#define FENCE_POLICY_POLICY_LUA_H

#include <lua.h>

#include "policy/policy.h"

struct verdict { /* a userdata of its own kind */
    enum policy_answer answer;
    char message[sizeof((fence_decision *)0)->message]; /* without control characters */
};

/* The value at `index` as a verdict, or NULL when it is none. */
const struct verdict *verdict_at(lua_State *lua, int index);

/* Makes the metatables of all kinds of values below: once for a state, before any policy is loaded.
 * One that stayed half made, where memory is short, would stand open to the next policy. */
void fence_lua_make_kinds(lua_State *lua);
void matcher_lua_make_kinds(lua_State *lua);
void rate_lua_make_kind(lua_State *lua);
void request_lua_make_kind(lua_State *lua);
void headers_lua_make_kind(lua_State *lua);

/* Pushes the library that `require "fence"` gives: one of its own for each policy. `config`: what
 * fence.config shows; or NULL. */
void fence_lua_push(lua_State *lua, const fence_config *config);

/* Makes a misspelt name in that library an error. */
void fence_lua_seal(lua_State *lua);

/* Adds fence.domains, fence.cidrs and fence.glob to the table at the top. */
void matcher_lua_add(lua_State *lua);

/* Adds fence.rate. */
void rate_lua_add(lua_State *lua);

/* Adds fence.config: a copy of what the settings have under "policy". */
void config_lua_add(lua_State *lua, const fence_config *config);

/* Adds fence.log. */
void log_lua_add(lua_State *lua);

/* Makes the metatable of a kind of userdata: one method, which nobody changes, and `collect` to
 * free what it holds, or NULL. */
void policy_lua_make_kind(lua_State *lua, const char *kind, const char *method,
                          lua_CFunction function, lua_CFunction collect);

/* Pushes what jail.shown is, a struct policy_request. It is dead once that is something else. */
void request_lua_push(lua_State *lua);

/* Pushes a list of the texts, which end with NULL. */
void record_lua_push_texts(lua_State *lua, const char *const *texts);

/* Finishes the table at the top; `names` are all of its fields, and static. */
void record_lua_seal(lua_State *lua, const char *what, const char *const *names);

/* Pushes the headers of a request, for its field of that name. */
void headers_lua_push(lua_State *lua, int request_index);

/* The live request behind the box at `index`; raises when it is over. */
const struct policy_request *request_lua_check(lua_State *lua, int index);

/* Pushes require() for a policy whose files lie in `folder` (NULL: it has none), with its globals
 * at `globals`. */
void require_lua_push(lua_State *lua, const char *folder, int globals, const fence_config *config);

/* Notes that this file was read for the set. Returns 0, or -ENOMEM. Raises nothing. */
int policy_note_file(fence_policy *policy, const char *path);

/* Raises "WHAT has no 'NAME'", with the nearest of `names` (the last one is NULL). */
int raise_unknown(lua_State *lua, const char *what, const char *name, const char *const *names);

#endif
