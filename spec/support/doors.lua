-- SPDX-License-Identifier: Apache-2.0
-- doors.lua - asks fence for hosts in the lab, each by every door: a tunnel (CONNECT), a plain
-- request (absolute-form) and SOCKS5, there an address as an address and a name as a name.
--
-- Says what came back; whether that is the truth is for the lab's logs.

local fenced = require "spec.support.fenced"
local lab = require "spec.support.lab"

-- `names`: the doors that every client has. The raw ones have another, "socks_text": SOCKS5 with an
-- address where a name belongs.
local doors = { names = { "tunnel", "plain", "socks" } }

-- Prints what curl prints, but sends the host as it stands and each request by a connection of its
-- own: curl would tidy the one and save on the other. A line of its input: number, seconds to wait
-- first, door, authority.
local client = [[
import os, socket, sys, threading, time

lock = threading.Lock()

def connect(variable):
    host, port = os.environ[variable].split("//")[1].rstrip("/").rsplit(":", 1)
    return socket.create_connection((host, int(port)), 15)

def receive(stream, end):
    got = b""
    while end not in got:
        more = stream.recv(65536)
        if not more:
            break
        got += more
    return got

# Whether the tunnel is open, and what the proxy said
def open_tunnel(stream, authority, fields):
    stream.sendall(("CONNECT %s HTTP/1.1\r\n%s" % (authority, fields)).encode())
    got = receive(stream, b"\r\n\r\n")
    return got.split(b" ")[1:2] == [b"200"], got

# RFC 1928, section 5
def socks_address(host, as_text):
    for kind, family in ((b"\1", socket.AF_INET), (b"\4", socket.AF_INET6)):
        try:
            if not as_text:
                return kind + socket.inet_pton(family, host)
        except OSError:
            pass
    return b"\3" + bytes([len(host)]) + host.encode()

def open_socks(stream, authority, as_text):
    host, port = authority.rsplit(":", 1)
    stream.sendall(b"\5\1\0")
    if stream.recv(2, socket.MSG_WAITALL) != b"\5\0":
        return False, b""
    stream.sendall(b"\5\1\0" + socks_address(host.strip("[]"), as_text)
                   + int(port).to_bytes(2, "big"))
    reply = stream.recv(10, socket.MSG_WAITALL)
    if len(reply) < 10 or reply[0] != 5:
        return False, b""
    return reply[1] == 0, b"SOCKS5 reply (%d)\n" % reply[1]

def ask(number, wait, door, authority):
    time.sleep(float(wait))
    start, got, opened, target = time.monotonic(), b"", True, "/"
    if door == "plain":
        target = authority if "://" in authority else "http://%s/" % authority
    fields = "Host: %s\r\nConnection: close\r\n\r\n" % authority.split("://")[-1].rstrip("/")
    try:
        with connect("ALL_PROXY" if door.startswith("socks") else "http_proxy") as stream:
            if door == "tunnel":
                opened, got = open_tunnel(stream, authority, fields)
            elif door != "plain":
                opened, got = open_socks(stream, authority, door == "socks_text")
            if opened:
                stream.sendall(("GET %s HTTP/1.1\r\n%s" % (target, fields)).encode())
            while more := stream.recv(65536):
                got += more
    except OSError as why:
        got += str(why).encode()
    text = "%s\n#%s %s %.3f\n" % (got.decode("latin-1"), number, door, time.monotonic() - start)
    with lock:
        sys.stdout.write(text)
        sys.stdout.flush()

threads = []
for line in sys.stdin:
    threads.append(threading.Thread(target=ask, args=line.split()))
    threads[-1].start()
    if sys.argv[1] == "raw":
        threads[-1].join()
]]

-- One curl for all of them. It asks the proxy for localhost too. What it is given cannot name a
-- variable, so somebody must write out where SOCKS5 is.
local curl_argv = { "sh", "-c", 'sed "s|@ALL_PROXY@|$ALL_PROXY|" | curl -q -K -' }

