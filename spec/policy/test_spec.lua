-- SPDX-License-Identifier: Apache-2.0
-- test_spec.lua - `fence policy test`: what it prints, and its status.

local json = require "spec.support.json"
local process = require "spec.support.process"
local users = require "spec.support.users"

local me = users.current()
local folder = users.temp_dir(me)

local function file(name, text, mode)
  return users.write_file(me, folder .. "/" .. name, text, mode)
end

local function test(...)
  return process.run({ argv = { users.binary(me), "policy", "test", ... } })
end

local policy = file("team.lua", [[
local fence = require "fence"
local budget = fence.rate { count = 2, per = 3600 }
local calls = 0
return {
  on_connect = function(req)
    if req.port == 22 then return fence.deny("no SSH") end
    if req.host == "ask.test" then return fence.ask("may it?") end
    if req.host == "odd.test" then error("odd") end
    if req.host == "budget.test" and not budget:take() then return fence.deny("spent") end
    return fence.allow()
  end,
  on_request = function(req)
    calls = calls + 1
    if req.host == "calls.test" then return fence.deny("call " .. calls) end
    if req.headers["x-key"] then return fence.deny("key " .. req.headers["x-key"]) end
    if req.headers["user-agent"] == "npm" then return fence.allow("for npm") end
  end,
  on_resolve = function(req)
    if req.addresses[1] == "9.9.9.9" then return fence.ask("there?") end
    if req.addresses[1] == "8.8.8.8" then return fence.deny(req.host .. " is " ..
      table.concat(req.addresses, ", ")) end
  end,
}
]])

-- ---- cases of the list: the case, behind name = "x"; what is said; does it pass? ----

local allows = [[connect = "good.test:443", expect = "allow"]]

local cases = {
  { "allow", allows },
  { "deny", [[connect = "good.test:22", expect = "deny"]] },
  { "ask", [[connect = "ask.test:443", expect = "ask", message = "may it?"]] },
  { "a rule", [[connect = "a.test:22", expect = "deny", rule = "policy:team"]] },
  { "a part of a message", [[connect = "a.test:22", expect = "deny", message = "o SS"]] },
  { "no magic in it", [[connect = "a.test:22", expect = "deny", message = "n. SSH"]],
    "expected a message with 'n. SSH', got 'no SSH'" },
  { "not allowed", [[connect = "good.test:22", expect = "allow"]],
    "expected allow, got deny (policy:team): no SSH" },
  { "not denied", [[connect = "good.test:443", expect = "deny"]],
    "expected deny, got allow (policy:team)" },
  { "not asked", [[connect = "good.test:443", expect = "ask"]],
    "expected ask, got allow (policy:team)" },
  { "an ask is no deny", [[connect = "ask.test:443", expect = "deny"]],
    "expected deny, got ask (policy:team): may it?" },
  { "nobody's rule", [[request = "GET http://a.test/", expect = "allow"]],
    "expected allow, got deny: no rule allows a.test:80" },
  { "another rule", [[connect = "a.test:22", expect = "deny", rule = "built-in"]],
    "expected rule built-in, got policy:team: no SSH" },
  { "no rule", [[request = "GET http://a.test/", expect = "deny", rule = "policy:team"]],
    "expected rule policy:team, got none: no rule allows a.test:80" },
  { "a policy that fails", [[connect = "odd.test:443", expect = "deny"]],
    "policy error: team.lua:8: odd (policy:team)" },
  { "as expected", [[connect = "odd.test:443", expect = "deny", message = "policy error"]] },
  { "an https URL is a tunnel", [[request = "PUT https://good.test/", expect = "allow"]] },
  { "headers", [[request = "GET http://a.test/", headers = { ["user-agent"] = "npm" },
    expect = "allow", message = "for npm"]] },
  { "headers in any case", [[request = "GET http://a.test", headers = { ["X-Key"] = "1", b = "" },
    expect = "deny", message = "key 1"]] },
  { "a private address", [[connect = "good.test:443", addresses = { "10.0.0.1" },
    expect = "deny", rule = "built-in"]] },
  { "it is said", [[connect = "good.test:443", addresses = { "10.0.0.1" }, expect = "allow"]],
    "expected allow, got deny (built-in): good.test resolves to 10.0.0.1, a private address" },
  { "on_resolve", [[connect = "good.test:443", addresses = { "127.0.0.1", "8.8.8.8", "1.1.1.1" },
    expect = "deny", rule = "policy:team", message = "good.test is 8.8.8.8, 1.1.1.1"]] },
  { "on_resolve asks", [[connect = "good.test:443", addresses = { "9.9.9.9" }, expect = "ask",
    rule = "policy:team", message = "there?"]] },
  { "an address that may be", [[request = "GET http://a.test", headers = { ["user-agent"] = "npm" },
    addresses = { "10.0.0.1", "1.1.1.1" }, expect = "allow"]] },
  { "a host that is none", [[connect = "a..test:443", expect = "deny"]] },
}

