-- SPDX-License-Identifier: Apache-2.0
-- upstream_spec.lua - a proxy behind a proxy: the rules come first, then the hop gets the name.

local http = require "spec.support.http"
local origin = require "spec.support.origin"
local proxy = require "spec.support.proxy"

local patience_ms = 5000

-- A proxy of ours whose upstream proxy is `url`; more settings of its network.
local function behind(url, network)
  local settings = { allowedDomains = { "good.test", "*.good.test", "192.31.196.10", "10.9.9.9" },
    upstreamProxy = url }
  for key, value in pairs(network or {}) do
    settings[key] = value
  end
  return proxy.start({ config = { network = settings } })
end

local function get(host, path)
  return ("GET http://%s%s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(host, path or "/", host)
end

local function connect(authority)
  return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, authority)
end

local function ask(p, bytes)
  local client = p:connect()
  client:send(bytes)
  local response, why = http.read_response(client, patience_ms)
  client:close()
  return assert(response, why)
end

-- An upstream that writes down the heads of what it is asked, and answers each with `answer`.
local function recorder(answer)
  return origin.raw(function(connection, self)
    while true do
      local head = connection:read_until("\r\n\r\n")
      if not head then
        return
      end
      self.requests[#self.requests + 1] = head
      if not connection:send(type(answer) == "function" and answer(head) or answer) then
        return
      end
    end
  end)
end

describe("behind an HTTP proxy", function()
  local upstream, p

  after_each(function()
    if p then
      local ended = p:stop()
      assert.equal("", ended.err)
    end
    if upstream then
      upstream:close()
    end
    p, upstream = nil, nil
  end)

  it("a plain request is sent in absolute form, with the login, and is pooled", function()
    upstream = recorder(origin.response("200 OK", "hop"))
    p = behind(("http://joe:s%%3acret@127.0.0.1:%d"):format(upstream.port))
    for _ = 1, 2 do
      assert.equal("hop", ask(p, get("good.test", "/a?b")).body)
    end
    assert.equal(2, #upstream.requests)
    assert.equal(1, upstream.connections)
    assert.equal("GET http://good.test/a?b HTTP/1.1\r\nHost: good.test\r\n" ..
      "Proxy-Authorization: Basic am9lOnM6Y3JldA==\r\nVia: 1.1 fence\r\n\r\n", upstream.requests[1])
  end)

  it("two names never share a connection to it", function()
    upstream = recorder(origin.response("200 OK", "hop"))
    p = behind(("http://127.0.0.1:%d"):format(upstream.port))
    assert.equal(200, ask(p, get("good.test")).status)
    assert.equal(200, ask(p, get("b.good.test")).status)
    assert.equal(2, upstream.connections)
  end)

  it("a tunnel is asked for by name, and what the server says first is kept", function()
    upstream = recorder("HTTP/1.1 200 fine\r\n\r\nSSH-2.0-x\r\n")
    p = behind(("http://127.0.0.1:%d"):format(upstream.port))
    local client = p:connect()
    client:send(connect("good.test:22"))
    assert.matches("^HTTP/1.1 200 ", client:read_until("\r\n\r\n"))
    assert.equal("SSH-2.0-x\r\n", client:read_until("\r\n"))
    client:close()
    assert.equal("CONNECT good.test:22 HTTP/1.1\r\nHost: good.test:22\r\n\r\n",
      upstream.requests[1])
  end)

  it("what no rule is about goes there by defaultAction, and nowhere else", function()
    upstream = recorder(origin.response("200 OK", "hop"))
    p = behind(("http://127.0.0.1:%d"):format(upstream.port), { defaultAction = "proxy",
      deniedDomains = { "evil.test" }, noProxy = { "near.test" } })
    assert.equal("hop", ask(p, get("unknown.test")).body)
    assert.equal(403, ask(p, get("evil.test")).status)
    assert.equal(403, ask(p, get("near.test")).status)
    assert.equal(403, ask(p, get("169.254.169.254")).status)
    assert.equal(1, #upstream.requests)
  end)

  it("a denied name and a forbidden address never get there", function()
    upstream = recorder(origin.response("200 OK", "hop"))
    p = behind(("http://127.0.0.1:%d"):format(upstream.port))
    assert.equal(403, ask(p, get("evil.test")).status)
    assert.equal(403, ask(p, connect("evil.test:443")).status)
    assert.equal(403, ask(p, get("169.254.169.254")).status)
    assert.equal(0, upstream.connections)
    assert.equal(200, ask(p, get("10.9.9.9")).status) -- written in the settings, so opened by them
  end)

  -- name, what it answers to CONNECT, our status, what is said of it
  for _, row in ipairs({
    { "it refuses", "HTTP/1.1 403 no\r\n\r\n", 403, "the upstream proxy refuses this host" },
    { "it wants a login", "HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n", 403,
      "name and a password" },
    { "it fails", "HTTP/1.1 502 no\r\n\r\n", 502, "cannot reach this host" },
    { "it speaks no HTTP", "SSH-2.0-x\r\n\r\n", 502, "malformed" },
    { "it sends 1xx without end", ("HTTP/1.1 100 a\r\n\r\n"):rep(50), 502, "" },
  }) do
    it("3M.239 tells why where " .. row[1], function()
      upstream = recorder(row[2])
      p = behind(("http://127.0.0.1:%d"):format(upstream.port))
      local response = ask(p, connect("good.test:443"))
      assert.equal(row[3], response.status)
      assert.is_truthy(response.body:find(row[4], 1, true), response.body)
    end)
  end

  it("3M.239 tells why where it wants a login, without asking the client", function()
    upstream = recorder("HTTP/1.1 407 no\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
    p = behind(("http://127.0.0.1:%d"):format(upstream.port))
    local response = ask(p, get("good.test"))
    assert.equal(403, response.status)
    assert.is_nil(response.headers["proxy-authenticate"])
  end)

  it("3M.239 tells why where nobody is there, or it is ourselves", function()
    local port = origin.closed_port()
    p = behind(("http://127.0.0.1:%d"):format(port))
    local response = ask(p, get("good.test"))
    assert.equal(502, response.status)
    assert.is_truthy(response.body:find("127.0.0.1:" .. port, 1, true), response.body)
  end)

  it("names of network.noProxy and network.hosts are reached directly", function()
    upstream = recorder(origin.response("200 OK", "hop"))
    local here = origin.http("here")
    p = behind(("http://127.0.0.1:%d"):format(upstream.port),
      { noProxy = { "*.good.test", "10.9.9.9" }, hosts = { ["good.test"] = "127.0.0.1" },
        deniedAddresses = { "10.9.9.9/32" } })
    assert.equal("here", ask(p, get("good.test:" .. here.port)).body)
    assert.equal(0, upstream.connections)
    here:close()
  end)
end)

describe("behind another fence", function()
  local target, far

  lazy_setup(function()
    target = origin.http("target")
    far = proxy.start({ config = { network = { allowedDomains = { "good.test" },
      hosts = { ["good.test"] = "127.0.0.1" } } }, door = "both" })
  end)
  lazy_teardown(function()
    far:stop()
    target:close()
  end)

  for _, scheme in ipairs({ "http", "socks5", "socks5h" }) do
    it("by " .. scheme .. ": what both allow passes, what one denies does not", function()
      local near = behind(("%s://127.0.0.1:%d"):format(scheme, far.port))
      assert.equal("target", ask(near, get("good.test:" .. target.port)).body)
      local tunnel = assert(near:tunnel("good.test:" .. target.port, patience_ms))
      tunnel:send(get("x"):gsub("http://x", ""))
      assert.equal("target", http.read_response(tunnel, patience_ms).body)
      tunnel:close()
      assert.equal(403, ask(near, get("b.good.test")).status) -- the far one refuses
      assert.equal(403, ask(near, get("evil.test")).status)   -- the near one refuses
      near:stop()
    end)
  end
end)

describe("the upstream proxy of the environment", function()
  local upstream, p

  before_each(function()
    upstream = recorder(origin.response("200 OK", "hop"))
  end)
  after_each(function()
    if p then
      p:stop()
    end
    upstream:close()
    p = nil
  end)

  it("is used where the settings ask for it, but for what NO_PROXY names", function()
    local here = origin.http("here")
    p = proxy.start({
      config = { network = { allowedDomains = { "good.test", "127.0.0.1" },
        upstreamProxy = "environment" } },
      env = { HTTPS_PROXY = "http://127.0.0.1:" .. upstream.port, NO_PROXY = "a.test, 127.0.0.1" },
    })
    assert.equal("hop", ask(p, get("good.test")).body)
    assert.equal("here", ask(p, get("127.0.0.1:" .. here.port)).body)
    here:close()
  end)

  it("is not used where they do not", function()
    p = proxy.start({ config = { network = { allowedDomains = { "127.0.0.1" } } },
      env = { HTTPS_PROXY = "http://127.0.0.1:" .. upstream.port } })
    local here = origin.http("here")
    assert.equal("here", ask(p, get("127.0.0.1:" .. here.port)).body)
    assert.equal(0, upstream.connections)
    here:close()
  end)

  it("is an error where there is none, and shows no password where it is wrong", function()
    for _, env in ipairs({ {}, { HTTPS_PROXY = "ftp://joe:hush@x" } }) do
      local ok, why = pcall(proxy.start, { env = env,
        config = { network = { upstreamProxy = "environment" } } })
      assert.is_false(ok)
      assert.is_truthy(why:find("network.upstreamProxy", 1, true), why)
      assert.is_nil(why:find("hush", 1, true), why)
    end
  end)
end)
