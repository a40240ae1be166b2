-- SPDX-License-Identifier: Apache-2.0
-- connect_spec.lua - connect(2) inside is made by the host: it must look the same, and no race may
-- change what was judged.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local sockets = require "spec.support.sockets"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

for _, identity in ipairs(users.identities()) do
  describe("connect(2) as " .. identity, function()
    local folder, host

    before_each(function()
      folder = users.temp_dir(identity)
      host = sockets.serve(identity)
    end)

    after_each(function()
      host:stop()
    end)

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function run(argv, inside)
      if not inside then
        return process.run({ argv = argv, as_user = identity, cwd = folder, timeout = 60000 })
      end
      return fenced.run({
        argv = argv, as_user = identity, cwd = folder, timeout = 60000,
        settings = { network = {}, filesystem = { allowWrite = { folder } } },
      })
    end

    -- Builds a program of spec/support, or leaves the test.
    local function build(name, ...)
      local argv = { "cc", "-O2", "-D_GNU_SOURCE", "-o", folder .. "/" .. name,
        "spec/support/" .. name .. ".c", ... }
      local result = process.run({ argv = argv, cwd = "." })
      if result.code ~= 0 then
        return nil, result.err
      end
      return folder .. "/" .. name
    end

    row("has the same faces as outside", function()
      local file = users.write_file(identity, folder .. "/faces.py",
        fenced.read_file("spec/support/connect_faces.py"))
      local said = {}
      for index, inside in ipairs({ false, true }) do
        local place = folder .. "/" .. index
        assert.equal(0, run({ "mkdir", place }).code)
        local result = run({ python, file, place }, inside)
        assert.equal(0, result.code, result.err)
        said[index] = result.out
      end
      assert.matches("ended while it waits: 15\n$", said[1])
      assert.equal(said[1], said[2])
    end)

    for kind, tries in pairs({ address = 20000, link = 4000, flags = 4000, descriptor = 500 }) do
      row("3H.171 is not raced: " .. kind, function()
        local program, why = build("connect_race", "-pthread")
        assert.is_not_nil(program, why)
        local argv = { program, kind, tostring(tries), folder .. "/own",
          host:open(folder .. "/host.sock") }
        local control = run({ program, kind, "500", folder .. "/own", folder .. "/host.sock" })
        local before = host:count()
        local result = run(argv, true)
        assert.equal(0, control.code, control.err)
        if kind ~= "flags" then
          assert.is_true(before > 0, control.out)
        end
        assert.equal(0, result.code, result.err)
        assert.matches("^own [%l ]*, host 0\n$", result.out)
        if kind ~= "descriptor" then
          assert.matches("^own reached", result.out)
        end
        assert.equal(before, host:count())
      end)
    end

    for _, entry in ipairs({ "connect", "socketcall" }) do
      row("3H.167 is judged by the 32-bit entry: " .. entry, function()
        local program = build("connect_32", "-m32", "-static")
        if not program then
          pending("the compiler makes no 32-bit program")
          return
        end
        local argv = { program, entry, host:open(folder .. "/host.sock"), folder .. "/none" }
        assert.equal("ok\nENOENT\n", run(argv).out)
        assert.equal("EACCES\nENOENT\n", run(argv, true).out)
      end)
    end

    -- The command's standard input is an unconnected socket of the host, and a server of the host
    -- listens: "ok" when it connects.
    row("3F.133 does not connect a socket that came from outside", function()
      local driver = [[
import socket, subprocess, sys
inside = """
import errno, socket, sys
try:
    socket.socket(fileno=0).connect(("127.0.0.1", int(sys.argv[1])))
    print("ok")
except OSError as error:
    print(errno.errorcode[error.errno])
"""
server = socket.create_server(("127.0.0.1", 0))
argv = sys.argv[1:] + ["/usr/bin/python3", "-c", inside, str(server.getsockname()[1])]
sys.exit(subprocess.run(argv, stdin=socket.socket()).returncode)]]
      local argv = { python, "-c", driver }
      assert.equal("ok\n", run(argv).out)
      local fence = fenced.argv({ argv = {}, as_user = identity })
      assert.equal("EACCES\n", run(table.move(fence, 1, #fence, #argv + 1, argv)).out)
    end)

    row("keeps its filter: nobody else may answer", function()
      local program = [[
import ctypes, errno, platform
number = {"x86_64": 317, "aarch64": 277, "riscv64": 277}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)
code = ctypes.create_string_buffer(b"\6\0\0\0\0\0\xff\x7f", 8) # return SECCOMP_RET_ALLOW
class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
given = Program(1, ctypes.addressof(code))
for flags in (8, 0):
    rc = libc.syscall(number, 1, flags, ctypes.byref(given))
    print("made" if rc >= 0 else errno.errorcode[ctypes.get_errno()])]]
      assert.equal("EBUSY\nmade\n", run({ python, "-c", program }, true).out)
    end)

    row("blocks nobody else when the other end is full", function()
      local program = [[
import socket, threading, time
full = socket.socket(socket.AF_UNIX)
full.bind("full")
full.listen(0)
waiting = [socket.socket(socket.AF_UNIX) for _ in range(40)]
for sock in waiting:
    threading.Thread(target=sock.connect, args=("full",), daemon=True).start()
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(512)
began = time.monotonic()
for _ in range(500):
    socket.create_connection(server.getsockname()).close()
    server.accept()
print("quick" if time.monotonic() - began < 5 else "slow", flush=True)
for _ in range(40):
    full.accept()
print("served")]]
      local result = run({ python, "-c", program }, true)
      assert.equal("quick\nserved\n", result.out, result.err)
    end)
  end)
end
