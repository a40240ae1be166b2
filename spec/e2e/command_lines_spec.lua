-- SPDX-License-Identifier: Apache-2.0
-- command_lines_spec.lua - what is said of a line of shell before it is executed, and what each
-- shell that is here executes of what passes: programs are stand-ins that write down their words.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local lines = require "spec.support.command_lines"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local stand_in = [[
#!/bin/sh
echo "${0##*/} $*" >>"$LOG"
]]

local all_shells = {
  { "dash", { "dash", "-c" } }, { "bash", { "bash", "-c" } },
  { "busybox", { "busybox", "sh", "-c" } },
  { "zsh", { "zsh", "-f", "-c" } }, { "ksh", { "ksh", "-c" } },
}

describe("a line of shell", function()
  local identity = users.current()
  local folder, log, settings, shells

  lazy_setup(function()
    folder = users.temp_dir(identity)
    log = folder .. "/executed"
    process.run({ argv = { "mkdir", "-m", "755", folder .. "/bin" }, as_user = identity })
    for _, name in ipairs({ "git", "npm", "sudo", "dd", "docker", "twine" }) do
      local path = users.write_file(identity, folder .. "/bin/" .. name, stand_in)
      process.run({ argv = { "chmod", "a+rx", path } })
    end
    settings = users.write_file(identity, folder .. "/fence.json",
      json.encode({ command = { deny = json.list(lines.deny), useDefaults = false } }))
    shells = {}
    for _, shell in ipairs(all_shells) do
      local found = pcall(process.run, { argv = { shell[2][1], "-c", ":" } })
      if found then
        shells[#shells + 1] = shell
      end
    end
  end)

  local function environment()
    return { PATH = folder .. "/bin:/usr/bin:/bin", LOG = log, HOME = folder }
  end

  -- What a shell has executed of the stand-ins, one on each line.
  local function executed(argv)
    os.remove(log)
    process.run({ argv = argv, env = environment(), cwd = folder, timeout = 20000, stdin = "" })
    return fenced.read_file(log) or ""
  end

  local function is_denied(text)
    for line in text:gmatch("[^\n]+") do
      for _, pattern in ipairs(lines.patterns) do
        if line:find(pattern) then
          return line
        end
      end
    end
  end

  local function said(line)
    local result = process.run({ as_user = identity, env = environment(), cwd = folder,
      argv = { users.binary(identity), "explain", "-s", settings, "-c", line } })
    assert.equal("", result.err)
    return ({ [0] = "pass", [1] = "deny" })[result.code], result.out
  end

  -- What passes executes nothing that is denied, in no shell.
  local function check(line, verdict, only)
    local is, how = said(line)
    assert.equal(verdict == "deny" and "deny" or "pass", is, line .. "\n" .. how)
    for _, shell in ipairs(verdict == "deny" and {} or shells) do
      if not only or only[shell[1]] then
        local argv = table.move(shell[2], 1, #shell[2], 1, {})
        argv[#argv + 1] = line
        local text = executed(argv)
        if verdict == "pass" then
          assert.is_nil(is_denied(text), ("%s in %s: %s"):format(line, shell[1], text))
        elseif verdict == "late" then
          assert.is_truthy(is_denied(text), ("%s in %s: %s"):format(line, shell[1], text))
        end
      end
    end
  end

  for _, place in ipairs(lines.places) do
    it("a command in: " .. place:gsub("\n", "\\n"), function()
      for _, command in ipairs(lines.denied) do
        check((place:gsub("@", command)), "deny")
      end
      for _, command in ipairs(lines.passing) do
        check((place:gsub("@", command)), "pass")
      end
    end)
  end

  for _, row in ipairs(lines.rows) do
    it(row[2] .. ": " .. row[1]:gsub("\n", "\\n"), function()
      check(row[1], row[2], row.shells)
    end)
  end

  it("what nobody can know before is denied when it comes", function()
    sandbox.require_sandbox(pending, identity)
    for _, row in ipairs(lines.rows) do
      if row[2] == "late" then
        os.remove(log)
        local result = fenced.run({ as_user = identity, cwd = folder, args = { "-m" },
          env = environment(), argv = { "sh", "-c", row[1] }, settings = {
            command = { deny = json.list(lines.deny), useDefaults = false },
            filesystem = { allowWrite = json.list({ folder }) } } })
        assert.matches("%[fence:exec%] [%d:]+ ✗ ", result.err, row[1])
        assert.is_nil(is_denied(fenced.read_file(log) or ""), row[1])
      end
    end
  end)
end)
