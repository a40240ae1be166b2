-- SPDX-License-Identifier: Apache-2.0
-- hint_spec.lua - where connections cannot be captured a program that goes around the proxy gets
-- nowhere, and is told so once, with what helps. (What it tries against a network that is there:
-- spec/lab/around_spec.lua.)

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"
local outside = "192.0.2.1" -- RFC 5737

-- Connects the sockets that its arguments name: tcp:ADDRESS:PORT or udp:ADDRESS:PORT.
local connect = [[
import socket, sys
for word in sys.argv[1:]:
    kind, address, port = word.split(":")
    with socket.socket(socket.AF_INET, {"tcp": 1, "udp": 2}[kind]) as s: # SOCK_STREAM, SOCK_DGRAM
        try:
            s.connect((address, int(port)))
            print("connected")
        except OSError as e:
            print(e.errno)
]]

local function sockets(...)
  return { python, "-c", connect, ... }
end

local to_outside = "%(%d+%) connects to 192%.0%.2%.1:%d+ by itself, and there is no way out but " ..
  "the proxy: "

-- name, the command, what it is told (a pattern behind "[fence] "; nil: nothing)
local rows = {
  { "curl --noproxy", { "curl", "-s", "-m", "5", "--noproxy", "*", "http://" .. outside .. "/" },
    "curl " .. to_outside .. "leave out %-%-noproxy" },
  { "wget --no-proxy", { "wget", "-q", "-T", "5", "-t", "1", "-O", "-", "--no-proxy",
    "http://" .. outside .. "/" }, "wget " .. to_outside .. "leave out %-%-no%-proxy" },
  { "Node's fetch", { "env", "-u", "NODE_USE_ENV_PROXY", "node", "-e",
    "fetch('http://" .. outside .. "/').catch(() => process.exit(4))" },
    "node " .. to_outside .. "set NODE_USE_ENV_PROXY=1, [^\n]+" },
  { "a socket", sockets("tcp:" .. outside .. ":443"),
    "python[%d.]* " .. to_outside .. "have it use HTTP_PROXY or ALL_PROXY" },
  { "three sockets are told once",
    sockets("tcp:" .. outside .. ":1", "tcp:192.0.2.2:2", "udp:192.0.2.3:53"),
    "python[%d.]* " .. to_outside .. "have it use HTTP_PROXY or ALL_PROXY" },
  { "a name server", sockets("udp:" .. outside .. ":53"),
    "python[%d.]* %(%d+%) asks the name server 192%.0%.2%.1:53 by itself, [^\n]+" },
  { "asking for its own address is nothing", sockets("udp:" .. outside .. ":80") },
  { "a port of its own that nobody listens at is nothing", sockets("tcp:127.0.0.1:9") },
}

for _, identity in ipairs(users.identities()) do
  describe("a connection around the proxy, as " .. identity, function()
    for _, case in ipairs(rows) do
      it("3J.189 " .. case[1], function()
        sandbox.require_sandbox(pending, identity)
        if case[2][1] == "wget" or case[2][1] == "curl" then
          fenced.require_tool(pending, { case[2][1], "--version" })
        end
        local result = process.run({ as_user = identity, argv = restricted.refusing(
          "pktinfo:EPERM", fenced.argv({ argv = case[2], as_user = identity })) })
        assert.not_matches("connected", result.out)
        if case[3] then
          assert.matches("^%[fence%] " .. case[3] .. "\n$", result.err)
        else
          assert.equal("", result.err)
        end
      end)
    end
  end)
end
