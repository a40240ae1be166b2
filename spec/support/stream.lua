-- SPDX-License-Identifier: Apache-2.0
-- stream.lua - one end of a TCP connection or a pipe, read and written as if it blocked.
--
-- Raw bytes only: what they mean is the spec's business. Works in the spec and in tasks alike.

local uv = require "luv"
local loop = require "spec.support.loop"

local stream = {}
stream.__index = stream

-- Takes over a connected libuv stream and reads ahead. `paused`: only once resume() is called.
function stream.new(handle, paused)
  local self = setmetatable({ handle = handle, chunks = {}, size = 0 }, stream)
  if not paused then
    self:resume()
  end
  return self
end

-- Connects to a port of 127.0.0.1, or of `host`, or to a unix socket given as a path.
function stream.connect(where, host, ms)
  local handle, outcome
  local function connected(err) outcome = err or "connected" end
  if type(where) == "string" then
    handle = uv.new_pipe(false)
    handle:connect(where, connected)
  else
    handle = uv.new_tcp()
    assert(handle:connect(host or "127.0.0.1", where, connected))
  end
  loop.wait(function() return outcome end, ms)
  if outcome ~= "connected" then
    handle:close()
    return nil, outcome or "timeout"
  end
  return stream.new(handle)
end

-- libuv takes a hang-up right behind some bytes for an end of file. Had it been a reset, a write of
-- nothing fails with it.
local function hidden_reset(handle)
  local _, _, name = handle:try_write("")
  return name == "ECONNRESET" and name or nil
end

function stream:resume()
  self.handle:read_start(loop.guard(function(err, bytes)
    if bytes then
      self.chunks[#self.chunks + 1] = bytes
      self.size = self.size + #bytes
    else
      self.eof = true
      self.error = err or hidden_reset(self.handle) -- "ECONNRESET", say; nil at a proper end
    end
  end))
end

function stream:pause()
  self.handle:read_stop()
end

-- Sends a string, or a list of pieces with `delay` milliseconds between them, and waits until the
-- kernel took it. Returns true, or nil and the error's name.
function stream:send(pieces, delay)
  for index, piece in ipairs(type(pieces) == "table" and pieces or { pieces }) do
    if index > 1 and delay then
      loop.sleep(delay)
    end
    if self.handle:is_closing() then
      return nil, "closed"
    end
    local outcome
    local sent, why = self.handle:write(piece, function(err) outcome = err or "sent" end)
    if not sent then
      return nil, why
    end
    loop.wait(function() return outcome end)
    if outcome ~= "sent" then
      return nil, outcome or "timeout"
    end
  end
  return true
end

-- Every byte apart: what a parser must take the same way as one segment.
function stream:send_bytewise(bytes, delay)
  local pieces = {}
  for index = 1, #bytes do
    pieces[index] = bytes:sub(index, index)
  end
  return self:send(pieces, delay)
end

-- What has come and was not taken yet, as one string.
function stream:peek()
  if #self.chunks ~= 1 then
    self.chunks = { table.concat(self.chunks) }
  end
  return self.chunks[1]
end

local function take(self, count)
  local bytes = self:peek()
  self.chunks = { bytes:sub(count + 1) }
  self.size = #self.chunks[1]
  return bytes:sub(1, count)
end

local function why_short(self)
  return self.error or (self.eof and "eof" or "timeout")
end

-- Exactly `count` bytes; fewer when the stream ended or the time is up, then with the reason.
function stream:read(count, ms)
  loop.wait(function() return self.size >= count or self.eof end, ms)
  if self.size >= count then
    return take(self, count)
  end
  return take(self, count), why_short(self)
end

-- Up to and with `mark`; nil and the reason when it does not come.
function stream:read_until(mark, ms)
  local last
  loop.wait(function()
    last = select(2, self:peek():find(mark, 1, true))
    return last or self.eof
  end, ms)
  if last then
    return take(self, last)
  end
  return nil, why_short(self)
end

-- Everything up to the end, and why it ended: "eof", an error's name, or "timeout".
function stream:read_all(ms)
  loop.wait(function() return self.eof end, ms)
  return take(self, self.size), why_short(self)
end

-- Ends our direction only.
function stream:shutdown()
  local outcome
  local begun, why = self.handle:shutdown(function(err) outcome = err or "done" end)
  if not begun then
    return nil, why
  end
  loop.wait(function() return outcome end)
  return outcome == "done" or nil, outcome
end

-- Ends both directions with a RST, as a crashed peer would.
function stream:reset()
  if not self.handle:is_closing() then
    self.handle:close_reset()
  end
end

function stream:close()
  if not self.handle:is_closing() then
    self.handle:close()
  end
end

return stream
