-- SPDX-License-Identifier: Apache-2.0
-- soak_spec.lua - 3N.255 in short: everything that clients do, mixed and again and again, and then
-- the proxy has as much memory and as many descriptors as after its first round.

local descriptors = require "spec.support.descriptors"
local http = require "spec.support.http"
local load = require "spec.support.load"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local socks5 = require "spec.support.socks5"
local tls = require "spec.support.tls"
local wire = require "spec.support.wire"

local patience_ms = 30000
local workers, rounds = 6, load.sanitized and 3 or 9

describe("a soak", function()
  local w

  lazy_setup(function()
    w = wire.start({ door = "both", origin = origin.raw(function(connection)
      local first = connection:read(1) -- an HTTP client's method, or a letter of a tunnel
      while first == "G" or first == "P" do
        local head = connection:read_until("\r\n\r\n") or "\n"
        local request = http.parse_request_head(first .. head)
        local body = http.read_body(connection, request.headers)
        local fresh = first == "P" -- a POST gets a connection of its own: not all into the pool
        connection:send(origin.response("200 OK", (request.target or "") .. body,
          fresh and { "Connection: close" } or nil))
        first = fresh and "" or connection:read(1)
      end
      while first ~= "" and connection:send(first) do
        loop.wait(function() return connection.size > 0 or connection.eof end)
        first = connection:read(connection.size)
      end
      connection:shutdown()
    end) })
  end)
  lazy_teardown(function() w:stop(true) end) -- it says that it has loaded its rules

  local function answer(client, bytes)
    client:send(w:fill(bytes))
    local response, why = http.read_response(client, patience_ms)
    return assert(response, why)
  end

  local function tunnel(by_socks)
    local client, why
    if by_socks then
      client, why = socks5.tunnel(w.proxy.port, socks5.by_name("good.test", w.origin.port),
        patience_ms)
    else
      client, why = w.proxy:tunnel(w:fill("good.test:{port}"), patience_ms)
    end
    return assert(client, type(why) == "table" and why.body or why)
  end

  local function through(client, bytes)
    client:send(bytes)
    client:shutdown()
    local echo, why = client:read_all(patience_ms)
    assert(echo == bytes and why == "eof", why)
    return client
  end

  -- Each returns the connection that it leaves open, if it does.
  local deeds = {
    function()
      local client = w:connect()
      for index = 1, 5 do
        assert(answer(client, wire.get("/" .. index)).body == "/" .. index)
      end
      return client
    end,
    function()
      local client, body = w:connect(), ("body"):rep(20000)
      local post = wire.get("/p", nil, "Content-Length: " .. #body .. "\r\n"):gsub("GET", "POST")
      assert(answer(client, post .. body).body == "/p" .. body)
      return client
    end,
    function()
      local client = w:connect()
      assert(answer(client, wire.get("/", "evil.test:{port}")).status == 403)
      return client
    end,
    function() return through(tunnel(false), ("tunnel"):rep(30000)) end,
    function() return through(tunnel(true), ("socks"):rep(30000)) end,
    function() return through(tunnel(true), tls.hello("good.test")) end,
    function()
      local client = tunnel(false)
      client:send(tls.hello("evil.test"))
      assert((client:read_all(patience_ms)) == tls.access_denied)
      return client
    end,
    function() -- goes in the middle of everything
      local client = tunnel(math.random(2) == 1)
      client:send(("x"):rep(100000))
      client:reset()
    end,
    function()
      local client = w:connect()
      client:send(w:fill(wire.get("/gone")):sub(1, math.random(60)))
      client[math.random(2) == 1 and "reset" or "shutdown"](client)
      return client
    end,
    function()
      local code = socks5.tunnel(w.proxy.port, socks5.by_name("evil.test", 443), patience_ms)
      assert(code == nil)
    end,
  }

  local function round()
    local left = workers
    for worker = 1, workers do
      loop.task(function()
        for index = 1, 8 * #deeds do
          if worker == 1 and index % #deeds == 1 then
            w.proxy.child:kill("sighup") -- the rules are loaded again, in the middle of it all
          end
          local client = deeds[(index + worker) % #deeds + 1]()
          if client then
            client:close()
          end
        end
        left = left - 1
      end)
    end
    assert(loop.wait(function() return left == 0 end, 2 * patience_ms))
  end

  it("3N.255 of mixed traffic leaves memory and descriptors as they were", function()
    local pid = w.proxy.child.pid
    local base = descriptors.count(pid)
    local pool = 2 * workers -- connections that may wait in it
    local after_first
    for index = 1, rounds do
      round()
      local down, count = load.comes_down(pid, base + pool)
      assert(down, ("round %d: %d descriptors, %d before"):format(index, count, base))
      after_first = after_first or load.memory(pid)
    end
    local grown = load.memory(pid) - after_first
    assert(grown <= load.margin // 2, ("grew by %d KiB"):format(grown))
  end)
end)
