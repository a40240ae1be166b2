-- SPDX-License-Identifier: Apache-2.0
-- clean_spec.lua - the host after many runs in a project, a third of them killed at a random
-- moment: nothing has come, nothing has gone, and the project is what it was.
--
-- FENCE_SEED repeats a run's random moments; the seed is part of what a failure says. Each death by
-- itself, and what a sandbox of its own sees of it: kill_spec.lua.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local sanitized = (os.getenv("FENCE_SANITIZED") or "") ~= ""
local runs = 200

math.randomseed()
local seed = tonumber(os.getenv("FENCE_SEED")) or math.random(1, 2 ^ 31)

-- Files that some program or other would run or read later, and others that only look so.
local project_script = [[
umask 022
git init -q -b main . && git config user.name A && git config user.email a@good.test
mkdir -p .vscode src/deep node_modules/x; echo '{}' >.vscode/settings.json; echo x=1 >.envrc
echo 'int main;' >src/main.c; ln -s main.c src/link; ln src/main.c src/hard; : >src/empty
printf '#!/bin/sh\n' >run; chmod 755 run; echo secret >.env; chmod 600 .env; echo '*.o' >.gitignore
echo 'exit 0' >.git/hooks/pre-commit; touch 'odd name
with a line'
git add -A && git commit -qm first]]

-- What a run does in the project: much, and nothing that stays.
local busy = [[
cat src/main.c >/dev/null; echo x >/tmp/x; echo y >/dev/shm/y; mkfifo /run/f; (setsid sleep 60 &)
sleep 0.02 & git --no-optional-locks status --short; wait $!]]

local source = debug.getinfo(1, "S").source:match("^@(.*/)e2e/[^/]*$") .. "support/clean.py"

local keys = {} -- that were new after the runs, of everybody

