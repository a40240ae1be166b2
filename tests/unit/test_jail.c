/* SPDX-License-Identifier: Apache-2.0
 * test_jail.c - every way out of the jail, and what comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include <lauxlib.h>

#include "base/limits.h"
#include "base/str.h"
#include "policy/jail.h"

struct script {
    const char *text;
    size_t len;
};

/* Runs as a policy would, and raises what it returns, in front of which stands "= ". */
static int run(lua_State *lua)
{
    const struct script *script = lua_touserdata(lua, 1);

    jail_push_globals(lua);
    if (luaL_loadbufferx(lua, script->text, script->len, "=x", "t") != LUA_OK)
        return lua_error(lua);
    lua_insert(lua, -2);
    lua_setupvalue(lua, -2, 1);
    lua_call(lua, 0, 1);
    jail_push_text(lua, -1);
    lua_pushfstring(lua, "= %s", lua_tostring(lua, -1));
    return lua_error(lua);
}

static struct jail *jail_new(void)
{
    struct jail *jail = NULL;
    fence_error err;

    assert_int_equal(jail_open(&jail, LIMIT_POLICY_MEMORY, &err), 0);
    return jail;
}

static void outcome(struct jail *jail, const char *text, char why[300])
{
    struct script script = {text, strlen(text)};

    assert_true(jail_run(jail, run, &script, LIMIT_POLICY_INSTRUCTIONS, why, 300) < 0);
}

#define OVER   "it took too " /* many instructions, or long; a busy machine decides which */
#define MEMORY "it took too much memory"

struct row {
    const char *name, *script, *outcome; /* how the outcome begins */
};

