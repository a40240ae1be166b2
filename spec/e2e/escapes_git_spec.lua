-- SPDX-License-Identifier: Apache-2.0
-- escapes_git_spec.lua - ways to have a program run by the git of the host: `evil(CANARY)` writes
-- it, what the host does later is `victim(CANARY, FOLDERS)`, and the canary tells. Each works
-- outside: see escapes.lua.

local escapes = require "spec.support.escapes"
local fenced = require "spec.support.fenced"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local plain = [[repository()]]
local later = [[victim(CANARY)]]

local rows = {
  -- ---- its settings ----
  { "3F.114 .git/config appended to", [[
      write(".git/config", f"[core]\nfsmonitor={evil(CANARY)}\n", O_WRONLY | os.O_APPEND)]] },
  { "3F.114 git config", [[out("git", "config", "core.fsmonitor", evil(CANARY))]] },
  { "3F.114 git config by GIT_DIR", [[
      out("git", "config", "core.fsmonitor", evil(CANARY),
          env=dict(os.environ, GIT_DIR=os.path.abspath(".git")))]] },
  { "3F.114 git config -f", [[
      out("git", "config", "-f", ".git/config", "core.fsmonitor", evil(CANARY))]] },
  { "3F.114 an alias of a command that is there", [[
      out("git", "config", "core.pager", evil(CANARY)); out("git", "config", "pager.status", "true")
      out("git", "config", "core.fsmonitor", os.path.abspath("evil"))]] },
  { "3F.114 .git/config replaced", [[
      plant("c", f"[core]\nrepositoryformatversion=0\nfsmonitor={evil(CANARY)}\n")
      os.rename("c", ".git/config")]] },
  { "3F.114 .git/config exchanged", [[
      plant("c", f"[core]\nrepositoryformatversion=0\nfsmonitor={evil(CANARY)}\n")
      call("renameat2", -100, "c", -100, ".git/config", 2)]] },
  { "3F.114 .git/config removed and made", [[
      os.unlink(".git/config")
      plant(".git/config", f"[core]\nfsmonitor={evil(CANARY)}\n")]] },
  { "3F.114 .git/config through a hard link of the command's", [[
      os.link(".git/config", "c"); write("c", f"[core]\nfsmonitor={evil(CANARY)}\n",
                                         O_WRONLY | os.O_APPEND)]] },
  { "3F.114 .git/config.worktree", [[
      plant(".git/config.worktree", f"[core]\nfsmonitor={evil(CANARY)}\n")]],
    setup = [[repository(".", "extensions.worktreeConfig", "true")]] },
  { "3F.114 a file that the settings include", [[
      plant("inc", f"[core]\nfsmonitor={evil(CANARY)}\n")]],
    setup = [[repository(".", "include.path", "../inc"); plant("inc", "")]] },
  { "3F.114 a file that the settings include if", [[
      plant("inc", f"[core]\nfsmonitor={evil(CANARY)}\n")]],
    setup = [[repository(".", "includeIf.gitdir:**.path", "../inc"); plant("inc", "")]] },
  { "3F.114 a file that the settings include, and that is not there", [[
      plant("inc", f"[core]\nfsmonitor={evil(CANARY)}\n")]],
    setup = [[repository(".", "include.path", "../inc")]] },

  -- ---- its folder ----
  { "3F.122 .git moved away and made anew", [[
      quietly(os.rename, ".git", "g"); shutil.copytree("g", ".git")
      write(".git/config", f"[core]\nfsmonitor={evil(CANARY)}\n", O_WRONLY | os.O_APPEND)]] },
  { "3F.122 .git exchanged for another", [[
      repository("r", "core.fsmonitor", evil(CANARY))
      call("renameat2", -100, "r/.git", -100, ".git", 2)]] },
  { "3F.122 .git replaced by a file", [[
      repository("r", "core.fsmonitor", evil(CANARY)); os.rename(".git", "g")
      plant(".git", "gitdir: r/.git\n")]] },
  { "3F.122 .git replaced by a link", [[
      repository("r", "core.fsmonitor", evil(CANARY)); os.rename(".git", "g")
      os.symlink("r/.git", ".git")]] },
  { "3F.122 git init --separate-git-dir", [[
      out("git", "init", "-q", "--separate-git-dir", "g")
      write("g/config", f"[core]\nfsmonitor={evil(CANARY)}\n", O_WRONLY | os.O_APPEND)]] },
  { "3F.122 all of it removed and made anew", [[
      shutil.rmtree(".git", True); repository(".", "core.fsmonitor", evil(CANARY))]] },
  { "3F.122 the folder above it moved", [[
      os.rename("a", "b"); repository("a", "core.fsmonitor", evil(CANARY))]],
    setup = [[repository("a")]], host = [[victim(CANARY, "a")]] },
  { "3F.113 .git/commondir", [[
      repository("r", "core.fsmonitor", evil(CANARY))
      plant(".git/commondir", "../r/.git\n")]] },
  { "3F.113 .git/commondir moved there", [[
      repository("r", "core.fsmonitor", evil(CANARY)); plant("c", "../r/.git\n")
      os.rename("c", ".git/commondir")]] },
  { "3F.126 a bare repository in its place", [[
      repository("r", "core.fsmonitor", evil(CANARY), "core.bare", "false", "core.worktree", P)
      os.unlink(".git/HEAD")
      for name in os.listdir("r/.git"):
          os.rename("r/.git/" + name, name)]] },

  -- ---- hooks ----
  { "3F.114 a hook", [[evil(CANARY, ".git/hooks/pre-commit")]] },
  { "3F.114 a hook moved there", [[os.rename(evil(CANARY), ".git/hooks/pre-commit")]] },
  { "3F.114 a hook linked there", [[os.symlink(evil(CANARY), ".git/hooks/pre-commit")]] },
  { "3F.114 hooks where there are none", [[
      os.mkdir(".git/hooks"); evil(CANARY, ".git/hooks/pre-commit")]],
    setup = [[repository(); shutil.rmtree(".git/hooks")]] },
  { "3F.114 hooks moved where there are none", [[
      os.mkdir("h"); evil(CANARY, "h/pre-commit"); os.rename("h", ".git/hooks")]],
    setup = [[repository(); shutil.rmtree(".git/hooks")]] },
  { "3F.114 hooks replaced by a link", [[
      os.mkdir("h"); evil(CANARY, "h/pre-commit"); shutil.rmtree(".git/hooks", True)
      os.rename(".git/hooks", "o") if os.path.exists(".git/hooks") else None
      os.symlink("../h", ".git/hooks")]] },
  { "3F.114 a hook that is there rewritten", [[
      write(".git/hooks/pre-commit", f"#!/bin/sh\n: >'{CANARY}'\n")]],
    setup = [[repository(); evil("/dev/null", ".git/hooks/pre-commit")]] },
  { "3F.123 hooks that are a link", [[evil(CANARY, "h/pre-commit")]],
    setup = [[repository(); shutil.rmtree(".git/hooks"); os.mkdir("h")
os.symlink("../h", ".git/hooks")]] },
  { "3F.123 hooks that are a link, which is replaced", [[
      os.mkdir("i"); evil(CANARY, "i/pre-commit"); os.unlink(".git/hooks")
      os.symlink("../i", ".git/hooks"); time.sleep(0.2)]],
    setup = [[repository(); shutil.rmtree(".git/hooks"); os.mkdir("h")
os.symlink("../h", ".git/hooks")]] },
  { "3F.128 the folder of core.hooksPath", [[evil(CANARY, "h/pre-commit")]],
    setup = [[repository(".", "core.hooksPath", "h"); os.mkdir("h")]] },
  { "3F.128 the folder of core.hooksPath, which is not there", [[
      os.mkdir("h"); evil(CANARY, "h/pre-commit")]],
    setup = [[repository(".", "core.hooksPath", "h")]] },
  { "3F.128 the folder of core.hooksPath, moved", [[
      os.rename("h", "i"); os.mkdir("h"); evil(CANARY, "h/pre-commit")]],
    setup = [[repository(".", "core.hooksPath", "h"); os.mkdir("h")]] },

  -- ---- other files in it ----
  { "3F.114 info/attributes", [[plant(".git/info/attributes", "* filter=x\n")]],
    setup = [[repository(); quietly(os.mkdir, ".git/info")]],
    host = [[is_planted(".git/info/attributes")]] },
  { "3F.114 info/attributes where there is no info", [[
      plant(".git/info/attributes", "* filter=x\n")]],
    setup = [[repository(); shutil.rmtree(".git/info", True)]],
    host = [[is_planted(".git/info/attributes")]] },
  { "3F.114 objects/info/alternates", [[plant(".git/objects/info/alternates", "/x\n")]],
    host = [[is_planted(".git/objects/info/alternates")]] },
  { "3F.114 objects/info/alternates where there is no info", [[
      plant(".git/objects/info/alternates", "/x\n")]],
    setup = [[repository(); shutil.rmtree(".git/objects/info", True)]],
    host = [[is_planted(".git/objects/info/alternates")]] },

  -- ---- repositories below it ----
  { "3F.124 a repository below it: settings", [[
      write("a/.git/config", f"[core]\nfsmonitor={evil(CANARY)}\n", O_WRONLY | os.O_APPEND)]],
    setup = [[repository(); repository("a")]], host = [[victim(CANARY, "a")]] },
  { "3F.124 a repository below it: hooks", [[evil(CANARY, "a/.git/hooks/pre-commit")]],
    setup = [[repository(); repository("a")]], host = [[victim(CANARY, "a")]] },
  { "3F.125 a repository at depth 4", [[
      write("a/b/c/d/.git/config", f"[core]\nfsmonitor={evil(CANARY)}\n", O_WRONLY | os.O_APPEND)]],
    setup = [[repository("a/b/c/d")]], host = [[victim(CANARY, "a/b/c/d")]] },
  { "3F.125 a repository at depth 20", [[
      d = "d/" * 20
      write(d + ".git/config", f"[core]\nfsmonitor={evil(CANARY)}\n", O_WRONLY | os.O_APPEND)]],
    setup = [[repository("d/" * 20)]], host = [[victim(CANARY, "d/" * 20)]] },
  { "3F.114 a submodule's settings", [[
      write(".git/modules/s/config", f"[core]\nfsmonitor={evil(CANARY)}\n",
            O_WRONLY | os.O_APPEND)]],
    setup = [[repository("r"); repository(); shell("git -c protocol.file.allow=always submodule "
"-q add ./r s 2>&1; git add -A")]] },
  { "3F.114 a submodule's hooks", [[evil(CANARY, ".git/modules/s/hooks/pre-commit")]],
    setup = [[repository("r"); repository(); shell("git -c protocol.file.allow=always submodule "
"-q add ./r s")]], host = [[victim(CANARY, "s")]] },
  { "3F.127 a submodule's .git, which is a file", [[
      repository("x", "core.fsmonitor", evil(CANARY)); plant("s/.git", "gitdir: ../x/.git\n")]],
    setup = [[repository("r"); repository(); shell("git -c protocol.file.allow=always submodule "
"-q add ./r s")]] },
  { "3F.114 a worktree's settings", [[
      plant(".git/worktrees/w/config.worktree", f"[core]\nfsmonitor={evil(CANARY)}\n")]],
    setup = [[repository(".", "extensions.worktreeConfig", "true")
out("git", "worktree", "add", "-q", "w")]],
    host = [[victim(CANARY, "w")]] },
  { "3F.113 a worktree's commondir", [[
      repository("x", "core.fsmonitor", evil(CANARY))
      plant(".git/worktrees/w/commondir", "../../../x/.git\n")]],
    setup = [[repository(); out("git", "worktree", "add", "-q", "w")]],
    host = [[victim(CANARY, "w")]] },
  { "3F.127 a worktree's .git, which is a file", [[
      repository("x", "core.fsmonitor", evil(CANARY)); plant("w/.git", "gitdir: ../x/.git\n")]],
    setup = [[repository(); out("git", "worktree", "add", "-q", "w")]],
    host = [[victim(CANARY, "w")]] },
  { "3F.124 a new repository, made part of it", [[
      repository("a", "core.fsmonitor", evil(CANARY)); out("git", "add", "a")]] },
  { "3F.124 a new repository where a submodule belongs", [[
      repository("s", "core.fsmonitor", evil(CANARY))]],
    setup = [[repository("r"); repository(); shell("git -c protocol.file.allow=always submodule "
"-q add ./r s; git submodule -q deinit -f s; rm -rf .git/modules/s s/.git")]] },

  -- ---- a shell ----
  { "3F.109 .bashrc", [[plant(".bashrc", f": >'{CANARY}'\n")]] },
  { "3F.123 .bashrc that is a link", [[plant("c/bashrc", f": >'{CANARY}'\n")]],
    setup = [[repository(); plant("c/bashrc", ""); os.symlink("c/bashrc", ".bashrc")]] },
  { "3F.123 .bashrc that is a link, which is replaced", [[
      plant("x", f": >'{CANARY}'\n"); os.unlink(".bashrc"); os.symlink("x", ".bashrc")
      time.sleep(0.2)]],
    setup = [[repository(); plant("c/bashrc", ""); os.symlink("c/bashrc", ".bashrc")]] },
  { "3F.123 .bashrc that is a link to nowhere", [[plant("c/bashrc", f": >'{CANARY}'\n")]],
    setup = [[repository(); os.symlink("c/bashrc", ".bashrc")]] },
  { "3F.123 .bashrc that is a link in a folder, which is moved", [[
      os.rename("c", "d"); plant("c/bashrc", f": >'{CANARY}'\n")]],
    setup = [[repository(); plant("c/bashrc", ""); os.symlink("c/bashrc", ".bashrc")]] },
}
for _, row in ipairs(rows) do
  row[3] = "nothing"
  row.setup = row.setup or plain
  row.host = row.host or later
end

for _, identity in ipairs(users.identities()) do
  describe("nothing runs when the host uses git, as " .. identity .. ":", function()
    local group = escapes.new({ identity = identity, rows = rows })

    group:define(function(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
        fenced.require_tool(pending, { "git", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end)
  end)
end
