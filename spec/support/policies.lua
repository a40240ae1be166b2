-- SPDX-License-Identifier: Apache-2.0
-- policies.lua - a proxy and its origin, as wire.start(), under policies given as text.

local users = require "spec.support.users"
local wire = require "spec.support.wire"

local policies = {}

local names = { "p", "q", "r" }

-- Each text becomes a file, p.lua, q.lua and r.lua, in which `fence` is there already. options: as
-- wire.start(); nothing is in the allow list when not said.
function policies.start(texts, options)
  options = options or {}
  local me = users.current()
  local folder = users.temp_dir(me)
  options.args = options.args or {}
  for index, text in ipairs(texts) do
    local path = folder .. "/" .. names[index] .. ".lua"
    users.write_file(me, path, 'local fence = require "fence"; ' .. text)
    table.move({ "--policy", path }, 1, 2, #options.args + 1, options.args)
  end
  options.door = "both"
  options.allowed = options.allowed or {}
  return wire.start(options)
end

return policies
