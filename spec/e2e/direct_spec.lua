-- SPDX-License-Identifier: Apache-2.0
-- direct_spec.lua - nothing leads out of the sandbox but its proxy: no socket of any kind.
--
-- Each row is a few lines of Python, run twice: on the host, where it must reach the spec's own
-- servers (or it would prove nothing), and in the sandbox, where it must not.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- PORT is a TCP origin's, or a UDP sink's; both on loopback. A row prints what came back; any other
-- exception than the system's own is a fault of the row.
local head = [[
import os, socket, struct, sys
PORT, NAME = int(sys.argv[1]), sys.argv[2]
GET = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
def tcp(family, address, protocol=0, words=GET):
    with socket.socket(family, socket.SOCK_STREAM, protocol) as s:
        s.settimeout(3)
        s.connect(address)
        s.sendall(words)
        print("reached", s.recv(100))
def udp(family, address, send):
    with socket.socket(family, socket.SOCK_DGRAM) as s:
        send(s, address)
        print("reached", address)
try:
    exec(sys.argv[3])
except OSError as error:
    sys.exit(f"refused: {error}")
]]

-- name, code, and what it is to reach: "tcp4", "tcp6", "udp4", "udp6" (their servers must see it
-- from the host), "abstract" (a unix socket without a path), or nil: the host's answer is its own.
-- `stays`: the sandbox's own network answers, or takes it, and nothing leaves that.
local rows = {
  { "TCP over IPv4", "tcp4", "tcp(socket.AF_INET, ('127.0.0.1', PORT))" },
  { "TCP over IPv6", "tcp6", "tcp(socket.AF_INET6, ('::1', PORT))" },
  { "TCP to a mapped address", "tcp4", "tcp(socket.AF_INET6, ('::ffff:127.0.0.1', PORT))" },
  { "TCP to 0.0.0.0, which is this machine", "tcp4", "tcp(socket.AF_INET, ('0.0.0.0', PORT))" },
  { "TCP with data in its SYN", "tcp4", [[
s = socket.socket()
s.sendto(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", socket.MSG_FASTOPEN, ("127.0.0.1", PORT))
print("reached", s.recv(100))]] },
  { "3G.154 MPTCP", nil, "tcp(socket.AF_INET, ('127.0.0.1', PORT), 262)" },
  { "3G.154 SCTP", nil, "tcp(socket.AF_INET, ('127.0.0.1', PORT), 132)" },
  { "TCP to another machine", nil, "tcp(socket.AF_INET, ('203.0.113.11', 443), words=b'hi')" },
  { "TCP to another machine over IPv6", nil,
    "tcp(socket.AF_INET6, ('2001:db8::11', 443), words=b'hi')" },
  { "3A.28 the cloud's metadata", nil,
    "tcp(socket.AF_INET, ('169.254.169.254', 443), words=b'hi')" },
  { "UDP over IPv4", "udp4",
    "udp(socket.AF_INET, ('127.0.0.1', PORT), lambda s, to: s.sendto(b'hello', to))" },
  { "UDP over IPv6", "udp6",
    "udp(socket.AF_INET6, ('::1', PORT), lambda s, to: s.sendto(b'hello', to))" },
  { "UDP to another machine", nil,
    "udp(socket.AF_INET, ('203.0.113.11', 53), lambda s, to: s.sendto(b'hello', to))",
    stays = true },
  { "UDP to everyone here", nil, [[
def send(s, to):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    s.sendto(b"hello", to)
udp(socket.AF_INET, ("255.255.255.255", PORT), send)]], stays = true },
  { "multicast", nil,
    "udp(socket.AF_INET, ('224.0.0.251', 5353), lambda s, to: s.sendto(b'hello', to))",
    stays = true },
  { "3D.89 the machine's name server", nil, [=[
words = [line.split() for line in open("/etc/resolv.conf")]
servers = [w[1] for w in words if w[:1] == ["nameserver"] and ":" not in w[1]] or ["203.0.113.53"]
query = struct.pack("!6H", 7, 256, 1, 0, 0, 0) + b"\4good\4test\0" + struct.pack("!2H", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    s.settimeout(1)
    s.sendto(query, (servers[0], 53))
    print("reached", s.recv(512))]=], stays = true },
  { "3D.89 names by the C library", nil, "print('reached', socket.gethostbyname('good.test'))",
    stays = true },
  { "3D.90 a name below an allowed one", nil,
    "print('reached', socket.getaddrinfo('secret.good.test', 443))", stays = true },
  { "ping", nil, [[
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as s:
    s.sendto(b"\10\0" + bytes(6), ("203.0.113.11", 0))
    print("reached")]] },
  { "raw packets", nil, "socket.socket(socket.AF_INET, socket.SOCK_RAW, 6); print('reached')" },
  { "3G.154 packet sockets", nil,
    "socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x300); print('reached')" },
  { "3G.154 AF_VSOCK", nil, [[
with socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM) as s:
    s.settimeout(1)
    s.connect((2, PORT))
    print("reached")]] },
  { "3H.168 an abstract socket", "abstract", [[
with socket.socket(socket.AF_UNIX) as s:
    s.connect("\0" + NAME)
    print("reached", s.recv(100))]] },
}

-- A unix socket without a path, which luv cannot make.
local abstract_server = [[
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind("\0" + sys.argv[1])
server.listen()
print("listening", flush=True)
while True:
    client, _ = server.accept()
    client.sendall(b"from the host")
    client.close()
]]

local function udp_sink(host)
  local sink = { handle = uv.new_udp(), datagrams = 0 }
  assert(sink.handle:bind(host, 0))
  sink.port = sink.handle:getsockname().port
  sink.handle:recv_start(loop.guard(function(_, data)
    sink.datagrams = sink.datagrams + (data and 1 or 0)
  end))
  return sink
end

for _, identity in ipairs(users.identities()) do
  describe("nothing leads out as " .. identity, function()
    local servers, child
    local name = ("fence-spec-%d-%s"):format(uv.os_getpid(), identity)

    lazy_setup(function()
      local function respond(connection)
        connection:read_until("\r\n\r\n", 1000)
        connection:send(origin.response("200 OK", "origin"))
      end
      servers = {
        tcp4 = origin.raw(respond), tcp6 = origin.raw(respond, { host = "::1" }),
        udp4 = udp_sink("127.0.0.1"), udp6 = udp_sink("::1"),
      }
      child = process.start({ argv = { python, "-c", abstract_server, name } })
      assert(child:read_line("stdout") == "listening")
    end)

    lazy_teardown(function()
      servers.tcp4:close()
      servers.tcp6:close()
      servers.udp4.handle:close()
      servers.udp6.handle:close()
      child:stop()
    end)

    local function seen(target)
      local server = servers[target] or {}
      return (server.connections or 0) + (server.datagrams or 0)
    end

    for _, case in ipairs(rows) do
      local title, target, code = table.unpack(case, 1, 3)

      it("by " .. title, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        local port = (servers[target] or servers.tcp4).port
        local argv = { python, "-c", head, tostring(port), name, code }
        if target then -- the row must be able to fail
          local control = process.run({ argv = argv, as_user = identity })
          assert.matches("^reached", control.out, control.err)
          loop.wait(function() return seen(target) > 0 or target == "abstract" end, 1000)
          assert.is_true(seen(target) > 0 or target == "abstract")
        end

        local before = seen("tcp4") + seen("tcp6") + seen("udp4") + seen("udp6")
        local result = fenced.run({
          argv = argv, as_user = identity, settings = {
            network = { allowedDomains = { "good.test", "*.good.test", "127.0.0.1" } },
          },
        })
        if case.stays then
          assert.matches("^reached", result.out, result.err)
        elseif target ~= "udp4" and target ~= "udp6" then -- a datagram is sent to nobody
          assert.equal("", result.out)
          assert.equal(1, result.code)
          assert.matches("\nrefused: ", "\n" .. result.err) -- beside fence's own hint
        end
        loop.sleep(50)
        assert.equal(before, seen("tcp4") + seen("tcp6") + seen("udp4") + seen("udp6"))
      end)
    end

    it("but by a pinned name through the proxy", function()
      fenced.require_tool(pending, { "curl", "--version" })
      sandbox.require_sandbox(pending, identity)
      local before = seen("tcp4")
      for host, status in pairs({
        ["good.test"] = "200", ["127.0.0.1"] = "403", localhost = "403", ["0.0.0.0"] = "403",
        ["[::ffff:127.0.0.1]"] = "403",
      }) do
        local result = fenced.run({
          argv = fenced.without_no_proxy({ "curl", "-qsS", "-o", "/dev/null", "-w", "%{http_code}",
            servers.tcp4:url("/", host) }),
          settings = fenced.settings({ "good.test" }), as_user = identity,
        })
        assert.equal(status, result.out, host)
      end
      assert.equal(before + 1, seen("tcp4"))
    end)
  end)
end
