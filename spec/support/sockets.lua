-- SPDX-License-Identifier: Apache-2.0
-- sockets.lua - Unix sockets of the host that say "host" to whoever connects, and count.

local process = require "spec.support.process"

local sockets = {}
sockets.__index = sockets

local python = "/usr/bin/python3"

-- Paths by standard input, a line each: answers "up PATH". "count" answers how many came in all.
local server = [[
import os, socket, sys, threading
count = 0
def serve(listener):
    global count
    while True:
        client, _ = listener.accept()
        count += 1
        try:
            client.sendall(b"host")
        except OSError:
            pass
        client.close()
for line in sys.stdin:
    path = line.rstrip("\n")
    if path == "count":
        print(count, flush=True)
        continue
    if os.path.lexists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + path[1:] if path[0] == "@" else path)
    listener.listen(128)
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
    print("up", path, flush=True)
]]

-- For each path "host", "own" or the error's name.
sockets.client = [[
import errno, socket, sys
for path in sys.argv[1:]:
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(10)
    try:
        sock.connect("\0" + path[1:] if path[0] == "@" else path)
        print(sock.recv(9).decode())
    except OSError as error:
        print(errno.errorcode.get(error.errno, error))
]]

-- A server of that user's, with no socket yet.
function sockets.serve(identity)
  return setmetatable({
    process = process.start({ argv = { python, "-c", server }, as_user = identity, stdin = true }),
  }, sockets)
end

-- A socket at `path`; "@name" is an abstract one.
function sockets:open(path)
  self.process:write(path .. "\n")
  assert(self.process:read_line("stdout") == "up " .. path, "no socket at " .. path)
  return path
end

-- How many have connected, ever.
function sockets:count()
  self.process:write("count\n")
  return tonumber(self.process:read_line("stdout"))
end

function sockets:stop()
  self.process:stop()
end

-- The argument vector of a program that tries each of these.
function sockets.tries(...)
  return { python, "-c", sockets.client, ... }
end

return sockets
