-- SPDX-License-Identifier: Apache-2.0
-- ports_spec.lua - servers in the sandbox that this machine reaches: `fence -p PORT`.

local uv = require "luv"
local descriptors = require "spec.support.descriptors"
local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local stream = require "spec.support.stream"
local users = require "spec.support.users"

local python = "/usr/bin/python3"
local program = assert(fenced.read_file("spec/support/inside.py"))
local most = 128 -- clients at once, where the descriptor limit does not ask for fewer

-- Both directions at once, in another process: HOST PORT BYTES. Prints whether all came back.
local big_client = [[
import hashlib, socket, sys, threading
host, port, total = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
peer = socket.create_connection((host, port), 30)
peer.sendall(b"echo\n")
sent, got = hashlib.sha256(), hashlib.sha256()
block = bytes(range(251)) * 1000
def write():
    left = total
    while left > 0:
        peer.sendall(block[:left])
        sent.update(block[:left])
        left -= len(block)
    peer.shutdown(socket.SHUT_WR)
writer = threading.Thread(target=write)
writer.start()
count = 0
while data := peer.recv(1 << 16):
    got.update(data)
    count += len(data)
writer.join()
print(count, sent.digest() == got.digest())
]]

-- Connects and resets, as fast as it goes: HOST PORT TIMES.
local storm = [[
import socket, struct, sys
for index in range(int(sys.argv[3])):
    peer = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
    if index % 2:
        peer.sendall(b"echo\nx")
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
print("done")
]]

-- What listens inside, -p (%d is the port), and whom this machine reaches there.
local places = {
  { "IPv4", "127.0.0.1", { "%d" }, { "127.0.0.1", "::1" }, {} },
  { "IPv6", "::1", { "%d" }, { "127.0.0.1", "::1" }, {} },
  { "every address of IPv4", "0.0.0.0", { "%d" }, { "127.0.0.1", "::1" }, {} },
  { "every address", "::", { "%d" }, { "127.0.0.1", "::1" }, {} },
  { "by IPv4 alone", "127.0.0.1", { "127.0.0.1:%d" }, { "127.0.0.1" }, { "::1", "127.0.0.2" } },
  { "by IPv6 alone", "127.0.0.1", { "[::1]:%d" }, { "::1" }, { "127.0.0.1" } },
  { "by another address", "::1", { "127.1.2.3:%d" }, { "127.1.2.3" }, { "127.0.0.1", "::1" } },
  { "by both, each for itself", "::1", { "[::1]:%d", "127.0.0.1:%d" }, { "127.0.0.1", "::1" },
    { "127.0.0.2" } },
  { "by every address", "::1", { "0.0.0.0:%d" }, { "127.0.0.1", "127.9.9.9" }, { "::1" } },
}

-- Arguments (%d: a free port, %t: one that is taken), and what fence says before anything starts.
local wrong = {
  { "port 0", { "-p", "0" }, "port '0': write the port as a number from 1 to 65535" },
  { "no number", { "-p", "http" }, "port 'http': write the port as a number from 1 to 65535" },
  { "a name", { "-p", "localhost:%d" }, ": write 3000, 127.0.0.1:3000 or [::1]:3000" },
  { "an address of others", { "-p", "192.0.2.1:%d" }, ": this machine has no such address" },
  { "a port that is taken", { "-p", "%t" }, ": another program listens there" },
  { "one that is taken, and a free one", { "-p", "%d", "-p", "%t" }, ": another program listens" },
  { "the same twice", { "-p", "%d", "-p", "%d" }, ": it was given twice" },
  { "the same twice, in long", { "--port=%d", "--port", "127.0.0.1:%d" }, ": it was given twice" },
  { "fence's own proxy", { "-p", "3128" }, ": the command finds fence's own proxy" },
  { "fence's own proxy, SOCKS5", { "-p", "0.0.0.0:1080" }, "fence's own proxy" },
  { "no value", { "-p" }, "option needs a value" },
}

local function both_gone(port)
  return not stream.connect(port) and not stream.connect(port, "::1")
end

