-- SPDX-License-Identifier: Apache-2.0
-- escapes_secrets_spec.lua - ways to read what filesystem.denyRead hides: the file F and the folder
-- D of the host, the file "s", the folder "t" and the file "in/s" of the writable project. Each
-- works outside: see escapes.lua.

local escapes = require "spec.support.escapes"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local rows = {
  -- ---- by its name ----
  { "3F.117 read", [[read(F)]], "EACCES" },
  { "3F.117 read in a folder", [[read(D + "/g")]], "EACCES ENOENT" },
  { "3F.117 a folder listed", [[need("g" in os.listdir(D))]], "EACCES nothing" },
  { "3F.117 read in the project", [[read("s")]], "EACCES" },
  { "3F.117 read in a folder of the project", [[read("t/g")]], "EACCES ENOENT" },
  { "3F.117 opened to write", [[has_secret(os.read(os.open("s", O_RDWR), 99))]], "EACCES" },
  { "3F.117 mapped", [[
      has_secret(mmap.mmap(os.open(F, O_RDONLY), 4, prot=mmap.PROT_READ)[:] + SECRET.encode())]],
    "EACCES" },
  { "3F.117 sendfile", [[
      fd = os.open(F, O_RDONLY); p = os.pipe(); os.sendfile(p[1], fd, 0, 99)
      has_secret(os.read(p[0], 99))]], "EACCES" },
  { "3F.117 splice", [[
      p = os.pipe(); os.splice(os.open("s", O_RDONLY), p[1], 99)
      has_secret(os.read(p[0], 99))]], "EACCES" },
  { "3F.117 copy_file_range", [[
      os.copy_file_range(os.open(F, O_RDONLY), os.open("c", O_CREAT | O_RDWR), 99)
      read("c")]], "EACCES" },
  { "3F.117 openat2", [[
      how = struct.pack("QQQ", O_RDONLY, 0, 0)
      has_secret(os.read(call("openat2", -100, F, how, 24), 99))]], "EACCES ENOSYS" },
  { "3F.117 in an open folder", [[read("f", dir_fd=os.open(V, O_RDONLY))]], "EACCES" },

  -- ---- by a program ----
  { "3F.117 cat", [[has_secret(out("cat", F))]], "failed" },
  { "3F.117 dd", [[has_secret(out("dd", "if=s"))]], "failed" },
  { "3F.117 tar", [[has_secret(out("tar", "-cf-", V))]], "failed nothing" },
  { "3F.117 cp", [[quietly(out, "cp", "-r", V, "c"); read("c/f")]], "failed" },
  { "3F.117 grep", [[has_secret(out("grep", "-r", "fence-spec", ".", V))]], "failed" },
  { "3F.117 git grep", [[
      has_secret(out("git", "grep", "--no-index", "fence-spec", "."))]], "failed" },
  { "3F.117 git hash-object", [[
      out("git", "init", "-q"); h = out("git", "hash-object", "-w", "s").decode().strip()
      has_secret(out("git", "cat-file", "blob", h))]], "failed" },
  { "3F.117 git, as its settings", [[
      need(b"bad config" in subprocess.run(["git", "config", "-f", F, "-l"], capture_output=True)
           .stderr)]], "nothing" },
  { "3F.117 a script", [[
      need(b"fence-spec: " in subprocess.run(["bash", F], capture_output=True).stderr)]],
    "nothing" },
  { "3F.117 file:// of curl", [[has_secret(out("curl", "-s", "file://" + F))]], "failed" },
  { "3F.117 its length", [[need(os.stat(F).st_size == len(SECRET) + 1)]], "nothing" },
  { "3F.117 a redirection of the shell", [[has_secret(shell('echo "$(<"$1")"', F))]],
    "nothing failed" },

  -- ---- by another name ----
  { "3F.119 a link", [[os.symlink(F, "l"); read("l")]], "EACCES" },
  { "3F.119 a hard link", [[os.link("s", "l"); read("l")]], "EXDEV EROFS EPERM" },
  { "3F.119 a hard link to the host's", [[os.link(F, "l"); read("l")]], "EXDEV EROFS EPERM" },
  { "3F.119 renamed", [[os.rename("s", "l"); read("l")]], "EBUSY" },
  { "3F.119 its folder renamed", [[os.rename("in", "out"); read("out/s")]], "EBUSY EACCES" },
  { "3F.119 exchanged", [[write("x"); call("renameat2", -100, "s", -100, "x", 2); read("x")]],
    "EBUSY" },
  { "3F.119 its folder exchanged", [[
      os.mkdir("x"); call("renameat2", -100, "in", -100, "x", 2); read("x/s")]], "EBUSY EACCES" },
  { "3F.119 a hidden folder renamed", [[os.rename("t", "u"); read("u/g")]], "EBUSY" },
  { "3F.119 moved to another project", [[
      m = P + ".moved"; os.mkdir(m); os.rename(P, m + "/p"); read(m + "/p/s")]], "EBUSY EACCES" },
  { "3F.119 a removed mask", [[os.unlink("s"); has_secret(SECRET.encode())]], "EBUSY EROFS" },
  { "3F.119 a mask's mode", [[os.chmod("s", 0o644); read("s")]], "EROFS EPERM" },
  { "3F.119 a hidden folder's mode", [[os.chmod("t", 0o755); read("t/g")]], "EROFS EPERM" },
  { "3F.119 a mask written to", [[write("s", "x"); read("s") if not INSIDE else None]],
    "EACCES EROFS", control = "nothing" },
  { "3F.119 a hidden folder written to", [[write("t/new")]], "EACCES EROFS" },
  { "3F.119 /proc/self/root", [[read("/proc/self/root" + F)]], "EACCES" },
  { "3F.119 /proc/self/cwd", [[read("/proc/self/cwd/s")]], "EACCES" },
  { "3F.119 process 1's root", [[read(f"/proc/{first()}/root" + F)]], "EACCES" },
  { "3F.119 a path alone, opened again", [[
      fd = os.open(F, O_PATH); read(f"/proc/self/fd/{fd}")]], "EACCES" },
  { "3F.119 a path alone, by /dev/fd", [[
      fd = os.open("s", O_PATH); read(f"/dev/fd/{fd}")]], "EACCES" },
  { "3F.119 a path alone, linked", [[
      fd = os.open("s", O_PATH)
      os.link(f"/proc/self/fd/{fd}", "l", src_dir_fd=fd, follow_symlinks=True); read("l")]],
    "EXDEV EROFS EPERM" },
  { "3F.119 its handle", [[
      handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
      number = ctypes.create_string_buffer(4)
      call("name_to_handle_at", -100, F, handle, number, 0)
      fd = call("open_by_handle_at", os.open(V, O_RDONLY), handle, O_RDONLY)
      has_secret(os.read(fd, 99))]], "EPERM", control = "root" },

  -- ---- by a mount ----
  { "3F.135 the mask taken off", [[
      None if INSIDE else mount("/dev/null", F, 0, BIND)
      call("umount2", F, DETACH); read(F)]], "EPERM", control = "root" },
  { "3F.135 the folder's mask taken off", [[
      None if INSIDE else mount("none", D, "tmpfs")
      call("umount2", D, DETACH); read(D + "/g")]], "EPERM", control = "root" },
  { "3F.135 what is below the masks", [[
      mount(V, P, 0, BIND); read(P + "/f")]], "EPERM", control = "root" },
  { "3F.135 what is below the masks, in a user namespace", [[
      as_user_namespace(); call("mount", V, P, 0, BIND, 0); read(P + "/f")]], "EPERM EINVAL" },
  { "3F.135 a clone of the mount below", [[
      tree = call("open_tree", -100, V, 1); read("f", dir_fd=tree)]], "EPERM", control = "root" },
  { "3F.135 an overlay on it", [[
      mount("none", P, "overlay", 0, f"lowerdir={V}:{V}/../../project"); read(P + "/f")]], "EPERM",
    control = "root" },
}

