-- SPDX-License-Identifier: Apache-2.0
-- depth_spec.lua - 3K.197, 198, 199 and 201: what is too deep, too large or gone, and errors that
-- are no text. Nothing of it may end the proxy.

local jail = require "spec.support.jail"

local failed, over = "fence: policy error: p.lua:N: ", jail.over
local overflow = "fence: policy error: C stack overflow"
local before = [[
local function try(events) return setmetatable({}, events) end
local function garbage() local t = nil for i = 1, 100 do t = { t, ("g"):rep(i) } end end
]]

-- ---- 3K.197: depth ----

jail.describe("too deep:", {
  { "3K.197 recursion", "local function f() return 1 + f() end f()", over },
  { "3K.197 recursion with many values",
    "local function f(...) return 1, f(1, 2, 3, 4, 5, 6, 7, 8, ...) end f()", over },
  { "3K.197 gsub in its callback", "local function f() return (('x'):gsub('x', f)) end f()",
    overflow },
  { "3K.197 sort in its comparator",
    "local function f() table.sort({ 1, 2 }, f) return true end f()", overflow },
  { "3K.197 tostring in __tostring",
    "local t t = try { __tostring = function() return tostring(t) end } tostring(t)", overflow },
  { "3K.197 format in __tostring",
    "local t t = try { __tostring = function() return ('%s'):format(t) end } tostring(t)",
    overflow },
  { "3K.197 fence.log in __tostring", "local t t = try { __tostring = function() " ..
    "fence.log('info', 'x', { t = t }) return '' end } tostring(t)", overflow },
  { "3K.197 __index in __index", "local t t = try { __index = function() return t.x end } " ..
    "return t.x", failed .. "C stack overflow" },
  { "3K.197 __concat in __concat",
    "local t t = try { __concat = function() return t .. t end } return t .. t",
    failed .. "C stack overflow" },
  { "3K.197 __close in __close",
    "local function f() local x <close> = try { __close = f } end f()",
    failed .. "C stack overflow" },
  { "3K.197 __call of __call", "local t = {} for _ = 1, 300 do t = try { __call = t } end t()",
    failed .. "attempt to call a table value" },
  { "3K.197 pcall of pcall of pcall",
    "local n = 0 local function f() n = n + 1 return pcall(f) end f() return fence.deny('on')",
    "fence: on (policy:p)" },
  { "3K.197 pcall in pcall, each of which goes on",
    "local function f() pcall(f) pcall(f) end f()", over },
  { "3K.197 arguments", "select('#', table.unpack({}, 1, 1000000))",
    "fence: policy error: too many results to unpack" },
  { "3K.197 arguments of a callback", "pcall(table.unpack, {}, 1, 1 << 31) " ..
    "return fence.deny('on')", over },
  { "3K.197 captures", "('x'):find(('()'):rep(33))", "fence: policy error: too many captures" },
  { "3K.197 a pattern of 300 levels", "(('x'):rep(300)):find(('(x'):rep(31) .. (')'):rep(31))",
    "fence: fine " },
  { "3K.197 a pattern that needs the stack", "return (('a'):rep(300)):find(('a?'):rep(9) .. '-')",
    "fence: policy error: " },
  { "3K.197 pattern's own depth", "(('x'):rep(250)):find(('x?'):rep(250))", over },
  { "3K.197 a wide format", "('%99999d'):format(1)", "fence: policy error: invalid conversion" },
  { "3K.197 a precise format",
    "('%.99999f'):format(1)", "fence: policy error: invalid conversion" },
  { "3K.197 the widest that there is",
    "return fence.deny(tostring(#('%99.99f'):format(-1.7e308)))", "fence: 410 (policy:p)" },
  { "3K.197 a format without arguments", "(('%d'):rep(100000)):format()",
    "fence: policy error: bad argument #2 to" },
  { "3K.197 a packed size", "return fence.allow(string.packsize(('c214748364'):rep(99)))",
    "fence: policy error: bad argument #1 to" },
  { "3K.197 unpacking behind the end", "string.unpack('<i8', 'x', 1 << 40)",
    "fence: policy error: " },
  { "3K.197 unpacking a length that is a lie", "string.unpack('<s8', ('\\255'):rep(8))",
    "fence: policy error: " },
  { "3K.197 a letter of 2^31", "return fence.deny(tostring(#utf8.char(0x7FFFFFFF)))",
    "fence: 6 (policy:p)" },
  { "3K.197 beyond it", "utf8.char(-1)", failed .. "bad argument #1 to 'char'" },
  { "3K.197 the smallest by -1", "return fence.deny(tostring(math.mininteger // -1) .. " ..
    "tostring(math.mininteger % -1))", "fence: -92233720368547758080 (policy:p)" },
  { "3K.197 by zero", "return 1 // 0", failed .. "attempt to " },
  { "3K.197 a shift of 2^62", "return fence.deny(tostring(1 << (1 << 62)))",
    "fence: 0 (policy:p)" },
  { "3K.197 random of nothing", "math.random(2, 1)", failed .. "bad argument #1 to 'random'" },
  { "3K.197 an order that is none", "local t = {} for i = 1, 1000 do t[i] = i % 7 end " ..
    "table.sort(t, function() return true end)",
    "fence: policy error: invalid order function for sorting" },
  { "3K.197 an order of what cannot be compared", "table.sort({ 1, 'x', {} })",
    "fence: policy error: " },
  { "3K.197 next of a key that is not there", "next({}, 'x')",
    "fence: policy error: invalid key to 'next'" },
  { "3K.197 NaN for a key", "local t = {} t[0/0] = 1", failed .. "table index is NaN" },
}, before)

