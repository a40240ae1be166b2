-- SPDX-License-Identifier: Apache-2.0
-- capture_programs_spec.lua - programs that know of no proxy, one by one: their connections end at
-- fence, which lets an allowed name through, and refuses every other in a line that names the
-- program.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local served_git = require "spec.support.served_git"
local servers = require "spec.support.capture_servers"
local sshd = require "spec.support.sshd"
local users = require "spec.support.users"

local python = "/usr/bin/python3"
local source = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$") .. "support/own_resolver.c"

local sockets = [[
import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2])), 10) as s:
    print(s.recv(100).decode())]]

local http_client = [[
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=10)
connection.request("GET", "/")
print(connection.getresponse().read().decode())]]

local fetch = [[
fetch(process.argv[1], { signal: AbortSignal.timeout(10000) }).then((answer) => answer.text())
  .then(console.log, (error) => { console.error(error.cause); process.exitCode = 1; });]]

local net = [[
require("net").connect(process.argv[2], process.argv[1]).on("data", function (data) {
  console.log(String(data));
  this.end();
}).on("error", (error) => { console.error(error); process.exitCode = 1; });]]

local java = [[
import java.net.URI;
import java.net.http.*;

public class Get {
    public static void main(String[] words) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient().send(
            HttpRequest.newBuilder(URI.create(words[0])).build(),
            HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.body());
    }
}
]]

local redis = "exec 3<>/dev/tcp/@HOST@/@PORT@; printf 'PING\\r\\n' >&3; head -n 1 <&3"
local url = "http://@HOST@:@PORT@/"

-- name, the server, its words that come where it is reached, the program in the line (a pattern),
-- the command. `tool` asks for the program's version;
-- `lax`: its status does not tell.
local programs = {
  { "curl", "http", "plain", "curl", { "curl", "-q", "-sS", "-m", "10", url } },
  { "curl -4", "http", "plain", "curl", { "curl", "-q", "-sS", "-4", "-m", "10", url } },
  { "curl -6", "http", "plain", "curl", { "curl", "-q", "-sS", "-6", "-m", "10", url } },
  { "curl by TLS", "https", "ref: refs/heads/main", "curl", { "curl", "-q", "-sS", "-m", "10",
    "--cacert", "@CA@", "https://@HOST@:@PORT@/project.git/HEAD" } },
  { "wget", "http", "plain", "wget", { "wget", "--no-config", "-nv", "-t", "1", "-T", "10", "-O",
    "-", url }, tool = { "wget", "--version" } },
  { "Python's sockets, the server speaks first", "second", "220 ready", "python[%d.]*",
    { python, "-c", sockets, "@HOST@", "@PORT@" } },
  { "Python's http.client", "http", "plain", "python[%d.]*",
    { python, "-c", http_client, "@HOST@", "@PORT@" } },
  { "Node's fetch", "http", "plain", "[Nn]ode[%w-]*", { "node", "-e", fetch, url },
    tool = { "node", "--version" } },
  { "Node's net.connect, the server speaks first", "second", "220 ready", "[Nn]ode[%w-]*",
    { "node", "-e", net, "@HOST@", "@PORT@" }, tool = { "node", "--version" } },
  { "Java's HttpClient", "http", "plain", "java", { "java", "-cp", "@JAVA@", "Get", url },
    optional = true, tool = { "javac", "-version" } },
  { "a static program with its own resolver", "http", "plain", "own_resolver",
    { "@STATIC@", "@HOST@", "@PORT@" } },
  { "the same of 32 bits", "http", "plain", "own_resolver_32",
    { "@STATIC32@", "@HOST@", "@PORT@" } },
  { "git by HTTP", "files", "@HEAD@", "git[%w-]*", { "git", "ls-remote",
    url .. "project.git" } },
  { "git by HTTPS", "https", "@HEAD@", "git[%w-]*", { "git", "-c", "http.sslCAInfo=@CA@",
    "ls-remote", "https://@HOST@:@PORT@/project.git" } },
  { "git by git://", "git", "@HEAD@", "git", { "git", "ls-remote",
    "git://@HOST@:@PORT@/project.git" } },
  { "git by ssh", "ssh", "@HEAD@", "ssh", { "git", "-c", "core.sshCommand=ssh -F @CONFIG@",
    "ls-remote", "ssh://@USER@@@HOST@:@PORT@@REPOSITORY@" }, ssh = true },
  { "ssh", "ssh", "there", "ssh", { "ssh", "-F", "@CONFIG@", "@HOST@", "echo", "there" },
    ssh = true },
  { "psql", "postgres", "FATAL:  reached", "psql", { "psql", "-h", "@HOST@", "-p", "@PORT@", "-U",
    "someone", "-d", "postgres", "-c", "select 1" }, tool = { "psql", "--version" },
    optional = true },
  { "a client of Redis", "redis", "+PONG", "bash", { "bash", "-c", redis } },
  { "apt-get", "files", "404  Not Found", "http", { "apt-get", "-o", "Dir::Etc=@APT@", "-o",
    "Dir::Etc::sourcelist=@APT@/sources.list", "-o", "Dir::Etc::sourceparts=@APT@/parts", "-o",
    "Dir::State=@APT@", "-o", "Dir::Cache=@APT@/cache", "-o", "APT::Sandbox::User=", "-o",
    "Acquire::Retries=0", "-o", "Debug::NoLocking=1", "update" }, optional = true, lax = true,
    tool = { "apt-get", "--version" } },
  { "bash's /dev/tcp", "second", "220 ready", "%a+",
    { "bash", "-c", "head -n 1 </dev/tcp/@HOST@/@PORT@" } },
  { "nc", "second", "220 ready", "nc[%w.]*", { "nc", "-N", "-w", "10", "@HOST@", "@PORT@" },
    tool = { "sh", "-c", "command -v nc" }, optional = true, lax = true },
}

