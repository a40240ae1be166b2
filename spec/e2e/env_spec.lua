-- SPDX-License-Identifier: Apache-2.0
-- env_spec.lua - what the settings make of the environment, and what is scrubbed without them.
-- That what passes does so byte for byte, and where the proxy variables lead, is told in
-- arguments_spec.lua.

local uv = require "luv"
local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- Gone unless it is allowed: row, name, value.
local scrubbed = {
  { "3J.183", "BASH_ENV", "/nonexistent" }, { "3J.183", "ENV", "/nonexistent" },
  { "3J.183", "PROMPT_COMMAND", "id" }, { "3J.183", "PS4", "$(id)" },
  { "3J.183", "SHELLOPTS", "xtrace" }, { "3J.183", "BASHOPTS", "extdebug" },
  { "3J.183", "IFS", "/" }, { "3J.183", "BASH_FUNC_ls%%", "() { id; }" },
  { "3J.183", "PERL5OPT", "-Mx" }, { "3J.183", "PERL5DB", "x" },
  { "3J.183", "PYTHONSTARTUP", "/x" }, { "3J.183", "RUBYOPT", "-rx" },
  { "3J.183", "NODE_OPTIONS", "--require /x.js" }, { "3J.183", "_JAVA_OPTIONS", "-agentlib:x" },
  { "3J.183", "LESSOPEN", "|id" }, { "3J.183", "LUA_INIT", "x()" },
  { "3J.183", "GIT_SSH", "/x" }, { "3J.183", "GIT_EXTERNAL_DIFF", "/x" },
  { "3J.183", "GIT_CONFIG_COUNT", "0" }, { "3J.183", "GIT_EXEC_PATH", "/x" },
  { "3J.183", "OPENSSL_CONF", "/x" }, { "3J.182", "GCONV_PATH", "/x" },
  { "3J.182", "MALLOC_PERTURB_", "1" }, { "3J.182", "HOSTALIASES", "/x" },
  { "3H.174", "DISPLAY", ":0" }, { "3H.174", "XAUTHORITY", "/x" },
  { "3H.174", "WAYLAND_DISPLAY", "wayland-0" }, { "3H.174", "SSH_AUTH_SOCK", "/tmp/x/agent" },
  { "3H.174", "DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus" },
  { "3H.174", "DOCKER_HOST", "unix:///run/docker.sock" }, { "3H.174", "TMUX", "/tmp/t,1,0" },
  { "3H.174", "VSCODE_IPC_HOOK_CLI", "/tmp/v.sock" }, { "3H.174", "KRB5CCNAME", "/tmp/cc" },
}

-- Somebody's ordinary settings, which stay.
local passing = {
  { "PYTHONPATH", "/x" }, { "EDITOR", "vi" }, { "PAGER", "cat" }, { "CLASSPATH", "/x.jar" },
  { "GIT_AUTHOR_NAME", "A" }, { "GIT_CONFIG_NOSYSTEM", "1" }, { "GIT_CONFIG_GLOBAL", "/dev/null" },
  { "MALLOC_ARENA_MAX", "2" }, { "NODE_OPTIONS", "--max-old-space-size=512" },
  { "DOCKER_HOST", "tcp://docker.test:2375" }, { "GITHUB_TOKEN", "x" },
}