for _, identity in ipairs(users.identities()) do
  describe("ports as " .. identity, function()
    local child

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    -- The server of inside.py behind `fence ARGS`.
    local function start(args, ...)
      local argv = fenced.argv({ as_user = identity, args = args,
        argv = { python, "-c", program, ... } })
      child = process.start({ argv = argv, as_user = identity, stdin = true })
    end

    local function serve(host, port, args)
      start(args or { "-p", tostring(port) }, host, tostring(port))
      assert.equal("up", child:read_line("stdout"))
    end

    local function ask(port, host, words)
      local peer = assert(stream.connect(port, host))
      assert(peer:send(words))
      return peer
    end

    local function answer(peer)
      peer:shutdown()
      local text, why = peer:read_all()
      peer:close()
      assert.equal("eof", why)
      return text
    end

    after_each(function()
      if child then
        child:stop()
      end
      child = nil
    end)

    for _, case in ipairs(places) do
      local name, host, ports, reached, closed = table.unpack(case)

      row("a server on " .. name, function()
        local port, args = origin.closed_port(), {}
        for _, text in ipairs(ports) do
          table.move({ "-p", text:format(port) }, 1, 2, #args + 1, args)
        end
        serve(host, port, args)
        for _, address in ipairs(reached) do
          assert.equal("hello " .. address, answer(ask(port, address, "echo\nhello " .. address)))
        end
        for _, address in ipairs(closed) do
          assert.same({ nil, "ECONNREFUSED" }, { stream.connect(port, address) })
        end
      end)
    end

    for _, case in ipairs(wrong) do
      local name, args, says = table.unpack(case)

      row("refused: " .. name, function()
        local taken, free = origin.echo(), origin.closed_port()
        local words, made = {}, users.temp_dir(identity) .. "/made"
        for index, word in ipairs(args) do
          words[index] = word:gsub("%%d", free):gsub("%%t", taken.port)
        end
        local command = args[#args] == "-p" and {} or { "--", "touch", made }
        local argv = table.move(command, 1, #command, #words + 1, words)
        table.insert(argv, 1, users.binary(identity))
        local result = process.run({ argv = argv, as_user = identity })
        taken:close()
        assert.equal(125, result.code)
        assert.truthy(result.err:find(says, 1, true), result.err)
        assert.equal(1, select(2, result.err:gsub("\n", "")))
        assert.is_false(fenced.exists(made))
        assert.is_true(both_gone(free))
      end)
    end

    row("refused: a port that somebody has on [::1], where localhost leads", function()
      local other = origin.raw(function() end, { host = "::1" })
      local port = tostring(other.port)
      local result = process.run({ as_user = identity,
        argv = { users.binary(identity), "-p", port, "true" } })
      assert.equal(125, result.code)
      assert.truthy(result.err:find("another program listens there on [::1]", 1, true))
      result = process.run({ as_user = identity,
        argv = { users.binary(identity), "-p", "127.0.0.1:" .. port, "true" } })
      other:close()
      assert.equal(0, result.code)
    end)

    row("several ports, and no other one of the sandbox", function()
      local first, second = origin.closed_port(), origin.closed_port()
      start({ "-p", tostring(first) }, "127.0.0.1", tostring(second))
      assert.equal("up", child:read_line("stdout"))
      assert.is_true(not stream.connect(second))
      child:stop()
      serve("127.0.0.1", second, { "-p", tostring(first), "-p" .. second })
      assert.equal("x", answer(ask(second, nil, "echo\nx")))
    end)

    row("nobody listens inside yet: turned away at once, and said under -d", function()
      local port = origin.closed_port()
      start({ "-d", "-p", tostring(port) }, "127.0.0.1", tostring(port), "wait")
      assert.equal("waiting", child:read_line("stdout"))
      local begun = loop.now()
      local peer, why = stream.connect(port)
      local text = peer and peer:read_all()
      assert.truthy(text == "" or why == "ECONNRESET", why) -- a reset may be faster than we
      if peer then
        peer:close()
      end
      assert.is_true(loop.now() - begun < 1000)
      local line
      repeat
        line = assert(child:read_line("stderr"))
      until line:find("turned away", 1, true)
      assert.equal(("[fence] a client of port %d was turned away: nothing in the sandbox " ..
        "listens there"):format(port), line)
      child:write("go\n")
      assert.equal("up", child:read_line("stdout"))
      assert.equal("now", answer(ask(port, nil, "echo\nnow")))
    end)

    row("a client that ends its own direction hears the answer", function()
      local port = origin.closed_port()
      serve("127.0.0.1", port)
      local text = answer(ask(port, nil, { "sink\n", ("x"):rep(300000) }))
      assert.truthy(text:find("^300000 %x+$"), text)
    end)

    row("a server that ends first, and reads late, loses nothing", function()
      local port = origin.closed_port()
      serve("127.0.0.1", port)
      for _ = 1, 3 do
        local peer = ask(port, nil, "late\n")
        assert.same({ "", "eof" }, { peer:read_all() })
        peer:send(("y"):rep(200000)) -- lies in the buffers of sockets
        peer:shutdown()
        peer:close()
        assert.equal("x", answer(ask(port, nil, "echo\nx")))
        child:write("read\n")
        local line = child:read_line("stdout")
        assert.truthy(line:find("^late 200000 "), line)
      end
    end)

    row("a reset is a reset, either way", function()
      local port = origin.closed_port()
      serve("127.0.0.1", port)
      local peer = ask(port, nil, "reset\n")
      local _, why = peer:read_all()
      peer:close()
      assert.equal("ECONNRESET", why)
      peer = ask(port, nil, "watch\n")
      assert.equal("watching", child:read_line("stdout"))
      peer:reset()
      assert.equal("reset", child:read_line("stdout"))
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
    end)

    row("64 MB each way at once", function()
      local port = origin.closed_port()
      serve("::1", port)
      local result = process.run({ as_user = identity,
        argv = { python, "-c", big_client, "127.0.0.1", tostring(port), "64000000" } })
      assert.equal("64000000 True\n", result.out)
    end)

    row("a client that does not read stops the server, and nothing is lost", function()
      local port = origin.closed_port()
      serve("127.0.0.1", port)
      local handle, connected = uv.new_tcp(), nil
      assert(handle:connect("127.0.0.1", port, function(err) connected = err or true end))
      loop.wait(function() return connected end)
      local peer = stream.new(handle, true)
      assert(peer:send("source 50000000\n"))
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
      peer:resume()
      local bytes, why = peer:read_all(60000)
      peer:close()
      assert.same({ 50000000, "eof" }, { #bytes, why })
    end)

    row("more clients than there are sockets wait, and none is dropped", function()
      local port, peers, served = origin.closed_port(), {}, 0
      serve("127.0.0.1", port)
      for index = 1, 300 do
        peers[index] = ask(port, nil, ("echo\nclient %3d"):format(index))
      end
      for index = 1, 100 do -- as many as there must be in any case
        assert.equal(("client %3d"):format(index), (peers[index]:read(10)))
      end
      loop.sleep(200)
      for index = 1, 300 do
        served = served + (peers[index].size > 0 and 1 or 0)
        assert.is_falsy(peers[index].eof)
      end
      assert.is_true(served <= most - 100, tostring(served)) -- beside the 100 that were read
      for index = 1, 300 do
        local text, why = index > 100 and peers[index]:read(10), nil
        assert.equal(index > 100 and ("client %3d"):format(index), text, why)
        peers[index]:close()
      end
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
    end)

    row("a thousand clients one after another leave no descriptor", function()
      local port = origin.closed_port()
      serve("::1", port)
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
      local before = descriptors.count(child.pid)
      for index = 1, 1000 do
        assert.equal("x", answer(ask(port, index % 2 == 0 and "::1" or nil, "echo\nx")))
      end
      loop.wait(function() return descriptors.count(child.pid) <= before end, 2000)
      assert.is_true(descriptors.count(child.pid) <= before)
    end)

    row("3N.253 a storm of clients that reset", function()
      local port = origin.closed_port()
      serve("::1", port)
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
      local before = descriptors.count(child.pid)
      local result = process.run({ argv = { python, "-c", storm, "127.0.0.1", tostring(port),
        "5000" }, timeout = 60000 })
      assert.equal("done\n", result.out, result.err)
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
      loop.wait(function() return descriptors.count(child.pid) <= before end, 2000)
      assert.is_true(descriptors.count(child.pid) <= before)
    end)

    row("3G.133 the command has no descriptor of them", function()
      local result = process.run({ as_user = identity, argv = { users.binary(identity), "-p",
        tostring(origin.closed_port()), "sh", "-c", "cd /proc/self/fd; echo *" } })
      assert.equal("0 1 2 3\n", result.out)
    end)

    row("the end of the command ends the port and its connections", function()
      local port = origin.closed_port()
      serve("127.0.0.1", port)
      local peer = ask(port, nil, "echo\nx")
      assert.equal("x", (peer:read(1)))
      child:kill("sigterm")
      peer:read_all()
      assert.is_true(peer.eof)
      peer:close()
      child:wait()
      child = nil
      assert.is_true(both_gone(port))
    end)

    row("clients that wait since before the command runs are served", function()
      local port = origin.closed_port()
      start({ "-p", tostring(port) }, "127.0.0.1", tostring(port))
      local peer
      loop.wait(function()
        peer = peer or stream.connect(port)
        return peer
      end)
      peer:close() -- early or not: it has done no harm
      assert.equal("up", child:read_line("stdout"))
      assert.equal("x", answer(ask(port, nil, "echo\nx")))
    end)

    row("few descriptors are fewer clients at once, not none", function()
      local port = origin.closed_port()
      local argv = fenced.argv({ as_user = identity, args = { "-p", tostring(port) },
        argv = { python, "-c", program, "127.0.0.1", tostring(port) } })
      child = process.start({ as_user = identity, stdin = true, argv = { "sh", "-c",
        'ulimit -n 128; exec "$@"', "sh", table.unpack(argv) } })
      assert.equal("up", child:read_line("stdout"))
      local peers = {}
      for index = 1, 60 do
        peers[index] = ask(port, nil, "echo\nx")
      end
      for index = 1, 60 do
        assert.equal("x", answer(peers[index]))
      end
    end)

    row("HTTP: curl on this machine, python's server inside", function()
      local port, folder = origin.closed_port(), users.temp_dir(identity)
      users.write_file(identity, folder .. "/page", ("page\n"):rep(100000))
      child = process.start({ as_user = identity, cwd = folder, argv = { users.binary(identity),
        "-p", tostring(port), "sh", "-c",
        ("exec %s -u -m http.server --bind 127.0.0.1 %d 2>&1"):format(python, port) } })
      assert.truthy(child:read_line("stdout"):find("Serving HTTP", 1, true))
      for _, host in ipairs({ "localhost", "127.0.0.1", "[::1]" }) do
        local url = ("http://%s:%d/page"):format(host, port)
        local result = process.run({ argv = { "curl", "-sS", "--noproxy", "*", url, url } })
        assert.equal("", result.err)
        assert.equal(1000000, #result.out)
      end
    end)

    row("WebSocket: client on this machine, server inside", function()
      local port = origin.closed_port()
      local inside = [[
import asyncio, sys, websockets
async def handle(connection, *_):
    async for message in connection:
        await connection.send(message)
async def main():
    async with websockets.serve(handle, "localhost", int(sys.argv[1]), compression=None):
        print("up", flush=True)
        await asyncio.Future()
asyncio.run(main())]]
      local outside = [[
import asyncio, sys, websockets
async def main():
    async with websockets.connect("ws://localhost:" + sys.argv[1], compression=None) as peer:
        for message in ["text", b"bytes" * 100000] * 20:
            await peer.send(message)
            assert await peer.recv() == message
    print("all came back")
asyncio.run(main())]]
      child = process.start({ as_user = identity, argv = { users.binary(identity), "-p",
        tostring(port), python, "-c", inside, tostring(port) } })
      assert.equal("up", child:read_line("stdout"))
      local result = process.run({ argv = { python, "-c", outside, tostring(port) } })
      assert.equal("all came back\n", result.out, result.err)
    end)
  end)
end
