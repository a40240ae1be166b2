-- SPDX-License-Identifier: Apache-2.0
-- crowd_spec.lua - many tunnels at a time: nothing lost, memory and descriptors bounded, a clear
-- answer past the limit. Speed is measured in tests/bench, not here.

local uv = require "luv"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local stream = require "spec.support.stream"
local wire = require "spec.support.wire"

local tunnels = 1000
local payload_size = 64 * 1024
-- KiB beside what is counted. A sanitizer keeps what was freed: then memory says nothing.
local margin = os.getenv("ASAN_OPTIONS") and 1 << 30 or 2048
local descriptors = 2 * tunnels + 200 -- of this process: it holds both ends

local function connect(authority)
  return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, authority)
end

-- A line of /proc/PID/status, in KiB.
local function memory(pid, line)
  for text in io.lines(("/proc/%d/status"):format(pid)) do
    local value = text:match("^" .. line .. ":%s*(%d+) kB")
    if value then
      return tonumber(value)
    end
  end
end

local function count_descriptors(pid)
  local count, scan = 0, assert(uv.fs_scandir(("/proc/%d/fd"):format(pid)))
  while uv.fs_scandir_next(scan) do
    count = count + 1
  end
  return count
end

-- What is asked of /proc announces no change: looks again and again.
local function eventually(check, ms)
  local limit, word = loop.now() + ms, check()
  while not word and loop.now() < limit do
    loop.sleep(10)
    word = check()
  end
  return word
end

-- Raises this process's own limit; nil when the machine does not let it.
local function raise_descriptors()
  process.run({ argv = { "prlimit", "--pid", tostring(uv.os_getpid()),
                         ("--nofile=%d:"):format(descriptors) } })
  for line in io.lines("/proc/self/limits") do
    local soft = line:match("^Max open files%s+(%d+)")
    if soft then
      return tonumber(soft) >= descriptors
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
      pending("this machine does not allow " .. descriptors .. " descriptors")
      return
    end
    w = wire.start({ origin = quick_echo() })
    local baseline = count_descriptors(w.proxy.child.pid)
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
    assert.is_true(eventually(function()
      return count_descriptors(w.proxy.child.pid) <= baseline
    end, 3000))
  end)

  local function flood(peer, counted)
    local block = ("flood"):rep(13107)
    while peer:send(block) do
      counted.bytes = counted.bytes + #block
    end
  end

  -- Until `counted.bytes` has not moved for a while.
  local function stalls(counted)
    local last, since, limit = -1, loop.now(), loop.now() + 8000
    while loop.now() - since < 400 and loop.now() < limit do
      if counted.bytes ~= last then
        last, since = counted.bytes, loop.now()
      end
      loop.sleep(20)
    end
    return loop.now() < limit
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
      assert.is_true(stalls(counted))
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
      assert.is_true(stalls(counted))
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
    assert.is_true(eventually(function()
      return w.proxy:tunnel(w:fill("good.test:{port}"), 5000) ~= nil
    end, 5000))
  end)

  it("3M.231 300 clients at 64 descriptors, and when they have gone all is well", function()
    w = wire.start({ origin = origin.echo(), nofile = 64 })
    local baseline, clients = count_descriptors(w.proxy.child.pid), {}
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
    assert.is_true(eventually(function()
      return count_descriptors(w.proxy.child.pid) <= baseline
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
    local baseline = count_descriptors(w.proxy.child.pid)
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
    assert.is_true(eventually(function()
      return count_descriptors(w.proxy.child.pid) <= baseline
    end, 10000))
    assert.equal("good", w:ask(wire.get()).body)
    for _, peers in ipairs({ accepted, queued }) do
      for _, peer in ipairs(peers) do
        peer:close()
      end
    end
    deaf:close()
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
    assert.is_true(stalls(counted))
    if (os.getenv("FENCE_SANITIZED") or "") == "" then -- a sanitizer keeps what was freed
      local grown = memory(w.proxy.child.pid, "VmRSS") - before
    assert.is_true(grown <= margin, ("grew by %d KiB"):format(grown))
    end
    client:resume()
    for _ = 1, 1000 do
      assert.equal(403, http.read_response(client, 5000).status)
    end
    client:reset()
  end)
end)
