-- SPDX-License-Identifier: Apache-2.0
-- lab.lua - runs a program in the lab of tests/lab, and reads what its servers saw.
--
-- What fence itself says is no proof of anything here: the lab's logs are.

local uv = require "luv"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local lab = {}

local source = debug.getinfo(1, "S").source:match("^@(.*)spec/support/[^/]*$") .. "tests/lab"
local certificates = {} -- identity -> the folder with its first lab's
local copies = {} -- identity -> a folder it can read: a checkout may lie below a closed home

local function folder_for(identity)
  if not copies[identity] then
    local folder = users.temp_dir(identity)
    for name, kind in uv.fs_scandir_next, assert(uv.fs_scandir(source)) do
      if kind == "file" then
        assert(uv.fs_copyfile(source .. "/" .. name, folder .. "/" .. name))
        assert(uv.fs_chmod(folder .. "/" .. name, tonumber("755", 8)))
      end
    end
    copies[identity] = folder
  end
  return copies[identity]
end

local function read_lines(path)
  local lines = {}
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  return lines
end

-- The options of process.run(). Its result, and the lines of four logs: dns, access, hostsvc,
-- packets.
function lab.run(options)
  local identity = options.as_user or users.current()
  local logs = users.temp_dir(identity)
  local argv = table.move(options.argv, 1, #options.argv, 2, { folder_for(identity) .. "/lab.sh" })
  local env = { LAB_DIR = logs, LAB_TLS = certificates[identity] }
  for name, value in pairs(options.env or {}) do
    env[name] = value
  end
  local result = process.run({
    argv = argv, env = env, as_user = identity,
    cwd = options.cwd, stdin = options.stdin, timeout = options.timeout,
  })
  for _, name in ipairs({ "dns", "access", "hostsvc", "packets" }) do
    local found, lines = pcall(read_lines, logs .. "/" .. name .. ".log")
    if not found then
      error("the lab did not start:\n" .. result.err, 2)
    end
    result[name] = lines
  end
  certificates[identity] = certificates[identity] or logs .. "/tls"
  return result
end

-- The first words of the lines of some logs, each once, sorted.
local function first_words(logs)
  local seen, words = {}, {}
  for _, log in ipairs(logs) do
    for _, line in ipairs(log) do
      local word = line:match("^%S+")
      if not seen[word] then
        seen[word] = true
        words[#words + 1] = word
      end
    end
  end
  table.sort(words)
  return words
end

-- The names that were asked for.
function lab.names(result)
  return first_words({ result.dns })
end

-- The servers that were reached, HOSTSVC among them.
function lab.servers(result)
  return first_words({ result.access, result.hostsvc })
end

-- As sandbox.require_sandbox(): the lab is made of the same namespaces.
lab.require_lab = sandbox.require_sandbox

return lab
