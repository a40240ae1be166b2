-- SPDX-License-Identifier: Apache-2.0
-- responses_spec.lua - answers of origins, good, odd and hostile: the client gets what was said, or
-- a 502, or a reset; never half of something that looks whole. How bytes flow is in flow_spec.lua.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

describe("a response", function()
  local w, script, ended

  -- Every request is answered with what `script` holds: bytes, or a function of the connection.
  lazy_setup(function()
    w = wire.start({ origin = origin.raw(function(connection, self)
      local head = connection:read_until("\r\n\r\n")
      if not head then
        return
      end
      self.requests[#self.requests + 1] = http.parse_request_head(head)
      if type(script) == "function" then
        script(connection)
      else
        connection:send(script)
      end
      if script ~= nil and not connection.handle:is_closing() then
        connection:shutdown()
        connection:read_all(2000)
      end
      ended = true
    end) })
  end)
  lazy_teardown(function() w:stop() end)
  before_each(function() ended = false end)

  -- Everything the client gets for one request, and how it ends.
  local function exchange(answer, request)
    script = answer
    return w.proxy:exchange(w:fill(request or wire.get("/", nil, "Connection: close\r\n")))
  end

  local chunks = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n"
  local head10 = "GET http://good.test:{port}/ HTTP/1.0\r\n\r\n"

  -- { name, answer, status, body, request }: the client sees this, and a clean end
  local good = {
    { "Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello" },
    { "Content-Length of 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "" },
    { "chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .. chunks .. "\r\n", 200,
      "hello world" },
    { "chunked with trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" ..
      "Trailer: X-Sum\r\n\r\n" .. chunks .. "X-Sum: 1\r\n\r\n", 200, "hello world" },
    { "until the connection ends", "HTTP/1.1 200 OK\r\n\r\nhello\0world", 200, "hello\0world" },
    { "until the connection ends, of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello" },
    { "204", "HTTP/1.1 204 No Content\r\n\r\n", 204, "" },
    { "304 that tells a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304,
      "" },
    { "HEAD that tells a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "",
      "HEAD http://good.test:{port}/ HTTP/1.1\r\nHost: good.test:{port}\r\n" ..
      "Connection: close\r\n\r\n" },
    { "no reason phrase", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, "x" },
    { "3B.61 a redirect to a denied host, unfollowed",
      "HTTP/1.1 302 Found\r\nLocation: http://evil.test/\r\nContent-Length: 0\r\n\r\n", 302, "" },
    { "an error of the origin's", "HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops", 500,
      "oops" },
    { "HTTP/1.0 client, Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200,
      "hello", head10 },
    { "HTTP/1.0 client, the chunks taken off",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" .. chunks .. "X-Sum: 1\r\n\r\n", 200,
      "hello world", head10 },
    { "HTTP/1.0 client, no 1xx", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n" ..
      "Content-Length: 1\r\n\r\nx", 200, "x", head10 },
    { "bytes behind the answer go nowhere", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" ..
      "okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 200, "ok" },
    { "a Host field, odd but no harm", "HTTP/1.1 200 OK\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
      200, "x" },
  }
  wire.rows(good, function(row)
    local bytes, why = exchange(row[2], row[5])
    local response = assert(http.parse_response(bytes, row[5] and row[5]:find("^HEAD") ~= nil))
    assert.same({ row[3], row[4], "", "eof" },
      { response.status, response.body, response.rest, why })
    assert.is_not_true(response.cut)
    assert.is_falsy(row[5] == head10 and response.headers["transfer-encoding"])
    assert.is_nil(response.headers["proxy-status"])
  end)

  it("keeps its fields, and loses those of this hop", function()
    local bytes = exchange("HTTP/1.1 200 Fine\r\nServer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n" ..
      "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: Basic\r\n" ..
      "Content-Length: 0\r\n\r\n")
    local response = http.parse_response(bytes)
    table.sort(response.headers.lines)
    assert.equal("Fine", response.reason)
    assert.same({ "Connection: close", "Content-Length: 0", "Server: x", "Set-Cookie: a",
                  "Set-Cookie: b", "Via: 1.1 fence" }, response.headers.lines)
  end)

  it("trailers reach the client", function()
    local bytes = exchange("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n" ..
      "\r\n" .. chunks .. "X-Sum: 1\r\n\r\n")
    assert.equal("\r\n\r\n" .. chunks .. "X-Sum: 1\r\n\r\n", bytes:match("\r\n\r\n.*"))
    assert.equal("X-Sum", http.parse_response(bytes).headers.trailer)
  end)

  it("3B.59 1xx answers come first, as they were sent", function()
    script = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" ..
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    local bytes = w.proxy:exchange(w:fill(wire.get("/", nil, "Connection: close\r\n")))
    local first = http.parse_response(bytes)
    local second = http.parse_response(first.rest)
    local third = http.parse_response(second.rest)
    assert.same({ 100, 103, 200, "</x>", "ok" },
      { first.status, second.status, third.status, second.headers.link, third.body })
  end)

  it("3B.59 a client that expects 100-continue hears the origin's", function()
    script = function(connection)
      connection:send("HTTP/1.1 100 Continue\r\n\r\n")
      connection:send(origin.response("200 OK", connection:read(5)))
    end
    local client = w:connect()
    local head = wire.get("/", nil, "Expect: 100-continue\r\nContent-Length: 5\r\n")
    client:send(w:fill((head:gsub("GET", "POST"))))
    assert.matches("^HTTP/1.1 100 ", client:read_until("\r\n\r\n", 5000))
    client:send("12345")
    assert.equal("12345", http.read_response(client, 5000).body)
    assert.equal("100-continue", w.origin.requests[#w.origin.requests].headers.expect)
    client:close()
  end)

  -- ---- hostile: a 502, and the origin's connection closed ----

  local fields = { "A: b\n", "A : b\r\n", " A: b\r\n", "A: b\r\n c\r\n", "A\0: b\r\n", "A: \0\r\n",
                   ": b\r\n", "A: b\rc\r\n", "A\r\n", "A: \27[31m\r\n" }
  local bad = {
    { "3B.57 two Content-Lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello" },
    { "3B.57 Content-Length and Transfer-Encoding",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" },
    { "3B.57 framing that is not understood",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nx",
      "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
      "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n" },
    { "3B.57 a flood of 1xx", ("HTTP/1.1 100 Continue\r\n\r\n"):rep(1000) },
    { "3B.57 101 that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" },
    { "3B.57 headers without end", "HTTP/1.1 200 OK\r\n" .. ("A: b\r\n"):rep(3000),
      "HTTP/1.1 200 OK\r\nA: " .. ("b"):rep(10 * 1024 * 1024),
      "HTTP/1.1 200 OK\r\n" .. ("A: b\r\n"):rep(101) .. "\r\n" },
    { "3B.57 HTTP/0.9 and other tongues", "<html>hello</html>", "HTTP/2.0 200 OK\r\n\r\n",
      "ICY 200 OK\r\n\r\n", "SSH-2.0-x\r\n\r\n", "\r\n\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
      "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
      "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1 999 X\r\n\r\n", "HTTP/1.1 200 O\0K\r\n\r\n",
      "HTTP/1.1 200 OK\n\n", "\22\3\1\2\0\1\0\1\252\3\3" },
    { "3B.57 a body where none can be", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
      "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\n\r\nhello" },
    { "3B.57 nothing, or half a head", "", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\n" },
  }
  for _, field in ipairs(fields) do
    bad[#bad + 1] = { ("3B.57 the field %q"):format(field),
                      "HTTP/1.1 200 OK\r\n" .. field .. "Content-Length: 0\r\n\r\n" }
  end

  local function first_final(bytes)
    local response
    repeat
      response = http.parse_response(bytes)
      bytes = response and response.rest or ""
    until not response or response.status >= 200 or response.status == 101
    return response
  end

  wire.rows(bad, function(row)
    for index = 2, #row do
      ended = false
      local bytes, why = exchange(row[index])
      local response = first_final(bytes)
      assert.equal(502, response and response.status, row[index]:sub(1, 100) .. " -> " .. bytes)
      assert.same({ "", "eof" }, { response.rest, why })
      wire.assert_own_answer(response, row[index]:sub(1, 100))
      local token = response.headers["proxy-status"]:match("^fence; error=([%l_]+)")
      assert.is_true(token == "http_protocol_error" or token == "connection_terminated")
      assert.is_true(loop.wait(function() return ended end, 5000))
    end
  end)

  -- ---- cut off: the client sees a reset, never a clean end ----

  local cut = {
    { "Content-Length, cut", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello" },
    { "Content-Length, nothing came", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" },
    { "chunked, cut in a chunk",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello" },
    { "chunked, no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n" },
    { "chunked, no end of trailers",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: b\r\n" },
    { "3B.43 chunked, malformed",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx\r\n0\r\n\r\n" },
    { "3B.43 chunked, a size of 17 digits",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00000000000000001\r\nx\r\n0\r\n\r\n" },
    { "3B.43 chunked, a trailer of framing",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 1\r\n\r\n" },
    { "HTTP/1.0 client, the chunks cut",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", head10 },
    { "until the connection ends, and it is reset at once", function(connection)
      connection:send("HTTP/1.1 200 OK\r\n\r\nhello")
      connection:reset()
    end },
    { "until the connection ends, and it is reset later", function(connection)
      connection:send("HTTP/1.1 200 OK\r\n\r\nhello")
      loop.sleep(50)
      connection:reset()
    end },
  }
  wire.rows(cut, function(row)
    for _ = 1, 10 do -- bytes and the reset behind them may come together, or apart
      local bytes, why = exchange(row[2], row[3])
      assert.equal("ECONNRESET", why, bytes)
    end
  end)
end)
