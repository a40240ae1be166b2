-- SPDX-License-Identifier: Apache-2.0
-- socks5_spec.lua - SOCKS5 on the wire: the same verdicts as over HTTP, the codes of RFC 1928, and
-- a tunnel that owes its ends what every other one does.
--
-- Refused: a reply with this code, then the end, and nothing dialled.

local hosts = require "spec.support.hosts"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local socks5 = require "spec.support.socks5"
local wire = require "spec.support.wire"

local patience_ms = 5000
local failed, not_allowed, unreachable, refused, bad_command, bad_address = 1, 2, 4, 5, 7, 8

local function reply(code)
  return "\5" .. string.char(code) .. "\0\1\0\0\0\0\0\0"
end

local greeting = socks5.greeting()

-- Sends a greeting and a request, and demands the reply, its end, and that nothing was dialled.
local function refuses(w, bytes, code)
  local dialled = w.origin.connections
  local out, why = w.proxy:exchange(greeting .. bytes)
  local context = ("%q was answered %q, %s"):format(bytes:sub(1, 80), out, why)
  assert(out == "\5\0" .. reply(code) and why == "eof", context)
  assert(w.origin.connections == dialled, context .. " and dialled")
end

describe("a host over SOCKS5", function()
  local w
  lazy_setup(function() w = wire.start({ door = "both", hosts = { "_dmarc.good.test" } }) end)
  lazy_teardown(function() w:stop() end)

  local function every(row, check)
    for index = 2, #row do
      check(row[index])
    end
  end

  local function refuses_name(name)
    if #name < 256 then
      refuses(w, socks5.by_name(name, w.origin.port), not_allowed)
    end
  end

  wire.rows(hosts.malformed, function(row) every(row, refuses_name) end)
  wire.rows(hosts.denied, function(row) every(row, refuses_name) end)

  it("3A.12 port 0", function()
    refuses(w, socks5.by_name("good.test", 0), failed)
    refuses(w, socks5.by_address("127.0.0.1", 0), failed)
  end)

  it("3A.23 a number in disguise, at every length around the limit", function()
    for length = 240, 255 do
      local name = "0x" .. ("0"):rep(length - 20) .. "7f000001.good.test"
      assert.equal(length, #name)
      refuses_name(name)
    end
  end)

  local names = {
    { "3A.3 upper case", "GOOD.TEST" },
    { "3A.3 mixed case below a wildcard", "B.GoOd.TeSt" },
    { "3A.5 one final dot", "good.test." },
    { "3A.24 '_' at the front", "_dmarc.good.test" },
  }
  wire.rows(names, function(row)
    local client = assert(socks5.tunnel(w.proxy.port, socks5.by_name(row[2], w.origin.port)))
    client:send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert.equal("good", http.read_response(client, patience_ms).body)
    client:close()
  end)

  it("3C.71 a name of no, of one and of 255 bytes", function()
    refuses_name("")
    refuses_name("a")
    refuses_name(("a"):rep(255))
    refuses_name((("a"):rep(63) .. "."):rep(4):sub(1, 255))
  end)

  it("3C.71 a name that is cut off by the end is nobody's request", function()
    local bytes = socks5.by_name("good.test", w.origin.port)
    local dialled = w.origin.connections
    for cut = 1, #bytes - 1 do
      assert.same({ "\5\0", "eof" },
        { w.proxy:exchange(greeting .. bytes:sub(1, cut), { half_close = true }) })
    end
    assert.equal(dialled, w.origin.connections)
  end)

  it("3C.72 NUL anywhere in the name", function()
    for _, name in ipairs({ "\0good.test", "good\0.test", "good.test\0", "\0",
                            "good.test\0.evil.test", "evil.test\0.good.test" }) do
      refuses_name(name)
    end
  end)

  it("3C.73 bytes that a log or a resolver would take for something else", function()
    for _, name in ipairs({ "a\nb.good.test", "good.test\r\nHost: evil.test", "\27[31m.good.test",
                            'a"b.good.test', "a'b.good.test", "gööd.test", "\xff.good.test",
                            "\xc0\xae.good.test" }) do
      refuses_name(name)
    end
  end)

  it("3C.74 an address given as a name is judged as the address", function()
    for _, name in ipairs({ "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "::1", "[::1]",
                            "::ffff:127.0.0.1", "::ffff:7f00:1", "0.0.0.0", "::" }) do
      refuses_name(name)
    end
  end)
end)

describe("an address over SOCKS5", function()
  local w
  before_each(function() w = nil end)
  after_each(function()
    if w then
      w:stop(true)
    end
  end)

  it("3A.15 3A.16 3A.17 3C.75 no rule but its own opens what is not public", function()
    w = wire.start({ door = "both", allowed = { "*" } })
    for _, address in ipairs(hosts.special) do
      refuses(w, socks5.by_address(address, w.origin.port), not_allowed)
      refuses(w, socks5.by_name(address, w.origin.port), not_allowed)
      w:refuses(("CONNECT %s:{port} HTTP/1.1\r\nHost: %s:{port}\r\n\r\n"):format(address, address),
        403)
    end
  end)

  it("3A.16 a mapped address is the IPv4 address, denied or opened", function()
    w = wire.start({ door = "both", allowed = { "127.0.0.1" } })
    for _, address in ipairs({ "127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1" }) do
      for _, bytes in ipairs({ socks5.by_address(address, w.origin.port),
                               socks5.by_name(address, w.origin.port) }) do
        local client = assert(socks5.tunnel(w.proxy.port, bytes))
        client:send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert.equal("good", http.read_response(client, patience_ms).body)
        client:close()
      end
    end
    for _, address in ipairs({ "::1", "::127.0.0.1" }) do
      refuses(w, socks5.by_address(address, w.origin.port), not_allowed)
    end
  end)

  it("3A.26 names of this machine, until the loopback address is listed too", function()
    w = wire.start({ door = "both", allowed = { "*", "localhost" } })
    for _, name in ipairs({ "localhost", "localhost.", "LOCALHOST" }) do
      refuses(w, socks5.by_name(name, w.origin.port), not_allowed)
    end
    w:stop(true)
    local good = origin.http("good")
    w = wire.start({
      door = "both", origin = good, allowed = { "localhost", "127.0.0.1:" .. good.port },
    })
    assert(socks5.tunnel(w.proxy.port, socks5.by_name("localhost", good.port))):close()
  end)

  it("3C.87 the proxy's own port is refused, by each protocol for each", function()
    w = wire.start({ door = "both", allowed = { "127.0.0.1", "good.test" } })
    refuses(w, socks5.by_address("127.0.0.1", w.proxy.port), not_allowed)
    refuses(w, socks5.by_name("good.test", w.proxy.port), not_allowed)
    w:refuses("CONNECT good.test:{proxy} HTTP/1.1\r\nHost: good.test:{proxy}\r\n\r\n", 403)
  end)
end)

describe("a SOCKS5 client", function()
  local w, serve, heard

  lazy_setup(function()
    w = wire.start({ door = "both", origin = origin.raw(function(connection)
      heard = { serve(connection) }
    end) })
  end)
  lazy_teardown(function() w:stop() end)
  before_each(function()
    heard = nil
    serve = function(connection)
      connection:send("welcome")
      return connection:read_all()
    end
  end)

  local function good() return socks5.by_name("good.test", w.origin.port) end

  local function origin_heard()
    assert(loop.wait(function() return heard end, patience_ms), "the origin heard no end")
    return heard
  end

  local function closes(bytes, expected)
    local dialled = w.origin.connections
    local out, why = w.proxy:exchange(bytes)
    assert.same({ expected, "eof" }, { out, why })
    assert.equal(dialled, w.origin.connections)
  end

  it("3C.68 of version 4 or 4a gets the end, and no answer", function()
    local port = string.pack(">I2", w.origin.port)
    closes("\4\1" .. port .. "\127\0\0\1\0", "")
    closes("\4\1" .. port .. "\0\0\0\1\0good.test\0", "")
    closes("\4", "")
  end)

  it("3C.68 of version 6, or with TLS at once, gets what is no HTTP", function()
    for _, bytes in ipairs({ "\6\1\0", "\22\3\1\0\5\1\0\0\1\0", "\0\0\0\0" }) do
      local out, why = w.proxy:exchange(bytes, { half_close = true })
      assert.equal("eof", why)
      assert.is_true(out == "" or http.parse_response(out).status == 400, out)
    end
    assert.is_nil(heard)
  end)

  it("3C.68 offers no method at all, or none that will do", function()
    closes("\5\0", "\5\xff")
    closes(socks5.greeting(1, 2, 3, 0x80), "\5\xff")
    closes("\5\1\xff", "\5\xff")
  end)

  it("3C.68 may offer 255 methods, the right one last", function()
    local methods = {}
    for index = 1, 254 do
      methods[index] = index
    end
    methods[255] = 0
    local client = w:connect()
    client:send(socks5.greeting(table.unpack(methods)) .. good())
    assert.equal("\5\0" .. reply(0) .. "welcome", client:read(19, patience_ms))
    client:close()
  end)

  local broken = {
    { "3C.69 a request of version 4", "\4\1\0\3", 1 },
    { "3C.69 a reserved byte that is not zero", "\5\1\127\3", 1 },
    { "3C.70 address type 2", "\5\1\0\2", bad_address },
    { "3C.70 address type 0", "\5\1\0\0", bad_address },
    { "3C.70 address type 255", "\5\1\0\xff", bad_address },
    { "3C.70 command 0", "\5\0\0\3", bad_command },
    { "3C.70 command 127", "\5\127\0\3", bad_command },
    { "3C.77 BIND", "\5\2\0\3", bad_command },
    { "3C.78 UDP ASSOCIATE", "\5\3\0\3", bad_command },
    { "3C.79 RESOLVE", "\5\xf0\0\3", bad_command },
    { "3C.79 RESOLVE_PTR", "\5\xf1\0\3", bad_command },
  }
  wire.rows(broken, function(row)
    for _, name in ipairs({ "good.test", "evil.test", "0.0.0.0", "denied.good.test" }) do
      refuses(w, row[2] .. socks5.by_name(name, w.origin.port):sub(5), row[3])
    end
  end)

  it("3C.78 opens no UDP socket", function()
    refuses(w, socks5.by_address("0.0.0.0", w.origin.port, 3), bad_command)
    for _, table_name in ipairs({ "udp", "udp6" }) do
      local inodes = {}
      for line in io.lines("/proc/net/" .. table_name) do
        inodes[line:match("^%s*%d+:" .. (" %S+"):rep(8) .. "%s+(%d+)") or ""] = true
      end
      local uv = require "luv"
      local folder = "/proc/" .. w.proxy.child.pid .. "/fd"
      for name in uv.fs_scandir_next, assert(uv.fs_scandir(folder)) do
        local inode = (uv.fs_readlink(folder .. "/" .. name) or ""):match("^socket:%[(%d+)%]$")
        assert.is_nil(inode and inodes[inode])
      end
    end
  end)

  it("3C.82 sends all in one segment", function()
    local client = w:connect()
    client:send(greeting .. good() .. "early\0")
    client:send("later")
    client:shutdown()
    assert.same({ "\5\0" .. reply(0) .. "welcome", "eof" }, { client:read_all(patience_ms) })
    assert.same({ "early\0later", "eof" }, origin_heard())
    client:close()
  end)

  it("3C.82 sends one byte at a time", function()
    local client = w:connect()
    client:send_bytewise(greeting .. good() .. "early\0", 2)
    client:shutdown()
    assert.same({ "\5\0" .. reply(0) .. "welcome", "eof" }, { client:read_all(patience_ms) })
    assert.same({ "early\0", "eof" }, origin_heard())
    client:close()
  end)

  it("3C.82 sends it in two pieces, cut anywhere, and a refusal is the same too", function()
    local bytes = greeting .. good() .. "early"
    for cut = 1, #bytes - 1 do
      heard = nil
      local client = w:connect()
      client:send({ bytes:sub(1, cut), bytes:sub(cut + 1) }, 2)
      client:shutdown()
      assert.same({ "\5\0" .. reply(0) .. "welcome", "eof" }, { client:read_all(patience_ms) })
      assert.same({ "early", "eof" }, origin_heard())
      client:close()
    end
    bytes = greeting .. socks5.by_name("evil.test", w.origin.port)
    for cut = 1, #bytes - 1 do
      local out, why = w.proxy:exchange({ bytes:sub(1, cut), bytes:sub(cut + 1) }, { delay = 2 })
      assert.same({ "\5\0" .. reply(not_allowed), "eof" }, { out, why })
    end
  end)

  it("3C.84 learns no address of this machine", function()
    local client = w:connect()
    local code, bytes = socks5.ask(client, good())
    assert.same({ 0, reply(0) }, { code, bytes })
    client:close()
  end)

  it("3C.86 sends a lot before the reply, and all of it arrives in order", function()
    local large = ("0123456789abcde"):rep(70000) -- 1 MB
    local client = w:connect()
    loop.task(function()
      client:send(greeting .. good() .. large)
      client:shutdown()
    end)
    assert.same({ "\5\0" .. reply(0) .. "welcome", "eof" }, { client:read_all(patience_ms) })
    assert.is_true(origin_heard()[1] == large)
    assert.equal("eof", heard[2])
    client:close()
  end)

  it("3E.102 ends its side, and the answer comes later", function()
    local large = ("0123456789abcde"):rep(70000)
    serve = function(connection)
      local bytes, why = connection:read_all()
      loop.sleep(100)
      connection:send(large)
      return bytes, why
    end
    local client = assert(socks5.tunnel(w.proxy.port, good()))
    client:send("question")
    client:shutdown()
    local bytes, why = client:read_all(patience_ms)
    assert.same({ "question", "eof" }, origin_heard())
    assert.equal("eof", why)
    assert.is_true(bytes == large)
    client:close()
  end)

  it("3E.102 goes on after the server has ended its side", function()
    local large = ("0123456789abcde"):rep(70000)
    serve = function(connection)
      connection:send("that is all")
      connection:shutdown()
      return connection:read_all()
    end
    local client = assert(socks5.tunnel(w.proxy.port, good()))
    assert.same({ "that is all", "eof" }, { client:read_all(patience_ms) })
    client:send(large)
    client:shutdown()
    assert.is_true(origin_heard()[1] == large)
    assert.equal("eof", heard[2])
    client:close()
  end)

  it("3E.102 sees a reset, and its own arrives", function()
    serve = function(connection)
      connection:read(1)
      connection:reset()
    end
    local client = assert(socks5.tunnel(w.proxy.port, good()))
    client:send("x")
    assert.equal("ECONNRESET", select(2, client:read_all(patience_ms)))
    client:close()
    serve = function(connection) return connection:read_all() end
    heard = nil
    client = assert(socks5.tunnel(w.proxy.port, good()))
    client:reset()
    assert.equal("ECONNRESET", origin_heard()[2])
  end)

  it("is told that nobody listens there", function()
    refuses(w, socks5.by_name("good.test", origin.closed_port()), refused)
  end)

  it("is told that there is no such name", function()
    local code = select(2, socks5.tunnel(w.proxy.port, socks5.by_name("none.good.test", 80), 8000))
    assert.equal(unreachable, code)
  end)

  it("3C.88 says anything at all, and the proxy lives", function()
    math.randomseed(1928)
    for _ = 1, 200 do
      local bytes = {}
      for index = 1, math.random(40) do
        bytes[index] = string.char(math.random(0, 255))
      end
      local text = math.random(2) == 1 and table.concat(bytes) or greeting .. table.concat(bytes)
      local client = w:connect()
      client:send("\5" .. text)
      client:shutdown()
      assert.equal("eof", select(2, client:read_all(patience_ms)))
      client:close()
    end
    assert(socks5.tunnel(w.proxy.port, good())):close()
  end)
end)

describe("a port for SOCKS5 alone", function()
  local w
  lazy_setup(function() w = wire.start({ door = "socks" }) end)
  lazy_teardown(function() w:stop() end)

  it("serves it", function()
    assert(socks5.tunnel(w.proxy.port, socks5.by_name("good.test", w.origin.port))):close()
  end)

  it("3C.68 closes at once what speaks HTTP or TLS", function()
    local began, dialled = loop.now(), w.origin.connections
    for _, bytes in ipairs({ w:fill(wire.get()), "CONNECT good.test:443 HTTP/1.1\r\n\r\n",
                             "\22\3\1\0\5\1\0\0\1\0", "\4\1\0\80\127\0\0\1\0" }) do
      local out = w.proxy:exchange(bytes)
      assert.equal("", out)
    end
    assert.is_true(loop.now() - began < 1000)
    assert.equal(dialled, w.origin.connections)
  end)
end)

describe("the log of SOCKS5", function()
  local w
  after_each(function() w:stop(true) end)

  local function log(args)
    w = wire.start({ door = "both", args = args })
    assert(socks5.tunnel(w.proxy.port, socks5.by_name("GOOD.test", w.origin.port))):close()
    refuses(w, socks5.by_name("evil.test", w.origin.port), not_allowed)
    refuses(w, socks5.by_address("::1", w.origin.port), not_allowed)
    refuses(w, socks5.by_name("good.test", origin.closed_port()), refused)
    refuses(w, socks5.by_name("a\27[31m\nb", w.origin.port), not_allowed)
    loop.wait(function() -- for the last line
      return w.proxy:log():find("400 - -", 1, true)
    end, patience_ms)
    return w.proxy:log()
  end

  local function lines(text)
    local list = {}
    for line in text:gmatch("[^\n]+") do
      list[#list + 1] = line:gsub("%d%d:%d%d:%d%d", "TIME"):gsub(":" .. w.origin.port, ":PORT")
    end
    return list
  end

  it("-m shows what was refused, and what failed", function()
    local text = log({ "-m" })
    local shown = lines(text)
    assert.equal("[fence:socks] TIME ✗ CONNECT evil.test:PORT BLOCKED", shown[1])
    assert.equal("[fence:socks] TIME ✗ CONNECT [::1]:PORT BLOCKED", shown[2])
    assert.matches("^%[fence:socks%] TIME ! CONNECT good%.test:%d+ FAILED$", shown[3])
    assert.is_nil(text:find("ALLOWED", 1, true))
    assert.is_nil(text:find("[\0-\9\11-\31]"))
  end)

  it("-d shows what was allowed, and by which rule", function()
    local text = log({ "-d" })
    local all = table.concat(lines(text), "\n")
    for _, line in ipairs({
      "[fence:filter] Allowed by rule: good.test:PORT (matched network.allowedDomains[0])",
      "[fence:socks] TIME ✓ CONNECT good.test:PORT ALLOWED",
      "[fence:filter] No matching rule, denying: evil.test:PORT",
      "[fence:socks] TIME ✗ CONNECT evil.test:PORT BLOCKED",
    }) do
      assert.is_truthy(all:find(line, 1, true), line .. "\nis not in\n" .. all)
    end
    assert.is_nil(text:find("[\0-\9\11-\31]"))
    assert.is_nil(text:find("GOOD", 1, true))
  end)
end)
