-- SPDX-License-Identifier: Apache-2.0
-- unix_spec.lua - `fence proxy` on a Unix socket: for its own user, and for nobody's file.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local http = require "spec.support.http"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local proxy = require "spec.support.proxy"
local socks5 = require "spec.support.socks5"
local stream = require "spec.support.stream"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000
local me = users.current()

local function new_path(name)
  return users.temp_dir(me) .. "/" .. (name or "socket")
end

describe("a Unix socket", function()
  local w, path
  lazy_setup(function()
    path = new_path()
    w = wire.start({ door = "unix:" .. path, args = { "-m" } })
  end)
  lazy_teardown(function() w:stop(true) end)

  it("serves HTTP and SOCKS5, and judges them", function()
    assert.equal(path, w.proxy.port)
    assert.equal("good", w:ask(wire.get()).body)
    w:refuses(wire.get("/", "evil.test"), 403)
    local tunnel = assert(w.proxy:tunnel(w:fill("good.test:{port}"), patience_ms))
    tunnel:send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert.equal("good", http.read_response(tunnel, patience_ms).body)
    tunnel:close()
    assert(socks5.tunnel(path, socks5.by_name("good.test", w.origin.port))):close()
    assert.equal(2, select(2, socks5.tunnel(path, socks5.by_name("evil.test", w.origin.port))))
  end)

  it("is its user's alone: mode 0600", function()
    local found = assert(uv.fs_lstat(path))
    assert.equal("socket", found.type)
    assert.equal(tonumber("600", 8), found.mode & tonumber("777", 8))
  end)

  it("is what curl takes as a proxy for SOCKS5", function()
    fenced.require_tool(pending, { "curl", "--version" })
    local function curl(host)
      return process.run({ argv = { "curl", "-sS", "-q", "--max-time", "5",
        "--proxy", "socks5h://localhost" .. path, w.origin:url("/", host) } })
    end
    local result = curl("good.test")
    assert.equal("good", result.out, result.err)
    assert.equal(97, curl("evil.test").code) -- CURLE_PROXY
  end)

  it("turns another user away, even where the file lets him in", function()
    local other
    for _, identity in ipairs(users.identities()) do
      other = identity ~= me and identity or other
    end
    if not other then
      pending("only root can be another user")
    end
    local folder = path:match("^(.*)/")
    assert(uv.fs_chmod(folder, tonumber("711", 8)))
    local client = [[
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
try:
    s.connect(sys.argv[1])
    s.sendall(sys.argv[2].encode())
    print(s.recv(100))
except PermissionError:
    print("no entry")
except ConnectionError:
    print("turned away")
]]
    local function ask()
      return process.run({ argv = { "python3", "-c", client, path, w:fill(wire.get()) },
        as_user = other, timeout = 8000 }).out
    end
    local asked = #w.origin.requests
    assert.equal("no entry\n", ask())
    assert(uv.fs_chmod(path, tonumber("666", 8)))
    local out = ask()
    assert(uv.fs_chmod(path, tonumber("600", 8)))
    assert.is_true(out == "b''\n" or out == "turned away\n", out)
    assert.equal(asked, #w.origin.requests)
    assert.matches("[fence] a client was turned away: it is another user's", w.proxy:log(), 1, true)
    assert.equal("good", w:ask(wire.get()).body)
  end)
end)

describe("the path of a Unix socket", function()
  local servers = {}
  after_each(function()
    for _, server in ipairs(servers) do
      server:stop()
    end
    servers = {}
  end)

  local function serve(path)
    local server = proxy.start({ door = "unix:" .. path })
    servers[#servers + 1] = server
    return server
  end

  local function refuses(path, why)
    local result = process.run({ argv = { users.binary(me), "proxy", "--http", "unix:" .. path,
      "--settings", users.write_file(me, users.temp_dir(me) .. "/fence.json", "{}") },
      timeout = patience_ms })
    assert.equal(125, result.code)
    assert.matches(why, result.err, 1, true)
    assert.equal(1, select(2, result.err:gsub("\n", "")))
  end

  for _, signal in ipairs({ "sigterm", "sigint" }) do
    it("is gone after " .. signal, function()
      local path = new_path()
      local server = serve(path)
      assert.is_true(fenced.exists(path))
      server.child:kill(signal)
      assert.equal(0, server.child:wait(patience_ms).code)
      assert.is_false(fenced.exists(path))
    end)
  end

  it("that was left behind is replaced", function()
    local path = new_path()
    local first = serve(path)
    first.child:kill("sigkill")
    first.child:wait(patience_ms)
    assert.is_true(fenced.exists(path))
    serve(path)
    local client = assert(stream.connect(path))
    client:send(wire.get("/", "evil.test"))
    assert.equal(403, http.read_response(client, patience_ms).status)
    client:close()
  end)

  it("that is served is refused, and served on", function()
    local path = new_path()
    serve(path)
    refuses(path, "somebody serves it")
    local client = assert(stream.connect(path))
    client:send(wire.get("/", "evil.test"))
    assert.equal(403, http.read_response(client, patience_ms).status)
    client:close()
  end)

  it("that another program serves is refused", function()
    local path = new_path()
    local other = origin.raw(function(connection) connection:read_all() end, { path = path })
    refuses(path, "somebody serves it")
    assert.is_true(fenced.exists(path))
    other:close()
  end)

  it("where something else is is refused, and nothing is touched", function()
    local folder = users.temp_dir(me)
    local file = users.write_file(me, folder .. "/file", "mine")
    refuses(file, "no socket of yours")
    assert.equal("mine", fenced.read_file(file))
    assert(uv.fs_symlink(folder .. "/nowhere", folder .. "/link"))
    refuses(folder .. "/link", "cannot listen on")
    assert.is_false(fenced.exists(folder .. "/nowhere"))
    refuses(folder, "cannot listen on")
    assert.is_true(fenced.exists(folder .. "/link"))
  end)

  it("has a folder, and 1 to 107 bytes", function()
    refuses(users.temp_dir(me) .. "/none/socket", "cannot listen on")
    refuses("", "1 to 107 bytes")
    refuses("/var/tmp/" .. ("a"):rep(99), "1 to 107 bytes")
  end)

  it("of the last length there is is served", function()
    local folder = users.temp_dir(me) .. "/"
    local path = folder .. ("a"):rep(107 - #folder)
    serve(path)
    assert.is_true(fenced.exists(path))
  end)
end)
