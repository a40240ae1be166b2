-- SPDX-License-Identifier: Apache-2.0
-- owners_spec.lua - writable folders of another user's, who could change them under the command.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local says = "^fence: '[^']+' of filesystem%.allowWrite belongs to another user %(%d+%), [^\n]+" ..
  "%-%-allow%-other%-owners[^\n]+\n$"

describe("a writable folder", function()
  local function run(identity, folder, more)
    local options = { argv = { "touch", folder .. "/made" }, as_user = identity,
      args = { "--allow-write", folder } }
    for key, value in pairs(more or {}) do
      options[key] = value
    end
    return fenced.run(options)
  end

  -- A folder that everybody may write to, of one user's.
  local function shared(owner)
    local folder = users.temp_dir(owner)
    local chmod = process.run({ argv = { "chmod", "-R", "a+rwX", folder }, as_user = owner })
    assert.equal(0, chmod.code)
    return folder
  end

  local rows = {
    { "3O.268 of another user's is refused", "user", "root", 125, says },
    { "3O.268 of root's is not, for others", "root", "user", 0, "^$" },
    { "3O.268 of another user's, told by the command line", "user", "root", 0, "^$",
      { args = "--allow-other-owners" } },
    { "3O.268 of another user's, told by the settings", "user", "root", 0, "^$",
      { settings = { filesystem = { allowOtherOwners = true } } } },
    { "3O.266 of the one's who called sudo", "user", "root", 0, "^$", { env = "SUDO_UID" } },
  }

  for _, case in ipairs(rows) do
    it(case[1], function()
      local ids = users.identities()
      if #ids < 2 then
        pending("wants root and another user")
        return
      end
      local who = { root = ids[1], user = ids[2] }
      sandbox.require_sandbox(pending, who[case[3]])
      local folder, more = shared(who[case[2]]), {}
      for key, value in pairs(case[6] or {}) do
        more[key] = value
      end
      if more.args then
        more.args = { more.args, "--allow-write", folder }
      end
      if more.env then
        more.env = { SUDO_UID = tostring(users.ids(who[case[2]]).uid) }
      end
      local result = run(who[case[3]], folder, more)
      assert.equal(case[4], result.code, result.err)
      assert.matches(case[5], result.err)
      assert.equal(case[4] == 0, fenced.exists(folder .. "/made"))
    end)
  end

  it("3O.267 of root's is root's where root is nobody: in a sandbox within a sandbox", function()
    local identity = users.identities()[2]
    if not identity then
      pending("wants root and another user")
      return
    end
    sandbox.require_sandbox(pending, identity)
    local result = fenced.run({ as_user = identity,
      argv = { "env", "ASAN_OPTIONS=detect_leaks=0", -- which would want to trace it
        users.binary(identity), "--allow-write", "/var/tmp", "--", "true" },
      args = { "--allow-nested", "--allow-write", "/var/tmp" } })
    assert.equal("", result.err)
    assert.equal(0, result.code)
  end)
end)
