-- SPDX-License-Identifier: Apache-2.0
-- socks_spec.lua - SOCKS5 in the sandbox, for programs that know nothing of HTTP proxies: an
-- allowed name opens, every other is refused, and nothing is dialled for it.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- Nothing but ALL_PROXY, in both its spellings; and nothing that names exceptions.
local socks_only = { "env", "-u", "HTTP_PROXY", "-u", "http_proxy", "-u", "HTTPS_PROXY", "-u",
                     "https_proxy", "-u", "NO_PROXY", "-u", "no_proxy" }

local function with_socks_only(argv)
  return table.move(argv, 1, #argv, #socks_only + 1, { table.unpack(socks_only) })
end

-- Prints the reply's code, and behind 0 what the server says to "ping".
local raw_client = [[
import os, socket, struct, sys
from urllib.parse import urlsplit

proxy = urlsplit(os.environ["ALL_PROXY"])
assert proxy.scheme == "socks5h", proxy
host, port = sys.argv[1], int(sys.argv[2])
try:
    address = b"\x01" + socket.inet_aton(host)
except OSError:
    address = b"\x03" + bytes([len(host)]) + host.encode()
with socket.create_connection((proxy.hostname, proxy.port), 10) as s:
    s.sendall(b"\x05\x01\x00")
    assert s.recv(2) == b"\x05\x00"
    s.sendall(b"\x05\x01\x00" + address + struct.pack(">H", port))
    code = s.recv(10, socket.MSG_WAITALL)[1]
    got = b""
    if code == 0:
        s.sendall(b"ping")
        s.shutdown(socket.SHUT_WR)
        while more := s.recv(100):
            got += more
    print(code, got.decode())
]]

-- What git starts in place of ssh: [OPTION...] HOST COMMAND. The far end serves one repository.
local transport = [[
while [ "$#" -gt 2 ]; do
  [ "$1" = -p ] && port=$2
  shift
done
exec nc -N -X 5 -x 127.0.0.1:1080 "${1#*@}" "$port"
]]

for _, identity in ipairs(users.identities()) do
  describe("SOCKS5 in the sandbox as " .. identity, function()
    local plain, echo
    local settings = fenced.settings({ "good.test" })

    lazy_setup(function()
      plain = origin.http("plain")
      echo = origin.echo()
    end)
    lazy_teardown(function()
      plain:close()
      echo:close()
    end)
    before_each(function() plain.connections, echo.connections = 0, 0 end)

    local function run(argv, options)
      options = options or {}
      return fenced.run({
        argv = with_socks_only(argv), settings = options.settings or settings,
        as_user = identity, env = options.env, cwd = options.cwd, timeout = 15000,
      })
    end

    local function row(name, tool, fn)
      it(name, function()
        fenced.require_tool(pending, tool)
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local refused = {
      { "3A.1 a name that is not allowed", "evil.test" },
      { "3A.6 a name that ends like an allowed one", "xgood.test" },
      { "3A.26 localhost, allowed but not opened", "localhost", { "localhost" } },
      { "3C.75 a loopback address", "127.0.0.1" },
    }

    local function curl(host, allowed)
      return run({ "curl", "-sS", "-q", "--max-time", "10", plain:url("/page", host) },
        { settings = allowed and { network = { allowedDomains = allowed } } })
    end

    row("curl brings what an allowed name serves", { "curl", "--version" }, function()
      local result = curl("good.test")
      assert.equal("plain", result.out, result.err)
      assert.equal(0, result.code)
      assert.equal("/page", plain.requests[#plain.requests].target) -- no proxy's form: a tunnel
    end)

    for _, case in ipairs(refused) do
      row("curl is refused " .. case[1], { "curl", "--version" }, function()
        local result = curl(case[2], case[3])
        assert.equal(97, result.code, result.err) -- CURLE_PROXY
        assert.equal("", result.out)
        assert.equal(0, plain.connections)
      end)
    end

    local function raw(host, allowed)
      return run({ "python3", "-c", raw_client, host, tostring(echo.port) },
        { settings = allowed and { network = { allowedDomains = allowed } } })
    end

    row("a raw client talks to an allowed name", { "python3", "--version" }, function()
      local result = raw("good.test")
      assert.equal("0 ping\n", result.out, result.err)
      assert.equal(1, echo.connections)
    end)

    for _, case in ipairs(refused) do
      row("a raw client is refused " .. case[1], { "python3", "--version" }, function()
        local result = raw(case[2], case[3])
        assert.equal("2 \n", result.out, result.err)
        assert.equal(0, echo.connections)
      end)
    end

    describe("git by nc", function()
      local environment = {
        GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_NOSYSTEM = "1",
        GIT_AUTHOR_NAME = "A", GIT_AUTHOR_EMAIL = "a@good.test",
        GIT_COMMITTER_NAME = "A", GIT_COMMITTER_EMAIL = "a@good.test",
      }
      local server, port, head, script

      local function git(...)
        local result = process.run({ argv = { "git", ... }, env = environment })
        assert(result.code == 0, result.err)
        return (result.out:gsub("\n$", ""))
      end

      lazy_setup(function()
        local folder = users.temp_dir(users.current()) .. "/project"
        git("init", "-q", "-b", "main", folder)
        git("-C", folder, "commit", "-q", "--allow-empty", "-m", "first")
        head = git("-C", folder, "rev-parse", "HEAD")
        port = origin.closed_port()
        server = process.start({ argv = { "socat",
          ("TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork"):format(port),
          "EXEC:git upload-pack " .. folder } })
        script = users.write_file(identity, users.temp_dir(identity) .. "/transport", transport)
      end)
      lazy_teardown(function() server:stop() end)

      local function ls_remote(host, to)
        local set = fenced.settings({ "good.test" })
        set.environment = { set = { GIT_SSH_COMMAND = "sh " .. script, GIT_SSH_VARIANT = "ssh" } }
        return run({ "git", "ls-remote", ("ssh://git@%s:%d/project"):format(host, to) },
          { env = environment, settings = set })
      end

      local tools = { "sh", "-c", "command -v nc && command -v socat" }
      row("fetches from an allowed name", tools, function()
        local result = ls_remote("good.test", port)
        assert.equal(head .. "\tHEAD\n" .. head .. "\trefs/heads/main\n", result.out, result.err)
        assert.equal(0, result.code)
      end)

      row("is refused a name that is not allowed", { "sh", "-c", "command -v nc" }, function()
        local result = ls_remote("evil.test", echo.port)
        assert.equal(128, result.code)
        assert.equal("", result.out)
        assert.equal(0, echo.connections)
      end)
    end)
  end)
end
