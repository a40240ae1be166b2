-- SPDX-License-Identifier: Apache-2.0
-- seccomp_spec.lua - the system calls that a command may not make, tried by a small program inside
-- and outside, built for 64 and for 32 bits; what a nested sandbox gets back; and that ordinary
-- programs miss nothing.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local source = debug.getinfo(1, "S").source:match("^@(.*)e2e/[^/]*$") .. "support/attempts.c"

-- What is tried, what must come of it inside, and what that is compared with: outside something
-- else comes of it (the default); for root alone, as others are refused there too ("root"); the
-- same ("same"). A kernel may have been built without a call: "any" compares with nothing.
local attempts = {
  { "3F.137 fchmod setuid", "EPERM" },
  { "3F.137 fchmodat setuid", "EPERM" },
  { "3F.137 fchmodat setuid, high bit", "EPERM" },
  { "3F.137 fchmodat setgid", "ok", "same" },
  { "3F.137 fchmodat sticky", "ok", "same" },
  { "3F.137 chmod setuid", "EPERM" },
  { "3F.137 chmod setgid", "ok", "same" },
  { "3F.137 creat setuid", "EPERM" },
  { "3F.137 open setuid", "EPERM" },
  { "3F.137 open setuid, no name", "EPERM" },
  { "3F.137 open with a mode", "ok", "same" },
  { "3F.137 openat setuid", "EPERM" },
  { "3F.137 openat setuid, no name", "EPERM" },
  { "3F.137 openat with a mode", "ok", "same" },
  { "3F.137 openat a folder with a mode", "ok", "same" },
  { "3F.137 openat setgid", "ok", "same" },
  { "3F.137 openat2", "ENOSYS", nested = "EINVAL" },
  { "3F.137 mknod setuid", "EPERM" },
  { "3F.137 mknod a whiteout", "ok", "same" },
  { "3F.137 mknodat setuid", "EPERM" },
  { "3F.137 mknodat a pipe", "ok", "same" },
  { "3F.137 mknodat a device", "EPERM", "root" },
  { "3F.137 mknodat a disk", "EPERM", "root" },
  { "3F.137 mknodat a whiteout", "ok", "same" },
  { "3G.145 unshare a user namespace", "EPERM", nested = "ok" },
  { "3G.145 unshare with a high bit", "EPERM", nested = true },
  { "3G.145 unshare mounts", "EPERM", "root", nested = "EPERM" },
  { "3G.145 unshare a time namespace", "EPERM", "root", nested = "EPERM" },
  { "3G.145 unshare the current folder", "ok", "same" },
  { "3G.145 clone into a user namespace", "EPERM", nested = "ok" },
  { "3G.145 clone", "ok", "same" },
  { "3G.145 setns", "EPERM", nested = "EBADF" },
  { "3G.145 mount", "EPERM", nested = "EFAULT" },
  { "3G.145 umount2", "EPERM", nested = "ENOENT" },
  { "3G.145 pivot_root", "EPERM", "root" },
  { "3G.145 chroot", "EPERM", nested = "ENOENT" },
  { "3G.145 name_to_handle_at", "EPERM" },
  { "3G.145 open_by_handle_at", "EPERM" },
  { "3G.145 fanotify_init", "EPERM", "any" },
  { "3G.145 inotify_init1", "ok", "same" },
  { "3G.145 reboot", "EPERM", "root" },
  { "3G.145 init_module", "EPERM", "any" },
  { "3G.145 delete_module", "EPERM", "any" },
  { "3G.145 syslog", "EPERM", "root" },
  { "3G.145 acct", "EPERM", "root" },
  { "3G.145 swapon", "EPERM", "root" },
  { "3G.145 swapoff", "EPERM", "root" },
  { "3G.145 sethostname", "EPERM", "root" },
  { "3G.145 setdomainname", "EPERM", "root" },
  { "3G.145 settimeofday", "EPERM" },
  { "3G.145 clock_settime", "EPERM" },
  { "3G.145 adjtimex", "EPERM" },
  { "3G.145 clock_adjtime", "EPERM" },
  { "3G.145 iopl", "EPERM", "any" },
  { "3G.145 ioperm", "EPERM", "any" },
  { "3G.145 TIOCSTI", "EPERM" },
  { "3G.145 TIOCLINUX", "EPERM" },
  { "3G.145 TIOCSETD", "EPERM" },
  { "3G.151 TIOCSTI with a high bit", "EPERM" },
  { "3G.151 another ioctl", "EBADF", "same" },
  { "3G.151 unix datagram with a high bit", "EPERM" },
  { "3G.151 pair of datagrams, high bit", "EPERM" },
  { "3G.151 mptcp with a high bit", "EPROTONOSUPPORT", "any" },
  { "3G.151 personality: with a high bit", "EPERM" },
  { "3G.152 clone3", "ENOSYS", nested = "EINVAL" },
  { "3G.152 open_tree", "EPERM", nested = "ENOENT" },
  { "3G.152 move_mount", "EPERM", "root" },
  { "3G.152 fsopen", "EPERM", "root" },
  { "3G.152 fsconfig", "EPERM", nested = "EINVAL" },
  { "3G.152 fsmount", "EPERM", "root" },
  { "3G.152 fspick", "EPERM", "root" },
  { "3G.152 mount_setattr", "EPERM", nested = "EINVAL" },
  { "3G.152 landlock", "ok", "any" },
  { "3G.152 seccomp", "EOPNOTSUPP", "same" },
  { "3G.152 futex_waitv", "EINVAL", "any" },
  { "3G.152 memfd_create", "ok", "same" },
  { "3G.152 a call of no kernel", "ENOSYS", "same" },
  { "3G.153 io_uring_setup", "ENOSYS" },
  { "3G.153 io_uring_enter", "ENOSYS" },
  { "3G.153 io_uring_register", "ENOSYS" },
  { "3G.154 tcp", "ok", "same" },
  { "3G.154 udp over ipv6", "ok", "same" },
  { "3G.154 raw", "EPERM", "root" },
  { "3G.154 raw over ipv6", "EPERM", "root" },
  { "3G.154 SOCK_PACKET", "EPERM", "root" },
  { "3G.154 mptcp", "EPROTONOSUPPORT", "any" },
  { "3G.154 routes", "ok", "same" },
  { "3G.154 device events", "EPROTONOSUPPORT" },
  { "3G.154 packet", "EAFNOSUPPORT" },
  { "3G.154 vsock", "EAFNOSUPPORT", "any" },
  { "3G.155 unix stream", "ok", "same" },
  { "3G.155 unix seqpacket", "ok", "same" },
  { "3G.155 unix datagram", "EPERM" },
  { "3G.155 unix datagram with flags", "EPERM" },
  { "3G.155 unix raw", "EPERM" },
  { "3G.155 pair of streams", "ok", "same" },
  { "3G.155 pair of seqpackets", "ok", "same" },
  { "3G.155 pair of datagrams", "EPERM" },
  { "3G.155 pair of datagrams, flags", "EPERM" },
  { "3G.155 pair of raw ones", "EPERM" },
  { "3G.156 ptrace", "EPERM" },
  { "3G.156 process_vm_readv", "EPERM" },
  { "3G.156 process_vm_writev", "EPERM" },
  { "3G.156 process_madvise", "EPERM" },
  { "3G.156 pidfd_getfd", "EPERM" },
  { "3G.156 kcmp", "EPERM", "any" },
  { "3G.158 add_key", "EPERM" },
  { "3G.158 request_key", "EPERM" },
  { "3G.158 keyctl", "EPERM" },
  { "3G.159 userfaultfd", "EPERM", "any" },
  { "3G.159 perf_event_open", "EPERM" },
  { "3G.159 bpf", "EPERM", "root" },
  { "3G.159 kexec_load", "EPERM", "any" },
  { "3G.159 quotactl", "EPERM" },
  { "3G.159 quotactl_fd", "EPERM", "any" },
  { "3G.159 personality: query", "ok", "same" },
  { "3G.159 personality: usual", "ok", "same" },
  { "3G.159 personality: 32 bits", "ok", "same" },
  { "3G.159 personality: not shuffled", "ok", "same" },
  { "3G.159 personality: READ_IMPLIES_EXEC", "EPERM" },
  { "3G.159 personality: MMAP_PAGE_ZERO", "EPERM" },
  { "3G.159 modify_ldt", "EPERM", "any" },
  { "3G.159 vmsplice", "EPERM" },
  { "3G.150 socketcall: socket", "EAFNOSUPPORT" },
  { "3G.150 socketcall: pair", "EPERM" },
  { "3G.150 socketcall: listen", "EBADF", "same" },
}

