-- SPDX-License-Identifier: Apache-2.0
-- profile_spec.lua - `fence profile`: a command is judged before it starts, a profile closes the
-- programs that rules of one word name, and what it does not hold is said. What profiles decide is
-- in tests/unit/test_seatbelt.c.

local json = require "spec.support.json"
local process = require "spec.support.process"
local users = require "spec.support.users"

local policy = [[
local fence = require "fence"
return {
  on_exec = function(cmd)
    if cmd.argv[1] == "make" then return fence.deny("nothing is made") end
    if cmd.argv[1] == "tar" then return fence.ask("really?") end
  end,
}
]]

local rules = { command = { deny = { "tool", "git push", "npm" }, allow = { "npm ci" },
  useDefaults = false } }

local blocked = "fence: command blocked by "

local more_words = "[fence:macos] command rules of more than a program's name are not held for " ..
  "what the command starts, as macOS does not show its words: \"git push\"\n"
local parts = "[fence:macos] programs of which command.allow lets a part pass are not closed to " ..
  "what the command starts, as macOS does not show words: \"npm\" (\"npm ci\" passes)\n"
local repositories = "[fence:macos] a git repository that the command makes is not looked " ..
  "through: git runs what its config and hooks name\n"
local servers = "[fence:macos] what the command listens at, other machines may reach: a profile " ..
  "does not tell the loopback from other addresses of this machine\n"
local copies = "[fence:macos] copies of denied programs, and links of other names to them, are " ..
  "not closed to what the command starts\n"
local on_exec = "[fence:macos] on_exec is asked about the command alone, not about what it " ..
  "starts\n"

