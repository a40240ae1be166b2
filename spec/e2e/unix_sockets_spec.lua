-- SPDX-License-Identifier: Apache-2.0
-- unix_sockets_spec.lua - which Unix sockets the command can connect to: its own, and those that
-- network.allowUnixSockets names.
--
-- Where something must fail inside, the same is done outside first, and must work there.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local sockets = require "spec.support.sockets"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- Servers of the command's own, each with a client; "ok" for each that was served.
local own = {
  ["a stream"] = [[
import os, socket
server = socket.socket(socket.AF_UNIX)
server.bind("own")
server.listen()
client = socket.socket(socket.AF_UNIX)
client.connect("own")
accepted, _ = server.accept()
accepted.sendall(b"ok")
print(client.recv(9).decode())]],
  ["a pair"] = [[
import socket
a, b = socket.socketpair()
a.sendall(b"ok")
print(b.recv(9).decode())]],
  ["multiprocessing.Manager"] = [==[
from multiprocessing import Manager, Pool
def put(arguments):
    arguments[0][arguments[1]] = True
if __name__ == "__main__":
    with Manager() as manager, Pool(4) as pool:
        shared = manager.dict()
        pool.map(put, [(shared, i) for i in range(40)])
        print("ok" if len(shared) == 40 else len(shared))]==],
  ["socketserver"] = [[
import socket, socketserver, threading
class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"ok")
with socketserver.ThreadingUnixStreamServer("/tmp/server", Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = socket.socket(socket.AF_UNIX)
    client.connect("/tmp/server")
    print(client.recv(9).decode())
    server.shutdown()]],
  ["asyncio"] = [[
import asyncio
async def serve(reader, writer):
    writer.write(b"ok")
    writer.close()
async def main():
    async with await asyncio.start_unix_server(serve, "async"):
        reader, writer = await asyncio.open_unix_connection("async")
        print((await reader.read(9)).decode())
asyncio.run(main())]],
  ["a server that does not show its descriptors"] = [[
import ctypes, os, socket
server = socket.socket(socket.AF_UNIX)
server.bind("shy")
server.listen()
if os.fork() == 0:
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) # PR_SET_DUMPABLE
    os.write(1, b"")
    accepted, _ = server.accept()
    accepted.sendall(b"ok")
    os._exit(0)
server.close()
client = socket.socket(socket.AF_UNIX)
client.connect("shy")
print(client.recv(9).decode())]],
}

