-- SPDX-License-Identifier: Apache-2.0
-- lifecycle_spec.lua - faults around a run: a launcher that lies or fails, calls that fail, limits,
-- and what a run leaves behind. Either the command runs as it should, or it does not run at all.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local sanitized = (os.getenv("FENCE_SANITIZED") or "") ~= ""

-- Programs that stand in for bubblewrap: what they do, and the line fence must say.
local launchers = {
  { "3G.146 that makes no sandbox at all", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "^fence: [^\n]+\n$" },
  { "3G.146 3G.147 that leaves the network out of it",
    'n=$#; while [ $n -gt 0 ]; do a=$1; shift; ' ..
    '[ "$a" = --unshare-net ] || set -- "$@" "$a"; n=$((n - 1)); done; exec /usr/bin/bwrap "$@"',
    "^fence: [^\n]*net[^\n]*\n$" },
  { "3G.146 3G.147 that keeps / writable", -- its mounts are read from a descriptor
    'n=$#; while [ $n -gt 0 ]; do a=$1; shift; [ "$last" = --args ] && options=$a && a=9; ' ..
    'last=$a; set -- "$@" "$a"; n=$((n - 1)); done; f=$(mktemp /var/tmp/fence-mounts-XXXXXX); ' ..
    'eval "sed s/--ro-bind/--bind/g <&$options >$f"; exec 9<"$f"; rm "$f"; ' ..
    'exec /usr/bin/bwrap "$@"', "^fence: [^\n]+ '/' can be written to [^\n]+\n$" },
  { "3G.146 that leaves the system call filter out of it",
    'n=$#; while [ $n -gt 0 ]; do a=$1; shift; ' ..
    '[ "$a" = --seccomp ] && a=--sync-fd; set -- "$@" "$a"; n=$((n - 1)); done; ' ..
    'exec /usr/bin/bwrap "$@"', "^fence: [^\n]*filter[^\n]*\n$" },
  { "3G.146 that AppArmor stops",
    "echo 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted' >&2; exit 1",
    "^fence: [^\n]*AppArmor[^\n]*\n$" },
  { "3G.146 that says nothing and fails", "exit 1", "^fence: [^\n]+\n$" },
  { "3G.146 that dies", "kill -9 $$", "^fence: [^\n]+\n$" },
}

-- Limits and surroundings: bash's words before `exec "$0"`, and whether the command may run; nil
-- where that depends on the machine.
local surroundings = {
  { "3M.243 no standard input", "exec <&-", true },
  { "3M.243 no standard error", "exec 2>&-", true },
  { "3M.243 8 descriptors", "ulimit -n 8", false },
  { "3M.243 16 descriptors", "ulimit -n 16", nil },
  { "3M.243 32 descriptors", "ulimit -n 32", nil },
  { "3M.243 one process", "ulimit -u 1", nil }, -- root may have more
  { "3M.243 a stack of 64 KiB", "ulimit -s 64", nil },
  { "3M.243 64 MiB of memory", "ulimit -v 65536", nil },
  { "3M.243 files of no size", "ulimit -f 0", false },
  { "3M.243 files of one block", "ulimit -f 1", false },
  { "3M.243 no locked memory", "ulimit -l 0", true },
  { "3M.243 umask 777", "umask 777", true },
  { "3M.243 the current folder is gone", 'd=$(mktemp -d /var/tmp/fence-gone-XXXXXX); cd "$d"; ' ..
    'rmdir "$d"', false },
  { "3M.243 an empty environment", 'set -- env -i PATH="$PATH" "$0"; exec "$@" echo ran', true },
  { "3M.243 a PATH without bubblewrap", "PATH=/nonexistent", false },
  { "3M.243 SIGCHLD ignored", "trap '' CHLD", true },
}

-- Calls of fence's own that fail once, at the first time and later: the command has not been
-- started, or all went well without. Left out: what libuv itself answers with abort(3).
local calls = {
  { "memfd_create", "ENOMEM", { 1 } }, { "socketpair", "EMFILE", { 1 } },
  { "setsockopt", "ENOMEM", { 1 } }, { "sendto", "ENOBUFS", { 1 } },
  { "epoll_create1", "EMFILE", { 1 } }, { "eventfd2", "EMFILE", { 1 } },
  { "clone", "EAGAIN", { 1 } }, { "pidfd_open", "EMFILE", { 1 } },
  { "listen", "EADDRINUSE", { 1 } }, { "sendmsg", "ENOBUFS", { 1 } },
  { "getcwd", "ENOENT", { 1 } }, { "pipe2", "EMFILE", { 1, 2 } },
  { "recvmsg", "ENOMEM", { 1, 2, 3 } }, { "recvmsg", "EINTR", { 1, 2 } },
  { "readlinkat", "EACCES", { 1, 6, 7, 12 } }, { "epoll_ctl", "ENOSPC", { 1, 4, 7 } },
  { "fcntl", "EMFILE", { 1, 2, 3 } }, { "epoll_wait", "EINTR", { 1, 2, 3 } },
  { "waitid", "EINTR", { 1 } }, { "access", "EIO", { 1 } },
}

