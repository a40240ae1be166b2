-- SPDX-License-Identifier: Apache-2.0
-- capture_names_spec.lua - names and addresses as programs see them inside: every question is
-- answered by fence, and none leaves it before a rule has said yes.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local lab = require "spec.support.lab"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- SERVER WAY NAME...: asks for each NAME/TYPE itself, and prints "CODE ANSWERS".
local ask = [[
import socket, struct, sys
server, way = sys.argv[1:3]
family = socket.AF_INET6 if ":" in server else socket.AF_INET
for word in sys.argv[3:]:
    name, kind = word.split("/")
    question = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
    query = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + question + struct.pack("!2H", int(kind), 1)
    with socket.socket(family, {"udp": 2, "tcp": 1}[way]) as s: # SOCK_DGRAM, SOCK_STREAM
        s.settimeout(10)
        s.connect((server, 53))
        s.sendall(query if way == "udp" else struct.pack("!H", len(query)) + query)
        answer = s.recv(1000) if way == "udp" else s.makefile("rb").read(
            struct.unpack("!H", s.makefile("rb", 0).read(2))[0])
    number, flags, _, answers = struct.unpack("!4H", answer[:8])
    assert number == 7
    print(flags & 15, answers)
]]

-- ADDRESS PORT tcp|udp...: says something there; prints what came, or the errno's name.
local try = [[
import errno, socket, sys
words = sys.argv[1:]
for address, port, way in zip(words[::3], words[1::3], words[2::3]):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, {"udp": 2, "tcp": 1}[way]) as s: # SOCK_DGRAM, SOCK_STREAM
        s.settimeout(10)
        try:
            s.connect((address, int(port)))
            s.send(b"GET / HTTP/1.0\r\n\r\n")
            print(s.recv(100))
        except OSError as error:
            print(errno.errorcode.get(error.errno, error))
]]

-- A server inside, and what reaches it there.
local local_server = [[
import socket, sys
from threading import Thread
family, address, name = int(sys.argv[1]), sys.argv[2], sys.argv[3]
server = socket.create_server((address, 0), family={4: socket.AF_INET, 6: socket.AF_INET6}[family])
def serve():
    peer, place = server.accept()
    peer.sendall(place[0].encode())
    peer.close()
Thread(target=serve, daemon=True).start()
print(socket.create_connection((name, server.getsockname()[1]), 10).recv(100).decode())
]]

local places = {
  { 4, "127.0.0.1", "127.0.0.1" }, { 4, "127.0.0.1", "localhost" }, { 6, "::1", "::1" },
  { 4, "127.0.0.1", "foo.localhost" }, { 6, "::1", "foo.localhost" },
  { 4, "127.3.2.1", "127.3.2.1" },
  { 4, "0.0.0.0", "127.0.0.1" },
}

local A, PTR, MX, TXT, AAAA, SRV, SVCB, HTTPS = 1, 12, 15, 16, 28, 33, 64, 65
local four, six = "198%.18%.0%.%d+ +", "fdfe:ce0::%x+ +"

local searching = { "env", "LOCALDOMAIN=evil.test", "RES_OPTIONS=ndots:5", "getent", "hosts",
  "good.test" }

