-- SPDX-License-Identifier: Apache-2.0
-- hooks_spec.lua - the hooks that watch: what on_start, on_close, on_event and on_exit are told,
-- what -m shows of it, and that whatever goes wrong in them changes nothing.

local fenced = require "spec.support.fenced"
local http = require "spec.support.http"
local origin = require "spec.support.origin"
local policies = require "spec.support.policies"
local socks5 = require "spec.support.socks5"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local patience_ms = 5000

-- Times are not to be foreseen.
local function plain(text)
  return (text:gsub("%d%d:%d%d:%d%d", "TIME"):gsub("%([%d.]+m?s%)", "(TOOK)"))
end

local function get(url)
  return { "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url }
end

for _, identity in ipairs(users.identities()) do
  describe("hooks that watch, in a sandbox as " .. identity .. ":", function()
    -- A command under these policies. good.test leads to where nobody listens.
    local function run(texts, argv)
      return policies.run(texts, argv, { network = { allowedDomains = { "good.test" },
        hosts = { ["good.test"] = "127.0.0.1" } } }, identity)
    end

    -- name, the policies, the command, its status, standard error, standard output
    for _, row in ipairs({
      { "on_start has the command",
        { [[return { on_start = function(run)
          fence.log("info", "start", { id = run.id, type = math.type(run.id),
            words = #run.command, first = run.command[1], last = run.command[3],
            cwd = run.cwd:sub(1, 1) })
        end }]] }, { "sh", "-c", "exit 0" }, 0,
        "[fence] info: policy p: start cwd=/ first=sh id=1 last=exit 0 type=integer words=3\n" },
      { "on_exit has the status",
        { [[return { on_exit = function(s)
          fence.log("warn", "exit", { id = s.id, status = s.status, allowed = s.allowed,
            denied = s.denied, duration = math.type(s.duration), quick = s.duration < 20 })
        end }]] }, { "sh", "-c", "exit 7" }, 7,
        "[fence] warn: policy p: exit allowed=0 denied=0 duration=float id=1 quick=true " ..
        "status=7\n" },
      { "on_exit after a signal",
        { [[return { on_exit = function(s) fence.log("info", "status " .. s.status) end }]] },
        { "sh", "-c", "kill -9 $$" }, 137, "[fence] info: policy p: status 137\n" },
      { "on_exit counts decisions",
        { [[return {
          on_exit = function(s) fence.log("info", s.allowed .. " and " .. s.denied) end,
          on_event = function() return false end,
        }]] },
        { "sh", "-c",
          "curl -s -o /dev/null http://good.test:1/ -o /dev/null http://evil.test/ -o /dev/null " ..
          "http://a.test/; exit 0" }, 0,
        "[fence] info: policy p: 1 and 2\n" },
      { "no on_close for what reached nobody",
        { [[return { on_close = function(req) fence.log("info", "closed " .. req.host) end }]] },
        get("http://good.test:1/"), 0, "[fence:http] TIME ! GET     502 good.test " ..
        "http://good.test:1/ (TOOK)\n", "502" },
      { "two policies, in their order",
        { [[return { on_start = function() fence.log("info", "one") end,
                     on_exit = function() fence.log("info", "three") end }]],
          [[return { name = "other", on_start = function() fence.log("info", "two") end,
                     on_exit = function() fence.log("info", "four") end }]] },
        { "true" }, 0, "[fence] info: policy p: one\n[fence] info: policy other: two\n" ..
        "[fence] info: policy p: three\n[fence] info: policy other: four\n" },
      { "local variables are kept from one to the other",
        { [[local words; return {
          on_start = function(run) words = run.command end,
          on_exit = function() fence.log("info", table.concat(words, "|")) end,
        }]] }, { "echo", "a b", "" }, 0, "[fence] info: policy p: echo|a b|\n", "a b \n" },
      { "an error in on_start, and the next policy is told all the same",
        { [[return { on_start = function() error("no") end }]],
          [[return { on_start = function() fence.log("info", "two") end }]] },
        { "echo", "ran" }, 0, "[fence] error: policy p: on_start: p.lua:1: no\n" ..
        "[fence] info: policy q: two\n", "ran\n" },
      { "an error in on_exit",
        { [[return { on_exit = function(s) return s.status.x end }]] },
        { "sh", "-c", "exit 3" }, 3,
        "[fence] error: policy p: on_exit: p.lua:1: attempt to index " ..
        "a number value (field 'status')\n" },
      { "a misspelt field of a run",
        { [[return { on_start = function(run) return run.comand end }]] }, { "echo", "ran" }, 0,
        "[fence] error: policy p: on_start: p.lua:1: a run has no 'comand'; did you mean " ..
        "'command'?\n", "ran\n" },
      { "a misspelt field of a summary",
        { [[return { on_exit = function(summary) return summary.stauts end }]] }, { "true" }, 0,
        "[fence] error: policy p: on_exit: p.lua:1: a summary has no 'stauts'; did you mean " ..
        "'status'?\n" },
      { "a misspelt field of an event",
        { [[return { on_event = function(event) return event.verdikt end }]] },
        get("http://evil.test/"), 0,
        "[fence] error: policy p: on_event: p.lua:1: an event has no 'verdikt'; did you mean " ..
        "'verdict'?\n[fence:http] TIME ✗ GET     403 evil.test http://evil.test/ (TOOK)\n", "403" },
      { "a field that resembles none",
        { [[return { on_start = function(run) return run.environment end }]] }, { "true" }, 0,
        "[fence] error: policy p: on_start: p.lua:1: a run has no 'environment'\n" },
      { "what on_start returns does not matter",
        { [[return { on_start = function() return false end,
          on_exit = function() return 1 end }]] },
        { "echo", "ran" }, 0, "", "ran\n" },
    }) do
      it(row[1], function()
        local result = run(row[2], row[3])
        assert.equal(row[5], plain(result.err))
        assert.equal(row[4], result.code)
        assert.equal(row[6] or "", result.out)
      end)
    end

    for _, hook in ipairs({ "on_start", "on_exit", "on_event" }) do
      it("an endless loop in " .. hook .. " is ended, and the command goes on", function()
        local result = run({ ("return { %s = function() while true do end end }"):format(hook) },
          get("http://evil.test/"))
        assert.equal(0, result.code)
        assert.equal("403", result.out)
        assert.is_truthy(result.err:find("[fence] error: policy p: " .. hook .. ": it took too ", 1,
          true), result.err)
      end)
    end

    -- the key, what is said of it
    for key, why in pairs({
      on_strat = "a policy has no 'on_strat'; did you mean 'on_start'?",
      on_closed = "a policy has no 'on_closed'; did you mean 'on_close'?",
      on_events = "a policy has no 'on_events'; did you mean 'on_event'?",
      on_exti = "a policy has no 'on_exti'; did you mean 'on_exit'?",
      on_exce = "a policy has no 'on_exce'; did you mean 'on_exec'?",
    }) do
      it(key .. " is no hook", function()
        local result = run({ ("return { %s = function() end }"):format(key) }, { "echo", "ran" })
        assert.equal(125, result.code)
        assert.equal("", result.out)
        assert.is_truthy(result.err:find("p.lua: " .. why .. "\n", 1, true), result.err)
      end)
    end

    it("without -m nothing is said, errors included", function()
      local args = policies.arguments({ [[return { on_start = function() error("no") end,
        on_exit = function() fence.log("error", "no") end }]] }, identity)
      table.remove(args, 1)
      local result = fenced.run({ as_user = identity, args = args, argv = { "echo", "ran" } })
      assert.equal("", result.err)
      assert.equal("ran\n", result.out)
    end)
  end)
end

describe("hooks that watch, in a proxy:", function()
  local w

  local function start(texts, options)
    options = options or {}
    options.args = { "-m" }
    options.allowed = options.allowed or { "good.test", "b.good.test" }
    w = policies.start(texts, options)
  end

  after_each(function()
    if w then
      w:stop(true)
    end
    w = nil
  end)

  -- Ends the proxy; what it has said is these lines, in which {port} is the origin's.
  local function said(lines)
    local ended = w.proxy:stop()
    w.origin:close()
    local expected = #lines > 0 and table.concat(lines, "\n") .. "\n" or ""
    assert.equal(w:fill(expected), plain(ended.err))
    assert.equal(0, ended.code)
    w = nil
  end

  local counting = [[return { on_close = function(req)
    fence.log("info", "closed", { kind = req.kind, host = req.host, port = req.port,
      method = tostring(req.method), path = tostring(req.path), sent = req.bytes_sent,
      received = req.bytes_received, took = math.type(req.duration),
      quick = req.duration >= 0 and req.duration < 20 })
  end }]]

  local function closed(kind, host, method, path, sent, received)
    return ("[fence] info: policy p: closed host=%s kind=%s method=%s path=%s port={port} " ..
      "quick=true received=%d sent=%d took=float"):format(host, kind, method, path, received, sent)
  end

  describe("on_close counts", function()
    local answer = #origin.response("200 OK", "good")

    it("a GET", function()
      start({ counting })
      local bytes = w:fill(wire.get("/a?b"))
      assert.equal(200, w:ask(bytes).status)
      said({ closed("http", "good.test", "GET", "/a", #bytes, answer) })
    end)

    it("a POST with its body", function()
      start({ counting })
      local head = w:fill("POST http://good.test:{port}/ HTTP/1.1\r\n" ..
        "Host: good.test:{port}\r\nContent-Length: 100000\r\n\r\n")
      assert.equal(200, w:ask(head .. ("x"):rep(100000)).status)
      said({ closed("http", "good.test", "POST", "/", #head + 100000, answer) })
    end)

    it("a body in chunks, as it came", function()
      start({ counting })
      local bytes = w:fill("PUT http://good.test:{port}/ HTTP/1.1\r\nHost: good.test:{port}\r\n" ..
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
      assert.equal(200, w:ask(bytes).status)
      said({ closed("http", "good.test", "PUT", "/", #bytes, answer) })
    end)

    it("two requests on one connection, to two hosts", function()
      start({ counting })
      local client, sizes = w:connect(), {}
      for index, host in ipairs({ "good.test", "b.good.test" }) do
        local bytes = w:fill(wire.get("/" .. index, host .. ":{port}"))
        client:send(bytes)
        assert.equal(200, http.read_response(client, patience_ms).status)
        sizes[index] = #bytes
      end
      client:close()
      said({ closed("http", "good.test", "GET", "/1", sizes[1], answer),
             closed("http", "b.good.test", "GET", "/2", sizes[2], answer) })
    end)

    it("two requests sent at once", function()
      start({ counting })
      local client = w:connect()
      local first = w:fill("POST http://good.test:{port}/1 HTTP/1.1\r\n" ..
        "Host: good.test:{port}\r\nContent-Length: 3\r\n\r\nabc")
      local second = w:fill(wire.get("/22"))
      client:send(first .. second)
      for _ = 1, 2 do
        assert.equal(200, http.read_response(client, patience_ms).status)
      end
      client:close()
      said({ closed("http", "good.test", "POST", "/1", #first, answer),
             closed("http", "good.test", "GET", "/22", #second, answer) })
    end)

    it("not what was refused, on the same connection", function()
      start({ counting })
      local client = w:connect()
      local first, last = w:fill(wire.get("/1")), w:fill(wire.get("/3"))
      for _, row in ipairs({ { first, 200 }, { wire.get("/2", "evil.test"), 403 },
                             { last, 200 } }) do
        client:send(row[1])
        assert.equal(row[2], http.read_response(client, patience_ms).status)
      end
      client:close()
      said({ closed("http", "good.test", "GET", "/1", #first, answer),
             "[fence:http] TIME ✗ GET     403 evil.test http://evil.test/2 (TOOK)",
             closed("http", "good.test", "GET", "/3", #last, answer) })
    end)

    -- Through the echo: as much comes back.
    local function through(client, count)
      client:send(("x"):rep(count))
      client:shutdown()
      assert.equal(count, #client:read_all(patience_ms))
      client:close()
    end

    it("a tunnel, its CONNECT included", function()
      start({ counting }, { origin = origin.echo() })
      local authority = "good.test:" .. w.origin.port
      local asked = #("CONNECT  HTTP/1.1\r\nHost: \r\n\r\n") + 2 * #authority
      through(assert(w.proxy:tunnel(authority, patience_ms)), 70000)
      said({ closed("connect", "good.test", "nil", "nil", 70000 + asked, 70000) })
    end)

    it("a tunnel by SOCKS5", function()
      start({ [[return { on_close = function(req)
        fence.log("info", req.kind .. " " .. req.bytes_sent // 1000 .. " " .. req.bytes_received)
      end }]] }, { origin = origin.echo() })
      local name = socks5.by_name("good.test", w.origin.port)
      through(assert(socks5.tunnel(w.proxy.port, name)), 5000)
      said({ "[fence] info: policy p: socks5 5 5000" })
    end)

    it("an upgraded connection once", function()
      start({ counting }, { origin = origin.raw(function(connection)
        connection:read_until("\r\n\r\n")
        connection:send("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" ..
          "Upgrade: echo\r\n\r\n")
        connection:send(connection:read(4) or "")
      end) })
      local client = w:connect()
      local bytes = w:fill(wire.get("/up", nil, "Connection: Upgrade\r\nUpgrade: echo\r\n"))
      client:send(bytes)
      assert.equal(101, http.read_response(client, patience_ms, true).status)
      client:send("ping")
      assert.equal("ping", client:read_all(patience_ms))
      client:close()
      local head = #("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n" ..
        "Upgrade: echo\r\n\r\n")
      said({ closed("http", "good.test", "GET", "/up", #bytes + 4, head + 4) })
    end)
  end)

  it("a tunnel that is up when the proxy ends is told of too", function()
    start({ [[return { on_close = function(req) fence.log("info", "closed") end }]] },
      { origin = origin.echo() })
    local client = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
    client:send("x")
    client:read(1, patience_ms)
    said({ "[fence] info: policy p: closed" })
    client:close()
  end)

  it("req is over when on_close has returned", function()
    start({ [[local kept; return { on_close = function(req)
      if kept then fence.log("info", tostring(pcall(function() return kept.host end))) end
      kept = req
    end }]] })
    for _ = 1, 2 do
      assert.equal(200, w:ask(wire.get()).status)
    end
    said({ "[fence] info: policy p: false" })
  end)

  describe("an error in on_close", function()
    it("that never ends is ended", function()
      start({ "return { on_close = function() while true do end end }" })
      for _ = 1, 2 do
        assert.equal("good", w:ask(wire.get()).body)
      end
      local ended = w.proxy:stop()
      local _, count = ended.err:gsub("%[fence%] error: policy p: on_close: it took too ", "")
      assert.equal(2, count, ended.err)
      w.origin:close()
      w = nil
    end)

    for _, row in ipairs({
      { "raised", "error('no')", "p.lua:1: no" },
      { "of a misspelt field", "return req.bytes_recieved",
        "p.lua:1: a request has no 'bytes_recieved'; did you mean 'bytes_received'?" },
      { "of a write", "req.host = 'x'", "p.lua:1: a request cannot be changed" },
    }) do
      it(row[1] .. " changes nothing", function()
        start({ ("return { on_close = function(req) %s end }"):format(row[2]) })
        local client = w:connect()
        for _ = 1, 2 do
          client:send(w:fill(wire.get()))
          assert.equal("good", http.read_response(client, patience_ms).body)
        end
        client:close()
        local line = "[fence] error: policy p: on_close: " .. row[3]
        said({ line, line })
      end)
    end
  end)

  describe("on_event", function()
    local denied = "[fence:http] TIME ✗ GET     403 evil.test http://evil.test/ (TOOK)"

    -- name, the policies, the lines for one request that is allowed and one that is not
    for _, row in ipairs({
      { "nil leaves the line", { "return { on_event = function() end }" }, { denied } },
      { "false drops it", { "return { on_event = function() return false end }" }, {} },
      { "a string is said instead",
        { "return { on_event = function(e) return e.verdict .. ' ' .. e.request.host end }" },
        { "[fence:policy] TIME allow good.test", "[fence:policy] TIME deny evil.test" } },
      { "what it is told",
        { [[return { on_event = function(e)
          return table.concat({ e.kind, e.verdict, e.rule, e.reason, e.message }, "|")
        end }]] },
        { "[fence:policy] TIME decision|allow|network.allowedDomains[0]||",
          "[fence:policy] TIME decision|deny||http_request_denied|no rule allows evil.test:80" } },
      { "what a policy has decided",
        { [[return { on_request = function() return fence.deny("not now") end,
          on_event = function(e) return e.rule .. ": " .. e.message end }]] },
        { "[fence:policy] TIME policy:p: not now", "[fence:policy] TIME policy:p: not now" } },
      { "control characters are shown as such",
        { "return { on_event = function() return 'a\\n\\27[31mb' end }" },
        { "[fence:policy] TIME a\\x0a\\x1b[31mb", "[fence:policy] TIME a\\x0a\\x1b[31mb" } },
      { "an empty string leaves it", { "return { on_event = function() return '' end }" },
        { denied } },
      { "the last string of two policies",
        { "return { on_event = function() return 'one' end }",
          "return { on_event = function() return 'two' end }" },
        { "[fence:policy] TIME two", "[fence:policy] TIME two" } },
      { "one false of two policies",
        { "return { on_event = function() return false end }",
          "return { on_event = function() return 'two' end }" }, {} },
      { "true is an error",
        { "return { on_event = function(e) if e.verdict == 'deny' then return true end end }" },
        { "[fence] error: policy p: on_event: it returned a boolean: return false, a string or " ..
          "nil", denied } },
      { "a number is an error",
        { "return { on_event = function(e) if e.verdict == 'deny' then return 1 end end }" },
        { "[fence] error: policy p: on_event: it returned a number: return false, a string or " ..
          "nil", denied } },
      { "a verdict is an error",
        { [[return { on_event = function(e)
          if e.verdict == "deny" then return fence.allow() end
        end }]] },
        { "[fence] error: policy p: on_event: it returned a userdata: return false, a string or " ..
          "nil", denied } },
      { "an error of one, a string of the next",
        { "return { on_event = function() error('no', 0) end }",
          "return { on_event = function() return 'two' end }" },
        { "[fence] error: policy p: on_event: no", "[fence:policy] TIME two",
          "[fence] error: policy p: on_event: no", "[fence:policy] TIME two" } },
    }) do
      it(row[1], function()
        start(row[2])
        local denies = row[2][1]:find("not now")
        assert.equal(denies and 403 or 200, w:ask(wire.get()).status)
        assert.equal(403, w:ask(wire.get("/", "evil.test")).status)
        said(row[3])
      end)
    end

    it("is told of tunnels, by CONNECT and SOCKS5", function()
      start({ [[return { on_event = function(e)
        return e.verdict .. " " .. e.request.kind .. " " .. tostring(e.request.method)
      end }]] })
      assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms)):close()
      w.proxy:tunnel("evil.test:443", patience_ms)
      local client = w:connect()
      socks5.ask(client, socks5.by_name("evil.test", 443))
      client:close()
      said({ "[fence:policy] TIME allow connect nil", "[fence:policy] TIME deny connect nil",
             "[fence:policy] TIME deny socks5 nil" })
    end)
  end)
end)
