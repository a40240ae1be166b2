-- SPDX-License-Identifier: Apache-2.0
-- around_spec.lua - ways around the proxy: programs that do not know it, do not want it, or ask a
-- name server themselves, reach nothing and nobody from inside where nothing is allowed. What is
-- allowed passes that way, too: spec/e2e/capture_spec.lua.
--
-- Every probe runs twice in the lab: without fence, where it must get out or it proves nothing, and
-- in the sandbox.

local doors = require "spec.support.doors"
local fenced = require "spec.support.fenced"
local lab = require "spec.support.lab"
local users = require "spec.support.users"

-- Of who asks the proxy: evil.test is not allowed, good.test is.
local settings = { network = { allowedDomains = { "good.test", "127.0.0.1", "192.31.196.10" } } }

-- A question for evil.test, by socket: `python3 -c … udp|tcp SERVER`
local resolver = [[
import socket, sys
query = b"\0\1\1\0\0\1\0\0\0\0\0\0\4evil\4test\0\0\1\0\1"
if sys.argv[1] == "udp":
    s = socket.socket(socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET, socket.SOCK_DGRAM)
else:
    s, query = socket.socket(), len(query).to_bytes(2, "big") + query
s.settimeout(3)
s.connect((sys.argv[2], 53))
s.send(query)
print("answer" if b"\4evil\4test" in s.recv(999) else "nothing")
]]

-- A request by a socket of some kind: `python3 -c … KIND ADDRESS`
local raw = [[
import socket, ssl, sys
kind, address = sys.argv[1:]
request = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
where = (address, 443 if kind == "tls" else 80)
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262 if kind == "mptcp" else 0)
if kind == "fastopen":
    s.sendto(request, socket.MSG_FASTOPEN, where)
s.settimeout(3)
if kind != "fastopen":
    s.connect(where)
    if kind == "tls":
        s = ssl._create_unverified_context().wrap_socket(s)
    s.send(request)
got = b""
while more := s.recv(999):
    got += more
print(got.decode())
]]

-- What comes to a port goes to another one: `python3 -c … FROM TO`. Without a single quote. (socat
-- that listens would want a pair of datagram sockets, which the system call filter refuses.)
local relay = [[
import asyncio, sys
async def pour(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve(reader, writer):
    upstream = await asyncio.open_connection("127.0.0.1", int(sys.argv[2]))
    await asyncio.gather(pour(reader, upstream[1]), pour(upstream[0], writer))
async def main():
    await (await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))).serve_forever()
asyncio.run(main())
]]

-- The first client to come becomes a command's standard streams: `python3 -c … COMMAND...`
local serve = [[
import os, socket, sys
server = socket.create_server(("127.0.0.1", 8888))
client = server.accept()[0]
for stream in 0, 1:
    os.dup2(client.fileno(), stream)
os.execvp(sys.argv[1], sys.argv[1:])
]]

local no_variables = "env -u http_proxy -u https_proxy -u HTTP_PROXY -u HTTPS_PROXY "
local curl = "curl -sS -g -m 3 "