local function curl_input(requests)
  local lines = {}
  for index, request in ipairs(requests) do
    lines[#lines + 1] = index > 1 and "next" or nil
    lines[#lines + 1] = ('url = "%s%s/"'):format(request.scheme or "http://", request.to)
    lines[#lines + 1] = 'noproxy = ""\ngloboff\nsilent\ninclude\nmax-time = 12'
    lines[#lines + 1] = ('write-out = "\\n%s#%d %s %%{time_total}\\n"'):format(
      request.door == "socks" and "%{errormsg}\\n" or "", index, request.door)
    if request.door == "tunnel" then
      lines[#lines + 1] = "proxytunnel"
    elseif request.door == "socks" then
      lines[#lines + 1] = 'proxy = "@ALL_PROXY@"'
    else -- written out: on a connection that asked for an IPv6 address before, curl errs
      lines[#lines + 1] = ('header = "Host: %s"'):format(request.to)
    end
  end
  return table.concat(lines, "\n") .. "\n"
end

local function raw_input(requests)
  local lines = {}
  for index, request in ipairs(requests) do
    local authority = request.to
    if request.door ~= "plain" and not authority:match(":%d+$") then
      authority = authority .. ":80"
    end
    lines[index] = ("%d %s %s %s\n"):format(index, request.wait or 0, request.door, authority)
  end
  return table.concat(lines)
end

-- "200 GOOD": the status and who answered; "403 destination_ip_prohibited": the status and why;
-- "socks 2": the reply code of SOCKS5 where nobody answered, "socks -" where there is none.
local function summary(bytes, door)
  local status, why
  for line in bytes:gmatch("[^\r\n]+") do
    status = line:match("^HTTP/1%.1 (%d%d%d)") or status
    why = line:match("^[Pp]roxy%-[Ss]tatus: fence; error=([%w_]+)") or why
  end
  if not status and door ~= "tunnel" and door ~= "plain" then
    return "socks " .. (bytes:match("SOCKS5 [^\n]*%((%d+)%)") or "-")
  end
  return ("%s %s"):format(status, status == "200" and bytes:match("(%S+)%s*$") or why)
end

local function read_answers(requests, out)
  local from = 1
  for bytes, index, seconds, after in out:gmatch("(.-)\n#(%d+) [%a_]+ ([%d.]+)\n()") do
    local request = requests[tonumber(index)]
    request.answer = summary(bytes, request.door)
    request.seconds, request.bytes = tonumber(seconds), bytes
    from = after
  end
  return out:sub(from)
end

-- What starts the client, given behind it: in the sandbox, or beside a `fence proxy`.
local scripts = {
  sandbox = 'exec %s "$@"',
  proxy = [[
    %s 2>"$LAB_DIR/proxy.err" &
    proxy=$!
    port= tries=0
    until [ -n "$port" ] || [ "$tries" -gt 500 ]; do
      sleep 0.02
      tries=$((tries + 1))
      port=$(sed -n 's|^fence: proxy on http+socks5://.*:||p' "$LAB_DIR/proxy.err")
    done
    export http_proxy="http://127.0.0.1:$port" https_proxy="http://127.0.0.1:$port" port
    export ALL_PROXY="socks5h://127.0.0.1:$port"
    "$@"
    kill "$proxy"
    wait "$proxy"
    sed 1d "$LAB_DIR/proxy.err" >&2]],
}

local function quote(words)
  local quoted = {}
  for index, word in ipairs(words) do
    quoted[index] = "'" .. word:gsub("'", "'\\''") .. "'"
  end
  return table.concat(quoted, " ")
end

-- Shell: `by_all_doors URL` prints what came of it by each door of `names`: "200 200 200 ", or
-- "403 403 2 " with the reply code of SOCKS5. It asks the proxy for localhost too.
doors.shell = [[
by_all_doors() {
  set -- -s -g --noproxy "" -o /dev/null "$1"
  curl -w '%{http_code} ' "$@"
  curl -w '%{http_connect} ' -p "$@"
  curl -w '%{http_code}%{errormsg} ' -x "$ALL_PROXY" "$@" |
    sed 's/^000.*SOCKS5.*(\(.*\)) $/\1 /'
}
]]

-- The argv that runs a command in the lab, under the settings and with http_proxy and ALL_PROXY
-- set.
-- options: argv, settings, as_user; args for fence; way "sandbox" (when not said) or "proxy", then
-- also listen, for both protocols (when not 127.0.0.1:0), and $port is its port; before, shell that
-- runs on the machine first
function doors.argv(options)
  local fence = fenced.argv({
    argv = {}, settings = options.settings, args = options.args, as_user = options.as_user,
  })
  local way = options.way or "sandbox"
  if way == "proxy" then
    fence[#fence] = nil -- the "--"
    table.insert(fence, 2, "proxy")
    table.insert(fence, 3, "--http=" .. (options.listen or "127.0.0.1:0"))
    table.insert(fence, 4, "--socks=" .. (options.listen or "127.0.0.1:0"))
  end
  local script = (options.before or ":") .. "\n" ..
    scripts[way]:gsub("%%s", (quote(fence):gsub("%%", "%%%%")))
  return table.move(options.argv, 1, #options.argv, 5, { "sh", "-c", script, "sh" })
end

-- Asks for each of `requests`: { to = "good.test:8080", door = "tunnel", scheme =, wait = }; each
-- gets its answer, seconds and bytes. Returns lab.run()'s result.
-- options: as argv(), and `client`: "curl" (when not said), "raw", or "together": raw and all at
-- once; inside, a line of shell that starts the client, "$@"; timeout
function doors.ask(requests, options)
  local client_argv, input = { table.unpack(curl_argv) }, curl_input
  if options.client and options.client ~= "curl" then
    client_argv, input = { "/usr/bin/python3", "-c", client, options.client }, raw_input
  end
  if options.inside then
    table.move(client_argv, 1, #client_argv, 5, client_argv)
    table.move({ "sh", "-c", options.inside, "sh" }, 1, 4, 1, client_argv)
  end
  local result = lab.run({
    argv = doors.argv({
      argv = client_argv, settings = options.settings, args = options.args, way = options.way,
      as_user = options.as_user,
      before = 'export CURL_CA_BUNDLE="$LAB_DIR/tls/ca.pem"\n' .. (options.before or ":"),
    }),
    stdin = input(requests), as_user = options.as_user, timeout = options.timeout,
  })
  result.rest = read_answers(requests, result.out)
  return result
end

-- The requests for a list of authorities: the first by each door, the second by each door...
-- `names`: the doors, doors.names when not said
function doors.requests(authorities, names)
  local requests = {}
  for index, authority in ipairs(authorities) do
    for _, door in ipairs(names or doors.names) do
      requests[#requests + 1] = { to = authority, door = door, index = index }
    end
  end
  return requests
end

-- Those of doors.requests() for the authority at `index`, as a list.
function doors.at(requests, index)
  local found = {}
  for _, request in ipairs(requests) do
    if request.index == index then
      found[#found + 1] = request
    end
  end
  return found
end

local socks_replies = { -- RFC 1928, section 6
  http_request_denied = 2,
  destination_ip_prohibited = 2,
  http_request_error = 2, -- that of a host which is none
  dns_error = 4,
  dns_timeout = 4,
  connection_refused = 5,
}

-- What an answer to an HTTP request is by a door.
function doors.expected(answer, door)
  if door == "tunnel" or door == "plain" or answer:match("^200 ") then
    return answer
  end
  local why = answer:match("^%d%d%d (%S+)$")
  return ("socks %d"):format(assert(socks_replies[why], answer))
end

-- For people: what was asked, by which door, and what came back.
function doors.told(request)
  return ("%s by the door %s: %s"):format(request.to, request.door, request.bytes)
end

-- How many lines of a log have `word` as their first one.
function doors.count(log, word)
  local count = 0
  for _, line in ipairs(log) do
    if line:sub(1, #word + 1) == word .. " " then
      count = count + 1
    end
  end
  return count
end

-- Where packets went, each place once, sorted: "tcp 192.31.196.10 80".
function doors.places(result)
  local seen, places = {}, {}
  for _, line in ipairs(result.packets) do
    local place = line:match("^%S+ %S+ %S+")
    if not seen[place] and not place:match("^icmp6? ") then
      seen[place] = true
      places[#places + 1] = place
    end
  end
  table.sort(places)
  return places
end

return doors
