-- SPDX-License-Identifier: Apache-2.0
-- wire.lua - a proxy and the one origin that every name leads to, for the specs in spec/proxy.
--
-- Each name is pinned to 127.0.0.1, the denied ones as well: whatever slips past the rules reaches
-- the origin, and the origin counts. Requests are bytes; a "{port}" in them becomes the origin's.

local http = require "spec.support.http"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local proxy = require "spec.support.proxy"
local users = require "spec.support.users"

local wire = {}
wire.__index = wire

local patience_ms = 5000

-- options: origin (default: an HTTP server named "good"), allowed (a list), hosts (more pinned
-- names), network (more settings), policy (settings of policies), args, door (as proxy.start()),
-- nofile (the descriptor limit, soft and hard, that the proxy gets)
function wire.start(options)
  options = options or {}
  local self = setmetatable({ origin = options.origin or origin.http("good") }, wire)
  local hosts = {}
  for _, name in ipairs({ "good.test", "b.good.test", "evil.test", "denied.good.test",
                          "good.test.evil.test", "xgood.test", "good-test",
                          table.unpack(options.hosts or {}) }) do
    hosts[name] = "127.0.0.1"
  end
  local config = { network = {
    allowedDomains = json.list(options.allowed or { "good.test", "*.good.test" }),
    deniedDomains = { "denied.good.test" },
    hosts = hosts,
  }, policy = options.policy }
  for key, value in pairs(options.network or {}) do
    config.network[key] = value
  end
  if options.nofile then
    self.proxy = wire.limited(config, options.nofile)
  else
    self.proxy = proxy.start({ config = config, args = options.args, door = options.door })
  end
  return self
end

-- proxy.start(), with a descriptor limit that it cannot raise.
function wire.limited(config, nofile)
  local me = users.current()
  local settings = users.temp_dir(me) .. "/fence.json"
  users.write_file(me, settings, json.encode(config))
  local child = process.start({ argv = {
    "prlimit", ("--nofile=%d:%d"):format(nofile, nofile), "--",
    users.binary(me), "proxy", "--http", "127.0.0.1:0", "--settings", settings,
  } })
  local line, why = child:read_line("stderr", patience_ms)
  local port = tonumber(assert(line, why):match(":(%d+)$"))
  return setmetatable({ child = child, port = port, settings = settings }, proxy)
end

-- Ends both. The proxy must have gone by itself, with nothing but its first line on stderr: a
-- sanitizer's report would stand there.
function wire:stop(is_noisy)
  local ended = self.proxy:stop()
  self.origin:close()
  assert(ended.code == 0, "the proxy ended with " .. tostring(ended.code) .. ": " .. ended.err)
  assert(not ended.err:find("Sanitizer") and not ended.err:find("runtime error"), ended.err)
  assert(is_noisy or ended.err == "", ended.err)
end

-- The bytes with the origin's port in place of "{port}", and of "{proxy}" the proxy's.
function wire:fill(bytes)
  return (bytes:gsub("{(%l+)}", { port = self.origin.port, proxy = self.proxy.port }))
end

function wire:connect()
  local client = self.proxy:connect()
  if client.handle.nodelay then -- a Unix socket has none
    client.handle:nodelay(true)
  end
  return client
end

-- Sends bytes on a connection of their own and reads one response.
function wire:ask(bytes, options)
  return self.proxy:request(self:fill(bytes), options)
end

-- "GET http://good.test:PORT/…" with the Host that belongs to it.
function wire.get(path, host, fields)
  host = host or "good.test:{port}"
  return ("GET http://%s%s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(host, path or "/", host,
    fields or "")
end

-- What an answer of fence's own must be like, whatever it says.
function wire.assert_own_answer(response, context)
  assert(response.headers["content-type"] == "text/plain; charset=utf-8", context)
  assert(response.headers["x-content-type-options"] == "nosniff", context)
  assert(#response.body <= 1024, context)
  assert(not response.body:find("[^\n\32-\126]"), context)
  assert(response.body:find("fence: ", 1, true), context)
  assert((response.headers["proxy-status"] or ""):find("^fence; error=[%l_]+"), context)
end

local function shown(bytes)
  return ("%q"):format(bytes:sub(1, 200))
end

-- Sends bytes and demands that they are refused with `status`, that nothing is dialled, and that a
-- refusal by the parser closes the connection. Returns the response.
function wire:refuses(bytes, status, options)
  options = options or {}
  local dialled = self.origin.connections
  local client = self:connect()
  client:send(self:fill(bytes))
  local response, why = http.read_response(client, patience_ms, options.to_head)
  local context = shown(bytes) .. " was answered " ..
    (response and shown(response.line or response.status .. ": " .. response.body) or tostring(why))
  assert(response and response.status == status, context .. ", not " .. status)
  if not options.to_head then
    wire.assert_own_answer(response, context)
  end
  if status ~= 403 or response.headers.connection == "close" then
    local rest, ending = client:read_all(patience_ms)
    assert(rest == "" and ending == "eof",
      context .. " and not closed: " .. tostring(ending) .. " " .. shown(rest))
    assert(response.headers.connection == "close", context .. " without Connection: close")
  end
  client:close()
  assert(self.origin.connections == dialled or options.may_dial, context .. " and dialled")
  return response
end

-- A spec's rows: one test for each, named; `check(row)` is what it does.
function wire.rows(rows, check)
  for _, row in ipairs(rows) do
    require("busted").it(row[1], function() check(row) end)
  end
end

return wire
