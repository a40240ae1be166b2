-- SPDX-License-Identifier: Apache-2.0
-- load_spec.lua - group 3N: much at a time and for long. Answers are right, memory and descriptors
-- are what they were, and whoever does not read holds up nobody else. Nothing here measures time.

local uv = require "luv"
local descriptors = require "spec.support.descriptors"
local http = require "spec.support.http"
local load = require "spec.support.load"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local patience_ms = 30000
local share = load.sanitized and 8 or 1 -- of the work: a sanitizer is slow

describe("under load", function()
  local w, pid, base, memory

  local function start(options)
    w = wire.start(options)
    pid = w.proxy.child.pid
    assert.equal(403, w:ask(wire.get("/", "evil.test:{port}")).status)
    base, memory = descriptors.count(pid), load.memory(pid)
  end

  after_each(function()
    if w then
      w:stop(true)
      w = nil
    end
  end)

  local function assert_flat(margin)
    local grown, most = load.memory(pid) - memory, margin or load.margin
    assert(grown <= most, ("grew by %d KiB, not %d at most"):format(grown, most))
  end

  -- `more`: connections that may wait in the pool.
  local function assert_comes_down(more)
    local down, count = load.comes_down(pid, base + (more or 0))
    assert(down, ("%d descriptors, %d before"):format(count, base))
  end

  local function assert_served(path)
    assert.equal(path, w:ask(wire.get(path), { timeout = patience_ms }).body)
  end

  it("3N.248 12,000 short requests by 4 clients, kept alive and closed", function()
    start({ origin = load.server() })
    local running, failures = 0, {}
    for client = 1, 4 do
      local anew = client % 2 == 0
      local function path(index) return ("/%d/%d"):format(client, index) end
      running = running + 1
      load.client(w.proxy.port, {
        anew = anew, count = (anew and 2000 or 4000) // share, expected = path,
        request = function(index)
          return w:fill(wire.get(path(index), nil, anew and "Connection: close\r\n" or nil))
        end,
      }, function(failure)
        running = running - 1
        failures[#failures + 1] = failure
      end)
    end
    loop.wait(function() return running == 0 end, patience_ms)
    assert.same({ 0, {} }, { running, failures })
    assert.equal(12000 // share, w.origin.answered)
    assert_flat()
    assert_comes_down(4)
  end)

  -- ---- whoever does not read, or does not go on ----

  local mebibytes = 64

  -- "/large": an answer of 64 MiB; "/deaf": reads nothing; anything else: its target.
  local function patient_origin(counted)
    local block = ("large"):rep(13107) .. "!"
    return origin.raw(function(connection)
      local request = http.parse_request_head(connection:read_until("\r\n\r\n") or "- - -\r\n")
      if request.target == "/large" then
        connection:send(("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"):format(mebibytes << 20))
        while counted.bytes < mebibytes << 20 and connection:send(block) do
          counted.bytes = counted.bytes + #block
        end
      elseif request.target == "/deaf" then
        connection:pause()
        loop.wait(function() return counted.heard end, patience_ms)
        connection:resume()
      else
        connection:send(origin.response("200 OK", request.target or "none"))
      end
      counted.body, counted.why = connection:read_all(patience_ms)
    end)
  end

  it("3N.250 a reader that stops in a large answer costs no memory, and gets all of it", function()
    local counted = { bytes = 0 }
    start({ origin = patient_origin(counted) })
    local client = w:connect()
    client:pause()
    client:send(w:fill(wire.get("/large")))
    assert.is_true(load.stalls(counted))
    assert.is_true(counted.bytes < mebibytes << 20)
    assert_flat()
    assert_served("/other")
    client:resume()
    assert.matches("^HTTP/1.1 200 ", client:read_until("\r\n\r\n", patience_ms))
    local body = client:read(mebibytes << 20, patience_ms)
    assert.is_true(body == (("large"):rep(13107) .. "!"):rep(mebibytes << 4))
    client:close()
    assert_comes_down(2)
  end)

  it("3N.250 a reader that never reads is gone when it goes", function()
    local counted = { bytes = 0 }
    start({ origin = patient_origin(counted) })
    local client = w:connect()
    client:pause()
    client:send(w:fill(wire.get("/large")))
    assert.is_true(load.stalls(counted))
    client:reset()
    assert(loop.wait(function() return counted.why end, patience_ms))
    assert_flat()
    assert_comes_down()
    assert_served("/other")
  end)

  it("3N.250 an upload that stalls, and one that nobody reads, cost no memory", function()
    local counted, sent = { bytes = 0 }, { bytes = 0 }
    start({ origin = patient_origin(counted) })
    local slow, fast = w:connect(), w:connect()
    local post = wire.get("/deaf", nil, "Content-Length: 1000000000\r\n"):gsub("GET", "POST")
    slow:send(w:fill(post) .. "only this")
    fast:send(w:fill(post))
    local block = ("upload"):rep(10000)
    loop.task(function()
      while fast:send(block) do
        sent.bytes = sent.bytes + #block
      end
    end)
    assert.is_true(load.stalls(sent))
    assert_flat()
    assert_served("/other")
    slow:close()
    fast:reset()
    counted.heard = true
    assert_comes_down(1)
    assert_flat()
  end)

  -- ---- much of one client ----

  it("3N.251 100,000 requests in one go, by a client that reads nothing", function()
    local requests, padding = 100000 // share, ("."):rep(4096)
    start({ origin = load.server(padding) })
    local client, counted = w:connect(), { bytes = 0 }
    client:pause()
    loop.task(function()
      for first = 1, requests, 100 do
        local some = {}
        for index = first, math.min(first + 99, requests) do
          some[#some + 1] = w:fill(wire.get("/" .. index))
        end
        if not client:send(some) then
          return
        end
        counted.bytes = counted.bytes + 100
      end
    end)
    assert.is_true(load.stalls(counted, patience_ms))
    if share == 1 then -- of 400 MiB the kernel has room for some 40; what is more must wait
      assert.is_true(w.origin.answered < requests // 2, w.origin.answered .. " were fetched")
    end
    assert_flat()
    client:close()
    assert_comes_down(1)
  end)

  it("3N.251 20,000 of them, read as they come, are answered in order", function()
    local requests = 20000 // share
    start({ origin = load.server() })
    local client, got, seen, wrong = w:connect(), "", 0, nil
    client:pause()
    client.handle:read_start(loop.guard(function(_, bytes)
      got = got .. (bytes or "")
      local after = 1
      for body, next in got:gmatch("HTTP/1.1 200 OK\r\n.-\r\n\r\n(/%d+;)()") do
        seen, after = seen + 1, next
        wrong = wrong or body ~= ("/%d;"):format(seen) and body
      end
      got = got:sub(after)
    end))
    loop.task(function()
      for index = 1, requests do
        client.handle:write(w:fill(wire.get(("/%d;"):format(index))))
      end
    end)
    loop.wait(function() return wrong or seen == requests end, 4 * patience_ms)
    assert.same({ requests, "" }, { seen, wrong or got })
    client:close()
    assert_flat()
    assert_comes_down(1)
  end)

  it("3N.251 a bomb of fields is refused before it is kept", function()
    start()
    for _, fields in ipairs({ "A: " .. ("a"):rep(65536) .. "\r\n", ("A: b\r\n"):rep(5000),
                              ("A: b\r\n"):rep(101), ("Cookie: a=b\r\n"):rep(100000) }) do
      for _ = 1, 20 do
        local client = w:connect()
        client:send(w:fill(wire.get("/", nil, fields)))
        assert.equal(431, http.read_response(client, patience_ms).status)
        client:close()
      end
    end
    assert.equal(0, w.origin.connections)
    assert_flat()
    assert_comes_down()
  end)

  it("3N.252 past --max-clients a client is told, and others are served once one goes", function()
    local most, clients, refused = 20, {}, 0
    start({ origin = load.server(), args = { "--max-clients", tostring(most) } })
    local function assert_first_served()
      for index = 1, most do
        clients[index] = clients[index] or w:connect()
        clients[index]:send(w:fill(wire.get("/" .. index)))
        assert.equal("/" .. index, http.read_response(clients[index], patience_ms).body)
      end
    end
    assert_first_served()
    for index = most + 1, 300 do
      clients[index] = w:connect()
    end
    local kept = base + 3 * most + most // 2 + 8 -- and those that are being told
    assert(load.comes_down(pid, kept), descriptors.count(pid) .. " descriptors")
    assert_first_served()
    for index = most + 1, #clients do
      clients[index]:send(w:fill(wire.get("/no")))
      local response = http.read_response(clients[index], patience_ms)
      if response then
        assert.same({ 503, "1", "close" },
          { response.status, response.headers["retry-after"], response.headers.connection })
        refused = refused + 1
      end
    end
    assert.is_true(refused >= most // 2, refused .. " were told")
    assert.equal(2 * most, w.origin.answered)
    table.remove(clients, 1):close()
    assert.is_true(descriptors.eventually(function()
      local response = w:ask(wire.get("/other"), { timeout = patience_ms })
      return response and response.body == "/other" -- nil: too many are being told
    end, 10000))
    for _, client in ipairs(clients) do
      client:close()
    end
    assert_comes_down(most + 1) -- in the pool
  end)

  it("3N.253 a storm of clients that reset leaves nothing, and others are served", function()
    start({ origin = load.server() })
    local early = { "", "GET ", w:fill(wire.get("/no")), w:fill(wire.get("/", "evil.test:{port}")) }
    for round = 1, 50 // share do
      local left = 100
      for index = 1, left do
        local client = uv.new_tcp()
        client:connect("127.0.0.1", w.proxy.port, loop.guard(function(err)
          assert(not err, err)
          client:try_write(early[index % #early + 1])
          client:close_reset(function() left = left - 1 end)
        end))
      end
      assert(loop.wait(function() return left == 0 end, patience_ms))
      assert_served("/" .. round)
    end
    assert_flat()
    assert_comes_down(8)
  end)

  it("3N.254 256 MiB each way at a time by one tunnel, with pauses, byte for byte", function()
    local size, far = (256 << 20) // share, nil
    start({ origin = origin.raw(function(connection)
      connection:pause()
      far = load.drain(connection.handle, load.dice(1), connection:peek())
      load.pour(connection.handle, size, load.dice(2))
      loop.wait(function() return far.done end, 4 * patience_ms)
    end) })
    local client = assert(w.proxy:tunnel(w:fill("good.test:{port}"), patience_ms))
    client:pause()
    local near = load.drain(client.handle, load.dice(3), client:peek())
    load.pour(client.handle, size, load.dice(4))
    loop.wait(function() return near.eof and far and far.eof end, 4 * patience_ms)
    assert.same({ at = size, eof = true }, near)
    assert.same({ at = size, eof = true }, far)
    far.done = true
    client:close()
    assert_flat()
    assert_comes_down()
  end)
end)