-- With a file of the host as standard input, open for reading: it can be read, and no more.
local by_file = {
  { "3F.133 opened again to write", [[write("/proc/self/fd/9")]], "EACCES EROFS" },
  { "3F.133 opened again by /dev/fd", [[write("/dev/fd/9")]], "EACCES EROFS" },
  { "3F.133 cut short", [[os.open("/dev/fd/9", O_RDONLY | O_TRUNC)]], "EACCES EROFS" },
  { "3F.133 another length", [[os.truncate("/proc/self/fd/9", 0)]], "EACCES EROFS" },
  { "3F.133 linked into the project", [[
      os.link("/proc/self/fd/9", "l", src_dir_fd=GIVEN, follow_symlinks=True); write("l")]],
    "EXDEV EACCES" },
  { "3F.133 a file beside it", [[
      write(os.path.dirname(os.readlink("/proc/self/fd/9")) + "/new")]], "EACCES EROFS" },
}

for _, identity in ipairs(users.identities()) do
  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
      sandbox.require_sandbox(pending, identity)
      fn()
    end)
  end

  local function settings(world)
    return { filesystem = { allowWrite = { world .. "/project" }, denyRead = {
      world .. "/out/*/f", world .. "/out/*/d", world .. "/project/*/s", world .. "/project/*/t",
      world .. "/project/*/in/s",
    } } }
  end

  local function before(world)
    local result = process.run({ as_user = identity, cwd = world .. "/project",
      argv = { "sh", "-ec", [[for n in *; do
        mkdir $n/in; cp -p ../out/$n/f $n/s; cp -p ../out/$n/f $n/in/s; cp -pR ../out/$n/d $n/t
      done]] } })
    assert(result.code == 0, result.err)
  end

  describe("no way to what is hidden, as " .. identity .. ":", function()
    local group = escapes.new({ identity = identity, rows = rows, settings = settings,
      before = before })
    group:define(row)

    row("nothing of all that has come of it", function()
      local side = group:side(true)
      assert.equal(side.before, side.after)
    end)
  end)

  row("3F.133 no folder as one of the standard streams, as " .. identity, function()
    for _, stream in ipairs({ "<", "2<" }) do
      local argv = fenced.argv({ argv = { "cat", "/proc/self/fd/0/passwd" }, as_user = identity })
      local line = 'exec "$0" "$@" ' .. stream .. "/etc"
      local result = process.run({ as_user = identity,
        argv = table.move(argv, 1, #argv, 4, { "sh", "-c", line }) })
      assert.equal("", result.out)
      assert.equal(125, result.code)
    end
  end)

  describe("no way through a file as standard input, as " .. identity .. ":", function()
    local group = escapes.new({ identity = identity, rows = by_file,
      stdin = function(world) return world .. "/out/1/f" end })
    group:define(row)

    row("nothing of all that has come of it", function()
      local side = group:side(true)
      assert.equal(side.before, side.after)
    end)
  end)
end
