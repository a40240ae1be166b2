-- SPDX-License-Identifier: Apache-2.0
-- forward_spec.lua - what the origin gets of a request that passed: the same in meaning, in a form
-- that can be read one way only. What does not pass is in http_spec.lua.

local http = require "spec.support.http"
local wire = require "spec.support.wire"

local cases = 300 -- of random requests; the same on every run

describe("a request that goes on", function()
  local w

  lazy_setup(function() w = wire.start() end)
  lazy_teardown(function() w:stop() end)

  -- Sends one request and returns what the origin saw of it.
  local function seen(bytes, no_body)
    local before = #w.origin.requests
    local response, why = w:ask(bytes, { no_body = no_body })
    assert.equal(200, assert(response, why).status)
    assert.equal(before + 1, #w.origin.requests)
    return w.origin.requests[#w.origin.requests]
  end

  local function field_lines(request)
    table.sort(request.headers.lines)
    return request.headers.lines
  end

  it("3B.37 3B.60 has the Host of its target, and not a field more", function()
    local request = seen(wire.get("/a?b=c&d", nil, "X-A: 1\r\nx-a: 2\r\nAccept: */*\r\n"))
    assert.equal("GET /a?b=c&d HTTP/1.1", request.line)
    assert.same({ "Accept: */*", w:fill("Host: good.test:{port}"), "Via: 1.1 fence", "X-A: 1",
                  "x-a: 2" }, field_lines(request))
  end)

  it("3B.38 HTTP/1.0 without Host gets one", function()
    local request = seen("GET http://good.test:{port}/ HTTP/1.0\r\n\r\n")
    assert.equal(w:fill("good.test:{port}"), request.headers.host)
  end)

  it("3B.44 bytes of 0x80 and above, and TABs, stay in a value", function()
    local request = seen(wire.get("/", nil, "X-A: \xc3\xa9\xff\tx\r\n"))
    assert.equal("\xc3\xa9\xff\tx", request.headers["x-a"])
  end)

  it("3B.46 one empty line before the request is not passed on", function()
    assert.equal("GET / HTTP/1.1", seen("\r\n" .. wire.get()).line)
  end)

  local methods = { "GET", "POST", "PUT", "DELETE", "PATCH", "PROPFIND", "get", "X-!#$%&'*+.^_`|~" }
  it("3B.52 any method that is a token, as it was written", function()
    for _, method in ipairs(methods) do
      assert.equal(method, seen((wire.get():gsub("GET", (method:gsub("%%", "%%%%"))))).method)
    end
  end)

  it("3B.52 OPTIONS for a whole server", function()
    assert.equal("*", seen("OPTIONS http://good.test:{port} HTTP/1.1\r\n" ..
      "Host: good.test:{port}\r\n\r\n").target)
    assert.equal("/", seen("OPTIONS http://good.test:{port}/ HTTP/1.1\r\n" ..
      "Host: good.test:{port}\r\n\r\n").target)
  end)

  local paths = {
    { "no path", "", "/" }, { "a query alone", "?q=http://evil.test/", "/?q=http://evil.test/" },
    { "3B.55 an encoded CRLF", "/%0d%0aHost:%20evil.test", "/%0d%0aHost:%20evil.test" },
    { "a dot segment", "/a/../../b/./c", "/a/../../b/./c" },
    { "double slashes", "//evil.test//x", "//evil.test//x" },
    { "percent and at signs", "/@scope%2fname%00", "/@scope%2fname%00" },
    { "a URL inside", "/http://evil.test/", "/http://evil.test/" },
  }
  wire.rows(paths, function(row)
    assert.equal(row[3], seen(wire.get(row[2])).target)
  end)

  local hop_by_hop = "Connection: close, X-Named, Host, Connection, Content-Length\r\n" ..
    "X-Named: 1\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nUpgrade: h2c\r\n" ..
    "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic c2VjcmV0\r\n" ..
    "Proxy-Authenticate: Basic\r\nProxy-Authentication-Info: x\r\nX-Stays: yes\r\n"
  it("3B.53 loses what belongs to this hop, and never its Host", function()
    local head = wire.get("/", nil, hop_by_hop .. "Content-Length: 5\r\n"):gsub("GET", "PUT")
    local request = seen(head .. "12345")
    assert.same({ "Content-Length: 5", w:fill("Host: good.test:{port}"), "Via: 1.1 fence",
                  "X-Stays: yes" }, field_lines(request))
    assert.equal("12345", request.body)
  end)

  it("3B.53 credentials for this proxy go no further, those for the origin do", function()
    local request = seen(wire.get("/", nil, "Connection: Proxy-Authorization, Keep-Alive\r\n" ..
      "proxy-authorization: Basic x\r\nAuthorization: Basic y\r\nCookie: z\r\n"))
    assert.same({ "Authorization: Basic y", "Cookie: z", w:fill("Host: good.test:{port}"),
                  "Via: 1.1 fence" }, field_lines(request))
  end)

  it("3B.65 two hundred Connection tokens, and itself among them", function()
    local tokens = {}
    for index = 1, 200 do
      tokens[index] = "X-" .. index
    end
    local request = seen(wire.get("/", nil, "Connection: " .. table.concat(tokens, ",") .. "\r\n" ..
      "connection: Connection, connection\r\nX-7: gone\r\nX-201: stays\r\n"))
    assert.is_nil(request.headers["x-7"])
    assert.equal("stays", request.headers["x-201"])
    assert.is_nil(request.headers.connection)
  end)

  it("3B.60 this proxy is not its own upstream, by any name", function()
    local own = wire.start({ allowed = { "*", "127.0.0.1", "[::1]", "localhost" } })
    for _, host in ipairs({ "127.0.0.1", "[::ffff:127.0.0.1]", "localhost", "good.test" }) do
      local authority = own:fill(host .. ":{proxy}")
      local response = own:refuses(wire.get("/", authority), 403)
      assert.matches("this proxy itself", response.body)
      own:refuses(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, authority), 403)
    end
    own:stop()
  end)

  -- ---- the same in meaning ----

  local function pick(list) return list[math.random(#list)] end

  local function random_bytes(length)
    local bytes = {}
    for index = 1, length do
      bytes[index] = string.char(math.random(0, 255))
    end
    return table.concat(bytes)
  end

  local function chunk(body)
    local parts = {}
    while #body > 0 do
      local size = math.random(#body)
      local form = pick({ "%x\r\n", "%X\r\n", "%04x\r\n", "%x;a=b\r\n" })
      parts[#parts + 1] = form:format(size) .. body:sub(1, size) .. "\r\n"
      body = body:sub(size + 1)
    end
    return table.concat(parts) .. pick({ "0\r\n\r\n", "00\r\n\r\n", "0\r\nX-Sum: 1\r\n\r\n" })
  end

  local function random_request()
    local wish = {
      method = pick({ "GET", "POST", "PUT", "DELETE", "OPTIONS", "REPORT" }),
      path = pick({ "/", "/a/b?c=d", "/%41//x", "/" .. ("long"):rep(200), "/a:b@c,d;e=f" }),
      body = pick({ "", random_bytes(math.random(2000)), random_bytes(3), "0\r\n\r\n" }),
      token = tostring(math.random(1 << 30)),
    }
    local fields = {
      pick({ "Host", "host", "HOST" }) .. ":" .. pick({ "", " ", " \t " }) .. "good.test:{port}" ..
        pick({ "", " ", "\t" }),
      "X-Token:" .. pick({ "", " " }) .. wish.token,
      pick({ "Accept: a, b", "X-Empty:", "User-Agent: x (y; z) \"q\"", "Cookie: a=b; c=d" }),
    }
    local body = wish.body
    if body ~= "" and math.random(2) == 1 then
      fields[#fields + 1] = pick({ "Transfer-Encoding: chunked", "transfer-encoding:Chunked" })
      body = chunk(body)
    elseif body ~= "" or math.random(2) == 1 then
      fields[#fields + 1] = "content-LENGTH: " .. #body
    end
    table.insert(fields, 1, table.remove(fields, math.random(#fields)))
    local target = pick({ "http://good.test:{port}", "http://GOOD.test:{port}" }) .. wish.path
    return wish, w:fill(("%s %s HTTP/1.1\r\n%s\r\n\r\n"):format(wish.method, target,
      table.concat(fields, "\r\n"))) .. body
  end

  it("means to the origin what it meant to the client, one after the other", function()
    math.randomseed(20261123)
    w.origin.requests = {}
    local client = w:connect()
    local wishes = {}
    for index = 1, cases do
      local wish, bytes = random_request()
      wishes[index] = wish
      client:send(bytes)
      local response, why = http.read_response(client, 5000)
      assert.equal(200, assert(response, why).status, bytes)
    end
    client:close()
    assert.equal(cases, #w.origin.requests)
    for index, request in ipairs(w.origin.requests) do
      local wish = wishes[index]
      assert.same({ wish.method, wish.path, wish.token, wish.body, w:fill("good.test:{port}") },
        { request.method, request.target, request.headers["x-token"], request.body,
          request.headers.host })
    end
  end)

  it("means the same when all of them come in one go", function()
    math.randomseed(7)
    w.origin.requests = {}
    local wishes, all = {}, {}
    for index = 1, 50 do
      wishes[index], all[index] = random_request()
    end
    local client = w:connect()
    client:send(table.concat(all))
    for index = 1, 50 do
      local response, why = http.read_response(client, 5000)
      assert.equal(200, assert(response, why).status)
      local request = w.origin.requests[index]
      assert.same({ wishes[index].token, wishes[index].body },
        { request.headers["x-token"], request.body })
    end
    client:close()
  end)
end)
