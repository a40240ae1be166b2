-- SPDX-License-Identifier: Apache-2.0
-- capture_spec.lua - programs that know of no proxy: an allowed name passes, and a denied one is
-- refused with a line that names the program. No variable of the proxy's is set.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local served_git = require "spec.support.served_git"
local sshd = require "spec.support.sshd"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- Connects to HOST PORT, says WORDS, and prints what comes.
local talk = [[
import socket, sys
host, port, words = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.create_connection((host, port), 10)
s.settimeout(10)
if words:
    s.sendall(words.encode())
print(s.recv(100).decode())
]]

-- Asks a name server of its own choice by UDP or TCP, and prints the answer's code and records.
local ask = [[
import socket, struct, sys
server, how, name, kind = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
question = struct.pack("!6H", 7, 256, 1, 0, 0, 0) + b"".join(
    bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0" + struct.pack("!2H", kind, 1)
family = socket.AF_INET6 if ":" in server else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM if how == "tcp" else socket.SOCK_DGRAM) as s:
    s.settimeout(10)
    if how == "tcp":
        s.connect((server, 53))
        s.sendall(struct.pack("!H", len(question)) + question)
        answer, source = s.recv(1024)[2:], (server, 53)
    else:
        s.sendto(question, (server, 53))
        answer, source = s.recvfrom(1024)
assert source[:2] == (server, 53), source
code, count = answer[3] & 15, struct.unpack("!H", answer[6:8])[0]
data = answer[-16:] if kind == 28 else answer[-4:]
print(code, count, socket.inet_ntop(family if kind == 28 else socket.AF_INET, data)
      if count and kind in (1, 28) else "")
]]

-- "good.test" is this machine, as the host has it; everything that leads there is allowed. A row's
-- command is given the URL of `web`, or of whatever it names, under a name that is allowed and one
-- that is not. `says`: what is printed of the allowed one.
local static_source = [[
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all;
    static const char words[] = "GET / HTTP/1.0\r\n\r\n";
    char bytes[512] = "";
    ssize_t len = 0, n;

    if (argc != 3 || getaddrinfo(argv[1], argv[2], &hints, &all) != 0)
        return 2;
    for (; all; all = all->ai_next) {
        int fd = socket(all->ai_family, SOCK_STREAM, 0);
        if (connect(fd, all->ai_addr, all->ai_addrlen) == 0 &&
            write(fd, words, sizeof words - 1) > 0)
            while ((n = read(fd, bytes + len, sizeof bytes - 1 - (size_t)len)) > 0)
                len += n;
        if (strstr(bytes, " 200 "))
            return puts(strstr(bytes, "\r\n\r\n") + 4) < 0;
        close(fd);
    }
    return 1;
}
]]

