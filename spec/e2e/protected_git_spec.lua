-- SPDX-License-Identifier: Apache-2.0
-- protected_git_spec.lua - git folders in all their shapes: what runs programs in them is not the
-- command's to write. The host plays the victim afterwards; a canary tells whether anything ran,
-- and whether it would have without a sandbox. Ordinary work with git goes on undisturbed.

local attempt = require "spec.support.attempt"
local fenced = require "spec.support.fenced"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local git_env = {
  GIT_CONFIG_NOSYSTEM = "1", GIT_TERMINAL_PROMPT = "0",
  GIT_AUTHOR_NAME = "A", GIT_AUTHOR_EMAIL = "a@good.test",
  GIT_COMMITTER_NAME = "C", GIT_COMMITTER_EMAIL = "c@good.test",
  GIT_CONFIG_COUNT = "2", GIT_CONFIG_KEY_0 = "protocol.file.allow", GIT_CONFIG_VALUE_0 = "always",
  GIT_CONFIG_KEY_1 = "core.fsync", GIT_CONFIG_VALUE_1 = "none", -- the disk is not what is tried
}

-- A repository with a submodule, in "repo"; $PWD is the project.
local repository = [[
export HOME=$PWD
git init -q -b main lib && (cd lib && echo lib >file && git add . && git commit -qm lib)
git init -q -b main repo && cd repo
git submodule --quiet add ../lib sub && mkdir -p src/deep && echo text >src/deep/file
git config extensions.worktreeConfig true && git add . && git commit -qm first && cd ..
]]

