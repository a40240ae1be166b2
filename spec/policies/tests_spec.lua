-- SPDX-License-Identifier: Apache-2.0
-- tests_spec.lua - the test beside each policy passes, by the command that its head gives.

local process = require "spec.support.process"
local shipped = require "spec.support.shipped"
local users = require "spec.support.users"
local uv = require "luv"

local me = users.current()

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

local function run(name, text)
  local words = assert(text:match("fence policy test policies/" .. name .. "%.lua([^\n]*)"))
  local test = users.write_file(me, users.temp_dir(me) .. "/" .. name .. "_test.lua", text)
  local argv = { users.binary(me), "policy", "test", shipped.copy(name), test }
  for word in words:gmatch("%S+") do
    argv[#argv + 1] = word
  end
  return process.run({ argv = argv })
end

describe("the test of", function()
  local scan = assert(uv.fs_scandir("policies"))
  for file in function() return uv.fs_scandir_next(scan) end do
    local name = file:match("^(.*)_test%.lua$")
    if name then
      it(name, function()
        local result = run(name, read("policies/" .. file))
        assert.equal("", result.err)
        assert.is_truthy(result.out:find("\n%d+ passed, 0 failed\n$"), result.out)
        assert.equal(0, result.code)
      end)
    end
  end
end)
