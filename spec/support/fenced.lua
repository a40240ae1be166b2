-- SPDX-License-Identifier: Apache-2.0
-- fenced.lua - a program started by `fence`, with the settings a spec states as a table.
--
-- Says what ran and what came of it; what must come of it is the spec's business.

local uv = require "luv"
local json = require "spec.support.json"
local process = require "spec.support.process"
local users = require "spec.support.users"

local fenced = {}

local versions = {} -- a command line, its words with NUL between -> what it has said

-- Settings that allow `names` and lead each of them to this machine's loopback address, where the
-- origins of a spec listen. `write` are paths for filesystem.allowWrite.
function fenced.settings(names, write)
  local hosts = {}
  for _, name in ipairs(names) do
    hosts[name] = "127.0.0.1"
  end
  return {
    network = { allowedDomains = json.list(names), hosts = hosts },
    filesystem = { allowWrite = json.list(write or {}) },
  }
end

-- The command line: fence, its settings and arguments, and the command behind them.
-- options: argv, settings (a table; none: nothing is allowed), args (arguments for fence), as_user
function fenced.argv(options)
  local identity = options.as_user or users.current()
  local path = users.write_file(identity, users.temp_dir(identity) .. "/fence.json",
    json.encode(options.settings or { network = {} }))
  local argv = { users.binary(identity), "--settings", path }
  table.move(options.args or {}, 1, #(options.args or {}), #argv + 1, argv)
  argv[#argv + 1] = "--"
  return table.move(options.argv, 1, #options.argv, #argv + 1, argv)
end

-- Takes what argv() does, and env, cwd, stdin, timeout as process.run(). Returns what that does.
function fenced.run(options)
  return process.run({
    argv = fenced.argv(options), as_user = options.as_user, env = options.env,
    cwd = options.cwd, stdin = options.stdin, timeout = options.timeout,
  })
end

-- Called in an `it` with busted's own `pending`: is the program there? Where
-- FENCE_REQUIRE_SANDBOX=1 is set, as in CI, its absence is a failure. `argv` asks for its version.
function fenced.require_tool(pending, argv)
  local key = table.concat(argv, "\0")
  if versions[key] then
    return versions[key]
  end
  local found, result = pcall(process.run, { argv = argv })
  if found and result.code == 0 then
    versions[key] = result.out
    return result.out
  end
  local message = argv[1] .. " is missing: " .. (found and result.err or tostring(result))
  if os.getenv("FENCE_REQUIRE_SANDBOX") == "1" then
    error(message, 2)
  end
  pending(message)
end

-- The same command without the variables that name exceptions, so that it asks the proxy for
-- localhost too.
function fenced.without_no_proxy(argv)
  local words = { "env", "-u", "NO_PROXY", "-u", "no_proxy", "-u", "npm_config_noproxy" }
  return table.move(argv, 1, #argv, #words + 1, words)
end

-- The same command with a short environment, in which nothing speaks of a proxy.
function fenced.bare(argv, env)
  local words = { "env", "-i", "PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C.UTF-8" }
  for name, value in pairs(env or {}) do
    words[#words + 1] = name .. "=" .. value
  end
  return table.move(argv, 1, #argv, #words + 1, words)
end

-- Is there something at this path? Not through a link.
function fenced.exists(path)
  return uv.fs_lstat(path) ~= nil
end

-- What a file holds, or nil.
function fenced.read_file(path)
  local file = io.open(path, "rb")
  local text = file and file:read("a")
  if file then
    file:close()
  end
  return text
end

return fenced
