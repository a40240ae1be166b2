-- SPDX-License-Identifier: Apache-2.0
-- readme_spec.lua - bindings/lua/README.md speaks of what is there: its examples run and say what
-- it says, and every method has a row.

local fence = require "fence"
local http = require "spec.support.http"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local stream = require "spec.support.stream"
local users = require "spec.support.users"

local patience_ms = 5000
local me = users.current()

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

local text = read("bindings/lua/README.md")

local examples = {}
for code in text:gmatch("\n```lua\n(.-)\n```") do
  examples[#examples + 1] = code
end

describe("bindings/lua/README.md", function()
  -- Line by line: what it has printed can be read while it runs.
  local function start(number)
    local path = users.write_file(me, users.temp_dir(me) .. "/example.lua", examples[number])
    return process.start({
      argv = { "lua5.4", "-e", 'io.stdout:setvbuf("line")', path },
      env = { LUA_CPATH = os.getenv("LUA_CPATH") },
    })
  end

  -- Asks an example that serves for example.org; returns its response and the example.
  local function ask(number)
    local child = start(number)
    local line = child:read_line("stdout", patience_ms) or ""
    local port = tonumber(line:match("^serving\t(%d+)$"))
    assert.is_truthy(port, line .. child.stderr:peek())
    local client = assert(stream.connect(port))
    client:send("GET http://example.org/ HTTP/1.1\r\nHost: example.org\r\n\r\n")
    local response = assert(http.read_response(client, patience_ms))
    client:close()
    return response, child
  end

  it("has the examples that are run here", function()
    assert.equal(4, #examples)
  end)

  it("runs a command", function()
    sandbox.require_sandbox(pending)
    local result = start(1):wait()
    assert.equal("", result.err)
    assert.equal(0, result.code)
    assert.is_truthy(result.out:find("no rule allows example.org:80", 1, true), result.out)
    assert.matches("curl has ended with\t0\n$", result.out)
  end)

  it("decides", function()
    local result = start(2):wait()
    assert.equal("", result.err)
    assert.equal("deny\tpolicy:no_ssh\tno SSH here\n", result.out)
  end)

  it("serves, and tells what it does", function()
    local response, child = ask(3)
    assert.equal(403, response.status)
    assert.matches("^403\texample.org\t", child:read_line("stdout", patience_ms))
    child:stop()
  end)

  it("serves in luv's loop", function()
    local response, child = ask(4)
    assert.equal(403, response.status)
    child:stop()
  end)

  it("names every function and every method", function()
    local config = assert(fence.config {})
    local engine <close> = assert(fence.new(config))
    for name in pairs(fence) do
      assert.is_truthy(text:find("fence." .. name, 1, true), name)
    end
    for prefix, value in pairs({ engine = engine, config = config, policy = fence.policy() }) do
      for name in pairs(getmetatable(value).__index) do
        assert.is_truthy(text:find(("`%s:%s"):format(prefix, name), 1, true), name)
      end
    end
  end)
end)
