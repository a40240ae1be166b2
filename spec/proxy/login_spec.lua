-- SPDX-License-Identifier: Apache-2.0
-- login_spec.lua - `fence proxy --login FILE`: who does not give the name and the password gets
-- nothing, over HTTP and SOCKS5 alike, and cannot guess fast.

local fenced = require "spec.support.fenced"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local socks5 = require "spec.support.socks5"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000
local me = users.current()

local function write_login(text, mode)
  return users.write_file(me, users.temp_dir(me) .. "/login", text, mode)
end

local function base64(text)
  local result = process.run({ argv = { "base64", "-w0" }, stdin = text })
  return result.out
end

local function start(text, args)
  local all = { "--login", write_login(text) }
  table.move(args or {}, 1, #(args or {}), 3, all)
  return wire.start({ door = "both", args = all })
end

-- Sends a greeting for a login and the login. Returns all that came and how it ended.
local function log_in(w, user, password)
  return w.proxy:exchange(socks5.greeting(2) .. socks5.login(user, password) ..
    socks5.by_name("good.test", w.origin.port), { half_close = true })
end

local let_in = "\5\2\1\0\5\0\0\1\0\0\0\0\0\0"
local turned_away = "\5\2\1\1"

describe("a login", function()
  local w
  lazy_setup(function() w = start("user:pass:word\n") end)
  lazy_teardown(function() w:stop() end)

  -- Ten failures a second are judged, and after them nothing is.
  local function fresh_second() loop.sleep(1050) end

  local function with(token)
    return wire.get("/", nil, "Proxy-Authorization: " .. token .. "\r\n")
  end

  local right = "Basic " .. base64("user:pass:word")

  it("without which there is 407, at once and in words", function()
    for _, bytes in ipairs({ wire.get(), wire.get("/", "evil.test"),
                             "CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test:{port}\r\n\r\n",
                             "OPTIONS http://good.test:{port}/ HTTP/1.1\r\n" ..
                             "Host: good.test:{port}\r\nMax-Forwards: 0\r\n\r\n" }) do
      local response = w:ask(bytes)
      assert.equal(407, response.status)
      assert.equal('Basic realm="fence"', response.headers["proxy-authenticate"])
      wire.assert_own_answer(response, bytes)
    end
    assert.equal(0, w.origin.connections)
  end)

  it("opens the way over HTTP, and does not reach the origin", function()
    local others = { right, (right:gsub("Basic", "bAsIc")), right:gsub(" ", "  ") .. " " }
    for _, token in ipairs(others) do
      assert.equal("good", w:ask(with(token)).body)
      local seen = w.origin.requests[#w.origin.requests]
      assert.is_nil(seen.head:lower():find("proxy-auth", 1, true))
      assert.is_nil(seen.head:find(right:sub(7), 1, true))
    end
    local client = w:connect()
    client:send(w:fill("CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test:{port}\r\n" ..
      "Proxy-Authorization: " .. right .. "\r\n\r\n"))
    assert.equal(200, http.read_response(client, patience_ms, true).status)
    client:close()
  end)

  it("opens no way to a name that is not allowed", function()
    local response = w:ask(wire.get("/", "evil.test", "Proxy-Authorization: " .. right .. "\r\n"))
    assert.equal(403, response.status)
  end)

  it("3B.48 is asked for with every request of a connection", function()
    local client = w:connect()
    for _, step in ipairs({ { with(right), 200 }, { wire.get(), 407 }, { with(right), 200 } }) do
      client:send(w:fill(step[1]))
      assert.equal(step[2], http.read_response(client, patience_ms).status)
    end
    client:close()
  end)

  local wrong = {
    "Basic " .. base64("user:wrong"), "Basic " .. base64("user:"), "Basic " .. base64(":"),
    "Basic " .. base64("user"), "Basic " .. base64("user:pass:word\n"),
  }
  local unread = {
    "Basic", "Basic ", "", right:sub(7), "Bearer " .. right:sub(7), "Basic=" .. right:sub(7),
    right .. ", " .. right, right .. "=",
  }
  it("3C.80 wrong ones over HTTP are like none", function()
    for _, list in ipairs({ wrong, unread }) do
      for _, token in ipairs(list) do
        assert.equal(407, w:ask(with(token)).status, token)
      end
    end
    local twice = "Proxy-Authorization: " .. right .. "\r\n"
    local status = w:ask(wire.get("/", nil, twice .. twice)).status
    assert.is_true(status == 407 or status == 400, status)
  end)

  it("3C.80 opens the way over SOCKS5", function()
    assert.same({ let_in, "eof" }, { (log_in(w, "user", "pass:word")):sub(1, #let_in), "eof" })
    local client = w:connect()
    client:send_bytewise(socks5.greeting(0, 1, 2) .. socks5.login("user", "pass:word"), 1)
    assert.equal("\5\2\1\0", client:read(4, patience_ms))
    client:send(socks5.by_name("evil.test", w.origin.port))
    assert.equal("\5\2", client:read(2, patience_ms))
    client:close()
  end)

  it("3C.80 wrong ones over SOCKS5 are turned away", function()
    fresh_second()
    local dialled = w.origin.connections
    for _, pair in ipairs({ { "user", "wrong" }, { "wrong", "pass:word" }, { "user", "pass" },
                            { "user", "pass:word\0" }, { "user\0", "pass:word" },
                            { ("u"):rep(255), ("p"):rep(255) }, { "\0", "\0" } }) do
      assert.same({ turned_away, "eof" }, { log_in(w, pair[1], pair[2]) })
    end
    for _, pair in ipairs({ { "", "" }, { "user", "" }, { "", "pass:word" } }) do
      assert.same({ turned_away, "eof" }, { log_in(w, pair[1], pair[2]) })
    end
    assert.equal(dialled, w.origin.connections)
  end)

  it("3C.80 another version of the login is none", function()
    for _, version in ipairs({ "\0", "\2", "\5" }) do
      assert.same({ turned_away, "eof" }, { w.proxy:exchange(socks5.greeting(2) .. version ..
        socks5.login("user", "pass:word"):sub(2)) })
    end
  end)

  it("3C.81 is not left out because the client offers to", function()
    for _, methods in ipairs({ "\0", "\1", "\0\1" }) do
      assert.same({ "\5\xff", "eof" }, { w.proxy:exchange(socks5.greeting(methods:byte(1, -1)) ..
        socks5.by_name("good.test", w.origin.port)) })
    end
    assert.same({ "\5\2", "eof" },
      { w.proxy:exchange(socks5.greeting(0, 2), { half_close = true }) })
  end)

  it("3C.80 after many wrong ones the right one is as good as wrong, for a moment", function()
    local clients, correct = {}, 0
    for index = 1, 60 do
      clients[index] = w:connect()
      clients[index]:send(socks5.greeting(2) ..
        socks5.login("user", index % 3 == 0 and "pass:word" or "guess" .. index))
    end
    for _, client in ipairs(clients) do
      if client:read(4, patience_ms) == "\5\2\1\0" then
        correct = correct + 1
      end
      client:close()
    end
    assert.is_true(correct < 20, correct .. " of 20 got in")
    fresh_second()
    assert.equal(let_in, log_in(w, "user", "pass:word"):sub(1, #let_in))
  end)

  it("is what curl gives, over HTTP and SOCKS5", function()
    fenced.require_tool(pending, { "curl", "--version" })
    local function curl(scheme, user)
      return process.run({ argv = { "curl", "-sS", "-q", "--max-time", "5", "-o", "/dev/null",
        "-w", "%{http_code}", "--proxy", ("%s://127.0.0.1:%d"):format(scheme, w.proxy.port),
        "--proxy-user", user, w.origin:url("/", "good.test") } })
    end
    for _, scheme in ipairs({ "http", "socks5h" }) do
      assert.equal("200", curl(scheme, "user:pass:word").out)
      local result = curl(scheme, "user:wrong")
      if scheme == "http" then
        assert.equal("407", result.out)
      else
        assert.equal(97, result.code, result.err) -- CURLE_PROXY
      end
    end
  end)
end)

describe("the longest login", function()
  it("3C.80 has 255 bytes of each", function()
    local user, password = ("u"):rep(255), ("p"):rep(255)
    local w = start(user .. ":" .. password)
    assert.equal(let_in, log_in(w, user, password):sub(1, #let_in))
    assert.equal(turned_away, (log_in(w, user, password:sub(2))))
    assert.equal("good", w:ask(wire.get("/", nil,
      "Proxy-Authorization: Basic " .. base64(user .. ":" .. password) .. "\r\n")).body)
    w:stop()
  end)
end)

describe("a login's file", function()
  local function complains(path, why)
    local result = process.run({ argv = { users.binary(me), "proxy", "--http", "127.0.0.1:0",
      "--login", path, "--settings",
      users.write_file(me, users.temp_dir(me) .. "/fence.json", "{}") }, timeout = 5000 })
    assert.equal(125, result.code)
    assert.matches(why, result.err, 1, true)
    assert.equal(1, select(2, result.err:gsub("\n", "")))
    assert.is_nil(result.err:find("secret", 1, true))
  end

  it("is its owner's alone", function()
    for _, mode in ipairs({ "644", "640", "604", "620", "602", "610" }) do
      complains(write_login("user:secret\n", mode), "chmod 600")
    end
  end)

  local texts = {
    { "has a colon", "usersecret\n", "NAME:PASSWORD" },
    { "has one line", "user:secret\nb:secret\n", "NAME:PASSWORD" },
    { "has no CR", "user:secret\r\n", "NAME:PASSWORD" },
    { "has no NUL", "user:se\0cret\n", "NAME:PASSWORD" },
    { "has a name", ":secret\n", "1 to 255" },
    { "has a password", "user:\n", "1 to 255" },
    { "is not empty", "", "NAME:PASSWORD" },
    { "has a name of 255 bytes at the most", ("u"):rep(256) .. ":secret", "1 to 255" },
    { "has 511 bytes at the most", ("u"):rep(255) .. ":" .. ("s"):rep(256), "too long" },
  }
  wire.rows(texts, function(row) complains(write_login(row[2]), row[3]) end)

  it("is a file, and is there", function()
    complains(users.temp_dir(me), "no file")
    complains(users.temp_dir(me) .. "/none", "No such file")
    complains("/dev/null", "no file")
  end)
end)
