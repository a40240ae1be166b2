-- SPDX-License-Identifier: Apache-2.0
-- extends_spec.lua - settings that extend others: which of them decides, and what each names lies
-- beside it.

local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

for _, identity in ipairs(users.identities()) do
  describe("settings that extend others, as " .. identity .. ":", function()
    local home

    local function write(name, text)
      return users.write_file(identity, home .. "/" .. name, text)
    end

    before_each(function()
      home = users.temp_dir(identity)
      process.run({ as_user = identity, argv = { "mkdir", "-p", home .. "/team",
        home .. "/etc/fence", home .. "/else" } })
      write("fence.json", [[{ "extends": "./team/base.json",
        "policies": ["p.lua"],
        "network": { "allowedDomains": ["ours.test"], "deniedDomains": ["gitlab.com"] },
        "environment": { "set": { "B": "ours", "C": "ours" } } }]])
      write("team/base.json", [[{ "extends": "code", // and a comment
        "policies": ["p.lua"],
        "network": { "allowedDomains": ["team.test"], "deniedDomains": ["evil.test"] },
        "environment": { "set": { "A": "team", "B": "team" } } }]])
      write("p.lua", "return {}")
      write("team/p.lua", [[local fence = require "fence"
        return { on_connect = function(req)
          if req.host == "policy.test" then return fence.deny("the team says so") end
        end }]])
    end)

    local function fence(words, options)
      local argv = { users.binary(identity) }
      table.move(words, 1, #words, 2, argv)
      return process.run({ as_user = identity, argv = argv, cwd = options and options.cwd or home,
        env = { HOME = home, XDG_CONFIG_HOME = options and options.xdg or home .. "/none" } })
    end

    -- host, what is said of it; DIR is the folder of the settings as they were named
    for _, row in ipairs({
      { "ours.test", "allowed by network.allowedDomains[0]\n" },
      { "team.test", "allowed by network.allowedDomains[0] of DIRteam/base.json\n" },
      { "crates.io", "allowed by network.allowedDomains[N] of template code\n" },
      { "gitlab.com", "denied by network.deniedDomains[0]: gitlab.com:443 is denied by " ..
        "network.deniedDomains[0]\nto change that: remove it from network.deniedDomains\n" },
      { "evil.test", "denied by network.deniedDomains[0] of DIRteam/base.json: evil.test:443 " ..
        "is denied by network.deniedDomains[0] of DIRteam/base.json\n" ..
        "to change that: remove it from network.deniedDomains of DIRteam/base.json\n" },
      { "statsig.anthropic.com", "denied by network.deniedDomains[3] of template code: " ..
        "statsig.anthropic.com:443 is denied by network.deniedDomains[3] of template code\n" ..
        "to change that: extend a copy of template code without it: fence templates show code\n"
      },
      { "policy.test", "denied by policy:p: the team says so\n" },
    }) do
      it(row[1], function()
        local host = row[1] .. ":443"
        for dir, words in pairs({
          [""] = { "explain", "-s", "fence.json", host },
          ["../"] = { "explain", "-s", "../fence.json", host },
        }) do
          local result = fence(words, { cwd = dir == "" and home or home .. "/else" })
          local expected = row[2]:gsub("DIR", dir)
          assert.equal("", result.err)
          local said = result.out:gsub("allowedDomains%[%d%d%]", "allowedDomains[N]")
          assert.equal(expected, said)
        end
      end)
    end

    it("what both set is as the nearest says", function()
      sandbox.require_sandbox(pending, identity)
      local result = fence({ "-s", home .. "/fence.json", "--", "sh", "-c", "echo $A $B $C" },
        { cwd = home .. "/else" })
      assert.equal("team ours ours\n", result.out, result.err)
    end)

    it("@base is what is found when nothing is named", function()
      write("etc/fence/fence.jsonc", '{"network": {"allowedDomains": ["base.test"]}}')
      write("mine.json", '{"extends": "@base", "network": {"allowedDomains": ["mine.test"]}}')
      local where = { xdg = home .. "/etc" }
      assert.matches("^allowed by network.allowedDomains%[0%] of .*/etc/fence/fence.jsonc\n$",
        fence({ "explain", "-s", "mine.json", "base.test:1" }, where).out)
      assert.equal("allowed by network.allowedDomains[0]\n",
        fence({ "explain", "-s", "mine.json", "mine.test:1" }, where).out)
      write("etc/fence/fence.jsonc", '{"extends": "@base"}')
      assert.matches("fence.jsonc:1:13: extends: goes in a circle: ",
        fence({ "-s", "mine.json", "true" }, where).err)
    end)

    it("config show prints them as one, and where they come from", function()
      write("fence.json", '{"extends": "./team/base.json", "policies": ["p.lua"], ' ..
        '"network": {"allowedDomains": ["ours.test"]}}')
      local result = fence({ "config", "show", "-s", "fence.json" })
      assert.equal("Active config chain:\nfence.json\n└── team/base.json\n" ..
        "    └── template code\n", result.err)
      write("all.json", result.out)
      for _, host in ipairs({ "ours.test", "team.test", "crates.io", "gitlab.com", "evil.test",
        "policy.test", "else.test" }) do
        local before = fence({ "explain", "-s", "fence.json", host .. ":443" })
        local after = fence({ "explain", "-s", "all.json", host .. ":443" })
        assert.equal(before.code, after.code, host)
      end
      result = fence({ "config", "show" })
      assert.equal("Active config chain:\nnone: nothing is allowed\n", result.err)
      assert.equal("fence: fence config show takes -s or -t, and no other option\n",
        fence({ "config", "show", "--allow", "a.test" }).err)
      assert.equal("fence: fence config show [-s FILE | -t NAME]: see fence config --help\n",
        fence({ "config", "list" }).err)
    end)

    -- name, what is extended, the line behind "fence: a.json:1:13: extends: "
    for _, row in ipairs({
      { "nothing that is there", "./none.json", "'none.json' does not exist" },
      { "a folder", "./team", "'team' is a folder: name the file in it" },
      { "an unknown template", "npm-instal",
        "there is no template 'npm-instal'; did you mean 'npm-install'?" },
      { "@base where there is none", "@base", "you have no settings of your own: write " ..
        "~/.config/fence/fence.jsonc, or extend something else" },
      { "itself", "./a.json", "goes in a circle: a.json > a.json" },
      { "a control character", "\\u001b[2J", "there is no template '\\x1b[2J': fence templates " ..
        "list names them" },
    }) do
      it(row[1] .. " is an error at its place, and nothing runs", function()
        write("a.json", ('{"extends": "%s"}'):format(row[2]))
        local result = fence({ "-s", "a.json", "--", "echo", "ran" })
        assert.equal("fence: a.json:1:13: extends: " .. row[3] .. "\n", result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end)
    end
  end)
end
