-- SPDX-License-Identifier: Apache-2.0
-- kill_spec.lua - whoever dies, and whenever: a second later there is no process, mount, socket or
-- file of the run, and nobody holds its output open.
--
-- FENCE_LONG=1 tries the random moments 200 times instead of 25.

local cell = require "spec.support.cell"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local sanitized = (os.getenv("FENCE_SANITIZED") or "") ~= ""
local often = os.getenv("FENCE_LONG") == "1" and 200 or 25

-- The command, and what it has left behind it when it says that it is up.
local idle = { "sh", "-c", "setsid sleep 70 & (sleep 80 & sleep 90) & echo up; exec sleep 60" }

-- name, who gets which signal, the status of fence
local deaths = {
  { "3M.224 SIGKILL to fence", "fence:SIGKILL", 137 },
  { "3M.225 SIGSEGV to fence", "fence:SIGSEGV", 139 },
  { "3M.225 SIGABRT to fence", "fence:SIGABRT", 134 },
  { "3M.225 SIGTERM to fence", "fence:SIGTERM", 143 },
  { "3M.225 SIGHUP to fence", "fence:SIGHUP", 129 },
  { "3M.225 SIGINT to fence", "fence:SIGINT", 130 },
  { "3M.225 SIGQUIT to fence", "fence:SIGQUIT", 131 },
  { "3M.225 SIGSTOP and SIGCONT to fence", "fence:SIGSTOP,fence:SIGCONT,fence:SIGTERM", 143 },
  { "3M.225 SIGKILL to bubblewrap", "outer:SIGKILL", 137 },
  { "3M.225 SIGSEGV to bubblewrap is nothing", "outer:SIGSEGV,fence:SIGTERM", 143 },
  { "3M.225 SIGTERM to bubblewrap is nothing", "outer:SIGTERM,outer:SIGINT,fence:SIGTERM", 143 },
  { "3M.225 SIGSTOP and SIGCONT to it", "outer:SIGSTOP,outer:SIGCONT,fence:SIGTERM", 143 },
  { "3M.225 SIGKILL to process 1", "init:SIGKILL", 137 },
  { "3M.225 SIGTERM to process 1 is nothing", "init:SIGTERM,init:SIGHUP,fence:SIGTERM", 143 },
  { "3M.225 SIGKILL to the command", "command:SIGKILL", 137 },
  { "3M.225 SIGSEGV to the command", "command:SIGSEGV", 139 },
  { "3M.225 SIGHUP to the command", "command:SIGHUP", 129 },
  { "3M.224 SIGKILL to fence while the command is stopped", "command:SIGSTOP,fence:SIGKILL", 137 },
  { "3M.224 SIGKILL to fence while bubblewrap is stopped", "outer:SIGSTOP,fence:SIGKILL", 137 },
  { "3M.224 SIGKILL to fence while process 1 is stopped", "init:SIGSTOP,fence:SIGKILL", 137 },
  { "3M.224 SIGKILL to fence while all are stopped",
    "command:SIGSTOP,init:SIGSTOP,outer:SIGSTOP,fence:SIGSTOP,fence:SIGKILL", 137 },
}

-- name, the command, the status: nobody is killed
local ends = {
  { "3M.235 a command that ends at once", { "true" }, 0 },
  { "3M.235 a daemon of its own session", { "sh", "-c", "setsid sleep 60 & exit 3" }, 3 },
  { "3M.235 a daemon twice forked",
    { "sh", "-c", "(setsid sh -c 'sleep 60 & sleep 60' &) & exit 4" }, 4 },
  { "3M.235 one that ignores SIGTERM and SIGHUP",
    { "sh", "-c", "trap '' TERM HUP INT; setsid sleep 60 & exit 5" }, 5 },
  { "3M.235 one that is stopped", { "sh", "-c", "sleep 60 & kill -STOP $!; exit 6" }, 6 },
  { "3M.235 a hundred", { "sh", "-c", "for i in $(seq 100); do sleep 60 & done; exit 7" }, 7 },
  { "3M.233 files, a FIFO and a socket in /tmp and /run", { "python3", "-c", [[
import os, socket
for top in ("/tmp", "/run", "/dev/shm"):
    open(top + "/file", "w").close()
    os.mkfifo(top + "/fifo")
socket.socket(socket.AF_UNIX).bind("/tmp/socket")
os._exit(8)]] }, 8 },
}