-- name, settings, words, status, standard error
local rows = {
  { "nothing to say", {}, {}, 0, "" },
  { "a command that passes", rules, { "--", "git", "status" }, 0, more_words .. parts .. copies },
  { "a command that a rule denies", rules, { "--", "git", "-C", "x", "push" }, 126,
    blocked .. 'sandbox command policy: "git -C x push" matches "git push"\n' },
  { "a command within a script", rules, { "-c", "cd x && (true; env A=1 tool y)" }, 126,
    blocked .. 'sandbox command policy: "tool y" matches "tool"\n' },
  { "a command of a shell that a command starts", rules, { "sh", "-c", "git push" }, 126,
    blocked .. 'sandbox command policy: "git push" matches "git push"\n' },
  { "a part of a program that is allowed", rules, { "npm", "ci" }, 0,
    more_words .. parts .. copies },
  { "a command of the default list", {}, { "timeout", "5", "reboot" }, 126,
    blocked .. 'default sandbox command policy: "reboot" matches "reboot"\n' },
  { "ssh", { command = { useDefaults = false }, ssh = { deniedHosts = { "evil.*" } } },
    { "ssh", "evil.test" }, 126, "fence: SSH blocked: the host is denied (host: evil.test)\n" },
  { "what is not held of ssh",
    { command = { useDefaults = false }, ssh = { deniedHosts = { "evil.*" } } },
    { "ssh", "good.test" }, 0, "[fence:macos] the rules of ssh are not held for what the " ..
      "command starts: name the hosts in network.allowedDomains\n" },
  { "a policy within reach", {}, { "--policy", "p.lua", "--allow-write", ".", "true" }, 125,
    nil },
  { "a policy that denies", {}, { "--policy", "p.lua", "make", "x" }, 126,
    blocked .. "policy:p: nothing is made\n" },
  { "a policy that asks", {}, { "--policy", "p.lua", "tar" }, 126,
    blocked .. "policy:p: really?: nobody can be asked here\n" },
  { "what is not held of a policy", {}, { "--policy", "p.lua", "cat" }, 0, on_exec },
  { "devices", { devices = { allow = { "/dev/kvm" } } }, {}, 0, "[fence:macos] devices.allow is " ..
    "not held: a profile opens no device but a program's usual ones\n" },
  { "an environment", { environment = { set = { A = "b" } } }, {}, 0, "[fence:macos] " ..
    "environment is not held: start the command with env -i and what it is to have\n" },
  { "ports", {}, { "-p", "3000", "-p", "127.0.0.1:3001", "-p", "0.0.0.0:3002" }, 0, servers },
  { "servers", { network = { allowLocalBinding = true } }, {}, 0, servers },
  { "a port twice", {}, { "-p", "3000", "-p", "127.0.0.1:3000" }, 125,
    "fence: port '127.0.0.1:3000': it was given twice: leave one out\n" },
  { "the proxy's port", {}, { "-p", "3128" }, 125, "fence: port '3128': the command finds " ..
    "fence's own proxy at this port: choose another\n" },
  { "a port that leads out",
    { network = { allowLocalOutbound = true, allowLocalOutboundPorts = { 5432 } } },
    { "-p", "5432" }, 125, "fence: port '5432': network.allowLocalOutboundPorts has this port " ..
      "lead out: choose another\n" },
  { "a session", { forceNewSession = true }, {}, 0, "[fence:macos] forceNewSession is not " ..
    "held: start the command in a terminal of its own, by script(1)\n" },
  { "a sandbox in it", { allowNested = true }, {}, 0, "[fence:macos] allowNested opens nothing: " ..
    "macOS makes no sandbox within another\n" },
  { "what is made of git", {}, { "--allow-write", "." }, 0, repositories },
  { "a pattern that a rename gets round", { filesystem = { allowWrite = { "." },
    denyWrite = { "/var/tmp/*/b/conf" } } }, {}, 0, repositories .. "[fence:macos] patterns " ..
    "with a folder of any name, or for a part of what is writable, are not held against a " ..
    'folder that is renamed into their reach or out of it: "/var/tmp/*/b/conf"; write ' ..
    '"**/NAME", below a folder that has all that is writable\n' },
  { "no port", {}, { "-p", "x" }, 125,
    "fence: port 'x': write the port as a number from 1 to 65535, without leading zeros\n" },
  { "a path that is not there", {}, { "--allow-write", "none" }, 0,
    "[fence:macos] filesystem.allowWrite: 'none' does not exist: passed over\n" },
  { "a socket that is not there", { network = { allowUnixSockets = { "/none" } } }, {}, 0,
    "[fence:macos] network.allowUnixSockets: '/none' does not exist: passed over\n" },
  { "wrong settings", { none = 1 }, {}, 125, nil },
  { "-c and more words", {}, { "-c", "true", "x" }, 125,
    "fence: -c takes one string, and no further words: put them into it\n" },
  { "--watch", {}, { "--watch" }, 125, "fence: fence profile starts nothing: leave out --watch\n" },
  { "--ask-timeout", {}, { "--ask-timeout", "5" }, 125,
    "fence: fence profile starts nothing: leave out --ask-timeout\n" },
  { "--clean-tty", {}, { "--clean-tty" }, 125,
    "fence: fence profile starts nothing: leave out --clean-tty\n" },
}

