-- SPDX-License-Identifier: Apache-2.0
-- escapes_names_spec.lua - what shells, git, editors and agents of the host execute later: made,
-- changed or replaced in a writable project. What counts is what the host finds when the command
-- has ended. Each works outside: see escapes.lua.

local escapes = require "spec.support.escapes"
local fenced = require "spec.support.fenced"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- All of core/sandbox/protected.c but .git; a folder with a file in it.
local names = {
  ".gitconfig", ".gitmodules", ".bashrc", ".bash_profile", ".bash_login", ".bash_logout",
  ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".inputrc",
  ".ripgreprc", ".vscode/tasks.json", ".idea/workspace.xml", ".zed/tasks.json", ".mcp.json",
  ".claude/commands/x.md", ".claude/agents/x.md", ".claude/hooks/x", ".claude/settings.json",
  ".claude/settings.local.json", ".cursor/mcp.json", ".cursor/hooks.json", ".gemini/settings.json",
  ".codex/config.toml", "fence.json", "fence.jsonc", ".fence.json", ".fence.jsonc",
}
local home_names = {
  ".ssh/authorized_keys", ".gnupg/gpg.conf", ".config/git/config", ".config/fish/config.fish",
  ".config/fence/fence.json", ".config/systemd/user/x.service", ".config/autostart/x.desktop",
  ".config/environment.d/x.conf", ".config/plasma-workspace/env/x.sh", ".config/nvim/init.lua",
  ".local/bin/x", ".local/share/systemd/user/x.service", ".local/share/applications/x.desktop",
  ".local/share/dbus-1/services/x.service", "bin/x", ".cargo/bin/x", ".pam_environment",
  ".xprofile", ".xsession", ".xsessionrc", ".xinitrc", ".vimrc", ".vim/vimrc", ".emacs",
  ".emacs.d/init.el", ".tmux.conf", ".curlrc", ".wgetrc", ".npmrc", ".gdbinit", ".lldbinit",
  ".pythonrc", ".docker/config.json", ".kube/config",
  "Library/Application Scripts/x/y.scpt", "Library/Frameworks/x", "Library/Input Methods/x",
  "Library/Internet Plug-Ins/x", "Library/Keychains/x", "Library/LaunchAgents/x.plist",
  "Library/PreferencePanes/x", "Library/Preferences/x.plist", "Library/QuickLook/x",
  "Library/Screen Savers/x", "Library/Scripts/x", "Library/Services/x", "Library/Spotlight/x",
  "Library/Workflows/x",
}

-- How a name may come that is not there.
local made = {
  { "a folder", [[os.mkdir(".bashrc")]] },
  { "a link", [[plant("x"); os.symlink("x", ".bashrc")]] },
  { "a hard link", [[plant("x"); os.link("x", ".bashrc")]] },
  { "a file moved there", [[plant("x"); os.rename("x", ".bashrc")]] },
  { "a file exchanged for another", [[
      plant("x"); plant(".bashrc"); call("renameat2", -100, "x", -100, ".bashrc", 2)]] },
  { "a file without a name that gets it", [[
      fd = os.open(".", O_TMPFILE | O_RDWR, 0o600); os.write(fd, b"evil")
      os.link(f"/proc/self/fd/{fd}", ".bashrc", src_dir_fd=fd, follow_symlinks=True)]] },
  { "a pipe", [[os.mkfifo(".bashrc")]] },
  { "a socket", [[socket.socket(socket.AF_UNIX).bind(".bashrc")]] },
  { "below 40 new folders", [[plant("d/" * 40 + ".bashrc")]], ("d/"):rep(40) .. ".bashrc" },
  { "in a folder that is moved there", [[
      plant("node_modules/x/.vscode/tasks.json"); os.rename("node_modules/x", "y")]],
    "y/.vscode" },
  { "a folder of another name that gets it", [[
      plant("x/tasks.json"); os.rename("x", ".vscode")]], ".vscode" },
  { "made, removed and made again", [[
      for i in range(3):
          plant(".bashrc"); quietly(os.unlink, ".bashrc")
      plant(".bashrc")]] },
  { "put back under its name", [[
      plant(".bashrc"); time.sleep(0.2)
      for name in glob.glob(".bashrc.*"):
          os.rename(name, ".bashrc")]] },
  { "with its text in another file", [[
      plant("x"); os.mkdir("z"); os.symlink("../x", "z/.bashrc")]], "z/.bashrc" },
  { "in a folder that cannot be read at first", [[
      os.mkdir("x", 0o300); plant("x/.bashrc"); time.sleep(0.2); os.chmod("x", 0o700)]],
    "x/.bashrc" },
  { "in the last moment", [[
      if os.fork() == 0:
          os.setsid(); os.close(1); os.close(2)
          for i in range(10):
              quietly(plant, ".bashrc")
          os._exit(0)]] },
  { "while much else happens", [[
      for i in range(8500):
          os.mknod(f"x{i}"); os.unlink(f"x{i}")
      plant(".bashrc")]], only = "root" }, -- it takes seconds
}