-- name, what the victim's project has more (in it), the attack (in it). $evil is the command.
local attacks = {
  { "3D.112 git config", "", 'git config core.fsmonitor "$evil"' },
  { "3D.112 the config's text", "", [[printf '[core]\n\tfsmonitor = %s\n' "$evil" >>.git/config]] },
  { "3D.112 a hook", "", 'hook .git/hooks/pre-commit' },
  { "3D.112 a hook where there is no folder", "rm -rf .git/hooks",
    'mkdir .git/hooks; hook .git/hooks/pre-commit' },
  { "3D.112 hooks that were moved there", "rm -rf .git/hooks",
    'mkdir .git/h; hook .git/h/pre-commit; mv .git/h .git/hooks' },
  { "3D.113 commondir", "", 'cp -r .git evil; git config -f evil/config core.fsmonitor "$evil"; ' ..
    'echo ../evil >.git/commondir' },
  { "3D.114 config.worktree", "", 'git config -f .git/config.worktree core.fsmonitor "$evil"' },
  { "3D.114 a submodule's config", "",
    [[printf '[core]\n\tfsmonitor = %s\n' "$evil" >>.git/modules/sub/config]] },
  { "3D.114 a submodule's hook", "", 'hook .git/modules/sub/hooks/pre-commit' },
  { "3D.114 another git folder for a submodule", "", 'cp -r .git/modules/sub evil; ' ..
    'git config -f evil/config core.fsmonitor "$evil"; git config -f evil/config ' ..
    'core.worktree ../sub; rm -f sub/.git; echo "gitdir: ../evil" >sub/.git' },
  { "3D.114 the submodule's folder in another's place", "", 'mv sub old; cp -r old sub; ' ..
    'rm sub/.git; ' ..
    'cp -r .git/modules/sub sub/.git; git config -f sub/.git/config --unset core.worktree; ' ..
    'git config -f sub/.git/config core.fsmonitor "$evil"' },
  { "3D.114 modules in another's place", "", 'mv .git/modules .git/m2; ' ..
    'cp -r .git/m2 .git/modules; ' ..
    'git config -f .git/modules/sub/config core.fsmonitor "$evil"' },
  { "3D.122 .git moved away and copied back", "", 'mv .git .git2; mkdir .git; ' ..
    'cp -r .git2/. .git; ' ..
    'git config core.fsmonitor "$evil"' },
  { "3D.122 .git removed and made anew", "", 'rm -rf .git; git init -q; ' ..
    'git config core.fsmonitor "$evil"; hook .git/hooks/pre-commit' },
  { "3D.122 the whole repository in another's place", "", 'cd ..; mv repo old; cp -r old repo; ' ..
    'git -C repo config core.fsmonitor "$evil"' },
  { "3D.123 hooks are a link to a folder of the project",
    "rm -rf .git/hooks; mkdir shared; ln -s ../shared .git/hooks",
    'hook shared/pre-commit; rm .git/hooks; mkdir .git/hooks; hook .git/hooks/pre-commit' },
  { "3D.123 hooks are a link to nothing", "rm -rf .git/hooks; ln -s ../none .git/hooks",
    'mkdir none; hook none/pre-commit' },
  { "3D.123 hooks are a link to a link", "rm -rf .git/hooks; mkdir shared; ln -s shared way; " ..
    "ln -s ../way .git/hooks", 'rm way; mkdir way; hook way/pre-commit' },
  { "3D.123 a folder on the way to hooks is a link", "rm -rf .git/hooks; mkdir -p real/shared; " ..
    "ln -s real way; ln -s ../way/shared .git/hooks",
    'mv way old; mkdir -p way/shared; hook way/shared/pre-commit' },
  { "3D.128 hooksPath leads where nothing is yet", "git config core.hooksPath x/y/z",
    'mkdir -p x/y/z; hook x/y/z/pre-commit' },
  { "3D.123 .gitconfig is a link to nothing", "ln -s none .gitconfig",
    'git config -f none core.fsmonitor "$evil"; rm .gitconfig; mv none .gitconfig' },
  { "3D.123 .bashrc is a loop of links", "ln -s .bashrc .bashrc",
    'rm .bashrc; echo "$evil" >.bashrc' },
  { "3D.125 a repository at depth ten",
    "mkdir -p a/b/c/d/e/f/g/h/i; cp -r ../lib a/b/c/d/e/f/g/h/i/j",
    'cd a/b/c/d/e/f/g/h/i/j; git config core.fsmonitor "$evil"; ' ..
    [[printf '[core]\n\tfsmonitor = %s\n' "$evil" >>.git/config; hook .git/hooks/pre-commit; ]] ..
    'cd ../../..; mv g g2; cp -r g2 g; git -C g/h/i/j config core.fsmonitor "$evil"' },
  { "3D.128 hooksPath is set already", "mkdir .tools; git config core.hooksPath .tools",
    'hook .tools/pre-commit; mv .tools t; mkdir .tools; hook .tools/pre-commit' },
  { "3D.128 hooksPath is set already, to what is not there", "git config core.hooksPath .tools",
    'mkdir .tools; hook .tools/pre-commit' },
  { "3D.128 a file that the config includes", "git config include.path ../more; : >more",
    'git config -f more core.fsmonitor "$evil"; rm more; ' ..
    [[printf '[core]\n\tfsmonitor = %s\n' "$evil" >more]] },
  { "3D.128 a file that the config includes, and is not there", "git config include.path ../more",
    'git config -f more core.fsmonitor "$evil"' },
  { "3D.109 .bashrc", "", 'echo "$evil" >.bashrc' },
  { "3D.109 .gitconfig", "", 'git config -f .gitconfig core.fsmonitor "$evil"' },
  { "3D.109 .bashrc that is there", "echo : >.bashrc", 'echo "$evil" >>.bashrc; rm .bashrc; ' ..
    'echo "$evil" >.bashrc; echo "$evil" >x; mv x .bashrc' },
  { "a worktree's config", "git worktree add -q ../tree-$number && echo ../tree-$number >tree",
    'w=$(ls -d .git/worktrees/*); git config -f $w/config.worktree core.fsmonitor "$evil"; ' ..
    'cp -r .git evil; git config -f evil/config core.fsmonitor "$evil"; echo "$PWD/evil" >' ..
    '$w/commondir; t=$(cat tree); rm -f $t/.git; cp -r .git $t/.git; ' ..
    'git -C $t config core.fsmonitor "$evil"' },
}

