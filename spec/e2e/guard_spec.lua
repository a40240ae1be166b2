-- SPDX-License-Identifier: Apache-2.0
-- guard_spec.lua - what the host does to protected and hidden files while a command runs, and what
-- a command does that waits for it: it gets at nothing, or the run ends with a line that says so.

local attempt = require "spec.support.attempt"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local python = "/usr/bin/python3"

-- Says "up"; then tries again and again until its standard input ends. read: prints what it got of
-- a file that is no longer empty. write: appends a mark. map: the same through memory.
local spinner = [[
import mmap, os, sys, threading
verb, path = sys.argv[1:]
over = threading.Event()
def wait():
    sys.stdin.read()
    over.set()
threading.Thread(target=wait, daemon=True).start()
print("up", flush=True)
got = set()
while not over.is_set():
    try:
        if verb == "read":
            if os.stat(path).st_size > 0:
                fd = os.open(path, os.O_RDONLY)
                text = os.read(fd, 100)
                os.close(fd)
                if text not in got:
                    got.add(text)
                    os.write(1, b"got " + text)
        else:
            fd = os.open(path, os.O_RDWR)
            if verb == "write":
                os.write(fd, b"# evil\n")
            else:
                memory = mmap.mmap(fd, 0)
                os.close(fd)
                over.wait(0.2)
                memory[0:6] = b"# evil"
            got.add(path)
            print("wrote", flush=True)
    except (OSError, ValueError):
        pass
print("end")
]]

-- How the host puts a new file in the place of FILE.
local replacing = {
  { "renames over it", "echo new$i >n; mv n FILE" },
  { "renames it away and makes another", "mv FILE o; WAIT echo new$i >FILE; rm o" },
  { "deletes it and makes another", "rm FILE; WAIT echo new$i >FILE" },
  { "links another in its place", "echo new$i >n; ln n m; mv m FILE; rm n" },
}

-- `wait`: what holds still does so before the new file comes, so that nothing can have happened.
local function replace(script, file, wait)
  return (script:gsub("FILE", file):gsub("WAIT ", wait and "sleep 0.1; " or ""))
end

local ended = "^fence: the sandbox was ended, as the host replaced [^\n]+\n$"

