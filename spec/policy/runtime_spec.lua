-- SPDX-License-Identifier: Apache-2.0
-- runtime_spec.lua - the Lua modules that the library brings: fence.is_read, fence.any, fence.clock
-- and fence.tally, run where policies run.

local process = require "spec.support.process"
local users = require "spec.support.users"

local me = users.current()
local folder = users.temp_dir(me)

-- What a policy's expression gives, as text; or the line that says why it cannot be loaded.
local function eval(body, ...)
  local path = users.write_file(me, folder .. "/p.lua", ([[
    local fence = require "fence"
    local clock, tally = require "fence.clock", require "fence.tally"
    local function run(req) %s end
    return {
      on_connect = function(req) return fence.deny(tostring(run(req))) end,
      on_request = function(req) return fence.deny(tostring(run(req))) end,
    }]]):format(body))
  local words = { ... }
  local result = process.run({ argv = { users.binary(me), "explain", "--policy", path,
    table.unpack(#words > 0 and words or { "good.test:443" }) } })
  return result.out:match("^denied by policy:p: (.*)\n$") or result.err .. result.out
end

describe("the modules of the library:", function()
  for _, row in ipairs({
    { "return fence.is_read(req)", "false" },
    { "return fence.any(fence.domains{'x.test'}, fence.glob 'good.*'):match(req.host)", "true" },
    { "return fence.any(fence.domains{'x.test'}):match(req.host)", "false" },
    { "return fence.any():match(req.host)", "false" },
    { "return fence.any(fence.any(fence.glob '*')):match(req.host)", "true" },
    { "return select(2, pcall(fence.any, 7))", "fence.any: number 1 is no matcher, but a "
      .. "number" },
    { "return fence.is_raed", "policy error: p.lua:3: fence has no 'is_raed'; did you mean "
      .. "'is_read'?" },
    { "return require 'fence.clok'", "policy error: p.lua:3: there is no 'fence.clok': fence has "
      .. "fence.clock, fence.tally" },
    { "local t = tally.new(0) return t", "policy error: p.lua:3: tally.new takes how many "
      .. "keys it keeps, from 1 on" },
    { "local t = tally.new(2) t:add('a', 5) t:add('b') t:add('c', 3) t:add('d', 4) "
      .. "local s = '' for k, v in t:sorted() do s = s .. k .. v .. ' ' end return s",
      "(others)7 a5 b1 " },
    { "local t = tally.new() return t:add('x') + t:add('x', 2) + t:get('y')", "4" },
    { "local t = tally.new() t:add('b') t:add('a') local s = '' for k in t:sorted() do "
      .. "s = s .. k end return s", "ab" },
  }) do
    it(row[1], function()
      assert.equal(row[2], eval(row[1]))
    end)
  end

  for method, expected in pairs({ GET = "true", HEAD = "true", OPTIONS = "true", POST = "false",
    DELETE = "false", get = "false" }) do
    it("fence.is_read: " .. method, function()
      assert.equal(expected, eval("return fence.is_read(req)", method, "http://good.test/"))
    end)
  end

  -- against the C library's calendar
  local times = { 0, 951782399, 951782400, 951868800, 4107542399, 253402300799, -1 }
  for year = 1970, 2100, 13 do
    times[#times + 1] = os.time({ year = year, month = 2, day = 28, hour = 23 })
    times[#times + 1] = os.time({ year = year, month = 12, day = 31, hour = 23, min = 59 })
  end
  for _, offset in ipairs({ 0, 5.5, -8 }) do
    it("fence.clock, offset " .. offset, function()
      local list, expected = {}, {}
      for index, time in ipairs(times) do
        list[index] = ("%d"):format(time)
        expected[index] = os.date("!%Y-%m-%d %H:%M:%S ", math.floor(time + offset * 3600))
          .. os.date("!%A", math.floor(time + offset * 3600)):lower()
      end
      local got = eval(([[
        local all = {}
        for _, time in ipairs { %s } do
          local c = clock.at(time + 0.25, %s)
          all[#all + 1] = ("%%04d-%%02d-%%02d %%02d:%%02d:%%02d %%s"):format(c.year, c.month, c.day,
            c.hour, c.minute, c.second, c.weekday)
        end
        for i, line in ipairs { %s } do
          if all[i] ~= line then return all[i] .. " and not " .. line end
        end
        return "the same"]]):format(table.concat(list, ", "), offset,
        '"' .. table.concat(expected, '", "') .. '"'))
      assert.equal("the same", got)
    end)
  end
end)
