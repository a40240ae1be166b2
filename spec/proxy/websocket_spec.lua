-- SPDX-License-Identifier: Apache-2.0
-- websocket_spec.lua - WebSocket (RFC 6455) between client and server of python3-websockets, both
-- in a tunnel and behind an absolute-form request that becomes another protocol.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local wire = require "spec.support.wire"

local python = "/usr/bin/python3" -- the system's: one of the user's may come first in PATH

-- Prints its port. Sends every message back as it came; to "bye" it closes with a word of its own.
local server = [[
import asyncio, websockets

async def handle(connection):
    async for message in connection:
        if message == "bye":
            await connection.close(4000, "as you wish")
        await connection.send(message)

async def main():
    options = {"max_size": 1 << 22, "ping_interval": None, "compression": None}
    async with websockets.serve(handle, "127.0.0.1", 0, **options) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()

asyncio.run(main())
]]

-- PROXY-PORT WAY HOST PORT. Prints a line for each thing that went as it should.
local client = [[
import os, socket, struct, sys, warnings

warnings.simplefilter("ignore")
try:
    from websockets.client import ClientProtocol as Protocol
except ImportError:
    from websockets.client import ClientConnection as Protocol # before 11.0
from websockets.frames import Opcode
from websockets.uri import parse_uri

port, way, authority = int(sys.argv[1]), sys.argv[2], "%s:%s" % tuple(sys.argv[3:5])
peer = socket.create_connection(("127.0.0.1", port), 10)
protocol = Protocol(parse_uri("ws://%s/chat" % authority), max_size=1 << 22)

def flush():
    for data in protocol.data_to_send():
        if data:
            peer.sendall(data)

def events():
    while not (found := protocol.events_received()):
        data = peer.recv(1 << 18)
        protocol.receive_data(data) if data else protocol.receive_eof()
        flush()
        if not data:
            return [None]
    return found

def refused(head):
    print(head.split(b"\r\n")[0].decode())
    sys.exit()

if way == "CONNECT":
    peer.sendall(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (authority, authority)).encode())
    head = b""
    while not head.endswith(b"\r\n\r\n") and (byte := peer.recv(1)):
        head += byte
    if b" 200 " not in head:
        refused(head)
elif way == "SOCKS5":
    host, number = sys.argv[3].encode(), int(sys.argv[4])
    peer.sendall(b"\5\1\0" + b"\5\1\0\3" + bytes([len(host)]) + host + struct.pack(">H", number))
    reply = b""
    while len(reply) < 12 and (more := peer.recv(12 - len(reply))):
        reply += more
    if reply[:4] != b"\5\0\5\0":
        refused(b"SOCKS5 %d" % reply[3])

request = protocol.connect()
if way == "absolute form":
    request.path = "http://%s/chat" % authority
protocol.send_request(request)
flush()
if way == "absolute form" and b" 101 " not in (head := peer.recv(1 << 16, socket.MSG_PEEK)):
    refused(head)
first = events()[0]
assert first.status_code == 101, first
print("open")

def gather(count):
    pieces = []
    while sum(map(len, pieces)) < count:
        for frame in events():
            pieces.append(frame.data)
            opcode = frame.opcode if len(pieces) == 1 else opcode
    return opcode, b"".join(pieces)

text = ("\u00e9\u20ac%06d" % 1 * 100000)[:400000].encode()
text += b"x" * ((1 << 20) - len(text))
binary = b"\x16\x03" + os.urandom((1 << 20) - 2)
for index in range(3):
    protocol.send_text(text)
    flush()
    assert gather(len(text)) == (Opcode.TEXT, text)
    protocol.send_binary(binary)
    flush()
    assert gather(len(binary)) == (Opcode.BINARY, binary)
print("text and binary")
for letter in (b"a", b"b", b"c"):
    protocol.send_ping(letter)
    flush()
    pong = events()[0]
    assert (pong.opcode, pong.data) == (Opcode.PONG, letter), pong
print("pong")
if sys.argv[5] == "mine":
    protocol.send_close(1000, "done")
else:
    protocol.send_text(b"bye")
flush()
last = events()[0]
assert last.opcode == Opcode.CLOSE, last
print(struct.unpack(">H", last.data[:2])[0], last.data[2:].decode())
while events() != [None]:
    pass
print("closed")
]]

describe("a WebSocket", function()
  local w

  local function start()
    fenced.require_tool(pending, { python, "-c", "import websockets" })
    if not w then
      local child = process.start({ argv = { python, "-c", server } })
      local line, why = child:read_line()
      w = wire.start({ door = "both", origin = {
        port = tonumber((assert(line, why))), close = function() child:stop() end,
      } })
    end
  end
  lazy_teardown(function()
    if w then
      w:stop()
    end
  end)

  local function talk(way, host, closing)
    return process.run({ argv = { python, "-c", client, tostring(w.proxy.port), way, host,
      tostring(w.origin.port), closing } })
  end

  for _, way in ipairs({ "CONNECT", "absolute form", "SOCKS5" }) do
    local refusal = way == "SOCKS5" and "SOCKS5 2\n" or "HTTP/1.1 403 Forbidden\n"

    it("by " .. way .. ": messages of 1 MB both ways, and the client closes", function()
      start()
      local result = talk(way, "good.test", "mine")
      assert.equal("open\ntext and binary\npong\n1000 done\nclosed\n", result.out, result.err)
      assert.equal("", result.err)
    end)

    it("by " .. way .. ": messages of 1 MB both ways, and the server closes", function()
      start()
      local result = talk(way, "good.test", "yours")
      assert.equal("open\ntext and binary\npong\n4000 as you wish\nclosed\n", result.out,
        result.err)
      assert.equal("", result.err)
    end)

    it("by " .. way .. " to a name that is not allowed is refused", function()
      start()
      local result = talk(way, "evil.test", "mine")
      assert.equal(refusal, result.out, result.err)
    end)
  end
end)
