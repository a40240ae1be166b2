-- SPDX-License-Identifier: Apache-2.0
-- sshd.lua - OpenSSH's server on loopback, run by whoever runs the specs, with keys of its own:
-- nothing of the machine's own ssh is read or changed, but root's /run/sshd is made where it must
-- be there.

local uv = require "luv"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local users = require "spec.support.users"

local sshd = {}
sshd.__index = sshd

local program = "/usr/sbin/sshd" -- it must be started by its whole path

local config = [[
Port %d
ListenAddress 127.0.0.1
HostKey %s/host
AuthorizedKeysFile %s/client.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
LogLevel INFO
]]

-- For the client: keys, and nobody's known hosts.
local client = [[
User %s
Port %d
IdentityFile %s
IdentitiesOnly yes
BatchMode yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
GlobalKnownHostsFile /dev/null
LogLevel ERROR
]]

local function run(argv)
  local result = process.run({ argv = argv })
  assert(result.code == 0, result.err)
  return result
end

-- Called in an `it` with busted's own `pending`: can a server be run here?
function sshd.require(pending)
  if uv.fs_stat(program) and pcall(run, { "ssh", "-V" }) then
    return
  end
  if os.getenv("FENCE_REQUIRE_SANDBOX") == "1" then
    error("openssh-server is missing", 2)
  end
  pending("openssh-server is missing")
end

-- A running server, or nil where there is no program for it. `port` is where.
function sshd.start()
  if not uv.fs_stat(program) then
    return nil
  end
  local self = setmetatable({ folder = users.temp_dir(users.current()) }, sshd)
  for _, name in ipairs({ "host", "client" }) do
    run({ "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder .. "/" .. name })
  end
  self.port = origin.closed_port()
  local path = users.write_file(users.current(), self.folder .. "/config",
    config:format(self.port, self.folder, self.folder))
  if users.ids(users.current()).uid == 0 then
    uv.fs_mkdir("/run/sshd", tonumber("755", 8)) -- for its unprivileged child; mostly there
  end
  self.server = process.start({ argv = { program, "-D", "-e", "-f", path } })
  local listening
  repeat
    local line, why = self.server:read_line("stderr", loop.patience)
    assert(line, "sshd did not start: " .. tostring(why))
    listening = line:match("^Server listening on")
  until listening
  return self
end

-- A file of settings for the client (ssh -F), which that user can read.
function sshd:client_config(identity)
  local folder = users.temp_dir(identity)
  local key = assert(io.open(self.folder .. "/client", "rb"))
  users.write_file(identity, folder .. "/key", key:read("a"))
  key:close()
  return users.write_file(identity, folder .. "/config",
    client:format(users.current(), self.port, folder .. "/key"))
end

function sshd:stop()
  self.server:stop()
end

return sshd
