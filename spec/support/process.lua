-- SPDX-License-Identifier: Apache-2.0
-- process.lua - real programs, started, fed, read and always ended.
--
-- No shell: argv goes to the program as it stands. The environment is a small fixed one, so that a
-- spec means the same on every machine. A program is the leader of a session of its own and is
-- killed with its process group when its time is up.

local uv = require "luv"
local loop = require "spec.support.loop"
local stream = require "spec.support.stream"
local users = require "spec.support.users"

local process = {}
process.__index = process

local started = {} -- every one that nobody has waited for

local drain_ms = 2000 -- a daemon left behind may hold the output open for ever

-- Inherited beside PATH: how the sanitizers of a sanitizer build report.
local kept = { "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS" }

local function environment(identity, extra)
  local values = {
    PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME = users.home(identity),
    USER = identity,
    LOGNAME = identity,
    LC_ALL = "C.UTF-8",
  }
  for _, name in ipairs(kept) do
    values[name] = os.getenv(name)
  end
  for name, value in pairs(extra or {}) do
    values[name] = value or nil
  end
  local list = {}
  for name, value in pairs(values) do
    list[#list + 1] = name .. "=" .. value
  end
  return list
end

local function command_line(argv, identity)
  local words = {}
  if identity ~= users.current() then
    words = { "setpriv", "--reuid=" .. identity, "--regid=" .. identity, "--clear-groups", "--" }
  end
  return table.move(argv, 1, #argv, #words + 1, words)
end

-- options: argv, and where wanted
--   as_user  a name of users.identities()          cwd    default: that user's home
--   env      { NAME = "value", OTHER = false }     stdin  a string; true: a pipe, see :write
function process.start(options)
  local identity = options.as_user or users.current()
  local words = command_line(options.argv, identity)
  local pipes = { uv.new_pipe(false), uv.new_pipe(false), uv.new_pipe(false) }
  local self = setmetatable({ argv = options.argv }, process)
  local handle, pid = uv.spawn(table.remove(words, 1), {
    args = words,
    stdio = pipes,
    env = environment(identity, options.env),
    cwd = options.cwd or users.home(identity),
    detached = true,
  }, function(code, signal)
    self.code, self.signal = code, signal
  end)
  if not handle then
    error(("cannot start %s: %s"):format(options.argv[1], pid), 2)
  end
  self.handle, self.pid = handle, pid
  started[self] = true
  self.stdin = stream.new(pipes[1], true)
  self.stdout, self.stderr = stream.new(pipes[2]), stream.new(pipes[3])
  if options.stdin ~= true then
    pipes[1]:write(options.stdin or "")
    pipes[1]:shutdown(function() self.stdin:close() end)
  end
  return self
end

function process:write(bytes)
  return self.stdin:send(bytes)
end

function process:close_stdin()
  self.stdin:close()
end

-- The next line of "stdout" or "stderr", without its end; nil and why when none comes.
function process:read_line(from, ms)
  local line, why = self[from or "stdout"]:read_until("\n", ms)
  return line and line:sub(1, -2), why
end

-- Signals the program alone: "sigterm", "sigkill", or a number.
function process:kill(signal)
  return self.handle:kill(signal or "sigterm")
end

-- Kills the program and what it started, unless that left its process group.
function process:kill_group()
  return uv.kill(-self.pid, "sigkill")
end

function process:running()
  return self.code == nil
end

-- Waits for the end, and kills when the time is up. Returns { code =, signal =, out =, err =,
-- held = }: code is what a shell would say, 128 + n after a signal; held says that somebody still
-- had the output open.
function process:wait(ms)
  local ended = loop.wait(function() return self.code end, ms)
  if not ended then
    self:kill_group()
    loop.wait(function() return self.code end)
  end
  local both = loop.wait(function() return self.stdout.eof and self.stderr.eof end, drain_ms)
  for _, end_of in ipairs({ self.stdin, self.stdout, self.stderr }) do
    end_of:close()
  end
  if not self.handle:is_closing() then
    self.handle:close()
  end
  started[self] = nil
  local result = {
    code = self.signal ~= 0 and 128 + self.signal or self.code,
    signal = self.signal,
    out = self.stdout:peek(),
    err = self.stderr:peek(),
    held = not both,
  }
  if not ended then
    error(("%s was still running after %d ms\nstdout: %s\nstderr: %s"):format(
      table.concat(self.argv, " "), ms or loop.patience, result.out, result.err), 2)
  end
  return result
end

-- Ends it and forgets it: for after_each, whatever state it is in.
function process:stop()
  if not self.handle:is_closing() then
    self:kill_group()
    return self:wait()
  end
end

-- Kills what a spec that failed half-way has left running; the helper calls it when busted ends.
function process.stop_all()
  for self in pairs(started) do
    self:kill_group()
  end
end

-- start() and wait() in one; `timeout` in milliseconds.
function process.run(options)
  return process.start(options):wait(options.timeout)
end

return process
