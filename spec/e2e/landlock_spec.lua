-- SPDX-License-Identifier: Apache-2.0
-- landlock_spec.lua - the second wall around files: it holds where no mount does, and what a
-- command may do anyway is not disturbed by it.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- Finds the command "sh ... TOKEN", enters its mount namespace as the one who owns it, and runs a
-- script there with what follows as arguments.
local breach = [[
import ctypes, fcntl, os, sys
libc = ctypes.CDLL(None, use_errno=True)

def enter(fd, kind):
    if libc.setns(fd, kind) != 0:
        sys.exit(os.strerror(ctypes.get_errno()))

def find(token):
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[0] == b"sh" and token in words:
            return name
    sys.exit("no such command")

mounts = os.open(f"/proc/{find(sys.argv[1].encode())}/ns/mnt", os.O_RDONLY)
enter(fcntl.ioctl(mounts, 0xb701), 0x10000000) # NS_GET_USERNS, CLONE_NEWUSER
enter(mounts, 0x20000)                         # CLONE_NEWNS
os.chdir("/")
os.execvp("sh", ["sh", "-ec", sys.argv[2], "sh"] + sys.argv[3:])
]]

-- Answers one system call with an error, or with a success that it was not, and goes on.
local without = [[
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
number, error = int(sys.argv[1]), int(sys.argv[2])
lines = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (6, 0, 0, 0x50000 | error), (6, 0, 0, 0x7fff0000)]
program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in lines))
filter = ctypes.create_string_buffer(struct.pack("@HP", len(lines), ctypes.addressof(program)))
if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, filter) != 0:
    sys.exit("no filter")
os.execv(sys.argv[3], sys.argv[3:])
]]

local tokens = 0

