-- SPDX-License-Identifier: Apache-2.0
-- memory_spec.lua - 3K.199, 203 and 204: what the process holds while policies take what they can
-- get, header fields that would be slow to hash, and 20,000 requests; and who waits for a hook that
-- runs for ever.

local http = require "spec.support.http"
local jail = require "spec.support.jail"
local load = require "spec.support.load"
local policies = require "spec.support.policies"
local wire = require "spec.support.wire"

local patience_ms = 30000
local sanitized = load.sanitized

describe("the memory of policies", function()
  local w

  after_each(function()
    w:stop()
    w = nil
  end)

  local function memory(line)
    return load.memory(w.proxy.child.pid, line)
  end

  -- Sends `count` requests on one connection, a batch at a time, and reads what denies each.
  local function many(client, count, bytes, check)
    local batch = 50
    for first = 1, count, batch do
      local parts = {}
      for index = first, first + batch - 1 do parts[#parts + 1] = bytes(index) end
      client:send(table.concat(parts))
      for index = first, first + batch - 1 do
        local response, why = http.read_response(client, patience_ms)
        assert(response and response.status == 403, why)
        check(response.body, index)
      end
    end
  end

  local bombs = {
    ["tables"] = "local t = {} for i = 1, 1e6 do t[i] = {} end",
    ["a hoard"] = "hoard[#hoard + 1] = ('x'):rep(1000):rep(1000)",
    ["a hoard in pcall"] = "pcall(function() while true do hoard[#hoard + 1] = {} end end)",
    ["one text"] = "local s = ('x'):rep(1000) while true do s = s .. s end",
    ["sets"] = "local l = {} for i = 1, 90 do l[i] = 'h' .. i .. '.test' end " ..
      "hoard[#hoard + 1] = fence.domains(l) hoard[#hoard + 1] = fence.cidrs { '10.0.0.0/8' }",
    ["rates"] = "for _ = 1, 20 do hoard[#hoard + 1] = fence.rate { count = 1, per = 1 } end",
    ["closures"] = "while true do local h = hoard hoard = function() return h end end",
    ["messages"] = "while true do hoard[#hoard + 1] = fence.deny(('m'):rep(400)) end",
    ["weak keys"] = "local t = setmetatable({}, { __mode = 'k' }) while true do t[{}] = {} end",
    ["values on the stack"] = "local function f(...) return f(1, 2, 3, 4, 5, 6, 7, ...) end f()",
  }

  -- 16 MiB are what Lua may hold; its allocator's own share and fragments come on top of it.
  for name, bomb in pairs(bombs) do
    it("3K.199 has an end: " .. name, function()
      w = policies.start({ ([[local hoard = {}
        return { on_request = function(req)
          if req.path == "/bomb" then %s end
          return fence.deny("fine") end }]]):format(bomb) })
      jail.ask(w, "/")
      local begun = memory()
      local limited
      for _ = 1, 60 do
        local body = jail.ask(w, "/bomb")
        limited = limited or body:sub(1, #jail.over) == jail.over
        assert(body:find("policy:p", 1, true), body)
      end
      assert.is_true(limited or name == "sets" or name == "rates")
      local grown = memory("VmHWM") - begun
      assert(sanitized or grown < 40 << 10, grown .. " KiB more at its highest")
      -- Where Lua has nothing left, a right hook may fail as well; never is it allowed.
      assert.matches("^fence: .*policy:p", jail.ask(w, "/"))
    end)
  end

  -- Where 300 bytes are left Lua collects before nearly each of its allocations: 6 s in one gsub,
  -- were there no limit.
  it("3K.199 costs no more where next to none is left", function()
    w = policies.start({ [[
      local hoard, bytes = nil, {}
      for i = 0, 16383 do bytes[i + 1] = string.char(i >> 7, i & 127, 255) end
      bytes = table.concat(bytes)
      return { on_request = function(req)
        local count, size = tonumber(req.path:match("^/fill(%d+)")), req.path:match("^/rep(%d+)")
        local list = hoard
        for i = 1, count or 0 do list = { list } end
        hoard = list
        while size do local _ = ("x"):rep(size) end
        if req.path == "/gsub" then bytes:gsub("..?", rawlen) bytes:gsub("...", type) end
        if req.path == "/deep" then local function f() return (("x"):gsub("x", f)) end f() end
        return fence.deny("fine") end }]] })
    for _, count in ipairs({ 4000, 50, 8, 7, 6, 5, 4, 3, 2, 1 }) do -- nearer and nearer
      repeat
        local body = jail.ask(w, "/fill" .. count)
      until body:find("policy error: ", 1, true)
      for path in ("/rep44 /rep100 /rep300 /rep1000 /gsub /deep /"):gmatch("%S+") do
        local begun = jail.cpu(w.proxy.child.pid)
        assert.matches("^fence: .*policy:p", jail.ask(w, path))
        local took = jail.cpu(w.proxy.child.pid) - begun
        assert(sanitized or took < 300, path .. ": " .. took .. " ms")
      end
    end
  end)

  it("3K.203 is not moved by 200,000 names", function()
    w = policies.start({ [[return { on_request = function(req)
      local count, seen = 0, {}
      for name, value in req.headers:each() do
        count = count + 1
        seen[name] = value
        local _ = req.headers[name]
      end
      return fence.deny("seen " .. count) end }]] })
    local most = 0
    for _, count in ipairs({ 50, 90, 1000, 20000, 200000 }) do
      local fields = {}
      for index = 1, count do fields[index] = ("X-%06x: \r\n"):format(index * 4096 % 16777213) end
      local begun = jail.cpu(w.proxy.child.pid)
      local response = assert(w:ask(wire.get("/", "good.test", table.concat(fields)),
        { timeout = patience_ms }))
      local took = jail.cpu(w.proxy.child.pid) - begun
      assert(took < jail.most_ms, took .. " ms")
      if response.status == 403 then
        assert.matches("fence: seen " .. count + 1, response.body, 1, true)
        most = count
      else
        assert.equal(431, response.status)
      end
    end
    assert(most >= 50 and most < 200000, most)
  end)

  it("3K.204 stays what it was over 20,000 requests", function()
    w = policies.start({ [[
      local hosts, paths = fence.domains { "good.test", "*.b.test" }, fence.glob("/a/**")
      local rate = fence.rate { count = 10, per = 3600 }
      local last = {}
      return { on_request = function(req)
        last = { req.host, req.path, req.query, req.headers["user-agent"], req.url }
        for name, value in req.headers:each() do last[name] = value:lower() end
        if not rate:take(req.path) and hosts:match(req.host) and paths:match(req.path) then
          error({ req.path })
        end
        fence.log("debug", "seen", { path = req.path })
        return fence.deny("no " .. req.path .. " " .. tostring(pcall(error, last)))
      end }]], [[return { on_request = function(req) return fence.deny(req.hots) end }]] })
    local client = w:connect()
    local function bytes(index)
      return wire.get(("/a/%d?%d"):format(index % 3000, index), "good.test",
        "User-Agent: me\r\nX-A: " .. ("v"):rep(index % 200) .. "\r\n")
    end
    local function check(body, index)
      local right = ("fence: no /a/%d false (policy:p)"):format(index % 3000)
      assert(body:find(right, 1, true) or
        body:find("policy error: the error is no text but a table", 1, true), body)
    end
    many(client, 4000, bytes, check)
    local begun = memory()
    many(client, sanitized and 2000 or 20000, bytes, check)
    client:close()
    local grown = memory() - begun
    assert(sanitized or grown < 1536, grown .. " KiB more")
  end)
end)

describe("a hook that runs for ever", function()
  local w

  lazy_setup(function()
    w = policies.start({ [[return { on_request = function(req)
      if req.path == "/loop" then while true do pcall(function() while true do end end) end end
      if req.path == "/bomb" then local t = {} while true do t[#t + 1] = {} end end
      if req.path == "/deep" then local function f() return 1 + f() end return f() end
      return fence.deny("fine " .. req.path)
    end, on_connect = function() while true do end end }]] })
  end)
  lazy_teardown(function() w:stop() end)

  for _, path in ipairs({ "/loop", "/bomb", "/deep" }) do
    it("3K.191 holds up nobody: " .. path, function()
      local clients = {}
      for index = 1, 20 do
        clients[index] = w:connect()
        clients[index]:send(wire.get(path, "good.test"))
      end
      local other = w:connect() -- each gets its own answer, whatever stands beside it
      for index = 1, 20 do
        other:send(wire.get("/" .. index, "good.test"))
        local response = assert(http.read_response(other, patience_ms))
        assert.matches("fence: fine /" .. index .. " ", response.body, 1, true)
      end
      other:close()
      for _, client in ipairs(clients) do
        local response = assert(http.read_response(client, patience_ms))
        assert.equal(403, response.status)
        assert.matches("fence: policy error: it took too ", response.body, 1, true)
        client:close()
      end
    end)
  end

  it("3K.191 denies a tunnel", function()
    local client, response = w.proxy:tunnel("good.test:443", patience_ms)
    assert.is_nil(client)
    assert.equal(403, response.status)
    assert.matches("fence: policy error: it took too ", response.body, 1, true)
  end)
end)
