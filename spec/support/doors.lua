-- SPDX-License-Identifier: Apache-2.0
-- doors.lua - asks fence for hosts in the lab, each by both doors: a tunnel (CONNECT) and a plain
-- request (absolute-form).
--
-- Says what came back; whether that is the truth is for the lab's logs.

local fenced = require "spec.support.fenced"
local lab = require "spec.support.lab"

local doors = { names = { "tunnel", "plain" } }

-- Prints what curl prints, but sends the host as it stands and each request by a connection of its
-- own: curl would tidy the one and save on the other. A line of its input: number, seconds to wait
-- first, door, authority.
local client = [[
import os, socket, sys, threading, time

host, port = os.environ["http_proxy"].split("//")[1].rstrip("/").rsplit(":", 1)
lock = threading.Lock()

def receive(stream, end):
    got = b""
    while end not in got:
        more = stream.recv(65536)
        if not more:
            break
        got += more
    return got

def ask(number, wait, door, authority):
    time.sleep(float(wait))
    start, got = time.monotonic(), b""
    target = "/" if door == "tunnel" else authority
    if "://" not in target and door != "tunnel":
        target = "http://%s/" % authority
    fields = "Host: %s\r\nConnection: close\r\n\r\n" % authority.split("://")[-1].rstrip("/")
    try:
        with socket.create_connection((host, int(port)), 15) as stream:
            if door == "tunnel":
                stream.sendall(("CONNECT %s HTTP/1.1\r\n%s" % (authority, fields)).encode())
                got = receive(stream, b"\r\n\r\n")
            if door != "tunnel" or got.split(b" ")[1:2] == [b"200"]:
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

-- One curl for all of them. It asks the proxy for localhost too.
local function curl_input(requests)
  local lines = {}
  for index, request in ipairs(requests) do
    lines[#lines + 1] = index > 1 and "next" or nil
    lines[#lines + 1] = ('url = "%s%s/"'):format(request.scheme or "http://", request.to)
    lines[#lines + 1] = 'noproxy = ""\ngloboff\nsilent\ninclude\nmax-time = 12'
    lines[#lines + 1] = ('write-out = "\\n#%d %s %%{time_total}\\n"'):format(index, request.door)
    if request.door == "tunnel" then
      lines[#lines + 1] = "proxytunnel"
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
    if request.door == "tunnel" and not authority:match(":%d+$") then
      authority = authority .. ":80"
    end
    lines[index] = ("%d %s %s %s\n"):format(index, request.wait or 0, request.door, authority)
  end
  return table.concat(lines)
end

-- "200 GOOD": the status and who answered; "403 destination_ip_prohibited": the status and why.
local function summary(bytes)
  local status, why
  for line in bytes:gmatch("[^\r\n]+") do
    status = line:match("^HTTP/1%.1 (%d%d%d)") or status
    why = line:match("^[Pp]roxy%-[Ss]tatus: fence; error=([%w_]+)") or why
  end
  return ("%s %s"):format(status, status == "200" and bytes:match("(%S+)%s*$") or why)
end

local function read_answers(requests, out)
  local from = 1
  for bytes, index, seconds, after in out:gmatch("(.-)\n#(%d+) %a+ ([%d.]+)\n()") do
    local request = requests[tonumber(index)]
    request.answer, request.seconds, request.bytes = summary(bytes), tonumber(seconds), bytes
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
      port=$(sed -n 's|^fence: proxy on http://.*:||p' "$LAB_DIR/proxy.err")
    done
    export http_proxy="http://127.0.0.1:$port" https_proxy="http://127.0.0.1:$port" port
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

-- The argv that runs a command in the lab, under the settings and with http_proxy set.
-- options: argv, settings, as_user; args for fence; way "sandbox" (when not said) or "proxy", then
-- also listen (when not 127.0.0.1:0), and $port is its port; before, shell that runs on the machine
-- first
function doors.argv(options)
  local fence = fenced.argv({
    argv = {}, settings = options.settings, args = options.args, as_user = options.as_user,
  })
  local way = options.way or "sandbox"
  if way == "proxy" then
    fence[#fence] = nil -- the "--"
    table.insert(fence, 2, "proxy")
    table.insert(fence, 3, "--http=" .. (options.listen or "127.0.0.1:0"))
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
  local client_argv, input = { "curl", "-q", "-K", "-" }, curl_input
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

-- The requests for a list of authorities, by both doors: the first by a tunnel, the first by a
-- plain request, the second...
function doors.requests(authorities)
  local requests = {}
  for _, authority in ipairs(authorities) do
    for _, door in ipairs(doors.names) do
      requests[#requests + 1] = { to = authority, door = door }
    end
  end
  return requests
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