-- ---- 3K.198: what is gone ----

-- The known ways into Lua's freed memory: what the collector takes while somebody still looks.
jail.describe("what is gone:", {
  { "3K.198 a chunk's name, while the parser reads on (CVE-2025-49844)",
    "for _ = 1, 200 do pcall(require, ('x'):rep(60) .. _) garbage() end return fence.deny('on')",
    over },
  { "3K.198 an array that shrinks while it is unpacked (CVE-2024-46981)",
    "local t = {} for i = 1, 999 do t[i] = {} end local u = { table.unpack(t) } t = nil " ..
      "garbage() return fence.deny(type(u[999]))", "fence: table (policy:p)" },
  { "3K.198 a __gc that makes what it is called for live again (CVE-2024-46981)",
    "local t t = try { __gc = function(x) t = x end }", failed .. "a policy has no __gc" },
  { "3K.198 a list that its sort makes shorter", [[
      local t = {}
      for i = 1, 2000 do t[i] = { i } end
      local n = 0
      pcall(table.sort, t, function(a, b)
        n = n + 1
        if n == 500 then for i = #t, 2, -1 do t[i] = nil end garbage() garbage() end
        return a and b and a[1] < b[1]
      end)
      return fence.deny("on")]], "fence: on (policy:p)" },
  { "3K.198 a list that its sort makes longer", [[
      local t = { 3, 2, 1 }
      table.sort(t, function(a, b)
        for i = 1, 50 do t[#t + i] = 0 end
        return a < b
      end)
      return fence.deny("on")]], "fence: on (policy:p)" },
  { "3K.198 a table that its own traversal empties",
    "local t = {} for i = 1, 100 do t[i], t['k' .. i] = {}, {} end local n = 0 " ..
      "for k in pairs(t) do n = n + 1 t[k] = nil if n % 50 == 0 then garbage() end end " ..
      "return fence.deny(tostring(n) .. tostring(next(t)))", "fence: 200nil (policy:p)" },
  { "3K.198 a table that its own traversal fills", "local t = { a = 1 } " ..
      "local ok = pcall(function() for k in pairs(t) do t[k .. 'x'] = 1 end end) " ..
      "return fence.deny('on')", "fence: on (policy:p)" },
  { "3K.198 weak values, while they are read", [[
      local t = try { __mode = "kv" }
      for i = 1, 500 do t[i], t[{}] = {}, {} end
      for _, v in pairs(t) do garbage() if v[1] then return fence.allow() end end
      return fence.deny("on")]], "fence: " },
  { "3K.198 an ephemeron that keeps itself", [[
      local t = try { __mode = "k" }
      local function chain(n) local k = {} t[k] = n > 0 and chain(n - 1) or k return k end
      chain(100)
      garbage() garbage()
      return fence.deny("on")]], "fence: on (policy:p)" },
  { "3K.198 gsub's text, while its callback collects", [[
      local s = ("ab"):rep(500)
      local n = 0
      s = s:gsub("a", function(c)
        n = n + 1
        s = nil
        if n % 50 == 0 then garbage() end
        return c:upper()
      end)
      return fence.deny(s:sub(1, 4) .. #s)]], "fence: AbAb1000 (policy:p)" },
  { "3K.198 gmatch's text and pattern, after both are let go", [[
      local s, p = ("a"):rep(300), ("[a]"):rep(3)
      local f = s:gmatch(p)
      s, p = nil, nil
      local n = 0
      for m in f do n = n + #m if n % 60 == 0 then garbage() end end
      return fence.deny(tostring(n))]], "fence: 300 (policy:p)" },
  { "3K.198 a variable that closures share, after its function", [[
      local function make() local x = {} return function() return x end, function(v) x = v end end
      local get, set = make()
      for i = 1, 9 do set({ i }) garbage() end
      return fence.deny(tostring(get()[1]))]], "fence: 9 (policy:p)" },
  { "3K.198 closed variables, at an error", [[
      local kept
      pcall(function()
        local x <close> = try { __close = function() garbage() end }
        local y = {}
        kept = function() return y end
        error(y)
      end)
      garbage()
      return fence.deny(type(kept()))]], "fence: table (policy:p)" },
  { "3K.198 values of a stack that grows and shrinks", [[
      local function f(n, ...) if n == 0 then garbage() return select("#", ...) end
        return f(n - 1, n, ...) end
      for _ = 1, 5 do f(150) garbage() end
      return fence.deny(tostring(f(150)))]], "fence: 150 (policy:p)" },
  { "3K.198 a set, used while others are collected", [[
      local kept = fence.domains { "a.test" }
      for _ = 1, 300 do fence.domains { "b.test" } end
      garbage()
      return fence.deny(tostring(kept:match("a.test")) .. tostring(kept:match("b.test")))]],
    "fence: truefalse (policy:p)" },
  { "3K.198 the method of a set that is gone", [[
      local match = fence.cidrs({ "10.0.0.0/8" }).match
      garbage() garbage()
      return fence.deny(tostring(match(fence.cidrs { "10.0.0.0/8" }, "10.1.1.1")))]],
    "fence: true (policy:p)" },
  { "3K.198 fields that fence.log's __tostring changes", [[
      local fields = {}
      for i = 1, 8 do fields["f" .. i] = try { __tostring = function()
        for j = 1, 8 do fields["f" .. j] = nil end
        garbage()
        return ("v"):rep(500) end } end
      fence.log("info", "x", fields)
      return fence.deny("on")]], "fence: on (policy:p)" },
  { "3K.198 a list of names that is no list", "fence.domains(setmetatable({ 'a.test', {} }, nil))",
    failed .. "bad argument #1 to 'domains' (a list of strings)" },
  { "3K.198 the headers without their request", [[
      local headers = req.headers
      req = nil
      garbage() garbage()
      return fence.deny(headers.host)]], "fence: good.test (policy:p)" },
}, before)

-- ---- 3K.199: errors ----

local thrown = {}
for _, row in ipairs({
  { "{}", "a table" }, { "nil", "a nil" }, { "true", "a boolean" },
  { "error", "a function" }, { "req", "a userdata" }, { "fence.allow()", "a userdata" },
  { "try { __tostring = function() error('again') end }", "a table" },
  { "try { __tostring = function() return 1 end }", "a table" },
  { "try { __tostring = function() return ('x'):rep(1 << 20) end }", "a table" },
  { "try { __index = error, __concat = error, __eq = error, __len = error }", "a table" },
}) do
  thrown[#thrown + 1] = { "3K.199 error " .. row[1], "error(" .. row[1] .. ")",
    "fence: policy error: the error is no text but " .. row[2] }
end
for _, row in ipairs({
  { "a number", "error(12)", "fence: policy error: the error is no text but a number" },
  { "a long text", "error(('x'):rep(1 << 19), 0)", "fence: policy error: xxxxxxxx" },
  { "a text of 100 MB", "error(('x'):rep(100000000))", over },
  { "an empty text", "error('', 0)", "fence: policy error:  (policy:p)" },
  { "colours and lines", "error('\\27[31m\\r\\n\\0x', 0)",
    "fence: policy error: \\x1b[31m\\x0d\\x0a\\x00x (policy:p)" },
  { "a level that is not there", "error('x', math.maxinteger)", "fence: policy error: x" },
  { "an error in __close", "local x <close> = try { __close = function() error('two', 0) end } " ..
    "error('one', 0)", "fence: policy error: two" },
  { "an error in each of many __close", [[
      local function f(n)
        local x <close> = try { __close = function() error({}) end }
        if n > 0 then return (f(n - 1)) end
      end
      f(150)]], "fence: policy error: the error is no text but a table" },
  { "assert with an object", "assert(false, {})",
    "fence: policy error: the error is no text but a table" },
  { "assert without words", "assert(nil)", failed .. "assertion failed!" },
  { "a __tostring that gives a number", "tostring(try { __tostring = function() return 1 end })",
    failed .. "'__tostring' must return a string" },
  { "memory", "local t = {} for i = 1, 1e6 do t[i] = {} end", over },
  { "memory in pcall", "pcall(function() local t = {} for i = 1, 100 do " ..
    "t[i] = ('x'):rep(1000):rep(1000) .. i end end) return fence.allow()", over },
  { "memory in __close", "local x <close> = try { __close = function() " ..
    "local t = {} for i = 1, 1e6 do t[i] = {} end end }", over },
  { "a text of 3 MiB", "return fence.allow(#(('x'):rep(600000):rep(4)))", jail.memory },
  { "a table of 4 MiB", "local t = {} for i = 1, 1 << 18 do t[i] = i end return fence.allow()",
    over },
}) do
  thrown[#thrown + 1] = { "3K.199 " .. row[1], row[2], row[3] }
end

-- ---- 3K.201: yields ----

for _, row in ipairs({ "coroutine.yield()", "coroutine.wrap(function() end)()",
                       "coroutine.resume(coroutine.running())" }) do
  thrown[#thrown + 1] = { "3K.201 " .. row, row, failed .. "nothing is called 'coroutine' here" }
  thrown[#thrown + 1] = { "3K.201 in gsub's callback: " .. row,
    "('x'):gsub('x', function() " .. row .. " end)",
    failed .. "nothing is called 'coroutine' here" }
end

jail.describe("errors:", thrown, before)
