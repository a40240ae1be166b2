-- SPDX-License-Identifier: Apache-2.0
-- templates_spec.lua - the settings that come with fence: each runs a command, and what is said of
-- them holds.

local uv = require "luv"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local me = users.current()

local beside = "--template beside --settings '%s': leave one out; a settings file may extend " ..
  "a template"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

local function names()
  local list, scan = {}, assert(uv.fs_scandir("policies/templates"))
  for file in function() return uv.fs_scandir_next(scan) end do
    list[#list + 1] = assert(file:match("^(.*)%.json$"), file)
  end
  table.sort(list)
  return list
end

local function fence(...)
  return process.run({ argv = { users.binary(me), ... } })
end

describe("templates:", function()
  it("list says what each file says of itself", function()
    local lines = {}
    for _, name in ipairs(names()) do
      local about = assert(read("policies/templates/" .. name .. ".json"):match(
        "^// " .. name:gsub("%-", "%%-") .. ": ([^\n]+)\n//\n"), name)
      lines[#lines + 1] = ("%-19s%s\n"):format(name, about)
    end
    local result = fence("templates", "list")
    assert.equal(table.concat(lines), result.out)
    assert.equal(0, result.code)
    assert.same(result.out, fence("--list-templates").out)
  end)

  for _, name in ipairs(names()) do
    it("show prints " .. name .. " as it is", function()
      local result = fence("templates", "show", name)
      assert.equal(read("policies/templates/" .. name .. ".json"), result.out)
      assert.equal("", result.err)
      assert.equal(0, result.code)
    end)
  end

  -- name, the words, standard error behind "fence: "
  for _, row in ipairs({
    { "an unknown one is shown", { "templates", "show", "npm-instal" },
      "there is no template 'npm-instal'; did you mean 'npm-install'?" },
    { "an unknown one is used", { "-t", "cod", "true" },
      "there is no template 'cod'; did you mean 'code'?" },
    { "an unknown one that is like nothing", { "--template=zzzzzzzzz", "true" },
      "there is no template 'zzzzzzzzz': fence templates list names them" },
    { "one beside settings", { "-t", "code", "-s", "/x.json", "true" },
      beside:format("/x.json") },
    { "settings beside one", { "-s", "/x.json", "-t", "code", "true" },
      beside:format("code") },
    { "two", { "-t", "code", "-t", "code", "true" },
      "a second settings file 'code': one is read, not two" },
    { "no word", { "templates" },
      "fence templates list, or show NAME: see fence templates --help" },
    { "list and a word", { "templates", "list", "code" },
      "fence templates list, or show NAME: see fence templates --help" },
    { "show and nothing", { "templates", "show" },
      "fence templates list, or show NAME: see fence templates --help" },
    { "a list where something is decided", { "explain", "--list-templates", "a.test:1" },
      "fence explain decides once: leave out --list-templates" },
  }) do
    it("refuses " .. row[1], function()
      local result = fence(table.unpack(row[2]))
      assert.equal("fence: " .. row[3] .. "\n", result.err)
      assert.equal("", result.out)
      assert.is_truthy(result.code ~= 0)
    end)
  end

  -- template, what is asked, the beginning of the answer
  for _, row in ipairs({
    { "npm-install", "registry.npmjs.org:443", "allowed by network.allowedDomains[N] of template" },
    { "npm-install", "pypi.org:443", "denied: " },
    { "pip-install", "files.pythonhosted.org:443", "allowed by " },
    { "default-deny", "registry.npmjs.org:443", "denied: " },
    { "workspace-write", "registry.npmjs.org:443", "denied: " },
    { "agent-api-only", "api.anthropic.com:443", "allowed by " },
    { "agent-api-only", "github.com:443", "denied: " },
    { "code", "bedrock-runtime.eu-west-1.amazonaws.com:443", "allowed by " },
    { "code", "anyone.s3.amazonaws.com:443", "denied: " },
    { "code", "platform.claude.com:443", "allowed by network.allowedDomains[N] of template code" },
    { "code", "ab.chatgpt.com:443", "denied: " },
    { "code", "statsig.anthropic.com:443",
      "denied by network.deniedDomains[N] of template code: " },
    { "code-strict", "github.com:443", "allowed by network.allowedDomains[N] of template code\n" },
    { "code-relaxed", "a.test:443",
      "allowed by network.allowedDomains[N] of template code-relaxed\n" },
    { "code-relaxed", "o1.sentry.io:443", "denied by " },
    { "code-relaxed", "127.0.0.1:443", "denied by built-in" },
    { "disable-telemetry", "a.test:443", "allowed by " },
    { "disable-telemetry", "eu.posthog.com:443", "denied by " },
    { "disable-telemetry", "sentry.io:443", "denied by " },
    { "hermes", "api.telegram.org:443", "allowed by " },
    { "hermes", "github.com:443", "allowed by network.allowedDomains[N] of template code\n" },
    { "local-dev-server", "127.0.0.1:5432", "denied: " },
  }) do
    it(row[1] .. " and " .. row[2], function()
      local result = fence("explain", "-t", row[1], row[2])
      local said = result.out:gsub("%[%d+%]", "[N]")
      assert.equal(row[3], said:sub(1, #row[3]), result.err)
    end)
  end
end)

for _, identity in ipairs(users.identities()) do
  describe("templates as " .. identity .. ":", function()
    local home, project

    before_each(function()
      sandbox.require_sandbox(pending, identity)
      home = users.temp_dir(identity)
      project = home .. "/project"
      process.run({ as_user = identity, argv = { "sh", "-c", ([[
        cd %s && mkdir -p project/.git .claude .cache .config/git .ssh .local/share/applications
        echo key >.ssh/id_rsa; echo host >.ssh/known_hosts; echo {} >.claude.json
        echo a=b >project/.env; echo k >project/sub.pem; echo {} >.claude/settings.json
        echo p >.cache/p10k-instant-prompt-me.zsh; mkdir .claude/commands
        mkdir -p .codex/packages .codex/sessions
        echo secret >notes; echo x >project/x; echo y >project/.git/y]]):format(home) } })
    end)

    local function run(template, script)
      return process.run({ as_user = identity, cwd = project, env = { HOME = home },
        argv = { users.binary(identity), "-t", template, "--", "sh", "-c", script } })
    end

    for _, name in ipairs(names()) do
      it(name .. " runs a command", function()
        local result = run(name, "echo ran")
        assert.equal("ran\n", result.out)
        assert.equal("", result.err)
        assert.equal(0, result.code)
      end)
    end

    -- template, what the command does, is it let?
    for _, row in ipairs({
      { "default-deny", "echo z >z" },
      { "workspace-write", "echo z >z && echo z >d.txt", true },
      { "workspace-write", "echo z >.env" },
      { "workspace-write", "echo z >~/.cache/z" },
      { "git-readonly", "echo z >z && cat .git/y", true },
      { "git-readonly", "echo z >.git/z" },
      { "npm-install", "mkdir node_modules && echo z >node_modules/z", true },
      { "npm-install", "cat ~/.ssh/id_rsa" },
      { "code", "echo z >~/.claude/z && echo z >~/.claude.json && echo z >~/.cache/z", true },
      { "code", "echo z >~/.claude/settings.json" },
      { "code", "echo z >~/.claude/commands/z" },
      { "code", "echo z >~/.codex/packages/z" },
      { "code", "echo z >~/.codex/sessions/z", true },
      { "code", "echo z >~/.cache/p10k-instant-prompt-me.zsh" },
      { "code", "echo z >~/.config/git/config" },
      { "code", "echo z >~/.local/share/applications/z.desktop" },
      { "code", "echo z >~/.zcompdump" },
      { "code", "cat ~/.ssh/id_rsa" },
      { "code", "cat ~/.ssh/known_hosts ~/notes", true },
      { "code", "echo z >sub.pem" },
      { "code-strict", "cat x ~/.claude.json && echo z >~/.claude/z", true },
      { "code-strict", "cat ~/notes" },
      { "code-relaxed", "cat ~/notes && echo z >z", true },
      { "code-relaxed", "echo z >~/z" },
    }) do
      it(("%s: %s, %s"):format(row[1], row[2], row[3] and "done" or "refused"), function()
        local result = run(row[1], row[2])
        assert.equal(row[3] or false, result.code == 0, result.err)
        assert.is_nil(result.err:find("fence:", 1, true), result.err)
      end)
    end
  end)
end
