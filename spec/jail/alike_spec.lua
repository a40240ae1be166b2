-- SPDX-License-Identifier: Apache-2.0
-- alike_spec.lua - 3K.208: `fence explain` and the live proxy are of one mind about 300 random
-- requests under policies and settings: the same verdict, by the same rule, with the same words.

local json = require "spec.support.json"
local load = require "spec.support.load"
local process = require "spec.support.process"
local proxy = require "spec.support.proxy"
local users = require "spec.support.users"

local me = users.current()
local folder = users.temp_dir(me)
local patience_ms = 10000
local count = load.sanitized and 40 or 300

local first = users.write_file(me, folder .. "/first.lua", [[
local fence = require "fence"
local some, glob = fence.domains { "a.test", "*.b.test:8080", "xc.test" }, fence.glob("/a/**")
return {
  on_connect = function(req)
    if req.port == 22 then return fence.deny("no SSH to " .. req.host) end
    if req.port == 23 then return req.host .. "" end
    if some:match(req.host, req.port) then return fence.allow() end
  end,
  on_request = function(req)
    if req.method == "DELETE" then while true do end end
    if req.method == "PATCH" then return fence.ask("patch " .. req.path .. "?") end
    if glob:match(req.path) and some:match(req.host, req.port) then return fence.allow() end
    if req.query and #req.query > 3 then return fence.deny(req.url) end
    if req.path:find("%", 1, true) then return req.paht end
  end,
}
]])

local second = users.write_file(me, folder .. "/second.lua", [[
local fence = require "fence"
local function judge(req)
  if req.host:find("^x") and req.port % 2 == 1 then return fence.deny("odd " .. req.port) end
  if req.kind == "http" and req.host == "c.test" then return fence.allow() end
end
return { name = "the second", on_connect = judge, on_request = judge }
]])

local names = { "a.test", "b.test", "a.b.test", "x.b.test", "c.test", "xc.test", "A.Test",
                "d.test.", "deep.a.b.test", "denied.test" }
local hosts = {}
for _, name in ipairs(names) do
  hosts[name:lower():gsub("%.$", "")] = "127.0.0.1"
end
local settings = { network = {
  allowedDomains = { "a.test:81", "b.test", "*.b.test:443" },
  deniedDomains = { "denied.test", "deep.a.b.test" },
  rules = { { host = "c.test", path = "/a", action = "deny" },
            { host = "d.test", path = "/", method = "GET", action = "allow" } },
  hosts = hosts,
} }

local dice = load.dice(20260208)
local function one_of(list)
  return list[dice(#list) + 1]
end

local methods = { "GET", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" }
local paths = { "", "/", "/a", "/a/b", "/a/b/c.tar", "/a/../b", "/b", "/%61/b", "//a", "/a/?q",
                "/b?long=query", "/a/b?long=query", "/?", "/a%2fb" }
local ports = { 1, 22, 23, 80, 81, 443, 8080 }

describe("3K.208 explain and the proxy:", function()
  local server, file

  lazy_setup(function()
    file = users.write_file(me, folder .. "/settings.json", json.encode(settings))
    server = proxy.start({ config = settings, args = { "--policy", first, "--policy", second } })
  end)
  lazy_teardown(function() server:stop() end)

  local function explain(...)
    local result = process.run({ argv = { users.binary(me), "explain", "-s", file,
      "--policy", first, "--policy", second, ... } })
    assert.equal("", result.err)
    return result.code == 0, result.out
  end

  -- "denied by RULE: WORDS" stands in the proxy's answer as "WORDS (RULE)"; "denied: WORDS" alone.
  local function alike(context, passes, said, answer)
    context = context .. ": " .. said .. answer.status .. " " .. answer.body
    assert.equal(passes, answer.status ~= 403, context)
    if passes then return end
    -- which limit an endless loop comes to first is the machine's affair
    said = said:gsub("it took too many instructions", "it took too long")
    local body = answer.body:gsub("it took too many instructions", "it took too long")
    local rule, words = said:match("^%a[%a ]* by (.-): ([^\n]*)\n")
    local line = rule and ("%s (%s)\n"):format(words, rule) or said:match("^denied(: [^\n]*\n)")
    assert.is_truthy(line and body:find(line, 1, true), context)
  end

  -- A tunnel: "HOST:PORT".
  local function try_tunnel(target)
    local passes, said = explain(target)
    local client, answer = server:tunnel(target, patience_ms)
    if client then client:close() end
    answer.body = answer.body or ""
    alike(target, passes, said, answer)
    return passes, said
  end

  local function try_request(method, authority, path)
    local url = "http://" .. authority .. path
    local passes, said = explain(method, url)
    local answer = assert(server:request(("%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(method,
      url, authority, "Content-Length: 0\r\n"), { timeout = patience_ms }))
    alike(method .. " " .. url, passes, said, answer)
    return passes, said
  end

  it(count .. " random requests", function()
    local seen = { allowed = 0, policy = 0, settings = 0 }
    for _ = 1, count do
      local authority = one_of(names) .. ":" .. one_of(ports)
      local passes, said
      if dice(3) == 0 then
        passes, said = try_tunnel(authority)
      else
        passes, said = try_request(one_of(methods), authority, one_of(paths))
      end
      local kind = passes and "allowed" or said:find("policy:", 1, true) and "policy" or "settings"
      seen[kind] = seen[kind] + 1
    end
    for kind, times in pairs(seen) do
      assert(times >= count // 10, kind .. ": " .. times)
    end
  end)
end)
