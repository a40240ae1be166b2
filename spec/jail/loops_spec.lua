-- SPDX-License-Identifier: Apache-2.0
-- loops_spec.lua - 3K.191 and 3K.192: hooks that would run for ever, and library calls that would
-- take for ever. Each ends by a limit, and the next request is decided.

local jail = require "spec.support.jail"

local over = jail.over
local before = [[
local function loop() while true do end end
local function try(events) return setmetatable({}, events) end
]]

-- ---- 3K.191 ----

local loops = {
  { "3K.191 a loop", "while true do end", over },
  { "3K.191 goto", "::again:: goto again", over },
  { "3K.191 repeat", "repeat until false", over },
  { "3K.191 for, to the largest integer", "for _ = 1, math.maxinteger do end", over },
  { "3K.191 for, in steps that get nowhere", "for _ = 1, math.huge, 1e-9 do end", over },
  { "3K.191 tail calls", "local function f() return f() end return f()", over },
  { "3K.191 in pcall", "pcall(loop) return fence.allow()", over },
  { "3K.191 in pcall, again and again", "while true do pcall(loop) end", over },
  { "3K.191 in pcall of pcall", "pcall(pcall, pcall, loop) return fence.allow()", over },
  { "3K.191 in pcall, in a function that closes",
    "pcall(function() local x <close> = try { __close = loop } loop() end) return fence.allow()",
    over },
  { "3K.191 pcalls that fail", "while true do pcall(error) end", over },
  { "3K.191 in a coroutine", "coroutine.wrap(loop)()",
    "fence: policy error: p.lua:N: nothing is called 'coroutine' here" },
  { "3K.191 in __gc", "try { __gc = loop }", "fence: policy error: p.lua:N: a policy has no __gc" },
  { "3K.191 in a __gc that comes later",
    "local events = {} try(events) events.__gc = loop for _ = 1, 8000 do local _ = {} end " ..
      "return fence.deny('went on')", "fence: went on (policy:p)" },
  { "3K.191 in __gc by two metatables", "local t = try {} setmetatable(t, { __gc = loop })",
    "fence: policy error: p.lua:N: a policy has no __gc" },
  { "3K.191 in __close", "local x <close> = try { __close = loop } return fence.allow()", over },
  { "3K.191 in __close, at an error",
    "local x <close> = try { __close = loop } error('first')", over },
  { "3K.191 in many __close, at a limit", [[
    local function f(n)
      local x <close> = try { __close = loop }
      if n > 0 then return (f(n - 1)) end
      loop()
    end
    f(150)]], over },
  { "3K.191 in many __close, with pcalls, at a limit", [[
    local function f(n)
      local x <close> = try { __close = function() while true do pcall(loop) end end }
      if n > 0 then return (f(n - 1)) end
      loop()
    end
    f(150)]], over },
  { "3K.191 in __close of for", "for _ in next, {}, nil, try { __close = loop } do end", over },
  { "3K.191 in __tostring", "return fence.deny(tostring(try { __tostring = loop }))", over },
  { "3K.191 in __tostring, by format", "('%s'):format(try { __tostring = loop })", over },
  { "3K.191 in __tostring, by fence.log",
    "fence.log('info', 'x', { a = try { __tostring = loop } })",
    over },
  { "3K.191 in __tostring of an error", "error(try { __tostring = loop })",
    "fence: policy error: the error is no text but a table" },
  { "3K.191 in __name of an error", "error(try { __name = ('x'):rep(9), __tostring = loop })",
    "fence: policy error: the error is no text but a table" },
  { "3K.191 in __pairs", "for _ in pairs(try { __pairs = loop }) do end", over },
  { "3K.191 in an iterator", "for _ in loop do end", over },
  { "3K.191 in an iterator that has no end", "for _ in pairs(try { __pairs = function() " ..
    "return function() return 1 end end }) do end", over },
  { "3K.191 in ipairs, of a list that has no end",
    "for _ in ipairs(try { __index = function(_, i) return i end }) do end", over },
  { "3K.191 in a sort's comparator", "table.sort({ 1, 2, 3 }, loop)", over },
  { "3K.191 in a sort's __lt",
    "table.sort({ try { __lt = loop }, try { __lt = loop }, try { __lt = loop } })", over },
  { "3K.191 in gsub's callback", "('x'):gsub('x', loop)", over },
  { "3K.191 in gsub's callback, a for",
    "('x'):gsub('x', function() for _ = 1, math.maxinteger do end end)", over },
  { "3K.191 in gsub's table", "('x'):gsub('x', try { __index = loop })", over },
  { "3K.191 a chain of __index", "local t = {} for _ = 1, 1900 do t = try { __index = t } end " ..
    "while true do local _ = t.x end", over },
  { "3K.191 an __index of itself", "local t = {} t.__index = t setmetatable(t, t) return t.x.y",
    "fence: policy error: p.lua:N: '__index' chain too long; possible loop" },
  { "3K.191 a hook's own call", "return req.host, loop()", over },
}

