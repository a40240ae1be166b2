-- SPDX-License-Identifier: Apache-2.0
-- escapes.lua - a table of ways out of the sandbox, tried outside, where each must work, and
-- inside, where it must not. See escapes.py, which tries them.
--
-- A row: { name, attempt, outcomes, control = }. The attempt is Python; the outcomes inside are
-- words, any of which will do. So are those of the control, outside: "ok" where it is missing.
-- "root" among them: nobody else can do it outside, so the control is for root alone. only =
-- "root": the attempt is too. setup =: Python as well, outside and before. host =: Python that
-- looks, outside and afterwards, whether it worked, and whose outcome counts instead.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local process = require "spec.support.process"
local users = require "spec.support.users"

local escapes = {}
escapes.__index = escapes

local python = "/usr/bin/python3"
local here = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$")
local source = assert(fenced.read_file(here .. "escapes.py"))
local seconds = 60

local function has_word(words, word)
  return (" " .. words .. " "):find(" " .. word .. " ", 1, true) ~= nil
end

-- Is the control of this row for this user?
local function is_controlled(identity, row)
  return users.ids(identity).uid == 0 or not has_word(row.control or "", "root")
end

-- options: identity, rows, and functions of the world (a folder), where wanted:
--   settings(world)  of fence; project is writable otherwise    args(world)  of fence
--   extra(world)     what the attempts find as X: a table        before(world)  once it is there
--   env(world)       of both sides                               stdin(world)  a path, to be read
function escapes.new(options)
  return setmetatable({ options = options, sides = {} }, escapes)
end

local function program(mode, world, order)
  return { python, "-c", source, mode, world, json.encode(order) }
end

function escapes:plain(argv, world)
  local result = process.run({ argv = argv, as_user = self.options.identity, cwd = world })
  assert(result.code == 0, result.err)
  return result.out
end

local function given(option, world)
  if type(option) == "function" then
    return option(world)
  end
  return option
end

-- Makes a world and tries all rows that are for this side in it.
function escapes:try(inside)
  local options = self.options
  local world = users.temp_dir(options.identity)
  local order = { inside = inside, rows = json.list({}), extra = { none = true } }
  for number, row in ipairs(options.rows) do
    local uid = users.ids(options.identity).uid
    if (inside or is_controlled(options.identity, row)) and (row.only ~= "root" or uid == 0) then
      order.rows[#order.rows + 1] = json.list({ number, row[2], row.setup or "", row.host or "" })
    end
  end
  self:plain(program("prepare", world, order), world)
  if options.before then
    options.before(world)
  end
  order.extra = given(options.extra, world) or order.extra
  local argv = program("run", world, order)
  if options.stdin then
    argv = table.move(argv, 1, #argv, 4, { "sh", "-c", 'exec 9<&0 </dev/null "$0" "$@"' })
  end
  local side = { world = world, order = order }
  if inside then
    side.before = self:plain(program("list", world, order), world)
    argv = fenced.argv({ argv = argv, as_user = options.identity, args = given(options.args, world),
      settings = given(options.settings, world)
        or { filesystem = { allowWrite = { world .. "/project" } } } })
  end
  if options.stdin then
    argv = table.move(argv, 1, #argv, 5,
      { "sh", "-c", 'exec "$@" <"$0"', options.stdin(world) })
  end
  side.result = process.run({ argv = argv, as_user = options.identity, cwd = world .. "/project",
    env = given(options.env, world), timeout = seconds * 1000 })
  side.outcomes = {}
  for number, outcome in side.result.out:gmatch("(%d+)\t([^\n]*)\n") do
    side.outcomes[tonumber(number)] = outcome
  end
  if inside then
    side.after = self:plain(program("list", world, order), world)
  end
  local judged = self:plain(program("judge", world, order), world)
  for number, outcome in judged:gmatch("(%d+)\t([^\n]*)\n") do
    side.outcomes[tonumber(number)] = outcome
  end
  return side
end

-- What came of all of them: { outcomes =, result =, world =, before =, after = }, tried once.
function escapes:side(inside)
  local key = inside and "inside" or "outside"
  if not self.sides[key] then
    self.sides[key] = { pcall(self.try, self, inside) }
  end
  local worked, side = table.unpack(self.sides[key])
  return worked and side or error(side, 0)
end

-- Fails unless row `number` works outside and has one of its outcomes inside.
function escapes:check(number)
  local row = self.options.rows[number]
  if is_controlled(self.options.identity, row) then
    local side = self:side(false)
    local outcome = side.outcomes[number] or "no outcome"
    local wanted = (row.control or "ok"):gsub("%f[%w]root%f[%W]", ""):gsub("^%s*$", "ok")
    if not has_word(wanted, outcome) then
      error(("outside: %s, and should be: %s\n%s"):format(outcome, wanted,
        side.result.err:sub(-600)), 0)
    end
  end
  local side = self:side(true)
  local outcome = side.outcomes[number] or "no outcome"
  if not has_word(row[3], outcome) then
    error(("inside: %s, and should be: %s\n%s"):format(outcome, row[3],
      side.result.err:sub(-600)), 0)
  end
end

-- Defines an `it` for each row, and one for what they must not have touched. `row` is called with
-- name and function and defines one.
function escapes:define(row)
  for number, case in ipairs(self.options.rows) do
    if case.only ~= "root" or users.ids(self.options.identity).uid == 0 then
      row(case[1], function() self:check(number) end)
    end
  end
end

return escapes
