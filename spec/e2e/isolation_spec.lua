-- SPDX-License-Identifier: Apache-2.0
-- isolation_spec.lua - what the command holds and sees of the machine: no capability, descriptor,
-- key, process or shared memory of it, and no way to type at the user's terminal.
--
-- Where something must fail inside, the same is done outside first, and must work there.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- Prints what each ioctl says to the program whose terminal is standard input.
local typing = [[
import ctypes, errno, fcntl, os, platform
libc = ctypes.CDLL(None, use_errno=True)
SYS_ioctl = {"x86_64": 16, "aarch64": 29, "riscv64": 29}[platform.machine()]
def say(name, request, argument):
    rc = libc.syscall(SYS_ioctl, 0, ctypes.c_ulong(request), argument)
    print(name, "ok" if rc >= 0 else errno.errorcode[ctypes.get_errno()], flush=True)
assert os.isatty(0) and open("/dev/tty")
say("TIOCGWINSZ", 0x5413, ctypes.create_string_buffer(64))
say("TIOCSTI", 0x5412, b"x")
say("TIOCSTI|1<<32", 0x5412 | 1 << 32, b"x")
say("TIOCSTI|1<<63", 0x5412 | 1 << 63, b"x")
say("TIOCLINUX", 0x541c, b"\2")
say("TIOCLINUX|1<<32", 0x541c | 1 << 32, b"\2")
]]

-- In a mount namespace whose mounts are shared, as those of most machines are: mounts something at
-- $1 while the words behind it run, and prints what these see of that.
local mounting = [[
set -eu
at=$1; shift
mount --make-rshared /
mkfifo "$at.in" "$at.out"
"$@" sh -c 'echo ready; read go; grep -c " $0 " /proc/self/mountinfo; touch "$0/evil"; echo $?' \
  "$at" <"$at.in" >"$at.out" 2>"$at.err" &
exec 3>"$at.in" 4<"$at.out"
read ready <&4
mount -t tmpfs -o mode=777 x "$at"
echo go >&3
cat <&4
cat "$at.err" >&2
]]

-- keep: puts a key into a session keyring of its own and into the user's keyring, where it lives
-- for 20 seconds, then becomes what its arguments say. Otherwise: what can be had of them here?
local keeper = [[
import ctypes, errno, os, platform, sys, time
numbers = {"x86_64": (248, 250), "aarch64": (217, 219), "riscv64": (217, 219)}
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
JOIN, LINK, SEARCH, READ, TIMEOUT = 1, 8, 10, 11, 15
SESSION, USER = -3, -4
def add_key(keyring):
    for attempt in range(50): # the kernel is late with the keys of those that have gone
        key = libc.syscall(numbers[platform.machine()][0], b"user", b"fence-spec", b"secret", 6,
                           ctypes.c_long(keyring))
        if key > 0 or ctypes.get_errno() != errno.EDQUOT:
            break
        time.sleep(0.1)
    return key
def keyctl(what, *arguments):
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return libc.syscall(numbers[platform.machine()][1], what, *words)
if sys.argv[1] == "keep":
    assert keyctl(JOIN, b"fence-spec") > 0 and keyctl(LINK, USER, SESSION) == 0
    key, shared = add_key(SESSION), add_key(USER)
    assert key > 0 and shared > 0 and keyctl(TIMEOUT, shared, 20) == 0
    os.environ["KEYS"] = f"{key} {shared}"
    os.execvp(sys.argv[2], sys.argv[2:])
room = ctypes.create_string_buffer(16)
key, shared = map(int, os.environ["KEYS"].split())
for name, rc in [("session", keyctl(SEARCH, SESSION, b"user", b"fence-spec", 0)),
                 ("user", keyctl(SEARCH, USER, b"user", b"fence-spec", 0)),
                 ("number", keyctl(READ, key, room, 16)),
                 ("shared number", keyctl(READ, shared, room, 16))]:
    print(name, "had" if rc > 0 else "none")
]]

local namespaces = { "user", "pid", "net", "ipc", "uts", "mnt", "cgroup" }