-- name, command, what it prints without fence. The `free` ones need no such proof: not every
-- machine can do it, or nobody answers there.
local probes = {
  { "3D.89 a name server over UDP", "$py \"$resolver\" udp 192.31.196.53", "answer" },
  { "3D.89 a name server over TCP", "$py \"$resolver\" tcp 192.31.196.53", "answer" },
  { "3D.89 any other over UDP", "$py \"$resolver\" udp 192.31.196.254", "answer" },
  { "3D.89 any other over TCP", "$py \"$resolver\" tcp 192.31.196.254", "answer" },
  { "3D.89 one over IPv6", "$py \"$resolver\" udp 2620:4f:8000::254", free = true },
  { "3D.89 one on this machine", "$py \"$resolver\" udp 127.0.0.1", free = true },
  { "3D.89 the stub of systemd", "$py \"$resolver\" udp 127.0.0.53", free = true },
  { "3D.89 the system's resolver", "getent ahosts evil.test", "192.31.196.11" },
  { "3D.89 the same for an allowed name", "getent hosts good.test", "192.31.196.10" },
  { "3D.89 a resolver's socket", "ls /run/nscd/socket /run/systemd/resolve/io.systemd.Resolve " ..
    "/run/avahi-daemon/socket /run/dbus/system_bus_socket 2>&1 | grep -v 'No such'", free = true },
  { "3J.185 without the variables", no_variables .. curl .. "http://evil.test/", "EVIL" },
  { "3J.185 without any variable", "env -i /usr/bin/" .. curl .. "http://evil.test/", "EVIL" },
  { "3J.185 NO_PROXY=*", "env NO_PROXY='*' no_proxy='*' " .. curl .. "http://evil.test/", "EVIL" },
  { "3J.185 another proxy", "env http_proxy=http://192.31.196.11:80 " .. curl ..
    "http://good.test/", "EVIL" },
  { "3J.185 a service of the machine as proxy", "env http_proxy=http://127.0.0.1:8080 " .. curl ..
    "http://good.test/", "HOSTSVC" },
  { "3J.189 curl --noproxy", curl .. "--noproxy '*' http://good.test/", "GOOD" },
  { "3J.189 curl --noproxy to an address", curl .. "--noproxy '*' http://192.31.196.10/", "GOOD" },
  { "3J.189 curl --noproxy to this machine", curl .. "--noproxy '*' http://127.0.0.1/", "HOSTSVC" },
  { "3J.189 curl to a network of this machine's",
    curl .. "--noproxy '*' http://192.31.196.1/", "HOSTSVC" },
  { "3J.189 wget --no-proxy", "wget -q -T 3 -t 1 -O - --no-proxy http://good.test/", "GOOD" },
  { "3J.189 Node's fetch", "env -u NODE_USE_ENV_PROXY node -e " ..
    "'fetch(\"http://192.31.196.10/\").then(r => r.text()).then(console.log)'", free = true },
  { "3J.189 perl", "perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(" ..
    "PeerAddr => \"192.31.196.10:22\", Timeout => 3) or die; print scalar <$s>'", "GOOD" },
  { "3J.189 the shell", "bash -c 'read -r line </dev/tcp/192.31.196.10/22 && echo $line'", "GOOD" },
  { "3J.189 a socket", "$py \"$raw\" tcp 192.31.196.10", "GOOD" },
  { "3J.189 TLS of one's own", "$py \"$raw\" tls 192.31.196.10", "GOOD" },
  { "3J.189 data in the opening", "$py \"$raw\" fastopen 192.31.196.10", "GOOD" },
  { "3J.189 multipath TCP", "$py \"$raw\" mptcp 192.31.196.10", free = true },
  { "3J.189 an abstract socket", "socat -t 3 - ABSTRACT-CONNECT:fence-lab-hostsvc </dev/null",
    "HOSTSVC" },
}

