-- SPDX-License-Identifier: Apache-2.0
-- http.lua - HTTP/1 messages as tables, for what specs assert.
--
-- Reads what it is given and judges nothing: fence's strictness is tested against raw bytes, never
-- against this file.

local http = {}

-- Header lines as they stand, and under their lower-case names; a repeated one is joined by ", ".
local function parse_fields(text)
  local fields = { lines = {} }
  for line in text:gmatch("([^\r\n]+)\r?\n") do
    fields.lines[#fields.lines + 1] = line
    local name, value = line:match("^([^:]*):%s*(.-)%s*$")
    if name then
      name = name:lower()
      fields[name] = fields[name] and fields[name] .. ", " .. value or value
    end
  end
  return fields
end

-- "GET / HTTP/1.1\r\n…\r\n\r\n" -> { method =, target =, version =, headers = }
function http.parse_request_head(head)
  local line, rest = head:match("^(.-)\r?\n(.*)$")
  local method, target, version = line:match("^(%S+) (%S+) HTTP/(%S+)$")
  return {
    line = line, method = method, target = target, version = version,
    headers = parse_fields(rest),
  }
end

-- nil unless the whole chunked body is there; else the body and where what follows begins.
local function dechunk(text)
  local parts, at = {}, 1
  while true do
    local size, after = text:match("^(%x+)[^\r\n]*\r\n()", at)
    if not size then
      return nil
    end
    local length = tonumber(size, 16)
    if length == 0 then
      local next = text:match("^\r\n()", after) or text:match("\r\n\r\n()", after) -- trailers
      return next and table.concat(parts), next
    end
    parts[#parts + 1] = text:sub(after, after + length - 1)
    at = after + length + 2
  end
end

-- The first response of `bytes`: { version =, status = 403, reason =, headers =, body =, rest = }.
-- `no_body`: the answer to HEAD or to a CONNECT that went through; what follows is then `rest`.
-- nil when even the head is not whole; `cut` is set when the body is not.
function http.parse_response(bytes, no_body)
  local head, after = bytes:match("^(.-\r\n)\r\n()")
  local line, fields = (head or ""):match("^(.-)\r\n(.*)$")
  local version, status, reason = (line or ""):match("^HTTP/(%S+) (%d%d%d) ?(.*)$")
  if not version then
    return nil, "no whole response head in: " .. bytes:sub(1, 200)
  end
  local response = {
    version = version, status = tonumber(status), reason = reason,
    headers = parse_fields(fields), body = "", rest = bytes:sub(after),
  }
  local length = tonumber(response.headers["content-length"])
  if no_body or status == "204" or status == "304" or status:sub(1, 1) == "1" then
    return response
  elseif response.headers["transfer-encoding"] then
    local body, next = dechunk(response.rest)
    response.body, response.cut = body or response.rest, body == nil
    response.rest = body and response.rest:sub(next) or ""
  elseif length then
    response.cut = #response.rest < length
    response.body, response.rest = response.rest:sub(1, length), response.rest:sub(length + 1)
  else
    response.body, response.rest = response.rest, ""
  end
  return response
end

-- Reads one message's body from a stream, as its head announces it.
function http.read_body(connection, headers, ms)
  local length = tonumber(headers["content-length"])
  if length then
    return (connection:read(length, ms))
  elseif not headers["transfer-encoding"] then
    return ""
  end
  local parts = {}
  repeat
    local line = connection:read_until("\r\n", ms) or ""
    local size = tonumber(line:match("^%x+") or "0", 16)
    parts[#parts + 1] = connection:read(size, ms)
    if size > 0 then
      connection:read_until("\r\n", ms)
    end
  until size == 0
  while (connection:read_until("\r\n", ms) or "\r\n") ~= "\r\n" do end -- trailers
  return table.concat(parts)
end

-- Reads one whole response from a stream, without waiting for its end where the head says how long
-- it is. Returns what parse_response() does.
function http.read_response(connection, ms, no_body)
  local head, why = connection:read_until("\r\n\r\n", ms)
  if not head then
    return nil, why .. " after: " .. connection:peek():sub(1, 200)
  end
  local response, bad = http.parse_response(head, true)
  if not response then
    return nil, bad
  end
  local headers = response.headers
  local bodiless = no_body or response.status < 200 or response.status == 204
  if not bodiless and (headers["content-length"] or headers["transfer-encoding"]) then
    response.body = http.read_body(connection, headers, ms)
  elseif not bodiless then
    response.body = connection:read_all(ms)
  end
  return response
end

return http
