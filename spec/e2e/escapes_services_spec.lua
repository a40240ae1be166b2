-- SPDX-License-Identifier: Apache-2.0
-- escapes_services_spec.lua - ways to services of the host: sockets with and without a path, ports,
-- shared memory; and what fence's own environment tells. X is what escapes_services.py offers. Each
-- works outside: see escapes.lua.

local escapes = require "spec.support.escapes"
local fenced = require "spec.support.fenced"
local json_text = require "spec.support.json"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local refused = "EACCES EPERM ECONNREFUSED ENOENT"

local rows = {
  -- ---- sockets with a path, by other names ----
  { "3H.167 through a link", [[os.symlink(X["paths"]["agent"], "l"); dial("l")]], refused },
  { "3H.167 through a hard link", [[os.link(X["paths"]["agent"], "l"); dial("l")]],
    refused .. " EXDEV EROFS" },
  { "3H.167 by a relative path", [[
      os.chdir(os.path.dirname(X["paths"]["agent"])); dial("agent")]], refused },
  { "3H.167 through /proc/self/root", [[dial("/proc/self/root" + X["paths"]["agent"])]], refused },
  { "3H.167 through /proc/self/cwd", [[
      os.chdir(os.path.dirname(X["paths"]["agent"])); dial("/proc/self/cwd/agent")]], refused },
  { "3H.167 through a descriptor that is only a path", [[
      fd = os.open(X["paths"]["agent"], O_PATH); dial(f"/proc/self/fd/{fd}")]], refused },
  { "3H.167 through process 1", [[dial(f"/proc/{first()}/root" + X["paths"]["agent"])]], refused },
  { "3H.167 without waiting", [[
      s = socket.socket(socket.AF_UNIX); s.setblocking(False); s.connect(X["paths"]["agent"])
      s.settimeout(2); need(s.recv(9))]], refused },
  { "3H.167 as packets", [[
      s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.connect(X["seqpacket"])
      need(s.recv(9))]], refused },
  { "3H.167 with a name of one's own first", [[
      s = socket.socket(socket.AF_UNIX); s.bind("own"); s.connect(X["paths"]["agent"])
      s.settimeout(2); need(s.recv(9))]], refused },
  { "3H.167 after one's own was replaced by a link", [[
      mine = socket.socket(socket.AF_UNIX); mine.bind("own"); mine.listen()
      os.unlink("own"); os.symlink(X["paths"]["agent"], "own"); dial("own")]], refused },
  { "3H.167 its mode", [[os.chmod(X["paths"]["agent"], 0o600)]], "EROFS" },
  { "3H.167 removed", [[os.unlink(X["paths"]["one"])]], "EROFS" },
  { "3H.167 another one in its place", [[
      os.unlink(X["paths"]["other"]); socket.socket(socket.AF_UNIX).bind(X["paths"]["other"])]],
    "EROFS" },
  { "3H.167 curl --unix-socket", [[
      need(b"hello" in out("curl", "-s", "--http0.9", "--noproxy", "*", "--unix-socket",
                           X["paths"]["docker.sock"], "http://x/"))]], "failed" },
  { "3H.173 dbus-send", [[
      quietly(subprocess.run, ["dbus-send", "--bus=unix:path=" + X["paths"]["bus"], "--dest=a.b",
                               "/a", "a.b.c"], capture_output=True, timeout=8)]], "nothing",
    control = "ok nothing", -- where there is no dbus-send
    host = [[time.sleep(0.05); need(b"AUTH EXTERNAL" in open(X["log"], "rb").read())]] },
  { "3H.173 ssh-add", [[
      done = subprocess.run(["ssh-add", "-l"], capture_output=True, timeout=8,
                            env=dict(os.environ, SSH_AUTH_SOCK=X["paths"]["default"]))
      need(b"Error connecting" not in done.stderr and b"Could not open" not in done.stderr)]],
    "nothing", control = "ok ENOENT" },

  -- ---- datagrams ----
  { "3H.169 the log", [[
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.sendto(b"log by row", X["devlog"])]],
    "nothing", host = [[time.sleep(0.05); need(b"log by row" in open(X["log"], "rb").read())]] },
  { "3H.169 the journal, connected", [[
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.connect(X["journal"])
      s.send(b"journal by row")]], "nothing",
    host = [[time.sleep(0.05); need(b"journal by row" in open(X["log"], "rb").read())]] },
  { "3H.169 the service manager, by one end of a pair", [[
      a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
      a.sendto(b"READY=1 by row", X["notify"])]], "nothing", control = "ok nothing",
    host = [[time.sleep(0.05); need(b"READY=1 by row" in open(X["log"], "rb").read())]] },
  { "3H.169 logger", [[out("logger", "-u", X["devlog"], "logger by row")]], "nothing",
    host = [[time.sleep(0.05); need(b"logger by row" in open(X["log"], "rb").read())]] },
  { "3H.168 a datagram to a name without a path", [[
      s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
      s.sendto(b"abstract by row", "\0datagram-" + X["name"])]], "nothing",
    host = [[time.sleep(0.05); need(b"abstract by row" in open(X["log"], "rb").read())]] },
  { "3H.168 the list of all sockets", [[
      need(X["paths"]["agent"] in open("/proc/net/unix").read())]], "nothing" },

  -- ---- ports ----
  { "3J.189 TCP", [[dial(("127.0.0.1", X["tcp"]), socket.AF_INET)]], "ECONNREFUSED" },
  { "3J.189 TCP by another loopback address", [[dial(("127.0.0.2", X["tcp2"]), socket.AF_INET)]],
    "ECONNREFUSED ENETUNREACH" },
  { "3J.189 TCP to 0.0.0.0", [[dial(("0.0.0.0", X["tcp"]), socket.AF_INET)]],
    "ECONNREFUSED ENETUNREACH" },
  { "3J.189 TCP over IPv6", [[dial(("::1", X["tcp6"]), socket.AF_INET6)]],
    "ECONNREFUSED EADDRNOTAVAIL ENETUNREACH" },
  { "3J.189 TCP to an IPv4 address in IPv6", [[
      dial(("::ffff:127.0.0.1", X["tcp"]), socket.AF_INET6)]], "ECONNREFUSED" },
  { "3G.154 TCP, data first (MSG_FASTOPEN)", [[
      s = socket.socket(); s.sendto(b"x", 0x20000000, ("127.0.0.1", X["tcp"])); need(s.recv(9))]],
    "ECONNREFUSED EPERM" },
  { "3J.189 UDP", [[dial(("127.0.0.1", X["udp"]), socket.AF_INET, socket.SOCK_DGRAM)]],
    "ECONNREFUSED" },
  { "3J.189 UDP over IPv6", [[dial(("::1", X["udp6"]), socket.AF_INET6, socket.SOCK_DGRAM)]],
    "ECONNREFUSED EADDRNOTAVAIL ENETUNREACH" },
  { "3D.89 UDP, not connected", [[
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.3)
      s.sendto(b"x", ("127.0.0.1", X["udp"])); need(s.recv(9))]], "timeout" },
  { "3J.189 curl --noproxy", [[
      need(b"hello" in out("curl", "-s", "--http0.9", "--noproxy", "*",
                           f"http://127.0.0.1:{X['tcp']}/"))]], "failed" },
  { "3J.189 curl as it is set up", [[
      need(b"hello" in out("curl", "-s", "--http0.9", f"http://127.0.0.1:{X['tcp']}/"))]],
    "failed nothing" },
  { "3J.189 bash", [[need(b"hello" in shell(f"cat </dev/tcp/127.0.0.1/{X['tcp']}"))]], "failed" },
  { "3J.185 without the proxy's variables", [[
      env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
      need(b"hello" in out("curl", "-s", "--http0.9", f"http://127.0.0.1:{X['tcp']}/",
                           env=env))]], "failed" },
  { "3B.60 through the proxy: CONNECT", [[by_proxy("CONNECT", "127.0.0.1", X["tcp"])]], "403" },
  { "3B.60 through the proxy: CONNECT localhost", [[by_proxy("CONNECT", "localhost", X["tcp"])]],
    "403" },
  { "3B.60 through the proxy: CONNECT IPv6", [[by_proxy("CONNECT", "[::1]", X["tcp6"])]], "403" },
  { "3B.60 through the proxy: GET", [[by_proxy("GET", "127.0.0.1", X["tcp"])]], "403" },
  { "3C.75 through the proxy: SOCKS", [[by_socks("127.0.0.1", X["tcp"])]], "refused" },
  { "3B.60 the proxy's own port", [[
      s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
      s.bind(("127.0.0.1", 3128)); s.listen()]], "EADDRINUSE", control = "ok EADDRINUSE" },
  { "3B.60 the proxy's own port, on all addresses", [[
      s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
      s.bind(("0.0.0.0", 3128)); s.listen()]], "EADDRINUSE", control = "ok EADDRINUSE" },
  { "3B.60 any other port that listens", [[
      ports = {int(l.split()[1].split(":")[1], 16) for f in ("tcp", "tcp6")
               for l in open(f"/proc/net/{f}").readlines()[1:] if l.split()[3] == "0A"}
      need(ports - {3128, 1080, 3129, 53})]], "nothing" },
  { "3G.154 another route", [[
      unshare(NEWNET); quietly(out, "ip", "link", "set", "lo", "up") if not INSIDE else None
      out("ip", "route", "add", "10.9.9.0/24", "dev", "lo")]], "failed", control = "root" },
  { "3G.154 another address", [[
      unshare(NEWNET); out("ip", "address", "add", "10.9.9.9/24", "dev", "lo")]], "failed",
    control = "root" },
  { "3G.154 another device", [[
      unshare(NEWNET); out("ip", "link", "add", "x", "type", "dummy")]], "failed",
    control = "root ok failed" },

  -- ---- memory and queues ----
  { "3G.162 shared memory", [[
      libc.shmat.restype = ctypes.c_long
      if libc.shmat(X["shm"], None, 0) == -1: raise OSError(ctypes.get_errno(), "")]], "EINVAL" },
  { "3G.162 a semaphore", [[
      done = libc.semop(X["sem"], struct.pack("Hhh", 0, 1, 0), 1)
      if done < 0: raise OSError(ctypes.get_errno(), "")]],
    "EINVAL EIDRM" },
  { "3G.162 a message", [[
      room = ctypes.create_string_buffer(64)
      if libc.msgrcv(X["msg"], room, 50, 0, 0o4000) < 0: raise OSError(ctypes.get_errno(), "")]],
    "EINVAL EIDRM" },
  { "3G.162 any shared memory", [[need(len(open("/proc/sysvipc/shm").readlines()) > 1)]],
    "nothing" },
  { "3G.162 a POSIX queue", [[
      rt = ctypes.CDLL("librt.so.1", use_errno=True)
      if rt.mq_open(b"/" + X["name"].encode(), O_RDWR) < 0: raise OSError(ctypes.get_errno(), "")]],
    "ENOENT" },
  { "3F.136 POSIX shared memory", [[read("/dev/shm/" + X["name"])]], "ENOENT" },
  { "3F.136 POSIX shared memory of one's own", [[
      write(f"/dev/shm/{X['name']}-own")]], "nothing",
    host = [[os.unlink(f"/dev/shm/{X['name']}-own")]] },
  { "3F.136 a file in /tmp", [[read("/tmp/" + X["name"])]], "ENOENT" },
  { "3F.136 a file in /tmp of one's own", [[write(f"/tmp/{X['name']}-own")]], "nothing",
    host = [[os.unlink(f"/tmp/{X['name']}-own")]] },
  { "3F.136 a file in /run", [[write(f"/run/{X['name']}-own")]], "nothing", control = "root",
    host = [[os.unlink(f"/run/{X['name']}-own")]] },
}
for _, row in ipairs(rows) do
  if row.host and row.host:find("os.unlink", 1, true) then
    row[3] = "nothing ENOENT"
  end
