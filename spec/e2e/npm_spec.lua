-- SPDX-License-Identifier: Apache-2.0
-- npm_spec.lua - npm in the sandbox: installs a package from an allowed registry, and the package's
-- scripts find the same walls.
--
-- The registry is an origin of the spec's own, with one package of two files.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local packages = require "spec.support.packages"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local content = ("module.exports = 'the right bytes';\n"):rep(2000)

-- Runs when npm has unpacked the package: writes into it, then where it may not.
local script = "echo done > mark; echo no > %s/mark; exit 0"

for _, identity in ipairs(users.identities()) do
  describe("npm as " .. identity, function()
    local registry, folder, elsewhere

    lazy_setup(function()
      folder, elsewhere = users.temp_dir(identity), users.temp_dir(identity)
      local postinstall = script:format(elsewhere)
      local tarball = packages.npm(content, postinstall)
      registry = origin.http("registry", function(request)
        local host = request.headers.host
        if request.target == "/tiny/-/tiny-1.0.0.tgz" then
          return origin.response("200 OK", tarball)
        elseif request.target ~= "/tiny" then
          return origin.response("404 Not Found", "{}")
        end
        return origin.response("200 OK", packages.npm_about(tarball,
          "http://" .. host .. "/tiny/-/tiny-1.0.0.tgz", postinstall),
          { "Content-Type: application/json" })
      end)
    end)

    lazy_teardown(function()
      registry:close()
    end)

    before_each(function()
      registry.requests, registry.connections = {}, 0
    end)

    -- Each into a project of its own, which alone is writable.
    local function install(host, options)
      options = options or {}
      local project = ("%s/%s"):format(folder, options.project)
      local made = process.run({ argv = { "mkdir", project }, as_user = identity })
      assert(made.code == 0, made.err)
      local argv = { "npm", "install", "--registry", registry:url("/", host),
        "--cache", project .. "/cache", "--prefix", project, "--fetch-retries=0", "--no-audit",
        "--no-fund", "--no-update-notifier", "--userconfig=/dev/null", "tiny" }
      local settings = options.settings or fenced.settings({ "good.test" })
      settings.filesystem = { allowWrite = { project } }
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = settings, args = options.args, as_user = identity, cwd = project,
      }), project
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "npm", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("installs from an allowed registry, asking once for each thing", function()
      local result, project = install("good.test", { project = "good" })
      assert.equal(0, result.code, result.err)
      assert.equal(content, fenced.read_file(project .. "/node_modules/tiny/index.js"))
      local seen = {}
      for index, request in ipairs(registry.requests) do
        seen[index] = request.target
      end
      assert.same({ "/tiny", "/tiny/-/tiny-1.0.0.tgz" }, seen)
    end)

    row("runs a package's script within the same walls", function()
      local _, project = install("good.test", { project = "script" })
      assert.equal("done\n", fenced.read_file(project .. "/node_modules/tiny/mark"))
      assert.is_false(fenced.exists(elsewhere .. "/mark"))
    end)

    local refused = {
      { "3A.1 a registry that is not allowed", "evil.test" },
      { "3A.26 localhost, allowed but not opened", "localhost",
        { network = { allowedDomains = { "localhost" } } } },
      { "a loopback address behind a pinned name", "127.0.0.1" },
    }
    for _, case in ipairs(refused) do
      local name, host, settings = table.unpack(case)

      row(name .. " gets 403", function()
        local result, project = install(host, {
          project = host, settings = settings, no_exceptions = true,
        })
        assert.equal(1, result.code, result.out)
        assert.matches("E403", result.err)
        assert.equal(0, registry.connections)
        assert.is_false(fenced.exists(project .. "/node_modules/tiny"))
      end)
    end

    row("3J.189 reaches nothing past the proxy", function()
      local result = install("localhost", { project = "direct" }) -- NO_PROXY names it
      assert.equal(1, result.code, result.out)
      assert.matches("ECONNREFUSED", result.err)
      assert.equal(0, registry.connections)
    end)
  end)
end
