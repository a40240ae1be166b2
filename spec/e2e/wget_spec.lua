-- SPDX-License-Identifier: Apache-2.0
-- wget_spec.lua - wget in the sandbox: files of an allowed name, an error for every other.

local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local origin = require "spec.support.origin"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local page = ("not text: \0\255\r\n"):rep(50000)
local network_failure, server_error = 4, 8 -- wget(1), "Exit status"

for _, identity in ipairs(users.identities()) do
  describe("wget as " .. identity, function()
    local plain, secure, folder
    local settings

    lazy_setup(function()
      plain = origin.http("plain", function(request)
        if request.target == "/half" then -- the second half of it, as `-c` asks for
          return origin.response("206 Partial Content", page:sub(#page // 2 + 1), {
            ("Content-Range: bytes %d-%d/%d"):format(#page // 2, #page - 1, #page),
          })
        end
        return origin.response("200 OK", page)
      end)
      local served = users.temp_dir(users.current())
      users.write_file(users.current(), served .. "/page", page)
      secure = https.start({ names = { "good.test" }, folder = served, as_user = identity })
      folder = users.temp_dir(identity)
      settings = fenced.settings({ "good.test" }, { folder })
    end)

    lazy_teardown(function()
      plain:close()
      secure:close()
    end)

    before_each(function()
      plain.requests, plain.connections = {}, 0
    end)

    local function wget(arguments, options)
      options = options or {}
      local argv = { "wget", "--no-config", "-nv", "--tries=1", "--timeout=10",
        table.unpack(arguments) }
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = options.settings or settings,
        as_user = identity,
        cwd = folder,
      })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "wget", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("stores the bytes of an allowed name, asked for once", function()
      local result = wget({ "-O", "page", plain:url("/page", "good.test") })
      assert.equal(0, result.code, result.err)
      assert.is_true(fenced.read_file(folder .. "/page") == page)
      assert.equal(1, #plain.requests)
      assert.equal("GET /page HTTP/1.1", plain.requests[1].line)
      assert.is_nil(plain.requests[1].headers["proxy-connection"])
    end)

    row("stores the bytes of an allowed name that came through a tunnel", function()
      local before = #secure:requests()
      local result = wget({ "-O", "secure", "--ca-certificate=" .. secure.ca_file,
        ("https://good.test:%d/page"):format(secure.port) })
      assert.equal(0, result.code, result.err)
      assert.is_true(fenced.read_file(folder .. "/secure") == page)
      assert.equal(before + 1, #secure:wait_requests(before + 1, 2000))
    end)

    row("goes on with a half", function()
      users.write_file(identity, folder .. "/half", page:sub(1, #page // 2))
      local result = wget({ "-c", plain:url("/half", "good.test") })
      assert.equal(0, result.code, result.err)
      assert.is_true(fenced.read_file(folder .. "/half") == page)
      assert.equal(("bytes=%d-"):format(#page // 2), plain.requests[1].headers.range)
    end)

    -- Settings that allow a name and say nothing of its address.
    local function opened(names)
      return {
        network = { allowedDomains = names }, filesystem = { allowWrite = { folder } },
      }
    end

    local refused = {
      { "3A.1 a name that is not allowed", "evil.test" },
      { "3A.26 localhost, allowed but not opened", "localhost", { "localhost" } },
      { "a loopback address behind a pinned name", "127.0.0.1" },
    }
    for _, case in ipairs(refused) do
      local name, host, allowed = table.unpack(case)

      row(name .. " gets 403", function()
        local result = wget({ "-O", "refused", plain:url("/", host) }, {
          no_exceptions = true,
          settings = allowed and opened(allowed),
        })
        assert.equal(server_error, result.code)
        assert.matches("403", result.err)
        assert.equal(0, plain.connections)
      end)

      row(name .. " gets no tunnel", function()
        local result = wget({ "-O", "refused", "https://" .. host .. ":" .. plain.port .. "/" }, {
          no_exceptions = true,
          settings = allowed and opened(allowed),
        })
        assert.is_true(result.code == network_failure or result.code == server_error)
        assert.matches("Forbidden", result.err)
        assert.equal(0, plain.connections)
      end)
    end

    row("3J.189 reaches no service of this machine past the proxy", function()
      for _, host in ipairs({ "localhost", "127.0.0.1" }) do
        local result = wget({ "--no-proxy", "-O", "direct", plain:url("/", host) })
        assert.equal(network_failure, result.code, host)
      end
      assert.equal(0, plain.connections)
    end)
  end)
end
