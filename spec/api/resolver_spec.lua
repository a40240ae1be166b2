-- SPDX-License-Identifier: Apache-2.0
-- resolver_spec.lua - engine:set_resolver: names that Lua looks up, at once, later or never.

local fence = require "fence"
local embed = require "spec.support.embed"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local stream = require "spec.support.stream"

local patience_ms = 5000

describe("a resolver", function()
  local server, engine, stop, asked, on_error

  before_each(function()
    asked, on_error = {}, error
    server = origin.http("good")
    engine = assert(fence.new(embed.config(fence, { network = {
      allowedDomains = { "a.test", "b.test" }, allowedAddresses = { "127.0.0.1" },
    } })))
    assert.is_true(engine:listen("http", "127.0.0.1:0"))
    stop = embed.drive(engine, function(why) on_error(why, 0) end)
  end)

  after_each(function()
    stop()
    server:close()
  end)

  -- Asks for a page of that host; returns the stream.
  local function ask(host)
    local client = assert(stream.connect(engine:port("http")))
    client:send(("GET http://%s:%d/ HTTP/1.1\r\nHost: %s:%d\r\n\r\n"):format(host, server.port,
      host, server.port))
    return client
  end

  local function response_of(client)
    local response, why = http.read_response(client, patience_ms)
    client:close()
    return assert(response, why)
  end

  it("answers at once", function()
    engine:set_resolver(function(name, answer)
      asked[#asked + 1] = name
      assert(answer { "127.0.0.1" })
    end)
    assert.equal("good", response_of(ask("a.test")).body)
    assert.same({ "a.test" }, asked)
  end)

  it("answers later", function()
    engine:set_resolver(function(name, answer) asked[name] = answer end)
    local client = ask("a.test")
    assert.is_truthy(loop.wait(function() return asked["a.test"] end, patience_ms))
    assert.equal(0, server.connections)
    assert.is_true(asked["a.test"] { "127.0.0.1" })
    assert.equal("good", response_of(client).body)
  end)

  it("has its addresses judged as any others", function()
    engine:set_resolver(function(_, answer) answer { "127.0.0.2" } end)
    assert.equal(403, response_of(ask("a.test")).status)
  end)

  it("may know no address", function()
    engine:set_resolver(function(_, answer) answer {} end)
    local response = response_of(ask("a.test"))
    assert.equal(502, response.status)
    assert.equal(0, server.connections)
  end)

  it("is told what is no address", function()
    engine:set_resolver(function(_, answer) asked = { answer { "127.0.0.1", "nonsense" } } end)
    assert.equal(502, response_of(ask("a.test")).status)
    assert.is_nil(asked[1])
    assert.is_truthy(asked[2]:find("not an IP address", 1, true), asked[2])
  end)

  it("that forgets a question has it answered by the garbage collector", function()
    engine:set_resolver(function() asked.once = true end)
    local client = ask("a.test")
    assert.is_truthy(loop.wait(function() return asked.once end, patience_ms))
    collectgarbage()
    collectgarbage()
    assert.equal(502, response_of(client).status)
  end)

  it("that raises is told by step(), and has no address", function()
    local raised
    on_error = function(why) raised = why end
    engine:set_resolver(function() error("no such luck", 0) end)
    assert.equal(502, response_of(ask("a.test")).status)
    assert.equal("no such luck", raised)
  end)

  it("is told when an answer is none", function()
    engine:set_resolver(function(_, answer)
      for _, wrong in ipairs({ "127.0.0.1", { 1 } }) do
        asked[#asked + 1] = select(2, pcall(answer, wrong))
      end
      answer { "127.0.0.1" } -- it is still owed
    end)
    assert.equal(200, response_of(ask("a.test")).status)
    assert.same({ "answer: addresses: list of strings expected, got string",
                  "answer: addresses[1]: string expected, got number" }, asked)
  end)

  it("answers each question once", function()
    engine:set_resolver(function(_, answer)
      answer { "127.0.0.1" }
      asked = { pcall(answer, { "127.0.0.1" }) }
    end)
    assert.equal(200, response_of(ask("a.test")).status)
    assert.same({ false, "answer: this question has been answered" }, asked)
  end)

  it("may answer when the engine is closed", function()
    engine:set_resolver(function(name, answer) asked[name] = answer end)
    local client = ask("a.test")
    assert.is_truthy(loop.wait(function() return asked["a.test"] end, patience_ms))
    stop()
    stop = function() end
    client:close()
    assert.is_true(asked["a.test"] { "127.0.0.1" })
  end)

  it("is taken away by nil", function()
    engine:set_resolver(function() asked.once = true end)
    engine:set_resolver(nil)
    assert.equal(502, response_of(ask("b.test")).status)
    assert.is_nil(asked.once)
  end)
end)