-- An operator each: what would call it.
for event, use in pairs({
  __index = "local _ = t.x", __newindex = "t.x = 1", __call = "t()", __eq = "local _ = t == u",
  __lt = "local _ = t < u", __le = "local _ = t <= u", __concat = "local _ = t .. 'x'",
  __len = "local _ = #t", __unm = "local _ = -t", __add = "local _ = t + 1",
  __sub = "local _ = t - 1", __mul = "local _ = t * 2", __div = "local _ = t / 2",
  __mod = "local _ = t % 2", __pow = "local _ = t ^ 2", __idiv = "local _ = t // 2",
  __band = "local _ = t & 1", __bor = "local _ = t | 1", __bxor = "local _ = t ~ 1",
  __shl = "local _ = t << 1", __shr = "local _ = t >> 1", __bnot = "local _ = ~t",
}) do
  loops[#loops + 1] = { "3K.191 in " .. event,
    ("local e = { %s = loop } local t, u = try(e), try(e) pcall(function() %s end)"):format(event,
      use), over }
end

jail.describe("a hook that runs for ever:", loops, before)

-- ---- 3K.192 ----

local bombs = {}

-- a text, and a pattern that goes back and back in it
for _, row in ipairs({
  { "('a'):rep(253)", "('.-'):rep(8) .. 'b'" }, { "('a'):rep(400)", "'.-.-.-b'" },
  { "('a'):rep(400)", "'.*.*.*b'" }, { "('a'):rep(400)", "'a+a+a+b'" },
  { "('a'):rep(400)", "'(.-)(.-)(.-)b'" }, { "('a'):rep(400)", "'%a-%a-%a-b'" },
  { "('a'):rep(400)", "'[a-z]-[^b]*[%w]+b'" }, { "('a'):rep(3000)", "'^.-.-b'" },
  { "('a'):rep(28)", "('a?'):rep(28) .. ('a'):rep(28)" },
  { "('a'):rep(60)", "('a?'):rep(20) .. 'a*b'" },
  { "('('):rep(60000)", "'%b()'" }, { "('(a'):rep(900)", "'%b().-%b()b'" },
  { "('a'):rep(20000)", "'(a*)%1b'" }, { "('a'):rep(900)", "'(.-)(.-)%1%2b'" },
  { "('a'):rep(900)", "'%f[a].-%f[b].-.-b'" }, { "('a '):rep(900)", "'(%f[%a].-).-.-b'" },
  { "'][' .. ('a'):rep(400)", "'[]%b]%[.-.-.-.-.-b'" },
  { "'x[' .. ('a'):rep(400)", "'[^]%b]%[.-.-.-.-.-b'" },
  { "'[x' .. ('a'):rep(400)", "'%b[x.-.-.-.-b'" },
  { "('a'):rep(400000)", "('a'):rep(200000) .. 'b'" },
  { "('a'):rep(400000)", "'[' .. ('b'):rep(200000) .. ']'" },
  { "('\\0'):rep(400)", "'\\0-\\0-\\0-b'" },
}) do
  local subject, pattern = row[1], row[2]
  bombs[#bombs + 1] = { "3K.192 find " .. pattern, ("pcall(string.find, %s, %s)"):format(subject,
    pattern), over }
