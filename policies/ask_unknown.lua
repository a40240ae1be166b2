-- SPDX-License-Identifier: Apache-2.0
-- ask_unknown.lua - what nobody has thought of is asked about, not decided by silence.
--
--   fence --policy policies/ask_unknown.lua --settings fence.json -- ./agent.sh
--
-- Copy it and write below what is known. About those hosts it has no opinion: the settings and the
-- other policies decide. About every other it asks.
--
-- The question appears at the terminal that fence was started from:
--
--   [fence:ask] open a tunnel to evil.test:443? [y]es once, [a]lways in this run, [N]o, ne[v]er ...
--
-- After 30 seconds without an answer it is denied. So it is where nobody can be asked: no terminal,
-- fence in the background, or a program inside that has the terminal to itself, as many agents do.
--
-- What is known must stand here, also if the settings or another policy allow it: an ask beats
-- every allow, and the settings' allow lists are read only where no policy has an opinion. What is
-- denied elsewhere stays denied, and is not asked about.

local fence = require "fence"

local known = fence.domains {
  "example.com", "*.example.com",
}

local function where(req)
  local host = req.host:find(":", 1, true) and "[" .. req.host .. "]" or req.host
  return host .. ":" .. req.port
end

return {
  name = "ask_unknown",

  on_connect = function(req)
    if not known:match(req.host) then
      return fence.ask("open a tunnel to " .. where(req) .. "?")
    end
  end,

  on_request = function(req)
    if not known:match(req.host) then
      return fence.ask("send " .. req.method .. " to " .. where(req) .. "?")
    end
  end,
}