/* clang-format off */
static const struct row rows[] = {
    {"a value",                     "return 1 + 1", "= 2"},
    {"a host is matched",           "return ('api.github.com'):match('^([^.]+)%.github%.com$')", "= api"},
    {"two lazy repetitions",        "local h = ('a'):rep(120) .. '.' .. ('b'):rep(120) local a, b = h:match('^(.-)%.(.-)$') return #a + #b", "= 240"},
    {"a large table is sorted",     "local t = {} for i = 1, 10000 do t[i] = (i * 7919) % 10007 end table.sort(t) return t[1] .. t[5000]", "= 15004"},

    {"3K.191 a loop",               "while true do end", OVER},
    {"3K.191 a loop in pcall",      "local n = 0 while n < 5 do pcall(function() while true do end end) n = n + 1 end return n", OVER},
    {"3K.191 pcall of pcall",       "pcall(pcall, pcall, function() while true do end end) return 1", OVER},
    {"3K.191 a loop in __index",    "return setmetatable({}, {__index = function() while true do end end}).x", OVER},
    {"3K.191 a loop in __tostring", "return tostring(setmetatable({}, {__tostring = function() while true do end end}))", OVER},
    {"3K.191 a loop in __close",    "local x <close> = setmetatable({}, {__close = function() while true do end end}) return 1", OVER},
    {"3K.191 many of them",         "local mt = {__close = function() while true do end end} local function f(n) local x <close> = setmetatable({}, mt) if n > 0 then f(n - 1) end while true do end end f(150)", OVER},
    {"3K.191 and in each a pcall",  "local mt = {__close = function() pcall(function() while true do end end) end} local function f(n) local x <close> = setmetatable({}, mt) if n > 0 then return (f(n - 1)) end while true do end end f(150)", OVER},
    {"3K.191 __gc",                 "setmetatable({}, {__gc = function() while true do end end})", "x:1: a policy has no __gc"},
    {"3K.191 __gc that comes later", "local mt = {} setmetatable({}, mt) mt.__gc = function() error('ran') end for i = 1, 1e4 do local t = {} end return 1", "= 1"},
    {"3K.191 sort's comparator",    "table.sort({1, 2, 3}, function() while true do end end)", OVER},
    {"3K.191 gsub's callback",      "return (('x'):gsub('x', function() while true do end end))", OVER},
    {"3K.192 backtracking",         "return (('a'):rep(400)):find('.-.-.-b')", OVER},
    {"3K.192 on a host",            "return string.find(('a'):rep(253), ('.-'):rep(8) .. 'b')", OVER},
    {"3K.192 options",              "return (('a'):rep(28)):find(('a?'):rep(28) .. ('a'):rep(28))", OVER},
    {"3K.192 %b, not anchored",     "return (('('):rep(60000)):find('%b()')", OVER},
    {"3K.192 a back reference",     "return (('a'):rep(20000)):find('(a*)%1b')", OVER},
    {"3K.192 gmatch with '^'",      "for x in (('a'):rep(3000)):gmatch('^.-.-b') do end", OVER},
    {"3K.192 gsub",                 "return (('a'):rep(3000)):gsub('.-.-b', '')", OVER},
    {"3K.192 a plain search",       "local s = ('a'):rep(1 << 20) for i = 1, 1e6 do s:find(('a'):rep(60) .. 'b', 1, true) end", OVER},
    {"rep of nothing",              "return #string.rep('', 1 << 40)", OVER},
    {"rep by a method",             "return #(''):rep(1 << 40)", OVER},
    {"rep of a gigabyte",           "return #('x'):rep(1 << 30)", OVER},
    {"insert in front",             "local t = {} for i = 1, 20000 do t[i] = 1 end for i = 1, 90000 do table.insert(t, 1, 0) end", OVER},
    {"remove in front",             "local t = {} for i = 1, 20000 do t[i] = 1 end for i = 1, 90000 do table.remove(t, 1) end", OVER},
    {"a length that is a lie",      "table.insert(setmetatable({}, {__len = function() return 1 << 40 end}), 1, 0)", "x:1: bad argument #1: a table with __len"},
    {"a table that is a lie",       "table.concat(setmetatable({}, {__index = {'a'}}), '', 1, 1 << 40)", "x:1: bad argument #1: a table with __index"},
    {"sort of long strings",        "local a = {} for i = 1, 7 do a[i] = ('x'):rep(1 << 20) .. i end while true do table.sort(a) end", OVER},
    {"comparing long strings",      "local a, b = ('x'):rep(1 << 20) .. '1', ('x'):rep(1 << 20) .. '1' local n = 0 while true do if a == b then n = n + 1 end end", OVER},
    {"long strings in order",       "local a, b = ('x'):rep(1 << 20) .. '1', ('x'):rep(1 << 20) .. '2' while true do if a > b then return end end", OVER},
    {"holes",                       "local t = {} for i = 1, 60000 do t[i] = 1 end for i = 1, 60000 do t[i] = nil end while true do next(t) end", OVER},
    {"utf8 over and over",          "local s = ('x'):rep(1 << 20) while true do utf8.len(s) end", OVER},
    {"upper over and over",         "local s = ('x'):rep(1 << 20) while true do s:upper() end", OVER},
    {"concatenation over and over", "local s = ('x'):rep(1 << 20) while true do local t = s .. 'y' end", OVER},
    {"a number of a million digits", "local s = ('0'):rep(1 << 20) while true do tonumber(s) end", OVER},

    {"behind %b[",                  "return ('[x' .. ('a'):rep(400)):find('%b[x' .. ('.-'):rep(5) .. 'b')", OVER},
    {"behind a set of ']'",         "return ('][' .. ('a'):rep(400)):find('[]%b]%[' .. ('.-'):rep(5) .. 'b')", OVER},
    {"behind a set of '^]'",        "return ('x[' .. ('a'):rep(400)):find('[^]%b]%[' .. ('.-'):rep(5) .. 'b')", OVER},
    {"a set with all signs",        "return (('*+-?%b'):rep(9):find('^[]*+?%%b[-]*$'))", "= 1"},
    {"pcall as a callback",         "return (('a'):rep(1024):rep(500):gsub('.', pcall))", OVER},
    {"a long text",                 "return (('a'):rep(400000)):find(('a'):rep(200000) .. 'b')", OVER},
    {"a long set",                  "return (('a'):rep(400000)):find('[' .. ('b'):rep(200000) .. ']')", OVER},
    {"a long plain text",           "return (('a'):rep(200000)):find(('a'):rep(100000) .. 'b', 1, true)", OVER},
    {"gsub by a long text",         "return (('x'):rep(1000)):gsub('', ('%0'):rep(250000))", OVER},
    {"a price below nothing",       "table.concat({}, '', 1, -(1 << 62)) return (('a'):rep(400)):find('.-.-.-b')", OVER},
    {"concat behind the border",    "local t = {} for i = 2, 60000 do t[i] = '' end while true do table.concat(t, '', 2, 60000) end", OVER},
    {"unpack of nothing",           "while true do select('#', table.unpack({}, 1, 100000)) end", OVER},
    {"pack of nothing",             "local s = (' '):rep(1 << 20) while true do string.pack(s) end", OVER},
    {"digits in a sum",             "local s = ('1'):rep(1 << 20) while true do local n = s + 0 end", OVER},
    {"all of the stack in pcall",   "return select('#', pcall(table.unpack, {}, 1, 9999))", "= 10000"},

    {"3K.199 memory",               "local t = {} for i = 1, 1e6 do t[i] = {} end", OVER},
    {"3K.199 memory in pcall",      "pcall(function() local s = ('x'):rep(1 << 20) local t = {} for i = 1, 100 do t[i] = s .. i end end) return 1", OVER},
    {"one string of 3 MiB",         "return #('x'):rep(600000):rep(4)", MEMORY},

    {"3K.194 load",                 "return load", "x:1: nothing is called 'load' here"},
    {"3K.194 loadfile",             "return loadfile", "x:1: nothing is called 'loadfile' here"},
    {"3K.194 dofile",               "return dofile", "x:1: nothing is called 'dofile' here"},
    {"3K.194 bytecode",             "\33Lua", "attempt to load a binary chunk"},
    {"3K.194 string.dump",          "return string.dump", "= nil"},
    {"3K.194 by a method",          "return (''):dump()", "x:1: attempt to call a nil value (method 'dump')"},
    {"3K.195 io",                   "return io", "x:1: nothing is called 'io' here"},
    {"3K.195 os",                   "return os", "x:1: nothing is called 'os' here"},
    {"3K.195 package",              "return package", "x:1: nothing is called 'package' here"},
    {"3K.195 debug",                "return debug", "x:1: nothing is called 'debug' here"},
    {"3K.195 coroutine",            "return coroutine", "x:1: nothing is called 'coroutine' here"},
    {"3K.195 collectgarbage",       "return collectgarbage", "x:1: nothing is called 'collectgarbage' here"},
    {"3K.195 print",                "return print", "x:1: nothing is called 'print' here"},
    {"3K.195 xpcall",               "return xpcall", "x:1: nothing is called 'xpcall' here"},
    {"3K.195 _G",                   "return _G", "x:1: nothing is called '_G' here"},
    {"3K.195 table.move",           "return table.move", "= nil"},
    {"3K.195 math.randomseed",      "return math.randomseed", "= nil"},
    {"3K.196 a global",             "x = 1", "x:1: no globals here: write 'local x'"},
    {"3K.196 strings' metatable",   "return getmetatable('')", "= false"},
    {"3K.196 its methods",          "getmetatable('').__index.len = 1", "x:1: attempt to index a boolean value"},
    {"3K.196 _ENV's metatable",     "return getmetatable(_ENV)", "= false"},
    {"3K.196 another one",          "setmetatable(_ENV, {})", "x:1: cannot change a protected metatable"},
    {"3K.196 a library of its own", "string.lower = function() return 'mine' end return ('X'):lower()", "= x"},
    {"3K.196 addresses: tostring",  "return tostring({}) .. tostring(next) .. tostring(function() end)", "= tablefunctionfunction"},
    {"3K.196 addresses: %p",        "return ('%p'):format({})", "x:1: invalid conversion '%p'"},
    {"3K.196 addresses: %-20p",     "return ('%-20p'):format({})", "x:1: invalid conversion '%p'"},
    {"3K.196 addresses: %%p",       "return ('%%p'):format()", "= %p"},
    {"3K.196 addresses: %s",        "return ('%s %5.2s'):format({}, next)", "= table    fu"},
    {"3K.196 a name",               "return tostring(setmetatable({}, {__name = 'mine'}))", "= table"},
    {"3K.197 recursion",            "local function f() return 1 + f() end f()", OVER},
    {"3K.197 recursion in C",       "local function f() return (('x'):gsub('x', f)) end f()", "C stack overflow"},
    {"3K.197 recursion in pcall",   "local function f() return pcall(f) end return f()", "= "},
    {"3K.197 too many locals",      NULL, "x:1: too many local variables"},
    {"3K.197 parentheses",          NULL, "C stack overflow"},
    {"3K.199 an error is a table",  "error({})", "the error is no text but a table"},
    {"3K.199 an error is nil",      "error(nil)", "the error is no text but a nil"},
    {"3K.199 words that loop",      "error(setmetatable({}, {__tostring = function() while true do end end}))", "the error is no text but a table"},
    {"3K.199 words that are none",  "return tostring(setmetatable({}, {__tostring = function() return 1 end}))", "x:1: '__tostring' must return a string"},
    {"3K.199 a large error",        "error(('x'):rep(100000), 0)", "xxxx"},
    {"3K.207 an error in colours",  "error('\\27[31m\\n', 0)", "\\x1b[31m\\x0a"},
};
/* clang-format on */

