-- SPDX-License-Identifier: Apache-2.0
-- last_words_spec.lua - what a command wrote before its end gets out, as it would without fence.

local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"
local size = 1 << 20

-- The command's own way to fence's proxy, a tunnel through it, and its last words.
local tunnel = [[
import os, socket, sys
s = socket.create_connection(("127.0.0.1", 3128))
s.sendall(f"CONNECT 127.0.0.1:{sys.argv[1]} HTTP/1.0\r\n\r\n".encode())
head = b""
while b"\r\n\r\n" not in head:
    head += s.recv(4096)
assert head.startswith(b"HTTP/1.1 200"), head
s.sendall(b"x" * int(sys.argv[2]))
]]

-- name, how it ends once all is written, its status
local ends = {
  { "it exits", "os._exit(3)", 3 },
  { "it closes first", "s.close(); os._exit(3)", 3 },
  { "it ends its side first", "s.shutdown(socket.SHUT_WR); os._exit(3)", 3 },
  { "a signal ends it", "os.kill(os.getpid(), 15)", 143 },
}

for _, identity in ipairs(users.identities()) do
  describe("last words, as " .. identity .. ":", function()
    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    for _, case in ipairs(ends) do
      row("a tunnel, and " .. case[1], function()
        local got, ended = 0, false
        local server = origin.raw(function(connection)
          repeat
            loop.wait(function() return connection.size > 0 or connection.eof end)
            got = got + connection.size
            local more = connection.size > 0 and connection:read(connection.size)
          until not more
          ended = true
          connection:shutdown()
        end)
        local result = fenced.run({ as_user = identity, timeout = 60000,
          settings = { network = { allowedDomains = { "127.0.0.1" } } },
          argv = { python, "-c", tunnel .. case[2], tostring(server.port), tostring(size) } })
        assert.equal(case[3], result.code, result.err)
        loop.wait(function() return ended end)
        assert.equal(size, got)
      end)
    end

    row("a server behind -p that answers once", function()
      local port = origin.closed_port()
      local serving = process.start({ as_user = identity, argv = { users.binary(identity), "-p",
        tostring(port), python, "-u", "-c", ([[
import os, socket
s = socket.create_server(("127.0.0.1", %d))
print("up")
c = s.accept()[0]
c.recv(1)
c.sendall(b"x" * %d)
os._exit(3)]]):format(port, size) } })
      assert.equal("up", serving:read_line("stdout"))
      local client = process.run({ timeout = 60000, argv = { python, "-c", [[
import socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"?")
got = 0
while more := s.recv(1 << 16):
    got += len(more)
print(got)]], tostring(port) } })
      assert.equal(size .. "\n", client.out, client.err)
      assert.equal(3, serving:wait().code)
    end)

    row("who does not read them holds nobody up for long", function()
      local result
      local server = origin.raw(function(connection)
        connection:pause()
        loop.wait(function() return result end)
      end)
      result = fenced.run({ as_user = identity, timeout = 60000,
        settings = { network = { allowedDomains = { "127.0.0.1" } } },
        argv = { python, "-c", "import threading\n" .. tunnel:gsub("s%.sendall%(b\"x\".*$", "") ..
          "threading.Timer(1, os._exit, (3,)).start()\nwhile True: s.sendall(b'x' * (1 << 20))",
          tostring(server.port) } })
      assert.equal(3, result.code, result.err)
    end)
  end)
end
