-- SPDX-License-Identifier: Apache-2.0
-- flow_spec.lua - how the bytes of plain HTTP exchanges move: at once, both ways at a time, large,
-- many on one connection, and over to another protocol. What heads say: see responses_spec.lua.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

-- A period that is no power of two: a byte lost, doubled or moved shows.
local period = {}
for index = 1, 65521 do
  period[index] = string.char(index * 7919 % 251)
end
period = table.concat(period)

local function large(megabytes)
  return period:rep(megabytes * 16 + 1):sub(1, megabytes * 1024 * 1024)
end

local chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

local function chunk(bytes)
  return ("%x\r\n%s\r\n"):format(#bytes, bytes)
end

describe("an exchange", function()
  local w, serve -- serve(connection, request): what the origin does with a request

  lazy_setup(function()
    w = wire.start({ origin = origin.raw(function(connection, self)
      local head = connection:read_until("\r\n\r\n")
      if head then
        local request = http.parse_request_head(head)
        self.requests[#self.requests + 1] = request
        serve(connection, request)
      end
    end) })
  end)
  lazy_teardown(function() w:stop() end)

  local function post(fields)
    return w:fill((wire.get("/", nil, fields):gsub("GET", "POST")))
  end

  it("passes an event on before the next one comes", function()
    local heard, cut = 0, false
    serve = function(connection)
      connection:send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
      for event = 1, 20 do
        connection:send(("data: %d\n\n"):format(event))
        cut = cut or not loop.wait(function() return heard == event end, 5000)
      end
    end
    local client = w:connect()
    client:send(w:fill(wire.get("/events")))
    assert(client:read_until("\r\n\r\n", 5000))
    for event = 1, 20 do
      assert.equal(("data: %d\n\n"):format(event), client:read_until("\n\n", 5000))
      heard = event
    end
    assert.same({ "", "eof" }, { client:read_all(5000) })
    assert.is_false(cut)
    client:close()
  end)

  it("passes the head on before there is a body", function()
    local heard = false
    serve = function(connection)
      connection:send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n")
      loop.wait(function() return heard end, 5000)
      connection:send("x")
    end
    local client = w:connect()
    client:send(w:fill(wire.get()))
    heard = client:read_until("\r\n\r\n", 5000) ~= nil
    assert.equal("x", client:read(1, 5000))
    client:close()
  end)

  it("passes a slow request body on byte by byte", function()
    serve = function(connection)
      local body = {}
      for index = 1, 30 do
        body[index] = connection:read(1, 5000)
      end
      connection:send(origin.response("200 OK", table.concat(body)))
    end
    local client = w:connect()
    client:send(post("Content-Length: 30\r\n"))
    client:send_bytewise(("slow drip "):rep(3), 2)
    assert.equal(("slow drip "):rep(3), http.read_response(client, 5000).body)
    client:close()
  end)

  it("carries 50 MB up and 50 MB down", function()
    local body = large(50)
    serve = function(connection, request)
      local same = http.read_body(connection, request.headers) == body
      connection:send(same and origin.response("200 OK", body) or origin.response("400 Bad", ""))
    end
    local client = w:connect()
    client:send({ post("Content-Length: " .. #body .. "\r\n"), body })
    local response = http.read_response(client, 20000)
    assert.equal(200, response.status)
    assert.is_true(response.body == body)
    client:close()
  end)

  it("carries 20 MB in chunks of every size, both ways", function()
    local body, parts, at = large(20), {}, 1
    for size = 1, 6000 do
      parts[size] = chunk(body:sub(at, at + size - 1))
      at = at + size
    end
    parts[#parts + 1] = chunk(body:sub(at)) .. "0\r\n\r\n"
    local coded = table.concat(parts)
    serve = function(connection, request)
      local same = http.read_body(connection, request.headers) == body
      connection:send(same and chunked .. coded or origin.response("400 Bad", ""))
    end
    local client = w:connect()
    client:send({ post("Transfer-Encoding: chunked\r\nConnection: close\r\n"), coded })
    local bytes, why = client:read_all(20000)
    local response = http.parse_response(bytes)
    assert.same({ 200, "eof", "" }, { response.status, why, response.rest })
    assert.is_true(response.body == body)
    client:close()
  end)

  it("answers while the request is still coming, 8 MB each way at a time", function()
    local body = large(8)
    serve = function(connection)
      connection:send(chunked)
      local left = #body
      while left > 0 do
        loop.wait(function() return connection.size > 0 or connection.eof end)
        left = left - connection.size
        connection:send(chunk(connection:read(connection.size)))
      end
      connection:send("0\r\n\r\n")
    end
    local client = w:connect()
    client:send(post("Content-Length: " .. #body .. "\r\nConnection: close\r\n"))
    assert.matches("^HTTP/1.1 200 ", client:read_until("\r\n\r\n", 5000)) -- before any of the body
    client:send(body)
    local coded, why = client:read_all(15000)
    local response = http.parse_response(chunked .. coded)
    assert.equal("eof", why)
    assert.is_true(response.body == body)
    client:close()
  end)

  local early = origin.response("413 Content Too Large", "no")
  local refusing = {
    { "a final answer before the body's end, and the origin reads on", function(connection)
      connection:send(early)
      connection:read_all(3000)
    end },
    { "a final answer before the body's end, and the origin ends its side", function(connection)
      connection:send(early)
      connection:shutdown()
      connection:read_all(3000)
    end },
    { "a final answer before the body's end, and the origin closes", function(connection)
      connection:send(early)
    end },
  }
  wire.rows(refusing, function(row)
    serve = row[2]
    local client = w:connect()
    local body = large(4)
    loop.task(function()
      client:send({ post("Content-Length: " .. 2 * #body .. "\r\n"), body })
    end)
    local response, why = http.read_response(client, 5000)
    assert.equal(413, assert(response, why).status)
    assert.equal("no", response.body)
    assert.equal("close", response.headers.connection)
    client:close()
  end)

  it("a client that leaves in its body takes the origin's connection with it", function()
    local body, why
    serve = function(connection)
      body, why = connection:read_all(5000)
    end
    for _, leave in ipairs({ "close", "reset", "shutdown" }) do
      body = nil
      local client = w:connect()
      client:send(post("Content-Length: 10\r\n") .. "hello")
      loop.wait(function() return w.origin.requests[#w.origin.requests] end, 5000)
      loop.sleep(20)
      client[leave](client)
      assert.is_truthy(loop.wait(function() return body end, 5000))
      assert.same({ leave, "hello", "ECONNRESET" }, { leave, body, why })
      client:close()
    end
  end)

  -- ---- many on one connection ----

  local function named(connection, request)
    connection:send(origin.response("200 OK", request.target))
  end

  it("serves many requests on one connection", function()
    serve = named
    local client = w:connect()
    for index = 1, 200 do
      client:send(w:fill(wire.get("/" .. index)))
      local response, why = http.read_response(client, 5000)
      assert.equal("/" .. index, assert(response, why).body)
      assert.is_nil(response.headers.connection)
    end
    client:close()
  end)

  it("3B.47 answers 300 pipelined requests in their order", function()
    serve = named
    local all = {}
    for index = 1, 300 do
      all[index] = wire.get("/" .. index, nil, index == 300 and "Connection: close\r\n" or nil)
    end
    local bytes, why = w.proxy:exchange(w:fill(table.concat(all)))
    assert.equal("eof", why)
    for index = 1, 300 do
      local response = assert(http.parse_response(bytes), "answer " .. index)
      assert.equal("/" .. index, response.body)
      bytes = response.rest
    end
    assert.equal("", bytes)
  end)

  it("3B.47 answers what a client asked before it ended its side", function()
    serve = named
    local bytes, why = w.proxy:exchange(w:fill(wire.get("/1") .. wire.get("/2")),
      { half_close = true })
    local first = http.parse_response(bytes)
    assert.same({ "/1", "/2", "eof" }, { first.body, http.parse_response(first.rest).body, why })
  end)

  -- ---- another protocol ----

  local upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"

  local function switch(connection)
    connection:send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" ..
      "Upgrade: websocket\r\nSec-WebSocket-Accept: y\r\n\r\nhello")
    repeat
      loop.wait(function() return connection.size > 0 or connection.eof end)
      local bytes = connection.size > 0 and connection:read(connection.size)
    until not bytes or not connection:send(bytes)
    connection:send("bye")
  end

  it("3B.54 becomes a tunnel after 101, with what was sent too early", function()
    serve = switch
    local client = w:connect()
    client:send(w:fill(wire.get("/", nil, upgrade)) .. "early\0")
    local head = http.parse_response(client:read_until("\r\n\r\n", 5000), true)
    assert.same({ 101, "websocket", "y" },
      { head.status, head.headers.upgrade, head.headers["sec-websocket-accept"] })
    assert.equal("hello", client:read(5, 5000))
    assert.equal("early\0", client:read(6, 5000))
    client:send(wire.get("/no-request")) -- not HTTP any more: only bytes
    assert.equal(wire.get("/no-request"), client:read(#wire.get("/no-request"), 5000))
    client:shutdown()
    assert.same({ "bye", "eof" }, { client:read_all(5000) })
    local request = w.origin.requests[#w.origin.requests]
    assert.same({ "upgrade", "websocket", "x" }, { request.headers.connection,
      request.headers.upgrade, request.headers["sec-websocket-key"] })
    client:close()
  end)

  it("3B.54 an origin may decline to switch", function()
    serve = named
    local client = w:connect()
    client:send(w:fill(wire.get("/1", nil, upgrade) .. wire.get("/2")))
    assert.equal("/1", http.read_response(client, 5000).body)
    assert.equal("/2", http.read_response(client, 5000).body)
    client:close()
  end)

  it("3B.54 HTTP/2 is never switched to", function()
    serve = named
    w:ask(wire.get("/", nil, "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n" ..
      "HTTP2-Settings: AAMAAABkAAQAAP__\r\n"))
    local headers = w.origin.requests[#w.origin.requests].headers
    assert.same({}, { headers.connection, headers.upgrade, headers["http2-settings"] })
  end)
end)
