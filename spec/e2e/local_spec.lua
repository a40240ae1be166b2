-- SPDX-License-Identifier: Apache-2.0
-- local_spec.lua - services of this machine's loopback that the command reaches, as if they were in
-- the sandbox: network.allowLocalOutboundPorts.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- HOST PORT CODE, or fewer. Prints what `code` does with peer(), a new connection.
local head = [[
import errno, hashlib, socket, ssl, sys, threading
HOST, PORT = sys.argv[1], int(sys.argv[2])
def peer():
    return socket.create_connection((HOST, PORT), 10)
def echoed(words):
    with peer() as p:
        p.sendall(words)
        try:
            p.shutdown(socket.SHUT_WR)
        except OSError: # reset by then: recv() says it
            pass
        got = b""
        while data := p.recv(1 << 16):
            got += data
        return got
try:
    exec(sys.argv[3])
except OSError as error:
    print(type(error).__name__)
]]

local hello = "print(echoed(b'hello').decode())"

-- The host where the service is, the address that the command asks for.
local places = {
  { "127.0.0.1", "127.0.0.1" }, { "127.0.0.1", "::1" }, { "127.0.0.1", "localhost" },
  { "::1", "127.0.0.1" }, { "::1", "::1" }, { "::1", "localhost" },
}

-- What is denied (%d is the port), and the rule; false: it is not.
local denials = {
  { "its address", "deniedAddresses", "127.0.0.1", "network.deniedAddresses[0]" },
  { "its network", "deniedAddresses", "127.0.0.0/8", "network.deniedAddresses[0]" },
  { "its address with the port", "deniedDomains", "127.0.0.1:%d", "network.deniedDomains[0]" },
  { "its address with another port", "deniedDomains", "127.0.0.1:1", false },
  { "its name", "deniedDomains", "localhost", "network.deniedDomains[0]" },
  { "its name with the port", "deniedDomains", "localhost:%d", "network.deniedDomains[0]" },
  { "IPv6 alone, which nobody needs", "deniedAddresses", "::1", false },
}

-- Settings that are wrong, and why; fence says so before anything runs.
local wrong = {
  { "open, and no port", { allowLocalOutbound = true },
    "network.allowLocalOutbound: opens nothing by itself: add the ports" },
  { "ports that nothing opens", { allowLocalOutboundPorts = json.list({ 5432 }) },
    'network.allowLocalOutboundPorts: opens nothing without "allowLocalOutbound": true' },
  { "the proxy's port",
    { allowLocalOutbound = true, allowLocalOutboundPorts = json.list({ 3128 }) },
    "network.allowLocalOutboundPorts[0]: fence itself listens there" },
  { "the proxy's other port",
    { allowLocalOutbound = true, allowLocalOutboundPorts = json.list({ 1080 }) },
    "network.allowLocalOutboundPorts[0]: fence itself listens there" },
}

local function settings(ports, more)
  local network = { allowLocalOutbound = true, allowLocalOutboundPorts = json.list(ports) }
  for key, value in pairs(more or {}) do
    network[key] = value
  end
  return { network = network }
end