for _, identity in ipairs(users.identities()) do
  describe("the second wall around files as " .. identity, function()
    local folder

    before_each(function()
      folder = users.temp_dir(identity)
      for _, name in ipairs({ "here", "open", "also", "closed" }) do
        assert(process.run({ argv = { "mkdir", folder .. "/" .. name }, as_user = identity }).code
          == 0)
      end
      users.write_file(identity, folder .. "/closed/old", "as it was\n")
    end)

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function run(options)
      options.as_user = identity
      options.cwd = options.cwd or folder .. "/here"
      return fenced.run(options)
    end

    -- ---- it holds where no mount does ----

    local tries = "cd \"$1\"; echo ready; read go; echo x >new; echo x >old; rm old; mkdir dir; " ..
      "mv old other; ln old other; ln -s old other; mkfifo fifo; echo done"
    local breaches = {
      { "3F.135 / is made writable", "mount -o remount,rw,bind /; cd \"$1\"; touch try; rm try" },
      { "3F.135 a folder is mounted over it, writable",
        "mount --bind \"$1\" \"$2\"; mount -o remount,rw,bind \"$2\"; cd \"$2\"; touch try; rm try",
        "here" },
    }
    for _, case in ipairs(breaches) do
      local name, script, where = table.unpack(case, 1, 3)

      row("holds when " .. name, function()
        tokens = tokens + 1
        local token = ("fence-breach-%d-%d"):format(require("luv").os_getpid(), tokens)
        local place = folder .. "/" .. (where or "closed")
        -- the folder is entered after the breach: before, it would be what lies beneath the mount
        local command = process.start({ as_user = identity, stdin = true, argv = fenced.argv({
          as_user = identity,
          argv = { "sh", "-c", "echo ready; read go; " .. tries, "sh", place, token },
        }) })
        assert.equal("ready", command:read_line())
        local breached = process.run({ as_user = identity, argv = { python, "-c", breach, token,
          script, folder .. "/closed", folder .. "/here" } })
        command:write("go\n\ngo\n")
        local result = command:wait()
        assert.equal("", breached.err)
        assert.equal(0, breached.code)
        assert.equal("ready\ndone\n", result.out)
        assert.is_nil(result.err:find("Read-only", 1, true), result.err)
        local _, denied = result.err:gsub("Permission denied", "")
        assert.equal(8, denied, result.err)
        assert.equal("as it was\n", fenced.read_file(folder .. "/closed/old"))
        local left = process.run({ argv = { "ls", "-A", folder .. "/closed" } })
        assert.equal("old\n", left.out)
      end)
    end

    local streams = { -- $1: a folder of the host; a shell line around $0, which is fence
      { "3G.133 a file that is open for reading cannot be written to",
        [["$0" -- sh -c 'echo x >/proc/self/fd/0; echo x >>/dev/stdin' <"$1/old"]] },
      { "3G.133 process 1 is no way out",
        [["$0" -- sh -c 'echo x >/proc/1/root/"$1"/old; echo x >/proc/1/fd/2' sh "$1"]] },
    }
    for _, case in ipairs(streams) do
      row(case[1], function()
        local result = process.run({ as_user = identity, argv = { "sh", "-c", case[2],
          users.binary(identity), folder .. "/closed" } })
        local _, denied = result.err:gsub("Permission denied", "")
        local _, missing = result.err:gsub("Directory nonexistent", "") -- it has nothing open
        assert.equal(2, denied + missing, result.err)
        assert.equal("as it was\n", fenced.read_file(folder .. "/closed/old"))
        assert.is_false(fenced.exists(folder .. "/closed/new"))
      end)
    end

    -- ---- what may be done goes on ----

    -- name, script in a writable folder where $1 is another one, output, error, what it needs
    local ordinary = {
      { "a rename into another folder", "mkdir a; echo x >a/f; " .. python ..
        " -c 'import os; os.rename(\"a/f\", \"f\"); os.rename(\"a\", \"b\")'; cat f; rmdir b",
        "x\n" },
      { "mv between two writable paths", "echo x >f; mv f \"$1/f\"; cat \"$1/f\"", "x\n" },
      { "links", "mkdir a; echo x >f; ln f a/g; ln -s a/g h; cat h; rm -r a h", "x\n" },
      { "truncating", "echo long >f; truncate -s 2 f; cat f; : >f; cat f", "lo" },
      { "a named pipe", "mkfifo p; echo x >p & cat p; rm p", "x\n" },
      { "a whiteout, moved", "mknod w c 0 0 && mkdir a && mv w a/w && rm -r a && echo ok", "ok\n" },
      { "a Unix socket with a path", python .. [[ -c '
import socket
a, b = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
a.bind("s"); a.listen(); b.connect("s"); print("ok")']], "ok\n" },
      { "an abstract Unix socket", python .. [[ -c '
import socket
a, b = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
a.bind("\0fence-spec"); a.listen(); b.connect("\0fence-spec"); print("ok")']], "ok\n" },
      { "a file without a name that gets one", python .. [[ -c '
import os
fd = os.open(".", os.O_TMPFILE | os.O_RDWR, 0o600)
os.write(fd, b"x\n")
os.link(f"/proc/self/fd/{fd}", "f", src_dir_fd=fd, follow_symlinks=True)
print(open("f").read(), end="")']], "x\n" },
      { "an open file by its number", python .. [[ -c '
import os, tempfile
file = tempfile.TemporaryFile(dir=".")
os.write(os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDWR | os.O_TRUNC), b"ok\n")
print(file.read().decode(), end="")']], "ok\n" },
      { "a file in memory by its number", python .. [[ -c '
import os
fd = os.memfd_create("x")
os.write(os.open(f"/proc/self/fd/{fd}", os.O_RDWR | os.O_TRUNC), b"ok\n")
print(os.pread(fd, 9, 0).decode(), end="")']], "ok\n" },
      { "devices", "echo x >/dev/null; echo x >>/dev/zero; head -c 2 /dev/urandom | wc -c; " ..
        "echo x >/dev/full", "2\n", "I/O error" },
      { "pipes by their numbers", "{ echo x >/dev/stdout; echo y >/proc/self/fd/1; } | " ..
        "cat /dev/stdin", "x\ny\n" },
      { "shared memory and semaphores", python .. [[ -c '
from multiprocessing import Lock, Queue, shared_memory
with Lock():
    s = shared_memory.SharedMemory(create=True, size=9); s.buf[0] = 1; s.close(); s.unlink()
print("ok")']], "ok\n" },
      { "/proc of its own", "echo 500 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj; " ..
        "printf name >/proc/self/comm; cat /proc/$$/comm", "500\nname\n" },
      { "its own /tmp and /run", "for d in /tmp /run /dev/shm; do mkdir $d/a $d/b; " ..
        "echo x >$d/a/f; mv $d/a/f $d/b/; mv $d/b $d/a/; cat $d/a/b/f; rm -r $d/a; done",
        "x\nx\nx\n" },
      { "killing its own", "exec 2>/dev/null; sleep 30 & kill $!; wait $!; echo $?; " ..
        "sh -c 'kill -9 $$'; echo $?; setsid sleep 30 & sleep 0.1; kill -9 -1", "143\n137\n" },
      { "a terminal of its own", python .. [[ -c '
import pty, sys
sys.exit(pty.spawn(["sh", "-c", "echo x >/dev/tty; stty -F /dev/tty rows 33; stty size; tty"]))
' | tr -d '\r' | sed 's/ .*//']], "x\n33\n/dev/pts/0\n" },
      { "script(1)", "script -qec 'echo x' log </dev/null | tr -d '\\r'; grep -c x log", "x\n2\n",
        "", { "script", "--version" } },
      { "tmux", "export SHELL=/bin/sh TERM=xterm; tmux -S s new-session -d " ..
        "'echo x >f; tmux -S s wait-for -S up; sleep 9'; tmux -S s wait-for up; cat f; " ..
        "tmux -S s kill-server", "x\n", "", { "tmux", "-V" } },
      { "make", "printf 'all: b\\nb: a\\n\\tcp a b\\n' >Makefile; echo x >a; make -s; cat b", "x\n",
        "", { "make", "--version" } },
      { "git", "git init -q . && echo x >f && git add f && git -c user.name=n -c user.email=e " ..
        "commit -qm one && git gc -q && git mv f g && git stash -q && git log --format=%s -1",
        "one\n", "", { "git", "--version" } },
    }
    for _, case in ipairs(ordinary) do
      local name, script, out, err, tool = table.unpack(case, 1, 5)

      row("does not disturb " .. name, function()
        fenced.require_tool(pending, tool or { python, "--version" })
        local open, also = folder .. "/open", folder .. "/also"
        local result = run({ cwd = open, argv = { "sh", "-c", script, "sh", also },
          settings = { filesystem = { allowWrite = { open, also } } } })
        assert.equal(out, result.out, result.err)
        if err and err ~= "" then
          assert.is_truthy(result.err:find(err, 1, true), result.err)
        else
          assert.equal("", result.err)
        end
      end)
    end

    row("does not disturb a file that is writable by itself", function()
      local file = users.write_file(identity, folder .. "/open/file", "as it was\n")
      local result = run({ argv = { "sh", "-c", "echo x >\"$1\"; echo y >>\"$1\"; truncate -s 3 $1",
        "sh", file }, args = { "--allow-write", file } })
      assert.equal("", result.err)
      assert.equal("x\ny", fenced.read_file(file))
    end)

    row("does not disturb output into a file or a pipe, opened again", function()
      local result = process.run({ as_user = identity, argv = { "sh", "-c",
        [["$0" -- sh -c 'echo a; echo b >>/dev/stdout; echo c >>/proc/self/fd/1' >>"$1"; ]] ..
        [["$0" -- sh -c 'echo d >>/dev/stderr' 2>&1 | cat >>"$1"]],
        users.binary(identity), folder .. "/here/out" } })
      assert.equal("", result.err)
      assert.equal("a\nb\nc\nd\n", fenced.read_file(folder .. "/here/out"))
    end)

    row("does not disturb where everything is writable", function()
      local result = run({ argv = { "sh", "-c", "echo x >\"$1\"; echo y >/tmp/f; cat /tmp/f", "sh",
        folder .. "/closed/new" }, args = { "--allow-write", "/" } })
      assert.equal("", result.err)
      assert.equal("y\n", result.out)
      assert.equal("x\n", fenced.read_file(folder .. "/closed/new"))
    end)

    local shell = { "bash", "--norc", "-i" }
    for _, case in ipairs({
      { "its names", { "FENCE", "sh", "-c", "echo one >/dev/tty; echo two >/dev/stderr; " ..
        "echo three >/proc/self/fd/0; stty rows 20 </dev/stdin; stty size </dev/tty" },
        { "=one\r", "=two\r", "=three\r", "=20 " }, 0 },
      { "a program that stops itself with all around it", shell, {
        "=ready> ", ">FENCE " .. python .. " -c 'import os; print(\"u\" + \"p\"); " ..
          "os.kill(0, 20); print(\"ba\" + \"ck\")'\\r", "=up\r", "=Stopped", "=ready> ", ">fg\\r",
        "=back\r", "=ready> ", ">exit 6\\r" }, 6 },
    }) do
      local name, argv, steps, status = table.unpack(case, 1, 4)

      row("does not disturb the terminal: " .. name, function()
        local function with_fence(words)
          local made = {}
          for index, word in ipairs(words) do
            made[index] = word:gsub("FENCE", users.binary(identity))
          end
          return made
        end
        local result = terminal.run({ as_user = identity, argv = with_fence(argv),
          steps = with_fence(steps) })
        assert.equal("", result.err .. (result.code ~= status and result.out or ""))
        assert.equal(status, result.code)
      end)
    end

    -- ---- where it is not ----

    -- root has no right to map itself again, wall or not
    local function row_unless_root(name, fn)
      if users.ids(identity).uid ~= 0 then
        row(name, fn)
      end
    end
    local nested = { "bwrap", "--unshare-user", "--ro-bind", "/", "/", "echo", "nested" }

    row_unless_root("does not let sandboxes nest", function()
      local result = run({ argv = nested })
      assert.equal("", result.out)
      assert.is_not.equal(0, result.code)
    end)

    row_unless_root("is not there where the settings let sandboxes nest", function()
      local result = run({ argv = nested, settings = { allowNested = true } })
      assert.equal("nested\n", result.out, result.err)
    end)

    for _, case in ipairs({
      { "a kernel without it", "444", "38",
        "^fence: no second wall around files: this kernel has no Landlock[^\n]+\n$" },
      { "a wall that cannot be entered", "446", "7",
        "^fence: the second wall [^\n]+ fails: [^\n]+\n$" },
      { "a wall that does not hold", "446", "0",
        "^fence: the second wall [^\n]+ does not hold [^\n]+\n$" },
    }) do
      local name, number, errno, says = table.unpack(case)

      row("refuses to start on " .. name, function()
        local argv = fenced.argv({ argv = { "echo", "started" }, as_user = identity })
        local result = process.run({ as_user = identity, argv = table.move(argv, 1, #argv, 6,
          { python, "-c", without, number, errno }) })
        assert.equal("", result.out)
        assert.is_truthy(result.err:find(says), result.err)
        assert.equal(125, result.code)
      end)
    end
  end)
end