-- What a request says decides, where there is something to be read.
local words = {
  { "an allowed path", url .. "open/x", "200" },
  { "another path", url .. "closed", "403" },
  { "an allowed path, for a name that is denied", "http://evil.test:@PORT@/open", "403" },
  { "3B.54 another Host", url .. "open", "403", { "-H", "Host: evil.test" } },
}

for _, identity in ipairs(users.identities()) do
  describe("captured as " .. identity .. ":", function()
    local all, built

    -- Builds the program of own_resolver.c for everybody; nil where it cannot be built or run.
    local function build(name, ...)
      local path = built .. "/" .. name
      local result = process.run({ cwd = ".", argv = { "cc", "-O1", "-static", "-o", path, source,
        ... } })
      local runs = result.code == 0 and process.run({ argv = { "sh", "-c", path .. "; echo $?" } })
      return runs and runs.out == "1\n" and path or nil
    end

    lazy_setup(function()
      all = servers.start(identity)
      built = users.temp_dir(identity)
      all.words.STATIC = build("own_resolver")
      all.words.STATIC32 = build("own_resolver_32", "-m32", "-nostdlib", "-ffreestanding",
        "-fno-pie", "-no-pie", "-fno-stack-protector")
      all.words.JAVA = built
      local text = users.write_file(identity, built .. "/Get.java", java)
      pcall(process.run, { argv = { "javac", text }, as_user = identity })
    end)
    lazy_teardown(function() all:close() end)
    before_each(function() all:reset() end)

    local function row(name, fn)
      it("3J.189 " .. name, function()
        sandbox.require_sandbox(pending, identity)
        fenced.require_tool(pending, { "curl", "--version" })
        fn()
      end)
    end

    local function settings(more)
      local it = fenced.settings({ "good.test" })
      it.network.hosts["evil.test"] = "127.0.0.1"
      for key, value in pairs(more or {}) do
        it.network[key] = value
      end
      return it
    end

    local function put(text, host, port, more)
      return (text:gsub("@(%u+%d*)@", function(word)
        return word == "HOST" and host or word == "PORT" and tostring(port) or
          more and more[word] or all.words[word]
      end))
    end

    local function run(argv, host, port, options)
      options = options or {}
      local config = options.settings or settings()
      local argv_put, more = {}, nil
      if argv[1] == "apt-get" then
        more = { APT = servers.apt_folder(identity, host, port) }
        config.filesystem.allowWrite = json.list({ more.APT })
      end
      for index, word in ipairs(argv) do
        argv_put[index] = put(word, host, port, more)
      end
      local env = { HOME = users.home(identity) }
      for name, value in pairs(served_git.environment) do
        env[name] = value
      end
      return fenced.run({ argv = fenced.bare(argv_put, env), settings = config, as_user = identity,
        args = options.args or { "-m" }, timeout = 60000 })
    end

    -- Is there everything that it needs?
    local function prepare(case)
      if case.ssh then
        sshd.require(pending)
      end
      if case.optional and not pcall(fenced.require_tool, error, case.tool) then
        pending(case.tool[1] .. " is not installed")
      elseif case.tool then
        fenced.require_tool(pending, case.tool)
      end
      local place = case[5][1]:match("^@(STATIC%d*)@$")
      if place and not all.words[place] then
        pending("no such program can be built and run here")
      end
    end

    for _, case in ipairs(programs) do
      local name, kind, says, program, argv = table.unpack(case)

      row(name .. " reaches an allowed name", function()
        prepare(case)
        local server = all.by_name[kind]
        local result = run(argv, "good.test", server.port)
        local said = result.out .. result.err
        assert.is_truthy(said:find(put(says), 1, true), said)
        assert.is_nil(said:find("[fence", 1, true), said)
        assert.is_true((server.connections or 1) > 0)
      end)

      row(name .. " is refused another, and named", function()
        prepare(case)
        local server = all.by_name[kind]
        local result = run(argv, "evil.test", server.port)
        local said = result.out .. result.err
        local tunnel = ("%%[fence:capture%%] %%S+ ✗ CONNECT evil%%.test:%d BLOCKED " ..
          "%%(%s:%%d+%%)\n"):format(server.port, program)
        local request = ("%%[fence:http%%] %%S+ ✗ %%u+ +403 evil%%.test [^\n]*%%(%s:%%d+%%)\n")
          :format(program)
        assert.is_truthy(result.err:match(tunnel) or result.err:match(request), result.err)
        assert.is_true(said:find("403", 1, true) ~= nil or not said:find(put(says), 1, true), said)
        assert.equal(0, server.connections or 0)
        if not case.lax and result.err:match(tunnel) then -- not all think of 403 as a failure
          assert.not_equal(0, result.code)
        end
      end)
    end

    for _, host in ipairs({ "203.0.113.7", "[2001:db8::7]", "127.0.0.1", "[::1]" }) do
      row("3A.16 curl reaches nothing at " .. host, function()
        local server = all.by_name.http
        local result = run(programs[1][5], host, server.port)
        assert.is_nil(result.out:find("plain", 1, true), result.out)
        assert.equal(0, server.connections)
        if not host:find("^127") and host ~= "[::1]" then -- what it has itself is not captured
          assert.matches("✗ GET +403 [^\n]*%(curl:%d+%)\n", result.err)
        else
          assert.equal(7, result.code)
        end
      end)
    end

    for _, case in ipairs(words) do
      row("a plain request for " .. case[1] .. " gets " .. case[3], function()
        local server = all.by_name.http
        local argv = { "curl", "-q", "-sS", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}",
          case[2], table.unpack(case[4] or {}) }
        local result = run(argv, "good.test", server.port, { settings = settings({
          allowedDomains = json.list({}),
          rules = { { host = "good.test", action = "allow", path = "/open" } },
        }) })
        assert.equal(case[3], result.out, result.err)
        assert.equal(case[3] == "200" and 1 or 0, #server.requests)
        if case[3] == "403" then
          assert.matches("^%[fence:http%] %S+ ✗ GET     403 [^\n]+ %(curl:%d+%)\n$", result.err)
        end
      end)
    end

    row("what is no request is judged as a tunnel, which no rule for paths allows", function()
      local server = all.by_name.second
      local result = run({ python, "-c", sockets:gsub("print", "s.sendall(b'\\0\\1'); print"),
        "@HOST@", "@PORT@" }, "good.test", server.port, { settings = settings({
          allowedDomains = json.list({}),
          rules = { { host = "good.test", action = "allow", path = "/open" } },
        }) })
      assert.is_nil(result.out:find("ready", 1, true))
      assert.is_truthy(result.err:find("✗ CONNECT good.test:", 1, true), result.err)
      assert.equal(0, server.connections)
    end)

    -- What an upstream proxy is asked for, a connection each; behind a CONNECT, what comes by it.
    local function serve_upstream(connection, self)
      local asked = {}
      self.requests[#self.requests + 1] = asked
      for _ = 1, 2 do
        local head = connection:read_until("\r\n\r\n")
        asked[#asked + 1] = head and head:match("^[^\r\n]*")
        connection:send(head and head:match("^CONNECT") and "HTTP/1.1 200 OK\r\n\r\n" or
          origin.response("200 OK", "by the proxy", { "Connection: close" }))
      end
    end

    row("an upstream proxy gets a plain request as one, and a tunnel for the rest", function()
      local upstream = origin.raw(serve_upstream)
      local config = { network = { allowedDomains = { "far.test" },
        upstreamProxy = ("http://127.0.0.1:%d"):format(upstream.port) } }
      for _, port in ipairs({ 80, 4444 }) do
        upstream.requests = {}
        local result = run(programs[1][5], "far.test", port, { settings = config })
        local asked = upstream.requests[#upstream.requests]
        assert.equal("by the proxy", result.out, result.err)
        assert.equal(port == 80 and "GET http://far.test/ HTTP/1.1" or
          "GET http://far.test:4444/ HTTP/1.1", asked[1])
      end
      upstream.requests = {}
      run({ python, "-c", sockets:gsub("print", "s.sendall(b'hello\\r\\n\\r\\n'); print"), "@HOST@",
        "@PORT@" }, "far.test", 4444, { settings = config })
      assert.same({ { "CONNECT far.test:4444 HTTP/1.1", "hello" } }, upstream.requests)
      upstream:close()
    end)

    -- The name in the URL is that of the ClientHello; the connection is made to good.test.
    for _, name in ipairs({ "good.test", "evil.test" }) do
      row("3E.98 a ClientHello for " .. name .. " to an allowed name", function()
        local server = all.by_name.https
        local result = run({ "curl", "-q", "-sS", "-m", "10", "--cacert", "@CA@", "--connect-to",
          "::good.test:@PORT@", ("https://%s:@PORT@/project.git/HEAD"):format(name) }, name,
          server.port)
        if name == "good.test" then
          assert.equal("ref: refs/heads/main\n", result.out, result.err)
        else
          assert.equal("", result.out)
          assert.equal(35, result.code) -- CURLE_SSL_CONNECT_ERROR
          assert.matches("%[fence:tls%] %S+ ✗ good%.test:%d+ server name evil%.test", result.err)
        end
      end)
    end
  end)
end