end

for _, name in ipairs({ "docker.sock", "podman.sock", "containerd.sock", "bus", "system_bus_socket",
  "private", "S.gpg-agent", "agent", "pcscd.comm", "X0", "wayland-0", "native", "default",
  "vscode-ipc.sock", "socket", "in tmp", "in shm", "in var", "in run" }) do
  rows[#rows + 1] = { "3H.167 the socket " .. name, ("dial(X['paths'][%q])"):format(name), refused,
    only = name == "in run" and "root" or nil }
end
for _, name in ipairs({ "/tmp/.X11-unix/X0", "/tmp/dbus-x", "/containerd-shim/x.sock" }) do
  rows[#rows + 1] = { "3H.168 a name without a path: @" .. name,
    ("dial('\\0%s-' + X['name'])"):format(name), refused }
end

-- What is set outside, and must not come through.
local environment = {
  LD_PRELOAD = "libm.so.6", LD_LIBRARY_PATH = "/nonexistent", GLIBC_TUNABLES = "glibc.malloc.x=1",
  BASH_ENV = "/nonexistent", ENV = "/nonexistent", PS4 = "$(x)", PROMPT_COMMAND = "evil-x",
  PERL5OPT = "-Mevil", PYTHONSTARTUP = "/nonexistent", NODE_OPTIONS = "--require=/nonexistent",
  RUBYOPT = "-revil", JAVA_TOOL_OPTIONS = "-javaagent:x", GIT_SSH_COMMAND = "evil-x",
  GIT_ASKPASS = "evil-x",
  GIT_EXTERNAL_DIFF = "evil-x", LESSOPEN = "|evil-x", DISPLAY = ":77", XAUTHORITY = "/nonexistent",
  WAYLAND_DISPLAY = "wayland-77", DBUS_SESSION_BUS_ADDRESS = "unix:path=/nonexistent",
  SSH_AUTH_SOCK = "/nonexistent", NOTIFY_SOCKET = "/nonexistent", GPG_AGENT_INFO = "/nonexistent:1",
  DOCKER_HOST = "unix:///nonexistent", TMUX = "/nonexistent,1,0",
  HTTP_PROXY = "http://user:hidden@127.0.0.1:9", https_proxy = "http://user:hidden@127.0.0.1:9",
  ALL_PROXY = "socks5://user:hidden@127.0.0.1:9",
}
local variables = {}
for name in pairs(environment) do
  variables[#variables + 1] = name
end
table.sort(variables)
local told = {}
for _, name in ipairs(variables) do
  local number = name:find("PROXY") and "3J.186 " or name:find("^LD_") and "3J.182 " or "3J.183 "
  local value = environment[name]:match("hidden") or environment[name]
  told[#told + 1] = { number .. name, ("need(%q in os.environ.get(%q, ''))"):format(value, name),
    "nothing" }
end
told[#told + 1] = { "3J.186 a proxy's password, wherever it is", [[
    need([v for v in os.environ.values() if "hidden" in v] + [c for c in
         glob.glob("/proc/[0-9]*/environ") + glob.glob("/proc/[0-9]*/cmdline")
         if quietly(lambda: b"user" b":hidden" in open(c, "rb").read())])]], "nothing" }

for _, identity in ipairs(users.identities()) do
  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
      sandbox.require_sandbox(pending, identity)
      fn()
    end)
  end

  describe("no way to a service of the host, as " .. identity .. ":", function()
    local started = {}

    escapes.new({
      identity = identity, rows = rows,
      extra = function(world)
        local here = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$")
        local text = fenced.read_file(here .. "support/escapes_services.py")
        local services = process.start({ as_user = identity, stdin = true,
          argv = { "/usr/bin/python3", "-c", text, world .. "/s" } })
        started[#started + 1] = services
        return json_text.text(assert(services:read_line()))
      end,
    }):define(row)

    teardown(function()
      for _, services in ipairs(started) do
        services:close_stdin()
        services:wait()
      end
    end)
  end)

  describe("the environment tells nothing, as " .. identity .. ":", function()
    escapes.new({ identity = identity, rows = told, env = environment }):define(row)
  end)
end