for _, identity in ipairs(users.identities()) do
  describe("a run as " .. identity, function()
    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn(users.binary(identity))
      end)
    end

    local function shell(script, fence, timeout)
      return process.run({ as_user = identity, timeout = timeout or 10000,
        argv = { "sh", "-c", script, fence } })
    end

    for _, case in ipairs(launchers) do
      row("is refused by a bwrap " .. case[1], function(fence)
        local folder = users.temp_dir(identity)
        users.write_file(identity, folder .. "/bwrap", "#!/bin/sh\n" .. case[2] .. "\n", "755")
        local result = shell(('PATH=%s:$PATH exec "$0" echo ran'):format(folder), fence)
        assert.equal("", result.out)
        assert.matches(case[3], result.err)
        assert.equal(125, result.code)
      end)
    end

    row("3G.146 is told what bubblewrap says that does not read its many options", function(fence)
      local folder = users.temp_dir(identity)
      users.write_file(identity, folder .. "/bwrap",
        "#!/bin/sh\necho 'bwrap: Unknown option --as-pid-1' >&2; exit 1\n", "755")
      local result = shell(('d=%s; set --; for i in $(seq 14); do d=$d/%s; done; ')
        :format(folder, ("n"):rep(200)) .. 'mkdir -p "$d"; cd "$d"; for i in $(seq 80); do ' ..
        'mkdir $i; set -- "$@" --allow-write "$d/$i"; done; cd /; ' ..
        ('PATH=%s:$PATH exec "$0" "$@" -- echo ran'):format(folder), fence)
      assert.equal("", result.out)
      assert.matches("^fence: bubblewrap is too old [^\n]+\n$", result.err)
      assert.equal(125, result.code)
    end)

    -- What stands in for bubblewrap is run after the look at the folder, and before the mount.
    local swaps = {
      { "another folder", 'mv a b; mkdir -p a/w' },
      { "a link", 'mkdir -p c/w; mv a b; ln -s c a' },
      { "nothing", 'mv a b' },
      { "a file", 'mv a b; mkdir a; touch a/w' },
    }
    for _, swap in ipairs(swaps) do
      row("3F.132 a folder above a writable one is replaced by " .. swap[1], function(fence)
        local folder = users.temp_dir(identity)
        users.write_file(identity, folder .. "/bwrap", ("#!/bin/sh\ncd %s && %s\n" ..
          'exec /usr/bin/bwrap "$@"\n'):format(folder, swap[2]), "755")
        local result = shell(('mkdir -p %s/a/w; PATH=%s:$PATH exec "$0" --allow-write %s/a/w ' ..
          "-- touch %s/a/w/made"):format(folder, folder, folder, folder), fence)
        assert.equal(125, result.code, result.err)
        assert.matches("^fence: [^\n]+\n$", result.err)
        for _, place in ipairs({ "a", "b", "c" }) do
          assert.is_false(fenced.exists(("%s/%s/w/made"):format(folder, place)))
        end
      end)
    end

    row("3G.146 is refused without bubblewrap", function(fence)
      local result = shell('PATH=/nonexistent exec "$0" /bin/echo ran', fence)
      assert.matches("^fence: bubblewrap is missing: install [^\n]+\n$", result.err)
      assert.equal("", result.out)
      assert.equal(125, result.code)
    end)

    row("3G.146 is refused without user namespaces", function(fence)
      local result = shell("exec unshare -Ur sh -c " ..
        [['echo 0 >/proc/sys/user/max_user_namespaces; exec "$0" echo ran' "$0"]], fence)
      assert.matches("^fence: [^\n]*namespaces[^\n]*\n$", result.err)
      assert.equal("", result.out)
      assert.equal(125, result.code)
    end)

    -- Ran, with nothing said, or refused with one line: never something between.
    local function ran(result)
      assert.is_false(result.held) -- nobody is left
      if result.code == 125 then
        assert.matches("^fence: [^\n]+\n$", result.err)
        assert.equal("", result.out)
        return false
      end
      assert.equal("", result.err)
      assert.equal("ran\n", result.out)
      assert.equal(0, result.code)
      return true
    end

    for _, case in ipairs(surroundings) do
      row(case[1], function(fence)
        if sanitized and case[2]:match("^ulimit") then
          return pending("a sanitizer has needs of its own")
        end
        local result = process.run({ as_user = identity, timeout = 10000,
          argv = { "bash", "-c", case[2] .. '; exec "$0" echo ran', fence } })
        local did = ran(result)
        if case[3] ~= nil then
          assert.equal(case[3], did)
        end
      end)
    end

    for _, closed in ipairs({ ">&-", "<&- >&-", ">&- 2>&-", "<&- >&- 2>&-" }) do
      row("3M.243 streams that are closed: " .. closed, function(fence)
        local result = shell(([["$0" sh -c 'cat; echo x; exit 5' %s; echo $?]]):format(closed),
          fence)
        assert.equal("5\n", result.out)
        assert.equal("", result.err)
      end)
    end

    row("3M.234 fifty at once", function(fence)
      local result = shell([[i=0
        while [ $i -lt 50 ]; do "$0" sh -c 'exit 3' & jobs="$jobs $!"; i=$((i + 1)); done
        i=0
        for job in $jobs; do wait $job; [ $? = 3 ] && i=$((i + 1)); done
        echo $i]], fence, 30000)
      assert.equal("", result.err)
      assert.equal("50\n", result.out)
    end)

    row("3M.235 daemons end with the command", function(fence)
      local mark = ("%d.%d"):format(86400 + #identity, process.start({ argv = { "true" } }).pid)
      local result = shell(([["$0" sh -c 'setsid sleep %s & (sleep %s &) ; exit 4'; echo $?
        sleep 0.2; for f in /proc/[0-9]*/cmdline; do
          [ "$(tr '\0' ' ' 2>/dev/null <"$f")" != 'sleep %s ' ] || echo left; done]])
        :format(mark, mark, mark), fence)
      assert.equal("4\n", result.out)
    end)

    for _, case in ipairs(calls) do
      local call, error_name, times = table.unpack(case, 1, 3)

      row(("3M.230 %s fails with %s"):format(call, error_name), function(fence)
        if not os.execute("command -v strace >/dev/null 2>&1") then
          return pending("strace is not installed")
        elseif sanitized then
          return pending("a sanitizer makes calls of its own")
        end
        for _, when in ipairs(times) do
          ran(shell(('exec strace -qq -o /dev/null -e trace=%s -e signal=none ' ..
            '-e inject=%s:error=%s:when=%d "$0" echo ran'):format(call, call, error_name, when),
            fence))
        end
      end)
    end
  end)

  describe("faults during a run as " .. identity, function()
    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn(users.binary(identity))
      end)
    end

    -- 600 requests are refused, and that is said on a standard error that takes little or nothing.
    local silences = {
      { "full", "exec 2>/dev/full" },
      { "closed", "exec 2>&-" },
      { "a full pipe", "mkfifo f; sleep 15 <f & exec 2>f" },
      { "a pipe that nobody reads any more", "mkfifo f; true <f & exec 2>f; wait" },
      { "a file that may not grow", "ulimit -f 200; exec 2>f" },
    }
    if users.ids(identity).uid == 0 then -- who else could make a small disk
      silences[#silences + 1] = { "a full disk",
        "mkdir disk; mount -t tmpfs -o size=64k tmpfs disk; exec 2>>disk/f", "unshare" }
    end
    for _, case in ipairs(silences) do
      local name, script, unshare = table.unpack(case, 1, 3)

      row("3M.232 requests go on while standard error is " .. name, function(fence)
        local where = users.temp_dir(identity)
        local words = unshare and { "unshare", "--mount", "sh", "-c" } or { "sh", "-c" }
        words[#words + 1] = script .. [[; "$0" -d curl -s -o /dev/null -w '%{http_code}\n' ]] ..
          "'http://evil.test/[1-600]' | sort | uniq -c | tr -s ' '; kill $! 2>/dev/null; true"
        words[#words + 1] = fence
        local result = process.run({ argv = words, as_user = identity, cwd = where,
          timeout = 12000 })
        assert.equal(" 600 403\n", result.out)
      end)
    end

    local ask = "curl -s -o /dev/null -w '%{http_code}\n' http://evil.test/"

    row("3M.240 the command cannot end what leads it to the proxy", function(fence)
      local result = process.run({ as_user = identity, argv = { fence, "sh", "-c",
        "kill -9 1; kill -TERM 1; kill -STOP 1; kill -9 -1; " .. ask .. "; exit 9" } })
      assert.equal("403\n", result.out)
      assert.equal(9, result.code)
    end)

    row("3M.242 the program and bubblewrap are replaced meanwhile", function(fence)
      local where = users.temp_dir(identity)
      local copied = process.run({ as_user = identity, cwd = where,
        argv = { "cp", fence, "/usr/bin/bwrap", where } })
      assert.equal(0, copied.code)
      local work = users.temp_dir(identity)
      local child = process.start({ as_user = identity, stdin = true, cwd = work,
        env = { PATH = where .. ":/usr/bin:/bin" },
        argv = { where .. "/fence", "sh", "-c", "echo up; read line; " .. ask .. "; exit 7" } })
      assert.equal("up", child:read_line("stdout", 5000))
      local replaced = process.run({ as_user = identity, cwd = where, argv = { "sh", "-c",
        "for f in fence bwrap; do echo 'exit 1' >new; chmod 755 new; mv -f new $f; done; rm *" } })
      assert.equal("", replaced.err)
      child:write("\n")
      local result = child:wait(10000)
      assert.equal("", result.err)
      assert.equal("403\n", result.out)
      assert.equal(7, result.code)
    end)
  end)
end
