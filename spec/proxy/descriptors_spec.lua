-- SPDX-License-Identifier: Apache-2.0
-- descriptors_spec.lua - no descriptor is left, to accept a client with or to dial with: the limit
-- of the running proxy is lowered to what it has open. Who is in stays in, who comes is told or
-- sees an end, and when there are some again all is as before. How many clients are let in at all:
-- see crowd_spec.lua.

local descriptors = require "spec.support.descriptors"
local http = require "spec.support.http"
local origin = require "spec.support.origin"
local socks5 = require "spec.support.socks5"
local wire = require "spec.support.wire"

local patience_ms = 5000
local enough = 1024

local connect = "CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test:{port}\r\n\r\n"

describe("a proxy without descriptors", function()
  local w, pid, neighbour, echo, base

  lazy_setup(function()
    echo = origin.echo()
    w = wire.start({ door = "both", origin = origin.http("good", function()
      return origin.response("200 OK", "good", { "Connection: close" }) -- nothing is pooled
    end) })
    pid = w.proxy.child.pid
    neighbour = assert(w.proxy:tunnel("good.test:" .. echo.port, patience_ms))
    assert.equal("good", w:ask(wire.get()).body)
    assert(descriptors.limit(pid, enough))
  end)
  lazy_teardown(function()
    neighbour:close()
    w:stop()
    echo:close()
  end)

  local function expect_echo()
    neighbour:send("still here")
    assert.equal("still here", neighbour:read(10, patience_ms))
  end

  local function settled()
    local before = -1
    return descriptors.eventually(function()
      local now = descriptors.count(pid)
      local same = now == before
      before = now
      return same and now
    end, patience_ms)
  end

  -- As many more as `more` may be opened.
  local function leave(more)
    base = settled()
    assert(descriptors.leave(pid, more))
  end

  local function expect_recovery()
    assert(descriptors.limit(pid, enough))
    assert.equal("good", w:ask(wire.get()).body)
    expect_echo()
    assert(descriptors.eventually(function() return descriptors.count(pid) <= base end,
      patience_ms), ("%d descriptors, not %d"):format(descriptors.count(pid), base))
  end

  local said = {
    { "to accept with: a GET", wire.get() },
    { "to accept with: a CONNECT", connect },
    { "to accept with: a SOCKS5 request", socks5.greeting() .. "\5\1\0\3\9good.test\0\80" },
    { "to accept with: nothing", "" },
  }

  wire.rows(said, function(row) -- libuv has one in reserve, to take a client and let him go
    leave(0)
    for _ = 1, 20 do
      local client = w:connect()
      client:send(w:fill(row[2]))
      local bytes, why = client:read_all(patience_ms)
      assert.equal("", bytes)
      assert.is_true(why == "eof" or why == "ECONNRESET", why)
      client:close()
    end
    expect_echo()
    expect_recovery()
  end)

  it("to dial with: 503, and a reply of SOCKS5", function()
    leave(1)
    for _ = 1, 5 do
      for _, bytes in ipairs({ wire.get(), connect }) do
        local response, why = w:ask(bytes)
        assert.equal(503, assert(response, why).status)
        assert.matches("error=connection_limit_reached", response.headers["proxy-status"], 1, true)
        assert.equal("1", response.headers["retry-after"])
        assert(descriptors.eventually(function() return descriptors.count(pid) <= base end,
          patience_ms))
      end
      local client = w:connect()
      client:send(socks5.greeting() .. socks5.by_name("good.test", w.origin.port))
      assert.matches("^\5\0\5\1", (client:read_all(patience_ms)))
      client:close()
      assert(descriptors.eventually(function() return descriptors.count(pid) <= base end,
        patience_ms))
    end
    expect_echo()
    expect_recovery()
  end)

  it("to dial with: a kept connection asks again, and gets it when there is one", function()
    leave(1)
    local client = w:connect()
    for _ = 1, 3 do
      client:send(w:fill(wire.get()))
      assert.equal(503, assert(http.read_response(client, patience_ms)).status)
    end
    assert(descriptors.limit(pid, enough))
    client:send(w:fill(wire.get()))
    assert.equal("good", assert(http.read_response(client, patience_ms)).body)
    client:close()
    expect_recovery()
  end)
end)
