-- SPDX-License-Identifier: Apache-2.0
-- errors_spec.lua - misuse is a Lua error of one line that names the mistake, and an error of a
-- callback comes out of run(): nothing crashes.

local fence = require "fence"
local uv = require "luv"
local sandbox = require "spec.support.sandbox"

local config = assert(fence.config {})
local request = { kind = "connect", host = "a.test", port = 1 }

local function with(field, value)
  local copy = {}
  for name, old in pairs(request) do
    copy[name] = old
  end
  copy[field] = value
  return copy
end

local function decide(asked)
  return function() fence.decide(config, nil, asked) end
end

local function on_engine(method, ...)
  local arguments = table.pack(...)
  return function()
    local engine <close> = assert(fence.new(config))
    engine[method](engine, table.unpack(arguments, 1, arguments.n))
  end
end

local function extra(...)
  local list = { ... }
  return function() fence.config { extra = list } end
end

-- name, what is called, what the error says
local rows = {
  { "decide: no table", decide(nil), "fence.decide: a table of named fields expected, got nil" },
  { "decide: no settings", function() fence.decide({}, nil, request) end,
    "(fence.config expected, got table)" },
  { "decide: no policy", function() fence.decide(config, config, request) end,
    "(fence.policy expected, got fence.config)" },
  { "decide: no host", decide({ kind = "connect", port = 1 }),
    "fence.decide: host: string expected, got nil" },
  { "decide: a number for a host", decide(with("host", 1)),
    "fence.decide: host: string expected, got number" },
  { "decide: a host with a NUL byte", decide(with("host", "a.test\0.evil.test")),
    "fence.decide: host: it has a NUL byte in it" },
  { "decide: a string for a port", decide(with("port", "80")),
    "fence.decide: port: integer expected, got string" },
  { "decide: port 0", decide(with("port", 0)),
    "fence.decide: port: an integer from 1 to 65535 expected" },
  { "decide: half a port", decide(with("port", 1.5)),
    "fence.decide: port: an integer from 1 to 65535 expected" },
  { "decide: port 65536", decide(with("port", 65536)),
    "fence.decide: port: an integer from 1 to 65535 expected" },
  { "decide: another kind", decide(with("kind", "https")),
    "fence.decide: kind: 'connect', 'http', 'socks5' or 'local' expected, got 'https'" },
  { "decide: an unknown field", decide(with("hots", "a.test")),
    "fence.decide: unknown field 'hots'" },
  { "decide: a list", decide({ "a.test" }), "fence.decide: fields have names" },
  { "config: both", function() fence.config { file = "/x", text = "{}" } end,
    "fence.config: file, text and template: give one of them" },
  { "config: a name for a file", function() fence.config { file = "/x", name = "y" } end,
    "fence.config: name: it goes with text" },
  { "config: a string", function() fence.config("/x") end,
    "fence.config: a table of named fields expected, got string" },
  { "config: an unknown field", function() fence.config { path = "/x" } end,
    "fence.config: unknown field 'path'" },
  { "config: text", function() fence.config { text = 1 } end,
    "fence.config: text: string expected, got number" },
  { "config: extra is a string", function() fence.config { extra = "x" } end,
    "fence.config: extra: list of tables expected, got string" },
  { "config: extra of strings", extra("x"),
    "fence.config: extra[1]: a table of named fields expected, got string" },
  { "config: extra without a key", extra({ origin = "x", value = "y" }),
    "fence.config: extra[1]: key: string expected, got nil" },
  { "config: extra with another field", extra({ origin = "x", key = "y", value = "z" }, { k = 1 }),
    "fence.config: extra[2]: unknown field 'k'" },
  { "policy: no path", function() fence.policy():load() end, "string expected, got no value" },
  { "policy: no text", function() fence.policy():load_text("x") end,
    "string expected, got no value" },
  { "new: no settings", function() fence.new() end, "(fence.config expected, got no value)" },
  { "new: on_event", function() fence.new(config, { on_event = "print" }) end,
    "fence.new: on_event: function expected, got string" },
  { "new: policy", function() fence.new(config, { policy = "p.lua" }) end,
    "fence.new: policy: a policy set expected, got string" },
  { "new: an unknown field", function() fence.new(config, { onevent = print }) end,
    "fence.new: unknown field 'onevent'" },
  { "listen: another protocol", on_engine("listen", "https", "127.0.0.1:0"),
    "invalid option 'https'" },
  { "listen: no address", on_engine("listen", "http"), "string expected, got no value" },
  { "listen: a NUL byte", on_engine("listen", "http", "127.0.0.1:0\0"), "NUL byte" },
  { "port: no protocol", on_engine("port"), "string expected, got no value" },
  { "login: no password", on_engine("require_login", "ann"), "string expected, got no value" },
  { "limit: half a client", on_engine("limit_clients", 0.5),
    "number has no integer representation" },
  { "reload: no settings", on_engine("reload"), "(fence.config expected, got no value)" },
  { "policy of an engine", on_engine("set_policy", "p"), "(fence.policy expected, got string)" },
  { "watch: no descriptor", on_engine("watch", -1, print), "descriptor or open file expected" },
  { "watch: no function", on_engine("watch", 0), "function expected, got no value" },
  { "resolver", on_engine("set_resolver", "x"), "function expected, got string" },
  { "spawn: no command", on_engine("spawn", {}), "spawn: argv: a list of strings" },
  { "spawn: an empty command", on_engine("spawn", { argv = {} }),
    "spawn: argv: a list of strings" },
  { "spawn: a shell line", on_engine("spawn", { argv = "ls" }),
    "spawn: argv: list of strings expected, got string" },
  { "spawn: a number in it", on_engine("spawn", { argv = { "ls", 1 } }),
    "spawn: argv[2]: string expected, got number" },
  { "spawn: a NUL byte in it", on_engine("spawn", { argv = { "ls", "a\0b" } }),
    "spawn: argv[2]: it has a NUL byte in it" },
  { "spawn: env", on_engine("spawn", { argv = { "ls" }, env = { 1 } }),
    "spawn: env[1]: string expected, got number" },
  { "spawn: two descriptors", on_engine("spawn", { argv = { "ls" }, stdio = { 0, 1 } }),
    "spawn: stdio: a list of three descriptors expected" },
  { "spawn: no descriptor", on_engine("spawn", { argv = { "ls" }, stdio = { 0, "x", 2 } }),
    "spawn: stdio[2]: descriptor or open file expected, got string" },
  { "spawn: signals", on_engine("spawn", { argv = { "ls" }, ignored_signals = { 65 } }),
    "spawn: ignored_signals[1]: a number from 1 to 64 expected" },
  { "spawn: a set of signals", on_engine("spawn", { argv = { "ls" }, ignored_signals = 1 }),
    "spawn: ignored_signals: list of numbers expected, got number" },
  { "spawn: a layer that is required", on_engine("spawn", { argv = { "ls" },
    degrade = { "watch", "seccomp" } }),
    "spawn: degrade: no sandbox is without 'seccomp': landlock, unix-sockets, exec and watch " },
  { "spawn: layers as a string", on_engine("spawn", { argv = { "ls" }, degrade = "watch" }),
    "spawn: degrade: list of strings expected, got string" },
  { "spawn: on_exit", on_engine("spawn", { argv = { "ls" }, on_exit = 1 }),
    "spawn: on_exit: function expected, got number" },
  { "spawn: an unknown field", on_engine("spawn", { argv = { "ls" }, cwd = "/" }),
    "spawn: unknown field 'cwd'" },
}

