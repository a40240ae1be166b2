/* SPDX-License-Identifier: Apache-2.0
 * jail.h - a Lua state that can neither hang nor bloat its host, and the one door into it. Private
 * to core/policy.
 *
 * Work is counted in instructions: those of Lua, and an upper bound of what each library function
 * may do, charged before it does it. Memory is counted in bytes. Whoever reaches a limit is out:
 * the call ends, and no pcall inside sees it. */
#ifndef FENCE_POLICY_JAIL_H
#define FENCE_POLICY_JAIL_H

#include <fence/fence.h>
#include <lua.h>

#include "base/base.h"

struct jail {
    lua_State *lua;
    size_t used, limit;  /* bytes                                                     */
    int64_t budget;      /* instructions that are left of this call                   */
    int64_t time;        /* ns that it may take; a load has more than a hook          */
    int64_t wall_end;    /* monotonic, in ns; 0: this call is too short to ask        */
    int64_t cpu_end;     /* the same in CPU time of this thread                       */
    const void *shown;   /* what hooks are shown in this call; NULL: nothing          */
    fence_policy *set;   /* whose jail it is                                          */
    const char *policy;  /* whose hook it is                                          */
    uint64_t shows;      /* how many calls have shown something                       */
    uint32_t refusals;   /* how often this call may still be refused memory and go on */
    bool busy;           /* a call is under way: what it tells must not call again    */
    const char *overrun; /* the limit that this call has reached; NULL: none          */
};

/* Returns 0, or -ENOMEM. */
int jail_open(struct jail **out, size_t memory_limit, fence_error *err);
void jail_close(struct jail *jail); /* takes NULL */

/* Runs `work(payload)` in Lua: it may raise, allocate and call what policies define. Returns 0; or
 * -EACCES with the error's text in `why`, escaped and cut. Nothing is left on the stack. */
int jail_run(struct jail *jail, lua_CFunction work, void *payload, uint32_t instructions, char *why,
             size_t cap);

/* ---- for what runs inside: these may raise ---- */

static inline struct jail *jail_of(lua_State *lua)
{
    return *(struct jail **)lua_getextraspace(lua);
}

/* Takes so many instructions, or ends the call. */
void jail_charge(lua_State *lua, double instructions);

/* Counts memory that a value has outside of Lua, or ends the call. Its __gc takes it off `used`. */
void jail_hold(lua_State *lua, size_t bytes);

/* Ends the call because of a limit. */
int jail_overrun(lua_State *lua, const char *limit);

/* Pushes what a policy finds as its globals: a table of its own, which cannot be written to, over
 * the allowed functions. Libraries in it are copies of its own. */
void jail_push_globals(lua_State *lua);

/* Adds the value at the top, which is popped, to the globals below it. */
void jail_add_global(lua_State *lua, const char *name);

/* Pushes a policy's own copy of a library. */
void jail_push_string(lua_State *lua);
void jail_push_table(lua_State *lua);

/* Locks the metatable that all strings share. Once for a state. */
void jail_lock_strings(lua_State *lua);

/* As tostring(), without the address that Lua shows of what has no name. Pushes a string. */
void jail_push_text(lua_State *lua, int index);

/* Puts a function of the table at the top behind `charge`, which finds it as its first upvalue. */
void jail_wrap(lua_State *lua, const char *name, lua_CFunction charge);

/* For such a `charge`: goes on to the function with the arguments as they are. */
int jail_go_on(lua_State *lua);

#endif
