-- SPDX-License-Identifier: Apache-2.0
-- python_spec.lua - Python's own urllib in the sandbox, which knows no more than the proxy's
-- variables.

local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local origin = require "spec.support.origin"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3" -- the system's: one of the user's may come first in PATH

local page = ("not text: \0\255\r\n"):rep(50000)

-- Prints the body, or how it failed: the status of a refused request, the words of a refused
-- CONNECT.
local client = [[
import ssl, sys, urllib.error, urllib.request
url, ca, how = sys.argv[1:4]
context = ssl.create_default_context(cafile=ca)
handlers = [urllib.request.HTTPSHandler(context=context)]
if how == "direct":
    handlers.append(urllib.request.ProxyHandler({}))
data = sys.stdin.buffer.read() if how == "post" else None
try:
    with urllib.request.build_opener(*handlers).open(url, data, timeout=10) as answer:
        sys.stdout.buffer.write(answer.read())
except urllib.error.HTTPError as error:
    sys.exit(f"HTTP {error.code}: {error.read().decode()}")
except urllib.error.URLError as error:
    sys.exit(f"URLError: {error.reason}")
]]

for _, identity in ipairs(users.identities()) do
  describe("python's urllib as " .. identity, function()
    local plain, secure

    lazy_setup(function()
      plain = origin.http("plain", function(request)
        return origin.response("200 OK", request.method == "POST" and request.body or page)
      end)
      local served = users.temp_dir(users.current())
      users.write_file(users.current(), served .. "/page", page)
      secure = https.start({ names = { "good.test" }, folder = served, as_user = identity })
    end)

    lazy_teardown(function()
      plain:close()
      secure:close()
    end)

    before_each(function()
      plain.requests, plain.connections = {}, 0
    end)

    local function open(url, options)
      options = options or {}
      local argv = { python, "-c", client, url, secure.ca_file, options.how or "get" }
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = options.settings or fenced.settings({ "good.test" }),
        as_user = identity,
        stdin = options.stdin,
      })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("brings the bytes of an allowed name, asked for once", function()
      local result = open(plain:url("/page", "good.test"))
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.is_true(result.out == page)
      assert.equal(1, #plain.requests)
      assert.equal("GET /page HTTP/1.1", plain.requests[1].line)
    end)

    row("brings the bytes of an allowed name through a tunnel", function()
      local before = #secure:requests()
      local result = open(("https://good.test:%d/page"):format(secure.port))
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.is_true(result.out == page)
      assert.equal(before + 1, #secure:wait_requests(before + 1, 2000))
    end)

    row("uploads every byte", function()
      local result = open(plain:url("/", "good.test"), { how = "post", stdin = page })
      assert.equal("", result.err)
      assert.is_true(result.out == page)
      assert.equal(1, #plain.requests)
    end)

    local refused = {
      { "3A.1 a name that is not allowed", "evil.test" },
      { "3A.26 localhost, allowed but not opened", "localhost", { "localhost" } },
      { "a loopback address behind a pinned name", "127.0.0.1" },
    }
    for _, case in ipairs(refused) do
      local name, host, allowed = table.unpack(case)
      local options = {
        no_exceptions = true, settings = allowed and { network = { allowedDomains = allowed } },
      }

      row(name .. " gets 403", function()
        local result = open(plain:url("/", host), options)
        assert.equal(1, result.code)
        assert.matches("^HTTP 403: ", result.err)
        assert.is_truthy(result.err:find(host, 1, true))
        assert.equal(0, plain.connections)
      end)

      row(name .. " gets no tunnel", function()
        local result = open(("https://%s:%d/"):format(host, plain.port), options)
        assert.equal(1, result.code)
        assert.matches("^URLError: Tunnel connection failed: 403 Forbidden", result.err)
        assert.equal(0, plain.connections)
      end)
    end

    row("3J.189 reaches no service of this machine past the proxy", function()
      for _, host in ipairs({ "localhost", "127.0.0.1", "[::1]" }) do
        local result = open(plain:url("/", host), { how = "direct" })
        assert.equal(1, result.code, host)
        assert.matches("^URLError: ", result.err)
      end
      assert.equal(0, plain.connections)
    end)
  end)
end
