-- SPDX-License-Identifier: Apache-2.0
-- smoke_spec.lua - the binary starts at all, for everyone.

local process = require "spec.support.process"
local users = require "spec.support.users"

for _, identity in ipairs(users.identities()) do
  describe("fence as " .. identity, function()
    it("says its version", function()
      local result = process.run({
        argv = { users.binary(identity), "--version" },
        as_user = identity,
      })
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.matches("^fence[^\n]*\n", result.out)
    end)
  end)
end
