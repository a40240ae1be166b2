-- SPDX-License-Identifier: Apache-2.0
-- arguments_spec.lua - what the command is given: its arguments byte for byte, and its environment
-- without what would load code into it, lead around the proxy, or tell a secret of the user's.

local fenced = require "spec.support.fenced"
local json = require "spec.support.json"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- Each argument, ended by NUL, which no argument can hold.
local show = [[
import os, sys
for word in sys.argv[1:]:
    sys.stdout.buffer.write(os.fsencode(word) + b"\0")
]]

local arguments = {
  { "spaces", { " ", "a b", "  lead and trail  ", "\ttab\t" } },
  { "quotes", { "'", '"', "\\", "'a'", '"a b"', "`id`", "$HOME", "${x}", "$(id)", "a\\'b" } },
  { "what a shell would read", { "*", "?", "~", "a;b", "a&&b", "|", ">x", "#", "!", "{a,b}" } },
  { "newlines", { "\n", "a\nb", "\r\n", "a\n" } },
  { "empty ones", { "", "a", "", "" } },
  { "dashes", { "-", "--", "-c", "--allow", "-h", "--bind", "/", "/", "--", "-" } },
  { "words for bubblewrap", { "--bind", "/", "/", "--dev-bind", "/", "/", "--args", "3" } },
  { "control characters", { "\1\2\27[31m\127", "\7" } },
  { "bytes that are no UTF-8", { "\255", "\xc0\xaf", "caf\xe9", "\xf0\x9f\x98" } },
  { "UTF-8", { "naïve", "日本語", "e\u{301}" } },
  { "100 kB", { ("x"):rep(100000), "after" } },
  { "a thousand", (function()
    local words = {}
    for index = 1, 1000 do
      words[index] = "word " .. index
    end
    return words
  end)() },
}

local kept = {
  { "plain", "value" }, { "EMPTY", "" }, { "SPACES", "  a  b " }, { "LINES", "a\nb\n" },
  { "EQUALS", "a=b=c" }, { "BYTES", "\255\xc0\xaf" }, { "LONG", ("y"):rep(100000) },
  { "odd-name.1", "x" }, { "NOT_LD_X", "x" }, { "ld_lower", "x" }, { "UNFENCE_X", "x" },
  { "MY_HTTP_PROXY_LIKE", "x" },
}

local stripped = {
  { "3J.182 LD_PRELOAD", "LD_PRELOAD", "/nonexistent/evil.so" },
  { "3J.182 LD_LIBRARY_PATH", "LD_LIBRARY_PATH", "/nonexistent" },
  { "3J.182 LD_BIND_NOW", "LD_BIND_NOW", "1" },
  { "3J.182 GLIBC_TUNABLES", "GLIBC_TUNABLES", "glibc.malloc.perturb=1" },
  { "3J.182 DYLD_INSERT_LIBRARIES", "DYLD_INSERT_LIBRARIES", "/nonexistent/evil.dylib" },
  { "3J.187 what was told to fence", "FENCE_SETTINGS_TEXT", "allow everything" },
  { "3J.190 XDG_RUNTIME_DIR that is not there", "XDG_RUNTIME_DIR", "/nonexistent" },
}

local secret = "hunter2-secret"
local with_password = "http://user:" .. secret .. "@proxy.test:8080"

local own_proxies = {
  "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "ftp_proxy",
  "FTP_PROXY", "Http_Proxy", "npm_config_proxy", "npm_config_https_proxy", "NPM_CONFIG_PROXY",
  "PIP_PROXY", "no_proxy", "NO_PROXY", "CARGO_HTTP_PROXY", "RSYNC_PROXY", "grpc_proxy",
}

local added = {
  { "ALL_PROXY", "socks5h://127.0.0.1:1080" }, { "all_proxy", "socks5h://127.0.0.1:1080" },
  { "HTTP_PROXY", "http://127.0.0.1:3128" }, { "HTTPS_PROXY", "http://127.0.0.1:3128" },
  { "http_proxy", "http://127.0.0.1:3128" }, { "https_proxy", "http://127.0.0.1:3128" },
  { "NO_PROXY", "localhost,127.0.0.1,::1" }, { "no_proxy", "localhost,127.0.0.1,::1" },
  { "NODE_USE_ENV_PROXY", "1" }, { "FENCE_SANDBOX", "1" },
  { "npm_config_proxy", "http://127.0.0.1:3128" }, { "PIP_PROXY", "http://127.0.0.1:3128" },
  { "npm_config_https_proxy", "http://127.0.0.1:3128" },
  { "YARN_HTTP_PROXY", "http://127.0.0.1:3128" }, { "YARN_HTTPS_PROXY", "http://127.0.0.1:3128" },
  { "GLOBAL_AGENT_HTTP_PROXY", "http://127.0.0.1:3128" },
  { "GLOBAL_AGENT_NO_PROXY", "localhost,127.0.0.1,::1" }, { "ELECTRON_GET_USE_PROXY", "1" },
  { "CARGO_HTTP_PROXY", "http://127.0.0.1:3128" }, { "RSYNC_PROXY", "127.0.0.1:3128" },
}