-- Each method of a closed engine, with arguments it would take.
local methods = {
  listen = { "http", "127.0.0.1:0" }, port = { "http" }, require_login = { "a", "b" },
  limit_clients = { 1 }, set_policy = {}, reload = { config }, set_resolver = { print },
  spawn = { { argv = { "true" } } }, watch = { 0, print }, run = {}, step = {}, stop = {},
  fd = {}, timeout = {}, unwatch = { 0 },
}

describe("misuse", function()
  for _, row in ipairs(rows) do
    it(row[1], function()
      local ok, why = pcall(row[2])
      assert.is_false(ok)
      assert.is_truthy(why:find(row[3], 1, true), why)
      assert.is_nil(why:find("\n"))
    end)
  end

  it("of an engine that is closed", function()
    local engine = assert(fence.new(config))
    engine:close()
    for name in pairs(getmetatable(engine).__index) do
      if name ~= "close" then
        local ok, why = pcall(engine[name], engine, table.unpack(methods[name]))
        assert.is_false(ok, name)
        assert.is_truthy(why:find("this engine is closed", 1, true), why)
      end
    end
  end)

  it("of one thing for another", function()
    local engine <close> = assert(fence.new(config))
    for name, method in pairs(getmetatable(engine).__index) do
      assert.is_false(pcall(method, config), name)
      assert.is_false(pcall(method), name)
    end
    assert.is_false(pcall(getmetatable(engine).__gc, config))
    assert.is_false(pcall(config.policies, engine))
  end)

  it("of a finalizer", function()
    local gone, policy = assert(fence.config {}), fence.policy()
    getmetatable(gone).__gc(gone)
    getmetatable(policy).__gc(policy)
    for _, call in ipairs({ function() gone:policies() end, function() policy:load("x") end,
                            function() fence.decide(config, policy, request) end }) do
      local ok, why = pcall(call)
      assert.is_false(ok)
      assert.is_truthy(why:find("it has been collected", 1, true), why)
    end
  end)
end)

