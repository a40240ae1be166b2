-- SPDX-License-Identifier: Apache-2.0
-- policies.lua - a proxy and its origin, or a command in the sandbox, under policies given as text.

local fenced = require "spec.support.fenced"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local policies = {}

local names = { "p", "q", "r" }

-- Arguments for fence: -m, and each text as a file of a policy, p.lua, q.lua and r.lua, in which
-- `fence` is there already. identity: whose files they are; the caller's when not said.
function policies.arguments(texts, identity)
  local me = identity or users.current()
  local args, folder = { "-m" }, users.temp_dir(me)
  for index, text in ipairs(texts) do
    local path = folder .. "/" .. names[index] .. ".lua"
    users.write_file(me, path, 'local fence = require "fence"; ' .. text)
    table.move({ "--policy", path }, 1, 2, #args + 1, args)
  end
  return args
end

-- A command in the sandbox under these policies, as `identity`, or as the caller.
function policies.run(texts, argv, settings, identity)
  return fenced.run({ args = policies.arguments(texts, identity), argv = argv, settings = settings,
    as_user = identity })
end

-- A proxy under them. options: as wire.start(), args before those; nothing is in the allow list
-- when not said.
function policies.start(texts, options)
  options = options or {}
  local args = policies.arguments(texts)
  table.remove(args, 1)
  options.args = table.move(args, 1, #args, #(options.args or {}) + 1, options.args or {})
  options.door = "both"
  options.allowed = options.allowed or {}
  return wire.start(options)
end

return policies
