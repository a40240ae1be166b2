-- SPDX-License-Identifier: Apache-2.0
-- log_hosts_spec.lua - policies/log_hosts.lua: a line for each host when the command has ended, and
-- under `fence proxy` a line for each decision.

local fenced = require "spec.support.fenced"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local shipped = require "spec.support.shipped"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000

describe("policies/log_hosts.lua", function()
  local server

  before_each(function() server = origin.http("good") end)
  after_each(function() server:close() end)

  -- What is said by the policy when a shell in the sandbox has run this script. A file takes all of
  -- it at once; of a pipe that is not read in time, fence drops lines.
  local function run(script)
    local path = users.temp_dir(users.current()) .. "/stderr"
    local argv = { "sh", "-c", 'exec "$@" 2>' .. path, "sh" }
    local words = fenced.argv({
      settings = fenced.settings({ "good.test", "b.good.test" }),
      args = { "-m", "--policy", shipped.copy("log_hosts") },
      argv = { "sh", "-c", (script:gsub("{port}", server.port)) },
    })
    table.move(words, 1, #words, #argv + 1, argv)
    local result = process.run({ argv = argv })
    local all = fenced.read_file(path)
    assert.equal(0, result.code, all)
    local lines = {}
    for line in all:gmatch("%[fence%] info: policy log_hosts: ([^\n]*)") do
      lines[#lines + 1] = line
    end
    return lines, all
  end

  it("one line for each host, by name, with its counts", function()
    local lines, all = run("curl -s http://good.test:{port}/ http://good.test:{port}/b " ..
      "http://evil.test/; curl -s -p http://b.good.test:{port}/; curl -s http://evil.test/ ; true")
    assert.equal(3, #lines, all)
    assert.is_truthy(lines[1]:find("^b%.good%.test allowed=1 denied=0 received=%d+ sent=%d+$"),
      all)
    assert.equal("evil.test allowed=0 denied=2 received=0 sent=0", lines[2])
    assert.is_truthy(lines[3]:find("^good%.test allowed=2 denied=0 received=%d+ sent=%d+$"), all)
    local answer = #origin.response("200 OK", "good")
    assert.equal(2 * answer, tonumber(lines[3]:match("received=(%d+)")))
    assert.is_true(tonumber(lines[3]:match("sent=(%d+)")) > 2 * #"GET http://good.test/ HTTP/1.1")
  end)

  it("nothing for a command that asks for nothing", function()
    assert.same({}, (run("true")))
  end)

  it("50 hosts, and then the others together", function()
    local lines, all = run([[for n in $(seq 1 55); do echo "url = http://h$n.test/"
      done | curl -s -o /dev/null -K - ; true]])
    assert.equal(51, #lines, all)
    assert.equal("(others) allowed=0 denied=5 received=0 sent=0", lines[1])
  end)

  it("under `fence proxy`, one line for each decision", function()
    local w = wire.start({ door = "both", args = { "-m", "--policy", shipped.copy("log_hosts") } })
    local port = tostring(w.origin.port)
    assert.equal(200, w:ask(wire.get()).status)
    assert.equal(403, w:ask(wire.get("/", "denied.good.test:81")).status)
    assert(w.proxy:tunnel("good.test:" .. port, patience_ms)):close()
    w.proxy:tunnel("[2001:db8::1]:443", patience_ms)
    local ended = w.proxy:stop()
    w.origin:close()
    assert.equal(("[fence:policy] TIME allowed GET good.test:%s\n" ..
      "[fence:policy] TIME denied GET denied.good.test:81 (network.deniedDomains[0])\n" ..
      "[fence:policy] TIME allowed tunnel good.test:%s\n" ..
      "[fence:policy] TIME denied tunnel [2001:db8::1]:443 (no rule allows it)\n")
      :format(port, port), (ended.err:gsub("%d%d:%d%d:%d%d", "TIME")))
  end)
end)
