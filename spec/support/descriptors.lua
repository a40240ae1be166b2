-- SPDX-License-Identifier: Apache-2.0
-- descriptors.lua - how many a process has, how many it may have, and waiting for what announces no
-- change.

local uv = require "luv"
local loop = require "spec.support.loop"
local process = require "spec.support.process"

local descriptors = {}

local function each(pid)
  local scan = assert(uv.fs_scandir(("/proc/%d/fd"):format(pid)))
  return function() return uv.fs_scandir_next(scan) end
end

function descriptors.count(pid)
  local count = 0
  for _ in each(pid) do
    count = count + 1
  end
  return count
end

-- Sets the limit of a running process, and leaves the one it cannot pass as it is.
function descriptors.limit(pid, most)
  local result = process.run({ argv = { "prlimit", "--pid", ("%d"):format(pid),
                                        ("--nofile=%d:"):format(most) } })
  return result.code == 0
end

-- Lowers the limit so that a process may open `more` and no other: it bounds their numbers, and the
-- lowest free one is taken first.
function descriptors.leave(pid, more)
  local open, limit = {}, 0
  for name in each(pid) do
    open[tonumber(name)] = true
  end
  while open[limit] or more > 0 do
    more = open[limit] and more or more - 1
    limit = limit + 1
  end
  return descriptors.limit(pid, limit)
end

-- What is asked of /proc announces no change: looks again and again.
function descriptors.eventually(check, ms)
  local limit, word = loop.now() + ms, check()
  while not word and loop.now() < limit do
    loop.sleep(10)
    word = check()
  end
  return word
end

return descriptors
