-- SPDX-License-Identifier: Apache-2.0
-- init.lua - busted's helper: makes `require "spec.support.NAME"` work, and names early what is
-- missing.
--
-- Starts nothing. Start busted in the top folder:
--   FENCE_BINARY=… lua5.4 /usr/bin/busted --helper=spec/support/init.lua spec/e2e/NAME_spec.lua

local here = debug.getinfo(1, "S").source:match("^@(.*)/spec/support/[^/]*$") or "."
package.path = here .. "/?.lua;" .. package.path

local binary = os.getenv("FENCE_BINARY")
if not binary or not binary:match("^/") then
  error("FENCE_BINARY must be the absolute path of the fence to test", 0)
end
local file = io.open(binary, "rb")
if not file then
  error("FENCE_BINARY: cannot read " .. binary, 0)
end
file:close()

-- Loaded here, not by the specs: busted forgets a spec's modules at its end, and these hold what
-- must be removed once, when everything is over.
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local users = require "spec.support.users"
require("busted").subscribe({ "exit" }, function()
  process.stop_all()
  loop.close_all()
  users.cleanup()
end)