local rows, present, home_made, home_present = {}, {}, {}, {}

local function add_made(list, title, attempt, path, only)
  list[#list + 1] = { title, attempt, "nothing", host = ("is_planted(%q)"):format(path),
    only = only }
end

local function add_present(list, name, folder)
  list[#list + 1] = {
    "3F.123 " .. name .. " changed or replaced",
    ("replace_by_all_means(%s%q)"):format(folder, name),
    "nothing", setup = ("plant(%s%q, 'as it was\\n')"):format(folder, name),
    host = ("is_changed(%s%q)"):format(folder, name),
  }
end

for _, name in ipairs(names) do
  add_made(rows, "3F.109 " .. name .. " made", ("plant(%q)"):format(name), name)
  add_present(present, name, "")
end
for _, way in ipairs(made) do
  add_made(rows, "3F.109 " .. way[1], way[2], way[3] or ".bashrc", way.only)
end
for _, name in ipairs(home_names) do
  home_made[#home_made + 1] = { "3F.140 ~/" .. name .. " made", ("plant('../' + %q)"):format(name),
    "nothing", host = ("is_planted('../' + %q)"):format(name) }
  add_present(home_present, name, "'../' + ")
end

-- More than the guard's patience for one run: each has a sandbox to itself.
local excess = {
  { "3F.109 more names than are refused in one run", [[
      for i in range(300):
          plant(f"d{i}/.bashrc")
      plant(".bashrc"); time.sleep(0.2)]], "nothing",
    host = [[need(os.path.exists(".bashrc") or glob.glob("d*/.bashrc"))]] },
  { "3F.109 a name whose other names are all taken", [[
      for i in range(1, 200):
          plant(".bashrc.fence-refused" + (f"-{i}" if i > 1 else ""))
      plant(".bashrc"); time.sleep(0.2)]], "nothing", host = [[is_planted(".bashrc")]] },
  { "3F.109 a name in a folder that is closed", [[
      plant("node_modules/.vscode/tasks.json"); os.chmod("node_modules", 0o555)
      os.rename("node_modules", "x"); time.sleep(0.2)]], "nothing",
    host = [[is_planted("x/.vscode")]] },
  { "3F.109 a name whose other name is a folder", [[
      plant(".bashrc.fence-refused/x"); plant(".bashrc"); time.sleep(0.2)]], "nothing",
    host = [[is_planted(".bashrc")]] },
}

for _, identity in ipairs(users.identities()) do
  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
      sandbox.require_sandbox(pending, identity)
      fn()
    end)
  end

  describe("no name of a start file, as " .. identity .. ":", function()
    escapes.new({ identity = identity, rows = rows }):define(row)
    escapes.new({ identity = identity, rows = present }):define(row)
    for _, case in ipairs(excess) do
      escapes.new({ identity = identity, rows = { case } }):define(row)
    end
  end)

  describe("no start file in a home that is writable, as " .. identity .. ":", function()
    local function home(world)
      return { HOME = world .. "/project" }
    end
    escapes.new({ identity = identity, rows = home_made, env = home }):define(row)
    escapes.new({ identity = identity, rows = home_present, env = home }):define(row)
  end)
end

describe("the list of protected names", function()
  it("is the one of this spec", function()
    local here = debug.getinfo(1, "S").source:match("^@(.*)spec/e2e/[^/]*$")
    local text = assert(fenced.read_file(here .. "core/sandbox/protected.c"))
    local function is_tried(list, name)
      for _, tried in ipairs(list) do
        if tried == name or tried:sub(1, #name + 1) == name .. "/" then
          return true
        end
      end
    end
    local count = 0
    for name in text:match("protected_names%[%] = (%b{})"):gmatch('"%*%*/([^"]+)"') do
      count = count + 1
      assert(name == ".git" or is_tried(names, name), name)
    end
    for name in text:match("protected_home%[%] = (%b{})"):gmatch('"([^"]+)"') do
      count = count + 1
      assert(is_tried(home_names, name), name)
    end
    assert.equal(#names + #home_names + 1, count)
  end)
end)
