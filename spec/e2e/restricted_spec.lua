-- SPDX-License-Identifier: Apache-2.0
-- restricted_spec.lua - machines that cannot make a sandbox, or not a whole one: nothing runs, one
-- line has the cause and the cure, and `fence doctor` has the same. spec/support/refuse.py plays
-- the older kernel and the container's filter.

local fenced = require "spec.support.fenced"
local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

-- Takes an option out of bubblewrap's arguments.
local drop = 'n=$#; while [ $n -gt 0 ]; do a=$1; shift; [ "$a" = %s ] || set -- "$@" "$a"; ' ..
  'n=$((n - 1)); done; exec /usr/bin/bwrap "$@"'

-- name, the machine, what the line must say, the feature that doctor calls missing, and what it
-- says of the place (nil: whatever it is)
local machines = {
  { "3G.146 max_user_namespaces is 0", restricted.without_namespaces,
    { "no more namespaces may be created here", "raise user.max_user_namespaces" },
    "user%-namespaces", "user%.max_user_namespaces is 0" },
  { "3G.146 clone(2) and unshare(2) refuse CLONE_NEWUSER", function(argv)
    return restricted.refusing("user-namespaces:EPERM", argv)
  end, { "you may not create user namespaces here", "--security-opt seccomp=unconfined" },
    "user%-namespaces" },
  { "3G.165 a container with a masked /proc", restricted.with_masked_proc,
    { "a new /proc may not be mounted", "systempaths=unconfined" }, "proc",
    "parts of /proc are hidden" },
  { "3G.146 no bwrap in PATH", function(argv)
    return restricted.with_path("/nonexistent", argv)
  end, { "bubblewrap is missing", "apt install bubblewrap" }, "bubblewrap" },
  { "3G.146 a bwrap that just runs the command", function(argv, identity)
    return restricted.with_bwrap(identity,
      'while [ "$1" != -- ]; do shift; done; shift; exec "$@"', argv)
  end, {}, "bubblewrap" },
  { "3G.146 a bwrap that omits the network namespace", function(argv, identity)
    return restricted.with_bwrap(identity, drop:format("--unshare-net"), argv)
  end, { "net" }, "sandbox" },
  { "3G.146 a bwrap that omits the processes' namespace", function(argv, identity)
    return restricted.with_bwrap(identity, drop:format("--unshare-pid"), argv)
  end, {}, "sandbox" },
  { "3G.146 AppArmor, network", function(argv, identity)
    return restricted.with_bwrap(identity,
      "[ $1 = --version ] && echo bubblewrap 0.9.0 && exit; " ..
      "echo 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted' >&2; exit 1", argv)
  end, { "AppArmor", "bwrap-userns-restrict" }, "sandbox" },
}

-- name, the call that is refused and how, the layer, the feature, what doctor says
local layers = {
  { "a kernel without Landlock", "landlock:ENOSYS", "landlock", "landlock", "5.13" },
  { "Landlock is switched off", "landlock:EOPNOTSUPP", "landlock", "landlock", "lsm=" },
  { "a filter that forbids Landlock", "landlock:EPERM", "landlock", "landlock",
    "Operation not permitted" },
  { "someone else is notified", "seccomp-notify:EBUSY", "unix-sockets", "seccomp-notify",
    "already" },
  { "an old seccomp(2)", "seccomp-notify:EINVAL", "unix-sockets", "seccomp-notify", "5.14" },
  { "no move_mount(2)", "live-mounts:ENOSYS", "watch", "live-mounts", "5.2" },
  { "a filter that forbids it", "live-mounts:EPERM", "watch", "live-mounts",
    "Operation not permitted" },
  { "no inotify left", "inotify:EMFILE", "watch", "inotify", "max_user_instances" },
}

