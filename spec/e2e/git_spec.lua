-- SPDX-License-Identifier: Apache-2.0
-- git_spec.lua - git in the sandbox: clone, fetch and pull over HTTPS from an allowed name, and no
-- transport that leads anywhere else.

local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local origin = require "spec.support.origin"
local sandbox = require "spec.support.sandbox"
local served_git = require "spec.support.served_git"
local users = require "spec.support.users"

for _, identity in ipairs(users.identities()) do
  describe("git as " .. identity, function()
    local clone, head, secure, plain, folder
    local content = ("\0\r\n\255 blob "):rep(100000)

    lazy_setup(function()
      local top = users.temp_dir(users.current())
      clone = served_git.make(top)
      head = served_git.commit(clone, "blob", content)
      secure = https.start({
        names = { "good.test", "localhost" }, folder = top .. "/served", as_user = identity,
      })
      plain = origin.http("plain")
      folder = users.temp_dir(identity)
    end)

    lazy_teardown(function()
      secure:close()
      plain:close()
    end)

    before_each(function()
      plain.connections = 0
    end)

    local function run(arguments, options)
      options = options or {}
      local argv = { "git", "-c", "http.sslCAInfo=" .. secure.ca_file, table.unpack(arguments) }
      return fenced.run({
        argv = options.no_exceptions and fenced.without_no_proxy(argv) or argv,
        settings = options.settings or fenced.settings({ "good.test" }, { folder }),
        args = options.args,
        as_user = identity,
        cwd = folder,
        env = served_git.environment,
      })
    end

    local function url(host, port)
      return ("https://%s:%d/project.git"):format(host, port or secure.port)
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "git", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("clones from an allowed name, and pulls what is new", function()
      local result = run({ "clone", "-q", url("good.test"), "clone" })
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.is_true(fenced.read_file(folder .. "/clone/blob") == content)
      assert.equal(head .. "\n", run({ "-C", "clone", "rev-parse", "HEAD" }).out)

      head = served_git.commit(clone, "later", "new\n")
      result = run({ "-C", "clone", "pull", "-q" })
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.equal("new\n", fenced.read_file(folder .. "/clone/later"))
      assert.equal(head .. "\n", run({ "-C", "clone", "rev-parse", "HEAD" }).out)
    end)

    row("does what a policy allows, and shows what it denies", function()
      local policy = users.write_file(identity, users.temp_dir(identity) .. "/git.lua", [[
        local fence = require "fence"
        return {
          on_connect = function(req)
            if req.host ~= "good.test" then return fence.deny("no " .. req.host .. " for git") end
            return fence.allow()
          end,
        }]])
      local options = { args = { "--policy", policy }, settings = {
        network = { hosts = { ["good.test"] = "127.0.0.1", ["bad.test"] = "127.0.0.1" } },
        filesystem = { allowWrite = { folder } },
      } }
      local result = run({ "clone", "-q", url("good.test"), "by-policy" }, options)
      assert.equal("", result.err)
      assert.is_true(fenced.read_file(folder .. "/by-policy/blob") == content)
      result = run({ "clone", "-q", url("bad.test"), "denied" }, options)
      assert.equal(128, result.code)
      assert.matches("403", result.err, 1, true)
      assert.is_false(fenced.exists(folder .. "/denied/blob"))
    end)

    row("asks the origin once for each thing", function()
      local before = #secure:requests()
      assert.equal(head .. "\tHEAD\n" .. head .. "\trefs/heads/main\n",
        run({ "ls-remote", url("good.test") }).out)
      assert.equal(before + 2, #secure:wait_requests(before + 2, 2000)) -- info/refs, then HEAD
    end)

    row("commits where it may write", function()
      assert.equal(0, run({ "init", "-q", "own" }).code)
      local result = run({ "-C", "own", "commit", "-q", "--allow-empty", "-m", "first" })
      assert.equal("", result.err)
      assert.equal(0, result.code)
    end)

    row("3F.108 clones nowhere else", function()
      local elsewhere = users.temp_dir(identity)
      local result = run({ "clone", "-q", url("good.test"), elsewhere .. "/clone" })
      assert.equal(128, result.code)
      assert.matches("Read%-only file system", result.err)
      assert.is_false(fenced.exists(elsewhere .. "/clone"))
    end)

    local refused = {
      { "3A.1 a name that is not allowed", "evil.test" },
      { "3A.26 localhost, allowed but not opened", "localhost", { "localhost" } },
      { "a loopback address behind a pinned name", "127.0.0.1" },
    }
    for _, case in ipairs(refused) do
      local name, host, allowed = table.unpack(case)

      row(name .. " gets 403", function()
        for _, remote in ipairs({ url(host, plain.port), plain:url("/project.git", host) }) do
          local result = run({ "ls-remote", remote }, {
            no_exceptions = true,
            settings = allowed and { network = { allowedDomains = allowed } },
          })
          assert.equal(128, result.code)
          assert.matches("403", result.err)
        end
        assert.equal(0, plain.connections)
      end)
    end

    local direct = {
      { "git's own protocol", "git://127.0.0.1:%d/project.git" },
      { "SSH", "ssh://127.0.0.1:%d/project.git" },
      { "HTTP past the proxy", "http://localhost:%d/project.git" }, -- NO_PROXY names it
    }
    for _, case in ipairs(direct) do
      local name, pattern = table.unpack(case)

      row("3J.189 reaches nothing by " .. name, function()
        local result = run({ "ls-remote", pattern:format(plain.port) })
        assert.equal(128, result.code, result.err)
        assert.equal(0, plain.connections)
      end)
    end
  end)
end
