-- SPDX-License-Identifier: Apache-2.0
-- deadlines_spec.lua - a client that has not asked within ten seconds will not: 3B.56, 3C.71,
-- 3C.83, 3E.99, 3N.249. All of them wait at the same time, in one test. The longer deadlines are
-- not waited for here.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local socks5 = require "spec.support.socks5"
local wire = require "spec.support.wire"

local head_ms = 10000 -- LIMIT_HEAD_MS
local early_ms, late_ms = 200, 1500
local good_ms = 500   -- what a good client may have to wait meanwhile
local crowd = 100     -- half heads beside the named ones

-- { name, what is sent at once, what is sent again and again, how often in ms }
local half_heads = {
  { "nothing", "" },
  { "one byte", "G" },
  { "an empty line", "\r\n" },
  { "half a request line", "GET http://good.te" },
  { "a head without its end",
    "GET http://good.test:{port}/ HTTP/1.1\r\nHost: good.test:{port}\r\n" },
  { "all but the last byte", wire.get():sub(1, -2) },
  { "half a CONNECT", "CONNECT good.test:{port} HTTP/1.1\r\nHost:" },
  { "a byte a second", "GET http://good.test:{port}/", "a", 1000 },
  { "a field every 100 ms", "GET http://good.test:{port}/ HTTP/1.1\r\n", "A: b\r\n", 100 },
  { "the first byte of SOCKS5", "\5" },
  { "half a greeting", "\5\2\0" },
  { "a greeting and no request", socks5.greeting() },
  { "a name with less bytes than it says", socks5.greeting() .. "\5\1\0\3\255good.test" },
  { "a name that comes a byte a second", socks5.greeting() .. "\5\1\0\3\255", "a", 1000 },
}

describe("3B.56 a head", function()
  local w
  lazy_setup(function() w = wire.start({ door = "both" }) end)
  lazy_teardown(function() w:stop() end)

  -- Runs as a task: how long the connection lived from its first byte of this head on, and what it
  -- was told.
  local function watch(row, outcome)
    local client = w:connect()
    if row.before then
      client:send(w:fill(row.before))
      http.read_response(client, 5000, row.is_tunnel)
    end
    outcome.since = loop.now()
    client:send(w:fill(row[2]))
    local next_ms = row[4] or head_ms
    repeat
      loop.wait(function() return client.eof end, next_ms)
      if row[3] and not client.eof then
        client:send(row[3])
      end
    until client.eof or loop.now() - outcome.since > head_ms + late_ms
    outcome.lived = loop.now() - outcome.since
    outcome.told, outcome.why = client:read_all(0)
    client:close()
  end

  it("has ten seconds, however slowly it comes, and good clients notice nothing", function()
    local outcomes, over = {}, 0
    local function start(row)
      local outcome = { name = row[1] }
      outcomes[#outcomes + 1] = outcome
      loop.task(function()
        watch(row, outcome)
        over = over + 1
      end)
    end
    for _, row in ipairs(half_heads) do
      start(row)
    end
    start({ "the second of a kept connection", "GET http://go", before = wire.get() })
    start({ "a pipelined half", "GET http://go", before = wire.get() .. "GE" })
    start({ "half a ClientHello", "\22\3\1\0\99\1\0\0", is_tunnel = true,
      before = "CONNECT good.test:{port} HTTP/1.1\r\nHost: good.test:{port}\r\n\r\n" })
    for index = 1, crowd do
      start({ "crowd " .. index, wire.get():sub(1, index % 40) })
    end
    local began, worst = loop.now(), 0
    while over < #outcomes and loop.now() - began < head_ms + 2 * late_ms do
      local asked = loop.now()
      assert.equal("good", w:ask(wire.get()).body)
      worst = math.max(worst, loop.now() - asked)
      loop.sleep(100)
    end
    assert.equal(#outcomes, over)
    for _, outcome in ipairs(outcomes) do
      local context = ("%s: lived %d ms, %s, %q"):format(outcome.name, outcome.lived, outcome.why,
        outcome.told)
      assert.is_true(outcome.lived > head_ms - early_ms, context)
      assert.is_true(outcome.lived < head_ms + late_ms, context)
      -- a byte that arrives in the very moment makes a reset of it
      assert.is_true(outcome.why == "eof" or outcome.why == "ECONNRESET", context)
    end
    assert.is_true(worst < good_ms, "a good client waited " .. worst .. " ms")
  end)

  it("is answered at once when it is too large, not when the time is up", function()
    local began = loop.now()
    for _, bytes in ipairs({
      "GET http://good.test:{port}/" .. ("a"):rep(16384),
      "GET http://good.test:{port}/ HTTP/1.1\r\n" .. ("A: b\r\n"):rep(3000),
      ("A"):rep(16384),
    }) do
      w:refuses(bytes, 431) -- none of them has an end
    end
    assert.is_true(loop.now() - began < 2000)
  end)
end)
