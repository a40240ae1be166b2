-- SPDX-License-Identifier: Apache-2.0
-- floods_spec.lua - 3E.104: whoever does not read holds up whoever writes, and the proxy's memory
-- stays what it was.

local http = require "spec.support.http"
local load = require "spec.support.load"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local margin, memory = load.margin, load.memory

describe("a flood", function()
  local w

  after_each(function()
    if w then
      w:stop(true)
      w = nil
    end
  end)

  local function flood(peer, counted)
    local block = ("flood"):rep(13107)
    while peer:send(block) do
      counted.bytes = counted.bytes + #block
    end
  end

  local function grows_by(work)
    local pid = w.proxy.child.pid
    local before = memory(pid, "VmRSS")
    work()
    return memory(pid, "VmRSS") - before
  end

  local slow = 20 -- tunnels whose reader does not read
  local bound = slow * 256 + margin

  it("3E.104 floods that nobody reads are held back: from the server", function()
    local counted = { bytes = 0 }
    w = wire.start({ origin = origin.raw(function(connection) flood(connection, counted) end) })
    local clients = {}
    local grown = grows_by(function()
      for index = 1, slow do
        clients[index] = assert(w.proxy:tunnel(w:fill("good.test:{port}"), 5000))
        clients[index]:pause()
      end
      assert.is_true(load.stalls(counted))
    end)
    assert.is_true(grown <= bound, ("grew by %d KiB, not %d at most"):format(grown, bound))
    for _, client in ipairs(clients) do -- and all of it comes once they read
      client:resume()
      local bytes = client:read(4000000, 10000)
      assert.equal(4000000, #bytes)
      assert.is_true(bytes == ("flood"):rep(800000))
      client:reset()
    end
  end)

  it("3E.104 floods that nobody reads are held back: from the client", function()
    local counted, paused = { bytes = 0 }, {}
    w = wire.start({ origin = origin.raw(function(connection)
      connection:pause()
      paused[#paused + 1] = connection
      loop.wait(function() return connection.done end)
    end) })
    local clients = {}
    local grown = grows_by(function()
      for index = 1, slow do
        clients[index] = assert(w.proxy:tunnel(w:fill("good.test:{port}"), 5000))
        loop.task(function() flood(clients[index], counted) end)
      end
      assert.is_true(load.stalls(counted))
    end)
    assert.is_true(grown <= bound, ("grew by %d KiB, not %d at most"):format(grown, bound))
    assert.equal(slow, #paused)
    for index, connection in ipairs(paused) do
      connection:resume()
      local bytes = connection:read(2000000, 10000)
      assert.is_true(bytes == ("flood"):rep(400000))
      connection.done = true
      clients[index]:reset()
    end
  end)

  it("answers of its own do not pile up in front of a client that reads none", function()
    w = wire.start()
    local before = memory(w.proxy.child.pid, "VmRSS")
    local client, counted = w:connect(), { bytes = 0 }
    client:pause()
    local refused = w:fill(wire.get("/", "evil.test:{port}")):rep(500)
    loop.task(function()
      while client:send(refused) do
        counted.bytes = counted.bytes + #refused
      end
    end)
    assert.is_true(load.stalls(counted))
    local grown = memory(w.proxy.child.pid, "VmRSS") - before
    assert.is_true(grown <= margin, ("grew by %d KiB"):format(grown))
    client:resume()
    for _ = 1, 1000 do
      assert.equal(403, http.read_response(client, 5000).status)
    end
    client:reset()
  end)
end)
