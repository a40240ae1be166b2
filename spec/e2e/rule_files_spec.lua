-- SPDX-License-Identifier: Apache-2.0
-- rule_files_spec.lua - what decides about a command is out of its reach (3K.206): a policy that it
-- could change is refused before it starts, and so are settings that are read again.

local process = require "spec.support.process"
local users = require "spec.support.users"

local policy = 'return { on_connect = function() return require("fence").allow() end }'

for _, identity in ipairs(users.identities()) do
  describe("rule files as " .. identity .. ":", function()
    local home, open, settings

    before_each(function()
      home = users.temp_dir(identity)
      open = home .. "/project"
      assert.equal(0, process.run({ as_user = identity, argv = { "mkdir", open } }).code)
      users.write_file(identity, home .. "/p.lua", policy)
      users.write_file(identity, open .. "/p.lua", policy)
      process.run({ as_user = identity, argv = { "mkdir", open .. "/other" } })
      users.write_file(identity, home .. "/modules.lua", 'return require "project.p"')
      settings = users.write_file(identity, home .. "/s.json", "{}")
      users.write_file(identity, open .. "/s.json", "{}")
      process.run({ as_user = identity, argv = { "ln", "-s", "../p.lua", open .. "/link.lua" } })
      process.run({ as_user = identity, argv = { "ln", "-s", "project/p.lua", home .. "/in.lua" } })
    end)

    local function run(...)
      return process.run({ as_user = identity, cwd = home,
        argv = { users.binary(identity), ... } })
    end

    -- name, the arguments (a function of the folders), is it refused?
    for _, row in ipairs({
      { "a policy beside what is open", { "--policy", "p.lua", "--allow-write", "project" } },
      { "a policy in it", { "--policy", "project/p.lua", "--allow-write", "project" }, true },
      { "the folder above it", { "--policy", "project/p.lua", "--allow-write", "." }, true },
      { "the file alone", { "--policy", "p.lua", "--allow-write", "p.lua" }, true },
      { "a link in it to one outside", { "--policy", "project/link.lua", "--allow-write",
        "project" }, true },
      { "a link outside to one in it", { "--policy", "in.lua", "--allow-write", "project" }, true },
      { "a module of the policy in it", { "--policy", "modules.lua", "--allow-write", "project" },
        true },
      { "a module of the policy beside it", { "--policy", "modules.lua", "--allow-write",
        "project/other" } },
      { "nothing is open", { "--policy", "project/p.lua" } },
      { "settings in it, which are read once", { "-s", "project/s.json", "--allow-write",
        "project" } },
      { "settings in it, with --watch", { "--watch", "-s", "project/s.json", "--allow-write",
        "project" }, true },
      { "settings beside it, with --watch", { "--watch", "-s", "s.json", "--allow-write",
        "project" } },
    }) do
      it(row[1], function()
        local words = table.move(row[2], 1, #row[2], 1, {})
        if words[1] ~= "-s" and words[2] ~= "-s" then
          table.move({ "-s", settings }, 1, 2, #words + 1, words)
        end
        table.move({ "--", "echo", "ran" }, 1, 3, #words + 1, words)
        local result = run(table.unpack(words))
        if row[3] then
          assert.equal(125, result.code)
          assert.is_truthy(result.err:find("decides about the command, which could change it: move",
            1, true), result.err)
          assert.equal("", result.out)
        else
          assert.equal("ran\n", result.out, result.err)
        end
      end)
    end
  end)
end