for _, identity in ipairs(users.identities()) do
  describe("a clean host as " .. identity, function()
    local project, program
    lazy_setup(function()
      project = users.temp_dir(identity)
      local made = process.run({ argv = { "bash", "--norc", "-euc", project_script }, cwd = project,
        as_user = identity })
      assert(made.code == 0, made.err)
      program = users.temp_dir(identity) .. "/fence" -- the one under test may lie below /tmp
      assert(uv.fs_copyfile(os.getenv("FENCE_BINARY"), program))
      assert(uv.fs_chmod(program, tonumber("755", 8)))
    end)

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function git_status()
      local result = process.run({ argv = { "git", "status", "--porcelain", "--ignored" },
        cwd = project, as_user = identity })
      return result.err .. result.out
    end

    -- Runs `argv` in the project; as root in a network and tables of System V of its own, where
    -- nobody else makes noise. Returns the ends and what is left, as lists of lines.
    local function many(options)
      local argv = { "/usr/bin/python3", "-c", assert(fenced.read_file(source)),
        tostring(options.runs), tostring(options.killed), tostring(options.longest or 0),
        tostring(seed), tostring(options.at_once), "--" }
      local command = fenced.argv({ argv = options.argv, as_user = identity,
        settings = fenced.settings({}, { project }) })
      command[1] = program
      table.move(command, 1, #command, #argv + 1, argv)
      local env = { HOME = users.home(identity) }
      local as_user = identity
      if uv.getuid() == 0 then
        local words = { "unshare", "--net", "--ipc", "--mount", "sh", "-c",
          "mount -t tmpfs -o mode=1777 tmpfs /tmp && mount -t tmpfs tmpfs /run && " ..
          "mount -t tmpfs -o mode=1777 tmpfs /dev/shm && exec \"$@\"", "sh", "setpriv",
          "--reuid=" .. identity, "--regid=" .. identity, "--clear-groups", "--" }
        argv = table.move(argv, 1, #argv, #words + 1, words)
        env.OWN_PLACE, as_user = "1", nil
      end
      local result = process.run({ argv = argv, as_user = as_user, cwd = project, env = env,
        timeout = 120000 })
      assert(result.code == 0, result.err)
      assert.equal("", result.err)
      local ends, left = {}, {}
      for kind, line in result.out:gmatch("(%l+) ([^\n]*)\n") do
        table.insert(kind == "end" and ends or kind == "key" and keys or left, line)
      end
      return ends, left
    end

    row(("3F.144 3M.224 %d runs, a third of them killed"):format(runs), function()
      local ends, left = many({ argv = { "sh", "-c", busy }, runs = runs, killed = 1,
        longest = sanitized and 0.4 or 0.09, at_once = 2 })
      local seen = ("seed %d\n%s\n%s"):format(seed, table.concat(ends, "\n"),
        table.concat(left, "\n"))
      -- bubblewrap's child that waits for a parent which died as it started: see kill_spec.lua
      if #left == 1 and left[1]:find("^process %d+ [^\n]*/proc/self/fd/%d+ %d+ sh %-c") then
        left = {}
      end
      assert.same({}, left, seen)
      local done = 0
      for _, line in ipairs(ends) do
        local status, count = line:match("^(%d+)  (%d+)$")
        assert.is_not_nil(status, seen)
        assert.is_true(status == "0" or status == "137", seen)
        done = done + tonumber(count)
      end
      assert.equal(runs, done, seen)
      assert.equal("", git_status())
    end)

    row("3F.143 twenty runs at once, none killed", function()
      local ends, left = many({ argv = { "sh", "-c", "f=by-$(cat /proc/sys/kernel/random/uuid); " ..
        "echo x >$f && sleep 0.3 && rm $f; echo y 2>/dev/null >../y || echo closed" },
        runs = 20, killed = 0, at_once = 20 })
      assert.same({}, left)
      assert.same({ "0 closed 20" }, ends)
      assert.equal("", git_status())
    end)

    -- Which of two ends first
    for _, first in ipairs({ "first", "second" }) do
      row(("3F.143 two at once, the %s ends first"):format(first), function()
        local children = {}
        for index = 1, 2 do
          children[index] = process.start({ as_user = identity, cwd = project, stdin = true,
            argv = fenced.argv({ settings = fenced.settings({}, { project }), as_user = identity,
              argv = { "sh", "-c", [[echo up; read line; echo x >mine && rm mine && echo writes
                echo x 2>/dev/null >../theirs || echo closed; echo x 2>/dev/null >/etc/theirs ||
                echo closed]] } }) })
        end
        for index = 1, 2 do
          assert.equal("up", children[index]:read_line("stdout"))
        end
        if first == "second" then
          children[1], children[2] = children[2], children[1]
        end
        for index = 1, 2 do
          children[index]:write("\n")
          local result = children[index]:wait(5000)
          assert.equal("writes\nclosed\nclosed\n", result.out)
          assert.equal("", result.err)
        end
        assert.equal("", git_status())
      end)
    end

    row("3M.234 one starts while another ends, thirty times", function()
      local argv = fenced.argv({ argv = { "sh", "-c", "(setsid sleep 60 &); echo x" },
        settings = fenced.settings({}, { project }), as_user = identity })
      local result = process.run({ argv = { "sh", "-c",
        'for i in 1 2 3 4 5 6 7 8 9 10; do "$@" & "$@"; "$@"; wait; done', "sh",
        table.unpack(argv) }, as_user = identity, cwd = project, timeout = 30000 })
      assert.equal(("x\n"):rep(30), result.out)
      assert.equal("", result.err)
      assert.is_false(result.held)
    end)

    row("3M.235 what the command has left behind is gone before fence is, thirty times", function()
      local argv = fenced.argv({ argv = { "sh", "-c", "for i in 1 2 3 4 5; do setsid sh -c " ..
        "'while :; do echo x >>tick; done' & done; exit 3" },
        settings = fenced.settings({}, { project }), as_user = identity })
      local result = process.run({ argv = { "sh", "-c", [[i=0; while [ $i -lt 30 ]; do "$@"
        a=$(stat -c %s tick); sleep 0.02; [ "$a" = "$(stat -c %s tick)" ] || echo writes
        rm -f tick; i=$((i + 1)); done]], "sh", table.unpack(argv) }, as_user = identity,
        cwd = project, timeout = 30000 })
      assert.equal("", result.out)
      assert.is_nil(result.err:match("^fence"))
      assert.equal("", git_status())
    end)

    row("3M.227 started by a thread that ends", function()
      local argv = fenced.argv({ argv = { "sh", "-c", "sleep 0.2; echo alive" },
        settings = fenced.settings({}, { project }), as_user = identity })
      local began = loop.now()
      local result = process.run({ argv = { "/usr/bin/python3", "-c", [[
import subprocess, sys, threading
started = []
thread = threading.Thread(target=lambda: started.append(subprocess.Popen(sys.argv[1:])))
thread.start()
thread.join()
sys.exit(started[0].wait())]], table.unpack(argv) }, as_user = identity, cwd = project })
      assert.is_true(loop.now() - began >= 200)
      assert.equal("alive\n", result.out)
      assert.equal(0, result.code)
    end)
  end)
end

-- At last, as the kernel takes some seconds to clear them away.
describe("a clean host", function()
  it("has no key of all those runs any more", function()
    local left
    loop.wait(function()
      left = {}
      for _, identity in ipairs(users.identities()) do
        local now = process.run({ argv = { "cat", "/proc/keys" }, as_user = identity }).out
        for _, key in ipairs(keys) do
          left[#left + 1] = now:find(key .. " ", 1, true) and key or nil
        end
      end
      return #left == 0
    end, 40000)
    assert.same({}, left)
  end)
end)