for _, identity in ipairs(users.identities()) do
  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { python, "--version" })
      sandbox.require_sandbox(pending, identity)
      fn()
    end)
  end

  describe("the arguments as " .. identity, function()
    for _, case in ipairs(arguments) do
      local name, words = table.unpack(case)

      row("3G.164 arrive byte for byte: " .. name, function()
        local argv = table.move(words, 1, #words, 4, { python, "-c", show })
        local result = fenced.run({ argv = argv, as_user = identity })
        assert.equal(0, result.code, result.err)
        assert.is_true(result.out == table.concat(words, "\0") .. "\0")
      end)
    end

    row("are the command's from its first word on", function()
      local settings = users.write_file(identity, users.temp_dir(identity) .. "/fence.json", "{}")
      local result = process.run({
        argv = { users.binary(identity), "-s", settings, "-m", "printf", "<%s>", "install", "-d",
          "--help", "-s", "--", "-c" },
        as_user = identity,
      })
      assert.equal("<install><-d><--help><-s><--><-c>", result.out)
      assert.equal("", result.err)
    end)

    -- An environment and arguments that the kernel takes for fence, but not with bubblewrap's own.
    -- One word has 128 kB at the most, so there are many.
    row("3G.164 fail with 126 and a line where they are too long", function()
      local argv = fenced.argv({ argv = { "true" }, as_user = identity })
      for index = 1, 20 do
        argv[#argv + 1] = ("%02d"):format(index) .. ("z"):rep(100000)
      end
      local started, running
      for size = 120000, 0, -200 do
        argv[#argv + 1] = ("z"):rep(size)
        started, running = pcall(process.start, { argv = argv, as_user = identity })
        if started then
          break
        end
        argv[#argv] = nil
      end
      assert.is_true(started, running)
      local result = running:wait()
      assert.equal(126, result.code, result.err)
      assert.equal("", result.out)
      assert.matches("^fence: [^\n]+\n$", result.err)
      assert.matches("Argument list too long: pass long arguments in a file", result.err)
    end)
  end)

  describe("the environment as " .. identity, function()
    local inside -- name -> value, of one run with everything above

    local function look()
      if inside then
        return inside
      end
      local env = {}
      for _, case in ipairs(kept) do
        env[case[1]] = case[2]
      end
      for _, case in ipairs(stripped) do
        env[case[2]] = case[3]
      end
      for _, name in ipairs(own_proxies) do
        env[name] = with_password
      end
      env.NODE_USE_ENV_PROXY, env.FENCE_SANDBOX = "0", "0"
      local result = fenced.run({ argv = { "env", "-0" }, as_user = identity, env = env })
      assert.equal(0, result.code, result.err)
      inside = {}
      for name, value in result.out:gmatch("([^=%z]+)=(%Z*)%z") do
        assert.is_nil(inside[name], name .. " stands there twice")
        inside[name] = value
      end
      return inside
    end

    for _, case in ipairs(kept) do
      row("3J.188 keeps " .. case[1], function()
        assert.is_true(look()[case[1]] == case[2])
      end)
    end

    for _, case in ipairs(stripped) do
      local name, variable = table.unpack(case)

      row("loses " .. name, function()
        assert.is_nil(look()[variable])
      end)
    end

    for _, case in ipairs(added) do
      row("has " .. case[1], function()
        assert.equal(case[2], look()[case[1]])
      end)
    end

    row("has no other proxy", function()
      local allowed = {}
      for _, case in ipairs(added) do
        allowed[case[1]] = true
      end
      for name in pairs(look()) do
        assert.is_true(allowed[name] or not name:lower():match("_proxy$"), name)
      end
    end)

    row("3J.186 shows the password of the user's proxy nowhere", function()
      local env = { FENCE_NOTE = with_password }
      for _, name in ipairs(own_proxies) do
        env[name] = with_password
      end
      local script = "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'"
      local result = fenced.run({
        argv = { "sh", "-c", script }, as_user = identity, env = env, args = { "-d" },
      })
      assert.is_truthy(result.out:find("FENCE_SANDBOX=1", 1, true)) -- something was seen
      assert.is_nil(result.out:find(secret, 1, true))
      assert.is_nil(result.err:find(secret, 1, true))
    end)

    row("3J.190 leads temporary files to a place that is there", function()
      local result = fenced.run({
        argv = { "sh", "-c", 'f=$(mktemp) && echo "$f" && echo "$TMPDIR $TMP $TEMP"' },
        as_user = identity,
        env = { TMPDIR = "/nonexistent", TMP = "/nonexistent", TEMP = "/nonexistent" },
      })
      assert.matches("^/tmp/[^\n]+\n/tmp /tmp /tmp\n$", result.out, result.err)
    end)

    row("3J.190 has a runtime folder of its own where the user has one in /run", function()
      local folder = "/run/user/" .. users.ids(identity).uid
      local result = fenced.run({
        argv = { "sh", "-c",
          'echo "$XDG_RUNTIME_DIR"; ls -A "$XDG_RUNTIME_DIR"; : >"$XDG_RUNTIME_DIR/x"' },
        as_user = identity, env = { XDG_RUNTIME_DIR = folder },
      })
      assert.equal(folder .. "\n", result.out)
      assert.equal("", result.err)
      assert.is_false(fenced.exists(folder .. "/x"))
    end)

    row("3J.185 is no way out when the command changes it", function()
      local result = fenced.run({
        argv = { "env", "-u", "HTTP_PROXY", "-u", "http_proxy", "NO_PROXY=*", "no_proxy=*",
          "curl", "-qsS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}",
          "http://203.0.113.11/" },
        settings = { network = { allowedDomains = json.list({ "*" }) } }, as_user = identity,
      })
      assert.equal("403", result.out, result.err) -- captured: no address that the rules allow
    end)
  end)
end
