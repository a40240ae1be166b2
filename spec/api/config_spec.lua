-- SPDX-License-Identifier: Apache-2.0
-- config_spec.lua - `require "fence"`: settings from a file and from a text, and policies.

local fence = require "fence"
local process = require "spec.support.process"
local users = require "spec.support.users"

local me = users.current()

local function file(name, text)
  return users.write_file(me, users.temp_dir(me) .. "/" .. name, text)
end

local function verdict(config, host, policy)
  return fence.decide(config, policy, { kind = "connect", host = host, port = 443 }).verdict
end

describe("fence.version", function()
  it("is the program's", function()
    local said = process.run({ argv = { users.binary(me), "--version" } }).out
    assert.is_truthy(said:find(fence.version, 1, true), said)
  end)
end)

describe("fence.config", function()
  it("allows nothing when nothing is given", function()
    assert.equal("deny", verdict(assert(fence.config {}), "a.test"))
  end)

  it("reads a text", function()
    local config = assert(fence.config { text = '{"network":{"allowedDomains":["a.test"]}}' })
    assert.equal("allow", verdict(config, "a.test"))
    assert.equal("deny", verdict(config, "b.test"))
  end)

  it("reads a file", function()
    local path = file("f.jsonc", '{"network":{"allowedDomains":["a.test"]}} // so')
    assert.equal("allow", verdict(assert(fence.config { file = path }), "a.test"))
  end)

  it("takes a template", function()
    local config = assert(fence.config { template = "npm-install" })
    assert.equal("deny", verdict(config, "a.test"))
    local _, why = fence.config { template = "npm-instal" }
    assert.equal("there is no template 'npm-instal'; did you mean 'npm-install'?", tostring(why))
  end)

  it("adds values, and names where they come from", function()
    local config = assert(fence.config { text = "{}", extra = {
      { origin = "ours", key = "network.allowedDomains", value = "*.a.test" },
      { origin = "theirs", key = "network.deniedDomains", value = "x.a.test" },
    } })
    local request = { kind = "connect", host = "b.a.test", port = 1 }
    assert.equal("ours *.a.test", fence.decide(config, nil, request).rule)
    request.host = "x.a.test"
    assert.equal("theirs x.a.test", fence.decide(config, nil, request).rule)
  end)

  -- name, the argument, the message
  local rows = {
    { "a text under its name", { text = '{"a":1}', name = "mine" }, "^mine:1:2: .*'a'" },
    { "a text without one", { text = "{" }, "^text:1:2: " },
    { "a NUL byte in the text", { text = "{}\0" }, "^text:1:3: " },
    { "a file that is not there", { file = "/nonexistent" }, "^'/nonexistent' does" },
    { "a value that means nothing", { extra = {
      { origin = "ours", key = "network.allowedDomains", value = "a..b" },
    } }, "^ours: 'a%.%.b': " },
  }
  for _, row in ipairs(rows) do
    it("returns nil and why: " .. row[1], function()
      local config, why = fence.config(row[2])
      assert.is_nil(config)
      assert.matches(row[3], why)
      assert.is_nil(why:find("\n"))
    end)
  end

  it("lists the policies of the settings as they are written", function()
    local config = assert(fence.config { text = '{"policies": ["a.lua", "/b.lua"]}' })
    assert.same({ "a.lua", "/b.lua" }, config:policies())
    assert.same({}, assert(fence.config {}):policies())
  end)
end)

describe("fence.find_config", function()
  local code = 'print(require "fence".find_config())'

  local function find(home)
    return process.run({ argv = { "lua5.4", "-e", code },
      env = { HOME = home, LUA_CPATH = os.getenv("LUA_CPATH"), XDG_CONFIG_HOME = false } }).out
  end

  it("finds the file, or none, or says that there are two", function()
    local home = users.temp_dir(me)
    assert.equal("nil\n", find(home))
    users.write_file(me, home .. "/.fence.json", "{}")
    assert.equal(home .. "/.fence.json\n", find(home))
    users.write_file(me, home .. "/.fence.jsonc", "{}")
    assert.matches("^nil\t.+%.fence%.jsonc?.*\n$", find(home))
  end)
end)

describe("fence.policy", function()
  local config = assert(fence.config {})

  it("is a set that has no opinion at first", function()
    assert.equal("deny", verdict(config, "a.test", fence.policy()))
  end)

  it("loads texts and files, one behind the other", function()
    local path = file("p.lua", "return { on_connect = function(req) " ..
      'if req.host == "b.test" then return require "fence".allow() end end }')
    local policy = fence.policy()
    assert.equal(policy, policy:load_text("q", 'local fence = require "fence"; return { ' ..
      'on_connect = function(req) return req.host == "a.test" and fence.allow() or nil end }'))
    assert.equal(policy, policy:load(path))
    assert.equal("allow", verdict(config, "a.test", policy))
    assert.equal("allow", verdict(config, "b.test", policy))
    assert.equal("deny", verdict(config, "c.test", policy))
  end)

  it("returns nil and why, and is as it was", function()
    local policy = fence.policy()
    local none, why = policy:load_text("bad.lua", "return {\n on_conect = 1 }")
    assert.is_nil(none)
    assert.equal("bad.lua: a policy has no 'on_conect'; did you mean 'on_connect'?", why)
    none, why = policy:load("/nonexistent")
    assert.is_nil(none)
    assert.equal("/nonexistent: does not exist", why)
    assert.equal("deny", verdict(config, "a.test", policy))
  end)

  it("shares nothing with this Lua", function()
    local policy = fence.policy()
    local none, why = policy:load_text("p", "return { name = os.getenv('HOME') }")
    assert.is_nil(none)
    assert.is_truthy(why:find("os", 1, true), why)
  end)
end)
