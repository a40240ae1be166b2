-- SPDX-License-Identifier: Apache-2.0
-- sandbox_spec.lua - engine:spawn: commands in sandboxes, their status, their signals, their ends.

local fence = require "fence"
local uv = require "luv"
local embed = require "spec.support.embed"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local sandbox = require "spec.support.sandbox"
local stream = require "spec.support.stream"

local sigterm, sigkill = 15, 9

describe("engine:spawn", function()
  local engine

  before_each(function()
    engine = assert(fence.new(embed.pinned(fence, {}, { "evil.test" })))
  end)

  after_each(function()
    engine:close()
  end)

  local function confined(name, spec)
    it(name, function()
      sandbox.require_sandbox(pending)
      spec()
    end)
  end

  -- Runs a command to its end; returns what on_exit was given and what it wrote.
  local function run(argv, options)
    local results, out = {}, assert(io.tmpfile())
    options = options or {}
    options.argv = argv
    options.stdio = { 0, out, out }
    options.on_exit = function(result) results[#results + 1] = result end
    assert(engine:spawn(options))
    assert.is_false(engine:run())
    assert.equal(1, #results)
    out:seek("set")
    return results[1], out:read("a")
  end

  for _, row in ipairs({
    { "true", { "/bin/true" }, 0 },
    { "a status", { "sh", "-c", "exit 7" }, 7 },
    { "a signal", { "sh", "-c", "kill -TERM $$" }, 128 + sigterm },
  }) do
    confined("reports " .. row[1], function()
      assert.same({ status = row[3] }, (run(row[2])))
    end)
  end

  confined("reports a command that is not there", function()
    local result = run({ "/nonexistent/command" })
    assert.equal(127, result.status)
    assert.is_truthy(result.error:find("'/nonexistent/command' was not found", 1, true))
  end)

  confined("lets this machine reach a port", function()
    local port = origin.closed_port()
    local ended, peer, text
    assert(engine:spawn({ argv = { "/usr/bin/python3", "-c", [[
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
client = server.accept()[0]
client.sendall(b"from inside")]], tostring(port) }, ports = { tostring(port) },
      on_exit = function(result) ended = result end }))
    local stop = embed.drive(engine)
    for _ = 1, 100 do -- it may not listen yet
      peer = stream.connect(port)
      text = peer and peer:read_all()
      if text == "from inside" then
        break
      end
      loop.sleep(50)
    end
    assert.equal("from inside", text)
    peer:close()
    loop.wait(function() return ended end)
    stop()
    assert.same({ status = 0 }, ended)
  end)

  it("refuses a port that is none, and starts nothing", function()
    local handle, why = engine:spawn({ argv = { "true" }, ports = { "0" } })
    assert.is_nil(handle)
    assert.is_truthy(tostring(why):find("port '0': write the port as a number", 1, true))
    assert.has_error(function() engine:spawn({ argv = { "true" }, ports = { 80 } }) end)
  end)

  confined("does without on_exit", function()
    assert(engine:spawn { argv = { "/bin/true" } })
    assert.is_false(engine:run())
  end)

  confined("takes layers that it may do without", function()
    assert.same({ status = 0 }, (run({ "/bin/true" }, { degrade = { "landlock", "watch" } })))
    assert.same({ status = 0 }, (run({ "/bin/true" }, { degrade = {} })))
  end)

  confined("gives the command its descriptors and its environment", function()
    local result, out = run({ "sh", "-c", "echo $GREETING; echo ${HOME-no home} >&2" },
      { env = { "GREETING=hello", "PATH=/usr/bin:/bin" } })
    assert.same({ status = 0 }, result)
    assert.equal("hello\nno home\n", out)
  end)

  -- name, what on_ask does with the answer, the status, what the command says
  for _, row in ipairs({
    { "allowed at once", function(answer) answer("allow") end, 0, "ran\n" },
    { "denied at once", function(answer) answer("deny") end, 126, "" },
    { "allowed later", function(answer, later) later(function() answer("allow") end) end, 0,
      "ran\n" },
    { "denied later", function(answer, later) later(function() answer("deny") end) end, 126, "" },
    { "forgotten", function(_, later, _, engine_of)
      later(function()
        collectgarbage()
        collectgarbage()
        engine_of():step()
      end)
    end, 126, "" },
    { "killed meanwhile", function(_, later, kill) later(kill) end, 137, "" },
  }) do
    confined("waits for a person: " .. row[1], function()
      local asked, running, timer = {}, nil, uv.new_timer()
      local config = embed.config(fence, {})
      local asking
      asking = assert(fence.new(config, {
        policy = assert(fence.policy():load_text("p", [[
          local fence = require "fence"
          return { on_exec = function(cmd) return fence.ask("run " .. cmd.line .. "?") end }]])),
        on_ask = function(request, message, answer)
          asked[#asked + 1] = { request.kind, request.argv, message,
            request.host or request.port }
          row[2](answer, function(act)
            timer:start(50, 0, loop.guard(act))
          end, function() running:kill(sigkill) end, function() return asking end)
        end,
      }))
      local out, results = assert(io.tmpfile()), {}
      running = assert(asking:spawn { argv = { "echo", "ran" }, stdio = { 0, out, out },
        on_exit = function(result) results[#results + 1] = result end })
      local stop = embed.drive(asking, error)
      assert.is_truthy(loop.wait(function() return results[1] end, 5000))
      stop()
      timer:close()
      assert.same({ { "exec", { "echo", "ran" }, "run echo ran?" } }, asked)
      assert.equal(row[3], results[1].status, results[1].error)
      out:seek("set")
      assert.equal(row[4], out:read("a"))
    end)
  end

  confined("ignores the signals it is told to", function()
    local script = "grep SigIgn /proc/self/status"
    local _, out = run({ "sh", "-c", script }, { ignored_signals = { 1, 15 } })
    assert.matches("SigIgn:%s+0*4001\n", out)
    _, out = run({ "sh", "-c", script })
    assert.matches("SigIgn:%s+0*\n", out)
  end)

  confined("lets nothing out but what the rules allow", function()
    local result, out = run({ "curl", "-s", "http://evil.test/" })
    assert.equal(0, result.status)
    assert.is_truthy(out:find("no rule allows evil.test:80", 1, true), out)
  end)

  confined("runs several at once", function()
    local statuses = {}
    for status = 1, 3 do
      assert(engine:spawn { argv = { "sh", "-c", "exit " .. status },
        on_exit = function(result) statuses[result.status] = true end })
    end
    assert.is_false(engine:run())
    assert.same({ true, true, true }, statuses)
  end)

  confined("spawns another one from on_exit", function()
    local seen = {}
    assert(engine:spawn { argv = { "sh", "-c", "exit 3" }, on_exit = function(first)
      seen[1] = first.status
      assert(engine:spawn { argv = { "sh", "-c", "exit 4" }, on_exit = function(second)
        seen[2] = second.status
      end })
    end })
    assert.is_false(engine:run())
    assert.same({ 3, 4 }, seen)
  end)

  -- Starts one that says when it runs, and calls `act` with its handle then.
  local function once_it_runs(act, script)
    local pipe, status = uv.pipe(), nil
    local handle = assert(engine:spawn {
      argv = { "sh", "-c", script or "echo; exec sleep 60" }, stdio = { 0, pipe.write, 2 },
      on_exit = function(result) status = result.status end,
    })
    uv.fs_close(pipe.write)
    assert(engine:watch(pipe.read, function(fd)
      if #uv.fs_read(fd, 100) > 0 then
        act(handle)
      end
    end))
    engine:run()
    engine:close()
    uv.fs_close(pipe.read)
    return status, handle
  end

  confined("signals", function()
    assert.equal(128 + sigterm, (once_it_runs(function(handle)
      assert.is_true(handle:kill(0))
      assert.is_true(handle:kill(sigterm))
    end)))
  end)

  confined("kills", function()
    assert.equal(128 + sigkill, (once_it_runs(function(handle)
      assert.is_true(handle:kill(sigkill))
    end)))
  end)

  confined("terminates", function()
    assert.equal(128 + sigterm, (once_it_runs(function(handle)
      assert.is_true(handle:terminate(sigterm))
    end)))
  end)

  confined("says that there is no such signal", function()
    once_it_runs(function(handle)
      for _, signum in ipairs({ -1, 65, math.maxinteger }) do
        local sent, why = handle:kill(signum)
        assert.is_nil(sent)
        assert.equal("Invalid argument", why)
      end
      handle:kill(sigkill)
    end)
  end)

  confined("has a handle that knows when it is over", function()
    local told
    local handle
    handle = assert(engine:spawn { argv = { "/bin/true" }, on_exit = function()
      told = { handle:kill(sigterm) }
    end })
    engine:run()
    assert.is_nil(told[1])
    for _, name in ipairs({ "kill", "terminate" }) do
      local sent, why = handle[name](handle, sigterm)
      assert.is_nil(sent)
      assert.equal("the command has ended", why)
    end
  end)

  confined("ends with its engine, and the handle says so", function()
    local called
    local handle = assert(engine:spawn {
      argv = { "sleep", "60" }, on_exit = function() called = true end,
    })
    engine:step()
    engine:close()
    assert.is_nil(called)
    assert.same({ n = 2, nil, "the command has ended" }, table.pack(handle:kill(sigterm)))
  end)

  confined("keeps what it needs while the command runs", function()
    local status
    assert(engine:spawn { argv = { "sh", "-c", "sleep 0.1; exit 9" },
      on_exit = function(result) status = result.status end })
    while engine:step() do
      collectgarbage()
    end
    assert.equal(9, status)
  end)

  confined("says why a command was not started", function()
    local handle, why = engine:spawn { argv = { "/bin/true" }, stdio = { 0, 1, 999 } }
    assert.is_nil(handle)
    assert.is_nil(why:find("\n"))
    assert.is_true(#why > 0)
  end)
end)
