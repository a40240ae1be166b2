-- SPDX-License-Identifier: Apache-2.0
-- origin.lua - servers on 127.0.0.1, in the spec's own loop: they answer while a spec waits.
--
-- Never while it does not: a spec that blocks outside loop.wait(), as os.execute does, starves
-- them. Each counts its connections, for "nothing was dialled" is mostly what a spec must prove.

local uv = require "luv"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local stream = require "spec.support.stream"

local origin = {}
origin.__index = origin

local backlog = 128

-- A server whose `handle(connection, self)` is a task for each connection. `host` may be another
-- address of this machine, or a path for a unix socket; `port` a fixed one.
function origin.raw(handle, options)
  options = options or {}
  local self = setmetatable({ connections = 0, requests = {}, open = {} }, origin)
  if options.path then
    self.handle = uv.new_pipe(false)
    assert(self.handle:bind(options.path))
  else
    self.handle = uv.new_tcp()
    assert(self.handle:bind(options.host or "127.0.0.1", options.port or 0))
    self.port = self.handle:getsockname().port
  end
  assert(self.handle:listen(backlog, loop.guard(function(err)
    assert(not err, err)
    local client = options.path and uv.new_pipe(false) or uv.new_tcp()
    self.handle:accept(client)
    self.connections = self.connections + 1
    local connection = stream.new(client)
    self.open[connection] = true
    loop.task(function()
      handle(connection, self)
      self.open[connection] = nil
      connection:close()
    end)
  end)))
  return self
end

-- An answer with its length, as bytes.
function origin.response(status, body, fields)
  local lines = { ("HTTP/1.1 %s\r\n"):format(status) }
  for _, field in ipairs(fields or {}) do
    lines[#lines + 1] = field .. "\r\n"
  end
  lines[#lines + 1] = ("Content-Length: %d\r\n\r\n%s"):format(#body, body)
  return table.concat(lines)
end

-- An HTTP server that answers every request with its name, or with the bytes that
-- `answer(request)` returns. requests[n] = { method, target, headers, body, head }, as it saw them.
function origin.http(name, answer)
  local function serve(connection, self)
    while true do
      local head = connection:read_until("\r\n\r\n")
      if not head then
        return
      end
      local request = http.parse_request_head(head)
      request.head = head
      request.body = http.read_body(connection, request.headers)
      self.requests[#self.requests + 1] = request
      local sent = connection:send(answer and answer(request) or origin.response("200 OK", name))
      if not sent or request.headers.connection == "close" then
        return
      end
    end
  end
  return origin.raw(serve)
end

-- Sends back what it gets, and ends its direction only after the client has ended the other.
function origin.echo()
  return origin.raw(function(connection)
    repeat
      loop.wait(function() return connection.size > 0 or connection.eof end)
      local bytes = connection.size > 0 and connection:read(connection.size)
    until not bytes or not connection:send(bytes)
    connection:shutdown()
  end)
end

-- Speaks first, as SSH and SMTP servers do, then reads to the end; requests[n] is what came.
function origin.banner(text)
  return origin.raw(function(connection, self)
    connection:send(text)
    self.requests[#self.requests + 1] = connection:read_all()
  end)
end

-- A port on which nobody listens: connections to it are refused.
function origin.closed_port()
  local handle = uv.new_tcp()
  assert(handle:bind("127.0.0.1", 0))
  local port = handle:getsockname().port
  handle:close()
  return port
end

function origin:url(path, host)
  return ("http://%s:%d%s"):format(host or "127.0.0.1", self.port, path or "/")
end

-- Stops listening and cuts every connection that is still open.
function origin:close()
  if not self.handle:is_closing() then
    self.handle:close()
  end
  for connection in pairs(self.open) do
    connection:close()
    connection.eof = true -- so that its task ends at its next look
  end
end

return origin