-- name, the command, all of its output (a pattern), and its status where that is not 0
local questions = {
  { "getent hosts", { "getent", "hosts", "good.test" }, "^" .. six .. "good%.test\n$" },
  { "getent ahosts", { "getent", "ahosts", "good.test" },
    "^" .. six .. "STREAM good%.test\n.*\n" .. four .. "STREAM +\n.*$" },
  { "getent ahostsv4", { "getent", "ahostsv4", "good.test" },
    "^" .. four .. "STREAM good%.test\n" },
  { "getent ahostsv6", { "getent", "ahostsv6", "good.test" },
    "^" .. six .. "STREAM good%.test\n" },
  { "a denied name is there too", { "getent", "hosts", "evil.test" },
    "^" .. six .. "evil%.test\n" },
  { "localhost", { "getent", "ahostsv4", "localhost" }, "^127%.0%.0%.1 +STREAM localhost\n" },
  { "below localhost", { "getent", "ahostsv4", "foo.localhost" }, "^127%.0%.0%.1 +STREAM" },
  { "a name of one label", { "getent", "hosts", "intranet" }, "^$", 2,
    says = "%[fence:capture%] [%d:]+ ✗ RESOLVE intranet BLOCKED\n" },
  { "an address is given back as its name",
    { "sh", "-c", "getent hosts 198.18.0.1; getent hosts fdfe:ce0::1; getent hosts good.test; " ..
      "getent hosts 198.18.0.1; getent hosts fdfe:ce0::1" },
    "^fdfe:ce0::1 +good.test\n198%.18%.0%.1 +good%.test\nfdfe:ce0::1 +good%.test\n$" },
  { "an address that stands for nothing has none", { "getent", "hosts", "198.18.9.9" }, "^$", 2 },
  { "nor has one of the world", { "getent", "hosts", "192.0.2.1" }, "^$", 2 },
  { "the same name has the same addresses, another one others", { "sh", "-c",
    "getent hosts good.test; getent hosts evil.test; getent hosts good.test" },
    "^fdfe:ce0::1 +good.test\nfdfe:ce0::2 +evil.test\nfdfe:ce0::1 +good.test\n$" },
  { "3D.95 with a search domain of the command's own, what it asks for is what it gets",
    searching, "^" .. six .. "good%.test%.evil%.test\n$" },
  { "3D.95 and what it meant, where names that no rule allows are not there", searching,
    "^" .. six .. "good%.test\n$", nxdomain = true,
    says = "[^\n]+ ✗ RESOLVE good%.test%.evil%.test " ..
    "BLOCKED\n%[fence%] a program looked a name up: [^\n]+\n" },
}

-- By themselves: the server, by UDP or TCP.
local servers = {
  { "8.8.8.8", "udp" }, { "8.8.8.8", "tcp" }, { "2001:4860:4860::8888", "udp" },
  { "2001:4860:4860::8888", "tcp" }, { "127.0.0.53", "udp" }, { "::1", "tcp" },
}

