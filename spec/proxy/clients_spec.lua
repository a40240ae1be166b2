-- SPDX-License-Identifier: Apache-2.0
-- clients_spec.lua - the HTTP and SOCKS libraries that programs are made of, each told of
-- `fence proxy` in its own way: Python's requests, urllib and PySocks, Node's undici; and curl,
-- which listens to a server's events.

local fenced = require "spec.support.fenced"
local https = require "spec.support.https"
local loop = require "spec.support.loop"
local node = require "spec.support.node"
local origin = require "spec.support.origin"
local process = require "spec.support.process"
local users = require "spec.support.users"
local wire = require "spec.support.wire"

local python = "/usr/bin/python3" -- the system's: one of the user's may come first in PATH
local page = ("not text: \0\255\r\n"):rep(50000)

-- The arguments of each client: the proxy's port, the URL, the authority's certificate, and where
-- it matters the proxy's scheme. Each asks twice, the second time with what it got as a body in
-- chunks where the server takes one, and prints the status and the body; or how it failed.
local requests = [[
import sys, requests

port, url, ca, scheme = sys.argv[1:]
proxy = "%s://127.0.0.1:%s" % (scheme, port)
try:
    with requests.Session() as session:
        session.trust_env, session.verify = False, ca
        session.proxies = {"http": proxy, "https": proxy}
        answer = session.get(url, timeout=10)
        if answer.status_code == 200 and url.startswith("http:"):
            pieces = (answer.content[at:at + 5000] for at in range(0, len(answer.content), 5000))
            answer = session.post(url, data=pieces, timeout=10)
        elif answer.status_code == 200:
            answer = session.get(url, timeout=10)
        sys.stdout.buffer.write(b"%d\n%s" % (answer.status_code, answer.content))
except requests.RequestException as error:
    print(type(error).__name__, error)
]]

local urllib = [[
import ssl, sys, urllib.error, urllib.request

port, url, ca, scheme = sys.argv[1:]
proxy = "%s://127.0.0.1:%s" % (scheme, port)
opener = urllib.request.build_opener(
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)),
    urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
try:
    body = opener.open(url, timeout=10).read()
    answer = opener.open(url, body if url.startswith("http:") else None, timeout=10)
    sys.stdout.buffer.write(b"%d\n%s" % (answer.status, answer.read()))
except urllib.error.HTTPError as error:
    print("%d\n%s" % (error.code, error.read().decode()))
except urllib.error.URLError as error:
    print("URLError", error)
]]

-- A tunnel, and HTTP/1.0 in it
local pysocks = [[
import socks, ssl, sys
from urllib.parse import urlsplit

port, url, ca, scheme = sys.argv[1:]
site, got = urlsplit(url), b""
peer = socks.socksocket()
peer.set_proxy({"socks5h": socks.SOCKS5, "http": socks.HTTP}[scheme], "127.0.0.1", int(port),
               rdns=True)
peer.settimeout(10)
try:
    peer.connect((site.hostname, site.port))
    if site.scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        peer = context.wrap_socket(peer, server_hostname=site.hostname)
    peer.sendall(("GET %s HTTP/1.0\r\nConnection: close\r\n\r\n" % site.path).encode())
    while more := peer.recv(1 << 16):
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    sys.stdout.buffer.write(b"%s\n%s" % (head.split(b" ")[1], body))
except (socks.ProxyError, OSError) as error:
    print(type(error).__name__, error)
]]

local undici = [[
const { ProxyAgent, fetch } = require("undici");
const [port, url, ca] = process.argv.slice(1);
const dispatcher = new ProxyAgent({
  uri: `http://127.0.0.1:${port}`, requestTls: { ca: require("fs").readFileSync(ca) },
});
(async () => {
  const page = await (await fetch(url, { dispatcher })).arrayBuffer();
  const more = url.startsWith("https:") ? {} : { method: "POST", body: page };
  const answer = await fetch(url, { dispatcher, ...more });
  process.stdout.write(answer.status + "\n");
  process.stdout.write(Buffer.from(await answer.arrayBuffer()));
})().catch((error) => {
  for (let why = error; why; why = why.cause)
    process.stdout.write(`${why.name} ${why.message}\n`);
});
]]

local function by_python(source, module)
  return function()
    fenced.require_tool(pending, { python, "-c", "import " .. module })
    return { python, "-c", source }
  end
end

