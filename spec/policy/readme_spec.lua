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

-- The names in a table of the source, in its order.
local function names_in(path, pattern)
  local names = {}
  for name in assert(read(path):match(pattern), path):gmatch('"([%w_]+)"') do
    names[#names + 1] = name
  end
  return names
end

describe("documented policies", function()
  local folder

  before_each(function() folder = users.temp_dir(identity) end)

  local function run(policy, ...)
    local path = users.write_file(identity, folder .. "/p.lua", policy)
    return process.run({ argv = { users.binary(identity), "--policy", path, ... } })
  end

  local function loads(policy)
    local result = run(policy, "--", "true")
    assert.equal("", result.err)
    assert.equal(0, result.code)
  end

  for path, count in pairs({ ["lua/README.md"] = 7, ["README.md"] = 1 }) do
    it("the examples of " .. path, function()
      local found = examples(path)
      assert.equal(count, #found)
      for _, policy in ipairs(found) do
        loads(policy)
      end
    end)
  end

  it("the README's first policy says what the README says", function()
    local result = run(examples("lua/README.md")[1], "--", "curl", "-s", "-X", "POST",
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

  it("keys that have a type, and no others", function()
    local typed = types()["fence.Policy"]
    for _, key in ipairs(typed) do
      loads(("return { %s = %s }"):format(key, key == "name" and "'x'" or "function() end"))
    end
    table.sort(typed)
    local listed = names_in("core/policy/policy.c", "keys%[%] = {(.-)NULL}")
    table.sort(listed)
    assert.same(listed, typed)
  end)

  it("what hooks are told has the types' fields, and no others", function()
    local classes = types()
    for class, pattern in pairs({ Run = "push_run", Event = "push_event",
                                  Summary = "push_summary" }) do
      assert.same(names_in("core/policy/policy_tell.c", pattern .. "%(.-names%[%] = {(.-)NULL}"),
        classes["fence." .. class], class)
    end
    local function read_all(name)
      local lines = {}
      for _, field in ipairs(classes["fence." .. name]) do
        lines[#lines + 1] = ("assert(it.%s ~= nil, '%s')"):format(field, field)
      end
      return table.concat(lines, " ")
    end
    local result = run(('local fence = require "fence"; return {\n' ..
      "on_start = function(it) %s fence.log('info', 'start') end,\n" ..
      "on_event = function(it) %s return 'event' end,\n" ..
      "on_exit = function(it) %s fence.log('info', 'exit') end }"):format(read_all("Run"),
      read_all("Event"), read_all("Summary")), "-m", "--", "curl", "-s", "http://a.test/")
    local said = result.err:gsub("%d%d:%d%d:%d%d", "TIME")
    assert.equal("[fence] info: policy p: start\n[fence:policy] TIME event\n" ..
      "[fence] info: policy p: exit\n", said)
  end)

  it("fence has what has a type, and no more", function()
    local classes = types()
    assert.same({ "policy" }, classes["fence.Config"])
    local typed = classes.fence
    table.sort(typed)
    local listed = names_in("core/policy/fence_lua.c", "names%[%] = {(.-)NULL}")
    table.sort(listed)
    assert.same(listed, typed)
  end)

  it("functions that have a type", function()
    local lines = { 'local fence = require "fence"', "local made = {",
      'Domains = fence.domains {}, Cidrs = fence.cidrs {}, Glob = fence.glob "*" }' }
    local classes = types()
    for _, name in ipairs(classes.fence) do
      lines[#lines + 1] = ("assert(type(fence.%s) == '%s')"):format(name,
        name == "config" and "table" or "function")
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
    local result = run(table.concat(lines, "\n"), "--", "curl", "-s", "http://a.test/x?y")
    assert.is_truthy(result.out:find(
      "fence: nil: addresses bytes_sent bytes_received duration (policy:p)", 1, true),
      result.out .. result.err)

    assert.same(names_in("core/policy/request_lua.c", "const names%[%] = {(.-)NULL}"),
      classes["fence.Request"])
  end)
end)
