-- SPDX-License-Identifier: Apache-2.0
-- deny_networks_spec.lua - policies/deny_networks.lua: names are judged by where they lead.

local shipped = require "spec.support.shipped"
local socks5 = require "spec.support.socks5"
local wire = require "spec.support.wire"

local patience_ms = 5000

describe("policies/deny_networks.lua", function()
  local w

  before_each(function()
    w = wire.start({
      door = "both", args = { "--policy", shipped.copy("deny_networks") },
      network = {
        allowedDomains = { "good.test", "example.test", "six.test", "inside.test",
          "203.0.113.9", "2001:db8::9" },
        hosts = { ["good.test"] = "127.0.0.1", ["example.test"] = "203.0.113.7",
                  ["six.test"] = "2001:db8::7", ["inside.test"] = "64:ff9b::cb00:7107" },
      },
    })
  end)
  after_each(function() w:stop(true) end)

  local function refuses(host, why)
    local plain = w:ask(wire.get("/", host))
    assert.equal(403, plain.status)
    assert.is_truthy(plain.body:find(why, 1, true), plain.body)
    local client, tunnel = w.proxy:tunnel(host .. ":443", patience_ms)
    assert.is_nil(client)
    assert.equal(403, tunnel.status)
    assert.is_truthy(tunnel.body:find(why, 1, true), tunnel.body)
  end

  it("lets other networks be reached", function()
    for _ = 1, 2 do
      assert.equal("good", w:ask(wire.get()).body)
    end
    local client = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
    client:close()
    assert(socks5.tunnel(w.proxy.port, socks5.by_name("good.test", w.origin.port))):close()
  end)

  it("denies names that lead to one of them", function()
    refuses("example.test", "example.test leads to 203.0.113.7, in 203.0.113.0/24: it is for exam")
    refuses("six.test", "six.test leads to 2001:db8::7, in 2001:db8::/32: it is for examples")
    refuses("inside.test", "in 203.0.113.0/24: it is for examples")
    local client, code = socks5.tunnel(w.proxy.port, socks5.by_name("example.test", 443))
    assert.is_nil(client)
    assert.equal(2, code)
  end)

  it("denies their addresses, also those that the settings open", function()
    refuses("203.0.113.9", "203.0.113.9 leads to 203.0.113.9, in 203.0.113.0/24")
    refuses("[2001:db8::9]", "in 2001:db8::/32")
    refuses("[::ffff:203.0.113.9]", "in 203.0.113.0/24")
    local client, code = socks5.tunnel(w.proxy.port, socks5.by_address("203.0.113.9", 443))
    assert.is_nil(client)
    assert.equal(2, code)
  end)
end)
