-- SPDX-License-Identifier: Apache-2.0
-- pool_spec.lua - connections to an origin that serve one request after the other: only the same
-- origin's, only while the origin behaves, and no answer ever goes to the wrong request.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local patience_ms = 5000

local function head(method, path, fields)
  return (wire.get(path, nil, fields):gsub("^GET", method))
end

describe("the connections to an origin", function()
  local w, answer, after

  -- An origin that answers with what `answer(request, n)` returns, n counting a connection's
  -- requests from 1; returns false to say nothing. `after(connection, n)` comes behind; it returns
  -- true to end the connection.
  local function serve(connection, self)
    local n = 0
    while true do
      local bytes = connection:read_until("\r\n\r\n")
      if not bytes then
        return
      end
      n = n + 1
      local request = http.parse_request_head(bytes)
      request.body = http.read_body(connection, request.headers)
      request.connection = self.connections
      self.requests[#self.requests + 1] = request
      local said = answer(request, n)
      if said then
        connection:send(said)
      end
      if after(connection, n) then
        return
      end
    end
  end

  local function echo_path(request)
    return origin.response("200 OK", request.target)
  end

  lazy_setup(function() w = wire.start({ origin = origin.raw(serve) }) end)
  lazy_teardown(function() w:stop() end)
  before_each(function()
    -- one idle connection of an earlier test must not serve this one
    w:stop()
    w = wire.start({ origin = origin.raw(serve) })
    answer, after = echo_path, function() end
  end)

  -- Each request by a client of its own. Returns the bodies, or the status where it is not 200.
  local function ask(requests)
    local bodies = {}
    for index, bytes in ipairs(requests) do
      local response, why = w:ask(bytes, { no_body = bytes:match("^HEAD") })
      assert(response, why)
      bodies[index] = response.status == 200 and response.body or response.status
    end
    return bodies
  end

  local function two()
    return ask({ wire.get("/one"), wire.get("/two") })
  end

  it("two clients' requests to one origin go by one connection", function()
    assert.same({ "/one", "/two" }, two())
    assert.equal(1, w.origin.connections)
    assert.same({ "/one", "/two" }, ask({ wire.get("/one"), wire.get("/two", "GOOD.test:{port}") }))
    assert.equal(1, w.origin.connections)
  end)

  it("two requests at the same time go by two", function()
    local open = false
    answer = function(request)
      loop.wait(function() return open end, patience_ms)
      return echo_path(request)
    end
    local first, second = w:connect(), w:connect()
    first:send(w:fill(wire.get("/one")))
    second:send(w:fill(wire.get("/two")))
    assert.is_truthy(loop.wait(function() return #w.origin.requests == 2 end, patience_ms))
    open = true
    assert.equal("/one", http.read_response(first, patience_ms).body)
    assert.equal("/two", http.read_response(second, patience_ms).body)
    assert.equal(2, w.origin.connections)
    first:close()
    second:close()
  end)

  it("another name has its own, with the same address behind it", function()
    ask({ wire.get("/one"), wire.get("/two", "b.good.test:{port}") })
    assert.equal(2, w.origin.connections)
    assert.same({ 1, 2 }, { w.origin.requests[1].connection, w.origin.requests[2].connection })
  end)

  it("another port has its own", function()
    local other = origin.http("other")
    assert.same({ "/one", "other", "/two" }, ask({
      wire.get("/one"), wire.get("/", "good.test:" .. other.port), wire.get("/two"),
    }))
    assert.same({ 1, 1 }, { w.origin.connections, other.connections })
    other:close()
  end)

  it("3B.48 a request on a kept-alive client connection is judged anew", function()
    local client = w:connect()
    for _, step in ipairs({ { "good.test:{port}", 200 }, { "evil.test:{port}", 403 },
                            { "denied.good.test:{port}", 403 }, { "good.test:{port}", 200 } }) do
      client:send(w:fill(wire.get("/", step[1])))
      assert.equal(step[2], http.read_response(client, patience_ms).status)
    end
    client:close()
    assert.equal(1, w.origin.connections)
    assert.equal(2, #w.origin.requests)
  end)

  it("an origin that closes after each answer gets a connection for each request", function()
    after = function() return true end
    for _ = 1, 5 do
      assert.same({ "/one", "/two" }, two())
    end
    assert.equal(10, w.origin.connections)
  end)

  for _, method in ipairs({ "GET", "HEAD", "OPTIONS" }) do
    it(method .. " is sent again when the origin closes instead of answering it", function()
      answer = function(request, n)
        return n == 1 and origin.response("200 OK", request.method == "HEAD" and "" or "fine")
      end
      after = function(_, n) return n == 2 end
      local body = method == "HEAD" and "" or "fine"
      assert.same({ "fine", body }, ask({ wire.get("/one"), head(method, "/two") }))
      assert.equal(2, w.origin.connections)
      assert.equal(3, #w.origin.requests)
      assert.equal(w.origin.requests[2].line, w.origin.requests[3].line)
    end)
  end

  it("is sent again once, no more", function()
    answer = function(request, n)
      return n == 1 and request.target == "/one" and echo_path(request)
    end
    after = function() return w.origin.requests[#w.origin.requests].target == "/two" end
    assert.same({ "/one", 502 }, two())
    assert.equal(2, w.origin.connections)
    assert.equal(3, #w.origin.requests)
  end)

  it("is not sent again when an answer had begun", function()
    answer = function(request, n)
      return n == 1 and echo_path(request) or "HTTP/1.1 200 OK\r\nContent-Le"
    end
    after = function(_, n) return n == 2 end
    assert.same({ "/one", 502 }, two())
    assert.equal(2, #w.origin.requests)
    assert.equal(1, w.origin.connections)
  end)

  it("POST, PUT, PATCH, DELETE and what has a body never go by a used one", function()
    for _, method in ipairs({ "POST", "PUT", "PATCH", "DELETE" }) do
      local before = w.origin.connections
      ask({ wire.get("/one"), head(method, "/two", "Content-Length: 2\r\n") .. "ab",
            head(method, "/two", "Content-Length: 0\r\n") })
      local requests = w.origin.requests
      local last = requests[#requests]
      assert.equal(method, last.method)
      assert.equal(1, requests[#requests - 1].connection - requests[#requests - 2].connection)
      assert.equal(1, last.connection - requests[#requests - 1].connection)
      assert.is_true(w.origin.connections - before >= 2)
    end
    local before = w.origin.connections
    ask({ head("GET", "/two", "Content-Length: 2\r\n") .. "ab" })
    assert.equal(before + 1, w.origin.connections)
  end)

  it("an answer to POST leaves a connection that GET may use", function()
    ask({ head("POST", "/one", "Content-Length: 2\r\n") .. "ab", wire.get("/two") })
    assert.equal(1, w.origin.connections)
  end)

  it("bytes that nobody asked for close it, and answer nothing", function()
    after = function(connection, n)
      if n == 1 and w.origin.connections == 1 then
        loop.sleep(20)
        connection:send(origin.response("200 OK", "planted"))
      end
    end
    assert.same({ "/one" }, ask({ wire.get("/one") }))
    loop.sleep(60)
    assert.same({ "/two" }, ask({ wire.get("/two") }))
    assert.equal(2, w.origin.connections)
  end)

  it("bytes that nobody asked for, in the segment of an answer, answer nothing", function()
    answer = function(request)
      return echo_path(request) .. origin.response("200 OK", "planted")
    end
    assert.same({ "/one", "/two" }, two())
    assert.equal(2, w.origin.connections)
  end)

  it("bytes that nobody asked for, unread when the next request comes, answer nothing", function()
    local first
    after = function(connection, n)
      first = first or connection
      return n == 2
    end
    assert.same({ "/one" }, ask({ wire.get("/one") }))
    local client = w:connect()
    client:send(w:fill(wire.get("/warm", "b.good.test:{port}"))) -- so that it has been accepted
    http.read_response(client, patience_ms)
    w.proxy.child:kill("sigstop")
    client:send(w:fill(wire.get("/two")))
    loop.sleep(20)
    first:send(origin.response("200 OK", "planted"))
    loop.sleep(20)
    w.proxy.child:kill("sigcont")
    assert.equal("/two", http.read_response(client, patience_ms).body)
    client:close()
  end)

  it("an end that is unread when the next request comes costs nobody an answer", function()
    local ended
    after = function() return loop.wait(function() return ended end, 3000) end
    assert.same({ "/one" }, ask({ wire.get("/one") }))
    local client = w:connect()
    client:send(w:fill(wire.get("/", "evil.test")))
    http.read_response(client, patience_ms)
    w.proxy.child:kill("sigstop")
    client:send(w:fill(wire.get("/two")))
    ended = true
    loop.sleep(20)
    w.proxy.child:kill("sigcont")
    assert.equal("/two", http.read_response(client, patience_ms).body)
    assert.equal(2, w.origin.connections)
    client:close()
  end)

  -- { name, answer, connections, the first body (default: "x") }
  local answers = {
    { "an origin that says Connection: close gets no other request",
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", 2 },
    { "an origin of HTTP/1.0 gets no other request",
      "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 2 },
    { "a body that goes on to the end leaves nothing", "HTTP/1.1 200 OK\r\n\r\nx", 2 },
    { "a chunked body leaves a connection",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 1 },
    { "a chunked body with trailers leaves a connection",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\n\r\n", 1 },
    { "an empty body leaves a connection", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1, "" },
    { "204 leaves a connection", "HTTP/1.1 204 No Content\r\n\r\n", 1, 204 },
    { "304 leaves a connection", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 1, 304 },
    { "500 leaves a connection",
      "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 1\r\n\r\nx", 1, 500 },
    { "1xx in front leaves a connection",
      "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 1, 103 },
    { "a byte behind the body closes it",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy", 2 },
    { "a byte behind 204 closes it", "HTTP/1.1 204 No Content\r\n\r\ny", 2, 204 },
    { "a body behind 304 closes it",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n12345", 2, 304 },
    { "an empty line behind a chunked body closes it",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n\r\n", 2 },
    { "another answer behind the answer closes it",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx" ..
      "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nplanted", 2 },
  }
  wire.rows(answers, function(row)
    local until_close = not row[2]:find("\r\nContent-Length") and row[2]:find("200 OK\r\n\r\n")
    answer = function() return row[2] end
    after = function() return until_close end
    local expected = row[4] or "x"
    local function status_304() -- http.lua would wait for its body
      local client = w:connect()
      client:send(w:fill(wire.get("/one")))
      local response = http.read_response(client, patience_ms, true)
      loop.sleep(20)
      assert.equal("", client:peek())
      client:close()
      return response.status
    end
    for _ = 1, 2 do
      if expected == 304 then
        assert.equal(304, status_304())
      else
        assert.same({ expected }, ask({ wire.get("/one") }))
      end
      loop.sleep(20) -- of "103" the rest is on its way
    end
    assert.equal(row[3], w.origin.connections)
  end)

  it("HEAD leaves a connection, and a body behind it closes it", function()
    answer = function() return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" end
    ask({ head("HEAD", "/"), head("HEAD", "/") })
    assert.equal(1, w.origin.connections)
    answer = function() return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12345" end
    ask({ head("HEAD", "/"), head("HEAD", "/") })
    assert.equal(2, w.origin.connections)
  end)

  it("a client that leaves in the middle of an answer takes the connection along", function()
    answer = function(request)
      return request.target == "/one" and "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
        or echo_path(request)
    end
    local client = w:connect()
    client:send(w:fill(wire.get("/one")))
    client:read_until("half", patience_ms)
    client:close()
    loop.sleep(20)
    assert.same({ "/two" }, ask({ wire.get("/two") }))
    assert.equal(2, w.origin.connections)
  end)

  it("an answer before the request was all there leaves none", function()
    answer = echo_path
    local client = w:connect()
    client:send(w:fill(head("POST", "/one", "Content-Length: 100\r\n") .. "half"))
    loop.sleep(20)
    client:close()
    loop.sleep(20)
    assert.same({ "/two" }, ask({ wire.get("/two") }))
    assert.equal(2, w.origin.connections)
  end)

  it("a request to upgrade goes by its own, and leaves none", function()
    local upgrade = wire.get("/one", nil, "Connection: Upgrade\r\nUpgrade: websocket\r\n")
    ask({ wire.get("/zero"), upgrade, wire.get("/two"), wire.get("/three") })
    local used = {}
    for index, request in ipairs(w.origin.requests) do
      used[index] = request.target .. " " .. request.connection
    end
    assert.equal(2, w.origin.connections)
    assert.equal("/one 2", used[2])
  end)

  it("3B.52 OPTIONS with Max-Forwards: 0 is answered here, and goes nowhere", function()
    local response = w:ask(head("OPTIONS", "/", "Max-Forwards: 0\r\n"))
    assert.equal(200, response.status)
    assert.matches("GET, HEAD, POST", response.headers.allow, 1, true)
    assert.equal(0, w.origin.connections)
    ask({ head("OPTIONS", "/", "Max-Forwards: 1\r\n") })
    assert.equal("0", w.origin.requests[1].headers["max-forwards"])
  end)
end)
