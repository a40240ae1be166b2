-- SPDX-License-Identifier: Apache-2.0
-- readme_spec.lua - policies/README.md names every policy beside it, and no other; each has a spec
-- and a test.

local uv = require "luv"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

describe("policies/README.md", function()
  local text = read("policies/README.md")

  it("has a row and a command for every policy", function()
    local scan = assert(uv.fs_scandir("policies"))
    for file in function() return uv.fs_scandir_next(scan) end do
      local name = file:match("^(.*)%.lua$")
      if name and not name:find("_test$") then
        assert.is_truthy(text:find(("| [%s](%s) |"):format(file, file), 1, true), file)
        assert.is_truthy(text:find("\nfence --policy policies/" .. file, 1, true), file)
        assert.is_truthy(uv.fs_stat("spec/policies/" .. name .. "_spec.lua"), file)
        assert.is_truthy(uv.fs_stat("policies/" .. name .. "_test.lua"), file)
      end
    end
  end)

  it("names no file that is not there", function()
    for file in text:gmatch("[%w_]+%.lua") do
      assert.is_truthy(uv.fs_stat("policies/" .. file), file)
    end
  end)

  it("gives each policy's command as the policy itself does", function()
    for name in text:gmatch("%]%(([%w_]+)%.lua%)") do
      local command = text:match("\n(fence %-%-policy policies/" .. name .. "%.lua [^\n]*)")
      local head = read("policies/" .. name .. ".lua")
      assert.is_truthy(head:find("\n--   " .. command .. "\n", 1, true), command)
    end
  end)
end)
