-- SPDX-License-Identifier: Apache-2.0
-- load.lua - much at a time: servers and clients without a task for each connection, and what a
-- process has of memory and descriptors meanwhile.

local uv = require "luv"
local descriptors = require "spec.support.descriptors"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"

local load = { sanitized = (os.getenv("FENCE_SANITIZED") or "") ~= "" }

-- KiB beside what is counted. A sanitizer keeps what was freed: then memory says nothing.
load.margin = load.sanitized and 1 << 30 or 2048

-- A line of /proc/PID/status, in KiB.
function load.memory(pid, line)
  for text in io.lines(("/proc/%d/status"):format(pid)) do
    local value = text:match("^" .. (line or "VmRSS") .. ":%s*(%d+) kB")
    if value then
      return tonumber(value)
    end
  end
end

-- Until `counted.bytes` has not moved for a while; false when it never stops.
function load.stalls(counted, ms)
  local last, since, limit = -1, loop.now(), loop.now() + (ms or 8000)
  while loop.now() - since < 400 and loop.now() < limit do
    if counted.bytes ~= last then
      last, since = counted.bytes, loop.now()
    end
    loop.sleep(20)
  end
  return loop.now() < limit
end

-- Waits until a process has `most` descriptors at the most. True, or false and how many it has.
function load.comes_down(pid, most, ms)
  local count
  local down = descriptors.eventually(function()
    count = descriptors.count(pid)
    return count <= most
  end, ms or 10000)
  return down, count
end

local function ended(handle)
  if not handle:is_closing() then
    handle:close()
  end
end

-- A server that answers each GET with its target and `padding`, a request at a time; see
-- origin.raw() for what else it is.
function load.server(padding)
  local server = { handle = uv.new_tcp(), connections = 0, answered = 0, close = origin.close,
                   open = {} }
  assert(server.handle:bind("127.0.0.1", 0))
  server.port = server.handle:getsockname().port
  local function serve(client)
    local kept = ""
    client:read_start(loop.guard(function(_, bytes)
      if not bytes then
        ended(client)
        return
      end
      kept = kept .. bytes
      for target in kept:gmatch("GET (%S+) HTTP/1.1\r\n.-\r\n\r\n") do
        server.answered = server.answered + 1
        client:write(origin.response("200 OK", target .. (padding or "")))
      end
      kept = kept:match(".*\r\n\r\n(.*)$") or kept
    end))
  end
  assert(server.handle:listen(4096, loop.guard(function(err)
    assert(not err, err)
    local client = uv.new_tcp()
    server.handle:accept(client)
    server.connections = server.connections + 1
    serve(client)
  end)))
  return server
end

-- One client: `count` requests, the next one when the last is answered. `request(index)` is its
-- bytes, `expected(index)` the body. `anew`: a connection for each, to its end. done(failure).
function load.client(port, options, done)
  local index, start = 0, nil
  local function ask(client)
    index = index + 1
    client:write(options.request(index))
  end
  local function check(bytes)
    local response, why = http.parse_response(bytes)
    local right = response and response.status == 200 and response.body == options.expected(index)
      and response.rest == ""
    return not right and (why or ("%d: %q"):format(index, bytes:sub(1, 200))) or nil
  end
  local function finish(client, failure)
    ended(client)
    if failure or index == options.count then
      done(failure)
    else
      start()
    end
  end
  function start()
    local client, got = uv.new_tcp(), ""
    client:connect("127.0.0.1", port, loop.guard(function(err)
      if err then
        finish(client, err)
        return
      end
      ask(client)
      client:read_start(loop.guard(function(failure, bytes)
        got = got .. (bytes or "")
        local response = http.parse_response(got)
        if not bytes then
          finish(client, failure or check(got))
        elseif not options.anew and response and not response.cut then
          local wrong = check(got)
          got = ""
          if wrong or index == options.count then
            finish(client, wrong)
          else
            ask(client)
          end
        end
      end))
    end))
  end
  start()
end

-- ---- a long stream, in pieces and with pauses ----

-- A period that is no power of two: a byte lost, doubled or moved shows.
local period = {}
for index = 1, 65521 do
  period[index] = string.char(index * 7919 % 251)
end
period = table.concat(period)
local periods = period:rep(3) -- libuv reads 64 KiB at most: more than one

-- Numbers that look random and are the same each time.
function load.dice(seed)
  return function(most)
    seed = (seed * 1103515245 + 12345) % 2147483648
    return (seed >> 8) % most
  end
end

-- Now and then, in one of 64 calls, nothing for 10 ms: stop() now, and go() later.
local function pause(dice, stop, go)
  if dice(64) ~= 0 then
    return false
  end
  stop()
  local timer = uv.new_timer()
  timer:start(10, 0, loop.guard(function()
    timer:close()
    go()
  end))
  return true
end

-- Sends `size` bytes and ends the direction.
function load.pour(handle, size, dice)
  local at, step = 0, nil
  local function nothing() end
  function step()
    if handle:is_closing() or at == size then
      return not handle:is_closing() and handle:shutdown()
    end
    local offset = at % #period
    local count = math.min(dice(#period) + 1, size - at)
    at = at + count
    handle:write(periods:sub(offset + 1, offset + count), loop.guard(function(err)
      assert(not err, err)
      return pause(dice, nothing, step) or step()
    end))
  end
  step()
end

-- Reads what pour() sends, `first` of it already read. Tells how it goes: at =, wrong = (its first
-- place), eof =.
function load.drain(handle, dice, first)
  local seen, read = { at = 0 }, nil
  function read(err, bytes)
    if not bytes then
      seen.eof, seen.err = true, err
      return
    end
    local offset = seen.at % #period
    if periods:sub(offset + 1, offset + #bytes) ~= bytes then
      seen.wrong = seen.wrong or seen.at
    end
    seen.at = seen.at + #bytes
    pause(dice, function() handle:read_stop() end, function()
      if not handle:is_closing() then
        handle:read_start(loop.guard(read))
      end
    end)
  end
  handle:read_start(loop.guard(read))
  for at = 1, #first, #period do
    read(nil, first:sub(at, at + #period - 1))
  end
  return seen
end

return load
