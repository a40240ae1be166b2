/* SPDX-License-Identifier: Apache-2.0
 * matcher_lua.c - fence.domains, fence.cidrs and fence.glob: lists compiled once, and asked in time
 * that does not depend on how long they are, by the code that serves the settings. */
#include <errno.h>
#include <lauxlib.h>

#include "filter/domains.h"
#include "filter/glob.h"
#include "policy/jail.h"
#include "policy/policy_lua.h"

static const char DOMAINS[] = "fence.domains", CIDRS[] = "fence.cidrs", GLOB[] = "fence.glob";

#define RULE_PRICE                                                                                 \
    100 /* instructions for a rule; it takes some 100 bytes outside of Lua's memory */

struct set {
    struct domains *domains;
    size_t held; /* bytes of the jail's memory */
};

/* ---- sets ---- */

static int free_set(lua_State *lua)
{
    struct set *set = lua_touserdata(lua, 1);

    domains_free(set->domains);
    set->domains = NULL;
    jail_of(lua)->used -= set->held;
    set->held = 0;
    return 0;
}

static void add_rule(lua_State *lua, const char *what, struct domains *domains, lua_Integer index)
{
    struct cidr network;
    struct str rule;
    const char *why = NULL;
    int rc = -EINVAL;

    luaL_argcheck(lua, lua_rawgeti(lua, 1, index) == LUA_TSTRING, 1, "a list of strings");
    rule.bytes = lua_tolstring(lua, -1, &rule.len);
    if (what == CIDRS)
        why = cidr_parse(&network, rule);
    if (!why)
        rc = domains_add(domains, rule, (uint32_t)index - 1, &why);
    if (rc == -EINVAL) {
        char shown[80];

        str_escape(shown, sizeof shown, rule);
        luaL_error(lua, "%s: '%s': %s", what, shown, why);
    }
    if (rc < 0)
        jail_overrun(lua, "out of memory");
    lua_pop(lua, 1);
}

static int make_set(lua_State *lua, const char *kind)
{
    lua_Integer count;
    struct set *set;

    luaL_checktype(lua, 1, LUA_TTABLE);
    count = (lua_Integer)lua_rawlen(lua, 1);
    jail_charge(lua, ((double)count + 1) * RULE_PRICE);
    set = lua_newuserdatauv(lua, sizeof *set, 0);
    set->domains = NULL;
    set->held = 0;
    luaL_setmetatable(lua, kind); /* from here on it is freed, come what may */
    set->domains = domains_new((size_t)count);
    if (!set->domains)
        return jail_overrun(lua, "out of memory");
    for (lua_Integer i = 1; i <= count; i++)
        add_rule(lua, kind, set->domains, i);
    if (domains_compile(set->domains) < 0)
        return jail_overrun(lua, "out of memory");
    jail_hold(lua, domains_memory(set->domains));
    set->held = domains_memory(set->domains);
    return 1;
}

static int make_domains(lua_State *lua)
{
    return make_set(lua, DOMAINS);
}

static int make_cidrs(lua_State *lua)
{
    return make_set(lua, CIDRS);
}

/* set:match(host [, port]): what is no host matches nothing. */
static int match_domains(lua_State *lua)
{
    struct set *set = luaL_checkudata(lua, 1, DOMAINS);
    lua_Integer port = luaL_optinteger(lua, 3, 0);
    struct host host;
    struct str text;

    text.bytes = luaL_checklstring(lua, 2, &text.len);
    luaL_argcheck(lua, port >= 0 && port <= UINT16_MAX, 3, "a port");
    jail_charge(lua, (double)text.len / 8);
    lua_pushboolean(lua, !host_parse_bare(&host, text) &&
                             domains_match(set->domains, &host, (uint16_t)port) != DOMAINS_NO_RULE);
    return 1;
}

static bool has_addr(const struct domains *domains, const struct addr *addr)
{
    return domains_match_addr(domains, addr, 0) != DOMAINS_NO_RULE;
}

/* As the settings do it: also for the IPv4 address that another one carries inside. */
static int match_cidrs(lua_State *lua)
{
    struct set *set = luaL_checkudata(lua, 1, CIDRS);
    struct addr inside;
    struct host host;
    struct str text;

    text.bytes = luaL_checklstring(lua, 2, &text.len);
    lua_pushboolean(lua,
                    !host_parse_bare(&host, text) && host.is_addr &&
                        (has_addr(set->domains, &host.addr) ||
                         (addr_embedded(&inside, &host.addr) && has_addr(set->domains, &inside))));
    return 1;
}

/* ---- patterns ---- */

static int make_glob(lua_State *lua)
{
    size_t len;
    const char *pattern = luaL_checklstring(lua, 1, &len);

    luaL_argcheck(lua, len > 0 && len <= LIMIT_GLOB, 1, "a pattern of 1 to 256 bytes");
    memcpy(lua_newuserdatauv(lua, len, 0), pattern, len);
    luaL_setmetatable(lua, GLOB);
    return 1;
}

static int match_glob(lua_State *lua)
{
    struct str pattern = {luaL_checkudata(lua, 1, GLOB), lua_rawlen(lua, 1)}, text;

    text.bytes = luaL_checklstring(lua, 2, &text.len);
    jail_charge(lua, (double)text.len * (1 + (double)pattern.len / 8));
    lua_pushboolean(lua, glob_match(pattern, text));
    return 1;
}

/* ---- the library ---- */

void matcher_lua_make_kinds(lua_State *lua)
{
    policy_lua_make_kind(lua, DOMAINS, "match", match_domains, free_set);
    policy_lua_make_kind(lua, CIDRS, "match", match_cidrs, free_set);
    policy_lua_make_kind(lua, GLOB, "match", match_glob, NULL);
}

void matcher_lua_add(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"domains", make_domains}, {"cidrs", make_cidrs}, {"glob", make_glob}, {0}};

    luaL_setfuncs(lua, functions, 0);
}
