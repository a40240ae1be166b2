-- SPDX-License-Identifier: Apache-2.0
-- resets_spec.lua - the client or the server resets its connection, at every state of a session:
-- the other one hears of it, whoever can still be answered is, the neighbour's tunnel stands, and
-- every descriptor comes back.

local descriptors = require "spec.support.descriptors"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local socks5 = require "spec.support.socks5"
local tls = require "spec.support.tls"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000
local times = 3
local settle_ms = 20 -- what was sent has been read, and what it brings about has begun

local connect = "CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test:{port}\r\n\r\n"
local upgrade = wire.get("/", nil, "Connection: Upgrade\r\nUpgrade: x\r\n")
local post = wire.get("/", nil, "Content-Length: 10\r\n"):gsub("GET", "POST")
local post_chunked = wire.get("/", nil, "Transfer-Encoding: chunked\r\n"):gsub("GET", "POST")
local half_hello = tls.hello("good.test"):sub(1, 40)
local ok = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
local chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

local function read_on(connection)
  return connection:read_all()
end

-- A server that says this to every request, and hears the end.
local function says(bytes)
  return function(connection)
    connection:read_until("\r\n\r\n")
    connection:send(bytes)
    return connection:read_all()
  end
end

-- A proxy, the server all names lead to, and beside it a server with one client in a tunnel.
local site = {}
site.__index = site

function site.open(options)
  local self = setmetatable({ echo = origin.echo() }, site)
  options.door = options.door or "both"
  options.origin = origin.raw(function(connection)
    self.heard = { self.serve(connection) }
  end)
  if options.behind then
    options.network = { upstreamProxy = options.behind .. "://127.0.0.1:" .. options.origin.port }
  end
  self.w = wire.start(options)
  self.neighbour = self.w:connect()
  self.neighbour:send(socks5.greeting(0, 2)) -- fence takes the login where it wants one
  if self.neighbour:read(2, patience_ms) == "\5\2" then
    self.neighbour:send(socks5.login("user", "password"))
    assert.equal("\1\0", self.neighbour:read(2, patience_ms))
  end
  self.neighbour:send(socks5.by_name("good.test", self.echo.port))
  assert.matches("^\5\0", self.neighbour:read(socks5.reply_length, patience_ms))
  return self
end

function site:expect_echo()
  self.neighbour:send("still here")
  assert.equal("still here", self.neighbour:read(10, patience_ms))
end

function site:expect_end(kind)
  assert(loop.wait(function() return self.heard end, patience_ms), "the server heard no end")
  assert.equal(kind, self.heard[2])
end

-- Runs `work` some times with a server of that kind, and then all is as it was.
function site:around(serve, work)
  local pid = self.w.proxy.child.pid
  local before = descriptors.count(pid)
  for _ = 1, times do
    self.serve, self.heard = serve, nil
    work()
    self:expect_echo()
  end
  local pipe = 2 -- of all tunnels, once one has moved much at once
  assert(descriptors.eventually(function() return descriptors.count(pid) <= before + pipe end,
    patience_ms), ("%d descriptors, not %d"):format(descriptors.count(pid), before))
end

function site:close()
  self.neighbour:close()
  self.w:stop()
  self.echo:close()
end

-- ---- the client's ----