-- name, the delay before the first signal, the command, who gets which, the ways it may end
local moments = {
  { "3M.224 SIGKILL to fence while it starts", 0.012, { "sleep", "60" }, "fence:SIGKILL",
    { ["137"] = true }, "unguarded" },
  { "3M.225 SIGTERM to fence while it starts", 0.012, { "sleep", "60" }, "fence:SIGTERM",
    { ["143"] = true } },
  { "3M.225 SIGINT to fence while it starts", 0.012, { "sleep", "60" }, "fence:SIGINT",
    { ["130"] = true } },
  { "3M.225 SIGHUP to fence while it starts", 0.012, { "sleep", "60" }, "fence:SIGHUP",
    { ["129"] = true } },
  { "3M.224 SIGKILL to fence about the end", 0.03, { "sleep", "0.01" }, "fence:SIGKILL",
    { ["137"] = true, ["0"] = true } },
  { "3M.225 SIGTERM to fence about the end", 0.03, { "sleep", "0.01" }, "fence:SIGTERM",
    { ["143"] = true, ["0"] = true } },
  { "3M.224 SIGKILL to fence in the middle", 0.01, { "sh", "-c",
    "while :; do (setsid true & true &); done" }, "command:SIGCONT,fence:SIGKILL",
    { ["137"] = true } },
}

-- bubblewrap's first process waits a moment for bubblewrap itself before it is bound to its life,
-- and for ever if both fence and bubblewrap are killed in that very moment. Nothing of the command
-- has run there. Once in a hundred runs is borne; of a signal that fence can catch, never.
local function only_unguarded(left, command)
  local processes = 0
  for _, line in ipairs(left) do
    if line:match("^process ") then
      processes = processes + 1
      if not line:find("/proc/self/fd/%d+ %d+ " .. table.concat(command, " ") .. " $") then
        return false
      end
    end
  end
  return processes > 0
end

for _, identity in ipairs(users.identities()) do
  describe("a run that is killed as " .. identity, function()
    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        if not cell.available() then
          return pending("only root can look at a run in namespaces of its own")
        end
        fn()
      end)
    end

    for _, case in ipairs(deaths) do
      row(case[1], function()
        if sanitized and case[2] == "fence:SIGSEGV" then
          return pending("a sanitizer catches it")
        end
        local how, left, err = cell.run({ as_user = identity, arguments = idle, wait = "up",
          kill = case[2] })
        assert.same({}, left)
        assert.same({ tostring(case[3]) }, how)
        assert.equal("", err)
      end)
    end

    for _, case in ipairs(ends) do
      row(case[1], function()
        local how, left, err = cell.run({ as_user = identity, arguments = case[2] })
        assert.same({}, left)
        assert.same({ tostring(case[3]) }, how)
        assert.equal("", err)
      end)
    end

    for _, case in ipairs(moments) do
      local name, delay, command, who, may, unguarded = table.unpack(case, 1, 6)

      row(name .. ", " .. often .. " times", function()
        local how, left, err, runs = cell.run({ as_user = identity, arguments = command,
          runs = often, seconds = delay, kill = who, timeout = 250000 })
        if unguarded and runs > 0 and runs <= math.max(1, often // 100) then
          assert.is_true(only_unguarded(left, command), table.concat(left, "\n"))
        else
          assert.same({}, left)
        end
        assert.equal("", err)
        for _, status in ipairs(how) do
          assert.is_true(may[status], "ended with " .. status)
        end
        assert.is_true(#how > 0)
      end)
    end

    row("3M.227 fence as process 1", function()
      local words = { "unshare", "--pid", "--fork", "--mount-proc", "setpriv",
        "--reuid=" .. identity, "--regid=" .. identity, "--clear-groups", users.binary(identity),
        "sh", "-c", "(setsid sleep 60 &) ; exit 6" }
      local result = process.run({ argv = words, env = { HOME = users.home(identity) },
        cwd = users.home(identity) })
      assert.equal("", result.err)
      assert.equal(6, result.code)
      assert.is_false(result.held)
    end)
  end)
end
