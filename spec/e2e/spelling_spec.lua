-- SPDX-License-Identifier: Apache-2.0
-- spelling_spec.lua - a folder in which upper and lower case are the same, as a share of a Mac: a
-- protected name is one in every spelling. The file system is a small program on /dev/fuse.

local attempt = require "spec.support.attempt"
local fenced = require "spec.support.fenced"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local source = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$") .. "support/loose_fs.c"

local me = users.current() -- who may open /dev/fuse, perhaps, where others may not

-- Each a script that makes a protected name, and the name as the alert has it. Those that wait let
-- the folder be looked into first: what is made then by another of its names is not told of.
local made = {
  { "a start file", "echo evil >.BASHRC", ".bashrc" },
  { "a folder", "mkdir .VsCode; echo evil >.VsCode/tasks.json", ".vscode" },
  { "a link", "ln -s /etc/passwd .Profile", ".profile" },
  { "what was moved there", "echo evil >x; mv x .ZshRC", ".zshrc" },
  { "in a folder that is new", "mkdir -p a/b; echo evil >a/b/.MCP.json", "a/b/.mcp.json" },
  { "in a folder that is protected by its spelling too",
    "mkdir .CLAUDE; echo evil >.CLAUDE/Settings.JSON", ".claude/settings.json" },
  { "our own settings", "echo evil >Fence.Json", "fence.json" },
  { "by another spelling of its folder",
    "mkdir .claude; sleep 0.3; echo evil >.CLAUDE/Settings.JSON",
    ".claude/settings.json" },
  { "and of one above", "mkdir -p sub/.claude; sleep 0.3; echo evil >SUB/.Claude/settings.json",
    "sub/.claude/settings.json" },
  { "git's", "echo evil >.GitModules", ".gitmodules" },
}

for _, identity in ipairs(users.identities()) do
  describe("where upper and lower case are the same, as " .. identity, function()
    local folder, mounted

    lazy_setup(function()
      folder = users.temp_dir(identity)
    end)

    before_each(function()
      fenced.require_tool(pending, { "fusermount3", "--version" })
      sandbox.require_sandbox(pending, identity)
      if not fenced.exists("/dev/fuse") then
        pending("there is no /dev/fuse: modprobe fuse")
      end
      local flags = fenced.require_tool(pending, { "pkg-config", "--cflags", "--libs", "fuse3" })
      attempt.host(identity, folder, "rm -rf real; mkdir -p real/p mount")
      attempt.host(me, folder, ("[ -x loose_fs ] || cc -o loose_fs %s %s; ./loose_fs real mount %s")
        :format(source, flags:gsub("\n", " "), users.ids(me).uid == 0 and "allow_other" or ""))
      mounted = true
    end)

    after_each(function()
      if mounted then
        attempt.host(me, folder, "fusermount3 -u -z mount")
      end
      mounted = false
    end)

    local function host(script)
      return attempt.host(identity, folder .. "/mount", script)
    end

    local function inside(script, options)
      options = options or {}
      return fenced.run({ argv = { "sh", "-c", script }, as_user = identity,
        cwd = folder .. "/mount/" .. (options.cwd or "p"), args = { "-m" },
        settings = options.settings or { filesystem = { allowWrite = { "." } } } })
    end

    it("3D.129 one spelling finds what another has made, outside", function()
      assert.equal("own\n", host("echo own >p/.bashrc; cat p/.BASHRC P/.BashRC"):sub(1, 4))
      assert.equal("evil\n", host("echo evil >p/.BASHRC; cat p/.bashrc"))
    end)

    for _, case in ipairs(made) do
      it("3D.129 a protected name is not made in another spelling: " .. case[1], function()
        local result = inside(case[2] .. "; exit 0")
        assert.equal(0, result.code, result.err)
        assert.is_truthy(result.err:find(("/mount/p/%s' must not be made"):format(case[3]), 1,
          true), result.err)
        host(("! test -e p/%s"):format(case[3]))
      end)
    end

    it("3D.129 a repository in another spelling runs nothing", function()
      local repository = [[
git init -q sub; git -C sub config core.fsmonitor "$(realpath .)/mark"
printf '#!/bin/sh\ntouch "%s/marked"\n' "$(realpath .)" >mark; chmod +x mark
rm -rf marked]]
      host("cd p; " .. repository .. "; git -C sub status >status; test -e marked")
      host("cd p; rm -rf sub marked mark status")
      local result = inside(repository .. "; mv sub/.git sub/g; mv sub/g sub/.GIT; exit 0")
      assert.equal(0, result.code, result.err)
      host("cd p; git -C sub status >status 2>&1 || true; ! test -e marked")
    end)

    it("3D.129 what is there, and cannot be closed in every spelling, is refused", function()
      host("echo own >p/.bashrc")
      local result = inside("echo evil >.BASHRC; exit 0")
      assert.equal(125, result.code)
      assert.is_truthy(result.err:find("/mount/p/.bashrc' cannot be closed: upper and lower case",
        1, true), result.err)
      assert.equal("own\n", host("cat p/.bashrc"))
    end)

    it("3D.129 nor is a secret shown by another of its names", function()
      host("echo secret >p/key")
      local result = inside("cat KEY", { settings = { filesystem = { denyRead = { "Key" } } } })
      assert.equal(125, result.code)
      assert.equal("", result.out)
      assert.is_truthy(result.err:find("/mount/p/key' cannot be closed", 1, true), result.err)
    end)

    it("3D.129 a secret that comes later is not either", function()
      local result = inside("echo new >KEY; sleep 60", { settings = { filesystem = {
        allowWrite = { "." }, denyRead = { "key" } } } })
      assert.equal(125, result.code)
      assert.is_truthy(result.err:find("the sandbox was ended: ", 1, true), result.err)
      assert.is_truthy(result.err:find("/mount/p/key' cannot be closed", 1, true), result.err)
    end)

    it("the current folder in another spelling is the same one", function()
      host("mkdir p/Sub")
      local result = inside("pwd -P; echo new >file; echo evil >.BASHRC; exit 0",
        { cwd = "P/sUB", settings = { filesystem = { allowWrite = { "../SUB" } } } })
      assert.equal(0, result.code, result.err)
      assert.equal(folder .. "/mount/p/Sub\n", result.out)
      assert.equal("new\n", host("cat p/Sub/file"))
      assert.is_truthy(result.err:find("/mount/p/Sub/.bashrc' must not be made", 1, true),
        result.err)
    end)

    it("ordinary work goes on", function()
      local result = inside([[
mkdir -p src/Deep; echo one >src/Deep/Makefile; mv src/Deep/Makefile src/makefile
cat src/MAKEFILE; ls src; rm -r src]])
      assert.equal(0, result.code, result.err)
      assert.equal("one\nDeep\nmakefile\n", result.out)
    end)
  end)
end
