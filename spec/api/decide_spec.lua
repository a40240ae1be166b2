-- SPDX-License-Identifier: Apache-2.0
-- decide_spec.lua - fence.decide says what `fence explain` says, to the letter.

local fence = require "fence"
local json = require "spec.support.json"
local process = require "spec.support.process"
local users = require "spec.support.users"

local me = users.current()
local folder = users.temp_dir(me)

local settings = users.write_file(me, folder .. "/s.json", json.encode({ network = {
  allowedDomains = { "good.test", "*.b.test:443", "10.1.2.3" },
  deniedDomains = { "x.b.test" },
  rules = {
    { host = "c.test", path = "/a", action = "allow" },
    { host = "d.test", action = "deny", message = "ask Ann" },
    { host = "e.test", method = { "GET" }, scheme = "http", action = "allow" },
  },
} }))

local policy = users.write_file(me, folder .. "/p.lua", [[
local fence = require "fence"
return {
  on_connect = function(req)
    if req.port == 22 then return fence.deny("no SSH") end
    if req.host == "f.test" then return fence.ask("may it?") end
  end,
  on_request = function(req)
    if req.host == "f.test" and req.query == "ok" then return fence.allow("well") end
    if req.host == "g.test" then error("oops") end
  end,
}
]])

local function tunnel(host, port)
  return { kind = "connect", host = host, port = port }, { ("%s:%d"):format(host, port) }
end

local function plain(method, host, port, path)
  return { kind = "http", method = method, scheme = "http", host = host, port = port, path = path },
    { method, ("http://%s:%d%s"):format(host, port, path) }
end

-- Each a request and the words for the program.
local rows = {
  { tunnel("good.test", 443) }, { tunnel("good.test", 22) }, { tunnel("GOOD.test.", 80) },
  { tunnel("a.b.test", 443) }, { tunnel("a.b.test", 80) }, { tunnel("x.b.test", 443) },
  { tunnel("else.test", 443) }, { tunnel("c.test", 443) }, { tunnel("d.test", 443) },
  { tunnel("f.test", 443) }, { tunnel("10.1.2.3", 80) }, { tunnel("127.0.0.1", 80) },
  { tunnel("bad..test", 443) },
  { plain("GET", "good.test", 80, "/") }, { plain("PUT", "good.test", 8080, "/x?y") },
  { plain("GET", "c.test", 80, "/a/b") }, { plain("GET", "c.test", 80, "/a/../b") },
  { plain("GET", "d.test", 80, "/") }, { plain("GET", "e.test", 80, "/") },
  { plain("PUT", "e.test", 80, "/") }, { plain("GET", "f.test", 80, "/?ok") },
  { plain("GET", "f.test", 80, "/") }, { plain("GET", "g.test", 80, "/") },
}

-- As cmd_explain.c prints it.
local function told(decision)
  local words = { allow = "allowed", deny = "denied", ask = "asked about" }
  local line = words[decision.verdict]
  if decision.rule then line = line .. " by " .. decision.rule end
  if decision.message then line = line .. ": " .. decision.message end
  if decision.cure then line = line .. "\nto change that: " .. decision.cure end
  return line .. "\n"
end

describe("fence.decide", function()
  local config = assert(fence.config { file = settings })
  local set = assert(fence.policy():load(policy))

  for _, row in ipairs(rows) do
    local request, words = row[1], row[2]
    it("says what the program says of " .. table.concat(words, " "), function()
      for _, with in ipairs({ true, false }) do
        local argv = { users.binary(me), "explain", "-s", settings }
        table.move(with and { "--policy", policy } or {}, 1, 2, #argv + 1, argv)
        table.move(words, 1, #words, #argv + 1, argv)
        local result = process.run({ argv = argv })
        local decision = fence.decide(config, with and set or nil, request)
        assert.equal(result.out, told(decision), result.err)
        assert.equal(result.code == 0, decision.verdict == "allow")
      end
    end)
  end

  it("gives the reason as RFC 9209 names it, and nil where there is nothing to say", function()
    local allowed = fence.decide(config, nil, tunnel("good.test", 443))
    assert.same({ verdict = "allow", rule = "network.allowedDomains[0]" }, allowed)
    assert.equal("http_request_denied", fence.decide(config, nil, tunnel("no.test", 1)).reason)
    assert.equal("http_request_error", fence.decide(config, nil, tunnel("a..b", 1)).reason)
    assert.equal("destination_ip_prohibited",
      fence.decide(assert(fence.config { text = '{"network":{"allowedDomains":["*"]}}' }), nil,
        tunnel("127.0.0.1", 1)).reason)
  end)

  it("takes SOCKS5 for the tunnel it is", function()
    local request = { kind = "socks5", host = "good.test", port = 22 }
    assert.equal("no SSH", fence.decide(config, set, request).message)
  end)
end)
