-- SPDX-License-Identifier: Apache-2.0
-- decide_spec.lua - what policies decide on the wire: their order, and that whatever goes wrong in
-- one of them denies that request and no other.

local http = require "spec.support.http"
local policies = require "spec.support.policies"
local socks5 = require "spec.support.socks5"
local wire = require "spec.support.wire"

local patience_ms = 5000

describe("policies decide:", function()
  local w

  local function start(texts, options)
    w = policies.start(texts, options)
  end

  after_each(function()
    w:stop(true)
    w = nil
  end)

  local function get(path, host)
    return assert(w:ask(wire.get(path, host)))
  end

  local function tunnel(host)
    local client, response = w.proxy:tunnel((host or "good.test") .. ":" .. w.origin.port,
      patience_ms)
    if client then
      client:close()
    end
    return response
  end

  local function socks_code(host)
    local client = w:connect()
    local code = socks5.ask(client, socks5.by_name(host or "good.test", w.origin.port))
    client:close()
    return code
  end

  local function says(response, why)
    assert.equal(403, response.status)
    assert.is_truthy(response.body:find(why, 1, true), response.body)
    wire.assert_own_answer(response, response.body)
  end

  describe("the order:", function()
    local say = {}
    for _, word in ipairs({ "allow", "deny", "ask" }) do
      say[word] = ([[local function say() return fence.%s("%s it") end
        return { on_connect = say, on_request = say }]]):format(word, word)
    end
    say["nil"] = "local function say() end return { on_connect = say, on_request = say }"

    -- the policies, is it in the list?, the status, the words
    for _, row in ipairs({
      { "allow", false, 200 },
      { "nil", true, 200 },
      { "nil", false, 403, "no rule allows good.test" },
      { "nil allow nil", false, 200 },
      { "deny", true, 403, "deny it (policy:p)" },
      { "allow deny", true, 403, "deny it (policy:q)" },
      { "deny allow", true, 403, "deny it (policy:p)" },
      { "ask deny", true, 403, "deny it (policy:q)" },
      { "ask", true, 403, "nobody is there to be asked: ask it (policy:p)" },
      { "allow ask", true, 403, "nobody is there to be asked: ask it (policy:q)" },
      { "ask allow", true, 403, "nobody is there to be asked: ask it (policy:p)" },
    }) do
      it(row[1] .. (row[2] and ", and the list allows" or ", not listed"), function()
        local texts = {}
        for word in row[1]:gmatch("%a+") do
          texts[#texts + 1] = say[word]
        end
        start(texts, { allowed = row[2] and { "good.test" } or {} })
        for _, response in ipairs({ get(), tunnel() }) do
          assert.equal(row[3], response.status)
          assert.is_truthy(not row[4] or response.body:find(row[4], 1, true), response.body)
        end
        assert.equal(row[3] == 200 and 0 or 2, socks_code())
        assert.equal(row[3] == 200 and 3 or 0, w.origin.connections)
      end)
    end

    it("network.deniedDomains beats a policy's allow, which is not asked", function()
      start({ [[local function say(req) return fence.allow(req.nothing) end
        return { on_connect = say, on_request = say }]] })
      says(get("/", "denied.good.test"), "is denied by network.deniedDomains[0]")
      says(tunnel("denied.good.test"), "is denied by network.deniedDomains[0]")
      assert.equal(2, socks_code("denied.good.test"))
    end)

    it("no policy opens an address", function()
      start({ [[local function say() return fence.allow() end
        return { on_connect = say, on_request = say, on_resolve = say }]] })
      says(get("/", "127.0.0.1:{port}"), "127.0.0.1")
      says(tunnel("127.0.0.1"), "127.0.0.1")
      assert.equal(0, w.origin.connections)
    end)

    it("on_resolve only tightens", function()
      start({ [[return { on_resolve = function(req)
        if req.host == "good.test" then return fence.allow() end
        if req.host == "b.good.test" then return fence.ask("well?") end
        return fence.deny("not " .. req.addresses[1])
      end }]] }, { allowed = { "good.test", "b.good.test", "xgood.test" } })
      assert.equal(200, get().status)
      assert.equal(200, tunnel().status)
      says(get("/", "b.good.test:{port}"), "nobody is there to be asked: well?")
      says(tunnel("xgood.test"), "not 127.0.0.1 (policy:p)")
      assert.equal(2, socks_code("xgood.test"))
      says(get("/", "evil.test:{port}"), "no rule allows evil.test")
    end)

    it("on_resolve is asked for every request, on a connection that is kept as well", function()
      start({ [[return { on_resolve = function(req)
        if req.path == "/private" then return fence.deny("private") end
      end }]] }, { allowed = { "good.test" } })
      local client = w:connect()
      for _, row in ipairs({ { "/", 200 }, { "/private", 403 }, { "/", 200 }, { "/a", 200 } }) do
        client:send(w:fill(wire.get(row[1])))
        assert.equal(row[2], http.read_response(client, patience_ms).status, row[1])
      end
      client:close()
    end)
  end)

  describe("a wrong return of", function()
    -- what it returns, how that is called
    for _, row in ipairs({
      { '"allow"', "a string" }, { "1", "a number" }, { "true", "a boolean" },
      { "false", "a boolean" }, { "{}", "a table" }, { "function() end", "a function" },
      { "fence.allow", "a function" }, { "req", "a userdata" }, { "fence", "a table" },
      { "fence.allow(), nil", "more than one value" },
      { "nil, fence.deny()", "more than one value" },
      { "table.unpack({}, 1, 5000)", "more than one value" },
    }) do
      it(row[1] .. " denies, and the next request is served", function()
        start({ ([[
          local function wrong(req) return %s end
          local function judge(req)
            if req.host == "b.good.test" then return wrong(req) end
            return fence.allow()
          end
          return { on_connect = judge, on_request = judge, on_resolve = function(req)
            if req.host == "xgood.test" then return wrong(req) end
          end }]]):format(row[1]) })
        for _ = 1, 2 do
          says(get("/", "b.good.test:{port}"), "policy error: p.lua:2: on_request returned " ..
            row[2] .. ": return fence.allow(), fence.deny(), fence.ask(\"...\") or nil (policy:p)")
          says(tunnel("b.good.test"), "policy error: p.lua:2: on_connect returned " .. row[2])
          says(get("/", "xgood.test:{port}"), "policy error: p.lua:6: on_resolve returned " ..
            row[2])
          assert.equal(2, socks_code("b.good.test"))
          assert.equal(0, w.origin.connections)
        end
        assert.equal(200, get().status)
        assert.equal(200, tunnel().status)
      end)
    end
  end)

  describe("a hook that", function()
    -- name, its body, what is said behind "policy error: "
    local rows = {
      { "raises", "error('no')", "p.lua:1: no" },
      { "3I.179 raises colours", "error('\\27[31m', 0)", "\\x1b[31m" },
      { "raises a table", "error({})", "the error is no text but a table" },
      { "indexes nil", "return req.query.x",
        "p.lua:1: attempt to index a nil value (field 'query')" },
      { "loops", "while true do end", "it took too " },
      { "asks what cannot be shown whole", "return fence.ask(('?'):rep(200))",
        "p.lua:1: a question has at most 199 bytes" },
      { "loops in pcall",
        "while true do pcall(function() while true do end end) end", "it took too" },
      { "recurses", "local function f() return 1 + f() end f()", "" }, -- the stack or the time
      { "takes memory", "local t = {} while true do t[#t + 1] = {} end", "it took too " },
      { "misspells a field", "return req.hots",
        "p.lua:1: a request has no 'hots'; did you mean 'host'?" },
      { "invents a field", "return req.whatever", "p.lua:1: a request has no 'whatever'" },
      { "writes to the request", "req.host = 'x'", "p.lua:1: a request cannot be changed" },
      { "writes to the headers", "req.headers.a = 'x'", "p.lua:1: headers cannot be changed" },
      { "writes a global", "x = 1", "p.lua:1: no globals here: write 'local x'" },
      { "misspells a verdict", "return fence.denny()",
        "p.lua:1: fence has no 'denny'; did you mean 'deny'?" },
      { "asks without a question", "return fence.ask()", "p.lua:1: bad argument #1 to 'ask'" },
    }
    for _, row in ipairs(rows) do
      it(row[1] .. " denies, and the next request is served", function()
        start({ ([[return { on_request = function(req) if req.path ~= "/bad" then %s end %s end }]])
          :format("return fence.allow()", row[2]) })
        for _ = 1, 2 do
          says(get("/bad"), "fence: policy error: " .. row[3])
          assert.equal(0, w.origin.connections)
        end
        assert.equal(200, get().status)
      end)
    end

    it("errs beats those that allow, before and behind it", function()
      local allow = "return { on_request = function() return fence.allow() end }"
      start({ allow, "return { on_request = function() error('no') end }", allow })
      says(get(), "policy error: q.lua:1: no (policy:q)")
    end)

    it("hoards memory over many calls is stopped, and others are served", function()
      start({ [[local hoard = {}
        return { on_request = function(req)
          if req.path == "/hoard" then hoard[#hoard + 1] = ("x"):rep(1024):rep(1024) end
          return fence.allow()
        end }]] })
      local refused
      for _ = 1, 20 do
        local response = get("/hoard")
        refused = response.status == 403 and response or refused
      end
      says(refused, "policy error: it took too much memory")
      assert.equal(200, get().status)
    end)

    it("keeps a request finds it over in the next call", function()
      for kept, used in pairs({ ["req"] = "kept.host", ["req.headers"] = "kept.host",
                                ["req.headers:each()"] = "kept()" }) do
        start({ ([[local kept
          return { on_request = function(req)
            if kept then return fence.deny(%s) end
            kept = %s
            return fence.allow()
          end }]]):format(used, kept) })
        assert.equal(200, get().status)
        says(get(), "this request is over: keep what is needed of it, not the request")
        w:stop(true)
      end
      start({})
    end)

    it("loops holds up no other session for long", function()
      start({ [[return { on_request = function(req)
        if req.path == "/loop" then while true do end end
        return fence.allow()
      end, on_connect = function() return fence.allow() end }]] })
      local other = assert(w.proxy:tunnel("good.test:" .. w.origin.port, patience_ms))
      local clients = {}
      for index = 1, 20 do
        clients[index] = w:connect()
        clients[index]:send(w:fill(wire.get("/loop")))
      end
      other:send("GET / HTTP/1.1\r\nHost: good.test\r\n\r\n")
      assert.equal("good", assert(http.read_response(other, patience_ms)).body)
      for _, client in ipairs(clients) do
        says(assert(http.read_response(client, patience_ms)), "policy error: it took too ")
        client:close()
      end
      other:close()
    end)
  end)

  describe("a message", function()
    it("has no control characters", function()
      start({ [[return { on_request = function()
        return fence.deny("a\27[31m\r\nX: y\0z\127\u{2028}") end }]] })
      says(get(), [[fence: a\x1b[31m\x0d\x0aX: y\x00z\x7f\xe2\x80\xa8 (policy:p)]])
    end)

    it("is cut", function()
      start({ [[return { on_request = function() return fence.deny(("m"):rep(100000)) end,
        on_connect = function() error(("e"):rep(100000)) end }]] })
      says(get(), "fence: " .. ("m"):rep(196) .. "... (policy:p)")
      local body = tunnel().body
      assert.is_truthy(#body < 400, body)
      assert.is_truthy(body:find("fence: policy error: p.lua:2: eeee", 1, true), body)
    end)

    it("may be left out", function()
      start({ "return { on_request = function() return fence.deny() end }" })
      says(get(), "fence: Forbidden (policy:p)")
    end)
  end)
end)
