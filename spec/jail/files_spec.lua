-- SPDX-License-Identifier: Apache-2.0
-- files_spec.lua - 3K.194, 196, 197 and 205: what a policy's text can be, what else it reads, and
-- what it does while it is loaded: by `fence explain`, which loads as a run does.

local process = require "spec.support.process"
local users = require "spec.support.users"

local me = users.current()
local folder = users.temp_dir(me)
local out = users.temp_dir(me) -- a folder beside it
local answer = "return { on_connect = function() return require('fence').deny('%s') end }"

-- Writes p.lua and what else is wanted, { NAME = TEXT }, and asks it.
local function explain(text, options)
  options = options or {}
  local path = users.write_file(me, folder .. "/p.lua", text)
  for name, module in pairs(options.files or {}) do
    users.write_file(me, folder .. "/" .. name, module)
  end
  local argv = { users.binary(me), "explain", "--policy", path, "good.test:443" }
  if options.second then
    users.write_file(me, folder .. "/q.lua", options.second)
    table.move({ "--policy", folder .. "/q.lua" }, 1, 2, 5, argv)
    argv[7] = "good.test:443"
  end
  return process.run({ argv = argv, env = options.env, cwd = options.cwd, timeout = 30000 })
end

local function fails(text, why, options)
  local result = explain(text, options)
  assert.equal(2, result.code, result.err)
  assert.equal("", result.out)
  assert.is_truthy(result.err:find(why, 1, true), result.err)
  assert.equal(1, select(2, result.err:gsub("\n", "")))
end

local function says(text, what, options)
  local result = explain(text, options)
  assert.equal("", result.err)
  assert.equal(1, result.code)
  assert.equal("denied by policy:p: " .. what .. "\n", result.out)
end

local dumped = string.dump(load("return { on_connect = function() end }"))

-- ---- the text ----

local many = {}
for index = 1, 300 do many[index] = "x" .. index end
local upvalues = {}
for index = 1, 300 do -- in two functions, for one has 200 locals at the most
  upvalues[index] = (index == 151 and "return function() " or "") .. "local u" .. index
end
local read = {}
for index = 1, 300 do read[index] = "u" .. index end

-- name, the text, the end of the line of standard error
local texts = {
  { "3K.194 bytecode", dumped, "attempt to load a binary chunk (mode is 't')" },
  { "3K.194 bytecode of another version", "\27LuaS\0\x19\x93\r\n\x1a\n",
    "attempt to load a binary chunk" },
  { "3K.194 nothing but its first byte", "\27", "attempt to load a binary chunk" },
  { "3K.194 bytecode behind a line", "#!lua\n" .. dumped, "p.lua:1: " },
  { "a NUL", "return {\0}", "p.lua:1: unexpected symbol\n" },
  { "a program", "\127ELF\2\1\1\0", "p.lua:1: unexpected symbol near '<\\\\127>'" },
  { "no UTF-8", "return \xff\xfe", "p.lua:1: unexpected symbol near '<\\\\255>'" },
  { "a text without an end", "return [[" .. ("x"):rep(500000), "p.lua:1: unfinished long string" },
  { "a name of 900,000 bytes", ("x"):rep(900000), "p.lua:1: syntax error near <eof>" },
  { "an escape that is none", "return '\\u{FFFFFFFFF}'", "p.lua:1: UTF-8 value too large" },
  { "a number that is none", "return 1" .. ("e"):rep(1000), "p.lua:1: malformed number near" },
  { "3K.197 parentheses", "return " .. ("("):rep(100000), "C stack overflow" },
  { "3K.197 braces", "return " .. ("{"):rep(100000), "C stack overflow" },
  { "3K.197 brackets", "return " .. ("{["):rep(100000), "C stack overflow" },
  { "3K.197 functions", ("return function() "):rep(50000), "C stack overflow" },
  { "3K.197 blocks", ("do "):rep(100000), "C stack overflow" },
  { "3K.197 minus signs", "return " .. ("- "):rep(100000) .. "1", "C stack overflow" },
  { "3K.197 nots", "return " .. ("not "):rep(100000) .. "1", "C stack overflow" },
  { "3K.197 concatenations", "local a return " .. ("a .. "):rep(100000) .. "a",
    "C stack overflow" },
  { "3K.197 powers", "return " .. ("1 ^ "):rep(100000) .. "1", "C stack overflow" },
  { "3K.197 calls", "local f return " .. ("f("):rep(100000), "C stack overflow" },
  { "3K.197 256 locals", "local " .. table.concat(many, " local "), "too many local variables" },
  { "3K.197 300 upvalues", table.concat(upvalues, " ") .. " return function() return " ..
    table.concat(read, " + ") .. " end end", "too many upvalues" },
  { "3K.197 100,000 gotos", ("goto a "):rep(100000) .. "::a::", "p.lua: too many labels/gotos" },
  { "3K.197 a goto into a block", "goto x do ::x:: end", "p.lua:1: no visible label 'x'" },
  { "3K.197 a break that is none", "break", "p.lua:1: break outside loop" },
  { "an attribute that is none", "local x <open> = 1", "p.lua:1: unknown attribute 'open'" },
  { "a constant that changes", "local x <const> = 1 x = 2",
    "p.lua:1: attempt to assign to const variable 'x'" },
  { "3K.191 a loop", "while true do end", "p.lua: it took too " },
  { "3K.191 a loop in pcall", "pcall(function() while true do end end) return {}",
    "p.lua: it took too " },
  { "3K.191 a loop in __index of what is returned",
    "return setmetatable({}, { __index = function() while true do end end })",
    "p.lua: it took too " },
  { "3K.199 memory", "local t = {} while true do t[#t + 1] = {} end", "p.lua: it took too " },
  { "3K.199 memory in pcall", "pcall(function() local t = {} while true do " ..
    "t[#t + 1] = ('x'):rep(1000):rep(1000) .. #t end end) return {}", "p.lua: it took too " },
  { "3K.199 an error is a table", "error({})", "p.lua: the error is no text but a table" },
  { "3K.195 os.exit", "os.exit(0)", "p.lua:1: nothing is called 'os' here" },
  { "3K.195 a coroutine", "return coroutine.wrap(function() end)()",
    "p.lua:1: nothing is called 'coroutine' here" },
}