static const char *script_of(const struct row *row, char *room, size_t size)
{
    size_t len = 0;

    if (row->script)
        return row->script;
    if (strstr(row->name, "locals")) {
        for (int i = 0; i < 256; i++)
            len += (size_t)snprintf(room + len, size - len, "local x%d ", i);
        return room;
    }
    memset(room, '(', size - 1);
    room[size - 1] = '\0';
    return room;
}

static double cpu_ms(void)
{
    return (double)clock() * 1000 / CLOCKS_PER_SEC;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOST_MS 2000
#else
#define MOST_MS 200 /* twenty is what is aimed at; other work of this machine counts, too */
#endif

static void test_rows(void **state)
{
    struct jail *jail = jail_new();
    static char room[100001];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        double begun = cpu_ms();
        char why[300];

        outcome(jail, script_of(&rows[i], room, sizeof room), why);
        if (strncmp(why, rows[i].outcome, strlen(rows[i].outcome)) != 0)
            fail_msg("%s: '%s'", rows[i].name, why);
        if (cpu_ms() - begun > MOST_MS)
            fail_msg("%s: %.0f ms", rows[i].name, cpu_ms() - begun);
        if (getenv("JAIL_TIMES"))
            print_message("%6.1f ms %s\n", cpu_ms() - begun, rows[i].name);
    }
    jail_close(jail);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
