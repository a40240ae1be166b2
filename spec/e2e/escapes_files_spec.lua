-- SPDX-License-Identifier: Apache-2.0
-- escapes_files_spec.lua - ways to change a file of the host that is not open for writing: V, with
-- the file F, the folders V/d and V/e and the pipe V/p in it. Each works outside: see escapes.lua.

local escapes = require "spec.support.escapes"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local rows = {
  -- ---- by its name ----
  { "3F.108 a new file", [[write(V + "/new")]], "EROFS" },
  { "3F.108 a file overwritten", [[write(F)]], "EROFS" },
  { "3F.108 a file appended to", [[write(F, "x", O_WRONLY | os.O_APPEND)]], "EROFS" },
  { "3F.108 a file cut short by name", [[os.truncate(F, 0)]], "EROFS" },
  { "3F.108 a file cut short by opening it to read", [[os.open(F, O_RDONLY | O_TRUNC)]], "EROFS" },
  { "3F.108 a file mapped to be written to",
    [[mmap.mmap(os.open(F, O_RDWR), 4)[0:1] = b"x"]], "EROFS" },
  { "3F.108 another mode", [[os.chmod(F, 0o666)]], "EROFS" },
  { "3F.108 another mode, by fchmodat2",
    [[call("fchmodat2", -100, F, 0o666, 0)]], "EROFS ENOSYS" },
  { "3F.108 another owner", [[os.chown(F, os.getuid(), os.getgid())]], "EROFS" },
  { "3F.108 other times", [[os.utime(F, (1, 1))]], "EROFS" },
  { "3F.108 an extended attribute", [[os.setxattr(F, "user.x", b"x")]], "EROFS" },
  { "3F.108 an access list", [[
      os.setxattr(F, "system.posix_acl_access", struct.pack("<IHHIHHIHHI", 2, 1, 6, 2**32 - 1, 4, 6,
                  2**32 - 1, 32, 6, 2**32 - 1))]], "EROFS" },
  { "3F.108 a flag of the file system", [[
      fd = os.open(F, O_RDONLY)
      fcntl.ioctl(fd, 0x40086602, struct.pack("l", 0x80040))]], "EROFS" },
  { "3F.108 a file renamed", [[os.rename(F, V + "/g")]], "EROFS" },
  { "3F.108 a file moved into the project", [[os.rename(F, "f")]], "EROFS EXDEV" },
  { "3F.108 a file replaced by one of the project", [[write("x"); os.rename("x", F)]],
    "EROFS EXDEV" },
  { "3F.108 a file exchanged for one of the project", [[
      write("x"); call("renameat2", -100, "x", -100, F, 2)]], "EROFS EXDEV" },
  { "3F.108 a folder moved into the project", [[os.rename(D, "d")]], "EROFS EXDEV" },
  { "3F.120 a link to it in the project", [[os.link(F, "l"); write("l")]], "EROFS EXDEV" },
  { "3F.120 a link to a file of the project there", [[write("x"); os.link("x", V + "/l")]],
    "EROFS EXDEV" },
  { "3F.108 a symbolic link there", [[os.symlink("/", V + "/l")]], "EROFS" },
  { "3F.108 a pipe there", [[os.mkfifo(V + "/q")]], "EROFS" },
  { "3F.108 a file made by mknod", [[os.mknod(V + "/n")]], "EROFS" },
  { "3F.137 a device there", [[os.mknod(V + "/n", 0o600 | stat.S_IFCHR, os.makedev(1, 3))]],
    "EROFS EPERM", control = "root" },
  { "3F.108 a socket there", [[socket.socket(socket.AF_UNIX).bind(V + "/s")]], "EROFS EACCES" },
  { "3F.108 a folder there", [[os.mkdir(V + "/new")]], "EROFS" },
  { "3F.108 a file removed", [[os.unlink(F)]], "EROFS" },
  { "3F.108 a folder removed", [[os.rmdir(V + "/e")]], "EROFS" },
  { "3F.108 a file without a name there",
    [[os.open(V, O_TMPFILE | O_RDWR)]], "EROFS" },
  { "3F.108 a file without a name that gets one there", [[
      fd = os.open(".", O_TMPFILE | O_RDWR, 0o600)
      os.link(f"/proc/self/fd/{fd}", V + "/n", src_dir_fd=fd, follow_symlinks=True)]],
    "EROFS EXDEV" },
  { "3F.108 a pipe of the host written to", [[
      fd = os.open(V + "/p", O_RDONLY | os.O_NONBLOCK); write(V + "/p")]], "EACCES" },
  { "3F.108 the home folder", [[
      path = os.path.expanduser(f"~/fence-spec-{os.getpid()}")
      write(path); os.unlink(path)]], "EROFS" },
  { "3F.108 /etc", [[
      write("/etc/fence-spec-new"); os.unlink("/etc/fence-spec-new")]],
    "EROFS EACCES", control = "root" },
  { "3F.108 programs of the host", [[os.open("/usr/bin/true", O_WRONLY)]], "EROFS EACCES",
    control = "root" },

  -- ---- by another name ----
  { "3F.119 through a link of the project", [[os.symlink(F, "l"); write("l")]], "EROFS" },
  { "3F.119 through a folder's link", [[os.symlink(V, "l"); write("l/new")]], "EROFS" },
  { "3F.119 through links of links", [[
      os.symlink("b/f", "a"); os.symlink("c", "b"); os.symlink("../../out", "o")
      os.symlink("o/" + os.path.basename(V), "c"); write("a")]], "EROFS" },
  { "3F.119 through ..", [[write("../../out/" + os.path.basename(V) + "/new")]], "EROFS" },
  { "3F.119 through /proc/self/root", [[write("/proc/self/root" + F)]], "EROFS" },
  { "3F.119 through the root of process 1", [[write(f"/proc/{first()}/root" + F)]],
    "EROFS EACCES" },
  { "3F.119 through the folder of process 1", [[
      write(f"/proc/{first()}/cwd/../out/{os.path.basename(V)}/f")]], "EROFS EACCES ENOENT" },
  { "3F.119 through the folder of the parent", [[
      write(f"/proc/{os.getppid()}/cwd/../out/{os.path.basename(V)}/new")]], "EROFS EACCES" },
  { "3F.119 through a thread's root", [[write("/proc/thread-self/root" + F)]], "EROFS" },
  { "3F.119 through every root there is", [[
      done = 0
      for root in glob.glob("/proc/[0-9]*/root") + glob.glob("/proc/[0-9]*/task/*/cwd"):
          done += quietly(write, root + V + "/new") is None and os.path.exists(V + "/new")
      need(done)]], "nothing" },

  -- ---- by a descriptor ----
  { "3F.133 /dev/fd of one to read", [[
      fd = os.open(F, O_RDONLY); write(f"/dev/fd/{fd}")]], "EROFS" },
  { "3F.133 /proc/self/fd of one to read, cut short", [[
      fd = os.open(F, O_RDONLY); os.open(f"/proc/self/fd/{fd}", O_RDWR | O_TRUNC)]], "EROFS" },
  { "3F.133 a name in an open folder", [[
      write("new", dir_fd=os.open(V, O_RDONLY))]], "EROFS" },
  { "3F.133 a name beside the open folder of the project", [[
      fd = os.open(".", O_RDONLY); write(f"../../out/{os.path.basename(V)}/new", dir_fd=fd)]],
    "EROFS" },
  { "3F.133 the mode of an open file", [[os.fchmod(os.open(F, O_RDONLY), 0o666)]], "EROFS" },
  { "3F.133 the mode of a file that is only a path", [[
      fd = os.open(F, O_PATH); os.chmod(f"/proc/self/fd/{fd}", 0o666)]], "EROFS" },
  { "3F.133 the owner of an open file", [[
      os.fchown(os.open(F, O_RDONLY), os.getuid(), os.getgid())]], "EROFS" },
  { "3F.133 the times of an open file", [[os.utime(os.open(F, O_RDONLY), (1, 1))]], "EROFS" },
  { "3F.133 an attribute of an open file", [[
      os.setxattr(os.open(F, O_RDONLY), "user.x", b"x")]], "EROFS" },
  { "3F.133 a file by its handle", [[
      handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
      number = ctypes.create_string_buffer(4)
      call("name_to_handle_at", -100, F, handle, number, 0)
      fd = call("open_by_handle_at", os.open("/", O_RDONLY), handle, O_WRONLY)
      os.write(fd, b"x")]], "EPERM", control = "root" },

  -- ---- by a mount ----
  { "3F.135 / made writable", [[mount("none", "/", 0, BIND | REMOUNT); write(F)]], "EPERM",
    control = "root" },
  { "3F.135 its folder shown in the project", [[mount(V, ".", 0, BIND); write("new")]],
    "EPERM", control = "root" },
  { "3F.135 all there is shown in the project", [[
      mount("/", P, 0, BIND | REC); write(P + F)]], "EPERM", control = "root" },
  { "3F.135 an empty folder over it", [[mount("none", V, "tmpfs")]], "EPERM", control = "root" },
  { "3F.135 a mount taken away", [[
      unshare(NEWNS); call("umount2", "/dev/shm", DETACH)]], "EPERM", control = "root" },
  { "3F.135 a mount moved", [[
      mount("none", V, "tmpfs") if not INSIDE else None
      call("mount", V if not INSIDE else "/tmp", P, 0, MOVE, 0)]], "EPERM", control = "root" },
  { "3F.135 pivot_root", [[
      quietly(mount, P, P, 0, BIND); os.chdir(P); call("pivot_root", ".", ".")]],
    "EPERM", control = "root" },
  { "3F.135 chroot", [[call("chroot", P)]], "EPERM", control = "root" },
  { "3F.135 fsopen", [[call("fsopen", "tmpfs", 0)]], "EPERM", control = "root" },
  { "3F.135 fspick", [[unshare(NEWNS); call("fspick", -100, "/dev/shm", 0)]], "EPERM",
    control = "root" },
  { "3F.135 open_tree", [[call("open_tree", -100, V, 1)]], "EPERM", control = "root" },
  { "3F.135 move_mount", [[
      quietly(mount, "none", P, "tmpfs")
      call("move_mount", -100, P if not INSIDE else "/tmp", -100, V, 0)]], "EPERM",
    control = "root" },
  { "3F.135 mount_setattr", [[
      unshare(NEWNS)
      call("mount_setattr", -100, "/", 0, struct.pack("QQQQ", 0, 1, 0, 0), 32)]], "EPERM",
    control = "root" },
  { "3F.135 an overlay over it", [[
      os.mkdir("u"); os.mkdir("w")
      mount("none", V, "overlay", 0, f"lowerdir={V},upperdir={P}/u,workdir={P}/w")]], "EPERM",
    control = "root" },
  { "3F.135 another /proc", [[mount("none", P, "proc")]], "EPERM", control = "root" },
  { "3F.135 the machine's devices", [[mount("none", P, "devtmpfs")]], "EPERM", control = "root" },
  { "3F.135 a cgroup hierarchy", [[mount("none", P, "cgroup2")]], "EPERM", control = "root" },
  { "3F.135 a file system of one's own (FUSE)", [[os.open("/dev/fuse", O_RDWR)]], "ENOENT",
    control = "root" },
  { "3F.135 a loop device", [[os.open("/dev/loop-control", O_RDWR)]], "ENOENT",
    control = "root" },
  { "3F.137 a disk, by a device of one's own", [[
      os.mknod("disk", 0o600 | stat.S_IFBLK, os.makedev(7, 0))
      os.open("disk", O_RDONLY)]], "EPERM EACCES", control = "root" },
  { "3F.135 a user namespace", [[call("unshare", NEWUSER)]], "EPERM" },
  { "3F.135 a user namespace in which it is mounted", [[
      as_user_namespace(); call("mount", V, P, 0, BIND | REC, 0); write(P + "/new")]], "EPERM" },
  { "3F.135 a user namespace by clone3", [[
      arguments = ctypes.create_string_buffer(struct.pack("8Q", NEWUSER, 0, 0, 0, 17, 0, 0, 0))
      call("clone3", arguments, 64) or os._exit(0)]], "EPERM ENOSYS" },
  { "3F.135 the mounts of process 1", [[
      call("setns", os.open(f"/proc/{first()}/ns/mnt", O_RDONLY), NEWNS)]], "EACCES EPERM",
    control = "root" },
  { "3F.135 a program with file capabilities or setuid", [[
      None if INSIDE else quietly(unshare, NEWNS)
      shell("newuidmap 1 0 0 1; mount --bind \"$1\" \"$2\"; su -c id </dev/null", V, P)
      need("CapEff:\t0000000000000000" not in open("/proc/self/status").read())]],
    "failed nothing", control = "root failed ok" },
}

for _, identity in ipairs(users.identities()) do
  describe("no way to the host's files, as " .. identity .. ":", function()
    local group = escapes.new({ identity = identity, rows = rows })

    local function row(name, fn)
      it(name, function()
        fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    group:define(row)

    row("nothing of all that has come of it", function()
      local side = group:side(true)
      assert.equal(side.before, side.after)
    end)

    row("3F.131 not by a writable folder that an earlier run has made a link", function()
      local folder = users.temp_dir(identity)
      local function run(script)
        return fenced.run({ as_user = identity, cwd = folder, argv = { "sh", "-c", script, folder },
          settings = { filesystem = { allowWrite = { folder .. "/p", folder .. "/p/build" } } } })
      end
      assert(process.run({ argv = { "mkdir", "-p", "p/build", "keys" }, as_user = identity,
        cwd = folder }).code == 0)
      run("rm -rf p/build; ln -s \"$0/keys\" p/build")
      assert.not_equal(0, run("echo x >p/build/new").code)
      assert.is_false(fenced.exists(folder .. "/keys/new"))
    end)
  end)
end
