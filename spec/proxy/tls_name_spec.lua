-- SPDX-License-Identifier: Apache-2.0
-- tls_name_spec.lua - a tunnel that begins with TLS: the server it asks for is judged as well, and
-- not one byte of a refused ClientHello reaches the origin. How long half of one may take is in
-- deadlines_spec.lua.

local https = require "spec.support.https"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local socks5 = require "spec.support.socks5"
local tls = require "spec.support.tls"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000

local rules = { "good.test", "*.good.test", "127.0.0.1" }

-- Two ways to a tunnel.
local ways = {
  CONNECT = function(w, host)
    return w.proxy:tunnel(host .. ":" .. w.origin.port, patience_ms)
  end,
  SOCKS5 = function(w, host)
    return socks5.tunnel(w.proxy.port, socks5.by_name(host, w.origin.port))
  end,
}

for way, open in pairs(ways) do
  describe("the TLS server name of a tunnel by " .. way, function()
    local w, serve, heard

    -- The origin sends back what it reads, once it has all.
    local function echo(connection)
      local bytes, why = connection:read_all()
      connection:send(bytes)
      return bytes, why
    end

    lazy_setup(function()
      w = wire.start({ door = "both", allowed = rules, origin = origin.raw(function(connection)
        heard = { serve(connection) }
      end) })
    end)
    lazy_teardown(function() w:stop() end)
    before_each(function() heard, serve = nil, echo end)

    local function origin_heard()
      assert(loop.wait(function() return heard end, patience_ms), "the origin heard no end")
      return heard
    end

    -- Sends pieces with a moment between them, on a tunnel to `host`. What came back, and its end.
    local function say(pieces, host)
      heard = nil
      local client = assert(open(w, host or "good.test"))
      client.handle:nodelay(true)
      client:send(pieces, 2)
      client:shutdown()
      local bytes, why = client:read_all(patience_ms)
      client:close()
      return bytes, why
    end

    local function passes(pieces, host)
      local whole = type(pieces) == "table" and table.concat(pieces) or pieces
      local bytes, why = say(pieces, host)
      local context = ("%q became %q, %s"):format(whole:sub(1, 80), bytes:sub(1, 80), why)
      assert(bytes == whole and why == "eof", context)
      assert(origin_heard()[1] == whole, context)
    end

    local function is_refused(pieces, host)
      local bytes, why = say(pieces, host)
      local whole = type(pieces) == "table" and table.concat(pieces) or pieces
      assert(bytes == tls.access_denied and why == "eof",
        ("%q became %q, %s"):format(whole:sub(1, 80), bytes:sub(1, 80), why))
      assert.equal("", origin_heard()[1])
    end

    it("3E.98 the name that was asked for passes, in any letters", function()
      passes(tls.hello("good.test"))
      passes(tls.hello("GOOD.Test"))
    end)

    it("3E.98 another allowed name passes", function()
      passes(tls.hello("b.good.test"))
      passes(tls.hello("good.test"), "b.good.test")
    end)

    it("3E.98 a name that no rule allows is refused", function()
      is_refused(tls.hello("evil.test"))
      is_refused(tls.hello("good.test.evil.test"))
      is_refused(tls.hello("xgood.test"), "b.good.test")
      is_refused(tls.hello("evil.test") .. "and more of it")
    end)

    it("3E.98 a denied name is refused", function()
      is_refused(tls.hello("denied.good.test"))
      is_refused(tls.hello("DENIED.good.test"))
    end)

    it("3E.98 a tunnel to an address stands, unless the name is denied", function()
      passes(tls.hello("elsewhere.test"), "127.0.0.1")
      passes(tls.hello("good.test"), "127.0.0.1")
      passes(tls.hello(), "127.0.0.1")
      is_refused(tls.hello("denied.good.test"), "127.0.0.1")
    end)

    it("3E.99 no server name passes", function()
      passes(tls.hello())
      passes(tls.records(tls.message("")))
    end)

    it("3E.99 two server names are refused, allowed ones too", function()
      for _, names in ipairs({ { "good.test", "evil.test" }, { "good.test", "good.test" },
                               { "evil.test", "good.test" } }) do
        is_refused(tls.records(tls.message(tls.server_names(table.unpack(names)))))
        is_refused(tls.records(tls.message(tls.server_names(names[1]) ..
          tls.server_names(names[2]))))
      end
    end)

    local no_names = {
      { "NUL", "good.test\0.evil.test", "good.test\0", "\0" },
      { "a final dot", "good.test." },
      { "nothing", "" },
      { "an address", "127.0.0.1", "0x7f.1" },
      { "other bytes", "good.test\n", "g\u{F6}od.test", "good%2etest", "*.good.test" },
      { "too many bytes", ("a"):rep(64) .. ".good.test", ("a."):rep(130) .. "good.test" },
    }
    for _, row in ipairs(no_names) do
      it("3E.99 what is no host name is refused: " .. row[1], function()
        for index = 2, #row do
          is_refused(tls.hello(row[index]))
          is_refused(tls.hello(row[index]), "127.0.0.1")
        end
      end)
    end

    it("3E.99 of an encrypted hello the outer name is judged", function()
      local ech = tls.extension(0xfe0d, ("e"):rep(200))
      passes(tls.records(tls.message(tls.server_names("b.good.test") .. ech)))
      is_refused(tls.records(tls.message(ech .. tls.server_names("evil.test"))))
    end)

    it("3E.99 a hello in two segments, cut anywhere", function()
      local good, evil = tls.hello("b.good.test"), tls.hello("evil.test")
      for cut = 1, #good - 1 do
        passes({ good:sub(1, cut), good:sub(cut + 1) })
      end
      for cut = 1, #evil - 1 do
        is_refused({ evil:sub(1, cut), evil:sub(cut + 1) })
      end
    end)

    it("3E.99 a hello in segments of one byte, and what comes behind it", function()
      local function bytes_of(text)
        local pieces = {}
        for index = 1, #text do
          pieces[index] = text:sub(index, index)
        end
        return pieces
      end
      passes(bytes_of(tls.hello("b.good.test") .. "behind"))
      is_refused(bytes_of(tls.hello("evil.test")))
    end)

    it("3E.99 a hello in records of every size", function()
      for most = 1, 20 do
        passes(tls.hello("b.good.test", most))
        is_refused(tls.hello("evil.test", most))
      end
    end)

    it("3E.99 a hello that is large passes, and one that is too large is refused", function()
      local padding = tls.extension(21, ("\0"):rep(60000))
      passes(tls.records(tls.message(padding .. tls.server_names("b.good.test")), 16384))
      is_refused(tls.records(tls.message(padding .. tls.server_names("evil.test")), 16384))
      is_refused("\22\3\1\64\0\1\1\0\1" .. ("\0"):rep(16379))
    end)

    it("3E.99 a hello whose lengths do not add up is refused", function()
      local good = tls.hello("good.test")
      local head, message = good:sub(1, 5), good:sub(6)
      is_refused(head .. message:sub(1, 3) .. "\xff" .. message:sub(5))
      is_refused("\22\3\1\0\0" .. good)             -- an empty record
      is_refused("\21\3\1\0\2\1\0" .. good)       -- an alert that some servers pass over
      is_refused(tls.records(message:sub(1, 9)) .. "\23\3\3\0\5hello") -- another record within
    end)

    it("3E.99 half a hello and the end: nobody sees any of it", function()
      local bytes = tls.hello("good.test")
      for _, length in ipairs({ 1, 2, 4, 5, 6, 40, #bytes - 30, #bytes - 1 }) do
        assert.same({ "", "ECONNRESET" }, { say(bytes:sub(1, length)) })
        assert.equal("", origin_heard()[1])
      end
    end)

    it("3E.101 what is no TLS passes at once, byte by byte", function()
      serve = function(connection)
        local bytes = ""
        for _ = 1, 6 do
          local byte = connection:read(1)
          bytes = bytes .. byte
          connection:send(byte)
        end
        return bytes
      end
      for text, from in pairs({ ["SSH-2."] = 1, ["GET / "] = 1, ["\128\46\1\0\2\0"] = 1,
                                ["\0\0\0\0\0\0"] = 1,
                                -- what begins like a record tells nothing until it ends to
                                ["\22\2\1\0\1x"] = 2, ["\23\3\1\0\9x"] = 5,
                                ["\22\3\1\0\4\2"] = 6 }) do
        heard = nil
        local client = assert(open(w, "good.test"))
        client:send(text:sub(1, from))
        assert.equal(text:sub(1, from), client:read(from, patience_ms))
        for index = from + 1, #text do
          client:send(text:sub(index, index))
          assert.equal(text:sub(index, index), client:read(1, patience_ms))
        end
        assert.equal(text, origin_heard()[1])
        client:close()
      end
    end)

    it("3E.105 the server may speak first, and the hello comes behind", function()
      serve = function(connection)
        connection:send("220 mail\r\n")
        return connection:read_all()
      end
      for _, name in ipairs({ "good.test", "evil.test" }) do
        heard = nil
        local client = assert(open(w, "good.test"))
        assert.equal("220 mail\r\n", client:read_until("\r\n", patience_ms))
        client:send(tls.hello(name))
        client:shutdown()
        assert.equal(name == "evil.test" and tls.access_denied or "", client:read_all(patience_ms))
        assert.equal(name == "evil.test" and "" or tls.hello(name), origin_heard()[1])
        client:close()
      end
    end)

    it("3E.98 in the segment of the request", function()
      local request = way == "SOCKS5"
        and socks5.greeting() .. socks5.by_name("good.test", w.origin.port)
        or w:fill("CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test:{port}\r\n\r\n")
      for _, name in ipairs({ "b.good.test", "evil.test" }) do
        heard = nil
        local bytes, why = w.proxy:exchange(request .. tls.hello(name), { half_close = true })
        local is_evil = name == "evil.test"
        local tail = is_evil and tls.access_denied or tls.hello(name)
        assert.same({ tail, "eof" }, { bytes:sub(-#tail), why })
        assert.equal(is_evil and "" or tls.hello(name), origin_heard()[1])
      end
    end)
  end)
end

describe("the TLS server name", function()
  local w

  after_each(function()
    if w then
      w:stop(true)
      w = nil
    end
  end)

  it("is not looked at with tlsNameCheck off, but for what the tunnel itself may be", function()
    w = wire.start({ origin = origin.echo(), network = { tlsNameCheck = "off" } })
    for _, bytes in ipairs({ tls.hello("evil.test"), tls.hello("evil.test"):sub(1, 30) }) do
      local client = assert(w.proxy:tunnel(w:fill("good.test:{port}")))
      client:send(bytes)
      assert.equal(bytes, client:read(#bytes, patience_ms))
      client:close()
    end
    assert.is_nil((w.proxy:tunnel(w:fill("evil.test:{port}"))))
  end)

  local function say(hello)
    local client = assert(w.proxy:tunnel(w:fill("good.test:{port}")))
    client:send(hello)
    client:shutdown()
    client:read_all(patience_ms)
    client:close()
  end

  local lines = {
    { "3E.98 -d tells the name that passed", tls.hello("b.good.test"),
      "^✓ good.test:PORT server name b.good.test$", true },
    { "3E.98 -m tells the name that was refused", tls.hello("evil.test"),
      "^✗ good.test:PORT server name evil.test: the tunnel's TLS asks for another server, " ..
      "evil.test, which no rule allows$" },
    { "3E.98 -m tells which rule denied it", tls.hello("denied.good.test"),
      "^✗ good.test:PORT server name denied.good.test: denied.good.test:PORT is denied by " ..
      "network.deniedDomains%[0%]$" },
    { "3E.99 -d tells that there is none", tls.hello(), "^✓ good.test:PORT server name %-$",
      true },
    { "3E.99 -d tells that the real one cannot be read",
      tls.records(tls.message(tls.server_names("good.test") .. tls.extension(0xfe0d, "e"))),
      "^✓ good.test:PORT server name good.test %(the real one is encrypted%)$", true },
    { "3E.99 -m tells what is wrong with it", tls.hello("a\27[31m\n.good.test"),
      "^✗ good.test:PORT server name %-: a host name holds letters, digits, .*only$" },
  }
  wire.rows(lines, function(row)
    w = wire.start({ origin = origin.echo(), args = { row[4] and "-d" or "-m" } })
    say(row[2])
    local line
    loop.wait(function()
      line = w.proxy:log():match("%[fence:tls%] %d%d:%d%d:%d%d ([^\n]*)\n")
      return line
    end, patience_ms)
    assert.matches(row[3], ((line or "no line"):gsub(":" .. w.origin.port, ":PORT")))
    assert.is_nil(w.proxy:log():find("[\0-\9\11-\31]"))
  end)

  it("-m has nothing to say of a name that passes", function()
    w = wire.start({ origin = origin.echo(), args = { "-m" } })
    say(tls.hello("b.good.test"))
    assert.equal("", w.proxy:log())
  end)
end)

describe("openssl through a tunnel", function()
  local w, secure

  lazy_setup(function()
    local me = users.current()
    local folder = users.temp_dir(me)
    users.write_file(me, folder .. "/page", "over TLS")
    secure = https.start({ names = { "good.test", "b.good.test" }, folder = folder })
    w = wire.start()
  end)
  lazy_teardown(function()
    w:stop()
    secure:close()
  end)

  local function s_client(name, version)
    local argv = { "openssl", "s_client", "-proxy", "127.0.0.1:" .. w.proxy.port,
      "-connect", "good.test:" .. secure.port, "-CAfile", secure.ca_file, "-quiet",
      "-verify_return_error", version or "-tls1_3" }
    table.move(name and { "-servername", name } or { "-noservername" }, 1, 2, #argv + 1, argv)
    return process.run({ argv = argv, stdin = "GET /page HTTP/1.0\r\n\r\n", timeout = 8000 })
  end

  it("3E.98 shakes hands under an allowed name, or none", function()
    for _, version in ipairs({ "-tls1_2", "-tls1_3" }) do
      for _, name in ipairs({ "good.test", "b.good.test", false }) do
        local result = s_client(name, version)
        assert.matches("over TLS", result.out, 1, true) -- how the server ends is its own affair
        assert.is_nil(result.err:find("alert", 1, true), result.err)
      end
    end
  end)

  it("3E.98 is told by alert 49 that a name is not allowed", function()
    for _, version in ipairs({ "-tls1_2", "-tls1_3" }) do
      for _, name in ipairs({ "evil.test", "denied.good.test" }) do
        local result = s_client(name, version)
        assert.matches("alert access denied", result.err, 1, true)
        assert.matches("SSL alert number 49", result.err, 1, true)
        assert.is_true(result.code ~= 0)
      end
    end
  end)

  -- Fronting: what is inside of TLS cannot be read. A server that serves others' names as well is
  -- as good as those names; the remedy is not to allow it.
  it("3E.100 another Host inside, under the right name, passes", function()
    local result = process.run({ argv = { "curl", "-sS", "--proxy", w.proxy:url(), "--cacert",
      secure.ca_file, "--header", "Host: evil.test",
      ("https://good.test:%d/page"):format(secure.port) }, timeout = 8000 })
    assert.same({ 0, "over TLS" }, { result.code, result.out }, result.err)
  end)
end)
