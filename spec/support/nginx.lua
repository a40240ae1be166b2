-- SPDX-License-Identifier: Apache-2.0
-- nginx.lua - nginx as an origin: a child process of the spec's user, with settings of its own.
--
-- Where the machine has none, Debian's is unpacked into build/tools and never installed: installed,
-- it would serve port 80 from then on.

local uv = require "luv"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local users = require "spec.support.users"

local nginx = {}
nginx.__index = nginx

local top = assert(uv.fs_realpath(
  (debug.getinfo(1, "S").source:match("^@(.*)/spec/support/[^/]*$") or ".")))
local tools = top .. "/build/tools"
local fetch_ms = 60000

local failure -- why it could not be fetched: asked once

-- FOLDER PLACE: the program is in one package or the other, by the age of the release.
local fetch = [[
cd "$1"
for package in nginx nginx-light nginx-core; do
  apt-get download "$package" && dpkg-deb -x "$package"_*.deb "$package" || exit
  if [ -x "$package/usr/sbin/nginx" ]; then
    "$package/usr/sbin/nginx" -v && cp "$package/usr/sbin/nginx" "$2.$$" && mv "$2.$$" "$2"
    exit
  fi
done
exit 1
]]

-- The path of the program; nil and why when there is none.
function nginx.fetch()
  local own = process.run({ argv = { "sh", "-c", "command -v nginx" } })
  if own.code == 0 then
    return (own.out:gsub("\n$", ""))
  end
  local path = ("%s/nginx-%s"):format(tools, uv.os_uname().machine)
  if not failure and not uv.fs_stat(path) then
    uv.fs_mkdir(top .. "/build", tonumber("755", 8))
    uv.fs_mkdir(tools, tonumber("755", 8))
    local in_time, result = pcall(process.run, {
      argv = { "sh", "-c", fetch, "sh", users.temp_dir(users.current()), path },
      env = uv.os_environ(), timeout = fetch_ms,
    })
    if not in_time or result.code ~= 0 then
      failure = "apt-get cannot fetch nginx: " .. (in_time and result.err or result)
    end
  end
  return not failure and path or nil, failure
end

local settings = [[
daemon off;
pid PLACE/pid;
error_log stderr warn;
worker_processes 1;
events { worker_connections 256; }
http {
  log_format line '$connection $request_method $request_uri $status $server_protocol';
  access_log PLACE/access.log line;
  client_body_temp_path PLACE/temporary;
  proxy_temp_path PLACE/temporary;
  fastcgi_temp_path PLACE/temporary;
  uwsgi_temp_path PLACE/temporary;
  scgi_temp_path PLACE/temporary;
  default_type application/octet-stream;
  keepalive_timeout 30s;
  server {
    listen 127.0.0.1:PORT;
    root PLACE/served;
LOCATIONS
  }
}
]]

-- { path =, files = { name = bytes }, locations = lines of its settings }
function nginx.start(options)
  local me = users.current()
  local self = setmetatable({ place = users.temp_dir(me), port = origin.closed_port() }, nginx)
  assert(uv.fs_chmod(self.place, tonumber("755", 8))) -- root's workers are somebody else
  for _, name in ipairs({ "/served", "/temporary" }) do
    assert(uv.fs_mkdir(self.place .. name, tonumber("755", 8)))
  end
  for name, bytes in pairs(options.files) do
    users.write_file(me, self.place .. "/served/" .. name, bytes, "644")
  end
  local text = settings:gsub("LOCATIONS", options.locations or ""):gsub("%u%u%u%u+", {
    PLACE = self.place, PORT = tostring(self.port),
  })
  if uv.getuid() == 0 then
    text = "user root;\n" .. text
  end
  local path = users.write_file(me, self.place .. "/nginx.conf", text)
  self.child = process.start({ argv = { options.path, "-p", self.place, "-c", path } })
  return self
end

-- What it has served, one "CONNECTION METHOD TARGET STATUS PROTOCOL" line each.
function nginx:requests()
  local lines = {}
  for line in io.lines(self.place .. "/access.log") do
    lines[#lines + 1] = line
  end
  return lines
end

-- Its workers leave with it when it is asked to go, and not when it is killed.
function nginx:close()
  if self.child:running() then
    self.child:kill("sigterm")
    self.child:wait(5000)
  end
end

return nginx
