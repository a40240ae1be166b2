-- SPDX-License-Identifier: Apache-2.0
-- request_spec.lua - what hooks are shown: every field of a request in every hook, made visible by
-- the message of a refusal.

local http = require "spec.support.http"
local policies = require "spec.support.policies"
local socks5 = require "spec.support.socks5"
local tls = require "spec.support.tls"
local wire = require "spec.support.wire"

local patience_ms = 5000

-- A hook that denies with its request's fields, as "kind=http host=…".
local fields = [[
  local function show(req)
    local shown = { "id=" .. math.type(req.id) }
    for _, name in ipairs { "kind", "host", "port", "method", "scheme", "path", "query", "url",
                            "headers", "addresses" } do
      local value = req[name]
      if name == "addresses" and value then value = table.concat(value, ",") end
      shown[#shown + 1] = name .. "=" .. tostring(value)
    end
    return fence.deny(table.concat(shown, " "))
  end
]]

describe("a hook is shown", function()
  local w

  local function start(text, options)
    w = policies.start({ text }, options)
  end

  after_each(function()
    w:stop(true)
    w = nil
  end)

  local function says(response, why)
    assert.equal(403, response.status)
    assert.is_truthy(response.body:find(w:fill(why), 1, true), response.body)
  end

  local function tunnel(authority)
    local client, response = w.proxy:tunnel(w:fill(authority), patience_ms)
    assert.is_nil(client)
    return response
  end

  it("every field in on_request", function()
    start(fields .. "return { on_request = show }")
    says(w:ask(wire.get("/a/B?c=1?d")), "fence: id=integer kind=http host=good.test " ..
      "port={port} method=GET scheme=http path=/a/B query=c=1?d " ..
      "url=http://good.test:{port}/a/B?c=1?d headers=userdata addresses=nil (policy:p)")
    says(w:ask(wire.get("/", "GOOD.test.")), "host=good.test port=80 method=GET scheme=http " ..
      "path=/ query=nil url=http://good.test/ ")
    says(w:ask(wire.get("", "[2001:DB8::0:1]:81")), "host=2001:db8::1 port=81 method=GET " ..
      "scheme=http path=/ query=nil url=http://[2001:db8::1]:81/ ")
    says(w:ask(wire.get("/?", "good.test")), "path=/ query= url=http://good.test/? ")
  end)

  it("every field in on_connect", function()
    start(fields .. "return { on_connect = show }")
    local none = "method=nil scheme=nil path=nil query=nil url=nil headers=nil addresses=nil"
    says(tunnel("Good.Test:{port}"), "fence: id=integer kind=connect host=good.test port={port} " ..
      none)
    says(tunnel("[::ffff:192.0.2.1]:22"), "host=192.0.2.1 port=22 " .. none)
  end)

  it("the same by SOCKS5", function()
    start([[return { on_connect = function(req)
      if req.kind == "socks5" and req.host == "good.test" and not req.method then
        return fence.allow()
      end
    end }]])
    assert(socks5.tunnel(w.proxy.port, socks5.by_name("GOOD.test", w.origin.port))):close()
    assert.equal(403, tunnel("good.test:{port}").status)
  end)

  it("every field in on_resolve, with addresses", function()
    start(fields .. "return { on_resolve = show }", { allowed = { "good.test" } })
    says(w:ask(wire.get("/a?b")), "kind=http host=good.test port={port} method=GET scheme=http " ..
      "path=/a query=b url=http://good.test:{port}/a?b headers=nil addresses=127.0.0.1")
    says(tunnel("good.test:{port}"), "kind=connect host=good.test port={port} method=nil " ..
      "scheme=nil path=nil query=nil url=nil headers=nil addresses=127.0.0.1")
  end)

  it("the time, and one id for a connection", function()
    start([[local last = 0
      return { on_request = function(req)
        local same = req.id == last
        last = req.id
        return fence.deny(math.type(req.time) .. " " .. math.floor(req.time) .. " " ..
          tostring(same))
      end }]])
    local before = os.time()
    local client = w:connect()
    for index = 1, 2 do
      client:send(wire.get("/", "good.test"))
      local body = http.read_response(client, patience_ms).body
      local seconds, same = body:match("float (%d+) (%l+)")
      assert.is_true(before <= tonumber(seconds) and tonumber(seconds) <= os.time(), body)
      assert.equal(index == 2 and "true" or "false", same)
    end
    client:close()
    says(w:ask(wire.get("/", "good.test")), " false (policy:p)")
  end)

  it("headers: any case, repeated ones, and each in order", function()
    start([[return { on_request = function(req)
      local all = {}
      for name, value in req.headers:each() do all[#all + 1] = name .. "=" .. value end
      return fence.deny(req.headers["USER-agent"] .. "|" .. req.headers["x-a"] .. "|" ..
        tostring(req.headers.none) .. "|" .. table.concat(all, ";"))
    end }]])
    says(w:ask(wire.get("/", "good.test", "User-Agent: me\r\nX-A: 1\r\nEmpty:\r\nx-a: 2\r\n")),
      "fence: me|1, 2|nil|Host=good.test;User-Agent=me;X-A=1;Empty=;x-a=2")
  end)

  it("the server that a tunnel's TLS names", function()
    start([[return { on_connect = function(req)
      if req.host == "evil.test" then return fence.deny("no " .. req.host) end
      return fence.allow()
    end }]])
    for name, passes in pairs({ ["b.good.test"] = true, ["evil.test"] = false }) do
      local client = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
      client:send(tls.hello(name))
      client:shutdown()
      local bytes = client:read_all(patience_ms)
      assert.equal(not passes, bytes == tls.access_denied, name)
      client:close()
    end
  end)
end)
