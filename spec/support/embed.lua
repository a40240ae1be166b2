-- SPDX-License-Identifier: Apache-2.0
-- embed.lua - an engine of `require "fence"` in the spec's own process, and its loop inside luv's:
-- it serves while a spec waits, as the servers of origin.lua do.
--
-- Each spec requires "fence" itself: LUA_CPATH has to lead to the module that was built.

local uv = require "luv"
local json = require "spec.support.json"
local loop = require "spec.support.loop"

local embed = {}

-- Has luv's loop step the engine whenever it has something to do. Returns how to end that, which
-- closes the engine. What a callback raises fails the spec, or goes to `on_error`.
function embed.drive(engine, on_error)
  local poll, timer, prepare = uv.new_poll(engine:fd()), uv.new_timer(), uv.new_prepare()
  local step = loop.guard(function()
    local ok, why = pcall(engine.step, engine)
    if not ok then
      (on_error or error)(why, 0)
    end
  end)
  poll:start("r", step)
  prepare:start(loop.guard(function()
    local ms = engine:timeout()
    if ms >= 0 then
      timer:start(ms, 0, step)
    else
      timer:stop()
    end
  end))
  return function()
    for _, handle in ipairs({ poll, timer, prepare }) do
      handle:close()
    end
    uv.run("nowait")
    engine:close()
  end
end

-- The settings of a table, as text.
function embed.config(fence, settings)
  return assert(fence.config { text = json.encode(settings), name = "spec" })
end

-- Settings under which every name of `hosts` leads to 127.0.0.1 and those of `allowed` may pass.
function embed.pinned(fence, allowed, hosts)
  local pinned = {}
  for _, name in ipairs(hosts) do
    pinned[name] = "127.0.0.1"
  end
  return embed.config(fence, { network = { allowedDomains = json.list(allowed), hosts = pinned } })
end

return embed