describe("a case:", function()
  for _, row in ipairs(cases) do
    it(row[1], function()
      local result = test(policy, file("one.lua", "return {{ name = 'x', " .. row[2] .. " }}"))
      assert.equal("", result.err)
      assert.equal(row[3] and "FAIL x: " .. row[3] .. "\n0 passed, 1 failed\n"
        or "ok   x\n1 passed, 0 failed\n", result.out)
      assert.equal(row[3] and 1 or 0, result.code)
    end)
  end
end)

-- ---- functions: the body; what is said behind "f.lua:1: " ----

local functions = {
  { "passes", "" },
  { "a decision", [[local d = t.connect("good.test:22")
    assert(d.verdict == "deny" and d.rule == "policy:team" and d.message == "no SSH"
      and d.cure == "")]] },
  { "a cure", [[assert(t.request("GET", "http://a.test/").cure:find("--allow a.test", 1, true))]] },
  { "headers", [[t.equal("for npm",
    t.request("GET", "http://a.test/", { headers = { ["user-agent"] = "npm" } }).message)]] },
  { "addresses", [[t.equal("deny",
    t.connect("good.test:443", { addresses = { "10.0.0.1" } }).verdict)]] },
  { "state within it", [[for _, want in ipairs({ "allow", "allow", "deny" }) do
    t.equal(want, t.connect("budget.test:443").verdict) end]] },
  { "equal", [[t.equal(1, 1.0) t.equal("a", "a") t.equal(nil, nil)]] },
  { "not equal", [[t.equal("1", 1)]], "expected '1', got 1" },
  { "nil", [[t.equal("allow", nil)]], "expected 'allow', got nil" },
  { "assert", [[assert(false)]], "assertion failed!" },
  { "assert with words", [[assert(nil, "words")]], "words" },
  { "error", [[error("words")]], "words" },
  { "error without a place", [[error("words", 0)]], "words" },
  { "error that is no text", [[error({})]], "the error is no text but a table" },
  { "no global", [[print(1)]], "attempt to call a nil value (global 'print')" },
  { "no port", [[t.connect("good.test")]], "'good.test': say which port: HOST:PORT" },
  { "no text", [[t.connect()]], "bad argument #1 to 'connect' (string expected, got nil)" },
  { "an option that is none", [[t.connect("a:1", { adresses = {} })]],
    "there is no 'adresses'; did you mean 'addresses'?" },
  { "headers in a tunnel", [[t.connect("a:1", { headers = {} })]],
    "headers are seen of http:// alone: what a tunnel carries is not" },
  { "no header", [[t.request("GET", "http://a/", { headers = { ["a b"] = "" } })]],
    "'a b: ' is no header" },
  { "a loop", [[while true do end]], "it took too many instructions" },
  { "a loop that catches", [[while true do pcall(function() while true do end end) end]],
    "it took too many instructions" },
}

