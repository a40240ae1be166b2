-- SPDX-License-Identifier: Apache-2.0
-- life_spec.lua - a day in a project: version control, builds, installs, databases, processes and
-- strange files work in a folder that is writable as they do outside, and the host sees the same.
--
-- One folder and two servers for all rows of an identity. Each row's script runs in bash, stops at
-- the first failure, and has a folder of its own.

local chores = require "spec.support.chores"
local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local json = require "spec.support.json"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local served_git = require "spec.support.served_git"
local users = require "spec.support.users"

local python = "/usr/bin/python3" -- the system's: one of the user's may come first in PATH

-- A package with a script that runs once it is unpacked, as npm and as pip want it.
local packer = [[
import io, json, sys, tarfile, zipfile
def add(archive, name, text):
    entry = tarfile.TarInfo("package/" + name)
    entry.size = len(text)
    archive.addfile(entry, io.BytesIO(text))
script = "node -e \"require('fs').writeFileSync('made', 'by the script')\""
package = io.BytesIO()
with tarfile.open(fileobj=package, mode="w:gz") as archive:
    add(archive, "package.json", json.dumps({"name": "tiny", "version": "1.0.0",
        "bin": {"tiny": "tiny.js"}, "scripts": {"postinstall": script}}).encode())
    add(archive, "tiny.js", b"#!/usr/bin/env node\nconsole.log('tiny runs');\n")
wheel = io.BytesIO()
with zipfile.ZipFile(wheel, "w") as archive:
    info = "tiny-1.0.dist-info/"
    archive.writestr("tiny.py", "def main():\n    print('tiny runs')\n")
    archive.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
    archive.writestr(info + "WHEEL",
        "Wheel-Version: 1.0\nGenerator: spec\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    archive.writestr(info + "entry_points.txt", "[console_scripts]\ntiny = tiny:main\n")
    archive.writestr(info + "RECORD", "tiny.py,,\n")
sys.stdout.write(package.getvalue().hex() + "\n" + wheel.getvalue().hex() + "\n")
]]

local function from_hex(text)
  return (text:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

-- One server for both registries: /npm/ and /simple/.
local function start_registry()
  local packed = process.run({ argv = { python, "-c", packer } })
  assert(packed.code == 0, packed.err)
  local package, wheel = packed.out:match("^(%x+)\n(%x+)\n$")
  return origin.http("registry", function(request)
    local files = {
      ["/npm/tiny/tiny-1.0.0.tgz"] = from_hex(package),
      ["/wheels/tiny-1.0-py3-none-any.whl"] = from_hex(wheel),
      ["/simple/tiny/"] = '<a href="/wheels/tiny-1.0-py3-none-any.whl">tiny</a>',
      ["/npm/tiny"] = json.encode({
        name = "tiny", ["dist-tags"] = { latest = "1.0.0" }, versions = { ["1.0.0"] = {
          name = "tiny", version = "1.0.0", hasInstallScript = true, bin = { tiny = "tiny.js" },
          dist = { tarball = "http://" .. request.headers.host .. "/npm/tiny/tiny-1.0.0.tgz" },
        } },
      }),
    }
    local body = files[request.target]
    if not body then
      return origin.response("404 Not Found", "{}")
    end
    return origin.response("200 OK", body, { "Content-Type: " ..
      (request.target:match("/$") and "text/html" or "application/json") })
  end)
end

for _, identity in ipairs(users.identities()) do
  describe("a project's life as " .. identity, function()
    local secure, registry, published, project
    local count = 0

    lazy_setup(function()
      local top = users.temp_dir(users.current())
      published = served_git.make(top)
      served_git.commit(published, "one", "one\n")
      secure = https.start({
        names = { "good.test" }, folder = top .. "/served", as_user = identity,
      })
      registry = start_registry()
      project = users.temp_dir(identity)
    end)

    lazy_teardown(function()
      secure:close()
      registry:close()
    end)

    -- Runs a script in a new folder of the project, or in `where`, with `more` settings of the
    -- filesystem; its output.
    local function live(script, where, more)
      if not where then
        count = count + 1
        where = ("%s/%d"):format(project, count)
        local made = process.run({ argv = { "mkdir", where }, as_user = identity })
        assert(made.code == 0, made.err)
        for name, text in pairs(chores.programs) do
          users.write_file(identity, where .. "/" .. name, text, "644")
        end
      end
      local env = { GIT_SSL_CAINFO = secure.ca_file, PIP_ROOT_USER_ACTION = "ignore",
        PATH = "/usr/sbin:/usr/bin:/sbin:/bin" }
      for name, value in pairs(served_git.environment) do
        env[name] = value
      end
      local settings = fenced.settings({ "good.test" }, { project })
      for name, value in pairs(more or {}) do
        settings.filesystem[name] = value
      end
      local result = fenced.run({ argv = { "bash", "--norc", "-euc", "umask 022; " .. script },
        settings = settings, as_user = identity, cwd = where, env = env, timeout = 40000 })
      assert.equal("", result.err)
      assert.equal(0, result.code, result.out)
      assert.is_false(result.held)
      return result.out, where
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    -- The same on the host, as the same user.
    local function outside(script, where)
      local result = process.run({ argv = { "bash", "--norc", "-euc", script }, as_user = identity,
        cwd = where, env = served_git.environment })
      assert.equal("", result.err)
      return result.out
    end

    row("git: clone, branch, fetch, rebase, worktree, merge", function()
      local url = ("https://good.test:%d/project.git"):format(secure.port)
      local _, where = live(("git clone -q %s clone"):format(url))
      served_git.commit(published, "two-" .. identity, "two\n")
      assert.equal("merged\nother\nmine\nadds two-" .. identity .. "\n", live([[
cd clone; git switch -q -c topic; echo mine >mine; git add mine; git commit -qm mine
git fetch -q; git rebase -q origin/main; git worktree add -q ../tree -b other 2>/dev/null
cd ../tree; echo other >other; git add other; git commit -qm other
cd ../clone; echo changed >>one; git stash -q; git merge -q --no-ff -m merged other
git stash pop -q
git checkout -q one; git worktree remove ../tree; git update-ref -d refs/heads/other; git tag v1
git gc -q; git fsck --strict --no-dangling; git log --format=%s --topo-order -4]], where))
      -- What writes .git/config, as deleting a branch and naming an upstream do, has to be allowed
      live("cd clone; git branch gone; git branch -q -d gone; git branch -q -u origin/main", where,
        { allowGitConfig = true })
      assert.equal("v1\n", outside(
        "cd clone; git fsck --strict --no-dangling; git status -s; git tag", where))
    end)

    row("npm install, with a package's script", function()
      fenced.require_tool(pending, { "npm", "--version" })
      local out = live(([[
npm install --registry http://good.test:%d/npm/ --cache ./cache --prefix . --fetch-retries=0 \
  --no-audit --no-fund --no-update-notifier --userconfig=/dev/null --silent tiny
cat node_modules/tiny/made; echo; node_modules/.bin/tiny]]):format(registry.port))
      assert.equal("by the script\ntiny runs\n", out)
    end)

    row("pip install into a virtual environment", function()
      fenced.require_tool(pending, { python, "-m", "pip", "--version" })
      local out = live(([[
%s -m venv --without-pip --system-site-packages own; . own/bin/activate
python -m pip --isolated --no-input -q --disable-pip-version-check --retries=0 --no-cache-dir \
  install --index-url http://good.test:%d/simple/ --trusted-host good.test tiny
tiny; python -c 'import tiny; print(tiny.__file__.split("/own/")[1].split("/")[0])']]):format(
        python, registry.port))
      assert.equal("tiny runs\nlib\n", out)
    end)

    for _, case in ipairs(chores.rows) do
      row(case[1], function()
        assert.equal(case[3], (live("echo 0 >n; " .. case[2])))
      end)
    end

    row("a lock that is held inside is held outside", function()
      local where = users.temp_dir(identity)
      local child = process.start({ as_user = identity, cwd = where, stdin = true,
        argv = fenced.argv({ settings = fenced.settings({}, { where }), as_user = identity,
          argv = { "flock", where .. "/lock", "sh", "-c", "echo up; read line" } }) })
      assert.equal("up", child:read_line("stdout"))
      assert.equal("taken\n", outside("flock -n lock true || echo taken", where))
      child:write("\n")
      assert.equal(0, child:wait(5000).code)
      assert.equal("free\n", outside("flock -n lock echo free", where))
    end)

    row("a daemon in the background is gone, and writes nothing more", function()
      local _, where = live([[
(setsid sh -c 'while :; do echo tick >>ticks; sleep 0.02; done' </dev/null >/dev/null 2>&1 &)
while [ ! -s ticks ]; do sleep 0.02; done]])
      local seen = fenced.read_file(where .. "/ticks")
      outside("sleep 0.2", where)
      assert.equal(seen, fenced.read_file(where .. "/ticks"))
    end)

    row("all of it belongs to the user", function()
      local ids = users.ids(identity)
      assert.equal("", outside(("find . ! -user %d -o ! -group %d"):format(ids.uid, ids.gid),
        project))
    end)
  end)
end
