-- SPDX-License-Identifier: Apache-2.0
-- hosts_spec.lua - hosts that mislead, through both doors: CONNECT and http:// URLs.
--
-- Refused: this status, the connection closed if the head could not be read, and nothing dialled.

local hosts = require "spec.support.hosts"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local function connect(authority, host)
  return ("CONNECT %s HTTP/1.1\r\nHost: %s\r\n\r\n"):format(authority, host or authority)
end

-- Malformed as a port: { what stands behind the host }
local ports = { ":0443", ":+443", ":-1", ":99999", ":65979", ":65536", ":0", ":", ":443evil",
                ":http", ":0x1bb", ": 443", ":443 ", ":4 43", ":80:80", ":\t443", ":４４３",
                ":00000080", ":18446744073709551696", ":%34%34%33", ":443/..:80@evil.test" }

describe("a host on the wire", function()
  local w

  lazy_setup(function() w = wire.start({ hosts = { "_dmarc.good.test" } }) end)
  lazy_teardown(function() w:stop() end)

  local function every(row, check)
    for index = 2, #row do
      check(row[index])
    end
  end

  wire.rows(hosts.malformed, function(row)
    every(row, function(host)
      w:refuses(connect(host .. ":{port}"), 400)
      w:refuses(wire.get("/", host .. ":{port}"), 400)
      w:refuses(wire.get("/", host), 400)
      w:refuses("GET http://good.test:{port}/ HTTP/1.1\r\nHost: " .. host .. ":{port}\r\n\r\n", 400)
      w:refuses(connect("good.test:{port}", host .. ":{port}"), 400)
    end)
  end)

  it("3A.12 malformed ports", function()
    for _, port in ipairs(ports) do
      w:refuses(connect("good.test" .. port), 400)
      w:refuses(wire.get("", "good.test" .. port:gsub("/.*", "x")), 400)
      w:refuses(("GET http://good.test:{port}/ HTTP/1.1\r\nHost: good.test%s\r\n\r\n"):format(port),
        400)
    end
    w:refuses(connect("good.test"), 400)
    w:refuses(connect("[::1]"), 400)
  end)

  it("3A.10 '/' and '?' end the authority of a URL, and are no part of CONNECT's", function()
    for _, host in ipairs({ "evil.test/.good.test", "evil.test?.good.test" }) do
      w:refuses(connect(host .. ":{port}"), 400)
      w:refuses(("GET http://%s HTTP/1.1\r\nHost: evil.test\r\n\r\n"):format(host), 403)
      w:refuses(("GET http://%s HTTP/1.1\r\nHost: good.test\r\n\r\n"):format(host), 400)
    end
    w:refuses(connect("http://good.test:{port}"), 400)
    w:refuses(connect("good.test:{port}/"), 400)
    w:refuses(connect("/"), 400)
  end)

  wire.rows(hosts.denied, function(row)
    every(row, function(host)
      for _, bytes in ipairs({ connect(host .. ":{port}"), wire.get("/", host .. ":{port}") }) do
        local response = w:refuses(bytes, 403)
        assert.matches("^fence; error=http_request_denied", response.headers["proxy-status"])
        assert.matches("^Connection blocked by network allowlist\n", response.body)
      end
    end)
  end)

  it("3A.1 says what would allow it", function()
    local response = w:refuses(connect("evil.test:{port}"), 403)
    assert.matches("no rule allows evil.test:" .. w.origin.port, response.body, 1, true)
    assert.matches("--allow evil.test ", response.body, 1, true)
  end)

  it("3A.15 unspecified addresses", function()
    for _, host in ipairs({ "0.0.0.0", "[::]", "[::0]", "[::ffff:0.0.0.0]" }) do
      w:refuses(connect(host .. ":{port}"), 403)
      w:refuses(wire.get("/", host .. ":{port}"), 403)
    end
  end)

  it("3A.23 a number in disguise, at every length around the limit", function()
    for length = 240, 300 do
      local host = "0x" .. ("0"):rep(length - 20) .. "7f000001.good.test"
      assert.equal(length, #host)
      w:refuses(connect(host .. ":{port}"), 400)
      w:refuses(wire.get("/", host .. ":{port}"), 400)
    end
    for _, length in ipairs({ 254, 255, 256, 1000, 5000 }) do
      local host = (("a"):rep(49) .. "."):rep(300):sub(1, length - 12) .. "bb.evil.test"
      assert.equal(length, #host)
      w:refuses(connect(host .. ":{port}"), 400)
    end
  end)

  local urls = {
    "http:/good.test/", "http:\\\\evil.test\\", "//evil.test/", "http:///x", "http://",
    "http://good.test:80:80/", "http://good.test\\@evil.test/", "http:good.test/", "good.test/",
    "http://good.test@evil.test/", "http://good.test:{port}@evil.test/", "http:////good.test/",
    "http://good.test:{port}/#x", "http://?good.test", "http://@/", ":", "?", "http:",
    " http://good.test/", "http ://good.test/", "http//good.test/", "javascript:x",
  }
  it("3A.35 URLs that are none", function()
    for _, url in ipairs(urls) do
      w:refuses(("GET %s HTTP/1.1\r\nHost: good.test\r\n\r\n"):format(url), 400)
    end
  end)

  local allowed = {
    { "3A.3 upper case", "GOOD.TEST", "good.test" },
    { "3A.3 mixed case below a wildcard", "B.GoOd.TeSt", "b.good.test" },
    { "3A.5 one final dot", "good.test.", "good.test" },
    { "3A.24 '_' at the front", "_dmarc.good.test", "_dmarc.good.test" },
  }
  wire.rows(allowed, function(row)
    local response = w:ask(wire.get("/x", row[2] .. ":{port}"))
    assert.equal("good", response.body)
    local seen = w.origin.requests[#w.origin.requests]
    assert.equal(w:fill(row[3] .. ":{port}"), seen.headers.host)
    local tunnel = w.proxy:tunnel(w:fill(row[2] .. ":{port}"))
    assert.is_truthy(tunnel)
    tunnel:close()
  end)

  it("3A.35 a scheme in other letters is the same scheme, and the same host", function()
    local response = w:ask((wire.get("/"):gsub("http:", "HtTp:")))
    assert.equal("good", response.body)
  end)
end)

describe("an address on the wire", function()
  local lower

  before_each(function() lower = nil end)
  after_each(function()
    if lower then
      lower:stop(true)
    end
  end)

  local function both(host, port, status)
    local authority = host .. ":" .. (port or "{port}")
    local first = lower:refuses(connect(authority), status)
    lower:refuses(wire.get("/", authority), status)
    return first
  end

  it("3A.15 3A.16 3A.17 no rule but its own opens what is not public", function()
    lower = wire.start({ allowed = { "*" } })
    for _, host in ipairs(hosts.special) do
      local response = both(host, nil, 403)
      assert.matches("^fence; error=destination_ip_prohibited", response.headers["proxy-status"])
    end
  end)

  it("3A.16 a mapped address is the IPv4 address, denied or opened", function()
    lower = wire.start({ allowed = { "127.0.0.1" } })
    for _, host in ipairs({ "127.0.0.1", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]" }) do
      local response = lower:ask(wire.get("/", host .. ":{port}"))
      assert.equal("good", response.body)
      local seen = lower.origin.requests[#lower.origin.requests]
      assert.equal("127.0.0.1:" .. lower.origin.port, seen.headers.host)
    end
    both("[::1]", nil, 403)
    both("[::127.0.0.1]", nil, 403)
  end)

  it("3A.26 names of this machine, until the loopback address is listed too", function()
    local names = { "localhost", "localhost.", "LOCALHOST" }
    for line in io.lines("/etc/hosts") do
      local address, name = line:match("^%s*(%S+)%s+([%w_.-]+)%s*$")
      if address and (address:match("^127%.") or address == "::1") then
        names[#names + 1] = name
      end
    end
    lower = wire.start({ allowed = { "*", "localhost" } })
    for _, name in ipairs(names) do
      local response = both(name, nil, 403)
      assert.matches("^fence; error=destination_ip_prohibited", response.headers["proxy-status"])
    end
    lower:stop(true)
    local good = origin.http("good")
    lower = wire.start({ origin = good, allowed = { "localhost", "127.0.0.1:" .. good.port } })
    assert.equal("good", lower:ask(wire.get("/", "localhost:{port}")).body)
  end)

  it("3A.3 the log shows the name in lower case, as it was judged", function()
    lower = wire.start({ args = { "--debug" } })
    lower:ask(wire.get("/", "GoOd.TeSt:{port}"))
    lower:refuses(connect("EVIL.test:{port}"), 403)
    lower:refuses(connect("bad\27[31m.good.test:{port}"), 400)
    local log = lower.proxy:log()
    assert.matches("Allowed by rule: good.test:", log, 1, true)
    assert.matches("denying: evil.test:", log, 1, true)
    assert.is_nil(log:find("[\0-\9\11-\31]"))
    assert.is_nil(log:find("GoOd", 1, true))
  end)
end)
