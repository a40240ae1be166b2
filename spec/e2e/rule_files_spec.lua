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
      process.run({ as_user = identity, argv = { "sh", "-c", ([[
        cd %s && mkdir safe project/closed && cp p.lua safe && cp p.lua project/closed
        ln -s ../safe project/way && ln -s ../p.lua project/middle && ln -s project/middle chain.lua
        cp p.lua twin.lua && ln twin.lua project/twin.lua && chmod 555 project/closed]]):format(
        home) } })
      settings = users.write_file(identity, home .. "/s.json", "{}")
      users.write_file(identity, open .. "/s.json", "{}")
      users.write_file(identity, home .. "/e.json", '{"extends": "./project/s.json"}')
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
      { "a folder on the way is a link in it", { "--policy", "project/way/p.lua", "--allow-write",
        "project" }, true },
      { "a link to a link in it", { "--policy", "chain.lua", "--allow-write", "project" }, true },
      { "a folder in it that is closed by its mode", { "--policy", "project/closed/p.lua",
        "--allow-write", "project" }, true },
      { "a second name of it", { "--policy", "twin.lua", "--allow-write", "project" }, true },
      { "up and down again", { "--policy", "project/../p.lua", "--allow-write", "project" }, true },
      { "nothing is open", { "--policy", "project/p.lua" } },
      { "settings in it, which are read once", { "-s", "project/s.json", "--allow-write",
        "project" } },
      { "settings in it, with --watch", { "--watch", "-s", "project/s.json", "--allow-write",
        "project" }, true },
      { "what settings extend in it, which is read once", { "-s", "e.json", "--allow-write",
        "project" } },
      { "what settings extend in it, with --watch", { "--watch", "-s", "e.json", "--allow-write",
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

for _, identity in ipairs(users.identities()) do
  describe("rules that are loaded again, as " .. identity .. ":", function()
    -- The command waits for a line on its input, so that the spec changes files while it runs.
    local function session(words, script)
      local home = users.temp_dir(identity)
      process.run({ as_user = identity, argv = { "mkdir", home .. "/project" } })
      users.write_file(identity, home .. "/p.lua", "return {}")
      local argv = { users.binary(identity), "--watch", "--policy", "p.lua" }
      table.move(words, 1, #words, #argv + 1, argv)
      table.move({ "--", "sh", "-c", script }, 1, 4, #argv + 1, argv)
      return home, process.start({ as_user = identity, cwd = home, argv = argv, stdin = true,
        env = { HOME = home, XDG_CONFIG_HOME = home .. "/project" } })
    end

    local ask = "curl -s -o /dev/null -w '%{http_code}\\n' http://foo.invalid/"

    it("settings that the command has made are not found", function()
      local home, child = session({ "--allow-write", "project" },
        "mkdir project/fence && echo '{\"network\": {\"allowedDomains\": [\"foo.invalid\"]}}' > "
        .. "project/fence/fence.json; echo made; read line; " .. ask)
      assert.equal("made", child:read_line("stdout", 10000))
      users.write_file(identity, home .. "/p.lua", "return { name = 'p' }")
      local said
      repeat -- first of all that no command makes settings
        said = child:read_line("stderr", 10000)
      until not said or not said:find("fence-refused", 1, true)
      assert.equal("fence: the rules were loaded again", said)
      child:write("go\n")
      assert.equal("403", child:read_line("stdout", 10000))
      child:stop()
    end)

    it("a policy is not taken that requires what the command can write", function()
      local home, child = session({ "--allow-write", "project" },
        "echo 'return { on_request = function() return require(\"fence\").allow() end }' > "
        .. "project/m.lua; echo made; read line; " .. ask)
      assert.equal("made", child:read_line("stdout", 10000))
      users.write_file(identity, home .. "/p.lua", "return require 'project.m'")
      assert.is_truthy(child:read_line("stderr", 10000):find(
        "project/m.lua' decides about the command, which could change it", 1, true))
      child:write("go\n")
      assert.equal("403", child:read_line("stdout", 10000))
      child:stop()
    end)
  end)
end