end
for _, row in ipairs({
  { "match", "(('a'):rep(400)):match('.-.-.-b')" },
  { "gmatch", "for _ in (('a'):rep(400)):gmatch('.-.-.-b') do end" },
  { "gmatch, for which '^' is a letter", "for _ in (('a'):rep(3000)):gmatch('^.-.-b') do end" },
  { "gsub", "(('a'):rep(400)):gsub('.-.-.-b', '')" },
  { "gsub by a long text", "(('x'):rep(1000)):gsub('', ('%0'):rep(250000))" },
  { "gsub, of which pcall is the callback", "(('x'):rep(1024):rep(500)):gsub('.', pcall)" },
  { "find of a text, plain", "local s = ('a'):rep(1 << 20) " ..
    "while true do s:find(('a'):rep(60) .. 'b', 1, true) end" },
  { "a glob of stars", "local g = fence.glob(('*'):rep(256)) local s = ('a'):rep(29000) " ..
    "while true do g:match(s) end" },
  { "a glob of stars and letters", "local g = fence.glob(('*a'):rep(128)) " ..
    "local s = ('a'):rep(20000) .. 'b' while true do g:match(s) end" },
}) do
  bombs[#bombs + 1] = { "3K.192 " .. row[1], row[2], over }
end

-- A good policy's patterns, on what a client may send.
local host = ("a"):rep(63)
host = host .. "." .. host .. "." .. host .. "." .. ("a"):rep(61)
bombs[#bombs + 1] = { "3K.192 a host of 253 bytes",
  "if req.host:find('.-.-.-.-b') then return fence.allow() end", over, host = host }
bombs[#bombs + 1] = { "3K.192 a header field of 8,000 bytes",
  "if req.headers['x-a']:find('^%s*(.-)%s*=.-;$') then return fence.allow() end", over,
  fields = "X-A: " .. ("a"):rep(8000) .. "\r\n" }

jail.describe("a pattern that goes back and back:", bombs)

-- ---- what else takes long ----

local calls = {}
for _, row in ipairs({
  { "rep of nothing", "('').rep('', 1 << 40)" }, { "rep of a gigabyte", "('x'):rep(1 << 30)" },
  { "rep, to the largest integer", "('x'):rep(math.maxinteger)" },
  { "rep with something between", "(''):rep(1 << 31, ',')" },
  { "rep of rep of rep", "('x'):rep(1 << 10):rep(1 << 10):rep(1 << 10)" },
  { "insert in front", "for _ = 1, 1e6 do table.insert(wide, 1, 0) end" },
  { "remove in front", "for _ = 1, 1e6 do table.insert(wide, 0) table.remove(wide, 1) end" },
  { "concat of all integers", "table.concat({}, '', math.mininteger, math.maxinteger)" },
  { "concat to the end", "table.concat({}, '', 1, 1 << 40)" },
  { "unpack of all integers", "table.unpack({}, math.mininteger, math.maxinteger)" },
  { "unpack of 100,000", "while true do select('#', table.unpack({}, 1, 100000)) end" },
  { "select of many", "while true do select(2, table.unpack({}, 1, 100000)) end" },
  { "pack of many", "while true do table.pack(table.unpack({}, 1, 50000)) end" },
  { "sort of long strings", "local t = {} for i = 1, 7 do t[i] = ('x'):rep(1 << 17) .. i end " ..
    "while true do table.sort(t) end" },
  { "sort, with pcall to compare", "local t = {} for i = 1, 15000 do t[i] = 'x' end " ..
    "table.sort(t, pcall)" },
  { "holes up to 2^26", "local t = {} for i = 0, 26 do t[1 << i] = 1 end " ..
    "table.concat(t, '', 1, 1 << 26)" },
  { "a length among holes", "local t = {} for i = 0, 26 do t[1 << i] = 1 end " ..
    "while true do local _ = #t end" },
  { "next through holes", "local t = {} for i = 1, 50000 do t[i] = 1 end " ..
    "for i = 1, 50000 do t[i] = nil end while true do next(t) end" },
  { "next, in a table that grows", "local t = { 1 } for k in next, t do t[k + 1] = 1 end " ..
    "local i = 0 while true do i = i + 1 rawset(t, i, 1) end" },
  { "utf8.len", "while true do utf8.len(long) end" },
  { "utf8.codepoint", "while true do pcall(utf8.codepoint, long, 1, -1) end" },
  { "utf8.offset", "while true do utf8.offset(long, 1 << 19) end" },
  { "utf8.codes, over continuations", "local f, s = utf8.codes('x'), ('\\x80'):rep(1 << 19) " ..
    "while true do f(s, 1) end" },
  { "upper", "while true do long:upper() end" },
  { "reverse", "while true do long:reverse() end" },
  { "byte", "while true do pcall(long.byte, long, 1, -1) end" },
  { "format", "while true do ('%s%s'):format(long, 1) end" },
  { "format with %q", "while true do ('%q'):format(long) end" },
  { "pack", "while true do (' '):rep(1 << 18):pack() end" },
  { "unpack to a NUL that is not there", "while true do pcall(string.unpack, 'z', long) end" },
  { "concatenation", "while true do local _ = long .. 'y' end" },
  { "comparing", "local a, b = long .. 1, long .. 1 while true do local _ = a == b end" },
  { "comparing in order", "local a, b = long .. 1, long .. 2 while true do local _ = a > b end" },
  { "comparing NULs", "local a = ('\\0'):rep(1 << 18) while true do local _ = a < a end" },
  { "a number of many digits", "local s = ('1'):rep(1 << 19) while true do tonumber(s) end" },
  { "a sum of many digits", "local s = ('1'):rep(1 << 19) while true do local _ = s + 0 end" },
  { "an argument of many digits", "local s = ('1'):rep(1 << 19) while true do math.floor(s) end" },
  { "a set", "while true do fence.domains { 'a.test' } end" },
  { "a set's match", "local s = fence.cidrs { '10.0.0.0/8' } while true do s:match(long) end" },
  { "a rate's keys", "local r = fence.rate { count = 1, per = 1 } local i = 0 " ..
    "while true do i = i + 1 r:take(tostring(i)) end" },
  { "lines of fence.log", "while true do fence.log('info', 'x') end" },
  { "weak tables", "local t = nil while true do t = setmetatable({ t }, { __mode = 'k' }) end" },
  { "every field", "while true do for _ in req.headers:each() do end end" },
  { "reads of a request", "while true do local _ = req.url, req.headers['host'] end" },
  { "misspelt fields", "local function f() return req.hots end while true do pcall(f) end" },
}) do
  calls[#calls + 1] = { row[1], row[2] .. " return fence.allow()", over }
end

jail.describe("a call that takes long:", calls, [[
local long, wide = ("x"):rep(1 << 18), {}
for i = 1, 20000 do wide[i] = 1 end]])
