-- SPDX-License-Identifier: Apache-2.0
-- doors_spec.lua - 3K.194, 195, 196 and 200: what is not there, what cannot be changed, and what
-- is no verdict. A hook that gets out says so, and so differs from what stands here.

local jail = require "spec.support.jail"

local failed = "fence: policy error: p.lua:N: "
local kinds = "{ verdict = fence.deny(), request = req, headers = req.headers, " ..
  "domains = fence.domains { 'a.test' }, cidrs = fence.cidrs { '10.0.0.0/8' }, " ..
  "glob = fence.glob('a'), rate = fence.rate { count = 1, per = 1 } }"

-- ---- 3K.194, 3K.195: what is not there ----

local absent = {}

for _, name in ipairs({ "load", "loadstring", "loadfile", "dofile", "io", "os", "package", "debug",
                        "coroutine", "collectgarbage", "print", "warn", "xpcall", "_G", "_VERSION",
                        "module", "setfenv", "getfenv", "newproxy", "unpack", "bit32", "arg", "jit",
                        "ffi", "fence" }) do
  local row = name:find("load") and "3K.194 " or "3K.195 "
  local missing = failed .. "nothing is called '" .. name .. "' here"
  if name ~= "fence" then -- which the policies of this spec have as a local
    absent[#absent + 1] = { row .. name, "return fence.allow(tostring(" .. name .. "))", missing }
  end
  absent[#absent + 1] = { row .. name .. " of _ENV", "return fence.allow(tostring(_ENV." .. name ..
    "))", missing }
  absent[#absent + 1] = { row .. name .. " by rawget",
    "return fence.deny(tostring(rawget(_ENV, '" .. name .. "')))", "fence: nil (policy:p)" }
end
for _, name in ipairs({ "string.dump", "table.move", "math.randomseed", "('').dump" }) do
  absent[#absent + 1] = { "3K.195 " .. name, "return fence.deny(tostring(" .. name .. "))",
    "fence: nil (policy:p)" }
end
for _, row in ipairs({
  { "os.exit", "os.exit(0)", "nothing is called 'os' here" },
  { "os.execute", "os.execute('true')", "nothing is called 'os' here" },
  { "io.popen", "io.popen('true')", "nothing is called 'io' here" },
  { "debug.sethook", "debug.sethook()", "nothing is called 'debug' here" },
  { "package.loadlib", "package.loadlib('x', '*')", "nothing is called 'package' here" },
  { "a coroutine, closed", "coroutine.close(coroutine.running())",
    "nothing is called 'coroutine' here" },
}) do
  absent[#absent + 1] = { "3K.195 " .. row[1], row[2], failed .. row[3] }
end
absent[#absent + 1] = { "3K.195 require of a library", "local ok, why = pcall(require, 'io') " ..
  "return fence.deny(tostring(ok) .. why:match('/io.lua: .*'))",
  "fence: false/io.lua: does not exist (policy:p)" }
-- all of it, by its name: what comes into a later Lua is not there before somebody thought of it
local all = [[
  local function names(of)
    local list = {}
    for name in pairs(of) do list[#list + 1] = name end
    table.sort(list)
    return #list .. " " .. table.concat(list, " ")
  end
]]
for _, row in ipairs({
  { "_ENV, which shows nothing", "_ENV", "0 " },
  { "string", "string", "16 byte char find format gmatch gsub len lower match pack packsize rep " ..
    "reverse sub unpack upper" },
  { "table", "table", "6 concat insert pack remove sort unpack" },
  { "utf8", "utf8", "6 char charpattern codepoint codes len offset" },
  { "fence", "fence", "11 allow any ask cidrs config deny domains glob is_read log rate" },
}) do
  absent[#absent + 1] = { "no more is in " .. row[1], all .. "return fence.deny(names(" .. row[2] ..
    "))", "fence: " .. row[3] .. " (policy:p)" }
end

jail.describe("what is not there:", absent)

-- ---- 3K.196: what cannot be changed ----

local locked = {
  { "3K.196 strings' metatable", "return fence.deny(tostring(getmetatable('')))", "fence: false " },
  { "3K.196 its methods", "getmetatable('').__index.find = nil",
    failed .. "attempt to index a boolean value" },
  { "3K.196 a metatable for strings", "setmetatable('', {})",
    failed .. "bad argument #1 to 'setmetatable'" },
  { "3K.196 _ENV's metatable", "return fence.deny(tostring(getmetatable(_ENV)))", "fence: false " },
  { "3K.196 another one for _ENV", "setmetatable(_ENV, {})",
    failed .. "cannot change a protected metatable" },
  { "3K.196 none for _ENV", "setmetatable(_ENV, nil)",
    failed .. "cannot change a protected metatable" },
  { "3K.196 another one for fence", "setmetatable(fence, {})",
    failed .. "cannot change a protected metatable" },
  { "3K.196 fence's metatable", "return fence.deny(tostring(getmetatable(fence)))",
    "fence: false " },
  { "3K.196 a global", "x = 1", failed .. "no globals here: write 'local x'" },
  { "3K.196 a global over a function", "pcall = nil",
    failed .. "no globals here: write 'local pcall'" },
  { "3K.196 a global whose name is no text", "_ENV[{}] = 1",
    failed .. "no globals here: write 'local x'" },
  { "3K.196 _ENV of one's own", "local _ENV = {} return string",
    "fence: fine " },
  { "3K.196 addresses: tostring", "return fence.deny(tostring({}) .. tostring(next) .. " ..
    "tostring(function() end) .. tostring(req) .. tostring(fence.deny()))",
    "fence: tablefunctionfunctionuserdatauserdata (policy:p)" },
  { "3K.196 addresses: %p", "('%p'):format({})", failed .. "invalid conversion '%p'" },
  { "3K.196 addresses: %-20p", "('%-20p'):format({})", failed .. "invalid conversion '%p'" },
  { "3K.196 addresses: %s", "return fence.deny(('%s %5.2s'):format({}, next))",
    "fence: table    fu (policy:p)" },
  { "3K.196 addresses: %d", "('%d'):format({})",
    "fence: policy error: bad argument #2 to 'string.format' (number expected, got string)" },
  { "3K.196 addresses: an error's words",
    "local ok, why = pcall(function() return {} .. {} end) return fence.deny(why)",
    "fence: p.lua:N: attempt to concatenate a table value (policy:p)" },
  { "3K.196 addresses: __name", "return fence.deny(tostring(setmetatable({}, { __name = 'n' })))",
    "fence: table (policy:p)" },
  { "3K.196 addresses: order", "return fence.allow({} < {})",
    failed .. "attempt to compare two table values" },
  { "3K.196 a method of another kind", "fence.domains({}).match(fence.glob('a'), 'a')",
    failed .. "bad argument #1 to 'match' (fence.domains expected, got fence.glob)" },
  { "3K.196 a method of a table", "fence.domains({}).match({}, 'a')",
    failed .. "bad argument #1 to 'match' (fence.domains expected, got table)" },
  { "3K.196 a method that frees", "fence.domains({}).__gc()",
    failed .. "attempt to call a nil value (field '__gc')" },
  { "3K.196 a table that says it is one",
    "return setmetatable({}, { __name = 'fence.verdict', __metatable = false })",
    failed .. "on_request returned a table" },
  { "3K.196 keeping a request", "if kept then return fence.allow(kept.host) end kept_is(req) " ..
    "return fence.deny('kept')",
    failed .. "this request is over: keep what is needed of it, not the request", twice = true },
  { "3K.196 keeping its headers",
    "if kept2 then return fence.allow(kept2['host']) end kept2_is(req.headers) " ..
    "return fence.deny('kept')", failed .. "this request is over", twice = true },
  { "3K.196 keeping an iterator",
    "if kept3 then return fence.allow(kept3()) end kept3_is(req.headers:each()) " ..
    "return fence.deny('kept')", failed .. "this request is over", twice = true },
}
for name in ("verdict request headers domains cidrs glob rate"):gmatch("%a+") do
  local what = ("local it = %s it = it.%s "):format(kinds, name)
  for _, row in ipairs({
    { "its metatable", "return fence.deny(tostring(getmetatable(it)))", "fence: false (policy:p)" },
    { "setmetatable", "setmetatable(it, {})",
      failed .. "bad argument #1 to 'setmetatable' (table expected, got " },
    { "rawset", "rawset(it, 'answer', 1)",
      failed .. "bad argument #1 to 'rawset' (table expected, got " },
    { "rawget", "return fence.allow(rawget(it, 1))",
      failed .. "bad argument #1 to 'rawget' (table expected, got " },
    { "rawlen", "return fence.allow(rawlen(it))",
      failed .. "bad argument #1 to 'rawlen' (table or string expected" },
    { "writing", "it.match = 1", failed },
    { "writing host", "it.host = 'allowed.test'", failed },
    { "pairs", "for _ in pairs(it) do end return fence.allow()",
      failed .. "bad argument #1 to 'for iterator' (table expected, got " },
    { "next", "return fence.allow(next(it))",
      failed .. "bad argument #1 to 'next' (table expected, got " },
    { "its length", "return fence.allow(#it)", failed .. "attempt to get length of " },
    { "calling it", "it()", failed .. "attempt to call a " },
    { "adding it", "local _ = it + 1", failed .. "attempt to perform arithmetic on a " },
    { "concatenating it", "local _ = it .. ''", failed .. "attempt to concatenate a " },
    { "order", "local _ = it < it", failed .. "attempt to compare two " },
    { "closing it", "local x <close> = it",
      failed .. "variable 'x' got a non-closable value" },
  }) do
    locked[#locked + 1] = { ("3K.196 a %s: %s"):format(name, row[1]), what .. row[2], row[3] }
  end
end

jail.describe("what cannot be changed:", locked, [[
local kept, kept2, kept3
local function kept_is(what) kept = what end
local function kept2_is(what) kept2 = what end
local function kept3_is(what) kept3 = what end]])

-- What a policy may spoil is its own: these come last in a proxy of their own, and the policy that
-- is asked next finds all that it needs.
jail.describe("what a policy changes for itself alone:", {
  { "3K.196 a library", "for name in pairs(string) do string[name] = nil end " ..
    "return fence.deny(('x'):upper() .. tostring(string.upper))", "fence: Xnil (policy:p)" },
  { "3K.196 table", "table.sort, table.concat = nil, nil", "fence: fine " },
  { "3K.196 math", "math.max = function() return 7 end", "fence: fine " },
  { "3K.196 utf8", "rawset(utf8, 'char', function() return 'no' end)", "fence: fine " },
  { "3K.196 rawset of globals", "rawset(_ENV, 'tostring', function() return 'mine' end) " ..
    "rawset(_ENV, 'select', false) return fence.deny(tostring(1))", "fence: mine (policy:p)" },
  { "3K.196 fence", "fence.deny, fence.domains, fence.cidrs = fence.allow, nil, nil",
    "fence: fine " },
})

-- ---- 3K.200: what is no verdict ----

local returned = { { "3K.200 nothing", "return", "fence: fine " },
                   { "3K.200 nil", "return nil", "fence: fine " } }
for _, row in ipairs({
  { "true", "a boolean" }, { "false", "a boolean" }, { "1", "a number" }, { "0/0", "a number" },
  { "'allow'", "a string" }, { "'alow'", "a string" }, { "''", "a string" }, { "{}", "a table" },
  { "{ verdict = 'allow' }", "a table" }, { "{ fence.allow() }", "a table" },
  { "fence.allow", "a function" }, { "fence", "a table" }, { "req", "a userdata" },
  { "fence.glob('*')", "a userdata" }, { "fence.domains { '*' }", "a userdata" },
  { "fence.allow(), nil", "more than one value" },
  { "nil, fence.deny()", "more than one value" },
  { "fence.allow(), fence.deny()", "more than one value" },
  { "table.unpack({}, 1, 200)", "more than one value" },
  { "table.unpack({}, 1, 9000)", "more than one value" },
  { "setmetatable({}, { __index = fence.allow() })", "a table" },
}) do
  returned[#returned + 1] = { "3K.200 " .. row[1], "return " .. row[1],
    failed .. "on_request returned " .. row[2] }
end
for _, row in ipairs({
  { "a message that is none", "return fence.deny({})",
    "policy error: p.lua:N: bad argument #1 to 'deny' (string expected, got table)" },
  { "no message for ask", "return fence.ask()",
    "policy error: p.lua:N: bad argument #1 to 'ask' (string expected, got nil)" },
  { "a misspelt verdict", "return fence.alow()",
    "policy error: p.lua:N: fence has no 'alow'; did you mean 'allow'?" },
  { "a misspelt field", "if req.hots == 'x' then return fence.deny() end return fence.allow()",
    "policy error: p.lua:N: a request has no 'hots'; did you mean 'host'?" },
  { "lines in a message", "return fence.deny('a\\r\\nX: y\\0\\27[31m')",
    "a\\x0d\\x0aX: y\\x00\\x1b[31m (policy:p)" },
}) do
  returned[#returned + 1] = { "3K.200 " .. row[1], row[2], "fence: " .. row[3] }
end
-- the settings judge what a policy allowed: no policy opens an address of the machine's own network
for _, row in ipairs({
  { "169.254.169.254", "169.254.169.254 is a cloud metadata address" },
  { "127.0.0.1", "127.0.0.1 is a loopback address" }, { "[::1]", "::1 is a loopback address" },
  { "10.0.0.1", "10.0.0.1 is a private address" }, { "[fd00::1]", "fd00::1 is a private address" },
}) do
  returned[#returned + 1] = { "3K.200 allow, of " .. row[1], "return fence.allow()",
    "fence: " .. row[2], host = row[1], fields = "X-Alone: 1\r\n" }
end

jail.describe("what is no verdict:", returned)
