-- SPDX-License-Identifier: Apache-2.0
-- engine_spec.lua - a proxy in this process, its loop inside luv's: what it serves, to whom, by
-- which rules, and what it tells.

local fence = require "fence"
local uv = require "luv"
local descriptors = require "spec.support.descriptors"
local embed = require "spec.support.embed"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local socks5 = require "spec.support.socks5"
local stream = require "spec.support.stream"

local patience_ms = 5000

describe("an engine", function()
  local config, server, engine, stop, events

  -- Every name that a spec asks for is pinned to the origin, denied or not.
  local function rules(...)
    return embed.pinned(fence, { ... }, { "good.test", "evil.test" })
  end

  before_each(function()
    events = {}
    server = origin.http("good")
    config = rules("good.test")
    engine = assert(fence.new(config, {
      on_event = function(event) events[#events + 1] = event end,
    }))
    assert.is_true(engine:listen("auto", "127.0.0.1:0"))
    stop = embed.drive(engine)
  end)

  after_each(function()
    stop()
    server:close()
  end)

  local function connect()
    return assert(stream.connect(engine:port("auto")))
  end

  -- One plain request; returns its response.
  local function get(host, fields)
    local client = connect()
    client:send(("GET http://%s:%d/ HTTP/1.1\r\nHost: %s:%d\r\nConnection: close\r\n%s\r\n"):format(
      host, server.port, host, server.port, fields or ""))
    local response, why = http.read_response(client, patience_ms)
    client:close()
    return assert(response, why)
  end

  -- Waits for an event of that kind; returns it.
  local function event_of(kind)
    local found
    loop.wait(function()
      for _, event in ipairs(events) do
        found = found or event.kind == kind and event
      end
      return found
    end, patience_ms)
    return found
  end

  it("serves HTTP and SOCKS5 by one port", function()
    local response = get("good.test")
    assert.equal(200, response.status)
    assert.equal("good", response.body)
    local client = connect()
    assert.equal(0, socks5.ask(client, socks5.by_name("good.test", server.port)))
    client:send("GET / HTTP/1.1\r\nHost: good.test\r\nConnection: close\r\n\r\n")
    assert.equal("good", http.read_response(client, patience_ms).body)
    client:close()
    assert.equal(2, #server.requests)
  end)

  it("refuses the rest, and dials nothing", function()
    local response = get("evil.test")
    assert.equal(403, response.status)
    assert.is_truthy(response.body:find("no rule allows evil.test", 1, true), response.body)
    local client = connect()
    assert.equal(2, (socks5.ask(client, socks5.by_name("evil.test", server.port))))
    client:close()
    assert.equal(0, server.connections)
  end)

  it("knows its ports", function()
    assert.is_nil(engine:port("http"))
    assert.is_true(engine:listen("http", "127.0.0.1:0"))
    assert.equal("integer", math.type(engine:port("http")))
    local opened, why = engine:listen("http", "localhost:0")
    assert.is_nil(opened)
    assert.is_truthy(why:find("localhost", 1, true), why)
  end)

  it("tells events in their order, with all their fields", function()
    get("good.test")
    local close = event_of("close")
    local kinds = {}
    for index, event in ipairs(events) do
      assert.equal(index, event.seq)
      assert.is_true(math.abs(event.time_us / 1000000 - os.time()) < 60)
      assert.equal(events[1].session, event.session)
      kinds[index] = event.kind
    end
    assert.same({ "decision", "response", "close" }, kinds)
    assert.same({ kind = "http", host = "good.test", port = server.port, method = "GET",
                  scheme = "http", path = "/" }, events[1].request)
    assert.same({ verdict = "allow", rule = "network.allowedDomains[0]" }, events[1].decision)
    assert.equal(200, events[2].status)
    assert.equal("integer", math.type(events[2].duration_us))
    assert.is_true(close.bytes_sent > 0 and close.bytes_received > 0)
    assert.is_nil(close.status)
  end)

  it("tells why something was denied", function()
    get("evil.test")
    local decision = event_of("decision").decision
    assert.equal("deny", decision.verdict)
    assert.equal("http_request_denied", decision.reason)
    assert.is_truthy(decision.cure:find("--allow evil.test", 1, true), decision.cure)
    assert.equal(403, event_of("response").status)
  end)

  it("tells of the sessions that close() ends, when it is closed already", function()
    local seen = {}
    local other = assert(fence.new(config, { on_event = function(event)
      seen[#seen + 1] = event.kind
    end }))
    assert.is_true(other:listen("http", "127.0.0.1:0"))
    local stop_other = embed.drive(other)
    local client = assert(stream.connect(other:port("http")))
    client:send("CONNECT evil.test:1 HTTP/1.1\r\nHost: evil.test:1\r\n\r\n")
    assert(http.read_response(client, patience_ms))
    stop_other()
    client:close()
    assert.same({ "decision", "response", "close" }, seen)
  end)

  it("asks policies, and forgets them", function()
    local policy = assert(fence.policy():load_text("p", [[
      local fence = require "fence"
      return { on_request = function(req)
        fence.log("info", "asked")
        return fence.deny("not today")
      end }
    ]]))
    engine:set_policy(policy)
    policy = nil -- the engine has its own reference
    collectgarbage()
    assert.is_truthy(get("good.test").body:find("not today (policy:p)", 1, true))
    assert.equal("info: policy p: asked", event_of("notice").text)
    engine:set_policy(nil)
    assert.equal(200, get("good.test").status)
    assert.is_nil(policy)
  end)

  it("takes a policy when it is made", function()
    local policy = assert(fence.policy():load_text("p",
      'return { on_request = function() return require "fence".deny("from the start") end }'))
    local other = assert(fence.new(config, { policy = policy }))
    assert.is_true(other:listen("http", "127.0.0.1:0"))
    local stop_other = embed.drive(other)
    local client = assert(stream.connect(other:port("http")))
    client:send("GET http://good.test/ HTTP/1.1\r\nHost: good.test\r\n\r\n")
    local response = http.read_response(client, patience_ms)
    client:close()
    stop_other()
    assert.is_truthy(response.body:find("from the start", 1, true), response.body)
  end)

  it("decides by other rules after a reload", function()
    assert.equal(403, get("evil.test").status)
    engine:reload(rules("evil.test"), nil)
    assert.equal(200, get("evil.test").status)
    assert.equal(403, get("good.test").status)
  end)

  it("demands a login", function()
    assert.is_true(engine:require_login("ann", "secret"))
    assert.equal(407, get("good.test").status)
    local token = "YW5uOnNlY3JldA==" -- ann:secret
    assert.equal(200, get("good.test", "Proxy-Authorization: Basic " .. token .. "\r\n").status)
    local done, why = engine:require_login("a:nn", "secret")
    assert.is_nil(done)
    assert.is_truthy(why:find("no colon", 1, true), why)
  end)

  it("limits its clients", function()
    assert.is_true(engine:limit_clients(2))
    local first, second = connect(), connect()
    assert.equal(503, get("good.test").status)
    first:close()
    second:close()
    for _, most in ipairs({ 0, -1, math.maxinteger }) do
      local done, why = engine:limit_clients(most)
      assert.is_nil(done)
      assert.matches("^the number of clients goes from 1 to %d+$", why)
    end
  end)

  it("watches a descriptor", function()
    local pipe, heard = uv.pipe(), nil
    assert.is_true(engine:watch(pipe.read, function(fd)
      heard = { fd, uv.fs_read(fd, 100) }
    end))
    uv.fs_write(pipe.write, "hello")
    loop.wait(function() return heard end, patience_ms)
    assert.same({ pipe.read, "hello" }, heard)
    assert.is_nil((engine:watch(pipe.read, print))) -- twice
    stop()
    stop = function() end
    uv.fs_close(pipe.read)
    uv.fs_close(pipe.write)
  end)

  it("watches a file of the io library, and keeps it", function()
    local pipe, heard = assert(io.popen("echo hello", "r")), nil
    assert.is_true(engine:watch(pipe, function() heard = true end))
    pipe = setmetatable({ pipe }, { __mode = "v" })
    collectgarbage()
    loop.wait(function() return heard end, patience_ms)
    assert.is_true(heard)
    assert.equal("file", io.type(pipe[1]))
  end)

  it("runs its own loop too, until stop()", function()
    local own = assert(fence.new(config))
    assert.is_false(own:run())
    assert.is_true(own:listen("http", "127.0.0.1:0"))
    assert.is_true(own:step())
    own:stop()
    assert.is_true(own:run())
    assert.equal("integer", math.type(own:fd()))
    assert.equal("integer", math.type(own:timeout()))
    own:close()
    own:close()
  end)

  it("is closed by the end of a <close> variable, and by the garbage collector", function()
    collectgarbage()
    local before = descriptors.count(uv.os_getpid())
    do
      local scoped <close> = assert(fence.new(config, { on_event = function() end }))
      assert.is_true(scoped:listen("http", "127.0.0.1:0"))
    end
    assert.equal(before, descriptors.count(uv.os_getpid()))
    local lost
    lost = assert(fence.new(config, { on_event = function() return lost end }))
    assert.is_true(lost:listen("http", "127.0.0.1:0"))
    lost = nil
    collectgarbage()
    collectgarbage()
    assert.equal(before, descriptors.count(uv.os_getpid()))
    assert.is_nil(lost)
  end)

  it("leaves nothing behind in Lua or in the process", function()
    local function once()
      local made = assert(fence.new(config, { on_event = function() end }))
      assert(made:listen("auto", "127.0.0.1:0"))
      made:set_policy(fence.policy():load_text("p", "return {}"))
      made:set_resolver(function() return made end)
      local pipe = uv.pipe()
      made:watch(pipe.read, function() return made end)
      made:step()
      made:close()
      uv.fs_close(pipe.read)
      uv.fs_close(pipe.write)
    end
    local function settled()
      for _ = 1, 20 do once() end
      collectgarbage()
      collectgarbage()
      return collectgarbage("count"), descriptors.count(uv.os_getpid())
    end
    settled()
    local memory, open = settled()
    local memory_later, open_later = settled()
    assert.is_true(memory_later - memory < 4, memory_later - memory) -- KiB
    assert.equal(open, open_later)
  end)
end)
