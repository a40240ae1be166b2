-- SPDX-License-Identifier: Apache-2.0
-- cell.lua - a program that is ended rudely, alone in namespaces of its own, and what it leaves:
-- see cell.py. Only root can make such namespaces and then be somebody else in them.

local uv = require "luv"
local process = require "spec.support.process"
local users = require "spec.support.users"

local cell = {}

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "cell.py"

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

-- Can it be done here?
function cell.available()
  return uv.getuid() == 0
end

-- options: as_user, arguments (fence's), runs, seconds, wait, kill as in cell.py, timeout
-- Returns the ways the runs have ended and what they left, as lists of lines, what was said on
-- standard error, and how many runs have left something.
function cell.run(options)
  local ids = users.ids(options.as_user)
  local folder = users.temp_dir(options.as_user)
  local fence = users.temp_dir(options.as_user) .. "/fence" -- the one under test may be in /tmp
  assert(uv.fs_copyfile(os.getenv("FENCE_BINARY"), fence))
  assert(uv.fs_chmod(fence, tonumber("755", 8)))
  local argv = { "unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "sh", "-c",
    'mount -t tmpfs tmpfs /tmp && chmod 1777 /tmp && mount -t tmpfs tmpfs /run && exec "$@"', "sh",
    "/usr/bin/python3", "-c", read(source), tostring(ids.uid), tostring(ids.gid),
    tostring(options.runs or 1), tostring(options.seconds or 0), options.wait or "",
    options.kill or "", "--", fence }
  table.move(options.arguments, 1, #options.arguments, #argv + 1, argv)
  local result = process.run({ argv = argv, cwd = folder, timeout = options.timeout or 30000,
    env = { HOME = users.home(options.as_user) } })
  local ends, left = {}, {}
  for kind, line in result.out:gmatch("(%l+) ([^\n]*)\n") do
    if kind ~= "runs" then
      table.insert(kind == "end" and ends or left, line)
    end
  end
  if result.code ~= 0 then
    error("the cell failed:\n" .. result.err, 2)
  end
  return ends, left, result.err, tonumber(result.out:match("runs (%d+)\n$"))
end

return cell
