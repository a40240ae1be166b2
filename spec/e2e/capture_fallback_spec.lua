-- SPDX-License-Identifier: Apache-2.0
-- capture_fallback_spec.lua - programs that know of no proxy are captured where it cannot be done
-- in the usual way, and a line of -d says which way it is, and why.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local captured = "programs that know of no proxy are captured "

-- For all: fence, bubblewrap and what is inside.
local function everywhere(what)
  return function(_, argv) return restricted.refusing(what, argv) end
end

-- fence and bubblewrap may, and inner may not.
local function inside(what)
  return function(identity, argv) return restricted.refusing_inside(identity, what, argv) end
end

-- name, where it runs, what -d says from the start, what it says after the first connection (nil:
-- no more), the settings' network
local ways = {
  { "by the kernel's rules", function(_, argv) return argv end,
    captured .. "by the kernel's rules, with their first connection\n" },
  { "by rules at once, where nobody sees the first connection", function(_, argv) return argv end,
    captured .. "by the kernel's rules\n", nil, { allowAllUnixSockets = true } },
  { "no netlink inside: fence enters the network", inside("netlink:EPERM"),
    captured .. "by the kernel's rules, with their first connection; its network was entered " ..
    "for that: its rtnetlink socket is missing\n" },
  { "the same, at once", inside("netlink:EPERM"), captured .. "by the kernel's rules; its " ..
    "network was entered for that: its rtnetlink socket is missing\n", nil,
    { allowAllUnixSockets = true } },
  { "no nfnetlink inside: the same", inside("netfilter:EACCES"),
    captured .. "by the kernel's rules, with their first connection; its network was entered " ..
    "for that: its nfnetlink socket is missing\n" },
  { "no nfnetlink in the kernel: by connecting", everywhere("netfilter:EPROTONOSUPPORT"),
    captured .. "by the kernel's rules, with their first connection\n",
    captured .. "by connecting for them: there is no nfnetlink (use a kernel that has " ..
    "nf_tables with TPROXY, and as root run 'modprobe -a nf_tables nft_tproxy')\n" },
}

for _, identity in ipairs(users.identities()) do
  describe("capture, where the usual way is closed, as " .. identity, function()
    local web

    lazy_setup(function()
      web = origin.http("served")
    end)

    lazy_teardown(function()
      web:close()
    end)

    local function run(argv, on, network)
      network = network or {}
      network.allowedDomains = { "good.test" }
      network.hosts = { ["good.test"] = "127.0.0.1" }
      network.proxyVariables = false
      local words = fenced.argv({ argv = argv, as_user = identity, args = { "-d" },
        settings = { network = network } })
      return process.run({ argv = on(identity, words), as_user = identity, timeout = 20000 })
    end

    local function curl(name)
      return { "curl", "-qsS", "-f", "-m", "10", web:url("/", name) }
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    for _, case in ipairs(ways) do
      local name, on, says, later, network = table.unpack(case, 1, 5)

      row(name, function()
        local result = run(curl("good.test"), on, network)
        assert.equal("served", result.out, result.err)
        assert.equal(0, result.code)
        for _, line in ipairs({ says, later }) do
          assert.is_truthy(result.err:find("[fence] sandbox: " .. line, 1, true), result.err)
        end
        local _, lines = result.err:gsub("that know of no proxy", "")
        assert.equal(later and 2 or 1, lines, result.err)
        local before = web.connections
        result = run(curl("evil.test"), on, network)
        assert.equal(22, result.code, result.err) -- CURLE_HTTP_RETURNED_ERROR
        assert.equal(before, web.connections)
      end)
    end

    row("nothing is captured where nobody may: one line has the cause", function()
      local result = run(curl("good.test"), everywhere("pktinfo:EPERM"))
      assert.matches("\n%[fence%] programs that know of no proxy reach nothing: port 53 of its " ..
        "DNS over UDP socket: Operation not permitted\n", result.err)
      assert.not_matches("are captured", result.err)
      assert.equal(6, result.code, result.err) -- CURLE_COULDNT_RESOLVE_HOST
    end)

    row("what the command may not is still refused where the network was entered", function()
      local result = run({ "/usr/bin/python3", "-c", [[
import socket
for family, kind, protocol in ((16, 3, 0), (16, 3, 12)):
    try:
        socket.socket(family, kind, protocol)
        print("made")
    except OSError as error:
        print(error.strerror)]] }, inside("netlink:EPERM"))
      assert.equal(("Operation not permitted\n"):rep(2), result.out, result.err)
    end)
  end)
end
