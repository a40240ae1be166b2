-- SPDX-License-Identifier: Apache-2.0
-- capture_without_spec.lua - programs that know of no proxy, where the kernel has no rules that
-- lead their connections, where its names cannot be served, and in a sandbox within a sandbox.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- FAMILY HOST PORT: what a server says first.
local listen = [[
import socket, sys
which = sys.argv[1]
family = socket.AF_INET if which == "4" else socket.AF_INET6
place = socket.getaddrinfo(sys.argv[2], sys.argv[3], family, socket.SOCK_STREAM,
                           flags=socket.AI_V4MAPPED)[0][4]
with socket.socket(family) as s:
    s.settimeout(10)
    s.connect(place)
    print(s.recv(100).decode())]]

-- A socket of IPv6 to an address of IPv4, and one that has its own address already.
local odd = [[
import socket, sys
name, port = sys.argv[1], int(sys.argv[2])
four = socket.gethostbyname(name)
with socket.socket(socket.AF_INET6) as s:
    s.settimeout(10)
    s.connect(("::ffff:" + four, port))
    print(s.recv(100).decode())
with socket.socket() as s:
    s.settimeout(10)
    s.bind(("0.0.0.0", 0))
    s.setblocking(False)
    s.connect_ex((four, port))
    s.settimeout(10)
    print(s.recv(100).decode())]]

local own = [[
import socket
from threading import Thread
server = socket.create_server(("127.0.0.1", 0))
Thread(target=lambda: server.accept()[0].sendall(b"inside"), daemon=True).start()
print(socket.create_connection(server.getsockname(), 10).recv(100).decode())]]

local function curl(url)
  return { "curl", "-q", "-sS", "-m", "10", url }
end

