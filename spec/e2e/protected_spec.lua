-- SPDX-License-Identifier: Apache-2.0
-- protected_spec.lua - what the host executes later is not the command's to write: every name of
-- core/sandbox/protected.c at several depths, and what is like them.

local attempt = require "spec.support.attempt"
local fenced = require "spec.support.fenced"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- The table of the program itself: a name that is added there is tried here.
local function protected_names()
  local text = assert(fenced.read_file("core/sandbox/protected.c"))
  local names = {}
  for name in text:match("protected_names%[%] = (%b{})"):gmatch('"%*%*/([^"]+)"') do
    if name ~= ".git" then
      names[#names + 1] = name
    end
  end
  assert(#names > 20)
  return names
end

local depths = { one = "p", four = "p/b/c/d", ten = "p/b/c/d/e/f/g/h/i/j" }

for _, identity in ipairs(users.identities()) do
  describe("what the host executes, as " .. identity, function()
    local folder

    before_each(function()
      folder = users.temp_dir(identity)
    end)

    local function host(script)
      return attempt.host(identity, folder, script)
    end

    -- A shell script in the sandbox, with "p" open.
    local function inside(script, options)
      options = options or {}
      return fenced.run({ argv = { "sh", "-c", script }, as_user = identity,
        cwd = folder .. (options.cwd or "/p"), args = options.args,
        settings = options.settings or { filesystem = { allowWrite = { folder .. "/p" } } } })
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "git", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("3D.109 3D.110 3D.125 a protected name that is there cannot be changed", function()
      local attempts = {}
      for _, depth in pairs(depths) do
        host("mkdir -p " .. depth)
        for _, name in ipairs(protected_names()) do
          local path = ("@/%s/%s"):format(depth, name)
          host(("mkdir -p $(dirname %s); echo own >%s"):format(depth .. "/" .. name,
            depth .. "/" .. name))
          table.move({ { "read", path, "ok own" }, { "write", path, "EROFS" },
            { "truncate", path, "EROFS" }, { "unlink", path, "EBUSY" },
            { "rename", path, path .. ".away", "EBUSY" }, { "chmod", path, "EROFS" },
            { "rename", "@/p/mine", path, "EBUSY EXDEV" }, { "link", path, "@/p/twin", "EXDEV" },
            { "write", "/proc/self/root" .. path, "EROFS" },
          }, 1, 9, #attempts + 1, attempts)
        end
      end
      host("echo mine >p/mine")
      table.move({ { "rename", "@/p/b", "@/p/b2", "EBUSY" }, { "rename", "@/p/b/c/d",
        "@/p/d", "EBUSY EXDEV" }, { "rename", "@/p/.claude", "@/p/.claude2", "EBUSY" },
        { "rename", "@/p/b/c/d/e/f/g/h/i/j/.cursor", "@/p/x", "EBUSY EXDEV" } }, 1, 4,
        #attempts + 1, attempts)
      local before = attempt.listing(identity, folder)
      local result = attempt.all(identity, folder,
        { settings = { filesystem = { allowWrite = { "@/p" } } }, cwd = "@/p" }, attempts)
      assert.equal("", result.err)
      assert.equal(before, attempt.listing(identity, folder))
    end)

    local ways = {
      { "a file", "one", 'mkdir -p "$(dirname "$1")"; echo evil >"$1"' },
      { "a folder", "four", 'mkdir -p "$1"; echo evil >"$1/file"' },
      { "a link", "ten", 'mkdir -p "$(dirname "$1")"; ln -s /etc/passwd "$1"' },
      { "a file that was moved there", "four",
        'mkdir -p "$(dirname "$1")"; echo evil >x; mv x "$1"' },
      { "a hard link", "one", 'mkdir -p "$(dirname "$1")"; echo evil >y; ln y "$1"; rm y' },
      { "a folder above it that was moved there", "one",
        'mkdir -p "new/$(dirname "$2")"; echo evil >"new/$2"; n=$((n+1)); mv new "$PWD/made$n"' },
    }
    for _, case in ipairs(ways) do
      local name, depth, script = table.unpack(case)

      row("3D.109 3D.111 a protected name is not made as " .. name, function()
        host("mkdir -p " .. depths[depth])
        local lines = {}
        for index, protected in ipairs(protected_names()) do
          lines[index] = ("make '%s/%s/%s' '%s'"):format(folder, depths[depth], protected,
            protected)
        end
        local result = inside("n=0; make() { " .. script .. "; }\n" ..
          table.concat(lines, "\n") .. "\nexit 0")
        assert.equal(0, result.code, result.err)
        for _, protected in ipairs(protected_names()) do
          local base = protected:match("[^/]+$"):gsub("%p", "%%%0")
          assert.equal("", host(("find p -name '%s'"):format(base:gsub("%%", ""))))
          assert.matches("/" .. base .. "' must not be made while a command runs[^\n]*: it is '" ..
            base .. "%.fence%-refused", result.err)
        end
      end)
    end

    row("3D.137 no device is left behind", function()
      host("mkdir p")
      local result = inside([[
mknod dev c 1 3; mknod disk b 8 0; mkfifo pipe
[ ! -c dev ] && [ ! -b disk ] && echo none]])
      assert.matches("none\n$", result.out, result.err)
      assert.equal("", host("find p -type c -o -type b"))
    end)

    row("3D.140 the home folder as a whole: told, and start files stay as they are", function()
      host([[mkdir -p p home/.ssh home/.config/systemd home/.config/git home/.local/bin home/free
: >home/.bashrc; : >home/.ssh/authorized_keys]])
      local env = { HOME = folder .. "/home" }
      local settings = { filesystem = { allowWrite = { folder .. "/home" } } }
      local attempts = { { "create", "@/home/new", "ok" }, { "create", "@/home/free/new", "ok" } }
      for _, name in ipairs({ ".bashrc", ".ssh/authorized_keys" }) do
        attempts[#attempts + 1] = { "write", "@/home/" .. name, "EROFS" }
      end
      for _, name in ipairs({ ".ssh", ".config/systemd", ".config/git", ".local/bin" }) do
        attempts[#attempts + 1] = { "create", ("@/home/%s/new"):format(name), "EROFS" }
        attempts[#attempts + 1] = { "rename", "@/home/" .. name, "@/home/free/x", "EBUSY EXDEV" }
      end
      local result = attempt.all(identity, folder,
        { settings = settings, args = { "-m" }, env = env, cwd = "@/p" }, attempts)
      assert.is_truthy(result.err:find("is opened as a whole", 1, true), result.err)
      result = fenced.run({ argv = { "sh", "-c", [[
cd; echo evil >.profile; mkdir -p bin; echo evil >bin/ls
mkdir -p .config/autostart; echo evil >.config/autostart/x.desktop; mkdir .vim
echo evil >.npmrc; exit 0]] },
        settings = settings, env = env, cwd = folder .. "/p", as_user = identity })
      assert.equal(0, result.code, result.err)
      for _, name in ipairs({ ".profile", "bin", ".config/autostart", ".vim", ".npmrc" }) do
        assert.is_false(fenced.exists(folder .. "/home/" .. name), name)
      end
    end)

    row("a protected name that is opened by its own name alone is closed all the same", function()
      host("mkdir -p p/.vscode; : >p/.vscode/tasks.json; : >p/.bashrc; git init -q p")
      local result = attempt.all(identity, folder, { args = { "-m" }, settings = { filesystem = {
        allowWrite = { "@/p/.vscode", "@/p/.bashrc", "@/p/.git" } } } }, {
        { "write", "@/p/.bashrc", "EROFS" }, { "write", "@/p/.vscode/tasks.json", "EROFS" },
        { "create", "@/p/.vscode/new", "EROFS" }, { "write", "@/p/.git/config", "EROFS" },
        { "create", "@/p/.git/hooks/new", "EROFS" }, { "create", "@/p/.git/index", "ok" } })
      assert.is_truthy(result.err:find("/p/.bashrc' is opened by its own name, and stays protected",
        1, true), result.err)
    end)

    row("a protected name that is opened by its own name, and its folder, is closed", function()
      host("mkdir -p p/.vscode; : >p/.vscode/tasks.json; : >p/.bashrc")
      attempt.all(identity, folder, { settings = { filesystem = { allowWrite = { "@/p/.vscode",
        "@/p/.bashrc", "@/p" } } } }, { { "write", "@/p/.bashrc", "EROFS" },
        { "write", "@/p/.vscode/tasks.json", "EROFS" }, { "create", "@/p/new", "ok" } })
    end)

    row("a repository in a folder that is writable by two names stays where it is", function()
      host("git init -q p/src/proj")
      local result = inside("cd ..; mv proj old 2>&1; mkdir proj 2>&1; cp -r old/. proj; " ..
        "echo evil >proj/.git/hooks/pre-commit; exit 0", { cwd = "/p/src/proj",
        settings = { filesystem = { allowWrite = { ".", folder .. "/p/src" } } } })
      assert.equal(0, result.code, result.err)
      assert.matches("^mv: [^\n]*busy\nmkdir: [^\n]*exists\n$", result.out)
      assert.is_false(fenced.exists(folder .. "/p/src/proj/.git/hooks/pre-commit"))
    end)

    row("the folder above the current one keeps its place in a home that is writable", function()
      host("mkdir -p p/src/proj")
      local result = fenced.run({ as_user = identity, cwd = folder .. "/p/src/proj",
        env = { HOME = folder .. "/p" }, settings = { filesystem = { allowWrite = { "~" } } },
        argv = { "sh", "-c", "cd ~; mv src old; mkdir -p src/proj/.vscode; exit 0" } })
      assert.matches("mv: [^\n]*busy\n", result.err)
      assert.is_false(fenced.exists(folder .. "/p/src/proj/.vscode"))
    end)

    row("what is hidden and protected is refused when it is made, and stays hidden", function()
      host("mkdir p")
      local result = inside("echo own >.bashrc; sleep 0.4; cat .bashrc.fence-refused; exit 0", {
        settings = { filesystem = { allowWrite = { "." }, denyRead = { "**/.bashrc" } } } })
      assert.equal("", result.out)
      assert.matches("%.bashrc' must not be made while a command runs", result.err)
      assert.matches("cat: %.bashrc%.fence%-refused: Permission denied\n", result.err)
      assert.is_false(fenced.exists(folder .. "/p/.bashrc"))
      assert.equal("own\n", fenced.read_file(folder .. "/p/.bashrc.fence-refused"))
    end)

    row("no worktree that was made up opens a folder above", function()
      host("mkdir -p p/worktrees/foo; echo own >p/.bashrc; git init -q p/worktrees/foo/sub")
      local forge = "D=$PWD/sub/.git/worktrees/x; mkdir -p $D; echo \"gitdir: $D\" >.git; " ..
        "echo $PWD/.git >$D/gitdir; (cd ../..; pwd) >$D/commondir; exit 0"
      local options = { cwd = "/p/worktrees/foo", settings = { filesystem = { allowWrite = {
        "." } } } }
      assert.equal(0, inside(forge, options).code)
      local result = inside("echo evil >../../.bashrc; echo evil >../../new; exit 0", options)
      assert.matches("Read%-only file system", result.err)
      assert.equal("own\n", fenced.read_file(folder .. "/p/.bashrc"))
      assert.is_false(fenced.exists(folder .. "/p/new"))
    end)

    row("3D.142 a folder that cannot be read is closed with all it holds", function()
      host("mkdir -p p/closed/deep; echo own >p/closed/deep/.bashrc; chmod 000 p/closed")
      local result = inside("chmod 700 closed; echo evil >closed/deep/.bashrc; " ..
        "mv closed open; exit 0")
      assert.equal(0, result.code, result.err)
      host("chmod 700 p/closed")
      if users.ids(identity).uid ~= 0 then
        assert.equal("own\n", fenced.read_file(folder .. "/p/closed/deep/.bashrc"))
      end
    end)

    row("3F.138 names in alerts are escaped, and one line each", function()
      host("mkdir p")
      local result = inside([[d=$(printf 'a\nb\033[31m'); mkdir "$d"; echo evil >"$d/.bashrc"]])
      assert.matches("^%[fence%] '[^\n]*/a\\x0ab\\x1b%[31m/%.bashrc' must not be made[^\n]*\n$",
        result.err)
      assert.is_nil(result.err:find("\27", 1, true))
    end)
  end)
end
