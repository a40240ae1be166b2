-- SPDX-License-Identifier: Apache-2.0
-- splits_spec.lua - 3B.66: where a segment ends means nothing. Good and bad requests, and answers,
-- cut at every offset and sent byte by byte: always what they are in one piece.

local http = require "spec.support.http"
local loop = require "spec.support.loop"
local origin = require "spec.support.origin"
local wire = require "spec.support.wire"

local pause_ms = 1     -- between two pieces: enough for the proxy to read the first alone
local lanes = 24       -- connections at a time

local function get(fields)
  return "GET http://good.test:{port}/p HTTP/1.1\r\nHost: good.test:{port}\r\n" ..
    "Connection: close\r\n" .. (fields or "") .. "\r\n"
end

local function put(fields, body)
  return get(fields):gsub("^GET", "PUT") .. body
end

local chunked = "Transfer-Encoding: chunked\r\n"

-- { name, request, status, what the origin gets: its body, or false }
local requests = {
  { "good", get("X-A: b\r\n"), 200, "" },
  { "good, an empty line first", "\r\n" .. get(), 200, "" },
  { "good with a length", put("Content-Length: 5\r\n", "\r\n\r\n\0"), 200, "\r\n\r\n\0" },
  { "good with chunks", put(chunked, "3;a=b\r\nabc\r\n0a\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n"),
    200, "abc0123456789" },
  { "not allowed", (get():gsub("good", "evil")), 403, false },
  { "good, then not allowed", (get():gsub("Connection: close\r\n", "")) ..
    (get():gsub("good", "evil")), 200, "", 403 },
  { "Host differs", (get():gsub("Host: good", "Host: evil")), 400, false },
  { "two Hosts", get("Host: good.test\r\n"), 400, false },
  { "NUL in the name", (get():gsub("good", "ev\0l")), 400, false },
  { "bare LF", get("A: b\nC: d\r\n"), 400, false },
  { "bare CR", get("A: b\rC: d\r\n"), 400, false },
  { "CR CR LF", get("A: b\r\r\n"), 400, false },
  { "obs-fold", get("A: b\r\n c\r\n"), 400, false },
  { "space before the colon", get("A : b\r\n"), 400, false },
  { "two lengths", put("Content-Length: 1\r\nContent-Length: 2\r\n", "ab"), 400, false },
  { "length and chunks", put("Content-Length: 1\r\n" .. chunked, "0\r\n\r\n"), 400, false },
  { "other version", (get():gsub("HTTP/1.1", "HTTP/1.2")), 505, false },
  { "HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, false },
  { "CONNECT not allowed", "CONNECT evil.test:{port} HTTP/1.1\r\nHost: evil.test:{port}\r\n" ..
    "Connection: close\r\n\r\n", 403, false },
  { "two empty lines first", "\r\n\r\n" .. get(), 400, false },
  { "a chunk size that is none", put(chunked, "3\r\nabc\r\n0x1\r\na\r\n0\r\n\r\n"), 400, false },
  { "a chunk that is too long", put(chunked, "3\r\nabcd\r\n0\r\n\r\n"), 400, false },
  { "a forbidden trailer", put(chunked, "0\r\nContent-Length: 1\r\n\r\n"), 400, false },
}

-- { name, answer, status, body, how it ends }
local answers = {
  { "length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\n", 200, "\r\n\r\n", "eof" },
  { "chunks", "HTTP/1.1 200 OK\r\n" .. chunked .. "\r\n2\r\nab\r\n0\r\nX-T: 1\r\n\r\n", 200, "ab",
    "eof" },
  { "1xx first", "HTTP/1.1 103 E\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200,
    "x", "eof" },
  { "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 502, nil,
    "eof" },
  { "bare LF", "HTTP/1.1 200 OK\nContent-Length: 1\r\n\r\nx", 502, nil, "eof" },
  { "no HTTP", "SSH-2.0-OpenSSH\r\n\r\n", 502, nil, "eof" },
  { "a malformed chunk", "HTTP/1.1 200 OK\r\n" .. chunked .. "\r\n2\r\nabc\r\n0\r\n\r\n", 200, nil,
    "ECONNRESET" },
}

-- Runs check(item) for every item, `lanes` of them at a time.
local function each(items, check)
  local next, busy = 1, 0
  for _ = 1, lanes do
    busy = busy + 1
    loop.task(function()
      while items[next] do
        next = next + 1
        check(items[next - 1])
      end
      busy = busy - 1
    end)
  end
  assert(loop.wait(function() return busy == 0 end, 15000), "the time is up")
end

-- Every way to cut it that is tried: whole, in two at every offset, and byte by byte.
local function cuts(bytes)
  local list, single = { { bytes } }, {}
  for at = 1, #bytes - 1 do
    list[#list + 1] = { bytes:sub(1, at), bytes:sub(at + 1) }
  end
  for at = 1, #bytes do
    single[at] = bytes:sub(at, at)
  end
  list[#list + 1] = single
  return list
end

describe("3B.66 a request, however it is cut:", function()
  local w
  lazy_setup(function() w = wire.start() end)
  lazy_teardown(function() w:stop() end)

  wire.rows(requests, function(row)
    local bodies, tried = 0, 0
    w.origin.requests = {}
    each(cuts(w:fill(row[2])), function(pieces)
      local client = w:connect()
      client:send(pieces, pause_ms) -- may fail half-way: then the verdict has been given
      local bytes = client:read_all(5000)
      client:close()
      local context = ("%d pieces, the first %q: %s"):format(#pieces, pieces[1], bytes)
      local response = assert(http.parse_response(bytes), context)
      assert.equal(row[3], response.status, context)
      local second = http.parse_response(response.rest)
      assert.equal(row[5], second and second.status, context)
      tried = tried + 1
    end)
    for _, request in ipairs(w.origin.requests) do
      if request.body == row[4] then
        bodies = bodies + 1
      end
    end
    assert.equal(row[4] and tried or 0, bodies)
  end)
end)

describe("3B.66 an answer, however it is cut:", function()
  local w, pieces

  lazy_setup(function()
    w = wire.start({ origin = origin.raw(function(connection)
      connection.handle:nodelay(true)
      repeat -- it is fence that must know where the answer ends
        local head = connection:read_until("\r\n\r\n")
        local sent = head and
          connection:send(pieces[tonumber(head:match("^GET /(%d+)"))], pause_ms)
      until not sent
    end) })
  end)
  lazy_teardown(function() w:stop() end)

  wire.rows(answers, function(row)
    local numbers = {}
    pieces = cuts(row[2])
    for index = 1, #pieces do
      numbers[index] = index
    end
    each(numbers, function(index)
      local client = w:connect()
      client:send(w:fill((get():gsub("/p", "/" .. index))))
      local bytes, why = client:read_all(5000)
      client:close()
      local cut = pieces[index]
      local context = ("%d pieces, the first %q: %s"):format(#cut, cut[1], bytes)
      assert.equal(row[5], why, context)
      repeat
        local response = assert(http.parse_response(bytes), context)
        bytes = response.rest
        if response.status >= 200 then
          assert.same({ row[3], row[4] or response.body, "" },
            { response.status, response.body, bytes }, context)
        end
      until response.status >= 200 or bytes == ""
    end)
  end)
end)
