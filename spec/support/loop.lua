-- SPDX-License-Identifier: Apache-2.0
-- loop.lua - waiting, for everything in a spec that does I/O: one libuv loop, turned only in here.
--
-- A spec calls wait() and the loop turns until something is true or the time is up; servers of the
-- same process go on meanwhile. A server's own code runs as a task, a coroutine in which the same
-- wait() yields instead. Nothing waits for ever; an error in a callback or a task fails the spec
-- that waits next.

local uv = require "luv"

local loop = { patience = 20000 } -- milliseconds, wherever a caller names no other bound

local tasks = {} -- coroutine -> what it waits for: { ready =, deadline = }
local failure

-- Writing to a program or a peer that is gone is an error like any other, not the end of this
-- process. A handler, and not SIG_IGN, which every program started would inherit.
local pipe_signal = uv.new_signal()
pipe_signal:start("sigpipe", function() end)
pipe_signal:unref()

function loop.now()
  uv.update_time()
  return uv.now()
end

-- A callback whose error is kept for the spec: luv would print it and exit.
function loop.guard(callback)
  return function(...)
    local ok, why = xpcall(callback, debug.traceback, ...)
    if not ok then
      failure = failure or why
    end
  end
end

local function resume(task)
  tasks[task] = nil
  local ok, wish = coroutine.resume(task)
  if not ok then
    failure = failure or debug.traceback(task, wish)
  elseif coroutine.status(task) == "suspended" then
    tasks[task] = wish
  end
end

-- Goes on with every task whose wish came true or whose time is up, until none is left.
local function run_tasks()
  local moved
  repeat
    moved = false
    local due = {}
    for task, wish in pairs(tasks) do
      if wish.ready() or loop.now() >= wish.deadline then
        due[#due + 1] = task
      end
    end
    for _, task in ipairs(due) do
      moved = true
      resume(task)
    end
  until not moved
end

-- Its callback ends the turn: one that is due as a turn begins would otherwise go unseen until the
-- next I/O.
local function alarm(ms)
  local timer = uv.new_timer()
  timer:start(math.max(ms, 0), 0, function() uv.stop() end)
  return timer
end

local function close(handle)
  if not handle:is_closing() then
    handle:close()
  end
end

-- Runs fn as a task, from the next wait on.
function loop.task(fn)
  tasks[coroutine.create(fn)] = { ready = function() return true end, deadline = math.huge }
end

-- Waits until ready() or until `ms` have passed, and returns ready()'s last word.
function loop.wait(ready, ms)
  local deadline = loop.now() + (ms or loop.patience)
  local timer = alarm(ms or loop.patience)
  local _, is_main = coroutine.running()
  local word = ready()
  if not word and not is_main then
    coroutine.yield({ ready = ready, deadline = deadline })
    word = ready()
  end
  while is_main do
    run_tasks()
    word = ready()
    if word or failure or loop.now() >= deadline then
      break
    end
    uv.run("once")
  end
  close(timer)
  if failure and is_main then
    local why = failure
    failure = nil
    error(why, 0)
  end
  return word
end

-- Ends every handle that is left. Called before Lua ends: luv 1.44 crashes otherwise.
function loop.close_all()
  uv.walk(close)
  uv.run("default")
end

function loop.sleep(ms)
  loop.wait(function() return false end, ms)
end

return loop
