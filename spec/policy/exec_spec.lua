-- SPDX-License-Identifier: Apache-2.0
-- exec_spec.lua - on_exec: a policy judges the command that fence is to start, before anything of a
-- sandbox is there.

local process = require "spec.support.process"
local users = require "spec.support.users"

-- name, the body of on_exec, the command, the status, standard output, standard error
local rows = {
  { "no opinion", "", { "echo", "ran" }, 0, "ran\n", "" },
  { "allow", "return fence.allow()", { "echo", "ran" }, 0, "ran\n", "" },
  { "deny", "return fence.deny 'not here'", { "echo", "ran" }, 126, "",
    "fence: the command is denied by policy:p: not here\n" },
  { "deny says nothing", "return fence.deny()", { "echo" }, 126, "",
    "fence: the command is denied by policy:p\n" },
  { "ask", "return fence.ask 'really?'", { "echo", "ran" }, 126, "",
    "fence: the command is denied by policy:p, as nobody is there to be asked: really?\n" },
  { "cmd.argv", "if cmd.argv[1] == 'git' and cmd.argv[2] == 'push' and #cmd.argv == 3 then "
    .. "return fence.deny(cmd.argv[3]) end", { "git", "push", "a b" }, 126, "",
    "fence: the command is denied by policy:p: a b\n" },
  { "cmd.line", "return fence.deny(cmd.line)", { "git", "push", "a b" }, 126, "",
    "fence: the command is denied by policy:p: git push a b\n" },
  { "cmd.cwd", "return fence.deny(cmd.cwd)", { "true" }, 126, "",
    "fence: the command is denied by policy:p: FOLDER\n" },
  { "3I.179 control characters in the command", "return fence.deny(cmd.line)", { "a\27[2Jb\n" },
    126, "",
    "fence: the command is denied by policy:p: a\\x1b[2Jb\\x0a\n" },
  { "an unknown field", "return cmd.arg", { "true" }, 126, "",
    "fence: the command is denied by policy:p: policy error: p.lua:2: a command has no 'arg'; "
    .. "did you mean 'argv'?\n" },
  { "a runtime error", "error 'oops'", { "true" }, 126, "",
    "fence: the command is denied by policy:p: policy error: p.lua:2: oops\n" },
  { "what is no verdict", "return true", { "true" }, 126, "",
    "fence: the command is denied by policy:p: policy error: p.lua:2: on_exec returned a boolean: "
    .. "return fence.allow(), fence.deny(), fence.ask(\"...\") or nil\n" },
  { "an endless loop", "while true do end", { "true" }, 126, "",
    "fence: the command is denied by policy:p: policy error: " },
  { "the shell that -c starts is the command", "return fence.deny(cmd.line)", "id -u", 126, "",
    "fence: the command is denied by policy:p: sh -c id -u\n" },
}

for _, me in ipairs(users.identities()) do
  describe("on_exec as " .. me .. ":", function()
    local folder = users.temp_dir(me)
    local settings = users.write_file(me, folder .. "/s.json", "{}")

    local function run(policies, command)
      local argv = { users.binary(me), "-s", settings }
      for index, body in ipairs(policies) do
        local path = users.write_file(me, ("%s/%s.lua"):format(folder, ("pqr"):sub(index, index)),
          ('local fence = require "fence"\nreturn { on_exec = function(cmd) %s end }'):format(body))
        table.move({ "--policy", path }, 1, 2, #argv + 1, argv)
      end
      local words = type(command) == "string" and { "-c", command } or
        { "--", table.unpack(command) }
      table.move(words, 1, #words, #argv + 1, argv)
      return process.run({ as_user = me, argv = argv, cwd = folder })
    end

    for _, row in ipairs(rows) do
      it(row[1], function()
        local result = run({ row[2] }, row[3])
        assert.equal(row[4], result.code, result.err)
        assert.equal(row[5], result.out)
        if row[6]:match("\n$") or row[6] == "" then
          assert.equal((row[6]:gsub("FOLDER", folder)), result.err)
        else
          assert.equal(row[6], result.err:sub(1, #row[6]))
        end
      end)
    end

    it("any deny wins, whatever the others say", function()
      local result = run({ "return fence.allow()", "return fence.ask 'q'",
        "return fence.deny 'r'" }, { "echo", "ran" })
      assert.equal("fence: the command is denied by policy:r: r\n", result.err)
    end)

    it("what one policy does to the command's table the next does not see", function()
      local result = run({ "cmd.argv[1] = 'ls' cmd.line = 'ls'", "return fence.deny(cmd.line)" },
        { "git", "push" })
      assert.equal("fence: the command is denied by policy:q: git push\n", result.err)
    end)

    it("on_start is not told of what was denied", function()
      local path = users.write_file(me, folder .. "/p.lua", [[
        local fence = require "fence"
        return {
          on_exec = function() return fence.deny "no" end,
          on_start = function() fence.log("info", "started") end,
          on_exit = function() fence.log("info", "ended") end,
        }]])
      local result = process.run({ as_user = me, argv = { users.binary(me), "-m", "-s", settings,
        "--policy", path,
        "--", "true" } })
      assert.equal("fence: the command is denied by policy:p: no\n", result.err)
    end)
  end)
end