for _, identity in ipairs(users.identities()) do
  describe("files that the host changes during a run, as " .. identity, function()
    local folder, children

    before_each(function()
      folder, children = users.temp_dir(identity), {}
      attempt.host(identity, folder, "mkdir p; git init -q p; git -C p config a.b c; " ..
        "for f in .bashrc .vscode secret; do echo old >p/$f; done; mkdir p/hidden p/sub; " ..
        "echo old >p/hidden/key")
    end)

    after_each(function()
      for _, child in ipairs(children) do
        child:stop()
      end
    end)

    local function host(script)
      return attempt.host(identity, folder .. "/p", script, { GIT_CONFIG_NOSYSTEM = "1" })
    end

    local function settings()
      return { filesystem = { allowWrite = { folder .. "/p" },
        denyRead = { "secret", "hidden", "later", "sub/**/*.key" } } }
    end

    local function start(argv, args)
      local child = process.start({ as_user = identity, cwd = folder .. "/p", stdin = true,
        argv = fenced.argv({ argv = argv, args = args, as_user = identity,
          settings = settings() }) })
      children[#children + 1] = child
      return child
    end

    local function spin(verb, path, args)
      local child = start({ python, "-c", spinner, verb, path }, args)
      assert.equal("up", child:read_line())
      return child
    end

    local function finish(child)
      child:close_stdin()
      return child:wait(20000)
    end

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "git", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    -- The host's script may fail half-way: no more than that is asked of it.
    local function times(count, script)
      return ("for i in $(seq %d); do %s; sleep 0.03; done"):format(count, script)
    end

    -- Nothing happened; or it did, and the run ended with its line.
    local function judge(result, harmed)
      if result.code == 0 then
        assert.is_false(harmed)
        assert.equal("", result.err)
      else
        assert.equal(125, result.code)
        assert.matches(ended, result.err)
      end
    end

    for _, case in ipairs(replacing) do
      local name, script = table.unpack(case)

      row("3D.117 a hidden file is not read: the host " .. name, function()
        local child = spin("read", "secret")
        host(times(6, replace(script, "secret")))
        local result = finish(child)
        judge(result, result.out:find("got new", 1, true) ~= nil)
      end)

      row("3D.116 a protected file is not written: the host " .. name, function()
        local child = spin("write", ".bashrc")
        host(times(6, replace(script, ".bashrc")))
        local result = finish(child)
        judge(result, fenced.read_file(folder .. "/p/.bashrc"):find("evil", 1, true) ~= nil)
      end)

      row("3D.116 3D.117 and stays closed afterwards: the host " .. name, function()
        local child = start({ "sh", "-c", [[
echo up; while read line; do
  (cat secret; echo evil >>.bashrc; rm -f .bashrc; mv .bashrc x; mv secret y) 2>/dev/null
  cat .bashrc; done]] })
        assert.equal("up", child:read_line())
        for i = 1, 4 do
          host(("i=%d; %s; %s; sleep 0.1"):format(i, replace(script, ".bashrc", true),
            replace(script, "secret", true)))
          child:write("go\n")
          assert.equal("new" .. i, child:read_line())
        end
        local result = finish(child)
        assert.equal("", result.err)
        assert.equal(0, result.code)
        assert.equal("new4\nnew4\n", host("cat .bashrc secret"))
      end)
    end

    for _, verb in ipairs({ "write", "map" }) do
      row("3D.115 the host's git changes the config, and a command waits to " .. verb, function()
        local child = spin(verb, ".git/config")
        host(times(4, "git config x.y$i z") .. "; git remote add other /nowhere; " ..
          "git config --unset x.y1; git branch -M trunk 2>/dev/null || :")
        local result = finish(child)
        judge(result, host("cat .git/config"):find("evil", 1, true) ~= nil)
      end)
    end

    row("3D.118 what is hidden is so when it comes later, from the host", function()
      local child = spin("read", "later")
      host("echo new >later.new; mv later.new later; sleep 0.1; rm later; sleep 0.4; " ..
        "echo new >later")
      local result = finish(child)
      assert.equal(0, result.code, result.err)
      if result.out:find("got", 1, true) then -- in the moment between: it is told
        assert.matches("later' [iw][^\n]+opened[^\n]+\n$", result.err)
      end
    end)

    row("3D.118 what is hidden is so when it comes later, from the command", function()
      local child = start({ "sh", "-c", [[
echo mine >later; mkdir -p sub/a/b; echo mine >sub/a/b/x.key; echo mine >x; mv x sub/y.key
echo up; read line; cat later sub/a/b/x.key sub/y.key sub/z.key sub/a/z.key; ls hidden; exit 0]] })
      assert.equal("up", child:read_line())
      host("echo theirs >sub/z.key; echo theirs >sub/a/z.key; mkdir h2; echo theirs >h2/key; " ..
        "rm -r hidden; mv h2 hidden; sleep 0.1")
      child:write("go\n")
      local result = finish(child)
      assert.equal("", result.out)
      assert.equal(0, result.code, result.err)
      assert.equal(5, select(2, result.err:gsub("Permission denied", "")), result.err)
      assert.equal("mine\nmine\nmine\n", host("cat later sub/a/b/x.key sub/y.key"))
    end)

    row("3D.116 what the host removes for good does not come back from inside", function()
      host("git add -f sub secret; git config user.name x; git config user.email x@x")
      local child = start({ "sh", "-c",
        "echo up; read line; echo evil >.bashrc; mkdir .vscode; echo evil >.vscode/x; exit 0" })
      assert.equal("up", child:read_line())
      host("git clean -fdxq; rm -f .bashrc; sleep 0.5")
      child:write("go\n")
      local result = finish(child)
      assert.equal(0, result.code, result.err)
      assert.is_false(fenced.exists(folder .. "/p/.bashrc"))
      assert.is_false(fenced.exists(folder .. "/p/.vscode"))
      assert.equal(2, select(2, result.err:gsub("must not be made while a command runs", "")))
    end)

    row("the host's changes in place harm nothing", function()
      local child = start({ "sh", "-c", "echo up; read line; cat .bashrc; cat secret; exit 0" })
      assert.equal("up", child:read_line())
      host(times(5, "echo more$i >>.bashrc; echo more >>secret; echo '# more' >>.git/config; " ..
        "cat secret .bashrc >/dev/null; chmod 600 secret; touch .bashrc"))
      child:write("go\n")
      local result = finish(child)
      assert.equal("old\nmore1\nmore2\nmore3\nmore4\nmore5\n", result.out)
      assert.matches("^cat: secret: Permission denied\n$", result.err)
      assert.equal(0, result.code)
    end)

    row("3D.123 a protected link that is removed comes back", function()
      host("rm .bashrc; echo own >real; ln -s real .bashrc; ln -s nowhere .profile")
      local result = fenced.run({ as_user = identity, cwd = folder .. "/p", settings = settings(),
        argv = { "sh", "-c", [[
rm .bashrc; sleep 0.2; cat .bashrc; rm .bashrc; echo evil >.bashrc; rm .profile; echo evil >nowhere
mv real r2; echo evil >>real; exit 0]] } })
      assert.equal("own\n", result.out)
      assert.equal(0, result.code, result.err)
      assert.equal("real nowhere own\n", host(
        "echo $(readlink .bashrc) $(readlink .profile) $(cat .bashrc)"))
      assert.is_false(fenced.exists(folder .. "/p/nowhere"))
    end)

    row("65 protected names end the run", function()
      local result = fenced.run({ as_user = identity, cwd = folder .. "/p", settings = settings(),
        argv = { "sh", "-c", [[
i=0; while [ $i -lt 80 ]; do mkdir d$i; echo evil >d$i/.profile; i=$((i+1)); done; sleep 20]] } })
      assert.matches("fence: the sandbox was ended: it made protected names again and again, " ..
        "'[^\n]+/%.profile' the last of them\n$", result.err)
      assert.equal(125, result.code)
      assert.equal("", host("find . -name .profile"))
    end)

    row("names in folders that nobody can look into, or write to", function()
      local result = fenced.run({ as_user = identity, cwd = folder .. "/p", settings = settings(),
        argv = { "sh", "-c", [[
mkdir -m 300 blind; echo evil >blind/.profile; mkdir -m 300 wake; echo evil >wake/.zshrc
mkdir -p -m 300 blind/a; mkdir -m 300 blind/a/b; echo evil >blind/a/b/.inputrc
mkdir stiff; echo evil >stiff/.zlogin; chmod 555 stiff; chmod 755 wake
mkdir taken; cd taken; : >.zprofile.fence-refused; i=2
while [ $i -lt 120 ]; do : >.zprofile.fence-refused-$i; i=$((i+1)); done; echo evil >.zprofile
chmod 000 ../blind/a ../blind; exit 0]] } })
      assert.equal(0, result.code, result.err)
      assert.equal("0 555\n", host("stat -c %a blind stiff | xargs"))
      assert.equal("", host("chmod -R u+rwx blind stiff; find blind wake stiff taken " ..
        "-name .profile -o -name .zshrc -o -name .inputrc -o -name .zlogin -o -name .zprofile"))
    end)

    row("folders that are renamed while names are made in them", function()
      local result = fenced.run({ as_user = identity, cwd = folder .. "/p", settings = settings(),
        timeout = 30000, argv = { python, "-c", [[
import os
os.makedirs("a/b/c")
for i in range(12):
    names = ["a", "x"] if i % 2 == 0 else ["x", "a"]
    open(names[0] + "/b/c/.profile", "w").close()
    for j in range(7):
        os.rename(*names)
        names.reverse()
    open(names[0] + "/b/c/.zshrc", "w").close()
    os.rename(names[0], "a" if i % 2 else "x")
os.makedirs("node_modules/m")
open("node_modules/m/.inputrc", "w").close()
os.rename("node_modules/m", "m")
deep = "/".join("d%d" % i for i in range(300))
os.makedirs(deep)
open(deep + "/.zlogin", "w").close()
os.rename("/".join("d%d" % i for i in range(299)), "top")
]] } })
      assert.equal("", host("find . -name .profile -o -name .zshrc -o -name .inputrc " ..
        "-o -name .zlogin"), result.err)
      assert.equal(0, result.code, result.err)
    end)

    row("more events than the kernel keeps", function()
      local child = start({ python, "-c", [[
import os, sys
print("up", flush=True)
sys.stdin.readline()
for i in range(9000):
    os.close(os.open("n%d" % i, os.O_CREAT | os.O_WRONLY))
    os.unlink("n%d" % i)
os.makedirs("late/er")
open("late/er/.profile", "w").close()
open("late/.zshrc", "w").close()
print("made", flush=True)
sys.stdin.read()]] })
      assert.equal("up", child:read_line())
      child:kill("sigstop")
      child:write("go\n")
      assert.equal("made", child:read_line("stdout", 20000))
      child:kill("sigcont")
      local result = finish(child)
      assert.equal(0, result.code, result.err)
      assert.equal("", host("find late -name .profile -o -name .zshrc"))
    end)

    row("3D.143 two runs at once in one project, the first of which ends first", function()
      local first = start({ "sh", "-c", "echo up; read line; exit 0" })
      local second = start({ "sh", "-c", [[
echo up; read line; (echo evil >>.bashrc; cat secret; echo evil >.profile; mv .git x) 2>/dev/null
echo end]] })
      assert.equal("up", first:read_line())
      assert.equal("up", second:read_line())
      host("echo new >n; mv n .bashrc; echo new >n; mv n secret; sleep 0.1")
      assert.equal(0, finish(first).code)
      host("echo newer >n; mv n secret; sleep 0.1")
      second:write("go\n")
      local result = finish(second)
      assert.equal("end\n", result.out)
      assert.equal(0, result.code, result.err)
      assert.equal("new\n", host("cat .bashrc"))
      assert.is_false(fenced.exists(folder .. "/p/.profile"))
    end)

    row("a shell at a terminal, its jobs and its loop go on when they were held still", function()
      local line = table.concat({ "echo u''p; i=0; while [ ! -e enough ] && [ $i -lt 400 ]; do ",
        "sleep 0.02; i=$((i+1)); done; echo lo''op; jobs\\r" })
      local mover = process.start({ as_user = identity, cwd = folder .. "/p", argv = { "sh", "-c",
        "while [ ! -e begin ]; do sleep 0.02; done; " ..
        times(5, "echo new$i >n; mv n .bashrc; mv secret s; sleep 0.05; mv s secret") ..
        "; : >enough" } })
      children[#children + 1] = mover
      local result = terminal.run({ as_user = identity, cwd = folder .. "/p",
        argv = fenced.argv({ argv = { "bash", "--norc", "-i" }, settings = settings(),
          as_user = identity, args = { "-d" } }),
        steps = { "=ready> ", ">sleep 60 &\\r", "=ready> ", ">: >begin\\r", "=ready> ", ">" .. line,
          "=up", "=loop", "=Running", "=ready> ", ">cat .bashrc; exit 4\\r", "=new5" } })
      mover:wait()
      assert.equal(4, result.code, result.out .. result.err)
      assert.is_nil(result.out:find("Stopped", 1, true), result.out)
      assert.is_truthy(result.out:find("was replaced, and is closed again", 1, true), result.out)
    end)

    row("--degrade=watch goes on where nothing can be watched", function()
      local unshare = { "unshare", "--user", "--map-root-user", "sh", "-c",
        'echo 0 >/proc/sys/user/max_inotify_instances && exec "$@"', "sh" }
      local function run(args)
        local argv = fenced.argv({ argv = { "sh", "-c", "echo ran; echo evil >>.bashrc; exit 0" },
          args = args, as_user = identity, settings = settings() })
        return process.run({ as_user = identity, cwd = folder .. "/p",
          argv = table.move(argv, 1, #argv, #unshare + 1, { table.unpack(unshare) }) })
      end
      local result = run({})
      assert.matches("^fence: files cannot be watched: [^\n]+: end programs that watch many, as " ..
        "root raise fs%.inotify%.max_user_instances, or start with %-%-degrade=watch\n$",
        result.err)
      assert.equal("", result.out)
      assert.equal(125, result.code)
      result = run({ "--degrade=watch" })
      assert.matches("^%[fence%] without a watch over files: files cannot be watched", result.err)
      assert.equal("ran\n", result.out, result.err)
      assert.equal(0, result.code)
      assert.equal("old\n", fenced.read_file(folder .. "/p/.bashrc"))
    end)
  end)
end
