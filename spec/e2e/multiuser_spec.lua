-- SPDX-License-Identifier: Apache-2.0
-- multiuser_spec.lua - another ordinary user of the same machine, while fence runs: finds nothing
-- to connect to, learns nothing, stops nothing, and cannot be in the way.

local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"
local secret = "the-secret-of-a-variable"

-- For each process: what the stranger may do with it. "ok" or the error's name.
local stranger_script = [[
import errno, os, signal, socket, sys
def attempt(what, fn):
    try:
        fn()
        print(what, "ok")
    except OSError as error:
        print(what, errno.errorcode[error.errno])
for pid in map(int, sys.argv[1:]):
    for name in "environ", "mem", "maps", "auxv", "io", "syscall", "stack":
        attempt(name, lambda: open("/proc/%d/%s" % (pid, name), "rb").read(1))
    for name in "fd", "map_files":
        attempt(name, lambda: os.listdir("/proc/%d/%s" % (pid, name)))
    for name in "root", "cwd", "exe", "ns/net", "ns/user", "ns/mnt", "ns/pid":
        attempt(name, lambda: os.readlink("/proc/%d/%s" % (pid, name)))
        attempt(name, lambda: os.open("/proc/%d/%s" % (pid, name), os.O_RDONLY))
    for signum in 0, signal.SIGCONT, signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL:
        attempt("kill", lambda: os.kill(pid, signum))
    attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt("affinity", lambda: os.sched_setaffinity(pid, {0}))
    attempt("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL))
]]

-- Who may look at everything: the sockets that these processes hold and the host's tables know.
local sockets_script = [[
import os, sys
inodes = set()
for pid in sys.argv[1:]:
    for name in os.listdir("/proc/%s/fd" % pid):
        try:
            target = os.readlink("/proc/%s/fd/%s" % (pid, name))
        except OSError:
            continue
        if target.startswith("socket:"):
            inodes.add(target[8:-1])
for table in "tcp", "tcp6", "udp", "udp6", "raw":
    for line in open("/proc/net/" + table).readlines()[1:]:
        if line.split()[9] in inodes:
            print(table, line.strip())
for line in open("/proc/net/unix").readlines()[1:]:
    fields = line.split()
    if fields[6] in inodes and (fields[7:] or fields[3] == "00010000"):
        print("unix", *fields[7:])
]]

-- What comes of a connection to an abstract name.
local connect_script = [[
import errno, socket, sys
def attempt(kind):
    try:
        socket.socket(socket.AF_UNIX, kind).connect("\0" + sys.argv[1][1:])
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
print(*map(attempt, (socket.SOCK_SEQPACKET, socket.SOCK_STREAM, socket.SOCK_DGRAM)))
]]

-- Whatever a careless program would call its files, as a file, folder, link, FIFO or socket of the
-- stranger's; $$ is the process that becomes fence.
local in_the_way = [[
import os, socket, sys
pid = int(sys.argv[1])
for top in "/tmp", "/run", "/dev/shm":
    names = ["fence", ".fence", "fence.sock", "fence-http.sock", "fence-socks.sock", "fence.lock",
             "fence.pid", "fence.log", "fence.json", "bwrap", "bubblewrap", "inner", "fence-inner"]
    names += ["%s%s%d" % (name, dash, number) for name in ("fence", "fence-inner", "bwrap")
              for dash in ("-", ".", "")
              for number in (0, 1, int(sys.argv[2]), *range(pid, pid + 40))]
    for index, name in enumerate(dict.fromkeys(names)):
        path = os.path.join(top, name)
        kind = index % 5
        if kind == 0:
            open(path, "w").close()
        elif kind == 1:
            os.mkdir(path, 0o777)
        elif kind == 2:
            os.symlink("/etc/passwd", path)
        elif kind == 3:
            os.mkfifo(path)
        else:
            socket.socket(socket.AF_UNIX).bind(path)
]]

local private = "mount -t tmpfs -o mode=%s tmpfs /tmp; mount -t tmpfs -o mode=1777 tmpfs /run; " ..
  "mount -t tmpfs -o mode=1777 tmpfs /dev/shm; "

-- Processes below this one, itself first.
local function family(pid)
  local all, parents = { pid }, {}
  for name in io.popen("ls /proc"):lines() do
    local stat = name:match("^%d+$") and fenced.read_file("/proc/" .. name .. "/stat")
    local parent = stat and stat:match("^.*%) %a (%d+)")
    if parent then
      parents[tonumber(name)] = tonumber(parent)
    end
  end
  local index = 1
  while all[index] do
    for child, parent in pairs(parents) do
      if parent == all[index] then
        all[#all + 1] = child
      end
    end
    index = index + 1
  end
  return all
end

local function strings(numbers)
  local list = {}
  for index, number in ipairs(numbers) do
    list[index] = tostring(number)
  end
  return list
end

for _, identity in ipairs(users.identities()) do
  describe("a stranger beside " .. identity, function()
    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        local stranger = users.stranger()
        if not stranger then
          return pending("only root can be two other users")
        end
        fn(stranger)
      end)
    end

    -- fence with a command that waits for a line, and all of its processes.
    local function start()
      local child = process.start({ as_user = identity, stdin = true, env = { SECRET = secret },
        argv = fenced.argv({ as_user = identity, argv = { "sh", "-c",
          "echo up; read line; curl -s -o /dev/null -w '%{http_code}' http://evil.test/" } }) })
      assert.equal("up", child:read_line("stdout"))
      return child, family(child.pid)
    end

    local function finish(child)
      child:write("\n")
      local result = child:wait(5000)
      assert.equal("", result.err)
      assert.equal("403", result.out)
      assert.equal(0, result.code)
    end

    row("3O.258 3O.264 3M.226 finds no socket", function(stranger)
      local child, pids = start()
      assert.is_true(#pids >= 4) -- fence, bubblewrap twice, the command
      local result = process.run({ argv = { python, "-c", sockets_script,
        table.unpack(strings(pids)) } })
      assert.equal("", result.err)
      -- The kernel itself names one end of a pair, for its credentials: it takes no connection
      local name = result.out:match("^unix (@%x+)\n$")
      assert.is_true(name ~= nil or result.out == "", result.out)
      result = process.run({ as_user = stranger, argv = { python, "-c", connect_script,
        name or "@" } })
      assert.equal("ECONNREFUSED ECONNREFUSED ECONNREFUSED\n", result.out, result.err)
      finish(child)
    end)

    row("3O.259 3O.263 reads nothing of a process, and signals none", function(stranger)
      local child, pids = start()
      local result = process.run({ as_user = stranger, argv = { python, "-c", stranger_script,
        table.unpack(strings(pids)) } })
      assert.equal("", result.err)
      local tried = 0
      for what, outcome in result.out:gmatch("(%S+) (%S+)\n") do
        tried = tried + 1
        assert.is_true(outcome == "EACCES" or outcome == "EPERM", what .. " " .. outcome)
      end
      assert.equal(31 * #pids, tried)
      finish(child)
    end)

    row("3O.259 sees no variable and no settings on a command line", function(stranger)
      local child, pids = start()
      local lines = {}
      for index, pid in ipairs(pids) do
        local result = process.run({ as_user = stranger,
          argv = { "cat", ("/proc/%d/cmdline"):format(pid) } })
        lines[index] = result.out:gsub("%z", " ")
      end
      local all = table.concat(lines, "\n")
      assert.is_nil(all:find(secret, 1, true), all)
      assert.is_nil(all:find("HTTP_PROXY", 1, true), all)
      assert.is_not_nil(lines[1]:find("--settings", 1, true))
      finish(child)
    end)

    -- name, the mode of /tmp, more that is done before
    for _, case in ipairs({
      { "3O.260 is not in the way with names that can be foreseen", "1777",
        'setpriv --reuid="$1" --regid="$1" --clear-groups python3 -c "$2" $$ "$3"; ' },
      { "3O.261 may remove and rename what is in /tmp", "777", "" },
      { "3O.260 may have filled /tmp, /run and /dev/shm", "1777",
        "for d in /tmp /run /dev/shm; do mount -o remount,size=4k $d; " ..
        "head -c 4096 /dev/zero >$d/full; done; " },
      { "has made them read-only, as it were", "1777",
        "for d in /tmp /run /dev/shm; do mount -o remount,ro $d; done; " },
    }) do
      row(case[1], function(stranger)
        local fence = users.temp_dir(identity) .. "/fence"
        local where = users.temp_dir(identity)
        assert.equal(0, process.run({ argv = { "cp", os.getenv("FENCE_BINARY"), fence } }).code)
        assert.equal(0, process.run({ argv = { "chmod", "755", fence } }).code)
        local result = process.run({ cwd = where, env = { HOME = users.home(identity) },
          argv = { "unshare", "--mount", "sh", "-ec",
          private:format(case[2]) .. case[3] .. 'find /tmp /run /dev/shm | sort | md5sum; ' ..
          'setpriv --reuid="$4" --regid="$4" --clear-groups "$5" --allow-write . -- ' ..
          "sh -c 'ls -A /tmp /run; echo x >/tmp/x; echo x >x; rm x; curl -s -o /dev/null " ..
          "-w \"%{http_code}\n\" http://evil.test/'; find /tmp /run /dev/shm | sort | md5sum",
          "sh", stranger, in_the_way, tostring(users.ids(identity).uid), identity, fence } })
        assert.equal("", result.err)
        local before, out, after = result.out:match("^(%x+)  %-\n(.*\n)(%x+)  %-\n$")
        assert.equal("/run:\n\n/tmp:\n403\n", out)
        assert.equal(before, after)
        assert.equal(0, result.code)
      end)
    end

    row("3O.264 3O.267 runs fence at the same time, with the same HOME", function(stranger)
      local home = users.temp_dir(identity)
      assert.equal(0, process.run({ argv = { "chmod", "1777", home } }).code)
      local children = {}
      for index, who in ipairs({ identity, stranger, identity, stranger }) do
        children[index] = process.start({ as_user = who, stdin = true, cwd = home,
          env = { HOME = home }, argv = { users.binary(who), "sh", "-c",
            "echo up; read line; curl -s -o /dev/null -w '%{http_code}' http://evil.test/" } })
      end
      for index = 1, 4 do
        assert.equal("up", children[index]:read_line("stdout"))
      end
      for index = 1, 4 do
        finish(children[index])
      end
      assert.equal("", process.run({ argv = { "ls", "-A", home } }).out)
    end)

    row("cannot enter what the sandbox shows to its command", function(stranger)
      local child, pids = start()
      local result = process.run({ as_user = stranger, argv = { "nsenter", "-t",
        tostring(pids[#pids]), "-n", "-U", "true" } })
      assert.not_equal(0, result.code)
      assert.matches("Permission denied", result.err)
      finish(child)
      loop.wait(function() return not fenced.exists("/proc/" .. pids[#pids]) end, 2000)
    end)
  end)
end

describe("sudo", function()
  it("3O.266 is root like any other: no capability, files of root's", function()
    sandbox.require_sandbox(pending)
    if users.ids(users.current()).uid ~= 0 then
      return pending("only root can be what sudo makes")
    end
    local where = users.temp_dir(users.current())
    local result = fenced.run({ cwd = where, settings = fenced.settings({}, { where }),
      env = { SUDO_USER = "fence-test", SUDO_UID = "999", SUDO_GID = "999", SUDO_COMMAND = "x" },
      argv = { "sh", "-c", "grep CapEff /proc/self/status; echo x >file; stat -c %u:%g file" } })
    assert.equal("CapEff:\t0000000000000000\n0:0\n", result.out)
    assert.equal("0:0\n", process.run({ argv = { "stat", "-c", "%u:%g", where .. "/file" } }).out)
  end)
end)
