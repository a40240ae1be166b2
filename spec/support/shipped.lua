-- SPDX-License-Identifier: Apache-2.0
-- shipped.lua - `fence proxy` under a policy of policies/, for the specs in spec/policies.
--
-- Those policies name real hosts at ports that only root may serve. So whatever they let out goes
-- to an upstream proxy in the spec, which writes it down: no real host is looked up or dialled.

local json = require "spec.support.json"
local origin = require "spec.support.origin"
local proxy = require "spec.support.proxy"
local socks5 = require "spec.support.socks5"
local tls = require "spec.support.tls"
local users = require "spec.support.users"

local shipped = {}
shipped.__index = shipped

local patience_ms = 5000

-- Answers as an upstream proxy: opens tunnels, and says "out" to what it can read.
local function serve(connection, self)
  while true do
    local head = connection:read_until("\r\n\r\n")
    if not head then
      return
    end
    self.requests[#self.requests + 1] = head:match("^[^\r]*")
    if head:find("^CONNECT ") then
      connection:send("HTTP/1.1 200 OK\r\n\r\n")
      connection:read_all()
      return
    end
    connection:send(head:find("^HEAD ") and "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" or
      origin.response("200 OK", "out"))
  end
end

-- The path of a copy, in a folder that is nobody else's: a checkout may be writable by others.
function shipped.copy(name)
  local me = users.current()
  local file = assert(io.open("policies/" .. name .. ".lua"))
  local text = file:read("a")
  file:close()
  return users.write_file(me, users.temp_dir(me) .. "/" .. name .. ".lua", text)
end

-- options: allowed, denied (lists of the settings; "listed.test" is allowed when not said), policy
-- (what it finds in fence.config.policy)
function shipped.start(name, options)
  options = options or {}
  local self = setmetatable({ upstream = origin.raw(serve) }, shipped)
  self.proxy = proxy.start({
    door = "both", args = { "--policy", shipped.copy(name) },
    config = { network = {
      upstreamProxy = "http://127.0.0.1:" .. self.upstream.port,
      allowedDomains = json.list(options.allowed or { "listed.test" }),
      deniedDomains = json.list(options.denied or {}),
    }, policy = options.policy },
  })
  return self
end

function shipped:stop()
  local ended = self.proxy:stop()
  self.upstream:close()
  assert(ended.code == 0 and ended.err == "", ended.err)
end

local function request(method, host, path)
  return ("%s http://%s%s HTTP/1.1\r\nHost: %s\r\nContent-Length: 0\r\n\r\n")
    :format(method, host, path, host)
end

-- The last thing that went out must be this.
local function assert_out(self, count, line)
  assert(#self.upstream.requests == count + 1, line .. " did not go out")
  assert(self.upstream.requests[count + 1] == line .. " HTTP/1.1",
    self.upstream.requests[count + 1])
end

-- A request that fence can read goes out.
function shipped:passes(method, host, path)
  local count = #self.upstream.requests
  local response = assert(self.proxy:request(request(method, host, path),
    { no_body = method == "HEAD" }))
  assert(response.status == 200, method .. " " .. host .. path .. ": " .. response.body)
  assert_out(self, count, ("%s http://%s%s"):format(method, host, path))
end

local function assert_refused(self, count, response, why)
  assert(response.status == 403, why .. ": " .. response.status)
  assert(response.body:find(why, 1, true), response.body)
  assert(#self.upstream.requests == count, why .. ", and it went out")
end

function shipped:refuses(method, host, path, why)
  local count = #self.upstream.requests
  assert_refused(self, count, assert(self.proxy:request(request(method, host, path))), why)
end

-- A tunnel goes out, by CONNECT and by SOCKS5.
function shipped:opens(host, port)
  local count, authority = #self.upstream.requests, host .. ":" .. port
  local client, response = self.proxy:tunnel(authority, patience_ms)
  assert(client, type(response) == "table" and response.body or response)
  client:close()
  assert_out(self, count, "CONNECT " .. authority)
  assert(socks5.tunnel(self.proxy.port, socks5.by_name(host, port))):close()
  assert_out(self, count + 1, "CONNECT " .. authority)
end

function shipped:refuses_tunnel(host, port, why)
  local count = #self.upstream.requests
  local client, response = self.proxy:tunnel(host .. ":" .. port, patience_ms)
  assert(not client, host .. " was opened")
  assert_refused(self, count, response, why)
  local bytes = host:find("^%[") and socks5.by_address(host, port) or socks5.by_name(host, port)
  local stream, code = socks5.tunnel(self.proxy.port, bytes)
  assert(not stream and code == 2, host .. " by SOCKS5: " .. tostring(code))
  assert(#self.upstream.requests == count, why .. ", and it went out")
end

-- A tunnel to `host` ends when its TLS asks for `name`.
function shipped:refuses_server_name(host, name)
  local client = assert(self.proxy:tunnel(host .. ":443", patience_ms))
  client:send(tls.hello(name))
  client:shutdown()
  local bytes = client:read_all(patience_ms)
  client:close()
  assert(bytes == tls.access_denied, ("%q"):format(bytes))
end

return shipped
