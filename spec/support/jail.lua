-- SPDX-License-Identifier: Apache-2.0
-- jail.lua - what a hook may try, by a live proxy: what its user sees, what it costs, and that the
-- next request is decided as if nothing had been.

local load = require "spec.support.load"
local policies = require "spec.support.policies"
local wire = require "spec.support.wire"

local jail = {}

-- Beginnings of what a user sees.
jail.over = "fence: policy error: it took too " -- many instructions, long, or much memory
jail.memory = "fence: policy error: it took too much memory"

-- A hook ends after 10 ms of processor time or somewhat later: 90 ms are the most of all rows. This
-- leaves room for a busy machine, and tells what ends from what does not.
jail.most_ms = load.sanitized and 20000 or 600

-- What the first has not denied comes to this one, unless a field says "X-Alone". It uses what
-- the first could have spoilt.
local second = [[
local names, numbers = fence.domains { "good.test" }, fence.cidrs { "127.0.0.0/8" }
return { on_request = function(req)
  if req.headers["x-alone"] then return nil end
  local parts = { req.path:sub(2):upper(), ("%d"):format(#("x"):rep(3)), tostring(1.5),
                  math.max(1, 2), utf8.char(122), select("#", pcall(error)) }
  table.sort(parts, function(a, b) return tostring(a) < tostring(b) end)
  return fence.deny("fine " .. table.concat(parts, " ") .. " " ..
    tostring(names:match(req.host)) .. " " .. tostring(numbers:match("127.0.0.1")))
end }]]

local fine = "fence: fine 1.5 2 2 3 %s z true true (policy:q)\n"

-- Processor time of a process so far, in ms.
function jail.cpu(pid)
  local file = assert(io.open(("/proc/%d/stat"):format(pid)))
  local user, system = file:read("a"):match("^.*%)" .. (" %S+"):rep(11) .. " (%d+) (%d+)")
  file:close()
  return (user + system) * 10
end

-- A row: { name, what the hook does, how the answer's text begins (N for a line's number),
-- fields = more header fields, host =, twice = it is asked once before }. `before` stands above the
-- hooks of all rows.
function jail.start(rows, before)
  local text = { before or "", "local tries = {}" }
  for index, row in ipairs(rows) do
    text[#text + 1] = ("tries['/%d'] = function(req) %s\nend"):format(index, row[2])
  end
  text[#text + 1] = [[return { on_request = function(req)
    local try = tries[req.path]
    if try then return try(req) end
  end }]]
  return policies.start({ table.concat(text, "\n"), second })
end

function jail.ask(w, path, row)
  row = row or {}
  local response = assert(w:ask(wire.get(path, row.host or "good.test", row.fields),
    { timeout = 30000 }))
  assert(response.status == 403, response.status .. ": " .. response.body)
  wire.assert_own_answer(response, response.body)
  return (response.body:gsub("^.-\n+", ""):gsub("p%.lua:%d+: ", "p.lua:N: "))
end

function jail.next_is_fine(w)
  local body = jail.ask(w, "/next")
  assert(body == fine:format("NEXT"), body)
end

-- A test for each row. In `context` all of them share a proxy.
function jail.describe(context, rows, before)
  local busted = require "busted"
  busted.describe(context, function()
    local w

    busted.lazy_setup(function() w = jail.start(rows, before) end)
    busted.lazy_teardown(function() w:stop() end)

    for index, row in ipairs(rows) do
      busted.it(row[1], function()
        local path, begun = "/" .. index, jail.cpu(w.proxy.child.pid)
        if row.twice then
          jail.ask(w, path, row)
        end
        local body = jail.ask(w, path, row)
        local took = jail.cpu(w.proxy.child.pid) - begun
        assert(body:sub(1, #row[3]) == row[3], body)
        if os.getenv("JAIL_TIMES") then
          print(("%5d ms %s"):format(took, row[1]))
        end
        assert(took < jail.most_ms, took .. " ms")
        jail.next_is_fine(w)
      end)
    end
  end)
end

return jail
