-- SPDX-License-Identifier: Apache-2.0
-- tunnel_spec.lua - what a tunnel owes its two ends: every byte, every end, every reset. How many
-- of them at a time is in crowd_spec.lua.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local block = ("0123456789abcde"):rep(4369) -- 65,535 bytes, so that blocks and buffers drift apart
local large = block:rep(32)                 -- 2 MB

local established = "HTTP/1.1 200 Connection Established\r\n\r\n"

local function connect(authority)
  return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, authority)
end

describe("a tunnel", function()
  local w, serve, heard -- heard: { bytes, why } of the origin's connection when serve() returned it

  lazy_setup(function()
    w = wire.start({ origin = origin.raw(function(connection)
      heard = { serve(connection) }
    end) })
  end)
  lazy_teardown(function() w:stop() end)
  before_each(function() heard = nil end)

  local function open()
    local client, response = w.proxy:tunnel(w:fill("good.test:{port}"), 5000)
    assert(client, response)
    return client
  end

  local function origin_heard()
    assert(loop.wait(function() return heard end, 5000), "the origin heard no end")
    return heard
  end

  it("3B.51 early data comes first, in order", function()
    serve = function(connection)
      connection:send("welcome")
      return connection:read_all()
    end
    local client = w:connect()
    client:send(w:fill(connect("good.test:{port}")) .. "early\0")
    client:send("later")
    client:shutdown()
    assert.same({ established .. "welcome", "eof" }, { client:read_all(5000) })
    assert.same({ "early\0later", "eof" }, origin_heard())
    client:close()
  end)

  it("3C.86 a lot of early data, before anything is answered", function()
    serve = function(connection) return connection:read_all() end
    local client = w:connect()
    loop.task(function()
      client:send(w:fill(connect("good.test:{port}")) .. large)
      client:shutdown()
    end)
    assert.same({ established, "eof" }, { client:read_all(5000) })
    assert.is_true(origin_heard()[1] == large)
    assert.equal("eof", heard[2])
    client:close()
  end)

  it("3B.51 an empty head with an end right behind it is a tunnel that ends", function()
    serve = function(connection)
      local bytes, why = connection:read_all()
      connection:send("bye")
      return bytes, why
    end
    local bytes, why = w.proxy:exchange(w:fill(connect("good.test:{port}")), { half_close = true })
    assert.same({ established .. "bye", "eof" }, { bytes, why })
    assert.same({ "", "eof" }, origin_heard())
  end)

  it("3E.105 the server speaks first", function()
    serve = function(connection)
      connection:send("220 mail ready\r\n")
      return connection:read_all()
    end
    local client = open()
    assert.equal("220 mail ready\r\n", client:read_until("\r\n", 5000))
    client:send("QUIT\r\n")
    client:shutdown()
    assert.same({ "QUIT\r\n", "eof" }, origin_heard())
    client:close()
  end)

  it("3E.105 the dial happens at CONNECT, and silence is fine", function()
    serve = function(connection) return connection:read_all() end
    local before = w.origin.connections
    local client = open()
    assert.is_truthy(loop.wait(function() return w.origin.connections == before + 1 end, 2000))
    client:close()
    assert.same({ "", "eof" }, origin_heard())
  end)

  it("3E.102 the client ends its side, and the answer comes later", function()
    serve = function(connection)
      local bytes, why = connection:read_all()
      loop.sleep(200)
      connection:send(large)
      return bytes, why
    end
    local client = open()
    client:send("question")
    client:shutdown()
    local bytes, why = client:read_all(5000)
    assert.same({ "question", "eof" }, origin_heard())
    assert.equal("eof", why)
    assert.is_true(bytes == large)
    client:close()
  end)

  it("3E.102 the server ends its side, and the client goes on", function()
    serve = function(connection)
      connection:send("that is all")
      connection:shutdown()
      return connection:read_all()
    end
    local client = open()
    assert.same({ "that is all", "eof" }, { client:read_all(5000) })
    loop.sleep(200)
    client:send(large)
    client:shutdown()
    assert.is_true(origin_heard()[1] == large)
    assert.equal("eof", heard[2])
    client:close()
  end)

  it("3E.102 both end their sides at the same time, behind a lot of bytes", function()
    serve = function(connection)
      connection:send(large)
      connection:shutdown()
      return connection:read_all()
    end
    local client = open()
    loop.task(function()
      client:send(large)
      client:shutdown()
    end)
    local bytes, why = client:read_all(5000)
    assert.equal("eof", why)
    assert.is_true(bytes == large)
    assert.is_true(origin_heard()[1] == large)
    assert.equal("eof", heard[2])
    client:close()
  end)

  local resets = {
    { "3E.102 the client's reset stays one", 0, "" },
    { "3E.102 the client's reset stays one, right behind bytes", 0, "bytes" },
    { "3E.102 the client's reset stays one, some time after bytes", 20, "bytes" },
  }
  wire.rows(resets, function(row)
    serve = function(connection) return connection:read_all() end
    for _ = 1, 20 do
      heard = nil
      local client = open()
      client:send(row[3])
      if row[2] > 0 then
        loop.sleep(row[2])
      end
      client:reset()
      assert.equal("ECONNRESET", origin_heard()[2])
    end
  end)

  wire.rows({ { "3E.102 the server's reset stays one", 0, "" },
              { "3E.102 the server's reset stays one, right behind bytes", 0, "bytes" },
              { "3E.102 the server's reset stays one, some time after bytes", 20, "bytes" } },
    function(row)
      local opened
      serve = function(connection) -- waits, for a reset before the tunnel is open is a 502
        loop.wait(function() return opened end, 5000)
        connection:send(row[3])
        if row[2] > 0 then
          loop.sleep(row[2])
        end
        connection:reset()
      end
      for _ = 1, 20 do
        opened = false
        local client = open()
        opened = true
        assert.equal("ECONNRESET", select(2, client:read_all(5000)))
        client:close()
      end
    end)

  it("a server that resets before the tunnel is open: a whole 502, or a reset", function()
    serve = function(connection) connection:reset() end
    for _ = 1, 20 do
      local bytes, why = w.proxy:exchange(w:fill(connect("good.test:{port}")))
      local response = http.parse_response(bytes)
      if why == "eof" then
        assert.same({ 502, "", false }, { response.status, response.rest, response.cut })
      else
        assert.equal("ECONNRESET", why)
      end
    end
  end)

  it("3E.102 a reset behind a half-close stays one", function()
    serve = function(connection)
      connection:send("x")
      connection:read_all()
      loop.sleep(20)
      connection:reset()
    end
    local client = open()
    client:shutdown()
    assert.same({ "x", "ECONNRESET" }, { client:read_all(5000) })
    client:close()
  end)

  it("carries pieces of every size, at random times, both ways", function()
    serve = function(connection)
      local left = #large
      while left > 0 do
        loop.wait(function() return connection.size > 0 end)
        local bytes = connection:read(math.min(connection.size, math.random(100000)))
        left = left - #bytes
        connection:send(bytes)
        if math.random(8) == 1 then
          loop.sleep(math.random(5))
        end
      end
      connection:shutdown()
      return connection:read_all()
    end
    math.randomseed(254)
    local client, at = open(), 1
    loop.task(function()
      while at <= #large do
        local size = math.random(100000)
        client:send(large:sub(at, at + size - 1))
        at = at + size
        if math.random(8) == 1 then
          loop.sleep(math.random(5))
        end
      end
    end)
    local bytes, why = client:read_all(10000)
    assert.equal("eof", why)
    assert.is_true(bytes == large)
    client:close()
  end)

  it("an upstream that refuses is a 502 with its reason", function()
    local authority = "good.test:" .. origin.closed_port()
    for _, bytes in ipairs({ connect(authority), wire.get("/", authority) }) do
      local response, why = w:ask(bytes)
      assert.equal(502, assert(response, why).status)
      assert.matches("^fence; error=connection_refused; details=", response.headers["proxy-status"])
      wire.assert_own_answer(response, bytes)
    end
  end)

  it("a refused CONNECT ends the connection, a refused GET does not", function()
    local port = origin.closed_port()
    serve = function(connection) connection:send("here") end
    local client = w:connect()
    client:send(wire.get("/", "good.test:" .. port) .. wire.get("/", "evil.test"))
    assert.equal(502, http.read_response(client, 5000).status)
    assert.equal(403, http.read_response(client, 5000).status)
    client:send(w:fill(connect("good.test:{port}")))
    assert.same({ established .. "here", "eof" }, { client:read_all(5000) })
    client:close()
    for _, host in ipairs({ "evil.test:443", "good.test:" .. port }) do
      local bytes, why = w.proxy:exchange(connect(host) .. wire.get("/", "evil.test"))
      local response = http.parse_response(bytes)
      assert.same({ "close", "", "eof" }, { response.headers.connection, response.rest, why })
    end
  end)
end)
