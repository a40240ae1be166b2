-- SPDX-License-Identifier: Apache-2.0
-- exit_spec.lua - the exit status: the command's own, or one that says who failed, with one line.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- Signals that a command sends to itself and lives on: SIGCHLD, SIGCONT, SIGURG, SIGWINCH.
local harmless = { [17] = true, [18] = true, [23] = true, [28] = true }
local stops = { [19] = true, [20] = true, [21] = true, [22] = true }

-- Files of the folder the command runs in.
local function make_files(identity)
  local folder = users.temp_dir(identity)
  users.write_file(identity, folder .. "/plain", "echo ran\n", "644")
  users.write_file(identity, folder .. "/script", "#!/bin/sh\nexit 9\n", "755")
  users.write_file(identity, folder .. "/headless", "exit 8\n", "755")
  users.write_file(identity, folder .. "/orphan", "#!/nonexistent/interpreter\n", "755")
  users.write_file(identity, folder .. "/empty", "", "755")
  users.write_file(identity, folder .. "/a b\27[1m", "", "644")
  return folder
end

-- name, the command, the status, the line behind "fence: " (nil: none)
local commands = {
  { "success", { "true" }, 0 },
  { "failure", { "false" }, 1 },
  { "its own 125", { "sh", "-c", "exit 125" }, 125 },
  { "its own 126", { "sh", "-c", "exit 126" }, 126 },
  { "its own 127", { "sh", "-c", "exit 127" }, 127 },
  { "its own 137", { "sh", "-c", "exit 137" }, 137 },
  { "its own 255", { "sh", "-c", "exit 255" }, 255 },
  { "a script by its path", { "./script" }, 9 },
  { "a file without a first line goes to sh", { "./headless" }, 8 },
  { "an empty file goes to sh", { "./empty" }, 0 },
  { "no such program", { "no-such-program" }, 127, "'no-such-program' was not found" },
  { "no such path", { "./no/such" }, 127, "'./no/such' was not found" },
  { "a script whose interpreter is missing", { "./orphan" }, 127,
    "'./orphan' cannot be seen in the sandbox, or the interpreter it names: /tmp and /run are " ..
    "empty there, and what denyRead and defaultDenyRead hide is hidden; name its folder in " ..
    "filesystem.allowRead, or move it" },
  { "an empty name", { "" }, 127, "'' was not found" },
  { "a name with a line of its own", { "no\nfence: such" }, 127,
    "'no\\x0afence: such' was not found" },
  { "a file that may not be executed", { "./plain" }, 126,
    "'./plain' cannot be executed: Permission denied" },
  { "3I.179 the same with an escape sequence in its name", { "./a b\27[1m" }, 126,
    "'./a b\\x1b[1m' cannot be executed: Permission denied" },
  { "a folder", { "./" }, 126, "'./' cannot be executed: Permission denied" },
  { "a file used as a folder", { "./plain/x" }, 126,
    "'./plain/x' cannot be executed: Not a directory" },
  { "a name too long", { "./" .. ("n"):rep(300) }, 126 },
}

for _, identity in ipairs(users.identities()) do
  describe("the exit status as " .. identity, function()
    local folder

    lazy_setup(function()
      folder = make_files(identity)
    end)

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function run(argv, options)
      options = options or {}
      return fenced.run({ argv = argv, args = options.args, env = options.env, as_user = identity,
        cwd = folder, timeout = 10000 })
    end

    for _, case in ipairs(commands) do
      local name, argv, status, line = table.unpack(case, 1, 4)

      row("3M.236 " .. name .. ": " .. status, function()
        local result = run(argv)
        if line then
          assert.equal("fence: " .. line .. "\n", result.err)
        elseif #argv[1] > 255 then
          assert.matches("^fence: 'n?%./n+[^\n]*' cannot be executed: File name too long\n$",
            result.err)
        else
          assert.equal("", result.err)
        end
        assert.equal("", result.out)
        assert.equal(status, result.code)
      end)
    end

    row("3M.236 a program that PATH names and nobody may execute: 126", function()
      local result = run({ "plain" }, { env = { PATH = folder .. ":/usr/bin:/bin" } })
      assert.equal("fence: 'plain' cannot be executed: Permission denied\n", result.err)
      assert.equal(126, result.code)
    end)

    row("3M.236 a program that only the host sees: 127, and why", function()
      local where = assert(io.popen("mktemp -d /tmp/fence-spec-XXXXXX")):read("l")
      local copied = process.run({ argv = { "cp", "/bin/true", where .. "/program" } })
      os.execute("chmod 755 " .. where)
      local result = run({ where .. "/program" })
      os.execute("rm -r " .. where)
      assert.equal(0, copied.code)
      assert.matches("^fence: '[^']+' cannot be seen in the sandbox, or the interpreter it " ..
        "names: /tmp and /run are empty there; add %-%-allow%-write for its folder, or move it\n$",
        result.err)
      assert.equal(127, result.code)
    end)

    for signum = 1, 64 do
      if not stops[signum] and signum ~= 32 and signum ~= 33 then -- the C library keeps those two
        local status = harmless[signum] and 3 or 128 + signum

        row(("3M.236 a command that sends itself signal %d: %d"):format(signum, status), function()
          local result = run({ "sh", "-c", ("ulimit -c 0; kill -%d $$; exit 3"):format(signum) })
          assert.equal("", result.err)
          assert.equal(status, result.code)
        end)
      end
    end

    row("3M.236 what would dump a core: 134", function()
      local result = run({ "sh", "-c", "kill -ABRT $$" })
      assert.equal("", result.err)
      assert.equal(134, result.code)
      assert.is_false(fenced.exists(folder .. "/core"))
    end)

    row("3M.236 a command that was stopped goes on, and ends with its own status", function()
      local result = run({ "sh", "-c", "{ sleep 0.1; kill -CONT $$; } & kill -STOP $$; exit 5" })
      assert.equal("", result.err)
      assert.equal(5, result.code)
    end)

    row("3M.236 every status from 0 to 255", function()
      local result = process.run({ as_user = identity, timeout = 90000, argv = { "sh", "-c",
        [[i=0
        while [ $i -le 255 ]; do
          "$0" -- sh -c "exit $i"; got=$?
          [ $got = $i ] || echo "$i: $got"
          i=$((i + 1))
        done]], users.binary(identity) } })
      assert.equal("", result.err)
      assert.equal("", result.out)
    end)

    for _, case in ipairs({
      { "the command line", { "--nope" } },
      { "the settings", { "--allow", "not a host" } },
      { "settings that are missing", { "--settings", "/nonexistent/fence.json" } },
    }) do
      it("3M.236 125 and one line when fence fails on " .. case[1], function()
        local argv = table.move(case[2], 1, #case[2], 2, { users.binary(identity) })
        table.move({ "--", "echo", "ran" }, 1, 3, #argv + 1, argv)
        local result = process.run({ argv = argv, as_user = identity, timeout = 10000 })
        assert.matches("^fence: [^\n]+[^.\n]\n$", result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end)
    end
  end)
end