for _, identity in ipairs(users.identities()) do
  describe("the command as " .. identity, function()
    local function run(argv, options)
      options = options or {}
      return fenced.run({ argv = argv, as_user = identity, args = options.args })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local status
    local facts = {
      { "3G.149 no effective capability", "CapEff", "0000000000000000" },
      { "3G.149 no permitted capability", "CapPrm", "0000000000000000" },
      { "3G.149 no inheritable capability", "CapInh", "0000000000000000" },
      { "3G.149 no capability to gain", "CapBnd", "0000000000000000" },
      { "3G.149 no ambient capability", "CapAmb", "0000000000000000" },
      { "3G.161 no new privileges", "NoNewPrivs", "1" },
      { "a seccomp filter", "Seccomp", "2" },
    }
    for _, case in ipairs(facts) do
      local name, field, value = table.unpack(case)

      row("has " .. name, function()
        status = status or run({ "cat", "/proc/self/status" }).out
        assert.equal(value, status:match("\n" .. field .. ":%s*(%x+)\n"))
      end)
    end

    for _, name in ipairs(namespaces) do
      row("has a namespace of its own: " .. name, function()
        local result = run({ "readlink", "/proc/self/ns/" .. name })
        assert.matches("^" .. name .. ":%[%d+%]\n$", result.out)
        assert.not_equal(uv.fs_readlink("/proc/self/ns/" .. name) .. "\n", result.out)
      end)
    end

    row("3F.133 gets no descriptor but 0, 1 and 2", function()
      local lister = [[
import os
for fd in range(3, 4096):
    try:
        os.fstat(fd)
        print(fd, os.readlink(f"/proc/self/fd/{fd}"))
    except OSError:
        pass
try:
    os.open("../x", os.O_RDONLY, dir_fd=7)
except OSError as error:
    print(error.strerror)]]
      local leak = { "bash", "-c", 'exec 3</ 7</etc 9</dev/null 63</usr 2000</; exec "$@"', "leak" }
      local argv = fenced.argv({ argv = { python, "-c", lister }, as_user = identity })
      table.move(argv, 1, #argv, #leak + 1, leak)
      local result = process.run({ argv = leak, as_user = identity })
      assert.equal("", result.err)
      assert.equal("Bad file descriptor\n", result.out)
    end)

    row("3G.151 cannot type at the terminal", function()
      local function type_by(argv)
        return terminal.run({ argv = argv, steps = {}, as_user = identity }).out:gsub("\r", "")
      end
      local argv = { python, "-c", typing }
      local control = type_by(argv)
      assert.matches("TIOCGWINSZ ok\n", control)
      assert.is_nil(control:match("TIOCSTI EPERM"), control) -- "ok", or EIO by a sysctl
      local said = type_by(fenced.argv({ argv = argv, as_user = identity }))
      assert.equal("TIOCGWINSZ ok\nTIOCSTI EPERM\nTIOCSTI|1<<32 EPERM\nTIOCSTI|1<<63 EPERM\n" ..
        "TIOCLINUX EPERM\nTIOCLINUX|1<<32 EPERM\n", said)
    end)

    row("3G.158 has none of the user's keys", function()
      local ask = { python, "-c", keeper, "ask" }
      local function kept(argv)
        local keep = { python, "-c", keeper, "keep" }
        return process.run({
          argv = table.move(argv, 1, #argv, #keep + 1, keep), as_user = identity,
        })
      end
      local control = kept(ask)
      assert.equal("session had\nuser had\nnumber had\nshared number had\n", control.out,
        control.err)
      local result = kept(fenced.argv({ argv = ask, as_user = identity }))
      assert.equal("session none\nuser none\nnumber none\nshared number none\n", result.out,
        result.err)
    end)

    row("3G.162 shares no System V memory", function()
      local made = process.run({ argv = { "ipcmk", "-M", "4096" }, as_user = identity })
      local id = made.out:match("(%d+)%s*$")
      assert.is_not_nil(id, made.err)
      local on_host = fenced.read_file("/proc/sysvipc/shm")
      local inside = run({ "cat", "/proc/sysvipc/shm" })
      local gone = run({ "ipcrm", "-m", id })
      local removed = process.run({ argv = { "ipcrm", "-m", id }, as_user = identity })
      assert.is_truthy(on_host:find("%f[%d]" .. id .. "%f[%D]"))
      assert.matches("^[^\n]*key[^\n]*\n$", inside.out) -- the heading alone
      assert.not_equal(0, gone.code)
      assert.equal(0, removed.code, removed.err)
    end)

    row("3G.162 leaves no System V memory behind", function()
      local size = ("%d"):format(4096 + uv.os_getpid()) -- tells it from others'
      local result = run({ "sh", "-c", "ipcmk -M " .. size .. "; cat /proc/sysvipc/shm" })
      assert.is_truthy(result.out:find("%f[%d]" .. size .. "%f[%D]"), result.err)
      assert.is_nil(fenced.read_file("/proc/sysvipc/shm"):find("%f[%d]" .. size .. "%f[%D]"))
    end)

    row("3G.156 sees none of the host's processes, and reaches none", function()
      local mark = ("%d.%d"):format(4000 + uv.os_getpid() % 1000, users.ids(identity).uid)
      local other = process.start({ argv = { "sleep", mark }, as_user = identity })
      local look = { "sh", "-c", "grep -lz '^" .. mark:gsub("%.", "\\.") ..
        "$' /proc/[0-9]*/cmdline; ls -d /proc/[0-9]* | wc -l; kill -0 " .. other.pid }
      local control = process.run({ argv = look, as_user = identity })
      local inside = run(look)
      run({ "kill", "-9", tostring(other.pid) })
      local alive = other:running()
      other:stop()
      assert.is_truthy(control.out:find("/proc/" .. other.pid .. "/cmdline", 1, true), control.err)
      assert.equal(0, control.code)
      assert.is_nil(inside.out:find("/proc/", 1, true))
      assert.is_true(tonumber(inside.out) < 10)
      assert.not_equal(0, inside.code)
      assert.is_true(alive)
    end)

    row("is the user, not somebody else", function()
      local ids = users.ids(identity)
      assert.equal(("%d %d\n"):format(ids.uid, ids.gid),
        run({ "sh", "-c", 'echo "$(id -u) $(id -g)"' }).out)
    end)

    row("works where it was started", function()
      local folder = users.temp_dir(identity)
      local result = fenced.run({ argv = { "pwd" }, as_user = identity, cwd = folder })
      assert.equal(folder .. "\n", result.out)
    end)

    for name, args in pairs({ ["two walls"] = {}, ["one wall"] = { "--allow-nested" } }) do
      it("mounts that the host makes later do not show, behind " .. name, function()
        sandbox.require_sandbox(pending, identity)
        if users.ids(users.current()).uid ~= 0 then
          pending("mounting needs root")
        end
        local at = users.temp_dir(identity) .. "/later"
        local function seen(words)
          local argv = { "unshare", "-m", "sh", "-c", "rm -f \"$1\".*; exec sh -c \"$0\" sh \"$@\"",
            mounting, at }
          table.move(words, 1, #words, #argv + 1, argv)
          local result = process.run({ argv = argv, cwd = "/" })
          return result.out, result.err
        end
        assert(uv.fs_mkdir(at, 511))
        assert(uv.fs_chmod(at, 511))
        assert.equal("1\n0\n", seen({ "unshare", "-m", "--propagation", "slave" }))
        local ids, words = users.ids(identity), {}
        if identity ~= users.current() then
          words = { "setpriv", "--reuid", tostring(ids.uid), "--regid", tostring(ids.gid),
            "--clear-groups" }
        end
        local command = fenced.argv({ as_user = identity, args = args, argv = {} })
        table.move(command, 1, #command, #words + 1, words)
        local out, err = seen(words)
        assert.equal("0\n1\n", out, err)
        assert.matches("touch: ", err)
      end)
    end
  end)
end