for _, identity in ipairs(users.identities()) do
  describe("the environment as " .. identity, function()
    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    local function run(argv, options)
      options.argv, options.as_user = argv, identity
      return fenced.run(options)
    end

    -- name -> value, as the command has it.
    local function look(settings, env)
      local result = run({ "env", "-0" }, { settings = settings, env = env })
      assert.equal(0, result.code, result.err)
      assert.equal("", result.err)
      local inside = {}
      for name, value in result.out:gmatch("([^=%z]+)=(%Z*)%z") do
        assert.is_nil(inside[name], name .. " stands there twice")
        inside[name] = value
      end
      return inside
    end

    local function of(list)
      local env = {}
      for _, case in ipairs(list) do
        env[case[#case - 1]] = case[#case]
      end
      return env
    end

    local found
    for _, case in ipairs(scrubbed) do
      local number, name = table.unpack(case)

      row(number .. " has no " .. name, function()
        found = found or look({}, of(scrubbed))
        assert.is_nil(found[name])
      end)
    end

    local kept
    for _, case in ipairs(passing) do
      row("3J.183 keeps " .. case[1] .. "=" .. case[2], function()
        kept = kept or look({}, of(passing))
        assert.equal(case[2], kept[case[1]])
      end)
    end

    row("3J.183 runs no file of the caller's in bash", function()
      local file = users.temp_dir(identity) .. "/start"
      users.write_file(identity, file, "echo started\n")
      local result = run({ "bash", "-c", "echo ran" }, { env = { BASH_ENV = file } })
      assert.equal("ran\n", result.out, result.err)
    end)

    row("has every scrubbed one that is allowed", function()
      local names = {}
      for index, case in ipairs(scrubbed) do
        names[index] = case[2]
      end
      local inside = look({ environment = { allow = json.list(names) } }, of(scrubbed))
      for _, case in ipairs(scrubbed) do
        assert.equal(case[3], inside[case[2]], case[2])
      end
    end)

    row("3J.182 says under -d what does not pass, without its value", function()
      local result = run({ "true" }, { env = { PS4 = "s3cret", LD_AUDIT = "" }, args = { "-d" } })
      assert.equal(0, result.code)
      assert.matches("environment: PS4 does not pass: a shell runs what stands in it", result.err,
        1, true)
      assert.matches("environment: LD_AUDIT does not pass", result.err, 1, true)
      assert.is_nil(result.err:find("s3cret", 1, true))
    end)

    -- LD_DEBUG has every program that is loaded write a file, so it shows which ones see it.
    row("3J.182 gives LD_* that are asked for to the command, and to nothing outside", function()
      local folder = users.temp_dir(identity)
      local result = run({ "sh", "-c", "true" }, {
        settings = {
          environment = {
            set = { LD_DEBUG_OUTPUT = folder .. "/d" }, allow = json.list({ "LD_DEBUG" }),
          },
          filesystem = { allowWrite = json.list({ folder }) },
        },
        env = { LD_DEBUG = "files" },
      })
      assert.equal(0, result.code, result.err)
      local seen = {}
      for name in uv.fs_scandir_next, uv.fs_scandir(folder) do
        local told = fenced.read_file(folder .. "/" .. name)
        for program in told:gmatch("transferring control: (%S+)") do
          seen[#seen + 1] = program
        end
      end
      assert.same({ "sh" }, seen)
    end)

    row("3J.182 is not given LD_* by a pattern", function()
      local inside = look({ environment = { allow = json.list({ "LD_*", "LDX_*" }) } },
        { LD_BIND_NOW = "1", LDX_A = "1" })
      assert.is_nil(inside.LD_BIND_NOW)
      assert.equal("1", inside.LDX_A)
    end)

    row("keeps a socket's variable where the socket is allowed", function()
      local inside = look({ network = { allowUnixSockets = json.list({ "/tmp/x/agent",
        "/tmp/.X11-unix/X*" }) } }, of(scrubbed))
      assert.equal("/tmp/x/agent", inside.SSH_AUTH_SOCK)
      assert.equal(":0", inside.DISPLAY)
      assert.is_nil(inside.DOCKER_HOST)
    end)

    row("inherit: false leaves who and where one is", function()
      local inside = look({ environment = { inherit = false, allow = json.list({ "AWS_*" }) } },
        { GITHUB_TOKEN = "x", AWS_REGION = "r", LC_TIME = "C", A = "1", TZ = "UTC" })
      assert.equal(users.home(identity), inside.HOME)
      assert.equal(identity, inside.USER)
      assert.is_truthy(inside.PATH)
      assert.equal("C", inside.LC_TIME)
      assert.equal("UTC", inside.TZ)
      assert.equal("r", inside.AWS_REGION)
      assert.is_nil(inside.GITHUB_TOKEN)
      assert.is_nil(inside.A)
      assert.equal("http://127.0.0.1:3128", inside.HTTPS_PROXY)
    end)

    row("the proxy's ports inside may be others", function()
      local network = { httpProxyPort = 8118, socksProxyPort = 8119 }
      local inside = look({ network = network }, {})
      assert.equal("http://127.0.0.1:8118", inside.HTTPS_PROXY)
      assert.equal("socks5h://127.0.0.1:8119", inside.ALL_PROXY)
      for _, from in ipairs({ "http://127.0.0.1:8118", "socks5h://127.0.0.1:8119" }) do
        local result = fenced.run({ settings = { network = network }, as_user = identity,
          argv = { "curl", "-sS", "-x", from, "http://a.test/" } })
        assert.is_truthy((result.out .. result.err):find(from:find("http", 1, true) and
          "no rule allows a.test:80" or "SOCKS5", 1, true), result.out .. result.err)
      end
      local result = fenced.run({ settings = { network = network }, as_user = identity,
        args = { "-p", "8119" }, argv = { "true" } })
      assert.equal(125, result.code)
      assert.is_truthy(result.err:find("finds fence's own proxy at this port", 1, true), result.err)
    end)

    row("deny takes credentials away, and wins over allow", function()
      local inside = look({ environment = {
        deny = json.list({ "*_TOKEN", "*_SECRET*", "*_API_KEY", "AWS_*" }),
        allow = json.list({ "AWS_REGION", "GH_TOKEN" }),
      } }, { GH_TOKEN = "x", A_SECRET_B = "x", X_API_KEY = "x", AWS_REGION = "r", TOKENS = "y" })
      for _, name in ipairs({ "GH_TOKEN", "A_SECRET_B", "X_API_KEY", "AWS_REGION" }) do
        assert.is_nil(inside[name], name)
      end
      assert.equal("y", inside.TOKENS)
    end)

    row("deny takes away what fence adds, but not that it says it is there", function()
      local denied = json.list({ "JAVA_TOOL_OPTIONS", "FENCE_*" })
      local inside = look({ environment = { deny = denied } })
      assert.is_nil(inside.JAVA_TOOL_OPTIONS)
      assert.equal("1", inside.FENCE_SANDBOX)
    end)

    row("set has the last word", function()
      local inside = look({ environment = {
        deny = json.list({ "*_TOKEN" }), inherit = false,
        set = { GH_TOKEN = "fake", HTTP_PROXY = "http://127.0.0.1:1", BASH_ENV = "/x", EMPTY = "",
                TMPDIR = "/var/tmp" },
      } }, { GH_TOKEN = "real" })
      assert.equal("fake", inside.GH_TOKEN)
      assert.equal("http://127.0.0.1:1", inside.HTTP_PROXY)
      assert.equal("/x", inside.BASH_ENV)
      assert.equal("", inside.EMPTY)
      assert.equal("/var/tmp", inside.TMPDIR)
    end)

    row("3J.186 no setting brings the caller's proxy back", function()
      local inside = look({ environment = { allow = json.list({ "HTTP_PROXY", "*_PROXY" }) } },
        { HTTP_PROXY = "http://u:secret@p.test:1", FTP_PROXY = "http://u:secret@p.test:1" })
      assert.equal("http://127.0.0.1:3128", inside.HTTP_PROXY)
      assert.is_nil(inside.FTP_PROXY)
    end)

    local wrong = {
      { "3J.188 an empty name", { deny = { "" } }, "environment.deny%[0%]: '': this is empty" },
      { "a pattern for everything", { allow = { "*" } }, "this names every variable" },
      { "a value among names", { deny = { "A=1" } }, "a variable's name has no '='" },
      { "fence's own variable", { set = { FENCE_SANDBOX = "0" } }, "fence sets it" },
    }
    for _, case in ipairs(wrong) do
      row("refuses " .. case[1], function()
        local result = run({ "true" }, { settings = { environment = case[2] } })
        assert.equal(125, result.code)
        assert.matches(case[3], result.err)
      end)
    end

    row("3J.188 copes with thousands of variables, patterns for them, and odd names", function()
      local env, many = { ["odd-name.1"] = "a=b\n\255" }, 5000
      for index = 1, many do
        env[("V%d_%s"):format(index, index % 2 == 0 and "TOKEN" or "X")] = ("v"):rep(100)
      end
      local inside = look({ environment = { deny = json.list({ "*_TOKEN" }) } }, env)
      assert.equal("a=b\n\255", inside["odd-name.1"])
      local left = 0
      for name in pairs(inside) do
        left = left + (name:match("^V%d+_X$") and 1 or 0)
        assert.is_nil(name:match("_TOKEN$"))
      end
      assert.equal(many / 2, left)
    end)

    row("3J.190 PWD is the real folder", function()
      local top = users.temp_dir(identity)
      assert(uv.fs_mkdir(top .. "/real", tonumber("755", 8)))
      assert(uv.fs_symlink(top .. "/real", top .. "/link"))
      local result = run({ "sh", "-c", 'echo "$PWD"; pwd -P' },
        { cwd = top .. "/link", env = { PWD = top .. "/link" } })
      assert.equal((top .. "/real\n"):rep(2), result.out)
    end)

    row("3J.190 a home folder that is not there stops nothing, and is told under -d", function()
      for _, home in ipairs({ "/nonexistent", "/tmp/home", "relative", "" }) do
        local result = run({ "sh", "-c", "echo ran" }, { env = { HOME = home }, args = { "-d" } })
        assert.equal("ran\n", result.out, result.err)
        assert.matches("HOME is a folder that is not there inside", result.err, 1, true)
      end
      local result = run({ "true" }, { args = { "-d" } })
      assert.is_nil(result.err:find("HOME", 1, true))
    end)
  end)
end
