-- SPDX-License-Identifier: Apache-2.0
-- capture_servers.lua - servers on loopback, one for each protocol that a captured program speaks,
-- and what their clients need in files.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local served_git = require "spec.support.served_git"
local sshd = require "spec.support.sshd"
local users = require "spec.support.users"

local capture_servers = {}
capture_servers.__index = capture_servers

-- Answers "+PONG" to whatever it is asked.
local function serve_redis(connection)
  if connection:read_until("\r\n") then
    connection:send("+PONG\r\n")
  end
end

-- PostgreSQL, protocol 3.0: no encryption, and an error for who wants to log in.
local function serve_postgres(connection)
  local words = "SFATAL\0VFATAL\0CXX000\0Mreached\0\0"
  for _ = 1, 3 do
    local head = connection:read(8)
    local length, code
    if #head == 8 then
      length, code = string.unpack(">I4I4", head)
    end
    if code == 80877103 or code == 80877104 then -- SSLRequest, GSSENCRequest
      connection:send("N")
    else
      connection:send(length and string.pack(">c1I4", "E", #words + 4) .. words or "")
      return
    end
  end
end

local function serve_files(folder)
  return origin.http("files", function(request)
    local path = request.target:match("^[^?]*")
    local text = not path:find("..", 1, true) and fenced.read_file(folder .. path)
    return text and origin.response("200 OK", text) or origin.response("404 Not Found", "")
  end)
end

local function start_git_daemon(folder)
  local port = origin.closed_port()
  local child = process.start({ env = served_git.environment, argv = { "git", "daemon", "--verbose",
    "--listen=127.0.0.1", "--port=" .. port, "--base-path=" .. folder, "--export-all" } })
  local line
  repeat
    line = assert(child:read_line("stderr"), "git daemon did not start")
  until line:match("Ready to rumble")
  return { port = port, close = function() child:stop() end }
end

-- Those that `identity` is to reach, by what they speak: each has `port`, and most `connections`.
function capture_servers.start(identity)
  local top = users.temp_dir(users.current())
  local head = served_git.commit(served_git.make(top), "file", "text\n")
  local self = setmetatable({ head = head, ssh_server = sshd.start() }, capture_servers)
  self.by_name = {
    http = origin.http("plain"), second = origin.banner("220 ready\r\n"),
    redis = origin.raw(serve_redis), postgres = origin.raw(serve_postgres),
    files = serve_files(top .. "/served"), git = start_git_daemon(top .. "/served"),
    https = https.start({
      names = { "good.test", "evil.test" }, folder = top .. "/served", as_user = identity,
    }),
    ssh = self.ssh_server and {
      port = self.ssh_server.port, close = function() self.ssh_server:stop() end,
    },
  }
  self.words = {
    CA = self.by_name.https.ca_file, REPOSITORY = top .. "/served/project.git",
    CONFIG = self.ssh_server and self.ssh_server:client_config(identity),
    USER = users.current(), HEAD = head,
  }
  return self
end

-- A folder in which apt-get finds a source at HOST:PORT and nothing of the machine's.
function capture_servers.apt_folder(identity, host, port)
  local folder = users.temp_dir(identity)
  local ids = users.ids(identity)
  for _, name in ipairs({ "lists", "lists/partial", "cache", "parts" }) do
    assert(uv.fs_mkdir(folder .. "/" .. name, tonumber("755", 8)))
    assert(uv.fs_chown(folder .. "/" .. name, ids.uid, ids.gid))
  end
  users.write_file(identity, folder .. "/sources.list",
    ("deb [trusted=yes] http://%s:%d/ stable main\n"):format(host, port))
  return folder
end

function capture_servers:reset()
  for _, server in pairs(self.by_name) do
    if server.connections then
      server.requests, server.connections = {}, 0
    end
  end
end

function capture_servers:close()
  for _, server in pairs(self.by_name) do
    server:close()
  end
end

return capture_servers
