-- SPDX-License-Identifier: Apache-2.0
-- lab_spec.lua - the lab can see an escape: without fence, every way out is open and shows.

local lab = require "spec.support.lab"
local users = require "spec.support.users"

local ways = {
  { "allowed name", "good.test", "GOOD" },
  { "name below it", "any.good.test", "GOOD" },
  { "other name", "evil.test", "EVIL" },
  { "loopback by name", "lo.good.test", "HOSTSVC" },
  { "0.0.0.0 by name", "zero.good.test", "HOSTSVC" },
  { "own address by name", "self.good.test", "HOSTSVC" },
  { "metadata by name", "meta.good.test", "METADATA" },
  { "private by name", "priv.good.test", "PRIVATE" },
  { "private by alias", "cname.good.test", "PRIVATE" },
  { "documentation by name", "doc.good.test", "GOOD" },
}

local nested = "bwrap --unshare-user --unshare-net --ro-bind / / --dev /dev --proc /proc "

local function sh(identity, script)
  return lab.run({ argv = { "sh", "-c", script }, as_user = identity })
end

for _, identity in ipairs(users.identities()) do
  describe("the lab as " .. identity, function()
    it("answers each name from its own server", function()
      lab.require_lab(pending, identity)
      local script, names, answers = {}, {}, {}
      for index, way in ipairs(ways) do
        script[index] = "curl -sS -m 5 http://" .. way[2] .. "/"
        names[index], answers[index] = way[2], way[1] .. ": " .. way[3]
      end
      local result = sh(identity, table.concat(script, ";"))
      local got = {}
      for line in result.out:gmatch("[^\n]+") do
        got[#got + 1] = (ways[#got + 1] or { "?" })[1] .. ": " .. line
      end
      table.sort(names)
      assert.equal("", result.err)
      assert.same(answers, got)
      assert.same(names, lab.names(result))
      assert.same({ "EVIL", "GOOD", "HOSTSVC", "METADATA", "PRIVATE" }, lab.servers(result))
    end)

    it("rebinds at the second question", function()
      lab.require_lab(pending, identity)
      local result = sh(identity, ("curl -sS -m 5 http://rebind.good.test/;"):rep(2))
      assert.equal("GOOD\nHOSTSVC\n", result.out)
    end)

    it("logs a packet that nobody answers", function()
      lab.require_lab(pending, identity)
      local result = sh(identity, "echo x | socat -u - UDP-SENDTO:9.9.9.9:9999")
      assert.same({ "udp 9.9.9.9 9999 192.31.196.1" }, result.packets)
    end)

    it("lets bubblewrap nest, and nothing leaves that", function()
      lab.require_lab(pending, identity)
      local result = sh(identity, nested .. "curl -sS -m 5 http://good.test/ http://127.0.0.1/")
      assert.equal("", result.out)
      assert.same({}, result.dns)
      assert.same({}, lab.servers(result))
    end)

    it("gives the command its own uid and its exit code", function()
      lab.require_lab(pending, identity)
      local result = sh(identity, "id -u; exit 42")
      assert.equal(users.ids(identity).uid .. "\n", result.out)
      assert.equal(42, result.code)
    end)
  end)
end
