-- SPDX-License-Identifier: Apache-2.0
-- doctor_spec.lua - `fence doctor`, `fence --linux-features` and --degrade, where nothing is
-- missing (restricted_spec.lua has the other machines): their forms, words and statuses.

local process = require "spec.support.process"
local restricted = require "spec.support.restricted"
local sandbox = require "spec.support.sandbox"
local users = require "spec.support.users"

local features = {
  "kernel", "bubblewrap", "user-namespaces", "network-namespace", "mounts", "proc", "seccomp",
  "sandbox", "landlock", "seccomp-notify", "live-mounts", "inotify", "capture",
  "place",
}

-- Prints what a script would ask of the JSON.
local reader = [[
import json, sys
found = json.load(sys.stdin)
print(found["sandbox"], ",".join(found["missing"]))
for f in found["features"]:
    assert set(f) == {"name", "usedFor", "state", "layers", "detail", "cure"}, f
    print(f["name"], f["state"], ",".join(f["layers"]), "cure" if f["cure"] else "")
]]

local given = ": landlock, unix-sockets, exec and watch can be done without\n"

-- name, fence's words, the whole line behind "fence: "
local refused = {
  { "an unknown layer", { "--degrade=foo", "true" },
    "--degrade: no layer has the name 'foo'" .. given },
  { "nothing", { "--degrade=", "true" }, "--degrade: no layer has the name ''" .. given },
  { "a layer that is required", { "--degrade", "seccomp", "true" },
    "--degrade: no sandbox is without 'seccomp'" .. given },
  { "the network", { "--degrade=landlock,network", "true" },
    "--degrade: no sandbox is without 'network'" .. given },
  { "an escape sequence", { "--degrade", "\27[2J", "true" },
    "--degrade: no layer has the name '\\x1b[2J'" .. given },
  { "no layer at all", { "--degrade" }, "option needs a value: '--degrade'\n" },
  { "an option of doctor's that is none", { "doctor", "--jsn" },
    "fence doctor takes --json and nothing else; fence -- doctor runs a program of that name\n" },
  { "a word behind doctor's", { "doctor", "--json", "x" },
    "fence doctor takes --json and nothing else; fence -- doctor runs a program of that name\n" },
  { "--degrade for a proxy", { "proxy", "--http", "127.0.0.1:0", "--degrade=watch" },
    "fence proxy makes no sandbox: leave out --degrade\n" },
  { "--linux-features for a proxy", { "proxy", "--http", "127.0.0.1:0", "--linux-features" },
    "fence proxy makes no sandbox: leave out --linux-features\n" },
  { "--linux-features with a value", { "--linux-features=1" },
    "option takes no value: '--linux-features=1'\n" },
}

