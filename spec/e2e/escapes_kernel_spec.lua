-- SPDX-License-Identifier: Apache-2.0
-- escapes_kernel_spec.lua - ways into other processes and the kernel, and ways to leave something
-- behind. X["pid"] is a process of the same user on the host. Calls that could do harm have wrong
-- arguments: then the control is the error that comes of those. Each works outside: see
-- escapes.lua.

local escapes = require "spec.support.escapes"
local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local gone = "ESRCH ENOENT EPERM EINVAL" -- not there, or refused before that is looked at

local rows = {
  -- ---- processes of the host ----
  { "3G.156 a signal to a process of the host", [[os.kill(X["pid"], 0)]], "ESRCH" },
  { "3G.156 a signal to its group", [[os.killpg(X["pid"], 0)]], "ESRCH" },
  { "3G.156 a signal by pidfd", [[
      call("pidfd_send_signal", call("pidfd_open", X["pid"], 0), 0, 0, 0)]], "ESRCH EINVAL" },
  { "3G.156 its environment", [[has_secret(open(f"/proc/{X['pid']}/environ", "rb").read())]],
    "ENOENT" },
  { "3G.156 its command line", [[
      need(b"sleep" in open(f"/proc/{X['pid']}/cmdline", "rb").read())]], "ENOENT" },
  { "3G.156 its files", [[os.listdir(f"/proc/{X['pid']}/fd")]], "ENOENT" },
  { "3G.156 its root", [[read(f"/proc/{X['pid']}/root{F}")]], "ENOENT" },
  { "3G.156 its memory", [[os.open(f"/proc/{X['pid']}/mem", O_RDWR)]], "ENOENT" },
  { "3G.156 any process of the host, by its name", [[
      need([c for c in glob.glob("/proc/[0-9]*/cmdline")
            if quietly(lambda: open(c, "rb").read().split(bytes(1))[:2] == [b"sleep", b"300"])])]],
    "nothing" },
  { "3G.156 ptrace", [[call("ptrace", 0x4206, X["pid"], 0, 0)]], gone },
  { "3G.156 process_vm_readv", [[
      room = ctypes.create_string_buffer(8)
      iov = struct.pack("PN", ctypes.addressof(room), 8)
      stack = [l for l in quietly(open, f"/proc/{X['pid']}/maps") or ["0-0 [stack]"]
               if "[stack]" in l][0]
      far = struct.pack("PN", int(stack.split("-")[0], 16), 8)
      quietly(call, "process_vm_readv", X["pid"], iov, 1, far, 1, 0)
      end = int(stack.split("-")[1].split(" ")[0], 16) - 8
      call("process_vm_readv", X["pid"], iov, 1, struct.pack("PN", end, 8), 1, 0)]], gone },
  { "3G.156 process_vm_writev", [[call("process_vm_writev", X["pid"], 0, 0, 0, 0, 0)]], gone },
  { "3G.156 pidfd_getfd", [[
      call("pidfd_getfd", call("pidfd_open", X["pid"], 0), 0, 0)]], gone },
  { "3G.156 kcmp", [[call("kcmp", X["pid"], X["pid"], 0, 0, 0)]], gone },
  { "3G.156 its priority", [[os.setpriority(os.PRIO_PROCESS, X["pid"], 5)]], "ESRCH" },
  { "3G.156 its group's priority", [[os.setpriority(os.PRIO_PGRP, X["pid"], 5)]], "ESRCH" },
  { "3G.156 the scheduling of its reads", [[call("ioprio_set", 1, X["pid"], 2 << 13 | 7)]],
    "ESRCH" },
  { "3G.156 its processors", [[
      os.sched_setaffinity(X["pid"], os.sched_getaffinity(0))]], "ESRCH" },
  { "3G.156 its scheduler", [[
      os.sched_setscheduler(X["pid"], os.SCHED_BATCH, os.sched_param(0))]], "ESRCH" },
  { "3G.156 its limits", [[resource.prlimit(X["pid"], resource.RLIMIT_NOFILE)]], "ESRCH" },
  { "3G.156 its session", [[os.getsid(X["pid"])]], "ESRCH" },
  { "3G.156 advice about its memory", [[
      call("process_madvise", call("pidfd_open", X["pid"], 0), 0, 0, 20, 0)]], gone,
    control = "root" },
  { "3G.156 its end", [[
      call("process_mrelease", call("pidfd_open", X["pid"], 0), 0)]], "ESRCH",
    control = "EINVAL" },

  -- ---- process 1 of the sandbox ----
  { "3G.156 process 1: its environment", [[
      need(open(f"/proc/{first()}/environ", "rb").read())]], "EACCES nothing" },
  { "3G.156 process 1: its memory", [[os.open(f"/proc/{first()}/mem", O_RDWR)]], "EACCES" },
  { "3G.156 process 1: its files", [[need(os.listdir(f"/proc/{first()}/fd"))]],
    "EACCES nothing" },
  { "3G.156 process 1: its program", [[os.readlink(f"/proc/{first()}/exe")]],
    "EACCES ENOENT EPERM" },
  { "3G.156 process 1: ptrace", [[call("ptrace", 0x4206, first(), 0, 0)]], "EPERM" },
  { "3G.156 process 1: process_vm_readv", [[
      call("process_vm_readv", first(), 0, 0, 0, 0, 0)]], "EPERM" },
  { "3G.156 process 1: a descriptor of it", [[
      call("pidfd_getfd", call("pidfd_open", first(), 0), 0, 0)]], "EPERM" },
  { "3G.156 process 1: its namespaces", [[
      os.open(f"/proc/{first()}/ns/user", O_RDONLY)]], "EACCES" },

  -- ---- who one is ----
  { "3G.149 another user", [[os.setuid(54321)]], "EPERM EINVAL", control = "root" },
  { "3G.149 another group", [[os.setgid(54321)]], "EPERM EINVAL", control = "root" },
  { "3G.149 more groups", [[os.setgroups([54321])]], "EPERM EINVAL", control = "root" },
  { "3G.149 a file for another user", [[write("x"); os.chown("x", 54321, -1)]], "EPERM EINVAL",
    control = "root" },
  { "3G.161 a program with a capability", [[
      write("x"); os.setxattr("x", "security.capability",
                              struct.pack("<5I", 0x2000001, 1, 0, 0, 0))]], "EPERM",
    control = "root" },
  { "3F.137 a trusted attribute", [[write("x"); os.setxattr("x", "trusted.x", b"x")]], "EPERM",
    control = "root" },
  { "3F.137 a program that is setuid", [[
      shutil.copy("/usr/bin/true", "x"); os.chmod("x", 0o4755)]], "EPERM" },
  { "3F.137 a setuid program by open", [[os.close(os.open("x", O_CREAT | O_WRONLY, 0o4755))]],
    "EPERM" },
  { "3F.137 a setuid program by mknod", [[os.mknod("x", 0o4755 | stat.S_IFREG)]], "EPERM" },
  { "3F.137 a setuid program, moved there", [[
      path = "/dev/shm/fence-spec-%d" % os.getpid()
      shutil.copy("/usr/bin/true", path)
      try:
          os.chmod(path, 0o4755)
      finally:
          os.unlink(path)]], "EPERM" },
  { "3F.137 a device", [[os.mknod("x", 0o666 | stat.S_IFCHR, os.makedev(1, 1))]], "EPERM",
    control = "root" },
  { "3G.162 before all others", [[os.setpriority(os.PRIO_PROCESS, 0, -5)]], "EACCES EPERM",
    control = "root" },
  { "3G.162 in real time", [[os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))]],
    "EPERM", control = "root" },
  { "3G.162 first to read", [[call("ioprio_set", 1, 0, 1 << 13)]], "EPERM", control = "root" },

  -- ---- the kernel ----
  { "3G.159 bpf", [[call("bpf", 0, struct.pack("5I", 2, 4, 4, 1, 0) + bytes(100), 120)]], "EPERM",
    control = "root" },
  { "3G.159 perf_event_open", [[
      attr = struct.pack("IIQQQQQ", 1, 128, 0, 0, 0, 0, 1 << 5 | 1 << 6) + bytes(80)
      call("perf_event_open", attr, 0, -1, -1, 0)]], "EPERM EACCES" },
  { "3G.159 userfaultfd", [[call("userfaultfd", 1)]], "EPERM", control = "ok ENOSYS" },
  { "3G.153 io_uring", [[
      call("io_uring_setup", 8, ctypes.create_string_buffer(120))]], "ENOSYS EPERM" },
  { "3G.158 the session's keys", [[call("keyctl", 0, -3, 1)]], "EPERM ENOSYS" },
  { "3G.158 a key", [[call("add_key", "user", "fence-spec", "x", 1, -2)]], "EPERM ENOSYS" },
  { "3G.158 a key that is asked for", [[call("request_key", "user", "fence-spec-none", 0, 0)]],
    "EPERM ENOSYS", control = "ENOKEY" },
  { "3G.159 vmsplice", [[
      room = ctypes.create_string_buffer(8)
      call("vmsplice", os.pipe()[1], struct.pack("PN", ctypes.addressof(room), 8), 1, 0)]],
    "EPERM" },
  { "3G.159 personality", [[call("personality", 0x400000)]], "EPERM" },
  { "3G.159 quotactl", [[call("quotactl", 0x800001 << 8, 0, 0, 0)]], "EPERM" },
  { "3G.159 kexec_load", [[call("kexec_load", 0, 0, 0, 0xffff)]], "EPERM",
    control = "root EINVAL ENOSYS EPERM" },
  { "3G.145 reboot", [[call("reboot", 0, 0, 0, 0)]], "EPERM", control = "root EINVAL" },
  { "3G.145 a module", [[call("init_module", 0, 0, "")]], "EPERM",
    control = "root ENOEXEC EFAULT ENOSYS" },
  { "3G.145 a module removed", [[call("delete_module", "fence-spec-none", 0)]], "EPERM",
    control = "root ENOENT ENOSYS" },
  { "3G.145 the host's name", [[unshare(NEWUTS); call("sethostname", "fence-spec", 10)]], "EPERM",
    control = "root" },
  { "3G.145 the domain's name", [[unshare(NEWUTS); call("setdomainname", "x", 1)]], "EPERM",
    control = "root" },
  { "3G.145 the time", [[call("settimeofday", struct.pack("qq", 0, 2000000), 0)]], "EPERM",
    control = "EINVAL" },
  { "3G.145 the clock", [[call("clock_settime", 0, struct.pack("qq", 0, -1))]], "EPERM",
    control = "EINVAL" },
  { "3G.145 accounting", [[call("acct", "/nonexistent/x")]], "EPERM",
    control = "root ENOENT ENOSYS" },
  { "3G.145 swap", [[call("swapon", "/nonexistent/x", 0)]], "EPERM",
    control = "root ENOENT ENOSYS" },
  { "3G.145 no swap", [[call("swapoff", "/nonexistent/x")]], "EPERM",
    control = "root ENOENT ENOSYS" },
  { "3G.145 the kernel's log", [[call("syslog", 10, 0, 0)]], "EPERM", control = "root" },
  { "3G.145 ports of the machine", [[call("iopl", 3)]], "EPERM ENOSYS",
    control = "root ok ENOSYS EPERM" },
  { "3G.145 files watched everywhere", [[call("fanotify_init", 0, 0)]], "EPERM",
    control = "root ok ENOSYS" },
  { "3G.145 a file's handle", [[
      handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
      call("name_to_handle_at", -100, P, handle, ctypes.create_string_buffer(4), 0)]], "EPERM" },
  { "3G.145 a network of one's own", [[call("unshare", NEWNET)]], "EPERM", control = "root" },
  { "3G.145 processes of one's own", [[call("unshare", NEWPID)]], "EPERM", control = "root" },

  -- ---- files that are the kernel ----
  { "3G.163 /proc/sysrq-trigger", [[os.open("/proc/sysrq-trigger", O_WRONLY)]],
    "EROFS EACCES ENOENT", control = "root ok ENOENT" },
  { "3G.163 core_pattern", [[os.open("/proc/sys/kernel/core_pattern", O_WRONLY)]],
    "EROFS EACCES", control = "root" },
  { "3G.163 /proc/sys, all of it", [[
      own = "ns_last_pid pid_max auto_msgmni msgmax msgmnb msgmni sem" # its namespaces'
      need([p for p, _, n in os.walk("/proc/sys") for n in n if not p.endswith("/mqueue")
            and n not in own.split() and not n.startswith("shm")
            and quietly(os.open, f"{p}/{n}", O_WRONLY)])]], "nothing", control = "root" },
  { "3G.163 /proc, all of it but processes", [[
      own = [f"/proc/{n}" for n in os.listdir("/proc") if not n.isdigit()
             and not os.path.islink("/proc/" + n)]
      need([p for p in own if os.path.isfile(p) and quietly(os.open, p, O_WRONLY)]
           + [p for o in own for p, _, f in os.walk(o) for n in f
              if not p.startswith(("/proc/sys/", "/proc/pressure"))
              and quietly(os.open, f"{p}/{n}", O_WRONLY)])]], "nothing", control = "root" },
  { "3G.163 /sys", [[
      need([p for o in ("kernel", "fs", "power", "module") for p, _, n in os.walk("/sys/" + o)
            for n in n[:40] if quietly(os.open, f"{p}/{n}", O_WRONLY)])]], "nothing",
    control = "root" },
  { "3G.163 a group of processes entered", [[
      files = glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True)
      need([f for f in files if quietly(os.open, f, O_WRONLY)])]], "nothing", control = "root" },
  { "3G.163 a group of processes made", [[
      folder = glob.glob("/sys/fs/cgroup/cgroup.procs") + glob.glob("/sys/fs/cgroup/*/cgroup.procs")
      path = os.path.dirname(folder[0]) + f"/fence-spec-{os.getpid()}"
      os.mkdir(path); os.rmdir(path)]], "EROFS EACCES", control = "root" },
  { "3G.163 /proc/kcore", [[os.read(os.open("/proc/kcore", O_RDONLY), 4)]], "EACCES EPERM ENOENT",
    control = "root ok ENOENT" },
  { "3G.163 /dev/kmsg", [[os.open("/dev/kmsg", O_WRONLY)]], "ENOENT", control = "root" },
  { "3G.163 /dev/kvm", [[os.open("/dev/kvm", O_RDWR)]], "ENOENT", control = "root ok ENOENT" },
  { "3G.163 the console", [[os.stat("/dev/tty1"); os.stat("/dev/console")]], "ENOENT" },
  { "3G.163 any block device", [[
      need([p for p, _, n in os.walk("/dev") for n in n
            if stat.S_ISBLK(os.lstat(f"{p}/{n}").st_mode)])]], "nothing" },
  { "3G.163 a device of the machine's own", [[
      need([n for n in os.listdir("/dev") if n not in (
          "null zero full random urandom tty ptmx pts shm fd stdin stdout stderr core console"
      ).split()])]], "nothing" },
}

