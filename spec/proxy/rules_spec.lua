-- SPDX-License-Identifier: Apache-2.0
-- rules_spec.lua - network.rules on the wire: each request of a connection is judged by itself, by
-- every protocol.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local socks5 = require "spec.support.socks5"
local tls = require "spec.support.tls"
local wire = require "spec.support.wire"

local patience_ms = 5000

local function deny(rule)
  rule.action = "deny"
  return rule
end

describe("network.rules", function()
  local w

  -- With these rules, and nothing in the lists.
  local function start(rules, options)
    options = options or {}
    options.door = "both"
    options.allowed = options.allowed or {}
    options.network = { rules = rules }
    w = wire.start(options)
  end

  after_each(function()
    w:stop(true)
    w = nil
  end)

  local function request(method, path)
    return ("%s http://good.test:{port}%s HTTP/1.1\r\nHost: good.test:{port}\r\n\r\n")
      :format(method, path)
  end

  local function status(method, path)
    return w:ask(request(method, path)).status
  end

  local function tunnel_status(host)
    local client, response = w.proxy:tunnel(host .. ":" .. w.origin.port, patience_ms)
    if client then
      client:close()
    end
    return response.status
  end

  local function socks_code(host)
    local client = w:connect()
    local code = socks5.ask(client, socks5.by_name(host, w.origin.port))
    client:close()
    return code
  end

  it("allow a host as the list does, by every protocol", function()
    start({ { host = "good.test", action = "allow" } })
    assert.equal(200, status("GET", "/"))
    assert.equal(200, tunnel_status("good.test"))
    assert.equal(0, socks_code("good.test"))
    assert.equal(403, tunnel_status("b.good.test"))
    assert.equal(2, socks_code("b.good.test"))
  end)

  it("allow reading, and nothing that cannot be read", function()
    start({ { host = "*.test", method = { "GET", "HEAD" }, action = "allow" } })
    assert.equal(200, status("GET", "/"))
    assert.equal(403, status("POST", "/"))
    assert.equal(403, tunnel_status("good.test"))
    assert.equal(2, socks_code("good.test"))
    assert.equal(1, w.origin.connections)
  end)

  it("deny what the list allows, and a tunnel that could hide it", function()
    start({ deny { host = "good.test", method = "POST", message = "ask Ann" } },
      { allowed = { "good.test", "b.good.test" } })
    assert.equal(200, status("GET", "/"))
    local refused = w:ask(request("POST", "/"))
    assert.equal(403, refused.status)
    assert.is_truthy(refused.body:find("ask Ann", 1, true), refused.body)
    assert.equal(403, tunnel_status("good.test"))
    assert.equal(2, socks_code("good.test"))
    assert.equal(200, tunnel_status("b.good.test"))
  end)

  it("with scheme http leave tunnels alone", function()
    start({ deny { host = "good.test", method = "POST", scheme = "http" } },
      { allowed = { "good.test" } })
    assert.equal(403, status("POST", "/"))
    assert.equal(200, tunnel_status("good.test"))
    assert.equal(0, socks_code("good.test"))
  end)

  it("judge every request of a connection", function()
    start({ deny { host = "good.test", path = "/private", scheme = "http" } },
      { allowed = { "good.test" } })
    local client = w:connect()
    for _, row in ipairs({ { "/", 200 }, { "/private", 403 }, { "/public", 200 },
                           { "/x/../private/y", 403 }, { "/%70rivate", 403 },
                           { "/privately", 200 } }) do
      client:send(w:fill(request("GET", row[1])))
      local response = http.read_response(client, patience_ms)
      assert.equal(row[2], response.status, row[1])
    end
    client:close()
  end)

  it("judge by the address that a name leads to, from the pool as well", function()
    start({ deny { host = "127.0.0.0/8", path = "/private", scheme = "http" } },
      { allowed = { "good.test" } })
    assert.equal(200, status("GET", "/"))
    assert.equal(403, status("GET", "/private"))
    assert.equal(200, status("GET", "/"))
  end)

  it("judge the server name of a tunnel's TLS", function()
    start({ { host = "good.test", action = "allow" }, deny { host = "evil*.test" } },
      { allowed = { "*" } })
    for name, passes in pairs({ ["b.good.test"] = true, ["evil-2.test"] = false }) do
      local client = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
      client:send(tls.hello(name))
      client:shutdown()
      local bytes = client:read_all(patience_ms)
      assert.equal(not passes, bytes == tls.access_denied, name)
      client:close()
    end
  end)

  it("are named in the answer of a refusal, and with -d", function()
    start({ { host = "good.test", port = 1, action = "allow" },
            deny { host = "good.test", path = "/private/*" } }, { args = { "-d" } })
    local refused = w:ask(request("GET", "/private/x"))
    assert.is_truthy(refused.body:find("is denied by network.rules[1]", 1, true), refused.body)
    assert.is_truthy(loop.wait(function()
      return w.proxy:log():find("network.rules[1]", 1, true)
    end, patience_ms), w.proxy:log())
  end)
end)
