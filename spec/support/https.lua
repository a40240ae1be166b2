-- SPDX-License-Identifier: Apache-2.0
-- https.lua - an HTTPS origin that serves a folder, with an authority of its own.
--
-- A child process, for luv has no TLS: python3 serves, openssl makes the certificates. Nothing of
-- the system's trust store is touched; clients are pointed at `ca_file`.

local loop = require "spec.support.loop"
local process = require "spec.support.process"
local users = require "spec.support.users"

local https = {}
https.__index = https

local server = [[
import functools, http.server, ssl, sys

folder, pem = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(pem)
# The handshake in the connection's own thread: a client that says nothing stops nobody else
httpd.socket = context.wrap_socket(httpd.socket, server_side=True, do_handshake_on_connect=False)
print(httpd.server_port, flush=True)
httpd.serve_forever()
]]

local function openssl(folder, words)
  local argv = { "openssl" }
  for word in words:gmatch("%S+") do
    argv[#argv + 1] = word
  end
  local result = process.run({ argv = argv, cwd = folder })
  assert(result.code == 0, result.err)
end

-- Makes ca.pem and server.pem (key and certificate) for the names given, in `folder`.
function https.make_certificate(folder, names)
  local alternatives = {}
  for index, name in ipairs(names) do
    local kind = name:match("^[%d.]+$") and "IP:" or "DNS:"
    alternatives[index] = kind .. name
  end
  users.write_file(users.current(), folder .. "/server.ext",
    "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=" ..
    table.concat(alternatives, ",") .. "\n")
  local new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
  openssl(folder, "req -x509 " .. new_key ..
    "-subj /CN=fence-spec-authority -days 2 -keyout ca.key -out ca.pem")
  openssl(folder, "req -new " .. new_key ..
    "-subj /CN=fence-spec-origin -keyout server.key -out server.csr")
  openssl(folder, "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 " ..
    "-extfile server.ext -out server.crt")
  local pem = ""
  for _, name in ipairs({ "server.key", "server.crt" }) do
    local file = assert(io.open(folder .. "/" .. name, "rb"))
    pem = pem .. file:read("a")
    file:close()
  end
  return users.write_file(users.current(), folder .. "/server.pem", pem), folder .. "/ca.pem"
end

-- { names =, folder =, as_user = }: serves `folder` under `names`; `as_user` can read ca_file.
function https.start(options)
  local private = users.temp_dir(users.current())
  local pem, ca = https.make_certificate(private, options.names)
  local reader = options.as_user or users.current()
  local public = users.temp_dir(reader)
  local file = assert(io.open(ca, "rb"))
  local self = setmetatable({
    ca_file = users.write_file(reader, public .. "/ca.pem", file:read("a"), "644"),
    child = process.start({ argv = { "python3", "-c", server, options.folder, pem } }),
  }, https)
  file:close()
  self.port = tonumber((self.child:read_line("stdout")))
  if not self.port then
    error("the HTTPS origin did not start: " .. self.child:stop().err)
  end
  return self
end

-- What it has served so far, one "GET /path HTTP/1.1" line each.
function https:requests()
  local lines = {}
  for line in self.child.stderr:peek():gmatch('"([^"\n]*)"') do
    lines[#lines + 1] = line
  end
  return lines
end

-- The same, once there are `count` of them: the log comes by a pipe, a moment later.
function https:wait_requests(count, ms)
  loop.wait(function() return #self:requests() >= count end, ms)
  return self:requests()
end

function https:close()
  self.child:stop()
end

return https