-- Programs that people run, each with what it has to print.
local ordinary = {
  { "bash's job control", { "bash", "-c", "set -m; sleep 60 & kill %1; wait %1; echo $?" },
    "143\n" },
  { "a compiler and make", { "sh", "-c", "cd /tmp; echo 'int main(void){return 7;}' >a.c; " ..
    "printf 'a: a.c\n\tcc -o a a.c\n' >Makefile; make -s a; ./a; echo $?" }, "7\n" },
  { "setarch", { "setarch", "-R", "echo", "yes" }, "yes\n" },
  { "threads and processes of Python", { "/usr/bin/python3", "-c", [[
import asyncio, multiprocessing, subprocess
def double(x):
    return 2 * x
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print(sum(pool.map(double, range(4))), asyncio.run(asyncio.sleep(0, 7)),
              subprocess.run(["echo", "x"], capture_output=True).stdout)]] }, "12 7 b'x\\n'\n" },
  { "tmux", { "sh", "-c", "tmux -L fence new-session -d sleep 60; " ..
    "tmux -L fence list-sessions -F '#{session_windows}'; tmux -L fence kill-server" }, "1\n" },
  { "tar with a set-group-id folder", { "sh", "-c", "cd /tmp; mkdir a b; chmod 2755 a; " ..
    "tar c a | tar xp -C b; stat -c %a b/a" }, "2755\n" },
}

local build = { [64] = {}, [32] = { "-m32" } }

