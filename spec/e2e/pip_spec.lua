-- SPDX-License-Identifier: Apache-2.0
-- pip_spec.lua - pip in the sandbox: downloads and installs a wheel from an allowed index.
--
-- The index is an origin of the spec's own, with one wheel of one module.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local packages = require "spec.support.packages"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3" -- the system's: one of the user's may come first in PATH

local wheel_name = packages.wheel_name
local content = ("answer = 'the right bytes'\n"):rep(2000)

for _, identity in ipairs(users.identities()) do
  describe("pip as " .. identity, function()
    local index, folder, wheel

    lazy_setup(function()
      folder = users.temp_dir(identity)
      wheel = packages.wheel(content)
      index = origin.http("index", function(request)
        if request.target == "/simple/tiny/" then
          return origin.response("200 OK", packages.wheel_page("/wheels/" .. wheel_name),
            { "Content-Type: text/html" })
        elseif request.target == "/wheels/" .. wheel_name then
          return origin.response("200 OK", wheel)
        end
        return origin.response("404 Not Found", "")
      end)
    end)

    lazy_teardown(function()
      index:close()
    end)

    before_each(function()
      index.requests, index.connections = {}, 0
    end)

    local function pip(host, arguments, options)
      options = options or {}
      local argv = { python, "-m", "pip", "--isolated", "--no-input", "--no-cache-dir",
        "--disable-pip-version-check", "--retries=0", "--timeout=5" }
      table.move(arguments, 1, #arguments, #argv + 1, argv)
      table.move({ "--index-url", index:url("/simple/", host), "--trusted-host", host }, 1, 4,
        #argv + 1, argv)
      local settings = options.settings or fenced.settings({ "good.test" })
      settings.filesystem = { allowWrite = { folder } }
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = settings, as_user = identity, cwd = folder,
        env = { PIP_ROOT_USER_ACTION = "ignore" },
      })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { python, "-m", "pip", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("downloads from an allowed index, asking once for each thing", function()
      local result = pip("good.test", { "download", "--dest", "downloaded", "tiny" })
      assert.equal(0, result.code, result.err)
      assert.is_true(fenced.read_file(folder .. "/downloaded/" .. wheel_name) == wheel)
      local seen = {}
      for at, request in ipairs(index.requests) do
        seen[at] = request.target
      end
      assert.same({ "/simple/tiny/", "/wheels/" .. wheel_name }, seen)
    end)

    row("installs where it may write", function()
      local result = pip("good.test", { "install", "--target", "installed", "tiny" })
      assert.equal(0, result.code, result.err)
      assert.equal(content, fenced.read_file(folder .. "/installed/tiny.py"))
    end)

    row("3F.108 installs nowhere else", function()
      local elsewhere = users.temp_dir(identity)
      local result = pip("good.test", { "install", "--target", elsewhere .. "/new", "tiny" })
      assert.not_equal(0, result.code)
      assert.matches("Read%-only file system", result.err)
      assert.is_false(fenced.exists(elsewhere .. "/new"))
    end)

    local refused = {
      { "3A.1 an index that is not allowed", "evil.test" },
      { "3A.26 localhost, allowed but not opened", "localhost",
        { network = { allowedDomains = { "localhost" } } } },
      { "a loopback address behind a pinned name", "127.0.0.1" },
    }
    for _, case in ipairs(refused) do
      local name, host, settings = table.unpack(case)

      row(name .. " gets 403", function()
        local url = index:url("/wheels/" .. wheel_name, host)
        local result = pip(host, { "download", "--dest", "refused", url }, {
          settings = settings, no_exceptions = true,
        })
        assert.equal(1, result.code)
        assert.matches("HTTP error 403", result.err)
        assert.equal(0, index.connections)
        assert.is_false(fenced.exists(folder .. "/refused/" .. wheel_name))
      end)
    end

    row("3J.189 reaches nothing past the proxy", function()
      local url = index:url("/wheels/" .. wheel_name, "localhost") -- NO_PROXY names it
      local result = pip("localhost", { "download", "--dest", "refused", url })
      assert.not_equal(0, result.code)
      assert.matches("Connection refused", result.err)
      assert.equal(0, index.connections)
    end)
  end)
end
