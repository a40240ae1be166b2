-- SPDX-License-Identifier: Apache-2.0
-- internet.lua - every host of the internet, played by one proxy (internet.py): settings that name
-- it as their upstreamProxy reach the real names, and nothing leaves the machine.

local https = require "spec.support.https"
local process = require "spec.support.process"
local users = require "spec.support.users"

local internet = {}
internet.__index = internet

local source = debug.getinfo(1, "S").source:match("^@(.*/)[^/]*$") .. "internet.py"

-- `files`: "host/path" = bytes. `names`: of the certificate, that of every host of the files, and
-- these. The authority's certificate is `ca`, as text.
function internet.start(files, names)
  local me = users.current()
  local private, seen, all = users.temp_dir(me), {}, {}
  local function name(host)
    if not seen[host] then
      seen[host] = true
      all[#all + 1] = host
    end
  end
  for path in pairs(files) do
    name(path:match("^[^/]+"))
  end
  for _, host in ipairs(names or {}) do
    name(host)
  end
  local pem, ca = https.make_certificate(private, all)
  local self = setmetatable({ top = private .. "/hosts" }, internet)
  for path, bytes in pairs(files) do
    self:put(path, bytes)
  end
  local file = assert(io.open(ca, "rb"))
  self.ca = file:read("a")
  file:close()
  local script = assert(io.open(source, "rb")) -- as text: it is started in a folder of its own
  self.child = process.start({ argv = { "python3", "-c", script:read("a"), self.top, pem } })
  script:close()
  self.port = tonumber((self.child:read_line("stdout")))
  if not self.port then
    error("the internet did not start: " .. self.child:stop().err)
  end
  self.url = "http://127.0.0.1:" .. self.port
  return self
end

-- A path that ends with a slash is a page.
function internet:put(path, bytes)
  local at = self.top .. "/" .. path .. (path:sub(-1) == "/" and "index.html" or "")
  process.run({ argv = { "mkdir", "-p", (at:match("^(.*)/")) } })
  users.write_file(users.current(), at, bytes)
end

-- A folder of files, below "host/path".
function internet:put_folder(path, folder)
  local at = self.top .. "/" .. path
  local made = process.run({ argv = { "mkdir", "-p", (at:match("^(.*)/")) } })
  assert(made.code == 0, made.err)
  local copied = process.run({ argv = { "cp", "-r", folder, at } })
  assert(copied.code == 0, copied.err)
end

-- What it was asked since the last time, a line each: "GET host/path", "CONNECT host:port".
function internet:asked()
  local lines, text = {}, self.child.stderr:peek():sub((self.seen or 0) + 1)
  for line in text:gmatch("([^\n]*)\n") do
    lines[#lines + 1] = line
  end
  self.seen = (self.seen or 0) + #(text:match("^.*\n") or "")
  return lines
end

function internet:close()
  self.child:stop()
end

return internet