-- { name, what it says, what it waits for, the server (nil: it is not reached), and then? }
local by_client = {
  { "before it says anything", "" },
  { "in a request line", "GET http://go" },
  { "in a head", wire.get():sub(1, -3) },
  { "in a head, behind an answered request", wire.get("/", "evil.test") .. "GET ht", "allow it" },
  { "when its request has been refused", wire.get("/", "evil.test"), "allow it" },
  { "when what it said was no HTTP", "nonsense\r\n\r\n", "fence: " },
  { "when its head was too large", "GET http://good.test/" .. ("a"):rep(65536), "fence: " },
  { "when it is to be dialled for", wire.get() },
  { "in its body", post .. "half", nil, read_on },
  { "in a chunk of its body", post_chunked .. "9\r\nhalf", nil, read_on },
  { "when it waits for an answer", wire.get(), nil, read_on },
  { "in an answer's head", wire.get(), nil, says("HTTP/1.1 200 OK\r\nA:") },
  { "behind a 1xx", wire.get(), " 103 ", says("HTTP/1.1 103 Early Hints\r\n\r\n") },
  { "in an answer's body", wire.get(), "half", says(ok .. "half") },
  { "in a chunk of an answer's body", wire.get(), "half", says(chunked .. "9\r\nhalf") },
  { "in a body without a length", wire.get(), "half", says("HTTP/1.1 200 OK\r\n\r\nhalf") },
  { "between two requests", wire.get(), "ten bytes!", function(connection)
    connection:read_until("\r\n\r\n")
    connection:send(ok .. "ten bytes!")
  end },
  -- the second one is read, and nothing after it: that the client is gone shows when it is answered
  { "with its second request sent already", wire.get() .. wire.get(), nil, function(connection)
    connection:read_until("\r\n\r\n")
    loop.sleep(10 * settle_ms)
    connection:send(ok .. "ten bytes!")
    return connection:read_all(), "ECONNRESET"
  end },
  { "in a tunnel, before anything", connect, "\r\n\r\n", read_on },
  { "in a tunnel, behind early bytes", connect .. "early", "\r\n\r\n", read_on },
  { "in a tunnel in which the server has spoken", connect, "hello", function(connection)
    connection:send("hello")
    return connection:read_all()
  end },
  { "in a tunnel whose server reads nothing", connect .. ("x"):rep(8000000), nil,
    function(connection)
      connection:pause()
      loop.sleep(100)
      connection:resume()
      return connection:read_all()
    end },
  { "in a tunnel whose server never stops", connect, "flood", function(connection)
    local sent, why
    repeat
      sent, why = connection:send(("flood"):rep(10000))
    until not sent
    -- whichever comes first; a write that had to wait says the name alone
    return "", why:match("^EPIPE") and "ECONNRESET" or why
  end },
  { "in a tunnel that it has closed half", connect, "\r\n\r\n", function(connection)
    connection:read_all()
    loop.sleep(3 * settle_ms)
    for _ = 1, 50 do -- the end that was heard hides the reset; writing does not
      if not connection:send("x") then
        return "", "ECONNRESET"
      end
      loop.sleep(settle_ms)
    end
  end, function(client) client:shutdown() end },
  { "in a tunnel that the server has closed half", connect, "\r\n\r\n", function(connection)
    connection:shutdown()
    return connection:read_all()
  end },
  { "in half a ClientHello", connect .. half_hello, "\r\n\r\n", read_on },
  { "in a tunnel after 101", upgrade, "\r\n\r\n",
    says("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n") },
  { "in SOCKS5's greeting", "\5\2\0" },
  { "between SOCKS5's greeting and its request", socks5.greeting(), "\5\0" },
  { "in SOCKS5's request", socks5.greeting() .. "\5\1\0\3\9good", "\5\0" },
  { "when SOCKS5 has refused it", socks5.greeting() .. socks5.by_name("evil.test", 1), "\5\2" },
}

describe("a client that resets", function()
  local s
  lazy_setup(function() s = site.open({}) end)
  lazy_teardown(function() s:close() end)

  wire.rows(by_client, function(row)
    local _, say, want, serve, and_then = table.unpack(row, 1, 5)
    s:around(serve or function(connection) return connection:read_all() end, function()
      local client = s.w:connect()
      local sent
      loop.task(function()
        client:send(s.w:fill(say))
        sent = true
      end)
      if want then
        assert(client:read_until(want, patience_ms), "nothing came")
      end
      if serve then
        loop.wait(function() return next(s.w.origin.open) end, patience_ms)
      end
      loop.wait(function() return sent end, settle_ms)
      if and_then then
        and_then(client)
      end
      if row[1] ~= "when it is to be dialled for" then
        loop.sleep(settle_ms)
      end
      client:reset()
      if serve and row[1] ~= "between two requests" then
        s:expect_end("ECONNRESET")
      end
    end)
  end)

  it("in SOCKS5's tunnel", function()
    s:around(read_on, function()
      local client = assert(socks5.tunnel(s.w.proxy.port,
        socks5.by_name("good.test", s.w.origin.port)))
      client:send("bytes")
      loop.sleep(settle_ms)
      client:reset()
      s:expect_end("ECONNRESET")
    end)
  end)
end)

describe("a client that resets in its login", function()
  local s
  lazy_setup(function()
    local me = users.current()
    local login = users.write_file(me, users.temp_dir(me) .. "/login", "user:password\n")
    s = site.open({ args = { "--login", login } })
  end)
  lazy_teardown(function() s:close() end)

  wire.rows({
    { "before it", "\5\1\2", "\5\2" },
    { "in the middle of it", "\5\1\2\1\4us", "\5\2" },
    { "behind it", "\5\1\2" .. socks5.login("user", "password"), "\5\2\1\0" },
    { "behind a wrong one", "\5\1\2" .. socks5.login("user", "wrong"), "\5\2\1\1" },
  }, function(row)
    s:around(read_on, function()
      local client = s.w:connect()
      client:send(row[2])
      assert(client:read_until(row[3], patience_ms))
      client:reset()
    end)
  end)
end)

-- ---- the server's ----

local lost = "error=connection_terminated"