describe("a policy's text:", function()
  for _, row in ipairs(texts) do
    it(row[1], function() fails(row[2], row[3]) end)
  end

  it("3K.205 10 MB", function()
    fails(("-"):rep(10 << 20), "p.lua: has 1 MiB or more\n")
  end)

  for name, long in pairs({ ands = ("true and "):rep(70000) .. "true",
                            sums = ("1 + "):rep(200000) .. "1",
                            lines = ("\n"):rep(900000) .. "1",
                            comments = ("--[[x]]"):rep(100000) .. "1" }) do
    it("3K.197 many " .. name .. ", which are right", function()
      says("local _ = " .. long .. " " .. answer:format("on"), "on")
    end)
  end

  it("empty: it has nothing to return", function()
    fails("", "p.lua: a policy returns a table of hooks, not a nil\n")
  end)

  it("a line for a shell is a comment only where Lua loads files itself", function()
    fails("#!/usr/bin/lua\nreturn {}", "p.lua:1: ")
  end)

  it("a hook that is no function of Lua's", function()
    for name, why in pairs({ error = "the error is no text but a userdata",
                             type = "[C]:-1: on_connect returned a string",
                             tostring = "[C]:-1: on_connect returned a string",
                             pcall = "[C]:-1: on_connect returned more than one value",
                             ["math.random"] = "bad argument #1 to ",
                             ["require('fence').deny"] = "bad argument #1 to " }) do
      local result = explain("return { on_connect = " .. name .. " }")
      assert.equal(1, result.code, result.err)
      assert.equal("denied by policy:p: policy error: " .. why,
        result.out:sub(1, #why + 34), result.out)
    end
  end)

  it("hooks by __index must be functions, too", function()
    for _, value in ipairs({ "1", "'x'", "true", "{}",
                             "setmetatable({}, { __call = function() return true end })" }) do
      fails("return setmetatable({}, { __index = { on_connect = " .. value .. " } })",
        "'on_connect' must be a function, not a ")
    end
  end)
end)

-- ---- what it reads ----

local loud = "error('it was read')"

describe("require", function()
  setup(function()
    users.write_file(me, out .. "/evil.lua", loud)
    users.write_file(me, folder .. "/evil.lua", "return 'folder'")
    assert(require("luv").fs_mkdir(folder .. "/lists", tonumber("700", 8)))
  end)

  for _, name in ipairs({ "../evil", "..evil", "...evil", ".evil", "evil.", "evil..x", "a/b",
                          "/etc/passwd", out .. "/evil", "evil.lua\\0x", "evil\\0", "", ".", "..",
                          "a\\\\b", "~", "~/evil", "evil\\n", "%65vil", "é", "C:evil", "@x",
                          ("x"):rep(101), "evil;x", "?" }) do
    it("3K.194 of '" .. name:sub(1, 20) .. "'", function()
      fails("return require '" .. name .. "'",
        "p.lua:1: a module's name has letters, digits, '_' and single dots\n")
    end)
  end

  it("3K.194 finds nothing by LUA_PATH, LUA_CPATH, LUA_INIT or the current folder", function()
    local env = { LUA_PATH = out .. "/?.lua", LUA_PATH_5_4 = out .. "/?.lua", LUA_INIT = loud,
                  LUA_CPATH = out .. "/?.so", LUA_INIT_5_4 = "@" .. out .. "/evil.lua" }
    local file = users.write_file(me, out .. "/other.lua", loud)
    says("local evil = require 'evil' " .. answer:format("' .. evil .. '"), "folder",
      { env = env, cwd = out })
    fails("return require 'other'", "/other.lua: does not exist\n", { env = env, cwd = out })
    os.remove(file)
  end)

  it("3K.194 takes no bytecode", function()
    fails("return require 'm'", "attempt to load a binary chunk (mode is 't')",
      { files = { ["m.lua"] = dumped } })
    says("local ok, why = pcall(require, 'm') " .. answer:format("' .. why .. '"),
      "attempt to load a binary chunk (mode is 't')", { files = { ["m.lua"] = dumped } })
  end)

  it("gives names with dots, once, and true for nothing", function()
    says("local a, b = require 'lists.hosts', require 'lists.hosts' " ..
      answer:format("' .. tostring(a == b) .. tostring(require 'none') .. a[1] .. '"), "truetrue1",
      { files = { ["lists/hosts.lua"] = "return { '1' }", ["none.lua"] = "" } })
  end)

  it("3K.197 finds circles", function()
    fails("return require 'a'", "'a' requires itself, or has failed before\n",
      { files = { ["a.lua"] = "return require 'b'", ["b.lua"] = "return require 'a'" } })
    fails("return require 'p'", "'p' requires itself, or has failed before\n")
  end)

  it("3K.205 takes no file that others can write, no folder, no FIFO, nothing large", function()
    users.write_file(me, folder .. "/open.lua", "return 1", "666")
    fails("return require 'open'", "/open.lua: can be written by others: chmod go-w it\n")
    assert(require("luv").fs_mkdir(folder .. "/deep.lua", tonumber("700", 8)))
    fails("return require 'deep'", "/deep.lua: is a folder")
    process.run({ argv = { "mkfifo", folder .. "/pipe.lua" } })
    fails("return require 'pipe'", "/pipe.lua: is no regular file\n")
    fails("return require 'large'", "/large.lua: has 1 MiB or more\n",
      { files = { ["large.lua"] = (" "):rep(1 << 20) } })
  end)

  it("3K.191 ends a module that loops, and what it leaves is no module", function()
    fails("pcall(require, 'loop') return {}", "p.lua: it took too ",
      { files = { ["loop.lua"] = "while true do end" } })
    says("pcall(require, 'bad') local _, why = pcall(require, 'bad') " ..
      answer:format("' .. why .. '"), "'bad' requires itself, or has failed before",
      { files = { ["bad.lua"] = "error('x')" } })
  end)

  it("3K.191 reads nothing in a hook that the parser is slow to read", function()
    says("return { on_connect = function() pcall(require, 'slow') end }",
      "policy error: it took too many instructions",
      { files = { ["slow.lua"] = ("goto a "):rep(20000) .. "::a::" } })
    says("return { on_connect = function() return require 'quick' end }", "it was read in a hook",
      { files = { ["quick.lua"] = "return require('fence').deny('it was read in a hook') --" ..
        ("x"):rep(50000) } })
  end)

  it("3K.196 shows a module the policy's globals, and no other policy's", function()
    says("rawset(_ENV, 'mine', 'seen ') local m = require 'm' " .. answer:format("' .. m .. '"),
      "seen false", { second = "return {}", files = { ["m.lua"] =
        "return mine .. tostring(rawget(_ENV, 'theirs') ~= nil)" } })
  end)
end)

-- ---- two policies ----

describe("one policy and the next:", function()
  local spoil = [[local fence = require 'fence'
    for _, library in ipairs { string, table, math, utf8, fence } do
      for name in pairs(library) do library[name] = nil end
    end
    for _, name in ipairs { 'pcall', 'type', 'error', 'tostring', 'require', 'setmetatable' } do
      rawset(_ENV, name, function() return 'spoilt' end)
    end
    rawset(_ENV, 'global', 'seen')
    ]]

  it("3K.196 what one spoils while it is loaded is right for the other", function()
    local second = [[return { on_connect = function(req)
      local fence = require 'fence'
      local list = { ("b"):upper(), string.lower("A"), tostring(rawget(_ENV, 'global')),
                     tostring(pcall(error)), type(1), utf8.char(65), math.max(3, 2) }
      return fence.deny(table.concat(list, " ")) end }]]
    local result = explain(spoil .. "return { on_connect = function() end }", { second = second })
    assert.equal("denied by policy:q: B a nil false number A 3\n", result.out, result.err)
    result = explain(spoil .. "return { on_connect = function() end }")
    assert.is_truthy(result.out:find("^denied: no rule allows"), result.out)
  end)

  it("3K.196 modules of one name are two, and so is fence", function()
    local module = "local t = { n = 0 } return t"
    local text = "local m = require 'shared' m.n = m.n + 1 require('fence')[1] = m.n " ..
      "return { on_connect = function() %s end }"
    local result = explain(text:format(""), { files = { ["shared.lua"] = module },
      second = text:format("return require('fence').deny('n is ' .. m.n)") })
    assert.equal("denied by policy:q: n is 1\n", result.out, result.err)
  end)

  it("3K.200 a deny that comes before or after an error stays a deny", function()
    for _, pair in ipairs({ { "error('x')", "return require('fence').allow()" },
                            { "return require('fence').allow()", "error('x')" },
                            { "return require('fence').allow()", "while true do end" } }) do
      local result = explain("return { on_connect = function() " .. pair[1] .. " end }",
        { second = "return { on_connect = function() " .. pair[2] .. " end }" })
      assert.equal(1, result.code)
      assert.is_truthy(result.out:find("policy error: ", 1, true), result.out)
    end
  end)
end)