-- Whoever works on the host later: $PWD is the repository, and home.
local victim = [[
export HOME=$PWD
git status
git -C sub status
git commit -m again --allow-empty
git -C sub commit -m again --allow-empty
[ ! -d a ] || (cd a/b/c/d/e/f/g/h/i/j; git status; git commit -m again --allow-empty)
[ ! -f tree ] || git -C $(cat tree) status
bash -ic :
]]

local functions = [[hook() { printf '#!/bin/sh\n%s\n' "$evil" >"$1"; chmod +x "$1"; }
]]

for _, identity in ipairs(users.identities()) do
  describe("git folders, as " .. identity, function()
    local folder

    before_each(function()
      folder = users.temp_dir(identity)
    end)

    local function host(script)
      return attempt.host(identity, folder, script, git_env)
    end

    -- A shell script in the sandbox, with "p" open.
    local function inside(script, options)
      options = options or {}
      return fenced.run({ argv = { "sh", "-c", script }, as_user = identity, env = git_env,
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

    row("3D.112 3D.128 the host runs nothing of what a command has left in git folders", function()
      host("mkdir t && cd t\n" .. repository)
      local lines = { functions }
      for number, case in ipairs(attacks) do
        for _, place in ipairs({ "c", "p" }) do
          host(("mkdir -p %s && cp -a t %s/%d && cd %s/%d/repo && " ..
            "number=%d HOME=$PWD && %s"):format(
            place, place, number, place, number, number, case[2] == "" and ":" or case[2]))
        end
        lines[#lines + 1] = ("(cd %d/repo; export HOME=$PWD; evil='touch %s/canary-p-%d'\n%s\n)")
          :format(number, folder, number, case[3])
      end
      local script = table.concat(lines, "\n")
      host("cd c; (" .. script:gsub("canary%-p", "canary-c") .. ") >/dev/null 2>&1 || :")
      local result = inside("(" .. script .. ") >/dev/null 2>&1; exit 0")
      assert.equal(0, result.code, result.err)
      for number in ipairs(attacks) do
        for _, place in ipairs({ "c", "p" }) do
          host(("cd %s/%d/repo; set +e; (%s) >/dev/null 2>&1; :"):format(place, number, victim))
        end
      end
      local ran, harmless = {}, {}
      for number, case in ipairs(attacks) do
        if fenced.exists(("%s/canary-p-%d"):format(folder, number)) then
          ran[#ran + 1] = case[1]
        end
        if not fenced.exists(("%s/canary-c-%d"):format(folder, number)) then
          harmless[#harmless + 1] = case[1]
        end
      end
      assert.same({}, ran)
      assert.same({}, harmless) -- without a sandbox each of them works
    end)

    row("3D.114 git folders: what runs programs is closed, what holds work is open", function()
      host("mkdir p && cd p\n" .. repository .. [[
cd repo && git worktree add -q ../tree && git config -f .git/config.worktree x.y z
mkdir -p .git/objects/info .git/info &&
echo "$PWD/../lib/.git/objects" >.git/objects/info/alternates
echo '*.x -text' >.git/info/attributes]])
      local attempts = {}
      for _, name in ipairs({ "config", "config.worktree", "info/attributes",
        "objects/info/alternates", "modules/sub/config", "worktrees/tree/commondir",
        "worktrees/tree/gitdir" }) do
        local path = "@/p/repo/.git/" .. name
        table.move({ { "write", path, "EROFS" }, { "unlink", path, "EBUSY" },
          { "rename", path, "@/p/x", "EBUSY EXDEV" } }, 1, 3, #attempts + 1, attempts)
      end
      for _, name in ipairs({ "index", "HEAD", "logs/HEAD", "refs/heads/main", "info/exclude",
        "modules/sub/HEAD", "worktrees/tree/HEAD" }) do
        attempts[#attempts + 1] = { "utime", "@/p/repo/.git/" .. name, "ok" }
      end
      for _, path in ipairs({ "repo/.git/hooks", "repo/.git/modules/sub/hooks",
        "lib/.git/hooks" }) do
        attempts[#attempts + 1] = { "create", ("@/p/%s/new"):format(path), "EROFS" }
      end
      for _, path in ipairs({ "repo/sub/.git", "tree/.git", "lib/.git/config" }) do
        table.move({ { "write", "@/p/" .. path, "EROFS" }, { "unlink", "@/p/" .. path,
          "EBUSY" } }, 1,
          2, #attempts + 1, attempts)
      end
      local result = attempt.all(identity, folder,
        { settings = { filesystem = { allowWrite = { "@/p" } } } }, attempts)
      assert.equal("", result.err)
    end)

    row("filesystem.allowGitConfig opens the config, and no hooks", function()
      host("mkdir p && cd p\n" .. repository)
      local result = inside(
        "cd repo; git config a.b c && git -C sub config d.e f; " ..
          "git submodule update || echo no; touch .git/hooks/x; " ..
        "echo ../evil >.git/commondir; exit 0", { settings = { filesystem = {
          allowWrite = { folder .. "/p" }, allowGitConfig = true } } })
      assert.equal("", result.out) -- git submodule update writes to the config
      assert.equal("c\nf\n", host("cd p/repo; git config a.b; git -C sub config d.e"))
      assert.is_truthy(result.err:find("/.git/commondir' must not be made", 1, true), result.err)
      assert.is_false(fenced.exists(folder .. "/p/repo/.git/hooks/x"))
      assert.is_false(fenced.exists(folder .. "/p/repo/.git/commondir"))
    end)

    row("ordinary work with git goes on, and leaves nothing strange", function()
      host("mkdir p && cd p\n" .. repository .. "cp -r lib plain")
      local before = host("cd p; ls -A . repo repo/.git repo/sub repo/.git/modules/sub")
      local result = inside([[
set -eux; cd repo
echo one >>src/deep/file; git commit -qam one; git checkout -q -b topic; echo two >two; git add two
git commit -qm two; git checkout -q main; echo three >three; git add three; git commit -qm three
git rebase -q main topic; git checkout -q main; git merge -q topic; git tag v1; git tag -a v2 -m v2
echo more >>two; git stash -q; git stash pop -q; git commit -qam four; git rm -q three
git mv two zwei; git commit -qam five; git revert --no-edit HEAD >/dev/null; git cherry-pick v1 ||
git cherry-pick --skip; git reset -q --hard v1; git branch -D topic >/dev/null
git -C ../plain worktree add -q ../tree -b other; echo x >../tree/x; git -C ../tree add x
git -C ../tree commit -qm x
git -C ../plain worktree remove ../tree; git -C ../plain merge -q other; git gc -q
git repack -qad; git fsck; git reflog >/dev/null
echo new >../lib/new; git -C ../lib add new; git -C ../lib commit -qm new; git -C sub fetch -q
git -C sub merge -q origin/main; git commit -qam "sub is newer"
git submodule status >/dev/null; git fetch -q ../lib main
git clone -q ../lib ../copy; git -C ../copy commit -q --allow-empty -m copy
git clone -q ../plain ../twin
git init -q ../young; cd ../young; git config user.name Young; echo y >y; git add y
git commit -qm y
git archive HEAD >/dev/null; git notes add -m note; git bisect start >/dev/null; git clean -fdq
git blame y
]], { args = { "-m" } })
      assert.equal(0, result.code, result.err)
      assert.is_nil(result.err:find("must not be made", 1, true), result.err)
      assert.is_truthy(result.err:find("executed later by other tools: ", 1, true), result.err)
      for _, name in ipairs({ "copy/.git", "twin/.git", "young/.git" }) do
        assert.is_truthy(result.err:match("later by other tools: [^\n]*" .. name), result.err)
      end
      host("cd p/repo; git fsck --strict; git status; test -f ../plain/x; " ..
        "git -C sub log -1 --format=%s; " ..
        "test -z \"$(git status --porcelain)\"; cd ..; rm -rf copy twin young")
      local after = host("cd p; ls -A . repo repo/.git repo/sub repo/.git/modules/sub")
      local strange = {}
      for name in after:gmatch("[^\n]+") do
        if not before:find(name, 1, true) and not (
          "x three new ORIG_HEAD packed-refs FETCH_HEAD gc.log two" ..
          " REBASE_HEAD COMMIT_EDITMSG logs info zwei worktrees AUTO_MERGE"):find(name, 1,
            true) then
          strange[#strange + 1] = name
        end
      end
      assert.same({}, strange)
    end)

    row("3D.124 3D.126 a repository that is new is told of at the end", function()
      host("mkdir -p p/a")
      local result = inside("git init -q new; git init -q --bare a/bare; mkdir b; cd b; " ..
        "mkdir objects refs; echo 'ref: refs/heads/main' >HEAD; : >config", { args = { "-m" } })
      local told = result.err:match("executed later by other tools: ([^\n]*)\n")
      for _, name in ipairs({ "new/.git", "a/bare/HEAD", "b/HEAD" }) do
        assert.is_truthy(told and told:find(name, 1, true), result.err)
      end
    end)

    row("3D.127 a worktree whose repository lies elsewhere: work, and nothing beside it", function()
      host("mkdir main && cd main\n" .. repository .. [[
cd repo && git worktree add -q "$PWD/../../p" && cd .. && mkdir -p other]])
      local result = inside([[
echo more >>src/deep/file && git commit -qam more && git stash list && git tag t
(printf '[core]\n\tfsmonitor = touch ../canary\n' >>../main/repo/.git/config
git config core.fsmonitor 'touch ../canary'
echo 'touch ../canary' >../main/repo/.git/hooks/post-commit; echo x >../main/repo/new; rm .git
echo x >../main/repo/.git/config.worktree) 2>/dev/null; exit 0]])
      assert.equal(0, result.code, result.err)
      assert.equal("more\n", host("cd main/repo; git log -1 --format=%s t; git status >/dev/null"))
      assert.is_false(fenced.exists(folder .. "/main/repo/new"))
      assert.is_nil(fenced.read_file(folder .. "/main/repo/.git/config"):find("fsmonitor"))
      assert.is_false(fenced.exists(folder .. "/main/repo/.git/hooks/post-commit"))
      assert.is_false(fenced.exists(folder .. "/canary"))
    end)

    for _, case in ipairs({
      { "names a repository that knows nothing of it",
        "echo \"gitdir: $PWD/main/repo/.git\" >p/.git" },
      { "names a worktree of another folder", "git -C main/repo worktree add -q $PWD/tree; " ..
        "cp tree/.git p/.git" },
      { "names any folder at all", "echo \"gitdir: $PWD/main\" >p/.git" },
      { "names the repository by a forged worktree of the project", "mkdir -p p/w/worktrees/x; " ..
        "echo \"$PWD/p/.git\" >p/w/worktrees/x/gitdir; echo \"$PWD/main/repo/.git\" " ..
        ">p/w/worktrees/x/commondir; echo \"gitdir: $PWD/p/w/worktrees/x\" >p/.git" },
    }) do
      row("3D.127 a forged .git file opens nothing: it " .. case[1], function()
        host("mkdir p main; cd main\n" .. repository .. "cd ..\n" .. case[2])
        local result = inside("touch ../main/x ../main/repo/.git/x " ..
          "../main/repo/.git/refs/x; exit 0")
        assert.equal(0, result.code, result.err)
        assert.equal("", host("find main -name x"))
      end)
    end
  end)
end