-- { name, what the client says, what the server does before, what the client gets: a status and a
-- part of the answer, or an error }
local by_server = {
  { "at once", wire.get(), function() end, 502, lost },
  { "when it has heard the request", wire.get(), function(connection)
    connection:read_until("\r\n\r\n")
  end, 502, lost },
  { "in the request's body", post .. "half", function(connection)
    connection:read_until("half")
  end, 502, lost },
  { "in its answer's head", wire.get(), function(connection)
    connection:read_until("\r\n\r\n")
    connection:send("HTTP/1.1 200 OK\r\nA:")
    loop.sleep(settle_ms)
  end, 502, lost },
  { "behind a 1xx", wire.get(), function(connection)
    connection:read_until("\r\n\r\n")
    connection:send("HTTP/1.1 103 Early Hints\r\n\r\n")
    loop.sleep(settle_ms)
  end, 502, lost },
  { "behind its answer's head", wire.get(), function(connection)
    connection:send(ok)
    loop.sleep(settle_ms)
  end, nil, "ECONNRESET" },
  { "in its answer's body", wire.get(), function(connection)
    connection:send(ok .. "half")
    loop.sleep(settle_ms)
  end, nil, "ECONNRESET" },
  { "in a chunk", wire.get(), function(connection)
    connection:send(chunked .. "9\r\nhalf")
    loop.sleep(settle_ms)
  end, nil, "ECONNRESET" },
  { "in an answer that comes before the request is there", post .. "half", function(connection)
    connection:send(ok .. "half")
    loop.sleep(settle_ms)
  end, nil, "ECONNRESET" },
  { "in a tunnel", connect, function() loop.sleep(settle_ms) end, nil, "ECONNRESET" },
  { "in a tunnel that it has closed half", connect, function(connection)
    loop.sleep(settle_ms)
    connection:shutdown()
    loop.sleep(settle_ms)
  end, nil, "eof" },
  { "in a tunnel that has half a ClientHello", connect .. half_hello, function()
    loop.sleep(2 * settle_ms)
  end, nil, "ECONNRESET" },
  { "in SOCKS5's tunnel", socks5.greeting() .. "\5\1\0\3\9good.test{raw}", function()
    loop.sleep(settle_ms)
  end, nil, "ECONNRESET" },
}

describe("a server that resets", function()
  local s
  lazy_setup(function() s = site.open({}) end)
  lazy_teardown(function() s:close() end)

  wire.rows(by_server, function(row)
    local _, say, before, status, what = table.unpack(row, 1, 5)
    s:around(function(connection)
      before(connection)
      connection:reset()
    end, function()
      local client = s.w:connect()
      client:send((s.w:fill(say):gsub("{raw}", function()
        return string.pack(">I2", s.w.origin.port)
      end)))
      if status then
        local response, why
        repeat
          response, why = http.read_response(client, patience_ms)
        until not response or response.status >= 200
        assert.equal(status, assert(response, why).status)
        assert.matches(what, response.headers["proxy-status"] or "", 1, true)
      else
        assert.equal(what, select(2, client:read_all(patience_ms)))
      end
      client:close()
    end)
  end)

  it("while it waits in the pool", function()
    s:around(function(connection)
      connection:read_until("\r\n\r\n")
      connection:send(ok .. "ten bytes!")
      loop.sleep(settle_ms)
      connection:reset()
    end, function()
      local client = s.w:connect()
      for _ = 1, 2 do
        client:send(s.w:fill(wire.get()))
        assert.equal("ten bytes!", assert(http.read_response(client, patience_ms)).body)
        loop.sleep(2 * settle_ms)
      end
      client:close()
    end)
  end)
end)

-- ---- an upstream proxy's ----

for scheme, half_answer in pairs({ http = "HTTP/1.1 200 OK\r\nA:", socks5 = "\5\0" }) do
  describe("by " .. scheme .. ", an upstream proxy", function()
    local s
    lazy_setup(function() s = site.open({ behind = scheme }) end)
    lazy_teardown(function() s:close() end)

    local far = "CONNECT far.good.test:443 HTTP/1.1\r\nHost: far.good.test:443\r\n\r\n"

    wire.rows({
      { "that resets at once is a 502", function() end },
      { "that resets when it was asked is a 502", function(c) c:read(3) end },
      { "that resets in its answer is a 502", function(c)
        c:read(3)
        c:send(half_answer)
        loop.sleep(settle_ms)
      end },
    }, function(row)
      s:around(function(connection)
        row[2](connection)
        connection:reset()
      end, function()
        local client = s.w:connect()
        client:send(far)
        local response, why = http.read_response(client, patience_ms)
        assert.equal(502, assert(response, why).status)
        assert.matches(lost, response.headers["proxy-status"], 1, true)
        client:close()
        client = s.w:connect()
        client:send(socks5.greeting() .. socks5.by_name("far.good.test", 443))
        assert.matches("^\5\0\5\1", (client:read_all(patience_ms)))
        client:close()
      end)
    end)
  end)
end
