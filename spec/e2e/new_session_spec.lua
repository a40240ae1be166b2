-- SPDX-License-Identifier: Apache-2.0
-- new_session_spec.lua - forceNewSession: the command has no controlling terminal, and keys that
-- are signals reach it all the same, once each time.

local sandbox = require "spec.support.sandbox"
local terminal = require "spec.support.terminal"
local users = require "spec.support.users"

local counter = [[
import signal, sys
counts = {}
def count(signum, frame):
    counts[signum] = counts.get(signum, 0) + 1
for signum in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(signum, count)
try:
    open("/dev/tty")
    print("it has one")
except OSError:
    print("it has none")
print("up", flush=True)
sys.stdin.readline()
print("counted", *("%s %d" % (signal.Signals(n).name, counts[n]) for n in sorted(counts)))
]]

for _, identity in ipairs(users.identities()) do
  describe("a session as " .. identity .. ":", function()
    local home

    before_each(function()
      sandbox.require_sandbox(pending, identity)
      home = users.temp_dir(identity)
      users.write_file(identity, home .. "/new.json", '{"forceNewSession": true}')
      users.write_file(identity, home .. "/over.json",
        '{"extends": "./new.json", "forceNewSession": false}')
    end)

    -- name, fence's words, has it a terminal?
    for _, row in ipairs({
      { "without a word", {}, true },
      { "--force-new-session", { "--force-new-session" }, false },
      { "forceNewSession", { "-s", "new.json" }, false },
      { "what extends it says false", { "-s", "over.json" }, false },
      { "--clean-tty", { "--clean-tty" }, true },
      { "--clean-tty, which is one already", { "--clean-tty", "--force-new-session" }, true },
    }) do
      it(row[1], function()
        local argv = { users.binary(identity) }
        table.move(row[2], 1, #row[2], 2, argv)
        table.move({ "--", "/usr/bin/python3", "-c", counter }, 1, 4, #argv + 1, argv)
        local result = terminal.run({ argv = argv, as_user = identity, cwd = home,
          steps = { row[3] and "=it has one" or "=it has none", "=up", ">\\x03", "~0.2", ">\\x1c",
            "~0.2", ">\\x03", "~0.2", ">\\r", "=counted SIGINT 2 SIGQUIT 1" } })
        assert.equal("", result.err .. (result.code == 0 and "" or result.out))
        assert.equal(0, result.code)
      end)
    end
  end)
end
