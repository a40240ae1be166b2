-- SPDX-License-Identifier: Apache-2.0
-- ssh_spec.lua - ssh, and git over it, through `fence connect`: an allowed name opens, every other
-- is refused in fence's words.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local sshd = require "spec.support.sshd"
local users = require "spec.support.users"

local environment = {
  GIT_CONFIG_GLOBAL = "/dev/null", GIT_CONFIG_NOSYSTEM = "1",
  GIT_AUTHOR_NAME = "A", GIT_AUTHOR_EMAIL = "a@good.test",
  GIT_COMMITTER_NAME = "A", GIT_COMMITTER_EMAIL = "a@good.test",
}

local function git(...)
  local result = process.run({ argv = { "git", ... }, env = environment })
  assert(result.code == 0, result.err)
  return (result.out:gsub("\n$", ""))
end

-- The program where every identity sees it inside, too: the build folder may lie below /tmp. Its
-- path needs quotes.
local function program()
  local folder = users.temp_dir(users.current()) .. "/it's 100% a folder"
  assert(uv.fs_chmod(folder:match("^(.*)/"), tonumber("711", 8)))
  assert(uv.fs_mkdir(folder, tonumber("755", 8)))
  assert(uv.fs_copyfile(os.getenv("FENCE_BINARY"), folder .. "/fence"))
  assert(uv.fs_chmod(folder .. "/fence", tonumber("755", 8)))
  return folder .. "/fence"
end

