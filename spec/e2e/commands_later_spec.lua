-- SPDX-License-Identifier: Apache-2.0
-- commands_later_spec.lua - command rules that change while the command runs, that a person decides
-- about, and that a fence in a fence cannot hold.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local patience_ms = 15000
local again = "fence: the rules were loaded again"
local steps = 40 -- rules that come and go while commands are judged by them

for _, identity in ipairs(users.identities()) do
  describe("command rules later on as " .. identity .. ":", function()
    local folder, child

    before_each(function()
      sandbox.require_sandbox(pending, identity)
      folder = users.temp_dir(identity)
    end)

    after_each(function()
      if child and child:running() then
        child:kill("sigkill")
        child:wait(patience_ms)
      end
      child = nil
    end)

    -- At once, so that no half of it is read.
    local function write(command)
      local path = users.write_file(identity, folder .. "/rules.new", json.encode({
        filesystem = { allowWrite = json.list({ "work" }) }, command = command }))
      assert(os.rename(path, folder .. "/rules.json"))
    end

    -- A shell that executes what it is told, a line each, and says how that ended.
    local function start(command)
      write(command)
      process.run({ as_user = identity, argv = { "mkdir", folder .. "/work" } })
      child = process.start({ as_user = identity, cwd = folder, stdin = true,
        argv = { users.binary(identity), "--watch", "-s", folder .. "/rules.json", "--", "sh", "-c",
          'while read -r line; do $line >/dev/null; echo $?; done' } })
    end

    local function told(line)
      child:write(line .. "\n")
      return child:read_line("stdout", patience_ms)
    end

    -- The lines of standard error until the rules have been loaded; the last one is left out.
    local function change(command)
      local lines = {}
      write(command)
      repeat
        lines[#lines + 1] = assert(child:read_line("stderr", patience_ms), table.concat(lines))
      until lines[#lines] == again
      lines[#lines] = nil
      return lines
    end

    it("rules that come are held, those that go are not", function()
      start({ deny = json.list({ "nothing" }) })
      assert.equal("0", told("uname -r"))
      change({ deny = json.list({ "uname -r" }) })
      assert.equal("126", told("uname -r"))
      assert.equal("0", told("uname"))
      change({ deny = json.list({ "nothing" }) })
      assert.equal("0", told("uname -r"))
    end)

    it("a program that a new rule names is known by any name", function()
      start({ deny = json.list({ "nothing" }) })
      assert.equal("0", told("cp /usr/bin/printenv work/other"))
      assert.equal("0", told("work/other PATH"))
      change({ deny = json.list({ "printenv" }) })
      assert.equal("126", told("work/other PATH"))
      change({ deny = json.list({ "nothing" }) })
      assert.equal("0", told("work/other PATH"))
    end)

    it("many changes while commands are executed", function()
      start({ deny = json.list({ "nothing" }) })
      assert.equal("0", told("true"))
      for step = 1, steps do
        change({ deny = json.list({ step % 2 == 1 and "uname -r" or "uname -s" }) })
        child:write(("uname -r\n"):rep(3))
        for _ = 1, 3 do
          assert.equal(step % 2 == 1 and "126" or "0", child:read_line("stdout", patience_ms))
        end
      end
    end)

    it("where there were none, new ones are said not to hold", function()
      start(nil)
      assert.equal("0", told("uname -r"))
      local lines = change({ deny = json.list({ "uname -r" }) })
      assert.same({ "[fence] the new command rules do not hold for the command that runs: " ..
        "start it again" }, lines)
      assert.equal("0", told("uname -r"))
      assert.same({}, change(nil))
    end)

    -- name, the steps, what the shell saw
    for _, row in ipairs({
      { "yes", { "=run uname?", ">y\\n", "=said 0" } },
      { "no", { "=run uname?", ">n\\n", "=said 126" } },
      { "always", { "=run uname?", ">a\\n", "=said 0", "=twice 0" } },
      { "never", { "=run uname?", ">v\\n", "=said 126", "=twice 126" } },
    }) do
      it("a person is asked about a child: " .. row[1], function()
        local policy = users.write_file(identity, folder .. "/p.lua", [[
          local fence = require "fence"
          return { on_exec = function(cmd)
            if cmd.argv[1] == "uname" then return fence.ask("run uname?") end
          end }]])
        local script = "uname >/dev/null; echo said $?"
        if row[1] == "always" or row[1] == "never" then
          script = script .. "; uname >/dev/null; echo twice $?"
        end
        local result = terminal.run({ as_user = identity, steps = row[2], argv = fenced.argv({
          as_user = identity, args = { "--policy", policy }, argv = { "sh", "-c", script } }) })
        assert.equal(0, result.code, result.err .. result.out)
      end)
    end

    -- A fence in a fence: the outer one traces its processes, which the inner one cannot do, too.
    local function nested(args)
      local settings = users.write_file(identity, folder .. "/inner.json",
        json.encode({ command = { deny = json.list({ "uname -r" }) } }))
      -- a sanitizer that looks for leaks is itself a tracer, and cannot be one in there
      local argv = { "env", "ASAN_OPTIONS=detect_leaks=0", users.binary(identity), "-s", settings }
      table.move(args, 1, #args, #argv + 1, argv)
      table.move({ "--", "sh", "-c",
        "x=uname; $x -r >/dev/null; echo $?; $x -m >/dev/null; echo $?" }, 1, 4, #argv + 1, argv)
      return fenced.run({ as_user = identity, cwd = folder, args = { "--allow-nested" },
        settings = { command = { deny = json.list({ "uname -m" }) } }, argv = argv })
    end

    it("a fence in a fence with rules refuses to start without its own", function()
      if identity == "root" then
        pending("root cannot nest")
      end
      local result = nested({})
      assert.equal(125, result.code, result.err)
      assert.equal("", result.out)
      assert.matches("^fence: [^\n]+%-%-degrade=exec[^\n]*\n$", result.err)
    end)

    it("and goes on without them where it is told to; the outer one's hold", function()
      if identity == "root" then
        pending("root cannot nest")
      end
      local result = nested({ "--degrade=exec" })
      assert.equal("0\n126\n", result.out, result.err)
    end)
  end)
end
