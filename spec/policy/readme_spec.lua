-- SPDX-License-Identifier: Apache-2.0
-- readme_spec.lua - lua/README.md and lua/types.lua speak of what is there: each example loads, and
-- so does all that has a type.

local process = require "spec.support.process"
local users = require "spec.support.users"

local identity = users.current()

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

-- The examples of a README that are whole policies; or, with `tests`, those that test one.
local function examples(path, tests)
  local found = {}
  for code in read(path):gmatch("\n```lua\n(.-)\n```") do
    local is_test = code:find("^%-%- %w+_test%.lua\n") ~= nil
    if code:find("return {", 1, true) and is_test == (tests or false) then
      found[#found + 1] = code
    end
  end
  return found
end

-- The fields of each class, in their order: { ["fence.Request"] = { "id", "kind", ... }, ... }.
local function types()
  local classes, class = {}
  for line in read("lua/types.lua"):gmatch("[^\n]+") do
    local name = line:match("^%-%-%-@class ([%w.]+)")
    local field = line:match("^%-%-%-@field ([%w_]+)")
    if name then
      class = name
      classes[name] = {}
    elseif field then
      table.insert(classes[class], field)
    end
  end
  return classes
end

describe("documented policies", function()
  local folder

  before_each(function() folder = users.temp_dir(identity) end)

  local function run(policy, ...)
    local path = users.write_file(identity, folder .. "/p.lua", policy)
    return process.run({ argv = { users.binary(identity), "--policy", path, "--", ... } })
  end

  local function loads(policy)
    local result = run(policy, "true")
    assert.equal("", result.err)
    assert.equal(0, result.code)
  end

  for path, count in pairs({ ["lua/README.md"] = 4, ["README.md"] = 1 }) do
    it("the examples of " .. path, function()
      local found = examples(path)
      assert.equal(count, #found)
      for _, policy in ipairs(found) do
        loads(policy)
      end
    end)
  end

  it("the README's first policy says what the README says", function()
    local result = run(examples("lua/README.md")[1], "curl", "-s", "-X", "POST",
      "http://github.com/")
    assert.is_truthy(result.out:find("fence: GitHub is read-only here (policy:p)", 1, true),
      result.out .. result.err)
  end)

  it("its test tests it", function()
    local policy = users.write_file(identity, folder .. "/github.lua",
      examples("lua/README.md")[1])
    users.write_file(identity, folder .. "/github_test.lua", examples("lua/README.md", true)[1])
    local result = process.run({ argv = { users.binary(identity), "policy", "test", policy } })
    assert.equal("ok   reading\nok   writing\nok   tunnels are left to others\n" ..
      "ok   a name that leads inside\nok   test_all_that_reads\n5 passed, 0 failed\n",
      result.out, result.err)
    assert.equal(0, result.code)
  end)

  it("keys that have a type", function()
    for _, key in ipairs(types()["fence.Policy"]) do
      loads(("return { %s = %s }"):format(key, key == "name" and "'x'" or "function() end"))
    end
  end)

  it("functions that have a type", function()
    local lines = { 'local fence = require "fence"', "local made = {",
      'Domains = fence.domains {}, Cidrs = fence.cidrs {}, Glob = fence.glob "*" }' }
    local classes = types()
    for _, name in ipairs(classes.fence) do
      lines[#lines + 1] = ("assert(type(fence.%s) == 'function')"):format(name)
    end
    for _, class in ipairs({ "Domains", "Cidrs", "Glob" }) do
      for _, name in ipairs(classes["fence." .. class]) do
        lines[#lines + 1] = ("assert(type(made.%s.%s) == 'function')"):format(class, name)
      end
    end
    loads(table.concat(lines, "\n") .. "\nreturn {}")
  end)

  it("fields that have a type, and no others", function()
    local lines = { 'local fence = require "fence"', "return { on_request = function(req)",
      "local seen = {}" }
    local classes = types()
    for _, name in ipairs(classes["fence.Request"]) do
      lines[#lines + 1] = ("seen[#seen + 1] = req.%s == nil and '%s' or nil"):format(name, name)
    end
    for _, name in ipairs(classes["fence.Headers"]) do
      lines[#lines + 1] = ("assert(type(req.headers.%s) == 'function')"):format(name)
    end
    lines[#lines + 1] = "return fence.deny('nil: ' .. table.concat(seen, ' ')) end }"
    local result = run(table.concat(lines, "\n"), "curl", "-s", "http://a.test/x?y")
    assert.is_truthy(result.out:find("fence: nil: addresses (policy:p)", 1, true),
      result.out .. result.err)

    local listed = read("core/policy/request_lua.c"):match("const names%[%] = {(.-)NULL}")
    local names = {}
    for name in listed:gmatch('"(%w+)"') do
      names[#names + 1] = name
    end
    assert.same(names, classes["fence.Request"])
  end)
end)