for _, identity in ipairs(users.identities()) do
  describe("Unix sockets as " .. identity, function()
    local folder, host
    local mark = ("fence-spec-%d-%s"):format(uv.os_getpid(), identity)
    local extra = {} -- outside of `folder`

    local function make(...)
      local result = process.run({ argv = { ... }, as_user = identity, cwd = folder })
      assert.equal(0, result.code, result.err)
    end

    local function run(argv, options)
      options = options or {}
      return fenced.run({
        argv = argv, as_user = identity, cwd = folder, args = options.args, env = options.env,
        settings = {
          allowNested = options.nested,
          network = options.network or {},
          filesystem = { allowWrite = { options.write or folder } },
        },
      })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    before_each(function()
      folder = users.temp_dir(identity)
      host = sockets.serve(identity)
    end)

    after_each(function()
      host:stop()
      for _, path in ipairs(extra) do
        os.remove(path)
      end
      extra = {}
    end)

    local function add_extra(path)
      extra[#extra + 1] = path
      return path
    end

    -- name, the path that is tried, what the client may say inside
    local places = {
      { "in the project", "host.sock", "^EACCES\n" },
      { "by its whole path", function() return folder .. "/host.sock" end, "^EACCES\n" },
      { "by a roundabout path", "./sub/../host.sock", "^EACCES\n" },
      { "through a folder above",
        function() return "../" .. folder:match("[^/]+$") .. "/host.sock" end, "^EACCES\n" },
      { "3H.171 through a link", "link", "^EACCES\n" },
      { "3H.171 through a link with a whole path", "whole", "^EACCES\n" },
      { "by /proc/self/cwd", "/proc/self/cwd/host.sock", "^EACCES\n" },
      { "by /proc/self/root",
        function() return "/proc/self/root" .. folder .. "/host.sock" end, "^EACCES\n" },
      { "by a path of 107 bytes", function()
        local long = folder .. "/" .. ("d"):rep(107 - #folder - 3)
        make("mkdir", long)
        return host:open(long .. "/s")
      end, "^EACCES\n" },
      { "in the home folder", function()
        return host:open(users.home(identity) .. "/agent.sock")
      end, "^EACCES\n" },
      { "in /tmp", function()
        return add_extra(host:open("/tmp/" .. mark))
      end, "^ENOENT\n" },
      { "3H.168 with an abstract name", function()
        return host:open("@" .. mark)
      end, "^ECONNREFUSED\n" },
    }
    for _, case in ipairs(places) do
      local name, path, said = table.unpack(case)

      row("3H.167 cannot reach one of the host " .. name, function()
        host:open(folder .. "/host.sock")
        make("mkdir", "sub")
        make("ln", "-s", "sub/../host.sock", "link")
        make("ln", "-s", folder .. "/host.sock", "whole")
        local argv = sockets.tries(type(path) == "function" and path() or path)
        local control = process.run({ argv = argv, as_user = identity, cwd = folder })
        assert.equal("host\n", control.out, control.err)
        local inside = run(argv)
        assert.matches(said, inside.out, inside.err)
        assert.equal(1, host:count())
      end)
    end

    -- the names that matter, each in its own place where that can be written to
    for _, name in ipairs({
      "docker.sock", "podman/podman.sock", "containerd/containerd.sock", "user/0/bus",
      "dbus/system_bus_socket", "systemd/private", "gnupg/S.gpg-agent", "pcscd/pcscd.comm",
      ".X11-unix/X0", "wayland-0", "pulse/native", "nscd/socket", "tmux-0/default",
    }) do
      row("3H.167 cannot reach a " .. name, function()
        local path = folder .. "/run/" .. name
        make("mkdir", "-p", path:match("(.*)/"))
        local argv = sockets.tries(host:open(path))
        assert.equal("host\n", process.run({ argv = argv, as_user = identity }).out)
        assert.equal("EACCES\n", run(argv).out)
      end)
    end

    row("cannot reach one in /run", function()
      if users.ids(identity).uid ~= 0 then
        return -- nobody else can make one there
      end
      local argv = sockets.tries(add_extra(host:open("/run/" .. mark)), "/proc/1/root/run/" .. mark)
      local control = process.run({ argv = argv, as_user = identity })
      assert.matches("^host\n", control.out) -- process 1 may be another's
      assert.equal("ENOENT\nENOENT\n", run(argv).out)
    end)

    row("cannot reach one that is made after the start", function()
      local late = folder .. "/late.sock"
      local command = process.start({
        argv = fenced.argv({
          argv = { "sh", "-c", 'echo up; read go; exec "$@"', "sh",
            table.unpack(sockets.tries(late)) },
          as_user = identity,
        }),
        as_user = identity, stdin = true,
      })
      assert.equal("up", command:read_line("stdout"))
      host:open(late)
      command:write("go\n")
      assert.equal("EACCES", command:read_line("stdout"))
      command:wait()
      assert.equal(0, host:count())
    end)

    row("cannot reach one through process 1", function()
      local path = "/proc/1/root" .. folder .. "/host.sock"
      host:open(folder .. "/host.sock")
      assert.matches("^EACCES\n", run(sockets.tries(path)).out)
    end)

    row("is told what was refused, and what would allow it", function()
      local path = host:open(folder .. "/host.sock")
      local result = run(sockets.tries(path), { args = { "-m" } })
      assert.equal("EACCES\n", result.out)
      assert.matches("%[fence:unix%] %d%d:%d%d:%d%d ✗ CONNECT " .. path:gsub("%p", "%%%0") ..
        " %(python3:%d+%): [^\n]*network%.allowUnixSockets\n", result.err)
      assert.equal("", run(sockets.tries(path)).err)
    end)

    for name, program in pairs(own) do
      row("serves its own: " .. name, function()
        local file = users.write_file(identity, folder .. "/own.py", program)
        local result = run({ python, file })
        assert.equal("ok\n", result.out, result.err)
      end)
    end

    row("runs a tmux of its own", function()
      fenced.require_tool(pending, { "tmux", "-V" })
      local result = run({ "sh", "-c", "export SHELL=/bin/sh; " .. -- the user may have none
        "tmux -f /dev/null new-session -d 'sleep 60' && " ..
        "tmux list-sessions -F 'one session' && tmux kill-server" })
      assert.equal("one session\n", result.out, result.err)
    end)

    -- ---- allowed ones ----

    row("3H.170 reaches those that the settings name, and no others", function()
      host:open(folder .. "/one.sock")
      host:open(folder .. "/two.sock")
      host:open(users.home(identity) .. "/three.sock")
      local result = run(sockets.tries("one.sock", "two.sock",
        users.home(identity) .. "/three.sock"),
        { network = { allowUnixSockets = { "one.sock", "~/three.sock" } } })
      assert.equal("host\nEACCES\nhost\n", result.out, result.err)
    end)

    row("3H.170 reaches one in /tmp that the settings name", function()
      local path = add_extra(host:open("/tmp/" .. mark))
      local result = run(sockets.tries(path), { network = { allowUnixSockets = { path } } })
      assert.equal("host\n", result.out, result.err)
    end)

    row("3H.170 reaches an ssh-agent that the settings name", function()
      fenced.require_tool(pending, { "sh", "-c", "command -v ssh-agent ssh-add" })
      local path = folder .. "/agent.sock"
      local agent = process.start({
        argv = { "sh", "-c", "exec ssh-agent -D -a " .. path }, as_user = identity,
      })
      agent:read_line("stdout")
      local argv = { "env", "SSH_AUTH_SOCK=" .. path, "ssh-add", "-l" }
      local refused = run(argv)
      local allowed = run(argv, { network = { allowUnixSockets = { path } } })
      agent:stop()
      assert.equal(2, refused.code, refused.err)
      assert.equal(1, allowed.code, allowed.err)
      assert.equal("The agent has no identities.\n", allowed.out)
    end)

    -- what the command does to the listed path, where it may write
    for name, change in pairs({
      ["a link"] = "ln -sf other.sock listed.sock",
      ["a link with a whole path"] = 'ln -sf "$PWD/other.sock" listed.sock',
      ["another socket"] = "mv other.sock listed.sock",
      ["a second name of another"] = "ln -f other.sock listed.sock",
      ["a folder of another"] = "cd ..; mv project old; mkdir project; " ..
        "mv old/other.sock project/listed.sock; cd project",
    }) do
      row("3H.171 does not reach another socket by putting " .. name .. " in its place", function()
        local project = folder .. "/project"
        make("mkdir", project)
        host:open(project .. "/listed.sock")
        host:open(project .. "/other.sock")
        local result = run({ "sh", "-c", "cd project; " .. change .. '; exec "$@"', "sh",
          table.unpack(sockets.tries("listed.sock")) },
          { network = { allowUnixSockets = { project .. "/listed.sock" } } })
        assert.equal("EACCES\n", result.out, result.err)
        assert.equal(0, host:count())
      end)
    end

    row("follows a server that starts anew, where the command cannot write", function()
      local path = host:open(folder .. "/agent.sock")
      local inside = folder .. "/inside"
      make("mkdir", inside)
      local command = process.start({
        argv = fenced.argv({
          argv = { "sh", "-c", 'echo up; read go; exec "$@"', "sh",
            table.unpack(sockets.tries(path)) },
          as_user = identity,
          settings = { network = { allowUnixSockets = { path } } },
        }),
        as_user = identity, stdin = true,
      })
      assert.equal("up", command:read_line("stdout"))
      host:open(path)
      command:write("go\n")
      assert.equal("host", command:read_line("stdout"))
      command:wait()
    end)

    row("is judged by the outer of two sandboxes", function()
      if users.ids(identity).uid == 0 then
        return -- root makes no sandbox within a sandbox
      end
      local fence = folder .. "/fence"
      assert(uv.fs_copyfile(users.binary(identity), fence))
      assert(uv.fs_chmod(fence, tonumber("755", 8)))
      host:open(folder .. "/host.sock")
      local file = users.write_file(identity, folder .. "/own.py", own["a stream"])
      local settings = users.write_file(identity, folder .. "/inner.json",
        '{"network": {}, "filesystem": {"allowWrite": ["' .. folder .. '/sub"]}}')
      make("mkdir", "sub")
      local inner = { fence, "-d", "-s", settings, "--" }
      local function nested(argv)
        return run(table.move(argv, 1, #argv, #inner + 1, { table.unpack(inner) }),
          { write = folder .. "/sub", nested = true })
      end
      local served = nested({ "sh", "-c", "cd sub; exec " .. python .. " " .. file })
      assert.equal("ok\n", served.out, served.err)
      assert.matches("judged by the sandbox around this one\n", served.err)
      assert.equal("EACCES\n", nested(sockets.tries(folder .. "/host.sock")).out)
      assert.equal(0, host:count())
    end)

    row("reaches all of them where the settings say so", function()
      local path = host:open(folder .. "/host.sock")
      local result = run(sockets.tries(path), { network = { allowAllUnixSockets = true } })
      assert.equal("host\n", result.out, result.err)
    end)

    row("passes over what does not exist, and says so", function()
      local result = run({ "true" },
        { network = { allowUnixSockets = { folder .. "/none" } }, args = { "-m" } })
      assert.equal(0, result.code, result.err)
      assert.matches("network%.allowUnixSockets: '[^']*/none' does not exist: passed over",
        result.err)
    end)

    row("refuses a name of the settings that is no socket", function()
      users.write_file(identity, folder .. "/file", "")
      local result = run({ "true" }, { network = { allowUnixSockets = { folder .. "/file" } } })
      assert.equal(125, result.code)
      assert.matches("network%.allowUnixSockets: '[^']*/file' is no socket\n", result.err)
    end)
  end)
end
