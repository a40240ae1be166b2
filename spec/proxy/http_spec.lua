-- SPDX-License-Identifier: Apache-2.0
-- http_spec.lua - request heads that can be read in two ways, and where one request ends: refused
-- before anything is dialled. What goes on to the origin is in forward_spec.lua.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local function get(fields) return wire.get("/", nil, fields) end

local function post(fields, body)
  return (get(fields):gsub("^GET", "POST")) .. (body or "")
end

local function connect(authority, fields)
  return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(authority, authority, fields or "")
end

-- A request line with a good Host.
local function line(text)
  return text .. "\r\nHost: good.test:{port}\r\n\r\n"
end

local url = "http://good.test:{port}/"
local chunked = "Transfer-Encoding: chunked\r\n"

-- { name, status, request, request, … }
local refused = {
  { "3B.37 Host differs from the target", 400,
    ("GET %s HTTP/1.1\r\nHost: evil.test\r\n\r\n"):format(url),
    ("GET %s HTTP/1.1\r\nHost: good.test\r\n\r\n"):format(url),
    ("GET %s HTTP/1.1\r\nHost: good.test:{port}.evil.test\r\n\r\n"):format(url),
    ("GET %s HTTP/1.1\r\nHost: \r\n\r\n"):format(url),
    "CONNECT good.test:{port} HTTP/1.1\r\nHost: evil.test:{port}\r\n\r\n" },
  { "3B.38 not exactly one Host", 400,
    get("Host: good.test:{port}\r\n"), get("Host: evil.test\r\n"), get("hOST: evil.test\r\n"),
    ("GET %s HTTP/1.1\r\nHost: good.test:{port}, evil.test\r\n\r\n"):format(url),
    ("GET %s HTTP/1.1\r\nHost: good.test:{port} evil.test\r\n\r\n"):format(url),
    ("GET %s HTTP/1.1\r\n\r\n"):format(url),
    "CONNECT good.test:{port} HTTP/1.1\r\n\r\n",
    ("GET %s HTTP/1.0\r\nHost: good.test:{port}\r\nHost: evil.test\r\n\r\n"):format(url) },
  { "3B.39 origin-form", 400, line("GET / HTTP/1.1"), line("POST /x?y HTTP/1.1"),
    line("GET /http://good.test/ HTTP/1.1"), line("GET ?x HTTP/1.1"),
    line("GET good.test:{port} HTTP/1.1") },
  { "3B.41 two Content-Lengths", 400,
    post("Content-Length: 0\r\nContent-Length: 40\r\n"),
    post("Content-Length: 5\r\nContent-Length: 5\r\n", "12345"),
    post("Content-Length: 5\r\ncontent-length: 6\r\n", "12345") },
  { "3B.41 Content-Length that is no number", 400,
    post("Content-Length: +5\r\n", "12345"), post("Content-Length: -1\r\n"),
    post("Content-Length: 5,5\r\n", "12345"), post("Content-Length: 0x5\r\n", "12345"),
    post("Content-Length: 010\r\n", "12345678"), post("Content-Length:\r\n"),
    post("Content-Length: 5 5\r\n"), post("Content-Length: 5.0\r\n"),
    post("Content-Length: 5e0\r\n"),
    post("Content-Length: 9223372036854775808\r\n"),
    post("Content-Length: 18446744073709551621\r\n"),
    post("Content-Length: " .. ("9"):rep(400) .. "\r\n") },
  { "3B.42 a Transfer-Encoding that is not exactly 'chunked'", 400,
    post("Transfer-Encoding: xchunked\r\n"), post("Transfer-Encoding: chunked, identity\r\n"),
    post("Transfer-Encoding: ,chunked\r\n"), post("Transfer-Encoding: chunked,\r\n"),
    post("Transfer-Encoding: \vchunked\r\n"), post("Transfer-Encoding: chunked\xa0\r\n"),
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
    post("Transfer-Encoding : chunked\r\n"), post("Transfer\r\n-Encoding: chunked\r\n"),
    post("Transfer-Encoding:\r\n chunked\r\n"), post("Transfer-Encoding: \"chunked\"\r\n"),
    post("Transfer-Encoding: gzip, chunked\r\n"), post("Transfer-Encoding: identity\r\n"),
    post("Transfer-Encoding:\r\n"), post("Transfer-Encoding: chunked;q=1\r\n"),
    post("Transfer-Encoding: chunk\r\n"), post("Transfer-Encoding: chunkedchunked\r\n"),
    post("Transfer_Encoding : chunked\r\n"), post("Transfer-Encoding: chunked\0\r\n") },
  { "3B.42 Transfer-Encoding beside Content-Length, or in HTTP/1.0", 400,
    post(chunked .. "Content-Length: 5\r\n", "0\r\n\r\n"),
    post("Content-Length: 5\r\n" .. chunked, "0\r\n\r\n"),
    post("Content-Length: 0\r\ntransfer-encoding: CHUNKED\r\n", "0\r\n\r\n"),
    (post(chunked, "0\r\n\r\n"):gsub("HTTP/1.1", "HTTP/1.0")) },
  { "3B.44 lines that do not end in CRLF", 400,
    (get():gsub("\r\n", "\n")), get("A: b\n"), get("A: b\r"), get("A: b\rC: d\r\n"),
    get("A: b\r\r\n"), "GET " .. url .. " HTTP/1.1\nHost: good.test:{port}\r\n\r\n",
    (get():gsub("\r\n$", "\r\r\n")), (get():gsub("\r\n$", "\n")) },
  { "3B.44 obs-fold", 400, get("A: b\r\n c\r\n"), get("A: b\r\n\tc\r\n"), get("A:\r\n b\r\n"),
    (get():gsub("\r\nHost", "\r\n Host")), (get():gsub("\r\nHost", "\r\n\tHost")) },
  { "3B.44 bytes that no field may hold", 400,
    get("A: b\0c\r\n"), get("A\0: b\r\n"), get("A: \1\r\n"), get("A: \127\r\n"),
    get("A\127: b\r\n"),
    get("A: \27[31m\r\n"), get("A: b\v\r\n"), get("A: b\f\r\n"), get("\0\r\n") },
  { "3B.44 field names that are no tokens", 400,
    get("A : x\r\n"), get("A\t: x\r\n"), get(" A: x\r\n"), get(": x\r\n"), get("A\x80: x\r\n"),
    get("\xc3\xa9: x\r\n"), get("A B: x\r\n"), get("A(: x\r\n"), get("A\r\n"), get("A=b\r\n"),
    get("A/b: x\r\n"), get("[a]: x\r\n") },
  { "3B.45 no version", 400, "GET " .. url .. "\r\n\r\n", line("GET " .. url),
    line("GET " .. url .. " "), line("GET " .. url .. " HTTP/") },
  { "3B.45 a version in another form", 400, line("GET " .. url .. " http/1.1"),
    line("GET " .. url .. " HTTP/1.10"), line("GET " .. url .. " HTTP/1.1 x"),
    line("GET " .. url .. " HTTP/1.1 "), line("GET " .. url .. " HTTP/1"),
    line("GET " .. url .. " HTTP/1,1"), line("GET " .. url .. " HTTP/01.1"),
    line("GET " .. url .. " HTTP/ 1.1"), line("GET " .. url .. " HTTPS/1.1"),
    line("GET " .. url .. " ICY/1.1") },
  { "3B.45 a version that is not spoken", 505, line("GET " .. url .. " HTTP/0.9"),
    line("GET " .. url .. " HTTP/1.2"), line("GET " .. url .. " HTTP/2.0"),
    line("GET " .. url .. " HTTP/9.9"), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
  { "3B.46 white space in the request line", 400,
    line("GET  " .. url .. " HTTP/1.1"), line("GET " .. url .. "  HTTP/1.1"),
    line("GET\t" .. url .. " HTTP/1.1"), line("GET " .. url .. "\tHTTP/1.1"),
    line(" GET " .. url .. " HTTP/1.1"), line("GET " .. url .. "a b HTTP/1.1"),
    line("GET  HTTP/1.1"), line("GET"), line("") },
  { "3B.46 more than one empty line first", 400, "\r\n\r\n" .. get(), ("\r\n"):rep(1000) .. get(),
    "\n" .. get(), "\r" .. get(), "\r\n\n" .. get() },
  { "3B.50 CONNECT with a body", 400,
    connect("good.test:{port}", "Content-Length: 10\r\n") .. "0123456789",
    connect("good.test:{port}", "Content-Length: 0\r\n"),
    connect("good.test:{port}", chunked) .. "0\r\n\r\n" },
  { "3B.52 methods that are none", 400, line("G(ET " .. url .. " HTTP/1.1"),
    line(("G"):rep(1024) .. " " .. url .. " HTTP/1.1"), line("GET\xc3 " .. url .. " HTTP/1.1"),
    line("\"GET\" " .. url .. " HTTP/1.1"), line("G,T " .. url .. " HTTP/1.1"),
    line("\0GET " .. url .. " HTTP/1.1") },
  { "3B.52 methods whose letters decide the framing", 400,
    line("connect good.test:{port} HTTP/1.1"),
    line("head " .. url .. " HTTP/1.1"), line("Trace " .. url .. " HTTP/1.1"),
    line("PRI " .. url .. " HTTP/1.1") },
  { "3B.52 TRACE", 405, line("TRACE " .. url .. " HTTP/1.1") },
  { "3B.52 OPTIONS * names no server", 400, line("OPTIONS * HTTP/1.1"), line("GET * HTTP/1.1") },
  { "3B.53 Connection that is no list of names", 400, get("Connection: close;x\r\n"),
    get("Connection: a b\r\n"), get("Connection: \"close\"\r\n") },
  { "3B.59 other expectations", 417, post("Expect: 200-maybe\r\nContent-Length: 1\r\n", "x"),
    post("Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 1\r\n", "x") },
  { "3B.63 other schemes", 400, line("GET ftp://good.test/ HTTP/1.1"),
    line("GET file:///etc/passwd HTTP/1.1"), line("GET gopher://good.test/ HTTP/1.1"),
    line("GET ws://good.test/ HTTP/1.1"), line("GET h2c://good.test/ HTTP/1.1"),
    line("GET unix:/run/x HTTP/1.1") },
  { "3B.56 a request line, a field, a head that is too large", 431,
    line("GET " .. url .. ("a"):rep(65536) .. " HTTP/1.1"),
    get("A: " .. ("b"):rep(65536) .. "\r\n"),
    get(("A: b\r\n"):rep(5000)), get(("A: b\r\n"):rep(100)), ("A"):rep(70000) },
}

describe("an HTTP request", function()
  local w
  lazy_setup(function() w = wire.start() end)
  lazy_teardown(function() w:stop() end)

  wire.rows(refused, function(row)
    for index = 3, #row do
      w:refuses(row[index], row[2])
    end
  end)

  it("3B.39 3B.62 3B.63 the answer says what to do", function()
    assert.matches("this is a proxy", w:refuses(line("GET / HTTP/1.1"), 400).body)
    local https = w:refuses(line("GET https://good.test:{port}/ HTTP/1.1"), 400)
    assert.matches("use CONNECT", https.body)
    local file = w:refuses(line("GET file:///etc/passwd HTTP/1.1"), 400)
    assert.is_nil(file.body:find("root:"))
  end)

  it("3B.56 exactly as large as a head may be", function()
    local head = w:fill(get("A: \r\n"))
    local filled = head:gsub("A: ", "A: " .. ("b"):rep(16384 - #head))
    assert.equal(16384, #filled)
    assert.equal("good", w:ask(filled).body)
    w:refuses((filled:gsub("A: ", "A: b")), 431)
    local fields = get(("A: b\r\n"):rep(99))
    assert.equal("good", w:ask(fields).body)
  end)

  it("3B.64 the answer to something ugly is short, plain and escaped", function()
    for _, host in ipairs({ "<script>alert(1)</script>.test", "\27[31mred.test", "a\"b.test",
                            ("x"):rep(8000) .. ".test", ("y."):rep(4000) .. "test" }) do
      w:refuses(("CONNECT %s:443 HTTP/1.1\r\nHost: x\r\n\r\n"):format(host), 400)
      w:refuses(("GET http://%s/ HTTP/1.1\r\nHost: x\r\n\r\n"):format(host), 400)
    end
    local path = "/<script>" .. ("p"):rep(8000)
    local response = w:refuses(wire.get(path, "evil.test"), 403)
    assert.is_nil(response.body:find("<script>", 1, true))
  end)

  it("3B.64 an answer to HEAD has no body", function()
    local head = (wire.get("/", "evil.test")):gsub("^GET", "HEAD")
    local bytes = w.proxy:exchange(head .. wire.get("/", "evil.test", "Connection: close\r\n"))
    local first = http.parse_response(bytes, true)
    assert.equal(403, first.status)
    assert.equal(403, http.parse_response(first.rest).status)
  end)

  it("3B.47 pipelined requests are each judged", function()
    w.origin.requests = {}
    local bytes = w.proxy:exchange(w:fill(wire.get("/1") .. wire.get("/2", "evil.test:{port}") ..
      wire.get("/3") .. wire.get("/4", "evil.test:{port}", "Connection: close\r\n")))
    local statuses, targets = {}, {}
    while #bytes > 0 do
      local response = assert(http.parse_response(bytes))
      statuses[#statuses + 1], bytes = response.status, response.rest
    end
    for index, request in ipairs(w.origin.requests) do
      targets[index] = request.target
    end
    assert.same({ 200, 403, 200, 403 }, statuses)
    assert.same({ "/1", "/3" }, targets)
  end)

  it("3B.47 what follows a refused body is never taken for a request", function()
    local bytes = w.proxy:exchange(w:fill(
      wire.get("/", "evil.test:{port}", "Content-Length: 999\r\n") .. wire.get("/smuggled")))
    local response = http.parse_response(bytes)
    assert.equal(403, response.status)
    assert.equal("close", response.headers.connection)
    assert.equal("", response.rest)
  end)

  it("3B.48 a kept connection: good, evil, another host, denied, and a CONNECT", function()
    for _, last in ipairs({ "evil", "good" }) do
      local client = w:connect()
      local function ask(text)
        client:send(w:fill(text))
        return http.read_response(client, 5000, text:find("^CONNECT good"))
      end
      assert.equal("good", ask(wire.get("/1")).body)
      assert.equal(403, ask(wire.get("/", "evil.test:{port}")).status)
      assert.equal("good", ask(wire.get("/2", "b.good.test:{port}")).body)
      assert.equal(w:fill("b.good.test:{port}"),
        w.origin.requests[#w.origin.requests].headers.host)
      assert.equal(403, ask(wire.get("/", "denied.good.test:{port}")).status)
      local dialled = w.origin.connections
      assert.equal(last == "good" and 200 or 403, ask(connect(last .. ".test:{port}")).status)
      client:send("GET /inside HTTP/1.1\r\nHost: anything\r\nConnection: close\r\n\r\n")
      if last == "good" then -- bytes of a tunnel now, which nobody judges
        assert.equal("good", http.read_response(client, 5000).body)
      else
        assert.equal("", (client:read_all(5000)))
        assert.equal(dialled, w.origin.connections)
      end
      client:close()
    end
  end)
end)

-- Bodies: the head is good and goes on, then the framing breaks.
local bad_chunks = {
  "1_0\r\n", "0x5\r\n12345\r\n0\r\n\r\n", "+5\r\n12345\r\n0\r\n\r\n", "-5\r\n",
  "00000000000000005\r\n12345\r\n0\r\n\r\n", "\r\n0\r\n\r\n", "5 ;a\r\n12345\r\n0\r\n\r\n",
  "5 \r\n12345\r\n0\r\n\r\n", " 5\r\n12345\r\n0\r\n\r\n", "5\r\r;\r\n12345\r\n0\r\n\r\n",
  "5\n12345\r\n0\r\n\r\n", "5\r\n12345\n0\r\n\r\n", "5\r\n123450\r\n\r\n",
  "5\r\n123456\r\n0\r\n\r\n",
  "5\r\n12345\r0\r\n\r\n", "8000000000000000\r\n", "ffffffffffffffff\r\n", "g\r\n", ";a\r\n",
  "0\r\nHost: evil.test\r\n\r\n", "0\r\nContent-Length: 5\r\n\r\n", "0\r\nhost : x\r\n\r\n",
  "0\r\nTransfer-Encoding: chunked\r\n\r\n", "0\r\n: x\r\n\r\n", "0\r\n a: x\r\n\r\n",
  "0\r\na: \0\r\n\r\n", "0\r\n\n", "5;\0\r\n12345\r\n0\r\n\r\n",
  "5;" .. ("x"):rep(1024 * 1024) .. "\r\n12345\r\n0\r\n\r\n",
  ("1;" .. ("x"):rep(100) .. "\r\n1\r\n"):rep(11) .. "0\r\n\r\n",
  "0\r\n" .. ("a: b\r\n"):rep(2000) .. "\r\n",
}

describe("a chunked request body", function()
  local w, whole

  lazy_setup(function()
    whole = 0
    w = wire.start({ origin = origin.raw(function(connection)
      if connection:read_all():find("\r\n0\r\n\r\n", 1, true) then
        whole = whole + 1
      end
    end) })
  end)
  lazy_teardown(function() w:stop() end)

  it("3B.43 malformed: 400, and the origin never sees an end", function()
    for _, body in ipairs(bad_chunks) do
      w:refuses(post(chunked, body), 400, { may_dial = true })
    end
    assert.equal(0, whole)
  end)

  it("3B.43 malformed behind a good chunk that went on already", function()
    local client = w:connect()
    local seen = w.origin.connections
    client:send(w:fill(post(chunked, "5\r\n12345\r\n")))
    loop.wait(function() return w.origin.connections > seen end)
    client:send("zz\r\n")
    local response = http.read_response(client, 5000)
    assert.equal(400, response.status)
    local rest, why = client:read_all(5000)
    assert.same({ "", "eof" }, { rest, why })
    client:close()
    assert.equal(0, whole)
  end)
end)