for _, identity in ipairs(users.identities()) do
  describe("a restricted machine as " .. identity, function()
    local folder, marker

    lazy_setup(function()
      folder = users.temp_dir(identity)
      marker = folder .. "/ran"
    end)

    before_each(function()
      os.remove(marker)
    end)

    local function run(argv, timeout)
      return process.run({ argv = argv, as_user = identity, cwd = folder,
        timeout = timeout or 15000 })
    end

    -- With an option of fence's, or none.
    local function command(option)
      local argv = { users.binary(identity), "--allow-write", folder, option }
      return table.move({ "--", "touch", marker }, 1, 3, #argv + 1, argv)
    end

    local function doctor()
      return { users.binary(identity), "doctor" }
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    row("runs the command where nothing is restricted", function()
      local result = run(command())
      assert.equal("", result.err)
      assert.equal(0, result.code)
      assert.is_true(fenced.exists(marker))
    end)

    for _, case in ipairs(machines) do
      row(case[1] .. ": 125, nothing ran, cause and cure", function()
        local result = run(case[2](command(), identity))
        assert.matches("^fence: [^\n]+\n$", result.err)
        for _, words in ipairs(case[3]) do
          assert.is_truthy(result.err:find(words, 1, true), result.err)
        end
        assert.equal(125, result.code)
        assert.equal("", result.out)
        assert.is_false(fenced.exists(marker))
      end)

      row(case[1] .. ": fence doctor says the same", function()
        local line = run(case[2](command(), identity)).err:match("^fence: (.*)\n$")
        local result = run(case[2](doctor(), identity))
        assert.equal("", result.err)
        assert.is_truthy(result.out:find(line, 1, true), line .. "\n" .. result.out)
        assert.matches("\nmissing +" .. case[4] .. " ", result.out)
        assert.matches("\nnote +place +[^\n]*" .. (case[5] or ""), result.out)
        assert.matches("\nno sandbox can be made here: [^\n]+\n$", result.out)
        assert.equal(125, result.code)
      end)
    end

    for _, case in ipairs(layers) do
      local name, refused, layer, feature, says = table.unpack(case)

      row(name .. ": fence doctor names --degrade=" .. layer, function()
        local result = run(restricted.refusing(refused, doctor()))
        local line, cure = result.out:match("\nmissing +" .. feature:gsub("%-", "%%-") ..
          " ([^\n]+)\n +(cure: [^\n]+)\n")
        assert.is_truthy(line, result.out)
        assert.is_truthy((line .. cure):find(says, 1, true), line .. cure)
        assert.matches(" fence %-%-degrade=" .. layer:gsub("%-", "%%-") .. "\n$", result.out)
        assert.equal(1, result.code)
      end)

      row(name .. ": runs with --degrade=" .. layer .. ", and never half-way without", function()
        local with = run(restricted.refusing(refused, command("--degrade=" .. layer)))
        assert.equal(0, with.code, with.err)
        assert.is_true(fenced.exists(marker))
        os.remove(marker)
        local without = run(restricted.refusing(refused, command()))
        if without.code ~= 0 then
          assert.equal(125, without.code)
          assert.matches("^fence: [^\n]*%-%-degrade=" .. layer:gsub("%-", "%%-"), without.err)
        end
        assert.equal(without.code == 0, fenced.exists(marker))
      end)
    end

    row("3G.146 a bwrap that came with the current folder is none", function()
      local project = users.temp_dir(identity)
      users.write_file(identity, project .. "/bwrap",
        "#!/bin/sh\ntouch " .. marker .. '\nexec /usr/bin/bwrap "$@"\n', "755")
      local function in_project(argv)
        return process.run({ argv = restricted.with_path(project, argv), as_user = identity,
          cwd = project, timeout = 15000 })
      end
      local result = in_project({ users.binary(identity), "--allow-write", project, "/bin/true" })
      assert.matches("^fence: the only bwrap in PATH is one that commands may write to[^\n]+\n$",
        result.err)
      assert.equal(125, result.code)
      if users.ids(identity).uid ~= 0 then -- what is root's was put there by root
        local found = in_project(doctor())
        assert.matches("\nmissing +bubblewrap +[^\n]*the only bwrap in PATH", found.out)
        assert.equal(125, found.code)
        assert.is_false(fenced.exists(marker))
      end
    end)

    row("3G.165 fence inside fence narrows only, or says why not", function()
      local fence = users.temp_dir(identity) .. "/fence" -- the checkout may lie below /tmp
      assert.equal(0, process.run({ argv = { "cp", users.binary(identity), fence } }).code)
      local result = run({ fence, "--allow-write", folder, "--",
        "env", "ASAN_OPTIONS=detect_leaks=0", -- which would want to trace it
        fence, "--", "touch", marker })
      if result.code == 125 then
        assert.matches("^fence: [^\n]*%-%-allow%-nested[^\n]*\n$", result.err)
      else
        assert.equal(1, result.code) -- touch's: the inner one allows no write
        assert.matches("^touch: [^\n]*Read%-only file system\n$", result.err)
      end
      assert.is_false(fenced.exists(marker))
    end)
  end)
end

describe("fence doctor", function()
  it("3G.146 does not wait for a bwrap that does nothing", function()
    local identity = users.current()
    sandbox.require_sandbox(pending, identity)
    local result = process.run({ timeout = 25000, argv = restricted.with_bwrap(identity,
      "exec sleep 1000", { users.binary(identity), "doctor" }) })
    assert.matches("\nmissing +bubblewrap ", result.out)
    assert.matches("\nmissing +sandbox +[^\n]*is bwrap really bubblewrap%?\n", result.out)
    assert.equal(125, result.code)
    assert.is_false(result.held)
  end)
end)