local function by_node(source, module, version)
  return function()
    fenced.require_tool(pending, { "npm", "--version" })
    local path, why = node.fetch(users.current())
    local modules = path and node.module(module, version)
    if not modules then
      pending(why or module .. " cannot be fetched")
    end
    return { path, "-e", (source:gsub('"' .. module .. '"', '"' .. modules .. '"')) }
  end
end

-- name, command, the proxy's scheme, and what a refusal looks like: of http, of https
local forwarded = "^403\nConnection blocked by network allowlist\n\nfence: no rule allows evil.test"
local ruled = "0x02: Connection not allowed by ruleset"
local clients = {
  { "requests", by_python(requests, "requests"), "http", forwarded,
    "^ProxyError .*Tunnel connection failed: 403 Forbidden" },
  { "requests with PySocks", by_python(requests, "requests, socks"), "socks5h",
    "^ConnectionError .*" .. ruled, "^ConnectionError .*" .. ruled },
  { "urllib", by_python(urllib, "urllib.request"), "http", forwarded,
    "^URLError .*Tunnel connection failed: 403 Forbidden" },
  { "PySocks", by_python(pysocks, "socks"), "socks5h", ruled, ruled },
  { "PySocks's CONNECT", by_python(pysocks, "socks"), "http", "403: Forbidden",
    "403: Forbidden" },
  { "undici's ProxyAgent", by_node(undici, "undici", "6.21.3"), "http", "Proxy response %(403%)",
    "Proxy response %(403%)" },
}

describe("through fence proxy", function()
  local w, secure

  lazy_setup(function()
    w = wire.start({ door = "both", origin = origin.http("good", function(request)
      return origin.response("200 OK", request.method == "POST" and request.body or page)
    end) })
    local served = users.temp_dir(users.current())
    users.write_file(users.current(), served .. "/page", page)
    secure = https.start({ names = { "good.test" }, folder = served })
  end)
  lazy_teardown(function()
    w:stop()
    secure:close()
  end)
  before_each(function() w.origin.connections = 0 end)

  for _, client in ipairs(clients) do
    local name, command, scheme, refusal, secure_refusal = table.unpack(client)

    local function run(url)
      local argv = command()
      for _, word in ipairs({ tostring(w.proxy.port), url, secure.ca_file, scheme }) do
        argv[#argv + 1] = word
      end
      local result = process.run({ argv = argv })
      assert.equal("", result.err)
      return result.out
    end

    it(name .. " has what an allowed name serves", function()
      assert.is_true(run(w.origin:url("/page", "good.test")) == "200\n" .. page)
      assert.is_true(w.origin.connections > 0)
    end)

    it(name .. " has what an allowed name serves over TLS", function()
      local before = #secure:requests()
      local url = ("https://good.test:%d/page"):format(secure.port)
      assert.is_true(run(url) == "200\n" .. page)
      assert.is_true(#secure:wait_requests(before + 1, 2000) > before)
    end)

    it(name .. " is refused a name that is not allowed", function()
      assert.matches(refusal, run(w.origin:url("/page", "evil.test")))
      assert.matches(secure_refusal, run(("https://evil.test:%d/page"):format(w.origin.port)))
      assert.equal(0, w.origin.connections)
    end)
  end

  for name, way in pairs({
    ["absolute form"] = { "--proxy", "http://PROXY" },
    ["CONNECT"] = { "--proxy", "http://PROXY", "--proxytunnel" },
    ["SOCKS5"] = { "--proxy", "socks5h://PROXY" },
  }) do
    it("a server's events reach curl one by one, by " .. name, function()
      fenced.require_tool(pending, { "curl", "--version" })
      local heard, cut = 0, false
      local events = origin.raw(function(connection)
        connection:read_until("\r\n\r\n")
        connection:send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for event = 1, 30 do -- none before the one in front of it has arrived
          connection:send(("data: %d\n\n"):format(event))
          cut = cut or not loop.wait(function() return heard == event end, 5000)
        end
      end)
      local argv = { "curl", "-sS", "-q", "--no-buffer", "--max-time", "15" }
      for _, word in ipairs(way) do
        argv[#argv + 1] = (word:gsub("PROXY", "127.0.0.1:" .. w.proxy.port))
      end
      argv[#argv + 1] = events:url("/", "good.test")
      local child = process.start({ argv = argv })
      for event = 1, 30 do
        assert.equal(("data: %d"):format(event), child:read_line("stdout", 5000))
        assert.equal("", child:read_line("stdout", 5000))
        heard = event
      end
      assert.equal(0, child:wait(5000).code)
      assert.is_false(cut)
      events:close()
    end)
  end
end)