-- The program where that user can run it; nil where it cannot be built, as 32 bits often cannot.
local function built(identity, bits)
  local program = users.temp_dir(identity) .. "/attempts"
  local result = process.run({ argv = { "cc", "-D_GNU_SOURCE", "-o", program, source,
    table.unpack(build[bits]) } })
  assert(bits == 32 or result.code == 0, result.err)
  return result.code == 0 and program or nil
end

-- Name -> outcome, for each line.
local function outcomes(result)
  local found = {}
  for name, outcome in result.out:gmatch("([^\n]+): (%S+)\n") do
    found[name] = outcome
  end
  return found
end

-- In a folder of its own: { name = outcome } outside, inside, and inside with --allow-nested.
local function try(identity, program)
  local folder = users.temp_dir(identity)
  users.write_file(identity, folder .. "/file", "x")
  local settings = fenced.settings({}, { folder })
  local function inside(args)
    return outcomes(fenced.run({ argv = { program }, as_user = identity, cwd = folder,
      settings = settings, args = args }))
  end
  return {
    outside = outcomes(process.run({ argv = { program }, as_user = identity, cwd = folder })),
    inside = inside(),
    nested = inside({ "--allow-nested" }),
  }
end

for _, identity in ipairs(users.identities()) do
  for bits in pairs(build) do
    describe(("a system call of a program of %d bits as %s:"):format(bits, identity), function()
      local tried

      for _, case in ipairs(attempts) do
        local name, expected, compared = table.unpack(case, 1, 3)

        it(name .. (bits == 32 and " (3G.150)" or ""), function()
          sandbox.require_sandbox(pending, identity)
          if tried == nil then
            local program = built(identity, bits)
            tried = program and try(identity, program) or false
          end
          if not tried then
            return pending(("no compiler makes programs of %d bits here"):format(bits))
          end
          local key = name:match("^%S+ (.*)$")
          local outside = tried.outside[key]
          if outside == nil then
            return -- this machine has no such call
          end
          assert.equal(expected, tried.inside[key])
          if compared == "same" then
            assert.equal(outside, expected)
          elseif compared == nil or (compared == "root" and users.ids(identity).uid == 0) then
            assert.not_equal(outside, expected)
          end
          if case.nested ~= true then
            assert.equal(case.nested or expected, tried.nested[key])
          end
        end)
      end
    end)
  end

  describe("the system call filter as " .. identity, function()
    local function run(argv, args)
      return fenced.run({ argv = argv, as_user = identity, args = args })
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("is process 1's as well", function()
      local result = run({ "grep", "-h", "^Seccomp", "/proc/1/status", "/proc/self/status" })
      local first, second = result.out:match("^(Seccomp:\t2\nSeccomp_filters:\t%d+\n)(.*)$")
      assert.is_not_nil(first, result.out)
      assert.equal(first, second)
    end)

    row("3G.160 goes with a limit that keeps cores from the host's program for them", function()
      local folder = users.temp_dir(identity)
      local result = fenced.run({ argv = { "sh", "-c",
        "grep core /proc/self/limits; sh -c 'kill -SEGV $$'; ls" }, as_user = identity,
        cwd = folder, settings = fenced.settings({}, { folder }) })
      assert.matches("^Max core file size%s+1%s+1%s+bytes%s*\n$", result.out)
    end)

    for _, case in ipairs(ordinary) do
      row("does not disturb " .. case[1], function()
        fenced.require_tool(pending, { "sh", "-c", "command -v " .. case[2][1] })
        local result = run(case[2])
        assert.equal(case[3], result.out, result.err)
        assert.is_nil(result.err:find("not permitted", 1, true), result.err)
      end)
    end

    local nested = { "bwrap", "--unshare-all", "--ro-bind", "/", "/", "--dev", "/dev", "--proc",
      "/proc", "echo", "nested" }

    row("3G.135 lets no sandbox be made inside", function()
      local result = run(nested)
      assert.equal("", result.out)
      assert.matches("bwrap: ", result.err)
      assert.not_equal(0, result.code)
    end)

    -- The kernel wants CAP_SETFCAP of whoever maps uid 0, and root has lost it in the sandbox
    local is_root = users.ids(identity).uid == 0

    row("lets one be made with --allow-nested", function()
      local result = run(nested, { "--allow-nested" })
      assert.equal(is_root and "" or "nested\n", result.out, result.err)
      if is_root then
        assert.matches("uid map", result.err)
      end
    end)

    row("lets a namespace be made where allowNested is set", function()
      local bare = fenced.run({ argv = { "unshare", "-U", "echo", "namespace" },
        as_user = identity, settings = { allowNested = true, command = { useDefaults = false } } })
      assert.equal("namespace\n", bare.out, bare.err)
    end)

    local row_of_others = is_root and function() end or row

    row_of_others("lets fence run within fence with --allow-nested", function()
      local inner = fenced.argv({ argv = { "sh", "-c", "grep ^Seccomp_f /proc/self/status" },
        as_user = identity })
      local result = run(inner, { "--allow-nested" })
      assert.matches("^Seccomp_filters:\t%d+\n$", result.out, result.err)
      local without = run(inner)
      assert.equal("", without.out)
      assert.equal(125, without.code)
    end)
  end)
end
