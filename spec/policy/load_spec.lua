-- SPDX-License-Identifier: Apache-2.0
-- load_spec.lua - a policy that cannot be loaded: one line that names file and line, status 125,
-- and the command has not run.

local process = require "spec.support.process"
local users = require "spec.support.users"

-- name, the text, the line behind "fence: FOLDER/"
local rows = {
  { "a syntax error", "return {\n  on_connect = function(req) retrun nil end\n}",
    "p.lua:2: syntax error near 'nil'" },
  { "an unfinished file", "return {", "p.lua:1: unexpected symbol near <eof>" },
  { "an error while it runs", "local x = nil\nreturn x.y",
    "p.lua:2: attempt to index a nil value (local 'x')" },
  { "an error that is a table", "error({})", "p.lua: the error is no text but a table" },
  { "nothing returned", "local x = 1", "p.lua: a policy returns a table of hooks, not a nil" },
  { "a function returned", "return function() end",
    "p.lua: a policy returns a table of hooks, not a function" },
  { "a misspelt hook", "return { on_conect = function() end }",
    "p.lua: a policy has no 'on_conect'; did you mean 'on_connect'?" },
  { "an unknown key", "return { version = 1 }", "p.lua: a policy has no 'version'" },
  { "a list", "return { function() end }", "p.lua: a policy is a table of hooks, not a list" },
  { "a hook that is no function", "return { on_request = true }",
    "p.lua: 'on_request' must be a function, not a boolean" },
  { "a name that is none", "return { name = 1 }", "p.lua: 'name' must be a string" },
  { "an empty name", "return { name = '' }", "p.lua: a policy's name has 1 to 63 bytes" },
  { "a global", "allowed = {}\nreturn {}", "p.lua:1: no globals here: write 'local allowed'" },
  { "a name that is not there", "return os.exit(0)", "p.lua:1: nothing is called 'os' here" },
  { "a misspelt function", 'local fence = require "fence"\nreturn fence.domain {}',
    "p.lua:2: fence has no 'domain'; did you mean 'domains'?" },
  { "a bad rule", 'local fence = require "fence"\nreturn fence.domains { "a.test", "http://b" }',
    "p.lua:2: fence.domains: 'http://b': write the host without http://" },
  { "a bad network", 'local fence = require "fence"\nreturn fence.cidrs { "10.0.0.1/8" }',
    "p.lua:2: fence.cidrs: '10.0.0.1/8': " },
  { "a module that is not there", 'return require "other"', "other.lua: does not exist" },
  { "a module by its path", 'return require "../other"',
    "p.lua:1: a module's name has letters, digits, '_' and single dots" },
  { "3K.194 bytecode", "\27Lua", "p.lua: attempt to load a binary chunk (mode is 't')" },
  { "3K.191 a loop", "while true do end", "p.lua: it took too " },
  { "3K.191 a loop in pcall", "pcall(function() while true do end end) return {}",
    "p.lua: it took too " },
  { "3K.199 memory", "local t = {} while true do t[#t + 1] = {} end", "p.lua: it took too " },
  { "3K.207 colours in an error", "error('\\27[31m', 0)", "p.lua: \\x1b[31m" },
}

for _, identity in ipairs(users.identities()) do
  describe("loading a policy as " .. identity, function()
    local folder

    before_each(function() folder = users.temp_dir(identity) end)

    -- Runs a command that would be seen, under this policy.
    local function run(path)
      return process.run({ as_user = identity, argv = {
        users.binary(identity), "--policy", path, "--", "echo", "ran" } })
    end

    local function fails(path, line)
      local result = run(path)
      assert.equal("", result.out)
      assert.equal(125, result.code)
      assert.equal("fence: " .. line, result.err:sub(1, #line + 7))
      assert.equal(1, select(2, result.err:gsub("\n", "")))
    end

    for _, row in ipairs(rows) do
      it(row[1], function()
        local path = users.write_file(identity, folder .. "/p.lua", row[2])
        local is_module = row[3]:match("^other")
        if is_module then
          local result = run(path)
          assert.equal(125, result.code)
          assert.is_truthy(result.err:find(row[3], 1, true), result.err)
        else
          fails(path, folder .. "/" .. row[3])
        end
      end)
    end

    it("what is no file of one's own", function()
      fails(folder .. "/none.lua", folder .. "/none.lua: does not exist")
      fails(folder, folder .. ": is a folder: name the file in it")
      fails("/dev/null", "/dev/null: is no regular file")
      local path = users.write_file(identity, folder .. "/p.lua", "return {}")
      process.run({ argv = { "chmod", "666", path } })
      fails(path, path .. ": can be written by others: chmod go-w it")
    end)

    it("3K.205 a file of 10 MB", function()
      local path = users.write_file(identity, folder .. "/p.lua", ("-"):rep(10000000))
      fails(path, path .. ": has 1 MiB or more")
    end)

    it("the second of two, while the first is right", function()
      local right = users.write_file(identity, folder .. "/right.lua", "return {}")
      local wrong = users.write_file(identity, folder .. "/wrong.lua", "return 1")
      local result = process.run({ as_user = identity, argv = { users.binary(identity),
        "--policy", right, "--policy=" .. wrong, "--", "echo", "ran" } })
      assert.equal("", result.out)
      assert.equal(125, result.code)
      assert.equal("fence: " .. wrong .. ": a policy returns a table of hooks, not a number\n",
        result.err)
    end)
  end)
end
