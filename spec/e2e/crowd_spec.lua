-- SPDX-License-Identifier: Apache-2.0
-- crowd_spec.lua - 2,000 tunnels at once from inside the sandbox, by each door: nothing is lost,
-- and nothing is left open when the client closes first.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local tunnels = (os.getenv("FENCE_SANITIZED") or "") == "" and 2000 or 200

-- Prints its port; sends back what it gets, and ends its direction after the client has.
local server = [[
import resource, selectors, socket

hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
listener.setblocking(False)
print(listener.getsockname()[1], flush=True)
watched, waiting = selectors.DefaultSelector(), {}
watched.register(listener, selectors.EVENT_READ)
while True:
    for key, _ in watched.select():
        peer = key.fileobj
        if peer is listener:
            peer = listener.accept()[0]
            peer.setblocking(False)
            waiting[peer] = b""
            watched.register(peer, selectors.EVENT_READ)
            continue
        try:
            if waiting[peer]:
                waiting[peer] = waiting[peer][peer.send(waiting[peer]):]
            elif data := peer.recv(1 << 16):
                waiting[peer] = data[peer.send(data):]
            else:
                watched.unregister(peer)
                peer.close()
                continue
        except BlockingIOError:
            pass
        except OSError:
            watched.unregister(peer)
            peer.close()
            continue
        wish = selectors.EVENT_WRITE if waiting[peer] else selectors.EVENT_READ
        watched.modify(peer, wish)
]]

-- DOOR COUNT HOST PORT. Says "ready", and at each line it reads goes on: opens all tunnels; then
-- has 64 KiB echoed through every one and closes them; then ends.
local client = [[
import asyncio, hashlib, os, resource, socket, struct, sys
from urllib.parse import urlsplit

door, count, host, port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
proxy = urlsplit(os.environ["HTTP_PROXY" if door == "CONNECT" else "ALL_PROXY"])

async def open_tunnel():
    reader, writer = await asyncio.open_connection(proxy.hostname, proxy.port)
    if door == "CONNECT":
        authority = "%s:%d" % (host, port)
        writer.write(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (authority, authority)).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 "), answer
    else:
        name = bytes([len(host)]) + host.encode()
        writer.write(b"\5\1\0" + b"\5\1\0\3" + name + struct.pack(">H", port))
        answer = await reader.readexactly(12)
        assert answer[:4] == b"\5\0\5\0", answer
    return reader, writer

# Its first byte is never that of a TLS record
async def echo(index, reader, writer):
    payload = struct.pack(">I", index) + os.urandom((1 << 16) - 4)
    writer.write(payload)
    expected, got, left = hashlib.sha256(payload).digest(), hashlib.sha256(), len(payload)
    del payload
    while left and (data := await reader.read(left)):
        got.update(data)
        left -= len(data)
    return not left and got.digest() == expected

async def told():
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

async def main():
    print("ready", flush=True)
    await told()
    opened = await asyncio.gather(*(open_tunnel() for _ in range(count)), return_exceptions=True)
    failed = [why for why in opened if isinstance(why, BaseException)]
    print("open", count - len(failed), *map(repr, failed[:3]), flush=True)
    await told()
    opened = [pair for pair in opened if not isinstance(pair, BaseException)]
    echoed = await asyncio.gather(*(echo(index, *pair) for index, pair in enumerate(opened)),
                                  return_exceptions=True)
    failed = [why for why in echoed if why is not True]
    print("intact", echoed.count(True), *map(repr, failed[:3]), flush=True)
    for _, writer in opened:
        writer.close()
    await told()

asyncio.run(main())
]]

local function count_descriptors(pid)
  local count, scan = 0, assert(uv.fs_scandir(("/proc/%d/fd"):format(pid)))
  while uv.fs_scandir_next(scan) do
    count = count + 1
  end
  return count
end

local function hard_limit()
  for line in io.lines("/proc/self/limits") do
    local hard = line:match("^Max open files%s+%S+%s+(%S+)")
    if hard then
      return tonumber(hard) or math.huge
    end
  end
end

for _, identity in ipairs(users.identities()) do
  describe("a crowd in the sandbox as " .. identity, function()
    local origin, port, child

    lazy_setup(function()
      origin = process.start({ argv = { "/usr/bin/python3", "-c", server } })
      local line, why = origin:read_line()
      port = assert(line, why)
    end)
    lazy_teardown(function() origin:stop() end)
    after_each(function()
      if child then
        child:stop()
        child = nil
      end
    end)

    for _, door in ipairs({ "CONNECT", "SOCKS5" }) do
      it(("3H.172 %d tunnels by %s, 64 KiB echoed by each"):format(tunnels, door), function()
        fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
        sandbox.require_sandbox(pending, identity)
        if hard_limit() < 2 * tunnels + 200 then
          pending("this machine does not allow " .. 2 * tunnels + 200 .. " descriptors")
        end
        child = process.start({
          argv = fenced.argv({
            argv = { "/usr/bin/python3", "-c", client, door, tostring(tunnels), "good.test", port },
            settings = fenced.settings({ "good.test" }), as_user = identity,
          }),
          as_user = identity, stdin = true,
        })
        assert.equal("ready", child:read_line())
        local before = count_descriptors(child.pid)
        child:write("\n")
        assert.equal("open " .. tunnels, child:read_line("stdout", 40000))
        assert.is_true(count_descriptors(child.pid) >= before + 2 * tunnels)
        child:write("\n")
        assert.equal("intact " .. tunnels, child:read_line("stdout", 40000))
        assert.is_true(loop.wait(function()
          loop.sleep(10) -- /proc announces no change
          return count_descriptors(child.pid) <= before
        end, 10000))
        child:write("\n")
        local result = child:wait()
        assert.same({ 0, "" }, { result.code, result.err })
      end)
    end
  end)
end
