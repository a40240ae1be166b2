-- SPDX-License-Identifier: Apache-2.0
-- terminal.lua - a program at a terminal, and a person who types: see terminal.py for the steps.

local process = require "spec.support.process"

local terminal = {}

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "terminal.py"
local seconds = 15

-- options: argv, steps (a list), and env, cwd, as_user as process.run(). Its result: out is what
-- the screen got (a shell's prompt is "ready> "), code the program's status, or 99 with the reason
-- in err when a step failed.
function terminal.run(options)
  local file = assert(io.open(source, "rb"))
  local text = file:read("a")
  file:close()
  -- as text: the checkout may lie where the user cannot read it
  local argv = { "/usr/bin/python3", "-c", text, tostring(seconds) }
  table.move(options.steps, 1, #options.steps, #argv + 1, argv)
  argv[#argv + 1] = "--"
  table.move(options.argv, 1, #options.argv, #argv + 1, argv)
  local env = { TERM = "dumb", PS1 = "ready> " }
  for name, value in pairs(options.env or {}) do
    env[name] = value
  end
  return process.run({ argv = argv, env = env, cwd = options.cwd, as_user = options.as_user,
    timeout = (seconds + 5) * 1000 })
end

return terminal
