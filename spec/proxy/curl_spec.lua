-- SPDX-License-Identifier: Apache-2.0
-- curl_spec.lua - each option of curl that names a proxy, against `fence proxy`: what an origin can
-- be asked comes back the same by every way, and a denied name is refused in that way's words.
--
-- curl in the sandbox, which is told nothing but variables: see e2e/curl_spec.lua.

local fenced = require "spec.support.fenced"
local http = require "spec.support.http"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local body = ("The quick brown fox.\n"):rep(20000)
local upload = ("\0\255\r\n upload"):rep(100000) -- 1.2 MB, no text
local zipped

-- A server with what curl can ask for, among it what HTTP/1.1 leaves to the two ends.
local function answer(request)
  local from, to = (request.headers.range or ""):match("^bytes=(%d+)-(%d+)$")
  if request.method == "HEAD" then
    return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Origin: good\r\n\r\n"
  elseif from then
    return origin.response("206 Partial Content", body:sub(from + 1, to + 1),
      { ("Content-Range: bytes %d-%d/%d"):format(from, to, #body) })
  elseif (request.headers["accept-encoding"] or ""):find("gzip", 1, true) then
    return origin.response("200 OK", zipped, { "Content-Encoding: gzip" })
  elseif request.method == "PUT" or request.method == "POST" then
    return origin.response("200 OK", request.body == upload and "same bytes" or "other bytes")
  end
  return origin.response("200 OK", body)
end

-- Says "100 Continue" where it is awaited, and counts how often.
local function serve(connection, self)
  while true do
    local head = connection:read_until("\r\n\r\n")
    if not head then
      return
    end
    local request = http.parse_request_head(head)
    if request.headers.expect == "100-continue" then
      self.expected = self.expected + 1
      connection:send("HTTP/1.1 100 Continue\r\n\r\n")
    end
    request.body = http.read_body(connection, request.headers)
    self.requests[#self.requests + 1] = request
    if not connection:send(answer(request)) or request.version == "1.0" then
      return
    end
  end
end

-- name, how curl speaks to the proxy then, the options (PROXY stands for its address), and whether
-- that says in other words what another way says
local ways = {
  { "--proxy http", "absolute", { "--proxy", "http://PROXY" } },
  { "--proxytunnel", "CONNECT", { "--proxy", "http://PROXY", "--proxytunnel" } },
  { "--proxy socks5h", "SOCKS5", { "--proxy", "socks5h://PROXY" } },
  { "--proxy without a scheme", "absolute", { "--proxy", "PROXY" }, true },
  { "--proxytunnel --proxy1.0", "CONNECT", { "--proxy1.0", "PROXY", "--proxytunnel" }, true },
  { "--socks5-hostname", "SOCKS5", { "--socks5-hostname", "PROXY" }, true },
  { "--preproxy", "SOCKS5", { "--preproxy", "socks5h://PROXY", "--noproxy", "" }, true },
}

describe("curl", function()
  local w, lower

  lazy_setup(function()
    zipped = process.run({ argv = { "gzip", "-c" }, stdin = body }).out
    local good = origin.raw(serve)
    good.expected = 0
    w = wire.start({ origin = good, door = "both" })
  end)
  lazy_teardown(function() w:stop() end)
  before_each(function()
    w.origin.requests, w.origin.connections, w.origin.expected = {}, 0, 0
  end)
  after_each(function()
    if lower then
      lower:stop()
      lower = nil
    end
  end)

  local function curl(site, way, arguments, stdin)
    local argv = { "curl", "-sS", "-q", "--max-time", "15" }
    for _, word in ipairs(way) do
      argv[#argv + 1] = (word:gsub("PROXY", "127.0.0.1:" .. site.proxy.port))
    end
    table.move(arguments, 1, #arguments, #argv + 1, argv)
    return process.run({ argv = argv, stdin = stdin })
  end

  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "curl", "--version" })
      fn()
    end)
  end

  for _, pair in ipairs(ways) do
    local name, tongue, way, again = table.unpack(pair)

    local function brings(expected, arguments, stdin)
      local result = curl(w, way, arguments, stdin)
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.is_true(result.out == expected, result.out:sub(1, 200))
      return w.origin.requests
    end

    local function page(path) return w.origin:url(path or "/page", "good.test") end

    local function once(what, fn)
      if not again then
        row(name .. what, fn)
      end
    end

    row(name .. " brings a page, as from no proxy", function()
      local seen = brings(body, { page() })
      assert.equal("GET /page HTTP/1.1", seen[1].line)
      assert.equal("good.test:" .. w.origin.port, seen[1].headers.host)
      assert.is_nil(seen[1].headers["proxy-connection"])
      assert.equal(1, #seen)
    end)

    once(" has two pages by one connection", function()
      brings(body .. "1 " .. body .. "0 ", { "-w", "%{num_connects} ", page("/1"), page("/2") })
      assert.is_true(w.origin.connections <= 1) -- or one that waited in the pool
    end)

    once(" --http1.0", function()
      brings(body, { "--http1.0", page() })
    end)

    once(" --head", function()
      local result = curl(w, way, { "--head", page() })
      assert.matches("HTTP/1.1 200 OK\r\n.*X%-Origin: good\r\n", result.out)
      assert.equal(0, result.code)
    end)

    once(" --range", function()
      local seen = brings(body:sub(101, 1100) .. "206",
        { "--range", "100-1099", "-w", "%{http_code}", page() })
      assert.equal("bytes=100-1099", seen[1].headers.range)
    end)

    once(" --compressed", function()
      brings(body, { "--compressed", page() })
    end)

    -- It would wait longer for the word than it may last
    once(" uploads once it is told to: Expect: 100-continue", function()
      local seen = brings("same bytes", { "--expect100-timeout", "60", "-H",
        "Expect: 100-continue", "--data-binary", "@-", page() }, upload)
      assert.equal(tostring(#upload), seen[1].headers["content-length"])
      assert.equal(1, w.origin.expected)
    end)

    once(" uploads what it does not know the length of: -T -", function()
      local seen = brings("same bytes", { "-T", "-", page("/to") }, upload)
      assert.equal("PUT /to HTTP/1.1", seen[1].line)
      assert.equal("chunked", seen[1].headers["transfer-encoding"])
    end)

    row(name .. " is refused a name that is not allowed", function()
      local result = curl(w, way, { "-w", "\n%{http_code} %{http_connect}",
        w.origin:url("/", "evil.test") })
      if tongue == "absolute" then
        assert.equal(0, result.code)
        assert.matches("no rule allows evil.test:" .. w.origin.port .. "\n", result.out, 1, true)
        assert.matches("\n403 000$", result.out)
      elseif tongue == "CONNECT" then
        assert.equal(56, result.code) -- CURLE_RECV_ERROR: what curl says of a refused CONNECT
        assert.matches("\n000 403$", result.out)
      else
        assert.equal(97, result.code) -- CURLE_PROXY
        assert.matches("connection to evil.test. (2)", result.err, 1, true) -- by the rules
      end
      assert.equal(0, w.origin.connections)
    end)

    once(" keeps a refused upload to itself", function()
      local result = curl(w, way, { "-T", "-", "-w", "%{size_upload}",
        w.origin:url("/", "evil.test") }, upload)
      assert.is_true(result.code ~= 0 or result.out:find("no rule allows", 1, true) ~= nil)
      assert.equal(0, w.origin.connections)
    end)
  end

  -- It looks the name up by itself then, and asks for an address
  row("--proxy socks5 is judged by the address", function()
    local way, good = { "--proxy", "socks5://PROXY" }, origin.http("good")
    local url = good:url("/", "127.0.0.1")
    assert.equal(97, curl(w, way, { url }).code)
    local pin = { "--resolve", ("good.test:%d:127.0.0.1"):format(good.port),
                  good:url("/", "good.test") }
    assert.equal(97, curl(w, way, pin).code)
    assert.equal(0, good.connections)
    lower = wire.start({ origin = good, door = "both", allowed = { "127.0.0.1" } })
    assert.equal("good", curl(lower, way, { url }).out)
    assert.equal("good", curl(lower, way, pin).out)
  end)

  row("--proxy socks4 and socks4a are not served", function()
    local url = w.origin:url("/", "127.0.0.1")
    for _, scheme in ipairs({ "socks4", "socks4a" }) do
      local result = curl(w, { "--proxy", scheme .. "://PROXY" }, { url })
      assert.equal(97, result.code, result.err)
    end
    assert.equal(0, w.origin.connections)
  end)

  row("--proxy-user opens every way, and a wrong one none", function()
    local me = users.current()
    local login = users.write_file(me, users.temp_dir(me) .. "/login", "user:pass:word\n")
    lower = wire.start({ door = "both", args = { "--login", login } })
    local url = { "-w", "%{http_code} %{http_connect}", lower.origin:url("/", "good.test") }
    local function try(name, options, user)
      local way = table.move(options, 1, #options, 1, {})
      if name == "--preproxy" then
        way[2] = way[2]:gsub("PROXY", user .. "@PROXY")
      elseif user ~= "" then
        table.move({ "--proxy-user", user }, 1, 2, #way + 1, way)
      end
      return curl(lower, way, url)
    end
    for _, pair in ipairs(ways) do
      assert.matches("^good200 ", try(pair[1], pair[3], "user:pass:word").out, pair[1])
    end
    local refusals = { absolute = { 0, "407 000" }, CONNECT = { 56, "000 407" },
                       SOCKS5 = { 97, "000 000" } }
    local dialled = lower.origin.connections
    for _, pair in ipairs(ways) do -- few enough that nobody thinks of guessing
      for _, user in ipairs({ "user:wrong", "" }) do
        local result = try(pair[1], pair[3], user)
        assert.same(refusals[pair[2]], { result.code, result.out:match("%d+ %d+$") }, pair[1])
      end
    end
    assert.equal(dialled, lower.origin.connections)
  end)

  -- curl knows no Unix socket as an HTTP proxy, but any text as a request's target
  row("--unix-socket and --request-target, as clients of Unix sockets speak", function()
    lower = wire.start({ door = "unix:" .. users.temp_dir(users.current()) .. "/socket" })
    for host, status in pairs({ ["good.test"] = 200, ["evil.test"] = 403 }) do
      local url = lower.origin:url("/", host)
      local result = process.run({ argv = { "curl", "-sS", "-q", "--max-time", "5",
        "--unix-socket", lower.proxy.port, "--request-target", url, "-w", "%{http_code}", url } })
      assert.matches((status == 200 and "good" or "no rule.*") .. status .. "$", result.out)
    end
  end)
end)
