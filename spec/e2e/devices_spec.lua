-- SPDX-License-Identifier: Apache-2.0
-- devices_spec.lua - devices.allow: a device of this machine in the sandbox, and what is none.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- One of those that a machine may have, and nobody needs a driver for.
local function some_device()
  for _, path in ipairs({ "/dev/fuse", "/dev/net/tun", "/dev/kvm", "/dev/hwrng", "/dev/rtc0" }) do
    local stat = uv.fs_stat(path)
    if stat and stat.type == "char" then
      return path
    end
  end
end

for _, identity in ipairs(users.identities()) do
  describe("devices as " .. identity .. ":", function()
    local function run(allow, script)
      return fenced.run({ settings = { devices = { allow = json.list(allow) } }, args = { "-m" },
        as_user = identity, argv = { "sh", "-c", script } })
    end

    local device = some_device()

    before_each(function()
      sandbox.require_sandbox(pending, identity)
    end)

    it("none but its own is there without a word", function()
      if not device then
        return pending("no device to try with")
      end
      assert.equal("none\n", run({}, "test -e " .. device .. " || echo none").out)
    end)

    -- Whether it can be opened is up to its mode, as outside.
    it("one that is named is the host's", function()
      if not device then
        return pending("no device to try with")
      end
      local number = ("%x"):format(uv.fs_stat(device).rdev)
      local result = run({ device, "/dev/null", device }, "test -c " .. device ..
        " && python3 -c 'import os, sys; print(\"%x\" % os.stat(sys.argv[1]).st_rdev)' " .. device)
      assert.equal(number .. "\n", result.out, result.err)
    end)

    it("by a pattern", function()
      if not device then
        return pending("no device to try with")
      end
      local result = run({ device:sub(1, -2) .. "?" }, "test -c " .. device .. " && echo there")
      assert.equal("there\n", result.out, result.err)
    end)

    it("one that is not there is passed over, and said", function()
      local result = run({ "/dev/none-such" }, "echo ran")
      assert.equal("ran\n", result.out)
      assert.equal("[fence] devices.allow: '/dev/none-such' does not exist: passed over\n",
        result.err)
    end)

    it("a disk is refused", function()
      if not uv.fs_stat("/dev/loop0") then
        return pending("no disk to try with")
      end
      local result = run({ "/dev/loop0" }, "echo ran")
      assert.equal("", result.out)
      assert.equal(125, result.code)
      assert.is_truthy(result.err:find("'/dev/loop0' is a disk, and with it whatever is on it", 1,
        true), result.err)
    end)
  end)
end
