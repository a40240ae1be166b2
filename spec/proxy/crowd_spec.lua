-- SPDX-License-Identifier: Apache-2.0
-- crowd_spec.lua - many tunnels at a time: nothing lost, descriptors bounded, a clear answer past
-- the limit. Speed is measured in tests/bench, not here; memory in floods_spec.lua.

local uv = require "luv"
local descriptors = require "spec.support.descriptors"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local stream = require "spec.support.stream"
local wire = require "spec.support.wire"

local tunnels = 1000
local payload_size = 64 * 1024
local wanted = 2 * tunnels + 200 -- descriptors of this process: it holds both ends

local function connect(authority)
  return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, authority)
end

-- Raises this process's own limit; nil when the machine does not let it.
local function raise_descriptors()
  descriptors.limit(uv.os_getpid(), wanted)
  for line in io.lines("/proc/self/limits") do
    local soft = line:match("^Max open files%s+(%d+)")
    if soft then
      return tonumber(soft) >= wanted
    end
  end
end

-- Echoes, without a task for each connection.
local function quick_echo()
  local server = { handle = uv.new_tcp(), connections = 0 }
  assert(server.handle:bind("127.0.0.1", 0))
  server.port = server.handle:getsockname().port
  assert(server.handle:listen(4096, function()
    local client = uv.new_tcp()
    server.handle:accept(client)
    server.connections = server.connections + 1
    client:read_start(function(err, bytes)
      if bytes then
        client:write(bytes)
      elseif err then
        client:close()
      else
        client:shutdown(function() client:close() end)
      end
    end)
  end))
  function server:close()
    self.handle:close()
  end
  return server
end

-- One client of many: CONNECT, and once that is answered its own payload, to be echoed.
local function start_client(port, request, payload, done)
  local client, got, size, sent = uv.new_tcp(), {}, 0, false
  local established = "HTTP/1.1 200 Connection Established\r\n\r\n"
  local function finish(why)
    client:close()
    done(why)
  end
  client:connect("127.0.0.1", port, function(err)
    if err then
      finish(err)
      return
    end
    client:write(request)
    client:read_start(function(failure, bytes)
      if not bytes then
        local all = table.concat(got)
        finish(failure or all == established .. payload or ("got " .. #all .. " bytes"))
        return
      end
      got[#got + 1] = bytes
      size = size + #bytes
      if not sent and size >= #established then
        sent = true
        client:write(payload)
        client:shutdown()
      end
    end)
  end)
end

describe("a crowd", function()
  local w

  after_each(function()
    if w then
      w:stop(true)
      w = nil
    end
  end)

  it("3N.246 1,000 CONNECTs at the same instant, 64 KiB echoed by each", function()
    if not raise_descriptors() then
      pending("this machine does not allow " .. wanted .. " descriptors")
      return
    end
    w = wire.start({ origin = quick_echo() })
    local baseline = descriptors.count(w.proxy.child.pid)
    local request, intact, over = w:fill(connect("good.test:{port}")), 0, 0
    local failures = {}
    for index = 1, tunnels do
      local payload = ("%07d\n"):format(index):rep(payload_size // 8)
      start_client(w.proxy.port, request, payload, function(outcome)
        over = over + 1
        if outcome == true then
          intact = intact + 1
        else
          failures[#failures + 1] = tostring(outcome)
        end
      end)
    end
    loop.wait(function() return over == tunnels end, 15000)
    assert.same({ tunnels, "" }, { intact, table.concat(failures, " ") })
    assert.is_true(descriptors.eventually(function()
      return descriptors.count(w.proxy.child.pid) <= baseline
    end, 3000))
  end)

  it("past the limit a client is told, and can come back", function()
    w = wire.start({ origin = origin.echo(), nofile = 96 }) -- room for 18 sessions
    local open, refused = {}, nil
    while not refused and #open < 30 do
      local client, response = w.proxy:tunnel(w:fill("good.test:{port}"), 5000)
      open[#open + 1] = client
      refused = not client and response
    end
    assert.is_true(#open >= 8 and #open < 30, "opened " .. #open) -- some of before may be closing
    assert.equal(503, refused.status)
    assert.equal("1", refused.headers["retry-after"])
    assert.equal("close", refused.headers.connection)
    assert.matches("^fence; error=connection_limit_reached", refused.headers["proxy-status"])
    for _, client in ipairs(open) do -- those that are in notice nothing
      client:send("still here")
      assert.equal("still here", client:read(10, 5000))
    end
    table.remove(open):close()
    assert.is_true(descriptors.eventually(function()
      return w.proxy:tunnel(w:fill("good.test:{port}"), 5000) ~= nil
    end, 5000))
  end)

  it("3M.231 300 clients at 64 descriptors, and when they have gone all is well", function()
    w = wire.start({ origin = origin.echo(), nofile = 64 })
    local baseline, clients = descriptors.count(w.proxy.child.pid), {}
    for index = 1, 300 do
      clients[index] = w:connect()
      clients[index]:send(w:fill(connect("good.test:{port}")))
    end
    local outcomes = {}
    for _, client in ipairs(clients) do
      local head = client:read_until("\r\n\r\n", 200)
      local status = head and head:match("^HTTP/1.1 (%d+)") or "none"
      outcomes[status] = (outcomes[status] or 0) + 1
    end
    assert.is_true((outcomes["200"] or 0) >= 4)
    assert.is_nil(outcomes["500"])
    for _, client in ipairs(clients) do
      client:close()
    end
    assert.is_true(descriptors.eventually(function()
      return descriptors.count(w.proxy.child.pid) <= baseline
    end, 5000))
    assert.is_truthy(w.proxy:tunnel(w:fill("good.test:{port}"), 5000))
  end)

  it("clients that leave while their upstream is dialled leave nothing behind", function()
    w = wire.start()
    local deaf, accepted, released = uv.new_tcp(), {}, false
    local function accept()
      local peer = uv.new_tcp()
      if deaf:accept(peer) == 0 then
        accepted[#accepted + 1] = stream.new(peer)
      end
    end
    assert(deaf:bind("127.0.0.1", 0))
    assert(deaf:listen(1, function()
      if released then
        accept()
      end
    end))
    local port, queued = deaf:getsockname().port, {}
    local authority = "good.test:" .. port
    repeat -- until its queue is full, and a SYN to it is not answered any more
      queued[#queued + 1] = stream.connect(port, nil, 300) or "full"
    until queued[#queued] == "full" or #queued > 16
    assert.equal("full", table.remove(queued))
    local baseline = descriptors.count(w.proxy.child.pid)
    for index = 1, 20 do
      local client = w:connect()
      client:send(connect(authority))
      loop.wait(function() return client.size > 0 end, 20)
      assert.equal(0, client.size)
      client[index % 2 == 0 and "close" or "reset"](client)
    end
    assert.equal("good", w:ask(wire.get()).body) -- others notice nothing
    released = true
    accept()
    assert.is_true(descriptors.eventually(function()
      return descriptors.count(w.proxy.child.pid) <= baseline + 1 -- it waits in the pool
    end, 10000))
    assert.equal("good", w:ask(wire.get()).body)
    for _, peers in ipairs({ accepted, queued }) do
      for _, peer in ipairs(peers) do
        peer:close()
      end
    end
    deaf:close()
  end)
end)
