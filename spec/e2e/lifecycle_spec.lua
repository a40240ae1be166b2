-- SPDX-License-Identifier: Apache-2.0
-- lifecycle_spec.lua - faults around a run: a launcher that lies or fails, calls that fail, limits,
-- and what a run leaves behind. Either the command runs as it should, or it does not run at all.

local process = require "spec.support.process"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- Programs that stand in for bubblewrap: what they do, and the line fence must say.
local launchers = {
  { "3G.146 that makes no sandbox at all", 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"',
    "^fence: [^\n]+\n$" },
  { "3G.146 that leaves the network out of it",
    'n=$#; while [ $n -gt 0 ]; do a=$1; shift; ' ..
    '[ "$a" = --unshare-net ] || set -- "$@" "$a"; n=$((n - 1)); done; exec /usr/bin/bwrap "$@"',
    "^fence: [^\n]*net[^\n]*\n$" },
  { "3G.146 that keeps / writable",
    'n=$#; while [ $n -gt 0 ]; do a=$1; shift; ' ..
    '[ "$a" = --ro-bind ] && a=--bind; set -- "$@" "$a"; n=$((n - 1)); done; ' ..
    'exec /usr/bin/bwrap "$@"', "^fence: [^\n]+\n$" },
  { "3G.146 that AppArmor stops",
    "echo 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted' >&2; exit 1",
    "^fence: [^\n]*AppArmor[^\n]*\n$" },
  { "3G.146 that says nothing and fails", "exit 1", "^fence: [^\n]+\n$" },
  { "3G.146 that dies", "kill -9 $$", "^fence: [^\n]+\n$" },
}

-- Limits and surroundings: the shell's words before `exec "$0"`, and whether the command may run.
local surroundings = {
  { "3M.243 no standard input", "exec <&-", true },
  { "3M.243 no standard output", "exec >&-", nil },
  { "3M.243 no standard error", "exec 2>&-", true },
  { "3M.243 16 descriptors", "ulimit -n 16", nil },
  { "3M.243 a stack of 64 KiB", "ulimit -s 64", nil },
  { "3M.243 64 MiB of memory", "ulimit -v 65536", nil },
  { "3M.243 files of no size", "ulimit -f 0", nil },
  { "3M.243 umask 777", "umask 777", true },
  { "3M.243 the current folder is gone", 'd=$(mktemp -d /var/tmp/fence-gone-XXXXXX); cd "$d"; ' ..
    'rmdir "$d"', false },
}

-- Calls of fence's own that fail once: the command must not have been started.
local calls = { "memfd_create", "socketpair", "epoll_create1", "pipe2", "sendto", "recvmsg",
  "sendmsg", "pidfd_open", "readlinkat" }

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

    for _, case in ipairs(surroundings) do
      row(case[1], function(fence)
        local result = shell(case[2] .. '; exec "$0" echo ran', fence)
        local ran = result.code == 0
        assert.is_true(ran or result.code == 125 or (case[3] == nil and result.code ~= nil))
        if case[3] ~= nil then
          assert.equal(case[3], ran)
        end
        if not ran then
          assert.equal("", result.out)
        end
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

    for _, call in ipairs(calls) do
      row("3M.230 " .. call .. " fails once", function(fence)
        if not os.execute("command -v strace >/dev/null 2>&1") then
          return pending("strace is not installed")
        end
        local result = shell(('exec strace -qq -o /dev/null -e trace=%s ' ..
          '-e inject=%s:error=ENOMEM:when=1 "$0" echo ran'):format(call, call), fence)
        assert.equal("", result.out)
        assert.equal(125, result.code)
        assert.matches("^fence: [^\n]+\n$", result.err)
      end)
    end
  end)
end
