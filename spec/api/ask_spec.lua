-- SPDX-License-Identifier: Apache-2.0
-- ask_spec.lua - questions of policies to the program that embeds the library, and what else came
-- with them: fence.config, headers and addresses of a decision, unwatch.

local fence = require "fence"
local uv = require "luv"
local embed = require "spec.support.embed"
local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local stream = require "spec.support.stream"

local patience_ms = 5000
local asks = [[
  local fence = require "fence"
  return { on_request = function(req) return fence.ask(req.path .. "?") end }]]

describe("a question", function()
  local server, engine, stop, asked, errors

  local function start(on_ask, policy)
    engine = assert(fence.new(embed.pinned(fence, {}, { "good.test" }), {
      policy = assert(fence.policy():load_text("p", policy or asks)),
      on_ask = on_ask,
    }))
    assert.is_true(engine:listen("http", "127.0.0.1:0"))
    stop = embed.drive(engine, function(why) errors[#errors + 1] = why end)
  end

  before_each(function()
    asked, errors = {}, {}
    server = origin.http("good")
  end)

  after_each(function()
    stop()
    server:close()
  end)

  local function send(path)
    local client = assert(stream.connect(engine:port("http")))
    client:send(("GET http://good.test:%d%s HTTP/1.1\r\nHost: good.test:%d\r\n\r\n"):format(
      server.port, path, server.port))
    return client
  end

  local function status(client)
    local response = assert(http.read_response(client, patience_ms))
    client:close()
    return response.status, response.body
  end

  local function keep(request, message, answer)
    asked[#asked + 1] = { request = request, message = message, answer = answer }
  end

  local function wait_for(count)
    loop.wait(function() return #asked >= count end, patience_ms)
    assert.equal(count, #asked)
  end

  for _, row in ipairs({ { "allow", 200 }, { "deny", 403 } }) do
    it("is answered later: " .. row[1], function()
      start(keep)
      local client = send("/x")
      wait_for(1)
      assert.equal("/x?", asked[1].message)
      assert.same({ "good.test", "GET", "/x" }, { asked[1].request.host, asked[1].request.method,
        asked[1].request.path })
      asked[1].answer(row[1])
      assert.equal(row[2], (status(client)))
    end)

    it("is answered at once: " .. row[1], function()
      start(function(_, _, answer) answer(row[1]) end)
      assert.equal(row[2], (status(send("/x"))))
    end)
  end

  it("is remembered when the answer says so", function()
    start(function(request, message, answer)
      keep(request, message, answer)
      local seconds = { ["/always"] = "always", ["/minute"] = 60 }
      answer("allow", seconds[request.path])
    end)
    for path, questions in pairs({ ["/always"] = 1, ["/minute"] = 1, ["/once"] = 2 }) do
      local before = #asked
      assert.equal(200, (status(send(path))))
      assert.equal(200, (status(send(path))))
      assert.equal(questions, #asked - before, path)
    end
  end)

  it("is denied where the callback raises", function()
    start(function() error("no idea", 0) end)
    assert.equal(403, (status(send("/x"))))
    assert.same({ "no idea" }, errors)
  end)

  it("is denied where nobody is there", function()
    start(nil)
    local code, body = status(send("/x"))
    assert.equal(403, code)
    assert.is_truthy(body:find("nobody is there to be asked: /x?", 1, true), body)
  end)

  it("whose answer is lost is denied", function()
    local told
    start(function() told = true end)
    local client = send("/x")
    loop.wait(function() return told end, patience_ms)
    assert.is_true(told)
    collectgarbage()
    collectgarbage()
    send("/y"):close() -- turns the loop
    assert.equal(403, (status(client)))
  end)

  it("has one answer, and none after the end", function()
    start(keep)
    local client = send("/x")
    wait_for(1)
    for _, words in ipairs({ { "perhaps" }, {}, { "allow", "often" }, { "allow", -1 } }) do
      assert.is_false(pcall(asked[1].answer, table.unpack(words)))
    end
    asked[1].answer("deny")
    assert.equal(403, (status(client)))
    assert.error_matches(function() asked[1].answer("allow") end, "has been answered")
    local late = send("/y")
    wait_for(2)
    engine:close()
    assert.error_matches(function() asked[2].answer("allow") end, "closed")
    late:close()
  end)
end)

describe("fence.decide", function()
  local config = assert(fence.config { text = [[{ "policy": { "p": { "key": "k" } },
    "network": { "allowedDomains": ["good.test"] } }]] })

  it("shows headers, and judges addresses", function()
    local policy = assert(fence.policy():configure(config):load_text("p", [[
      local fence = require "fence"
      return {
        on_request = function(req)
          if req.headers["x-key"] == fence.config.policy.p.key then return fence.deny "the key" end
        end,
        on_resolve = function(req)
          if req.addresses[1] == "192.0.2.7" then return fence.deny "that one" end
        end,
      }]]))
    local function decide(headers, addresses)
      local decision = fence.decide(config, policy, { kind = "http", host = "good.test", port = 80,
        method = "GET", path = "/", headers = headers, addresses = addresses })
      return decision.verdict .. " " .. (decision.message or "")
    end
    assert.equal("allow ", decide())
    assert.equal("deny the key", decide({ "X-Key: k" }))
    assert.equal("allow ", decide({ "X-Key: j" }, { "8.8.8.8" }))
    assert.matches("^deny .*loopback", decide(nil, { "127.0.0.1" }))
    assert.error_matches(function() decide({ "no colon" }) end, "Name: value")
    assert.error_matches(function() decide(nil, { "x" }) end, "an address none")
  end)
end)

describe("engine:unwatch", function()
  it("ends a watch", function()
    local engine <close> = assert(fence.new(assert(fence.config {})))
    local pipe = uv.pipe({ nonblock = true }, { nonblock = true })
    local calls = 0
    assert.is_true(engine:watch(pipe.read, function(fd)
      calls = calls + 1
      engine:unwatch(fd)
    end))
    uv.fs_write(pipe.write, "x")
    for _ = 1, 20 do
      engine:step()
    end
    assert.equal(1, calls)
    uv.fs_close(pipe.read)
    uv.fs_close(pipe.write)
  end)
end)
