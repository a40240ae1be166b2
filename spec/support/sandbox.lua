-- SPDX-License-Identifier: Apache-2.0
-- sandbox.lua - can this machine make a sandbox at all? Specs that need one ask here first.
--
-- Where FENCE_REQUIRE_SANDBOX=1 is set, as in CI, "no" is a failure and never a skipped test.

local process = require "spec.support.process"
local users = require "spec.support.users"

local sandbox = {}

local probe = {
  "bwrap", "--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "--dev", "/dev",
  "--proc", "/proc", "true",
}

local answers = {} -- identity -> { works =, why = }

-- true, or false and what bubblewrap said.
function sandbox.available(identity)
  identity = identity or users.current()
  if not answers[identity] then
    local started, result = pcall(process.run, { argv = probe, as_user = identity })
    if started then
      answers[identity] = { works = result.code == 0, why = result.err }
    else
      answers[identity] = { works = false, why = result }
    end
  end
  return answers[identity].works, answers[identity].why
end

-- Called first in an `it`, with busted's own `pending`, which only the spec can see:
--   sandbox.require_sandbox(pending, identity)
function sandbox.require_sandbox(pending, identity)
  local works, why = sandbox.available(identity)
  if works then
    return
  end
  local message = "no sandbox on this machine: " .. tostring(why):gsub("%s+$", "")
  if os.getenv("FENCE_REQUIRE_SANDBOX") == "1" then
    error(message, 2)
  end
  pending(message)
end

return sandbox
