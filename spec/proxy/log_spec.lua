-- SPDX-License-Identifier: Apache-2.0
-- log_spec.lua - 3N.257: whoever reads the log may stop, and the proxy goes on. What was not
-- written is counted, and every line that was is whole.

local json = require "spec.support.json"
local load = require "spec.support.load"
local loop = require "spec.support.loop"
local process = require "spec.support.process"
local proxy = require "spec.support.proxy"
local users = require "spec.support.users"

local patience_ms = 20000
local requests = load.sanitized and 1000 or 1500
local lines_each = 2 -- the decision, and the answer

-- Runs a program whose standard error is a pipe, a socket or a terminal: hands its first line on,
-- and of the rest nothing, until a line of input says so.
local holder = [[
import os, pty, signal, socket, subprocess, sys

def ends(kind):
    if kind == "socket":
        return [end.detach() for end in socket.socketpair()]
    return os.pipe() if kind == "pipe" else pty.openpty()

ours, theirs = ends(sys.argv[1])
child = subprocess.Popen(sys.argv[2:], stderr=theirs)
os.close(theirs)
signal.signal(signal.SIGTERM, lambda *_: child.terminate())
line = b""
while not line.endswith(b"\n"):
    line += os.read(ours, 1)
os.write(2, line.replace(b"\r", b""))
sys.stdin.readline()
try:
    while some := os.read(ours, 65536):
        os.write(1, some)
except OSError: # a terminal that nobody has open any more
    pass
sys.exit(child.wait())
]]

describe("a log", function()
  local p

  local function start(kind)
    local me = users.current()
    local settings = users.write_file(me, users.temp_dir(me) .. "/fence.json",
      json.encode({ network = {} }))
    local child = process.start({ stdin = true, argv = { "python3", "-c", holder, kind,
      users.binary(me), "proxy", "-d", "--http", "127.0.0.1:0", "--settings", settings } })
    local line, why = child:read_line("stderr", patience_ms)
    local port = tonumber(assert(line, why):match(":(%d+)$"))
    p = setmetatable({ child = child, port = port }, proxy)
  end

  local function ask(index)
    local host = ("%s.denied.test"):format(("n"):rep(index % 50 + 1)) -- lines of many lengths
    local response, why = p:request(("GET http://%s/%d HTTP/1.1\r\nHost: %s\r\n\r\n"):format(host,
      index, host), { timeout = patience_ms })
    assert.equal(403, assert(response, index .. ": " .. tostring(why)).status)
  end

  local decided = "^%[fence:filter%] No matching rule, denying: n+%.denied%.test:80\r?$"
  local answered = "^%[fence:http%] %S+ ✗ GET +403 n+%.denied%.test http://n+%S+ %(%w+%)\r?$"

  -- Of what was read: how many lines, and how many are said to be missing.
  local function count(text)
    local lines, dropped = 0, 0
    for line in text:gmatch("([^\n]*)\n") do
      local missing = line:match("^%[fence%] (%d+) lines were dropped: nobody read them\r?$")
      dropped = dropped + (tonumber(missing) or 0)
      if not missing then
        lines = lines + 1
        assert(line:match(decided) or line:match(answered), line)
      end
    end
    return lines, dropped
  end

  local function is_told(index, ms)
    return loop.wait(function()
      return p.child.stdout:peek():find(("/%d ("):format(index), 1, true)
    end, ms or patience_ms)
  end

  local function ask_all()
    for index = 1, requests do
      ask(index)
    end
  end

  after_each(function()
    if p then
      p:stop()
      p = nil
    end
  end)

  for _, kind in ipairs({ "pipe", "socket", "terminal" }) do
    it("3N.257 that nobody reads holds up nobody: a " .. kind, function()
      start(kind)
      ask_all()
      p.child:write("read\n")
      local asked = requests
      repeat -- there is room again, sooner or later
        asked = asked + 1
        ask(asked)
      until is_told(asked, 500) or asked == requests + 20
      local lines, dropped = count(p.child.stdout:peek())
      assert.is_true(lines > 0 and dropped > 0)
      assert.equal(lines_each * asked, lines + dropped)
    end)

    it("3N.257 that nobody reads ends with what is missing: a " .. kind, function()
      start(kind)
      ask_all()
      p.child:write("read\n")
      assert(load.stalls(setmetatable({}, { __index = function() return p.child.stdout.size end })))
      p.child:kill("sigterm")
      local result = p.child:wait(patience_ms)
      local lines, dropped = count(result.out)
      assert.equal(0, result.code)
      assert.is_true(lines > 0 and dropped > 0)
      assert.equal(lines_each * requests, lines + dropped)
    end)

    it("3N.257 that is read has every line: a " .. kind, function()
      start(kind)
      p.child:write("read\n")
      for index = 1, requests do
        ask(index)
        assert(index % 50 ~= 0 and index ~= requests or is_told(index), index .. " is missing")
      end
      assert.same({ lines_each * requests, 0 }, { count(p.child.stdout:peek()) })
    end)
  end
end)