describe("a callback", function()
  local engine, pipe, act

  -- What is written into the pipe has `act` called.
  before_each(function()
    pipe = uv.pipe()
    engine = assert(fence.new(config))
    assert(engine:listen("http", "127.0.0.1:0")) -- so that run() does not return by itself
    assert(engine:watch(pipe.read, function(fd)
      uv.fs_read(fd, 1)
      engine:stop()
      act()
    end))
  end)

  after_each(function()
    engine:close()
    uv.fs_close(pipe.read)
    uv.fs_close(pipe.write)
  end)

  local function run_in_callback(fn)
    act = fn
    uv.fs_write(pipe.write, "x")
    return pcall(engine.run, engine)
  end

  it("that raises ends run(), which raises the same", function()
    local mine = setmetatable({}, {})
    local ok, why = run_in_callback(function() error(mine) end)
    assert.is_false(ok)
    assert.equal(mine, why)
  end)

  it("that raises nil does so too, and the engine goes on", function()
    local ok, why = run_in_callback(function() error() end)
    assert.is_false(ok)
    assert.is_nil(why)
    local called
    assert.is_true((run_in_callback(function() called = true end)))
    assert.is_true(called)
  end)

  it("that raises ends step() as well", function()
    act = function() error("mine", 0) end
    uv.fs_write(pipe.write, "x")
    local ok, why
    repeat
      ok, why = pcall(engine.step, engine)
    until not ok
    assert.equal("mine", why)
  end)

  it("that yields raises", function()
    local ok, why
    coroutine.wrap(function()
      ok, why = run_in_callback(function() coroutine.yield() end)
    end)()
    assert.is_false(ok)
    assert.is_truthy(why:find("attempt to yield", 1, true), why)
  end)

  it("that overflows the stack raises", function()
    local function deeper() return 1 + deeper() end
    local ok, why = run_in_callback(deeper)
    assert.is_false(ok)
    assert.is_truthy(why:find("stack overflow", 1, true), why)
  end)

  it("may not run, step or close its engine", function()
    for _, name in ipairs({ "run", "step", "close" }) do
      local ok, why = run_in_callback(function() engine[name](engine) end)
      assert.is_false(ok)
      assert.is_truthy(why:find(name .. "() cannot be called from a callback", 1, true), why)
    end
  end)

  it("may do so in a coroutine no more", function()
    local ok, why = run_in_callback(function()
      error(select(2, coroutine.resume(coroutine.create(engine.run), engine)), 0)
    end)
    assert.is_false(ok)
    assert.is_truthy(why:find("run() cannot be called", 1, true), why)
  end)

  it("may close another engine", function()
    local other = assert(fence.new(config))
    assert.is_true((run_in_callback(function() other:close() end)))
  end)

  it("that raises from on_exit ends run() too", function()
    sandbox.require_sandbox(pending)
    assert(engine:spawn { argv = { "/bin/true" }, on_exit = function() error("mine", 0) end })
    local ok, why = pcall(engine.run, engine)
    assert.is_false(ok)
    assert.equal("mine", why)
  end)

  it("of events that raises ends run() with the first error", function()
    sandbox.require_sandbox(pending)
    local count = 0
    local other <close> = assert(fence.new(config, { on_event = function()
      count = count + 1
      error("event " .. count, 0)
    end }))
    assert(other:spawn { argv = { "/bin/true" } }) -- which is told
    assert.equal(1, count)
    local ok, why = pcall(other.run, other)
    assert.is_false(ok)
    assert.equal("event 1", why)
  end)

  it("that raised and was not heard of is told by close()", function()
    sandbox.require_sandbox(pending)
    local other = assert(fence.new(config, { on_event = function() error("mine", 0) end }))
    assert(other:spawn { argv = { "/bin/true" } })
    local ok, why = pcall(other.close, other)
    assert.is_false(ok)
    assert.equal("mine", why)
    other:close()
  end)
end)
