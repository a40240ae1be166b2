-- SPDX-License-Identifier: Apache-2.0
-- templates_tools_spec.lua - each template with the tool that it is for, which does a day's work by
-- the hosts' real names: one proxy plays all of them.

local fenced = require "spec.support.fenced"
local internet = require "spec.support.internet"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local packages = require "spec.support.packages"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local served_git = require "spec.support.served_git"
local users = require "spec.support.users"

local support = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$") .. "support/"
local model = "api.anthropic.com/v1/messages"

local registry = "registry.npmjs.org/"
local elsewhere = { "evil.test", "a.test", "o1.sentry.io", "eu.posthog.com",
  "statsig.anthropic.com" }

-- What the world has for everybody.
local function make_files()
  local tarball = packages.npm("module.exports = 42;\n", "echo done >mark")
  local wheel = packages.wheel("answer = 42\n")
  local files = {
    [registry .. "tiny"] = packages.npm_about(tarball,
      "https://" .. registry .. "tarballs/tiny-1.0.0.tgz", "echo done >mark"),
    [registry .. "tarballs/tiny-1.0.0.tgz"] = tarball,
    ["pypi.org/simple/tiny/"] = packages.wheel_page("https://files.pythonhosted.org/packages/" ..
      packages.wheel_name),
    ["files.pythonhosted.org/packages/" .. packages.wheel_name] = wheel,
  }
  for _, host in ipairs(elsewhere) do
    files[host .. "/"] = "of " .. host .. "\n"
  end
  return files
end

-- What an agent is told to do, and how each ends: by template, where they differ. 0, "x" for any
-- other status, "?" for what may seem to work for a moment.
local chores = {
  { "echo hello >made.txt", 0 },
  { "git add made.txt && git commit -q -m made", 0 },
  { "git push", 126, ["agent-api-only"] = "x" },
  { "x=push; git $x --force", 126, ["agent-api-only"] = "x" },
  { "npm install --no-audit --no-fund --no-update-notifier --fetch-retries=0 tiny", 0,
    ["agent-api-only"] = "x" },
  { "node -e 'process.exit(require(\"tiny\") - 42)'", 0, ["agent-api-only"] = "x" },
  { "npm publish", 126, ["agent-api-only"] = "x" },
  { "git clone -q https://github.com/me/project.git cloned", 0, ["agent-api-only"] = "x" },
  { "cat ~/.ssh/id_rsa", "x" },
  { "cat ~/notes", 0, ["code-strict"] = "x" },
  { "echo evil >>~/.bashrc", "x" },
  { "echo evil >.git/hooks/pre-commit", "?" },
  { "echo evil >~/.claude/settings.json", "?" },
  { "echo A=b >.env", "?" },
  { "curl -sSf https://evil.test/", "x", ["code-relaxed"] = 0 },
  { "curl -sSf https://o1.sentry.io/", "x" },
  { "sudo true", "x" },
}