for _, identity in ipairs(users.identities()) do
  describe("fence profile as " .. identity, function()
    local folder

    local function run(settings, words, env)
      local path = users.write_file(identity, folder .. "/f.json", json.encode(settings))
      users.write_file(identity, folder .. "/p.lua", policy)
      return process.run({ as_user = identity, cwd = folder, env = env,
        argv = { users.binary(identity), "profile", "-s", path, table.unpack(words) } })
    end

    before_each(function()
      folder = users.temp_dir(identity)
    end)

    for _, row in ipairs(rows) do
      it(row[1], function()
        local result = run(row[2], row[3])
        assert.equal(row[5] or result.err, result.err)
        assert.equal(row[4], result.code)
        if row[4] == 0 then
          assert.matches("^%(version 1%)\n%(deny default%)\n", result.out)
        else
          assert.equal("", result.out)
          assert.matches("^fence: [^\n]+\n$", result.err)
        end
      end)
    end

    it("closes the programs that rules of one word name, and no others", function()
      local result = run(rules, {})
      local closed = {}
      for line in result.out:gmatch("[^\n]+") do
        closed[#closed + 1] = line:match("^%(deny process%-exec%* (.*)%)$")
      end
      assert.same({ [[(regex #"/[tT][oO][oO][lL]$")]] }, closed)
      assert.matches("\n%(allow file%-read%* process%-exec%*%)\n", result.out)
    end)

    it("closes what a link of a denied name leads to, or says that it does not", function()
      local links = [[cd '%s' && mkdir bin && : >bin/tool-2.0 && ln -s tool-2.0 bin/tool && ]] ..
        [[: >bin/other && ln -s other bin/thing]]
      assert(os.execute(links:format(folder)))
      local result = run({ command = { deny = { "tool", "thing" }, useDefaults = false } }, {},
        { PATH = folder .. "/bin:/usr/bin:/bin" })
      assert.equal(copies .. "[fence:macos] denied programs that are links to others are not " ..
        "closed to what the command starts, unless those are denied by name: \"thing\" (" ..
        folder .. "/bin/other)\n", result.err)
      assert.truthy(result.out:find('(deny process-exec*\n  (literal "' .. folder ..
        '/bin/tool-2.0"))\n', 1, true), result.out)
      assert.is_nil(result.out:find('/bin/other"', 1, true))
    end)

    it("opens what the settings open, with the paths of this machine", function()
      assert(os.execute(("cd '%s' && ln -s . here && mkdir 'a \"b\\'"):format(folder)))
      local result = run({ network = { httpProxyPort = 4000, allowUnixSockets = { "f.json" } },
        filesystem = { allowWrite = { 'here/a "b\\' } },
        macos = { mach = { lookup = { "com.apple.trustd.agent" }, register = { "org.x.*" } } } },
        { "-p", "3000" })
      assert.equal(servers .. repositories, result.err)
      for _, line in ipairs({
        '(subpath "' .. folder .. '/a \\"b\\\\")',
        '(remote ip "localhost:4000")', '(remote ip "localhost:1080")',
        '(local ip "localhost:3000")',
        '(literal "' .. folder .. '/f.json")',
        '(allow mach-lookup\n  (global-name "com.apple.trustd.agent"))',
        '(allow mach-register\n  (global-name-prefix "org.x."))',
      }) do
        assert.truthy(result.out:find(line, 1, true), line .. "\n" .. result.out)
      end
    end)

    it("273 refuses a path that would end a line", function()
      assert(os.execute(("mkdir '%s/a\nb'"):format(folder)))
      local result = run({}, { "--allow-write", "a\nb" })
      assert.equal("fence: a path has a control character, which a profile cannot hold: rename " ..
        "it\n", result.err)
      assert.equal("", result.out)
      assert.equal(125, result.code)
    end)

    it("says that it could not be written", function()
      local result = process.run({ as_user = identity, cwd = folder, argv = { "sh", "-c",
        'exec "$0" profile -t code -- true >/dev/full', users.binary(identity) } })
      assert.matches("fence: cannot write to standard output\n$", result.err)
      assert.equal(125, result.code)
    end)

    if identity == "root" then
      it("268 refuses what another user owns", function()
        local theirs = users.temp_dir(users.stranger())
        local result = run({}, { "--allow-write", theirs })
        assert.matches("^fence: '" .. theirs:gsub("%p", "%%%0") .. "' of filesystem.allowWrite " ..
          "belongs to another user %(%d+%)", result.err)
        assert.equal(125, result.code)
        assert.equal(0, run({}, { "--allow-other-owners", "--allow-write", theirs }).code)
      end)
    end

    it("prints its help", function()
      local result = process.run({ as_user = identity,
        argv = { users.binary(identity), "profile", "--help" } })
      assert.matches("^Usage: fence profile ", result.out)
      assert.equal(0, result.code)
    end)
  end)
end