for _, identity in ipairs(users.identities()) do
  describe("ssh in the sandbox as " .. identity, function()
    local server, echo, fence, config, path, project, head
    local tools = { "git", "--version" }

    lazy_setup(function()
      server, echo, fence = sshd.start(), origin.echo(), program()
      if not server then
        return
      end
      config = server:client_config(identity)
      project = users.temp_dir(users.current()) .. "/project"
      git("init", "-q", "-b", "main", project)
      git("-C", project, "commit", "-q", "--allow-empty", "-m", "first")
      head = git("-C", project, "rev-parse", "HEAD")
      path = users.temp_dir(identity) -- git finds this ssh, which brings the keys, before the other
      users.write_file(identity, path .. "/ssh",
        ('#!/bin/sh\nexec /usr/bin/ssh -F %s "$@"\n'):format(config), "755")
    end)
    lazy_teardown(function()
      echo:close()
      if server then
        server:stop()
      end
    end)
    before_each(function() echo.connections = 0 end)

    local function run(argv, options)
      options = options or {}
      local env = { PATH = path and path .. ":/usr/bin:/bin" }
      for name, value in pairs(environment) do
        env[name] = value
      end
      local words = fenced.argv({
        argv = argv, as_user = identity, args = options.args,
        settings = options.settings or fenced.settings({ "good.test" }, options.write),
      })
      words[1] = options.fence or fence
      return process.run({ argv = words, as_user = identity, env = env, stdin = options.stdin,
        cwd = options.cwd, timeout = 20000 })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, tools)
        sandbox.require_sandbox(pending, identity)
        sshd.require(pending)
        fn()
      end)
    end

    local function by_hand(host)
      return run({ "sh", "-c",
        'exec /usr/bin/ssh -F "$0" -o "ProxyCommand=$1 connect %h %p" "$2" echo there', config,
        "'" .. fence:gsub("'", "'\\''"):gsub("%%", "%%%%") .. "'", host })
    end

    row("reaches an allowed name", function()
      local result = by_hand("good.test")
      assert.equal("there\n", result.out, result.err)
      assert.equal(0, result.code)
    end)

    row("3A.1 is refused a name that is not allowed, in fence's words", function()
      local result = by_hand("evil.test")
      assert.equal(255, result.code)
      assert.equal("", result.out)
      assert.matches(("fence: evil.test:%d: 403 Forbidden: no rule allows evil.test:%d; allow it"):
        format(server.port, server.port), result.err, 1, true)
    end)

    row("3J.189 reaches nothing without it", function()
      local result = run({ "/usr/bin/ssh", "-F", config, "127.0.0.1", "echo there" })
      assert.equal(255, result.code)
      assert.equal("", result.out)
    end)

    local function url(host)
      return ("ssh://%s@%s:%d%s"):format(users.current(), host, server.port, project)
    end

    row("git clones over it with no settings of its own", function()
      local folder = users.temp_dir(identity)
      local result = run({ "git", "clone", "-q", url("good.test"), folder .. "/clone" },
        { write = { folder } })
      assert.equal("", result.err)
      assert.equal(0, result.code)
      result = run({ "git", "-C", folder .. "/clone", "rev-parse", "HEAD" })
      assert.equal(head .. "\n", result.out, result.err)
    end)

    row("3A.1 git is refused a name that is not allowed, in fence's words", function()
      local result = run({ "git", "ls-remote", url("evil.test") })
      assert.equal(128, result.code)
      assert.equal("", result.out)
      assert.matches("403 Forbidden: no rule allows evil.test", result.err, 1, true)
    end)

    row("a command for git that the settings name comes first", function()
      local settings = fenced.settings({ "good.test" })
      settings.environment = {
        set = { GIT_SSH_COMMAND = "echo instead >&2; false", GIT_SSH_VARIANT = "ssh" },
      }
      local result = run({ "git", "ls-remote", url("good.test") }, { settings = settings })
      assert.matches("instead", result.err, 1, true)
    end)

    row("git has no command for it where fence cannot be seen inside", function()
      local hidden = os.tmpname()
      assert(uv.fs_copyfile(fence, hidden))
      assert(uv.fs_chmod(hidden, tonumber("755", 8)))
      local result = run({ "env" }, { fence = hidden })
      os.remove(hidden)
      assert.equal(0, result.code, result.err)
      assert.is_nil(result.out:find("GIT_SSH_COMMAND", 1, true))
    end)
  end)

  describe("fence connect as " .. identity, function()
    local echo, fence

    lazy_setup(function() echo, fence = origin.echo(), program() end)
    lazy_teardown(function() echo:close() end)
    before_each(function() echo.connections = 0 end)

    local function run(argv, stdin)
      return fenced.run({ argv = argv, as_user = identity, stdin = stdin,
        settings = fenced.settings({ "good.test" }) })
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local ways = {
      { "HTTP", {} },
      { "SOCKS5", { "env", "-u", "https_proxy", "-u", "HTTPS_PROXY" } },
    }
    for _, way in ipairs(ways) do
      local name, words = table.unpack(way)

      local function connect(host, stdin)
        local argv = table.move(words, 1, #words, 1, {})
        table.move({ fence, "connect", host, tostring(echo.port) }, 1, 4, #argv + 1, argv)
        return run(argv, stdin)
      end

      row("passes on every byte and the end of the input, by " .. name, function()
        local sent = ("0123\0\255\r\n"):rep(300000)
        local result = connect("good.test", sent)
        assert.equal("", result.err)
        assert.equal(0, result.code)
        assert.is_true(result.out == sent)
      end)

      row("3A.1 has status 1 and a line where it is refused, by " .. name, function()
        local result = connect("evil.test", "x")
        assert.equal(1, result.code)
        assert.equal("", result.out)
        assert.matches("^fence: evil.test:%d+: [^\n]*no rule allows[^\n]*\n$", result.err)
        assert.equal(0, echo.connections)
      end)
    end

    local misuse = {
      { "no words", {}, "fence connect HOST PORT" },
      { "a word too many", { "a", "1", "b" }, "fence connect HOST PORT" },
      { "an option", { "-x" }, "unknown option" },
      { "a port that is none", { "a", "ssh" }, "a port is a number" },
      { "a host with a line break", { "a\r\nX: y", "22" }, "a host is a name" },
    }
    for _, case in ipairs(misuse) do
      it("refuses " .. case[1], function()
        local argv = table.move(case[2], 1, #case[2], 3, { fence, "connect" })
        local result = process.run({ argv = argv, as_user = identity,
          env = { https_proxy = "http://127.0.0.1:1" } })
        assert.equal(1, result.code)
        assert.matches("^fence: [^\n]+\n$", result.err)
        assert.matches(case[3], result.err, 1, true)
      end)
    end

    it("says so where no variable names a proxy", function()
      local result = process.run({ argv = { fence, "connect", "a", "22" }, as_user = identity })
      assert.equal(1, result.code)
      assert.matches("^fence: no proxy to go through: [^\n]+\n$", result.err)
    end)

    it("goes through the proxy alone, with its login", function()
      local folder = users.temp_dir(identity)
      local login = users.write_file(identity, folder .. "/login", "u:p@ss\n")
      local settings = users.write_file(identity, folder .. "/fence.json",
        json.encode(fenced.settings({ "good.test" })))
      local proxy = process.start({ as_user = identity, argv = { fence, "proxy", "--http",
        "127.0.0.1:0", "--login", login, "-s", settings } })
      local port = assert(proxy:read_line("stderr", 10000)):match(":(%d+)")
      local function connect(password)
        return process.run({ argv = { fence, "connect", "good.test", tostring(echo.port) },
          as_user = identity, stdin = "ping",
          env = { HTTPS_PROXY = ("http://u:%s@127.0.0.1:%s"):format(password, port) } })
      end
      local result = connect("p%40ss")
      assert.equal("ping", result.out, result.err)
      result = connect("wrong")
      assert.equal(1, result.code)
      assert.matches("407", result.err, 1, true)
      assert.is_nil(result.err:find("wrong", 1, true))
      proxy:stop()
    end)

    it("has a help of its own", function()
      local result = process.run({ argv = { fence, "connect", "--help" }, as_user = identity })
      assert.equal(0, result.code)
      assert.matches("ProxyCommand='fence connect %h %p'", result.out, 1, true)
    end)
  end)
end
