-- SPDX-License-Identifier: Apache-2.0
-- ask_unknown_spec.lua - policies/ask_unknown.lua: a question that reaches nobody, for here is no
-- terminal; spec/e2e/ask_spec.lua has one.

local shipped = require "spec.support.shipped"

describe("policies/ask_unknown.lua", function()
  local s

  before_each(function()
    s = shipped.start("ask_unknown", { allowed = { "example.com", "listed.test" },
                                       denied = { "denied.test" } })
  end)
  after_each(function() s:stop() end)

  it("leaves what is known to the settings", function()
    s:passes("POST", "example.com", "/")
    s:opens("example.com", 443)
    s:refuses_tunnel("b.example.com", 443, "no rule allows b.example.com:443")
  end)

  it("asks about others, listed or not, by every protocol", function()
    for _, host in ipairs({ "listed.test", "evil.test" }) do
      s:refuses("GET", host, "/", "nobody is there to be asked: send GET to " .. host .. ":80?")
      s:refuses_tunnel(host, 22, "nobody is there to be asked: open a tunnel to " .. host .. ":22?")
    end
    s:refuses_tunnel("[2001:4860::1]", 443, "open a tunnel to [2001:4860::1]:443?")
  end)

  it("asks about nothing that is denied", function()
    s:refuses("GET", "denied.test", "/", "denied.test:80 is denied by network.deniedDomains[0]")
  end)
end)