for _, identity in ipairs(users.identities()) do
  describe("names inside as " .. identity .. ":", function()
    local server

    lazy_setup(function() server = origin.http("plain") end)
    lazy_teardown(function() server:close() end)
    before_each(function() server.connections = 0 end)

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function settings(more)
      local config = fenced.settings({ "good.test" })
      config.network.hosts["evil.test"] = "127.0.0.1"
      for key, value in pairs(more or {}) do
        config.network[key] = value
      end
      return config
    end

    local function argv(command, options)
      options = options or {}
      return fenced.argv({ as_user = identity, argv = fenced.bare(command),
        settings = options.settings or settings(), args = options.args or { "-m" } })
    end

    local function run(command, options)
      options = options or {}
      return fenced.run({ as_user = identity, argv = fenced.bare(command),
        settings = options.settings or settings(), args = options.args or { "-m" } })
    end

    for _, case in ipairs(questions) do
      row(case[1], function()
        local result = run(case[2], case.nxdomain and {
          settings = settings({ deniedDns = "nxdomain" }),
        })
        assert.matches(case[3], result.out, result.err)
        assert.equal(case[4] or 0, result.code)
        assert.matches("^" .. (case.says or "") .. "$", result.err)
      end)
    end

    for _, case in ipairs(servers) do
      row(("3D.89 a program that asks %s by %s itself"):format(case[1], case[2]), function()
        local result = run({ python, "-c", ask, case[1], case[2], "good.test/" .. A,
          "good.test/" .. AAAA, "evil.test/" .. A, "intranet/" .. A })
        assert.equal("0 1\n0 1\n0 1\n3 0\n", result.out, result.err)
      end)
    end

    row("other types are empty, and no error", function()
      local words = { python, "-c", ask, "8.8.8.8", "udp" }
      for _, kind in ipairs({ HTTPS, SVCB, MX, TXT, SRV }) do
        words[#words + 1] = "good.test/" .. kind
      end
      words[#words + 1] = "_dmarc.good.test/" .. TXT
      local result = run(words)
      assert.equal(("0 0\n"):rep(6), result.out, result.err)
    end)

    row("3D.90 a question for another type carries nothing out, nor one backwards", function()
      local result = run({ python, "-c", ask, "8.8.8.8", "udp", "9.2.0.192.in-addr.arpa/" .. PTR,
        ("a"):rep(60) .. ".evil.test/" .. TXT })
      assert.equal("3 0\n0 0\n", result.out, result.err)
    end)

    row("deniedDns: nxdomain has no name that no rule allows", function()
      local config = settings({ deniedDns = "nxdomain" })
      local words = { python, "-c", ask, "8.8.8.8", "udp", "good.test/" .. A, "evil.test/" .. A,
        "evil.test/" .. TXT, "below.good.test/" .. A }
      local result = run(words, { settings = config })
      assert.equal("0 1\n3 0\n3 0\n3 0\n", result.out)
      assert.matches("✗ RESOLVE evil%.test BLOCKED\n.*✗ RESOLVE below%.good%.test BLOCKED\n",
        result.err)
      assert.is_truthy(result.err:find("[fence] a program looked a name up: no rule allows " ..
        "evil.test; allow it: --allow evil.test ", 1, true), result.err)
      assert.equal("0 1\n0 1\n0 0\n0 1\n", run(words).out)
    end)

    for _, case in ipairs(places) do
      row(("a server inside on %s is reached there, as %s"):format(case[2], case[3]), function()
        local result = run({ python, "-c", local_server, tostring(case[1]), case[2], case[3] })
        assert.matches(case[1] == 4 and "^127%." or "^::1\n$", result.out, result.err)
        assert.equal("", result.err)
      end)
    end

    row("3D.89 any other datagram is refused at once", function()
      local words, refused = { python, "-c", try }, 0
      local all = { "8.8.8.8", "198.18.0.1", "2001:4860:4860::8888", "fdfe:ce0::1" }
      for _, address in ipairs(all) do
        for _, port in ipairs({ "443", "123", "5353" }) do
          table.move({ address, port, "udp" }, 1, 3, #words + 1, words)
          refused = refused + 1
        end
      end
      assert.equal(("ECONNREFUSED\n"):rep(refused), run(words).out)
    end)

    row("3B.60 fence's own ports lead nowhere", function()
      local words = { python, "-c", try }
      local own = { { "127.0.0.1", 3129 }, { "::1", 3129 }, { "198.19.255.254", 3128 },
        { "198.19.255.254", 3129 }, { "fdfe:ce0::ffff:fffe", 3129 }, { "127.0.0.2", 3128 } }
      for _, place in ipairs(own) do
        table.move({ place[1], tostring(place[2]), "tcp" }, 1, 3, #words + 1, words)
      end
      local result = run(words)
      local count = 0
      for line in result.out:gmatch("[^\n]+") do
        assert.is_truthy(line == "ECONNREFUSED" or line == "ECONNRESET" or line == "EPIPE",
          result.out)
        count = count + 1
      end
      assert.equal(#own, count, result.err)
      assert.matches("✗ CONNECT 127%.0%.0%.1:3129 BLOCKED %(python[%d.]*:%d+%)\n", result.err)
    end)

    row("an address of fence's that stands for no name is refused", function()
      local port = tostring(server.port)
      local result = run({ python, "-c", try, "198.18.77.77", port, "tcp", "fdfe:ce0::7777", port,
        "tcp" })
      assert.equal("ECONNRESET\nECONNRESET\n", result.out)
      assert.matches("✗ CONNECT 198%.18%.77%.77:%d+ BLOCKED", result.err)
      assert.equal(0, server.connections)
    end)

    row("allowLocalOutboundPorts leads to this machine's services all the same", function()
      local result = run({ python, "-c", try, "127.0.0.1", tostring(server.port), "tcp" }, {
        settings = settings({ allowLocalOutbound = true,
          allowLocalOutboundPorts = json.list({ server.port }) }),
      })
      assert.matches("^b'HTTP/1.1 200 OK", result.out, result.err)
      assert.equal(1, server.connections)
    end)

    -- On a machine whose /etc has other files, the command runs in fence in it.
    local function on_machine(files, command, before)
      local folder = users.temp_dir(identity)
      for name, text in pairs(files) do
        users.write_file(identity, folder .. "/" .. name, text, "644")
      end
      local line = before or ("for f in %s/*; do mount --bind $f /etc/${f##*/} || exit; done")
        :format(folder)
      return process.run({ as_user = identity, timeout = 30000,
        argv = restricted.behind("m", line:gsub("@", folder), argv(command)) })
    end

    row("3A.16 an address of /etc/hosts is judged as that", function()
      local result = on_machine({ hosts = "127.0.0.1 localhost\n192.0.2.9 good.test\n" },
        { "curl", "-q", "-sS", "-4", "-m", "10", "http://good.test:4444/" })
      assert.matches("✗ GET     403 192%.0%.2%.9 [^\n]+ %(curl:%d+%)\n", result.err)
    end)

    row("3D.95 a search list of the machine's changes no name", function()
      local resolv_conf = "nameserver 192.0.2.53\nsearch corp.test other.test\noptions ndots:5\n"
      local result = on_machine({ ["resolv.conf"] = resolv_conf }, { "sh", "-c",
        "cat /etc/resolv.conf; getent hosts good.test; getent hosts evil.test; " ..
        "curl -q -sS -m 10 " .. server:url("/", "good.test") })
      assert.matches("search corp.test other.test\noptions ndots:5\nfdfe:ce0::%x+ +good.test\n" ..
        ".*plain$", result.out, result.err)
      assert.equal(1, server.connections)
    end)

    row("resolv.conf is a link to what nobody sees inside", function()
      local before = "mkdir @/etc && ln -s ../run/systemd/resolve/stub-resolv.conf " ..
        "@/etc/resolv.conf && mount -t overlay overlay -o lowerdir=@/etc:/etc /etc || exit"
      local result = on_machine({}, { "sh", "-c",
        "readlink /etc/resolv.conf; cat /etc/resolv.conf; curl -q -sS -m 10 " ..
        server:url("/", "good.test") }, before)
      if result.err:find("mount", 1, true) then
        pending("no overlay can be mounted here")
      end
      assert.equal("../run/systemd/resolve/stub-resolv.conf\nplain", result.out, result.err)
      assert.matches("No such file", result.err, 1, true)
    end)

    row("3A.1 3D.90 nothing is looked up before it is allowed", function()
      lab.require_lab(pending, identity)
      local config = { network = { allowedDomains = { "good.test", "*.good.test" } } }
      local get = "curl -q -s -m 10 http://evil.test/; " ..
        "curl -q -s -m 10 http://data.evil.test:81/; getent hosts data.good.test evil.test; true"
      local function go(script)
        return lab.run({ as_user = identity, argv = argv({ "sh", "-c", script }, {
          settings = config,
        }) })
      end
      local result = go(get)
      assert.same({}, lab.names(result))
      assert.same({}, lab.servers(result))
      assert.matches("fdfe:ce0::%x+ +data.good.test\n", result.out)
      result = go(get .. "; curl -q -s -m 10 http://good.test/")
      assert.matches("GOOD\n$", result.out, result.err)
      assert.same({ "good.test" }, lab.names(result))
      assert.same({ "GOOD" }, lab.servers(result))
    end)
  end)
end