describe("a function:", function()
  for _, row in ipairs(functions) do
    it(row[1], function()
      local body = row[2]:gsub("\n", " ")
      local result = test(policy, file("f.lua", "return { test_f = function(t) " .. body ..
        " end }"))
      assert.equal("", result.err)
      assert.equal(row[3] and "FAIL test_f: f.lua:1: " .. row[3] .. "\n0 passed, 1 failed\n"
        or "ok   test_f\n1 passed, 0 failed\n", result.out)
      assert.equal(row[3] and 1 or 0, result.code)
    end)
  end

  it("that takes all memory leaves the next one its own", function()
    local result = test(policy, file("memory.lua", [[return {
      test_a = function() local t = {} while true do t[#t + 1] = ("x"):rep(1e6 + #t) end end,
      test_b = function() assert(#("x"):rep(2e7) == 2e7) end,
    }]]))
    assert.equal("FAIL test_a: it took too much memory\nok   test_b\n1 passed, 1 failed\n",
      result.out)
    assert.equal(1, result.code)
  end)

  it("finds no way out", function()
    for _, name in ipairs({ "io", "os", "package", "debug", "require", "load", "loadfile",
                            "dofile", "collectgarbage", "print", "coroutine", "xpcall", "_G" }) do
      assert.equal(0, test(policy, file("out.lua",
        "return { test_out = function() assert(" .. name .. " == nil) end }")).code, name)
    end
  end)
end)

-- ---- what cannot be run: the file; what is said behind its path ----

local wrong = {
  { "no Lua", "return {", ":1: unexpected symbol near <eof>" },
  { "an error", "\nerror('words')", ":2: words" },
  { "an error of nobody's", "error({})", ":1: the error is no text but a table" },
  { "no table", "return 1", ": tests are a table that the file returns, not a number" },
  { "nothing", "", ": tests are a table that the file returns, not a nil" },
  { "no case", "return {}", ": there is no case in it" },
  { "bytecode", string.dump(function() end), ": this is no text" },
  { "bytes", "\0\1\2", ":1: unexpected symbol" },
  { "a loop", "while true do end", ":1: it took too many instructions" },
  { "a heap", "local t = {} while true do t[#t + 1] = ('x'):rep(1e6 + #t) end",
    ": it took too much memory" },
  { "another name", "return { budget = function() end }",
    ": 'budget' is no test: the name of a function begins with test_" },
  { "no function", "return { test_x = 1 }", ": 'test_x' must be a function, not a number" },
  { "a gap", "return { [2] = {} }",
    ": tests are a list of cases without gaps, and functions with a name" },
  { "a case that is none", "return { 1 }", ": case 1: a case is a table, not a number" },
  { "the second one", "return { { name = 'x', " .. allows .. " }, {} }",
    ": case 2: a case has a name of 1 to 200 bytes" },
}

for _, row in ipairs({
  { "a key", allows .. ", expekt = 'deny'", "there is no 'expekt'; did you mean 'expect'?" },
  { "a key like no other", allows .. ", colour = 1", "there is no 'colour'" },
  { "a number", allows .. ", 1", "a number is no key here" },
  { "no expectation", "connect = 'a:1'", 'write expect = "allow", "deny" or "ask"' },
  { "another one", "connect = 'a:1', expect = 'pass'", 'write expect = "allow", "deny" or "ask"' },
  { "neither", "expect = 'deny'",
    'write connect = "HOST:PORT" or request = "METHOD URL"' },
  { "both", allows .. ", request = 'GET http://a/'",
    'write connect = "HOST:PORT" or request = "METHOD URL"' },
  { "no method", "request = 'http://a/', expect = 'deny'",
    "'http://a/': write request = \"METHOD URL\"" },
  { "no URL", "request = 'GET /', expect = 'deny'", "'/': a URL begins with http:// or https://" },
  { "no port", "connect = 'a', expect = 'deny'", "'a': say which port: HOST:PORT" },
  { "no text", "connect = 1, expect = 'deny'", "connect must be text" },
  { "no list", allows .. ", addresses = '::1'", "addresses is a table, not a string" },
  { "no address", allows .. ", addresses = { 'a.test' }", "'a.test' is no address" },
  { "addresses that are none", allows .. ", addresses = {}",
    "addresses is a list of at least one" },
  { "headers in a tunnel", allows .. ", headers = {}",
    "headers are seen of http:// alone: what a tunnel carries is not" },
  { "no header", "request = 'GET http://a/', headers = { a = '\\n' }, expect = 'deny'",
    "'a: ?' is no header" },
  { "a value", "request = 'GET http://a/', headers = { a = 1 }, expect = 'deny'",
    "a header's value must be text" },
}) do
  wrong[#wrong + 1] = { "in a case: " .. row[1],
    "return { { name = 'x', " .. row[2] .. " } }", ": case 1: " .. row[3] }
end

describe("what cannot be run:", function()
  for _, row in ipairs(wrong) do
    it(row[1], function()
      local path = file("wrong.lua", row[2])
      for _, arguments in ipairs({ { policy, path }, { "--json", policy, path } }) do
        local result = test(table.unpack(arguments))
        assert.equal("fence: " .. path .. row[3] .. "\n", result.err)
        assert.equal("", result.out)
        assert.equal(2, result.code)
      end
    end)
  end

  local good = file("good.lua", "return {{ name = 'x', " .. allows .. " }}")
  local large = file("large.lua", "return {}" .. (" "):rep(1024 * 1024))
  local lonely = file("lonely.lua", "return {}")
  local broken = file("broken.lua", "return { on_conect = 1 }")
  for _, row in ipairs({
    { "nothing", {}, "fence policy test FILE [TEST...]: see fence policy --help" },
    { "no test", { policy, "/nonexistent" }, "/nonexistent: does not exist" },
    { "none beside it", { lonely }, folder .. "/lonely_test.lua: does not exist" },
    { "no policy", { "/nonexistent", good }, "/nonexistent: does not exist" },
    { "a policy that is none", { broken, good },
      broken .. ": a policy has no 'on_conect'; did you mean 'on_connect'?" },
    { "a folder", { policy, folder }, folder .. ": is a folder: name the file in it" },
    { "a device", { policy, "/dev/zero" }, "/dev/zero: is no regular file" },
    { "a large file", { policy, large }, large .. ": has 1 MiB or more" },
    { "no settings", { policy, good, "-s", "/nonexistent" }, "'/nonexistent' does not exist" },
    { "no option", { policy, good, "--jsn" }, "unknown option '--jsn': see fence --help" },
  }) do
    it(row[1], function()
      local result = test(table.unpack(row[2]))
      assert.equal("fence: " .. row[3] .. "\n", result.err)
      assert.equal("", result.out)
      assert.equal(2, result.code)
    end)
  end
end)

describe("fence policy test", function()
  local two = file("two.lua", [[return {
    { name = "b", request = "GET http://calls.test/", expect = "deny", message = "call 1" },
    { name = "a", request = "GET http://calls.test/", expect = "deny", message = "call 1" },
    test_b = function(t) t.equal("call 1", t.request("GET", "http://calls.test/").message) end,
    test_a = function(t) t.equal("call 1", t.request("GET", "http://calls.test/").message) end,
  }]])

  it("goes in order, with a new policy each time", function()
    local result = test(policy, two)
    assert.equal("ok   b\nok   a\nok   test_a\nok   test_b\n4 passed, 0 failed\n", result.out)
  end)

  it("finds the test beside the policy, and takes others", function()
    file("team_test.lua", "return {{ name = 'beside', " .. allows .. " }}")
    local other = file("other.lua", "return {{ name = 'other', " .. allows .. " }}")
    assert.equal("ok   beside\n1 passed, 0 failed\n", test(policy).out)
    assert.equal("ok   other\nok   b\nok   a\nok   test_a\nok   test_b\n5 passed, 0 failed\n",
      test(policy, other, two).out)
    file("bare", "return {}")
    file("bare_test.lua", "return {{ name = 'x', connect = 'a:1', expect = 'deny' }}")
    assert.equal("ok   x\n1 passed, 0 failed\n", test(folder .. "/bare").out)
  end)

  it("decides by the settings and the options, wherever they stand", function()
    local path = file("settings.json",
      '{"policies": ["bare"], "network": {"allowedDomains": ["a.test"]}}')
    local asks = file("asks.lua", [[return {
      { name = "a", request = "GET http://a.test/", expect = "allow",
        rule = "network.allowedDomains[0]" },
      { name = "b", request = "GET http://b.test/", expect = "allow", rule = "--allow b.test" },
      { name = "c", connect = "c.test:1", expect = "deny", rule = "--deny c.test" },
    }]])
    local words = { "-s", path, "--allow=b.test", "--deny", "c.test" }
    local result = test(policy, asks, table.unpack(words))
    assert.equal("ok   a\nok   b\nok   c\n3 passed, 0 failed\n", result.out, result.err)
    words[#words + 1] = "--"
    words[#words + 1] = policy
    words[#words + 1] = asks
    assert.equal(0, test(table.unpack(words)).code)
    assert.equal(1, test(policy, asks).code)
  end)

  it("asks the other policies, too", function()
    local no = file("no.lua", [[local fence = require "fence"
      return { on_connect = function() return fence.deny("never") end }]])
    local path = file("no.json", '{"policies": ["no.lua"]}')
    local asks = file("never.lua",
      "return {{ name = 'x', connect = 'good.test:443', expect = 'deny', rule = 'policy:no' }}")
    assert.equal(0, test("-s", path, policy, asks).code)
    assert.equal(0, test("--policy", no, policy, asks).code)
    assert.equal(1, test(policy, asks).code)
  end)

  local odd = file("odd.lua", [[return {
    { name = "good \"é\"", connect = "good.test:443", expect = "allow" },
    { name = "\27[2J\xff\u{202e}\u{85}", connect = "good.test:443", expect = "deny" },
    test_words = function() error("a\n\u{9b}b\\", 0) end,
  }]])

  it("sends nothing to the terminal that controls it", function()
    local result = test(policy, odd)
    assert.equal('ok   good "é"\n' ..
      "FAIL \\x1b[2J\\xff\\xe2\\x80\\xae\\xc2\\x85: expected deny, got allow (policy:team)\n" ..
      "FAIL test_words: odd.lua:4: a\\x0a\\xc2\\x9bb\\\n1 passed, 2 failed\n", result.out)
    assert.equal(1, result.code)
  end)

  it("--json gives one object", function()
    local result = test("--json", policy, odd)
    local path = json.encode(odd)
    assert.equal('{"passed":1,"failed":2,"cases":[' ..
      '{"name":"good \\"é\\"","file":' .. path .. ',"ok":true,"message":""},' ..
      '{"name":"\\u001b[2J\\ufffd\\u202e\\u0085","file":' .. path .. ',"ok":false,' ..
      '"message":"expected deny, got allow (policy:team)"},' ..
      '{"name":"test_words","file":' .. path .. ',"ok":false,' ..
      '"message":"odd.lua:4: a\\u000a\\u009bb\\\\"}]}\n', result.out)
    assert.equal("", result.err)
    assert.equal(1, result.code)
    assert.equal(0, test("--json", policy, two).code)
  end)

  it("ends what nothing counts", function()
    local result = test(policy, file("slow.lua", [[return { test_slow = function()
      return (("a"):rep(1e5)):find((".-"):rep(30) .. "b") end }]]))
    assert.matches("^fence: the tests took too much time: ", result.err)
    assert.equal(2, result.code)
  end)

  it("has a help text", function()
    local result = test("--help")
    assert.equal(0, result.code)
    assert.matches("_test.lua", result.out, 1, true)
  end)
end)
