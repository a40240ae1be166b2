-- SPDX-License-Identifier: Apache-2.0
-- curl_spec.lua - curl in the sandbox: the bytes of an allowed name, 403 for every other.

local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local origin = require "spec.support.origin"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local body = ("The quick brown fox.\n"):rep(50000) -- 1 MB, in many segments
local upload = ("\0\255\r\n upload"):rep(200000)  -- 2 MB, no text

-- What a plain origin answers, by path.
local function answer(request)
  if request.target == "/away" then
    return origin.response("302 Found", "", { "Location: http://evil.test/" })
  elseif request.method == "POST" then
    return origin.response("200 OK", request.body == upload and "same bytes" or "other bytes")
  elseif request.method == "HEAD" then
    return "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Origin: plain\r\n\r\n"
  end
  return origin.response("200 OK", body)
end

for _, identity in ipairs(users.identities()) do
  describe("curl as " .. identity, function()
    local plain, secure, folder
    local settings = fenced.settings({ "good.test" })

    lazy_setup(function()
      plain = origin.http("plain", answer)
      folder = users.temp_dir(users.current())
      users.write_file(users.current(), folder .. "/page", body)
      secure = https.start({ names = { "good.test" }, folder = folder, as_user = identity })
    end)

    lazy_teardown(function()
      plain:close()
      secure:close()
    end)

    before_each(function()
      plain.requests, plain.connections = {}, 0
    end)

    local function curl(arguments, options)
      options = options or {}
      local argv = { "curl", "-sS", "-q", "--max-time", "10", table.unpack(arguments) }
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = options.settings or settings,
        stdin = options.stdin,
        as_user = identity,
      })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "curl", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("brings the bytes of an allowed name, asked for once", function()
      local result = curl({ plain:url("/page", "good.test") })
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.is_true(result.out == body)
      assert.equal(1, #plain.requests)
      local seen = plain.requests[1]
      assert.equal("GET /page HTTP/1.1", seen.line)
      assert.equal("good.test:" .. plain.port, seen.headers.host)
      assert.is_nil(seen.headers["proxy-connection"])
    end)

    row("brings the bytes of an allowed name through a tunnel", function()
      local before = #secure:requests()
      local result = curl({ "--cacert", secure.ca_file, "-w", "%{stderr}%{http_connect}",
        ("https://good.test:%d/page"):format(secure.port) })
      assert.equal("200", result.err)
      assert.equal(0, result.code)
      assert.is_true(result.out == body)
      assert.equal(before + 1, #secure:wait_requests(before + 1, 2000))
    end)

    row("uploads every byte", function()
      local result = curl({ "--data-binary", "@-", plain:url("/", "good.test") },
        { stdin = upload })
      assert.equal("same bytes", result.out)
      assert.equal(0, result.code)
      assert.equal(1, #plain.requests)
    end)

    row("asks for the head alone", function()
      local result = curl({ "-I", plain:url("/", "good.test") })
      assert.matches("^HTTP/1.1 200 OK\r\n", result.out)
      assert.matches("X%-Origin: plain\r\n", result.out)
      assert.equal(0, result.code)
    end)

    row("3B.48 judges each request of one connection", function()
      local url = plain:url("/", "good.test")
      local result = curl({ "-o", "/dev/null", "-o", "/dev/null", "-o", "/dev/null",
        "-w", "%{http_code} ", url, "http://evil.test/", url })
      assert.equal("200 403 200 ", result.out)
      assert.equal(2, #plain.requests)
    end)

    row("3B.61 hands a redirect on, and judges where it leads", function()
      local result = curl({ "-L", "-o", "/dev/null", "-w", "%{num_redirects} %{http_code}",
        plain:url("/away", "good.test") })
      assert.equal("1 403", result.out)
      assert.equal(1, #plain.requests)
    end)

    local refused = {
      { "3A.1 a name that is not allowed", "evil.test" },
      { "3A.6 a name that ends like an allowed one", "xgood.test" },
      { "3A.6 a name below an allowed one", "a.good.test" },
      { "3A.26 localhost, allowed but not opened", "localhost", { "localhost" } },
      { "a loopback address behind a pinned name", "127.0.0.1" },
      { "the same in IPv6", "[::1]" },
    }
    for _, case in ipairs(refused) do
      local name, host, allowed = table.unpack(case)

      row(name .. " gets 403", function()
        local result = curl({ "-w", "\n%{http_code}", plain:url("/", host) }, {
          no_exceptions = true,
          settings = allowed and { network = { allowedDomains = allowed } },
        })
        assert.matches("\n403$", result.out)
        assert.is_truthy(result.out:find(host:match("[^%[%]]+"), 1, true))
        assert.equal(0, plain.connections)
      end)

      row(name .. " gets no tunnel", function()
        local result = curl({ "-p", "-w", "%{http_connect}", plain:url("/", host) }, {
          no_exceptions = true,
          settings = allowed and { network = { allowedDomains = allowed } },
        })
        assert.equal("403", result.out)
        assert.equal(56, result.code) -- CURLE_RECV_ERROR: what curl says of a refused CONNECT
        assert.equal(0, plain.connections)
      end)
    end

    row("3J.189 reaches no service of this machine past the proxy", function()
      for _, host in ipairs({ "localhost", "127.0.0.1", "[::1]" }) do
        local result = curl({ "--noproxy", "*", plain:url("/", host) })
        assert.equal(7, result.code, host) -- CURLE_COULDNT_CONNECT
      end
      assert.equal(0, plain.connections)
    end)

    row("3A.2 reaches nothing where nothing is allowed", function()
      local result = curl({ "-o", "/dev/null", "-w", "%{http_code}",
        plain:url("/", "good.test") }, { settings = { network = {} } })
      assert.equal("403", result.out)
      assert.equal(0, plain.connections)
    end)
  end)
end
