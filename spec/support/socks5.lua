-- SPDX-License-Identifier: Apache-2.0
-- socks5.lua - the client's half of SOCKS5 (RFC 1928, RFC 1929) as bytes, right ones and others.
--
-- Reads what it is given and judges nothing: what must come back is the spec's business.

local stream = require "spec.support.stream"

local socks5 = { reply_length = 10 }

local patience_ms = 5000

-- A greeting that offers these methods; none named: "no login" alone.
function socks5.greeting(...)
  local methods = select("#", ...) > 0 and string.char(...) or "\0"
  return "\5" .. string.char(#methods) .. methods
end

function socks5.login(user, password)
  return ("\1%s%s"):format(string.pack("s1", user), string.pack("s1", password))
end

-- A request with an address in the form of the protocol; `command` is CONNECT when not said.
local function request(address, port, command)
  return "\5" .. string.char(command or 1) .. "\0" .. address .. string.pack(">I2", port)
end

function socks5.by_name(name, port, command)
  return request("\3" .. string.pack("s1", name), port, command)
end

-- "127.0.0.1" as its four bytes, "::ffff:7f00:1" as its sixteen, with or without brackets.
function socks5.address_bytes(text)
  local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
  if a then
    return string.char(a, b, c, d)
  end
  text = text:gsub("[%[%]]", ""):gsub("(%d+)%.(%d+)%.(%d+)%.(%d+)$", function(...)
    return ("%02x%02x:%02x%02x"):format(...)
  end)
  local function groups(part)
    return (part:gsub("(%x+):?", function(group)
      return string.pack(">I2", tonumber(group, 16))
    end))
  end
  local head, tail = text:match("^(.-)::(.*)$")
  if not head then
    return groups(text)
  end
  head, tail = groups(head), groups(tail)
  return head .. ("\0"):rep(16 - #head - #tail) .. tail
end

function socks5.by_address(text, port, command)
  local bytes = socks5.address_bytes(text)
  return request((#bytes == 4 and "\1" or "\4") .. bytes, port, command)
end

-- Greets on a fresh connection, asks, and reads the reply. Returns its code, or nil and what came
-- instead.
function socks5.ask(client, bytes, ms)
  client:send(socks5.greeting())
  local method, why = client:read(2, ms or patience_ms)
  if method ~= "\5\0" then
    return nil, ("method %q, %s"):format(method, why)
  end
  client:send(bytes)
  local reply, ended = client:read(socks5.reply_length, ms or patience_ms)
  if #reply < socks5.reply_length then
    return nil, ("reply %q, %s"):format(reply, ended)
  end
  return reply:byte(2), reply
end

-- A tunnel by the proxy at a port or path: its stream, or nil and the code or what came instead.
function socks5.tunnel(where, bytes, ms)
  local client = assert(stream.connect(where))
  local code, why = socks5.ask(client, bytes, ms)
  if code == 0 then
    return client
  end
  client:close()
  return nil, code or why
end

return socks5