for _, identity in ipairs(users.identities()) do
  describe("what this machine has, as " .. identity .. ":", function()
    local function run(words, options)
      options = options or {}
      local argv = table.move(words, 1, #words, 2, { users.binary(identity) })
      return process.run({ argv = options.wrap and options.wrap(argv) or argv, env = options.env,
        as_user = identity, timeout = 15000 })
    end

    local function row(name, fn)
      it(name, function()
        sandbox.require_sandbox(pending, identity)
        fn()
      end)
    end

    it("fence doctor has a line for each feature, in order, and a sum", function()
      local result = run({ "doctor" })
      local names, last = {}, nil
      for line in result.out:gmatch("([^\n]*)\n") do
        local name = line:match("^ok +([%a-]+) ") or line:match("^note +([%a-]+) ") or
          line:match("^missing +([%a-]+) ")
        if name then
          names[#names + 1] = name
        end
        last = line
      end
      assert.same(features, names)
      assert.matches("^a sandbox can be made, ", last)
      assert.equal("", result.err)
    end)

    row("fence doctor finds bubblewrap with its version, and a sandbox", function()
      local result = run({ "doctor" })
      assert.matches("\nok +bubblewrap +[^\n]*: %d[%d.]+, /[^\n]*bwrap\n", result.out)
      assert.matches("\nok +sandbox +[^\n]*: started, and proved from outside\n", result.out)
      assert.is_true(result.code == 0 or result.code == 1, result.out)
      assert.equal(result.code == 0, result.out:find("\nmissing ") == nil)
    end)

    it("fence doctor --json is one object that says the same", function()
      local result = run({ "doctor", "--json" })
      local read = process.run({ argv = { "/usr/bin/python3", "-c", reader }, stdin = result.out })
      assert.equal("", read.err)
      local lines = read.out:gmatch("([^\n]*)\n")
      local sum = lines()
      assert.equal(({ [0] = "complete", [1] = "degraded", [125] = "none" })[result.code],
        sum:match("^%a+"))
      for _, name in ipairs(features) do
        local line = lines()
        assert.equal(name, line:match("^[%a-]+"))
        if line:match("^[%a-]+ missing ") == nil then
          assert.is_nil(line:find("cure", 1, true), line)
        end
      end
      assert.is_nil(lines())
    end)

    row("fence doctor --json names what --degrade can", function()
      local result = run({ "doctor", "--json" },
        { wrap = function(argv) return restricted.refusing("landlock:ENOSYS", argv) end })
      assert.matches('"missing":%["landlock"[^%]]*%],"sandbox":"degraded"}\n$', result.out)
      assert.equal(1, result.code)
    end)

    -- name, what is refused, what is said, and by --linux-features
    for _, case in ipairs({
      { "by the kernel's rules", nil, "ok +capture [^\n]+: by the kernel's rules\n",
        "by the kernel's rules" },
      { "by connecting", "netfilter:EPROTONOSUPPORT", "note +capture [^\n]+: by connecting for " ..
        "them: [^\n]+modprobe %-a nf_tables nft_tproxy", "by connecting for them" },
      { "not at all", "pktinfo:EPERM", "note +capture [^\n]+: none: port 53 of [^\n]+\n", "none" },
    }) do
      row("programs that know of no proxy are captured " .. case[1] .. ": no failure", function()
        local function on(argv)
          return case[2] and restricted.refusing(case[2], argv) or argv
        end
        local whole = run({ "doctor" })
        local result = run({ "doctor" }, { wrap = on })
        assert.matches("\n" .. case[3], result.out)
        assert.equal(whole.code, result.code, result.out)
        assert.equal(whole.out:match("[^\n]*\n$"), result.out:match("[^\n]*\n$"))
        result = run({ "--linux-features" }, { wrap = on })
        assert.is_truthy(result.out:find("\n  Capture: " .. case[4] .. "\n", 1, true), result.out)
      end)
    end

    it("fence doctor --help answers on standard output, with 0", function()
      local result = run({ "doctor", "--help" })
      assert.matches("^Usage: fence doctor %[%-%-json%]\n", result.out)
      assert.equal(0, result.code)
    end)

    it("fence doctor says when nobody can read it", function()
      local result = process.run({ as_user = identity, timeout = 15000,
        argv = { "sh", "-c", 'exec "$0" doctor >/dev/full', users.binary(identity) } })
      assert.equal("fence: cannot write to standard output\n", result.err)
      assert.equal(125, result.code)
    end)

    -- name, what bash does first, what the sum begins with
    for _, case in ipairs({
      { "8 descriptors", "ulimit -n 8", "no sandbox can be made here: " },
      { "files of no size", "ulimit -f 0", "no sandbox can be made here: " },
      { "SIGCHLD ignored", "trap '' CHLD", "a sandbox can be made, " },
      { "no standard input", "exec <&-", "a sandbox can be made, " },
    }) do
      row("3M.243 fence doctor comes to its end: " .. case[1], function()
        local result = process.run({ as_user = identity, timeout = 15000,
          argv = { "bash", "-c", case[2] .. '; "$0" doctor | cat', users.binary(identity) } })
        assert.is_truthy(result.out:match("([^\n]*)\n$"):find(case[3], 1, true), result.out)
        assert.equal("", result.err)
        assert.is_false(result.held)
      end)
    end

    row("fence --linux-features has the ancestor's lines", function()
      local result = run({ "--linux-features" })
      assert.equal("", result.err)
      assert.matches("^Linux Sandbox Features:\n  Kernel: %d+%.%d+\n" ..
        "  Bubblewrap %(bwrap%): true\n" ..
        "  Socat: not needed\n  Network namespace %(%-%-unshare%-net%): true\n" ..
        "  Seccomp: true %(log level: 0%)\n  Landlock: %a+ %(ABI v%d+%)\n  eBPF: not used\n" ..
        "  Capture: [%a' ]+\n" ..
        "\nFeature Status:\n  ✓ Minimum requirements met %(bwrap%)\n" ..
        "  ✓ Network namespace isolation available\n  %S+ Landlock [^\n]+\n" ..
        "  ○ eBPF monitoring not used\n$", result.out)
      assert.equal(0, result.code)
    end)

    it("fence --linux-features tells what is missing", function()
      local result = run({ "--linux-features" },
        { wrap = function(argv) return restricted.with_path("/nonexistent", argv) end })
      assert.matches("\n  Bubblewrap %(bwrap%): false\n", result.out)
      assert.matches("\n  ✗ Missing requirements: bwrap\n", result.out)
      assert.equal(0, result.code)
    end)

    for _, case in ipairs(refused) do
      it("refuses " .. case[1], function()
        local result = run(case[2])
        assert.equal("fence: " .. case[3], result.err)
        assert.equal("", result.out)
        assert.equal(125, result.code)
      end)
    end

    row("--degrade is nothing where nothing is missing", function()
      local result = run({ "--degrade", "landlock", "--degrade=unix-sockets,watch", "echo", "ran" })
      assert.equal("", result.err)
      assert.equal("ran\n", result.out)
    end)

    for _, words in ipairs({ { "explain", "--degrade=watch", "a.test:1" },
      { "explain", "--linux-features", "a.test:1" } }) do
      it("fence explain takes no " .. words[2], function()
        local result = run(words)
        assert.matches("^fence: fence explain decides once: leave out %-%-[%a-]+\n$", result.err)
        assert.equal(2, result.code)
      end)
    end
  end)
end
