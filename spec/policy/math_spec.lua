-- SPDX-License-Identifier: Apache-2.0
-- math_spec.lua - mathematics in policies: the program loads what computes it when a policy first
-- asks, and it computes what any other Lua does.

local process = require "spec.support.process"
local users = require "spec.support.users"

local me = users.current()
local folder = users.temp_dir(me)

describe("mathematics in a policy:", function()
  for _, row in ipairs({
    "2.5 ^ 1.5", "7.5 % 2", "-7.5 % 2", "7 // 0.75", "math.fmod(-7.5, 2)", "math.sqrt(2)",
    "math.sin(1)", "math.cos(1)", "math.tan(1)", "math.asin(0.5)", "math.acos(0.5)",
    "math.atan(1, 2)", "math.exp(1.5)", "math.log(5)", "math.log(5, 2)", "math.log(5, 10)",
    "math.log(5, 3)", "math.floor(-2.5)", "math.ceil(-2.5)", "math.abs(-2.5)", "0/0 ~= 0/0",
    "math.huge // 1", "string.format('%a', 0.1)", "tonumber('0x1p-3')",
  }) do
    it(row, function()
      local path = users.write_file(me, folder .. "/m.lua", ([[
        local fence = require "fence"
        return { on_connect = function() return fence.deny(tostring(%s)) end }]]):format(row))
      local result = process.run({ argv = { users.binary(me), "explain", "--policy", path,
        "good.test:443" } })
      local expected = tostring(assert(load("return " .. row))())
      assert.equal("", result.err)
      assert.is_truthy(result.out:find(": " .. expected .. "\n", 1, true), result.out)
    end)
  end
end)