for _, identity in ipairs(users.identities()) do
  describe("services of this machine as " .. identity, function()
    local service

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function listen(host)
      service = origin.raw(function(connection)
        repeat
          loop.wait(function() return connection.size > 0 or connection.eof end)
          local bytes = connection.size > 0 and connection:read(connection.size)
        until not bytes or not connection:send(bytes)
        connection:shutdown()
      end, { host = host })
      return service.port
    end

    local function run(config, args, host, port, code)
      return fenced.run({ as_user = identity, settings = config, args = args, timeout = 60000,
        argv = { python, "-c", head, host, tostring(port), code } })
    end

    local function policy(text)
      local path = users.temp_dir(identity) .. "/p.lua"
      return { "--policy", users.write_file(identity, path, text) }
    end

    after_each(function()
      if service then
        service:close()
      end
      service = nil
    end)

    for _, case in ipairs(places) do
      row(("a service on %s, asked for at %s"):format(case[1], case[2]), function()
        local port = listen(case[1])
        local result = run(settings({ port }), {}, case[2], port, hello)
        assert.same({ "hello\n", "", 0 }, { result.out, result.err, result.code })
        assert.equal(1, service.connections)
      end)
    end

    row("another port is not reached, nor the same one when it is closed", function()
      local port = listen("127.0.0.1")
      local other = origin.closed_port()
      for _, config in ipairs({ settings({ other }), { network = {} },
                                settings({ port }, { allowLocalOutbound = false }) }) do
        local result = run(config, {}, "127.0.0.1", port, hello)
        assert.equal("ConnectionRefusedError\n", result.out)
      end
      assert.equal(0, service.connections)
    end)

    row("nothing listens there: turned away, and said", function()
      local port = origin.closed_port()
      local result = run(settings({ port }), { "-m" }, "127.0.0.1", port, hello)
      assert.equal("ConnectionResetError\n", result.out)
      assert.truthy(result.err:find(("^%%[fence:local%%] %%S+ ! CONNECT %%[::1%%]:%d FAILED\n$")
        :format(port)), result.err)
    end)

    row("a port below 1024, whoever runs it", function()
      local result = run(settings({ 81 }), { "-d" }, "127.0.0.1", 81, hello)
      assert.equal(0, result.code)
      assert.truthy(result.err:find("127.0.0.1:81 (matched network.allowLocalOutboundPorts[0])",
        1, true), result.err)
    end)

    for _, case in ipairs(denials) do
      local name, key, value, rule = table.unpack(case)

      row("deny wins: " .. name, function()
        local port = listen("127.0.0.1")
        local more = { [key] = json.list({ (value:gsub("%%d", port)) }) }
        local result = run(settings({ port }, more), { "-d" }, "127.0.0.1", port, hello)
        if rule then
          assert.equal("ConnectionResetError\n", result.out)
          assert.truthy(result.err:find("(matched " .. rule .. ")", 1, true), result.err)
          assert.truthy(result.err:find(("✗ CONNECT 127.0.0.1:%d BLOCKED"):format(port), 1, true))
        else
          assert.equal("hello\n", result.out)
          assert.truthy(result.err:find(("✓ CONNECT 127.0.0.1:%d ALLOWED"):format(port), 1, true))
        end
        assert.equal(rule and 0 or 1, service.connections)
      end)
    end

    for _, case in ipairs(wrong) do
      row("wrong: " .. case[1], function()
        local made = users.temp_dir(identity) .. "/made"
        local result = fenced.run({ as_user = identity, settings = { network = case[2] },
          argv = { "touch", made } })
        assert.equal(125, result.code)
        assert.truthy(result.err:find(case[3], 1, true), result.err)
        assert.is_false(fenced.exists(made))
      end)
    end

    row("a port that leads in cannot lead out", function()
      local result = run(settings({ 5432 }), { "-p", "5432" }, "127.0.0.1", 5432, hello)
      assert.equal(125, result.code)
      assert.truthy(result.err:find("network.allowLocalOutboundPorts has this port", 1, true))
    end)

    row("a policy is asked, and denies", function()
      local port = listen("127.0.0.1")
      local args = policy([[
local fence = require "fence"
return { on_connect = function(req)
  return fence.deny(req.kind .. " " .. req.host .. ":" .. req.port)
end }]])
      table.insert(args, "-d")
      local result = run(settings({ port }), args, "localhost", port, hello)
      assert.equal("ConnectionResetError\n", result.out)
      assert.truthy(result.err:find(("connect 127.0.0.1:%d"):format(port), 1, true), result.err)
      assert.equal(0, service.connections)
    end)

    row("a policy sees the address, and the bytes at the end", function()
      local port = listen("::1")
      local args = policy([[
local fence = require "fence"
return {
  on_resolve = function(req) fence.log("info", "resolve " .. table.concat(req.addresses, " ")) end,
  on_close = function(req)
    fence.log("info", "close " .. req.host .. " " .. req.bytes_sent .. " " .. req.bytes_received)
  end,
}]])
      table.insert(args, "-m")
      local result = run(settings({ port }), args, "127.0.0.1", port,
        hello .. "\nimport time; time.sleep(0.3)")
      assert.equal("hello\n", result.out)
      for _, line in ipairs({ "resolve 127.0.0.1", "resolve ::1", "close ::1 5 5" }) do
        assert.truthy(result.err:find(line, 1, true), result.err)
      end
    end)

    row("an upstream proxy has no part in it", function()
      local port = listen("127.0.0.1")
      local more = { upstreamProxy = ("http://127.0.0.1:%d"):format(origin.closed_port()) }
      local result = run(settings({ port }, more), {}, "127.0.0.1", port, hello)
      assert.equal("hello\n", result.out)
    end)

    row("TLS for localhost is no other name", function()
      local port = listen("127.0.0.1")
      local result = run(settings({ port }, { deniedDomains = json.list({ "evil.test" }) }), {},
        "127.0.0.1", port, [[
out, into = ssl.MemoryBIO(), ssl.MemoryBIO()
tls = ssl.create_default_context().wrap_bio(into, out, server_hostname="evil.test")
try:
    tls.do_handshake()
except ssl.SSLWantReadError:
    pass
greeting = out.read()
print(echoed(greeting) == greeting)]])
      assert.equal("True\n", result.out, result.err)
    end)

    row("hundreds at once, and 64 MB each way", function()
      local port = listen("127.0.0.1")
      local result = run(settings({ port }), {}, "127.0.0.1", port, [[
peers = [peer() for _ in range(300)]
for i, p in enumerate(peers):
    p.sendall(b"%3d" % i)
print(all(p.recv(3) == b"%3d" % i for i, p in enumerate(peers)))
block, left, count = bytes(range(251)) * 1000, 64000000, 0
p = peer()
def write():
    for _ in range(256):
        p.sendall(block)
    p.shutdown(socket.SHUT_WR)
threading.Thread(target=write).start()
sha, want = hashlib.sha256(), hashlib.sha256(block * 256)
while data := p.recv(1 << 16):
    sha.update(data)
print(sha.digest() == want.digest())]])
      assert.equal("True\nTrue\n", result.out, result.err)
    end)

    row("the same port inside is taken, others are free", function()
      local port = listen("127.0.0.1")
      local result = run(settings({ port }), {}, "127.0.0.1", port, [[
for port in (PORT, 0):
    try:
        socket.create_server(("127.0.0.1", port))
        print("free")
    except OSError as error:
        print(error.errno == errno.EADDRINUSE and "taken")]])
      assert.equal("taken\nfree\n", result.out)
    end)

    row("it is not the way to this machine by the proxy", function()
      local port = listen("127.0.0.1")
      local result = fenced.run({ as_user = identity, settings = settings({ port }),
        argv = fenced.without_no_proxy({ "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
          ("http://127.0.0.1:%d/"):format(port) }) })
      assert.equal("403", result.out)
      assert.equal(0, service.connections)
    end)

    row("inherited by a shell: curl, with no word about a proxy", function()
      service = origin.http("service")
      local result = fenced.run({ as_user = identity, settings = settings({ service.port }),
        argv = { "sh", "-c", "curl -sS " .. service:url("/", "localhost") } })
      assert.equal("service", result.out, result.err)
    end)

    row("two sandboxes speak through a port of each", function()
      local port = origin.closed_port()
      local serving = process.start({ as_user = identity, argv = { users.binary(identity), "-p",
        tostring(port), python, "-u", "-c",
        "import socket, sys\ns = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n" ..
        "print('up')\nc = s.accept()[0]\nc.sendall(c.recv(5))", tostring(port) } })
      assert.equal("up", serving:read_line("stdout"))
      local result = run(settings({ port }), {}, "127.0.0.1", port, hello)
      assert.equal("hello\n", result.out)
      assert.equal(0, serving:wait().code)
    end)
  end)
end
