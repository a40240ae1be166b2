-- SPDX-License-Identifier: Apache-2.0
-- proxy.lua - `fence proxy` on a port of its own choosing or a Unix socket, and raw clients for it.
--
-- The client speaks bytes, so that a spec can send what no well-behaved client would.

local http = require "spec.support.http"
local json = require "spec.support.json"
local process = require "spec.support.process"
local stream = require "spec.support.stream"
local users = require "spec.support.users"

local proxy = {}
proxy.__index = proxy

local start_ms = 10000

-- The arguments for each way to listen: "socks" serves SOCKS5 alone, "both" the two by one port,
-- "unix:/path" the two by one socket.
local function listening(door)
  if not door then
    return { "--http", "127.0.0.1:0" }, "http"
  elseif door == "socks" then
    return { "--socks", "127.0.0.1:0" }, "socks5"
  end
  local address = door == "both" and "127.0.0.1:0" or door
  return { "--http", address, "--socks", address }, "http+socks5"
end

-- Reads the line that says where it listens. Returns the port, or the path of the socket.
local function read_place(child, scheme)
  local line = child:read_line("stderr", start_ms) or ""
  local prefix = "fence: proxy on " .. scheme
  local rest = line:sub(1, #prefix) == prefix and line:sub(#prefix + 1) or ""
  local place = tonumber(rest:match("^://127%.0%.0%.1:(%d+)$")) or rest:match("^, unix:(/.*)$")
  if not place then
    local ended = child:stop()
    error(("fence proxy did not start: %s\n%s"):format(line, ended.err), 3)
  end
  return place
end

-- options: config (a table, or a string taken as it stands), door (see listening(); default: HTTP),
-- args (more arguments), env, as_user
function proxy.start(options)
  options = options or {}
  local identity = options.as_user or users.current()
  local config = options.config or { network = {} }
  local text = type(config) == "string" and config or json.encode(config)
  local settings = users.write_file(identity, users.temp_dir(identity) .. "/fence.json", text)
  local words, scheme = listening(options.door)
  local argv = { users.binary(identity), "proxy", "--settings", settings }
  table.move(words, 1, #words, #argv + 1, argv)
  table.move(options.args or {}, 1, #(options.args or {}), #argv + 1, argv)
  local child = process.start({ argv = argv, env = options.env, as_user = identity })
  return setmetatable({
    child = child, port = read_place(child, scheme), settings = settings,
  }, proxy)
end

function proxy:url()
  return "http://127.0.0.1:" .. self.port
end

-- A stream to the proxy.
function proxy:connect()
  return assert(stream.connect(self.port))
end

-- Sends bytes (a string, or pieces with `delay` ms between them) and reads to the end or the
-- time-out. Returns everything that came and why it ended: "eof", "timeout", "ECONNRESET".
function proxy:exchange(pieces, options)
  options = options or {}
  local client = self:connect()
  client:send(pieces, options.delay)
  if options.half_close then
    client:shutdown()
  end
  local bytes, why = client:read_all(options.timeout or 5000)
  client:close()
  return bytes, why
end

-- Sends bytes and reads one response; nil and why when none came.
function proxy:request(pieces, options)
  options = options or {}
  local client = self:connect()
  client:send(pieces, options.delay)
  local response, why = http.read_response(client, options.timeout or 5000, options.no_body)
  client:close()
  return response, why
end

-- Opens a tunnel. Returns its stream and the response when it is open, else nil and the response.
function proxy:tunnel(authority, ms)
  local client = self:connect()
  client:send(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, authority))
  local head, why = client:read_until("\r\n\r\n", ms)
  local response = head and http.parse_response(head, true)
  if response and response.status == 200 then
    return client, response
  end
  local body = response and client:read(tonumber(response.headers["content-length"]) or 0, ms)
  client:close()
  if response then
    response.body = body
  end
  return nil, response or why
end

-- What fence has printed on standard error after its first line.
function proxy:log()
  return self.child.stderr:peek()
end

-- Ends it as a user would, and says how it went: what process:wait() returns.
function proxy:stop()
  if self.child.handle:is_closing() then
    return nil
  end
  self.child:kill("sigterm")
  return self.child:wait(5000)
end

return proxy