local families = {
  { "AF_VSOCK", 40, 1, 0 }, { "AF_ALG", 38, 5, 0 }, { "AF_PACKET", 17, 3, 0, "root" },
  { "AF_KEY", 15, 3, 2, "root" }, { "AF_XDP", 44, 3, 0, "root" },
  { "audit", 16, 3, 9 }, { "device events", 16, 2, 15 }, { "connector", 16, 2, 11 },
  { "generic netlink", 16, 3, 16 }, { "socket diagnosis", 16, 3, 4 },
  { "raw IP", 2, 3, 255, "root" }, { "raw ICMP", 2, 3, 1, "root" },
  { "raw ICMP, version 6", 10, 3, 58, "root" }, { "SOCK_PACKET", 2, 10, 0x300, "root" },
  { "MPTCP", 2, 1, 262 }, { "UDP lite", 2, 2, 136 }, { "SCTP", 2, 1, 132 },
  { "AF_UNIX datagrams", 1, 2, 0 },
}
for _, f in ipairs(families) do
  rows[#rows + 1] = { "3G.154 a socket: " .. f[1], ("socket.socket(%d, %d, %d)"):format(f[2], f[3],
    f[4]), "EPERM EAFNOSUPPORT EPROTONOSUPPORT",
    control = (f[5] or "") .. " ok EAFNOSUPPORT EPROTONOSUPPORT ESOCKTNOSUPPORT" }
end

local left = {
  { "3G.162 a process that stays", [[
      if os.fork() == 0:
          os.setsid()
          for fd in range(64):
              quietly(os.close, fd)
          if os.fork() == 0:
              time.sleep(1); plant("late")
          os._exit(0)]], "nothing", host = [[time.sleep(1.3); is_planted("late")]] },
}

for _, identity in ipairs(users.identities()) do
  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "/usr/bin/python3", "--version" })
      sandbox.require_sandbox(pending, identity)
      fn()
    end)
  end

  describe("no way into another process or the kernel, as " .. identity .. ":", function()
    local other

    escapes.new({
      identity = identity, rows = rows,
      extra = function()
        other = other or process.start({ argv = { "sleep", "300" }, as_user = identity,
          env = { SECRET = "fence-spec secret" } })
        return { pid = other.pid }
      end,
    }):define(row)

    teardown(function()
      if other then
        other:stop()
      end
    end)
  end)

  describe("nothing left behind, as " .. identity .. ":", function()
    escapes.new({ identity = identity, rows = left }):define(row)
  end)
end