for _, identity in ipairs(users.identities()) do
  describe("captured, and something is missing, as " .. identity .. ":", function()
    local plain, second

    lazy_setup(function() plain, second = origin.http("plain"), origin.banner("220 ready\r\n") end)
    lazy_teardown(function()
      plain:close()
      second:close()
    end)
    before_each(function() plain.connections, second.connections = 0, 0 end)

    local function row(name, fn)
      it("3J.189 " .. name, function()
        sandbox.require_sandbox(pending, identity)
        fenced.require_tool(pending, { "curl", "--version" })
        fn()
      end)
    end

    local function settings()
      local config = fenced.settings({ "good.test" })
      config.network.hosts["evil.test"] = "127.0.0.1"
      return config
    end

    local function run(around, command, args)
      return process.run({ as_user = identity, timeout = 30000, argv = around(fenced.argv({
        argv = command, settings = settings(), as_user = identity, args = args or { "-m" },
      })) })
    end

    local function without_rules(argv)
      return restricted.refusing("netfilter:EPROTONOSUPPORT", argv)
    end

    local function without_capture(argv)
      return restricted.refusing("pktinfo:EPERM", argv)
    end

    local refused = "✗ CONNECT evil%.test:%d+ BLOCKED %("
    local refused_http = "✗ GET     403 evil%.test [^\n]+ %("

    row("by connecting: curl reaches an allowed name", function()
      local result = run(without_rules, fenced.bare(curl(plain:url("/", "good.test"))))
      assert.equal("plain", result.out)
      assert.equal("", result.err)
    end)

    row("by connecting: curl is refused another, and named", function()
      local result = run(without_rules, fenced.bare(curl(plain:url("/", "evil.test"))))
      assert.is_nil(result.out:find("plain", 1, true))
      assert.matches(refused_http .. "curl:%d+%)\n", result.err)
      assert.equal(0, plain.connections)
    end)

    row("by connecting: curl reaches no address", function()
      for _, host in ipairs({ "203.0.113.7", "[2001:db8::7]" }) do
        local result = run(without_rules, fenced.bare(curl(plain:url("/", host))))
        assert.is_nil(result.out:find("plain", 1, true))
        assert.is_truthy(result.err:find("✗ GET     403 " .. host:match("[^%[%]]+"), 1, true),
          result.err)
      end
      assert.equal(0, plain.connections)
    end)

    for _, family in ipairs({ "4", "6" }) do
      row("by connecting: Python, by IPv" .. family .. ", and the server speaks first", function()
        local result = run(without_rules, fenced.bare({ python, "-c", listen, family, "good.test",
          tostring(second.port) }))
        assert.equal("220 ready\r\n\n", result.out, result.err)
        result = run(without_rules, fenced.bare({ python, "-c", listen, family, "evil.test",
          tostring(second.port) }))
        assert.equal("", result.out)
        assert.matches(refused .. "python[%d.]*:%d+%)\n", result.err)
        assert.equal(1, second.connections)
      end)
    end

    row("by connecting: addresses of IPv4 by IPv6, and sockets that are bound before", function()
      local result = run(without_rules, fenced.bare({ python, "-c", odd, "good.test",
        tostring(second.port) }))
      assert.equal(("220 ready\r\n\n"):rep(2), result.out, result.err)
    end)

    row("by connecting: what is inside stays there", function()
      local result = run(without_rules, fenced.bare({ python, "-c", own }))
      assert.equal("inside\n", result.out)
      assert.equal("", result.err)
    end)

    row("3B.60 by connecting: fence's own ports lead nowhere", function()
      for _, host in ipairs({ "127.0.0.1", "[::1]", "198.19.255.254" }) do
        local result = run(without_rules, fenced.bare(curl(("http://%s:3129/"):format(host))))
        assert.equal("", result.out)
        assert.is_true(result.code == 7 or result.code == 56, host .. ": " .. result.code)
      end
    end)

    local notice = "^%[fence%] programs that know of no proxy reach nothing: port 53 " ..
      "of its DNS over UDP socket: Operation not permitted\n"

    row("no DNS: it says so, and nothing is captured", function()
      for _, host in ipairs({ "good.test", "127.0.0.1", "203.0.113.7" }) do
        local result = run(without_capture, fenced.bare(curl(plain:url("/", host))))
        assert.equal("", result.out)
        assert.is_true(result.code == 6 or result.code == 7, host .. ": " .. result.code)
        assert.matches(notice, result.err)
      end
      assert.equal(0, plain.connections)
    end)

    row("no DNS: who looks at the variables gets what is allowed", function()
      local result = run(without_capture, curl(plain:url("/", "good.test")))
      assert.equal("plain", result.out)
      assert.matches(notice .. "$", result.err)
      result = run(without_capture, { "curl", "-q", "-sS", "-o", "/dev/null", "-w", "%{http_code}",
        plain:url("/", "evil.test") })
      assert.equal("403", result.out)
      assert.equal(1, plain.connections)
    end)

    if users.ids(identity).uid ~= 0 then -- root could make no namespace inside
      local within = { network = { allowedDomains = { "*" } } }

      local function nested(url, config)
        local fence = users.temp_dir(identity) .. "/fence"
        assert(uv.fs_copyfile(users.binary(identity), fence))
        local path = users.write_file(identity, users.temp_dir(identity) .. "/fence.json",
          json.encode(config or within))
        local command = { fence, "--settings", path, "--" }
        local bare = fenced.bare(curl(url))
        table.move(bare, 1, #bare, #command + 1, command)
        return run(function(argv) return argv end, command, { "-m", "--allow-nested" })
      end

      row("3G.165 within another sandbox, what both allow is reached", function()
        local result = nested(plain:url("/", "good.test"))
        assert.equal("plain", result.out, result.err)
      end)

      row("3G.165 within another sandbox, what that one denies is refused there", function()
        local result = nested(plain:url("/", "evil.test"))
        assert.is_nil(result.out:find("plain", 1, true))
        assert.matches(refused_http .. "fence:%d+%)\n", result.err)
        assert.equal(0, plain.connections)
      end)

      row("3G.165 within another sandbox, an address is for that one to judge", function()
        local result = nested("http://9.9.9.9/")
        assert.matches("✗ GET     403 9%.9%.9%.9 [^\n]+ %(fence:%d+%)\n", result.err)
      end)

      row("3G.165 within another sandbox, what this one denies never comes to that", function()
        local result = nested(plain:url("/", "good.test"), {
          network = { allowedDomains = { "evil.test" } },
        })
        assert.is_nil(result.out:find("plain", 1, true))
        assert.is_nil(result.err:find("[fence:", 1, true), result.err)
        assert.equal(0, plain.connections)
      end)
    end
  end)
end
