-- SPDX-License-Identifier: Apache-2.0
-- upload_budget_spec.lua - policies/upload_budget.lua: what is sent is counted for each host, and
-- the request after the budget is the one that is denied.

local process = require "spec.support.process"
local shipped = require "spec.support.shipped"
local socks5 = require "spec.support.socks5"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000

describe("policies/upload_budget.lua", function()
  local w

  local function start(settings, options)
    options = options or {}
    options.door = "both"
    options.args = { "--policy", shipped.copy("upload_budget") }
    options.policy = { upload_budget = settings }
    w = wire.start(options)
  end
  after_each(function()
    if w then
      w:stop()
    end
    w = nil
  end)

  local function post(bytes, host)
    host = host or "good.test:{port}"
    return w:ask(("POST http://%s/ HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s")
      :format(host, host, bytes, ("x"):rep(bytes)))
  end

  local function refused(response, why)
    assert.equal(403, response.status)
    assert.is_truthy(response.body:find(why, 1, true), response.body)
  end

  -- A tunnel over which so many bytes went, and which is over.
  local function tunnel(bytes)
    local client = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
    client:send(("x"):rep(bytes))
    client:shutdown()
    client:read_all(patience_ms)
    client:close()
  end

  it("denies the request behind the one that used it up", function()
    start({ bytes = 2000 })
    assert.equal(200, post(100).status)
    assert.equal(200, post(3000).status) -- one on its way is not cut
    local response = post(0)
    refused(response, " of 2000 bytes: the budget is used up (policy:upload_budget)")
    local used = tonumber(response.body:match("good%.test was sent (%d+) of"))
    assert.is_true(used > 3100 and used < 3300, response.body)
    refused(w:ask(wire.get()), "good.test was sent")
    refused(select(2, w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms)),
      "good.test was sent")
    assert.is_nil((socks5.tunnel(w.proxy.port, socks5.by_name("good.test", w.origin.port))))
    assert.equal(200, post(100, "b.good.test:{port}").status) -- each host has its own
  end)

  it("counts requests on a connection that is kept", function()
    start({ bytes = 150 })
    local http = require "spec.support.http"
    local client = w:connect()
    local statuses = {}
    for index = 1, 4 do
      client:send(w:fill(wire.get()))
      statuses[index] = http.read_response(client, patience_ms).status
    end
    client:close()
    assert.same({ 200, 200, 200, 403 }, statuses)
  end)

  it("counts tunnels when they are over", function()
    local echo = require("spec.support.origin").echo()
    start({ bytes = 5000 }, { origin = echo })
    local open = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
    tunnel(4000)
    tunnel(2000)
    refused(select(2, w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms)),
      "of 5000 bytes: the budget is used up")
    open:send("still up") -- it is not cut
    assert.equal("still up", open:read(8, patience_ms))
    open:close()
  end)

  it("a host has a budget of its own, and 0 is nothing at all", function()
    start({ bytes = 0, hosts = { ["B.good.test"] = 1000 } })
    refused(post(1), "good.test was sent 0 of 0 bytes")
    assert.equal(200, post(1000, "b.good.test:{port}").status)
    refused(post(1, "b.good.test:{port}"), " of 1000 bytes")
    assert.equal(1, w.origin.connections)
  end)

  it("10 MiB when nothing is said", function()
    start(nil)
    assert.equal(200, post(10 * 1024 * 1024 - 1000).status)
    assert.equal(200, post(1000).status)
    refused(post(1), " of 10485760 bytes")
  end)

  it("the 1,001st host and those behind it share one budget", function()
    local hosts = {}
    for index = 1, 1002 do
      hosts[index] = ("h%d.good.test"):format(index)
    end
    start({ bytes = 50, hosts = { ["b.good.test"] = 1000 } }, { hosts = hosts })
    for _, host in ipairs(hosts) do
      local response = post(0, host .. ":{port}")
      if host == "h1002.good.test" then
        refused(response, "hosts beyond the first 1000 was sent ")
      else
        assert.equal(200, response.status, host .. response.body)
      end
    end
    refused(post(0, "h1.good.test:{port}"), "h1.good.test was sent ")
    assert.equal(200, post(0, "b.good.test:{port}").status)
  end)

  for text, why in pairs({
    ['{"byte": 8}'] = ": there is no key 'byte'",
    ['{"bytes": -1}'] = ".bytes must be a whole number",
    ['{"bytes": 1.5}'] = ".bytes must be a whole number",
    ['{"hosts": {"a.test": "1 MB"}}'] = '.hosts: write "HOST": BYTES',
    ['{"hosts": 7}'] = ".hosts must be an object",
    ["7"] = " must be an object",
  }) do
    it("does not start with " .. text, function()
      local me = users.current()
      local policy = shipped.copy("upload_budget")
      local settings = users.write_file(me, users.temp_dir(me) .. "/fence.json",
        ('{"policy": {"upload_budget": %s}}'):format(text))
      local result = process.run({ argv = { users.binary(me), "--settings", settings, "--policy",
        policy, "--", "echo", "ran" } })
      assert.equal(125, result.code)
      assert.equal(("fence: %s: policy.upload_budget%s\n"):format(policy, why), result.err)
    end)
  end
end)