local function get(...)
  local words = { ... }
  return function(url)
    return table.move({ url }, 1, 1, #words + 1, table.move(words, 1, #words, 1, {}))
  end
end

local programs = {
  { "curl", get("curl", "-qsS", "-f", "-m", "10") },
  { "curl -4", get("curl", "-4", "-qsS", "-f", "-m", "10") },
  { "curl -6", get("curl", "-6", "-qsS", "-f", "-m", "10") },
  { "wget", get("wget", "-q", "-t", "1", "-T", "10", "-O", "-") },
  { "python's urllib", get(python, "-c",
    "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())") },
  { "node's fetch", get("node", "-e", [[
      fetch(process.argv[1]).then(async r => {
        if (!r.ok) process.exit(1); console.log(await r.text()) }, () => process.exit(1))]]) },
  { "a shell", function(_, host, port)
      return { "bash", "-c", [[exec 3<>"/dev/tcp/$0/$1" || exit 1
printf 'GET / HTTP/1.0\r\nHost: %s\r\n\r\n' "$0" >&3; read -r _ status _ <&3
[ "$status" = 200 ] && tail -n1 <&3]], host, tostring(port) }
    end },
  { "nc", function(_, host, port)
      return { "sh", "-c", [[printf 'GET / HTTP/1.0\r\nHost: %s\r\n\r\n' "$0" |
nc -w 5 "$0" "$1" | { read -r _ status _; [ "$status" = 200 ] && tail -n1; }]], host,
        tostring(port) }
    end, tool = { "true" } },
  { "apt's way", function(url)
      return { "sh", "-c", [[/usr/lib/apt/apt-helper -o APT::Sandbox::User=root \
-o Acquire::Retries=0 download-file "$0" /tmp/got >&2 && cat /tmp/got]], url }
    end, tool = { "/usr/lib/apt/apt-helper", "--version" } },
  { "git over HTTP", function(url) return { "git", "ls-remote", url .. "served.git" } end },
  { "a static program with a resolver of its own", function(_, host, port)
      return { "STATIC", host, tostring(port) }
    end, tool = { "musl-gcc", "--version" } },
}

for _, identity in ipairs(users.identities()) do
  describe("a program that knows of no proxy, as " .. identity, function()
    local web, echo, banner

    lazy_setup(function()
      web = origin.http("served", function(request) -- and a repository without packs
        local refs = ("0"):rep(39) .. "1\trefs/heads/served\n"
        return request.target:find("info/refs", 1, true) and origin.response("200 OK", refs)
          or origin.response("200 OK", request.target:find("HEAD", 1, true)
            and "ref: refs/heads/served\n" or "served")
      end)
      echo = origin.echo()
      banner = origin.banner("220 at your service\r\n")
    end)

    lazy_teardown(function()
      for _, server in ipairs({ web, echo, banner }) do
        server:close()
      end
    end)

    local function settings(more)
      local network = { allowedDomains = { "good.test", "*.wild.test" },
        hosts = { ["good.test"] = "127.0.0.1" }, proxyVariables = false }
      for key, value in pairs(more or {}) do
        network[key] = value
      end
      return { network = network }
    end

    -- With the C library of musl: no nsswitch, and it asks by sendto(2) alone.
    local static
    local function compile()
      local folder = users.temp_dir(identity)
      local path = users.write_file(users.current(), folder .. "/static.c", static_source)
      local result = process.run({ argv = { "musl-gcc", "-static", "-O1", "-o",
        folder .. "/static", path } })
      assert(result.code == 0, result.err)
      return folder .. "/static"
    end

    local function run(argv, options)
      options = options or {}
      if argv[1] == "STATIC" then
        static = static or compile()
        argv[1] = static
      end
      local words = fenced.argv({ argv = argv, as_user = identity, args = { "-m" },
        settings = settings(options.network) })
      return process.run({ argv = (options.on or function(w) return w end)(words),
        as_user = identity, timeout = 20000 })
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    for _, case in ipairs(programs) do
      local name, command = case[1], case[2]

      row("3J.189 passes and is refused: " .. name, function()
        local argv = command(web:url("/", "good.test"), "good.test", web.port)
        fenced.require_tool(pending, case.tool or { argv[1], argv[1] == "node" and "-v"
          or "--version" })
        local before = web.connections
        local result = run(argv)
        assert.equal(0, result.code, result.err)
        assert.matches("served", result.out)
        assert.is_true(web.connections > before)
        before = web.connections
        result = run(command(web:url("/", "evil.test"), "evil.test", web.port))
        assert.not_equal(0, result.code)
        assert.not_matches("served", result.out)
        assert.matches("✗ [^\n]*evil%.test", result.err)
        assert.equal(before, web.connections)
      end)
    end

    row("3J.189 git's own protocol, and SSH", function()
      fenced.require_tool(pending, { "git", "--version" })
      sshd.require(pending)
      local top = users.temp_dir(users.current())
      served_git.git(top, "init", "-q", "--bare", "-b", "main", "served.git")
      served_git.git(top .. "/served.git", "commit-tree", "-m", "x", served_git.git(
        top .. "/served.git", "hash-object", "-t", "tree", "-w", "/dev/null"))
      local port = origin.closed_port()
      local daemon = process.start({ argv = { "git", "daemon", "--listen=127.0.0.1", "--verbose",
        "--port=" .. port, "--export-all", "--base-path=" .. top, top } })
      local server = sshd.start()
      repeat
        local line = daemon:read_line("stderr", 10000)
      until not line or line:find("Ready to rumble", 1, true)
      local function both(argv, at)
        local allowed, refused = run(argv("good.test")), run(argv("evil.test"))
        assert.equal(0, allowed.code, allowed.err)
        assert.not_equal(0, refused.code)
        assert.matches("✗ CONNECT evil%.test:" .. at .. " BLOCKED %(", refused.err)
        return allowed
      end
      both(function(host)
        return { "git", "ls-remote", ("git://%s:%d/served.git"):format(host, port) }
      end, port)
      local config = server:client_config(identity)
      local there = both(function(host)
        return { "/usr/bin/ssh", "-F", config, "-o", "ProxyCommand=none", host, "echo there" }
      end, server.port)
      assert.equal("there\n", there.out)
      daemon:stop()
      server:stop()
    end)

    row("3J.189 other protocols pass, whoever speaks first, and who is refused is named", function()
      local result = run({ python, "-c", talk, "good.test", tostring(echo.port), "PING\r\n" })
      assert.equal("PING\r\n\n", result.out, result.err)
      result = run({ python, "-c", talk, "good.test", tostring(banner.port), "" })
      assert.equal("220 at your service\r\n\n", result.out, result.err)
      for _, words in ipairs({ "", "SSH-2.0-x\r\n" }) do
        result = run({ python, "-c", talk, "evil.test", tostring(banner.port), words })
        assert.equal(1, result.code)
        assert.matches("%[fence:capture%] [%d:]+ ✗ CONNECT evil%.test:" .. banner.port ..
          " BLOCKED %(python3?[%d.]*:%d+%)\n", result.err)
      end
      assert.matches("%[fence%] python3?[%d.]*:%d+: no rule allows evil%.test:%d+; allow it: " ..
        "%-%-allow evil%.test", result.err)
    end)

    row("3J.189 a request is judged as one, on any port", function()
      local rules = { allowedDomains = json.list({}), rules = { { host = "good.test",
        method = "GET", path = "/ok", action = "allow" } } }
      local function status(path)
        return run({ "curl", "-qsS", "-o", "/dev/null", "-w", "%{http_code}",
          web:url(path, "good.test") }, { network = rules }).out
      end
      assert.equal("200", status("/ok"))
      assert.equal("403", status("/no"))
      local result = run({ python, "-c", talk, "good.test", tostring(echo.port), "PING\r\n" },
        { network = rules })
      assert.equal(1, result.code)
    end)

    row("3A.1 addresses are judged as such", function()
      for _, address in ipairs({ "203.0.113.9", "[2001:db8::9]", "169.254.169.254" }) do
        local result = run({ "curl", "-qsS", "-o", "/dev/null", "-w", "%{http_code}",
          "http://" .. address .. "/" })
        assert.equal("403", result.out, address .. ": " .. result.err)
        result = run({ "curl", "-qsS", "-m", "10", "https://" .. address .. "/" })
        assert.equal(35, result.code, address .. ": " .. result.err) -- CURLE_SSL_CONNECT_ERROR
      end
    end)

    row("what is inside stays there", function()
      local result = run({ "sh", "-c", [[
python3 -c "
import http.server, socketserver, sys, threading, urllib.request as r
class Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b'inside')
    def log_message(self, *words): pass
server = socketserver.TCPServer(('127.0.0.1', 8099), Quiet)
threading.Thread(target=server.serve_forever, daemon=True).start()
for host in '127.0.0.1', 'localhost', 'x.localhost':
    print(r.urlopen('http://%s:8099/' % host).read().decode())
"]] })
      assert.equal("inside\ninside\ninside\n", result.out, result.err)
      for _, address in ipairs({ "127.0.0.1", "[::1]", "198.19.255.254" }) do
        result = run({ "curl", "-qsS", "-m", "5", ("http://%s:%d/"):format(address, web.port) })
        assert.equal(7, result.code, address) -- CURLE_COULDNT_CONNECT
      end
      result = run({ python, "-c", talk, "127.0.0.1", "3129", "GET / HTTP/1.0\r\n\r\n" })
      assert.equal(1, result.code) -- our own listener serves what is led to it
    end)

    row("datagrams are refused at once, but for names", function()
      local result = run({ python, "-c", [[
import socket
for family, address in (socket.AF_INET, "203.0.113.9"), (socket.AF_INET6, "2001:db8::9"):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect((address, 443))
    s.send(b"x")
    try:
        s.recv(1)
    except ConnectionRefusedError:
        print("refused")]] })
      assert.equal("refused\nrefused\n", result.out, result.err)
    end)

    -- server, how, name, type, what is printed (a pattern)
    local names = {
      { "8.8.8.8", "udp", "good.test", 1, "^0 1 198%.1[89]%.%d+%.%d+\n$" },
      { "127.0.0.53", "udp", "good.test", 1, "^0 1 198%.1[89]%.%d+%.%d+\n$" },
      { "8.8.8.8", "tcp", "good.test", 1, "^0 1 198%.1[89]%.%d+%.%d+\n$" },
      { "2001:4860:4860::8888", "udp", "good.test", 28, "^0 1 fdfe:ce0::%x+\n$" },
      { "2001:4860:4860::8888", "tcp", "good.test", 28, "^0 1 fdfe:ce0::%x+\n$" },
      { "8.8.8.8", "udp", "evil.test", 1, "^0 1 198%.1[89]%.%d+%.%d+\n$" },
      { "8.8.8.8", "udp", "good.test", 65, "^0 0 \n$" },   -- HTTPS
      { "8.8.8.8", "udp", "good.test", 16, "^0 0 \n$" },   -- TXT
      { "8.8.8.8", "udp", "localhost", 1, "^0 1 127%.0%.0%.1\n$" },
      { "8.8.8.8", "udp", "printer", 1, "^3 0 \n$" },      -- one label: no such name
      { "8.8.8.8", "udp", "9.113.0.203.in-addr.arpa", 12, "^3 0 \n$" },
    }
    for _, case in ipairs(names) do
      row(("3D.89 %s by %s of %s, type %d"):format(case[3], case[2], case[1], case[4]), function()
        local result = run({ python, "-c", ask, case[1], case[2], case[3], tostring(case[4]) })
        assert.matches(case[5], result.out, result.err)
      end)
    end

    row("3D.89 the C library finds names, and their way back", function()
      local result = run({ python, "-c", [[
import socket
a = socket.gethostbyname("good.test")
print(socket.gethostbyaddr(a)[0], len(socket.getaddrinfo("good.test", 80, type=socket.SOCK_STREAM,
      flags=socket.AI_ADDRCONFIG)))]] })
      assert.equal("good.test 2\n", result.out, result.err)
    end)

    row("3D.90 nothing is asked outside for a name that nothing allows, or might not be there",
      function()
        local result = run({ python, "-c", ask, "8.8.8.8", "udp", "evil.test", "1" },
          { network = { deniedDns = "nxdomain" } })
        assert.equal("3 0 \n", result.out, result.err)
        result = run({ python, "-c", ask, "8.8.8.8", "udp", "secret.wild.test", "1" },
          { network = { deniedDns = "nxdomain" } })
        assert.matches("^0 1 198", result.out, result.err)
      end)

    -- The kernel has no nf_tables: the host makes each connection to its listener.
    row("without rules of the kernel it is the same", function()
      local function without(argv)
        return restricted.refusing("netfilter:EPROTONOSUPPORT", argv)
      end
      for _, family in ipairs({ "-4", "-6" }) do
        local result = run({ "curl", family, "-qsS", "-f", "-m", "10", web:url("/", "good.test") },
          { on = without })
        assert.equal("served", result.out, result.err)
        result = run({ "curl", family, "-qsS", "-f", "-m", "10", web:url("/", "evil.test") },
          { on = without })
        assert.equal(22, result.code, result.err) -- CURLE_HTTP_RETURNED_ERROR
      end
      local result = run({ python, "-c", talk, "good.test", tostring(banner.port), "" },
        { on = without })
      assert.equal("220 at your service\r\n\n", result.out, result.err)
      result = run({ python, "-c", talk, "evil.test", tostring(banner.port), "" },
        { on = without })
      assert.matches("✗ CONNECT evil%.test:%d+ BLOCKED %(python", result.err)
      result = run({ python, "-c", talk, "127.0.0.1", "3129", "GET / HTTP/1.0\r\n\r\n" },
        { on = without })
      assert.equal(1, result.code)
    end)

    row("where nothing can be captured that is told, and the proxy is left", function()
      local function without(argv)
        return restricted.refusing("pktinfo:EPERM", argv)
      end
      local result = run({ "curl", "-qsS", "-f", "-m", "10", web:url("/", "good.test") },
        { on = without, network = { proxyVariables = true } })
      assert.equal("served", result.out, result.err)
      assert.matches("programs that know of no proxy reach nothing: port 53 of ", result.err)
      result = run({ "curl", "-qsS", "-m", "10", web:url("/", "good.test") }, { on = without })
      assert.equal(6, result.code, result.err) -- CURLE_COULDNT_RESOLVE_HOST
    end)

    row("network.proxyVariables: no variable of the proxy's", function()
      local result = run({ "sh", "-c",
        "env | grep -i 'proxy\\|3128\\|1080\\|GIT_SSH\\|JAVA_TOOL' || echo none" })
      assert.equal("none\n", result.out)
    end)
  end)
end