-- All probes as one script; what each printed stands before its mark.
local function script()
  local lines = { "py='/usr/bin/python3 -c'" }
  for index, probe in ipairs(probes) do
    lines[#lines + 1] = ("{ %s; } 2>/dev/null </dev/null; echo '#%d'"):format(probe[2], index)
  end
  return table.concat(lines, "\n")
end

local function printed(result)
  local list = {}
  for text, index in result.out:gmatch("(.-)#(%d+)\n") do
    list[tonumber(index)] = text
  end
  return list
end

for _, identity in ipairs(users.identities()) do
  describe("around the proxy as " .. identity .. ":", function()
    local free, fenced_in
    local before = ("resolver='%s'\nraw='%s'\nexport resolver raw"):format(resolver, raw)

    local function run()
      lab.require_lab(pending, identity)
      free = free or lab.run({
        argv = { "sh", "-c", before .. "\n" .. script() }, as_user = identity,
      })
      fenced_in = fenced_in or lab.run({ as_user = identity, argv = doors.argv({
        argv = { "sh", "-c", script() }, settings = { network = {} }, before = before,
        as_user = identity,
      }) })
    end

    for index, probe in ipairs(probes) do
      it(probe[1], function()
        run()
        if not probe.free then
          assert.matches(probe[3], printed(free)[index], 1, true)
        end
        for _, word in ipairs({ "GOOD", "EVIL", "HOSTSVC", "192.31.196.1" }) do
          local said = printed(fenced_in)[index]:gsub("no rule allows [^\n]+", "")
            :gsub("allow it: [^\n]+", "")
          assert.is_nil(said:find(word, 1, true), said) -- fence's own answers are none of these
        end
      end)
    end

    it("3D.89 3J.185 3J.189 no packet and no question left the sandbox", function()
      run()
      assert.same({}, fenced_in.dns)
      assert.same({}, fenced_in.packets)
      assert.same({}, fenced_in.access)
      assert.same({}, fenced_in.hostsvc)
      assert.same({ "EVIL", "GOOD", "HOSTSVC" }, lab.servers(free))
    end)

    it("3D.89 no resolver's socket is there, in whatever way the machine resolves", function()
      if users.ids(identity).uid ~= 0 then
        return -- nobody else can make one where it would be
      end
      lab.require_lab(pending, identity)
      local ask = 'for socket in $sockets; do socat -t 2 - "UNIX-CONNECT:$socket" 2>&1; done'
      local result = lab.run({ as_user = identity, argv = doors.argv({
        argv = { "sh", "-c", ask }, settings = settings, as_user = identity,
        before = [[
          mount -t tmpfs tmpfs /run
          export sockets='/run/nscd/socket /run/systemd/resolve/io.systemd.Resolve
            /run/avahi-daemon/socket /run/dbus/system_bus_socket /var/run/nscd/socket'
          for socket in ${sockets% *}; do
            mkdir -p "${socket%/*}"
            socat "UNIX-LISTEN:$socket,fork,mode=777" SYSTEM:'echo answer' &
            until [ -S "$socket" ]; do sleep 0.02; done
          done
          ]] .. ask .. " </dev/null; echo inside",
      }) })
      local outside, inside = result.out:match("^(.*)inside\n(.*)$")
      assert.equal(("answer\n"):rep(5), outside)
      assert.equal(5, select(2, inside:gsub("No such file or directory", "")), inside)
      assert.is_nil(inside:find("answer", 1, true))
    end)

    it("3J.185 while who asks the proxy gets what is allowed", function()
      lab.require_lab(pending, identity)
      local result = lab.run({ as_user = identity, argv = doors.argv({
        argv = { "sh", "-c", no_variables .. curl .. "http://evil.test/; " ..
          curl .. "http://good.test/; " .. curl .. "-p http://good.test/; " ..
          curl .. "-x $ALL_PROXY http://good.test/" },
        settings = settings, as_user = identity,
      }) })
      assert.equal(("GOOD\n"):rep(#doors.names), result.out)
      assert.same({ "good.test" }, lab.names(result))
      assert.same({ "GOOD" }, lab.servers(result))
    end)

    it("3E.107 a proxy inside that asks ours gets the same answers", function()
      lab.require_lab(pending, identity)
      local requests = doors.requests({ "good.test", "evil.test", "priv.good.test", "good.test" })
      local result = doors.ask(requests, { settings = settings, as_user = identity, inside =
        "relay() { /usr/bin/python3 -c '" .. relay .. "' \"$@\"; }" .. [[

        relay 8888 3128 2>/dev/null &
        relay 8889 1080 2>/dev/null &
        for port in 8888 8889; do
          until socat -u OPEN:/dev/null TCP:127.0.0.1:$port 2>/dev/null; do sleep 0.02; done
        done
        export http_proxy=http://127.0.0.1:8888 ALL_PROXY=socks5h://127.0.0.1:8889
        exec "$@"]] })
      local denied = "403 http_request_denied"
      local answers = { "200 GOOD", denied, denied, "200 GOOD" }
      for _, request in ipairs(requests) do
        local expected = doors.expected(answers[request.index], request.door)
        assert.equal(expected, request.answer, doors.told(request))
      end
      assert.same({ "good.test" }, lab.names(result))
      assert.same({ "GOOD" }, lab.servers(result))
    end)

    it("3E.107 and so does one that opens tunnels of its own", function()
      fenced.require_tool(pending, { "sh", "-c", "command -v nc" })
      lab.require_lab(pending, identity)
      local result = lab.run({ as_user = identity, argv = doors.argv({
        settings = settings, as_user = identity,
        argv = { "sh", "-c", "serve='" .. serve .. "'" .. [[

          ask() {
            host=$1
            shift
            /usr/bin/python3 -c "$serve" nc "$@" $host.test 80 2>/dev/null &
            code=7 # CURLE_COULDNT_CONNECT: nobody listens yet
            while [ "$code" -eq 7 ]; do
              body=$(curl -s -m 3 --noproxy '*' http://127.0.0.1:8888/) && code=0 || code=$?
              sleep 0.02
            done
            echo "$host $code $body"
            kill "$!" 2>/dev/null
            wait
          }
          for host in evil good; do
            ask $host -X connect -x 127.0.0.1:3128
            ask $host -X 5 -x 127.0.0.1:1080
          done]] },
      }) })
      -- CURLE_GOT_NOTHING, or CURLE_RECV_ERROR where nc ends before it has read the request
      assert.matches("^" .. ("evil 5[26] \n"):rep(2) .. ("good 0 GOOD\n"):rep(2) .. "$", result.out)
      assert.same({ "good.test" }, lab.names(result))
      assert.same({ "GOOD" }, lab.servers(result))
    end)

    it("3E.107 the proxy's address inside leads to itself no more than outside", function()
      lab.require_lab(pending, identity)
      local own = { network = { allowedDomains = { "*" } } }
      local by = { "tunnel", "plain", "socks", "socks_text" }
      local function ask(list, with, answer)
        local requests = doors.requests(list, by)
        local result = doors.ask(requests, { settings = with, client = "raw", as_user = identity })
        for _, request in ipairs(requests) do
          local expected = doors.expected(answer, request.door)
          assert.equal(expected, request.answer, doors.told(request))
        end
        assert.same({}, result.dns)
        assert.same({}, lab.servers(result))
      end
      ask({ "127.0.0.1:3128", "[::1]:3128", "localhost:3128", "127.0.0.1:1080", "[::1]:1080",
        "localhost:1080" }, own, "403 destination_ip_prohibited")
      -- Opened, they are the machine's, where nobody listens
      ask({ "127.0.0.1:3128", "127.0.0.1:1080" }, settings, "502 connection_refused")
    end)
  end)
end