-- The model's answers: the chores in two turns, and an end.
local function answers()
  local turns = { {}, {} }
  for index, chore in ipairs(chores) do
    local turn = turns[index <= #chores / 2 and 1 or 2]
    turn[#turn + 1] = { type = "tool_use", id = "t" .. index, name = "bash",
      input = { command = chore[1] } }
  end
  turns[3] = { { type = "text", text = "finished" } }
  return turns
end

for _, identity in ipairs(users.identities()) do
  describe("templates and their tools as " .. identity .. ":", function()
    local world, home, project, served

    lazy_setup(function()
      world = internet.start(make_files(), { "github.com", "api.anthropic.com" })
      local top = users.temp_dir(users.current())
      served_git.commit(served_git.make(top), "README", "of the project\n")
      served = top .. "/served/project.git"
      world:put_folder("github.com/me/project.git", served)
    end)

    lazy_teardown(function()
      world:close()
    end)

    local function host(script)
      local result = process.run({ as_user = identity, cwd = home, env = served_git.environment,
        argv = { "sh", "-ec", script } })
      assert(result.code == 0, result.err)
      return result.out
    end

    before_each(function()
      sandbox.require_sandbox(pending, identity)
      home = users.temp_dir(identity)
      project = home .. "/project"
      host([[mkdir -p project .ssh .claude .cache
        echo key >.ssh/id_rsa; echo note >notes; echo '{"user": "me"}' >.claude.json
        git init -q project; cd project; echo one >one; git add one; git commit -q -m one
        echo two >>one; git commit -q -a -m two]])
      users.write_file(identity, project .. "/ca.pem", world.ca)
      world:asked()
    end)

    -- The words, or a script, with the template's settings, and `more` beside them.
    local function run(template, command, more, args)
      local settings = { extends = template, network = { upstreamProxy = world.url } }
      for key, value in pairs(more or {}) do
        settings[key] = value
      end
      local env = { HOME = home, LC_ALL = "C.UTF-8" }
      for _, name in ipairs({ "NODE_EXTRA_CA_CERTS", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO",
        "SSL_CERT_FILE", "PIP_CERT", "npm_config_cafile" }) do
        env[name] = project .. "/ca.pem"
      end
      for name, value in pairs(served_git.environment) do
        env[name] = value
      end
      return fenced.run({ as_user = identity, cwd = project, env = env, settings = settings,
        args = args, timeout = 60000,
        argv = type(command) == "table" and command or { "sh", "-c", command } })
    end

    -- Whether the command ended as it should: `wanted` is a status, or "x" for any but 0.
    local function ended(wanted, result)
      local message = result.out .. result.err
      if wanted == "x" then
        assert.not_equal(0, result.code, message)
      else
        assert.equal(wanted, result.code, message)
      end
    end

    -- template, what it is for; then each command and how it ends
    for _, case in ipairs({
      { "npm-install", "npm", {
        { "npm install --no-audit --no-fund --no-update-notifier --fetch-retries=0 tiny && " ..
          "node -e 'process.exit(require(\"tiny\") - 42)' && cat node_modules/tiny/mark", 0 },
        { "npm publish", 126 },
        { "x=publish; npm $x", 126 },
        { "curl -sSf https://evil.test/", "x" },
        { "cat ~/.ssh/id_rsa", "x" },
        { "echo evil >>~/.npmrc", "x" },
      } },
      { "pip-install", "pip", {
        { "/usr/bin/python3 -m venv .venv && .venv/bin/pip install -q --retries=0 " ..
          "--disable-pip-version-check tiny && .venv/bin/python -c 'import tiny'", 0 },
        { "printf '#!/bin/sh\\n' >twine; chmod +x twine; ./twine check", 0 },
        { "./twine upload", 126 },
        { "x=upload; ./twine $x", 126 },
        { "cat ~/.ssh/id_rsa", "x" },
        { "curl -sSf https://evil.test/", "x" },
        { "mkdir -p ~/.local/bin", "x" },
      } },
      { "git-readonly", "git", {
        { "git status --short && git log --oneline && git diff HEAD~1 && git blame one && " ..
          "git show --stat && git grep two", 0 },
        { "echo three >>one && git diff --exit-code", 1 },
        { "git add one", "x" },
        { "git commit -q -a -m three", "x" },
        { "git stash", "x" },
        { "git push", 126 },
        { "git reset --hard", 126 },
        { "git fetch https://github.com/me/project.git", "x" },
      } },
      { "default-deny", "a filter", {
        { "sort one >/dev/null && awk '{ n++ } END { exit n - 2 }' one", 0 },
        { "echo three >>one", "x" },
        { "curl -sSf https://a.test/", "x" },
      } },
      { "workspace-write", "make", {
        { "echo 'int main(void) { return 42; }' >main.c; printf 'main: main.c\\n' >Makefile; " ..
          "make -s main && ./main", 42 },
        { "curl -sSf https://a.test/", "x" },
        { "echo evil >>~/.bashrc", "x" },
      } },
      { "disable-telemetry", "whatever reports", {
        { "curl -sSf https://a.test/", 0 },
        { "curl -sSf https://eu.posthog.com/", "x" },
        { "curl -sSf https://o1.sentry.io/", "x" },
        { "echo three >>one", 0 },
      } },
    }) do
      it(case[1] .. ": " .. case[2], function()
        for _, row in ipairs(case[3]) do
          ended(row[2], run(case[1], row[1]))
        end
        for _, line in ipairs(world:asked()) do
          assert.is_nil(line:find("evil.test", 1, true) or line:find("sentry", 1, true), line)
        end
      end)
    end

    it("local-dev-server: a server in node, which this machine reaches", function()
      local port = origin.closed_port()
      local server = [[
        const http = require("http");
        const server = http.createServer((_, answer) => {
          answer.end("served\n", () => server.close(() => process.exit(0)));
          fetch("https://a.test/").catch(() => 0);
        });
        server.listen(Number(process.argv[1]), "127.0.0.1", () => console.log("listening"));]]
      local settings = users.write_file(identity, home .. "/s.json",
        json.encode({ extends = "local-dev-server", network = { upstreamProxy = world.url } }))
      local child = process.start({ as_user = identity, cwd = project, argv = {
        users.binary(identity), "-p", tostring(port), "-s", settings, "--", "node", "-e", server,
        tostring(port) } })
      assert.equal("listening", child:read_line("stdout", 15000))
      local seen = process.run({ argv = { "curl", "-sS", "--noproxy", "*",
        ("http://127.0.0.1:%d/"):format(port) } })
      assert.equal("served\n", seen.out, seen.err)
      assert.equal(0, child:wait(15000).code)
      assert.same({}, world:asked())
    end)

    local function agent(template, more)
      process.run({ argv = { "rm", "-rf", world.top .. "/api.anthropic.com" } })
      for turn, content in ipairs(answers()) do
        world:put(("%s.%s.post.%d"):format(model, template, turn), json.encode({
          role = "assistant", content = json.list(content) }))
      end
      return run(template, { "node", project .. "/agent.mjs", "https://" .. model .. "." ..
        template }, more)
    end

    for _, template in ipairs({ "code", "code-strict", "code-relaxed", "hermes",
      "agent-api-only" }) do
      it(template .. ": a coding agent", function()
        users.write_file(identity, project .. "/agent.mjs", fenced.read_file(support ..
          "agent.mjs"))
        local result = agent(template, template == "agent-api-only" and {
          filesystem = { allowWrite = json.list({ "~/.claude" }) } } or nil)
        assert.equal(0, result.code, result.err)
        local lines = {}
        for line in result.out:gmatch("[^\n]+") do
          lines[#lines + 1] = line
        end
        for index, chore in ipairs(chores) do
          local wanted = chore[template] or chore[2]
          local status, command = lines[index]:match("^(%S+) (.*)$")
          assert.equal(chore[1], command, result.out)
          if wanted == "x" then
            assert.not_equal("0", status, lines[index])
          elseif wanted ~= "?" then
            assert.equal(tostring(wanted), status, lines[index] .. "\n" .. result.err)
          end
        end
        assert.equal("finished", lines[#chores + 1])
        assert.is_true(fenced.exists(home .. "/.claude/projects/session.jsonl"))
        for _, name in ipairs({ "/.bashrc", "/.claude/settings.json", "/project/.env",
          "/project/.git/hooks/pre-commit", "/.npm" }) do
          assert.is_false(fenced.exists(home .. name), name)
        end
        for _, line in ipairs(world:asked()) do
          assert.is_nil(line:find("sentry", 1, true) or line:find("statsig", 1, true), line)
        end
      end)
    end
  end)
end
