-- SPDX-License-Identifier: Apache-2.0
-- nginx_spec.lua - nginx as the origin and curl as the client: framings, ranges, uploads, and whose
-- connections are kept.

local fenced = require "spec.support.fenced"
local loop = require "spec.support.loop"
local nginx = require "spec.support.nginx"
local process = require "spec.support.process"
local stream = require "spec.support.stream"
local wire = require "spec.support.wire"

local page = ("A line of text that shrinks.\n"):rep(40000) -- 1.2 MB
local blob = ("\0\255\r\n blob "):rep(100000)

-- Without gzip_proxied it sends no gzip where "Via" says that a proxy asks, as a proxy has to say.
local locations = [[
    location /zipped { alias PLACE/served/page; gzip on; gzip_types *; gzip_proxied any; }
    location /once { alias PLACE/served/page; keepalive_timeout 0; }
    location /upload { dav_methods PUT; client_max_body_size 0; root PLACE/temporary; }
    location /away { return 302 http://evil.test/; }
    location /nothing { return 204; }
    location /closed { return 444; }
]]

describe("nginx", function()
  local w, why

  lazy_setup(function()
    local path
    path, why = nginx.fetch()
    if path then
      w = wire.start({ door = "both", origin = nginx.start({ path = path, files = {
        page = page, blob = blob, empty = "" }, locations = locations }) })
      assert(loop.wait(function() -- it does not say when it listens
        local peer = stream.connect(w.origin.port)
        return peer and (peer:close() or true)
      end, 5000), w.origin.child.stderr:peek())
    end
  end)
  lazy_teardown(function()
    if w then
      w:stop()
    end
  end)

  local function row(name, fn)
    it(name, function()
      fenced.require_tool(pending, { "curl", "--version" })
      if not w then
        pending(why)
      end
      fn(#w.origin:requests())
    end)
  end

  -- Returns what it prints. PROXY and ORIGIN stand for where they are.
  local function curl(way, arguments, stdin)
    local argv = { "curl", "-sS", "-q", "--max-time", "15" }
    for _, words in ipairs({ way, arguments }) do
      for _, word in ipairs(words) do
        argv[#argv + 1] = word:gsub("%u%u%u%u+", {
          PROXY = "127.0.0.1:" .. w.proxy.port, ORIGIN = w:fill("http://good.test:{port}"),
        })
      end
    end
    local result = process.run({ argv = argv, stdin = stdin })
    assert.same({ 0, "" }, { result.code, result.err })
    return result.out
  end

  -- The lines that it has written since there were `count`, once there are `more`; each without its
  -- connection's number, and these numbers apart.
  local function served(count, more)
    assert(loop.wait(function()
      loop.sleep(1)
      return #w.origin:requests() >= count + more
    end, 5000))
    local lines, connections = {}, {}
    for index, line in ipairs(table.move(w.origin:requests(), count + 1, count + more, 1, {})) do
      connections[index], lines[index] = line:match("^(%d+) (.*)$")
    end
    return lines, connections
  end

  for _, each in ipairs({
    { "absolute form", { "--proxy", "http://PROXY" } },
    { "CONNECT", { "--proxy", "http://PROXY", "--proxytunnel" } },
    { "SOCKS5", { "--proxy", "socks5h://PROXY" } },
  }) do
    local name, way = table.unpack(each)

    row(name .. ": files as they are", function()
      assert.is_true(curl(way, { "ORIGIN/page" }) == page)
      assert.is_true(curl(way, { "ORIGIN/blob" }) == blob)
      assert.equal("200 0", curl(way, { "-w", "%{http_code} %{size_download}", "ORIGIN/empty" }))
    end)

    row(name .. ": twenty files by one connection", function(before)
      local targets = { "-w", "%{num_connects}" }
      for index = 1, 20 do
        targets[index + 2] = index % 2 == 0 and "ORIGIN/empty" or "ORIGIN/nothing"
      end
      assert.equal("1" .. ("0"):rep(19), curl(way, targets))
      local lines, connections = served(before, 20)
      for index = 1, 20 do
        assert.equal(connections[1], connections[index])
      end
      assert.equal("GET /nothing 204 HTTP/1.1", lines[1])
      assert.equal("GET /empty 200 HTTP/1.1", lines[20])
    end)

    row(name .. ": a part of a file, two parts, and a part that is not there", function()
      local part = curl(way, { "--range", "1000-200999", "ORIGIN/blob" })
      assert.is_true(part == blob:sub(1001, 201000))
      assert.is_true(curl(way, { "--range", "-7", "ORIGIN/blob" }) == blob:sub(-7))
      local both = curl(way, { "--range", "0-9,100-119", "-i", "ORIGIN/blob" })
      assert.matches("^HTTP/1.1 206 .*\r\nContent%-Type: multipart/byteranges", both:gsub(
        "^HTTP/1.1 200 Connection Established\r\n\r\n", ""))
      assert.is_truthy(both:find("Content-Range: bytes 100-119/" .. #blob, 1, true))
      assert.is_truthy(both:find(blob:sub(101, 120), 1, true))
      assert.equal("416", curl(way, { "--range", "9999999-", "-o", "/dev/null", "-w",
        "%{http_code}", "ORIGIN/blob" }))
    end)

    row(name .. ": gzip, in chunks", function()
      assert.is_true(curl(way, { "--compressed", "ORIGIN/zipped" }) == page)
      local head = curl(way, { "--compressed", "-o", "/dev/null", "-D", "-", "ORIGIN/zipped" })
      assert.matches("\r\nTransfer%-Encoding: chunked\r\n", head)
      assert.matches("\r\nContent%-Encoding: gzip\r\n", head)
      assert.is_true(curl(way, { "ORIGIN/zipped" }) == page)
    end)

    row(name .. ": not modified, and nothing but a head", function()
      local tag = curl(way, { "--head", "ORIGIN/page" }):match("ETag: (%S+)")
      assert.equal("304 0", curl(way, { "-H", "If-None-Match: " .. tag, "-w",
        "%{http_code} %{size_download}", "ORIGIN/page" }))
    end)

    row(name .. ": connections that it ends", function()
      local files = curl(way, { "-w", " %{num_connects} ", "ORIGIN/once", "ORIGIN/once" })
      assert.is_true(files:gsub(" %d ", "") == page .. page)
      local result = pcall(curl, way, { "ORIGIN/closed" })
      assert.equal(name == "absolute form", result) -- as a 502, or as nothing
      assert.equal("200 0", curl(way, { "-w", "%{http_code} %{size_download}", "ORIGIN/empty" }))
    end)

    row(name .. ": uploads, with their length and in chunks", function()
      for _, argument in ipairs({ "-T", "--data-binary" }) do
        local target = ("/upload-%s%s"):format(name:match("^%a+"), argument:sub(-1))
        local source = argument == "-T" and "-" or "@-"
        assert.equal("201", curl(way, { argument, source, "-X", "PUT", "-o", "/dev/null", "-w",
          "%{http_code}", "ORIGIN" .. target }, blob))
        assert.is_true(fenced.read_file(w.origin.place .. "/temporary" .. target) == blob)
      end
    end)

    row(name .. ": a redirect to a name that is not allowed leads nowhere", function(before)
      assert.equal("302 http://evil.test/", curl(way, { "-o", "/dev/null", "-w",
        "%{http_code} %{redirect_url}", "ORIGIN/away" }))
      served(before, 1)
    end)
  end
end)
