-- SPDX-License-Identifier: Apache-2.0
-- transfer_spec.lua - 1 GiB up and 1 GiB down through a tunnel, an eighth of it by every other way,
-- to the last bit, in little memory.
--
-- curl is the client; the origin is a program of its own, so that nobody waits for this one's loop.
-- How fast it goes is measured in tests/bench, not here.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local wire = require "spec.support.wire"

local sanitized = (os.getenv("FENCE_SANITIZED") or "") ~= ""
local large = sanitized and 64 << 20 or 1 << 30
local small = large // 8
local memory_kib = 16 * 1024

-- The bytes: random ones, with the number of each block in front: what is lost, doubled or moved
-- shows, and no two runs have the same. The first byte is 0: what begins like TLS is judged.
local blocks = [[
import hashlib, random, re, socket, socketserver, struct, sys

tail = random.Random(int(sys.argv[1])).randbytes((1 << 18) - 8)

def blocks(size):
    for index in range(size >> 18):
        yield struct.pack(">Q", index), tail
]]

local sender = blocks .. [[
for pair in blocks(int(sys.argv[2])):
    for part in pair:
        sys.stdout.buffer.write(part)
]]

-- Prints its port, and the hash for each of the sizes it is given. GET /SIZE/length, /SIZE/chunked
-- or /SIZE/end, as its answer is to be framed; to PUT it answers how that was, and the hash.
local server = blocks .. [[
class Handler(socketserver.StreamRequestHandler):
    rbufsize = 1 << 18

    def handle(self):
        line, fields = self.rfile.readline().decode(), {}
        while (field := self.rfile.readline().decode()) != "\r\n":
            fields[field.split(":")[0].lower()] = field.split(":", 1)[1].strip()
        if "100-continue" in fields.get("expect", ""):
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if line.startswith("PUT"):
            framing, digest = self.receive(fields)
            self.answer("Content-Length: %d" % (len(digest) + len(framing) + 1))
            self.wfile.write(("%s %s" % (framing, digest)).encode())
        else:
            self.send(*line.split(" ")[1].split("/")[1:])

    def answer(self, field):
        head = "HTTP/1.1 200 OK\r\nConnection: close\r\n%s\r\n\r\n" % field
        self.wfile.write(head.encode())

    def send(self, size, framing):
        before, after = b"", b""
        if framing == "chunked":
            before, after = b"%x\r\n" % (1 << 18), b"\r\n"
        self.answer({"length": "Content-Length: " + size, "end": "X-Framing: none",
                     "chunked": "Transfer-Encoding: chunked"}[framing])
        for number, bytes in blocks(int(size)):
            self.wfile.write(before + number)
            self.wfile.write(bytes)
            if after:
                self.wfile.write(after)
        if after:
            self.wfile.write(b"0\r\n\r\n")

    def receive(self, fields):
        digest = hashlib.sha256()
        def take(left):
            while left:
                bytes = self.rfile.read1(min(left, 1 << 18))
                if not bytes:
                    return
                digest.update(bytes)
                left -= len(bytes)
        if "content-length" in fields:
            take(int(fields["content-length"]))
            return "length", digest.hexdigest()
        while length := int(self.rfile.readline() or b"0", 16):
            take(length)
            self.rfile.readline()
        self.rfile.readline()
        return "chunked", digest.hexdigest()

class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

with Server(("127.0.0.1", 0), Handler) as origin:
    words = [str(origin.server_address[1])]
    for size in sys.argv[2:]:
        digest = hashlib.sha256()
        for pair in blocks(int(size)):
            for part in pair:
                digest.update(part)
        words.append(digest.hexdigest())
    print(*words, flush=True)
    origin.serve_forever()
]]

-- The greatest amount of memory it has ever had, in KiB.
local function peak(pid)
  for line in io.lines(("/proc/%d/status"):format(pid)) do
    local value = line:match("^VmHWM:%s*(%d+) kB")
    if value then
      return tonumber(value)
    end
  end
end

describe("a transfer", function()
  local w, digests
  local seed = tostring(math.random(1 << 30))

  lazy_setup(function()
    local child = process.start({ argv = { "/usr/bin/python3", "-c", server, seed,
      tostring(large), tostring(small) } })
    local line, why = child:read_line()
    local port, of_large, of_small = assert(line, why):match("^(%d+) (%x+) (%x+)$")
    digests = { [large] = of_large, [small] = of_small }
    w = wire.start({ door = "both", origin = {
      port = tonumber(port), close = function() child:stop() end,
    } })
  end)
  lazy_teardown(function()
    if w then
      w:stop()
    end
  end)

  -- Runs a line of shell, in which "$@" is curl with its options.
  local function run(line, way, size, framing)
    local argv = { "sh", "-c", line, "sh", "curl", "-sSq", "-f", "--max-time", "100" }
    for _, word in ipairs(way) do
      argv[#argv + 1] = (word:gsub("PROXY", "127.0.0.1:" .. w.proxy.port))
    end
    argv[#argv + 1] = w:fill(("http://good.test:{port}/%d/%s"):format(size, framing))
    local result = process.run({ argv = argv, timeout = 110000, env = {
      SENDER = sender, SEED = seed, SIZE = tostring(size),
    } })
    assert.equal("", result.err)
    return result.out
  end

  local function row(name, size, fn)
    it(("of %d MiB %s"):format(size >> 20, name), function()
      fenced.require_tool(pending, { "curl", "--version" })
      fn()
      local kib = peak(w.proxy.child.pid)
      assert.is_true(sanitized or kib <= memory_kib, ("needed %d KiB"):format(kib))
    end)
  end

  local upload = {
    chunked = '/usr/bin/python3 -c "$SENDER" "$SEED" "$SIZE" | "$@" -T -',
    length = '/usr/bin/python3 -c "$SENDER" "$SEED" "$SIZE" | "$@" -T - ' ..
      "-H 'Transfer-Encoding:' -H \"Content-Length: $SIZE\"", -- no value: no such field
  }

  local ways = {
    { "absolute form", small, { "--proxy", "http://PROXY" } },
    { "SOCKS5", small, { "--proxy", "socks5h://PROXY" } },
    { "CONNECT", large, { "--proxy", "http://PROXY", "--proxytunnel" } },
  }
  for _, each in ipairs(ways) do
    local name, size, way = table.unpack(each)
    local framings = name == "absolute form" and { "length", "chunked", "end" } or { "length" }

    for _, framing in ipairs(framings) do
      row(("comes down by %s, framed by %s"):format(name, framing), size, function()
        assert.equal(digests[size] .. "  -\n", run('"$@" | sha256sum', way, size, framing))
      end)

      if upload[framing] then
        row(("goes up by %s, framed by %s"):format(name, framing), size, function()
          assert.equal(framing .. " " .. digests[size], run(upload[framing], way, size, "upload"))
        end)
      end
    end
  end
end)
