-- SPDX-License-Identifier: Apache-2.0
-- upload_budget.lua - each host gets so many bytes, and then no more.
--
--   fence --policy policies/upload_budget.lua --settings fence.json -- ./agent.sh
--
-- It allows nothing: the settings and other policies say which hosts are reached, and this one how
-- much they are sent. 10 MiB for each host; other budgets, in bytes, stand in the settings:
--
--   { "policy": { "upload_budget": {
--       "bytes": 1048576,                                // of every host that is not named
--       "hosts": { "uploads.example.com": 104857600 }    // 0: nothing at all
--   } } }
--
-- All that the client sends counts: heads too, and in a tunnel what TLS makes of it.
--
-- What it cannot hold: A TUNNEL THAT IS UP IS NOT CUT, nor is a request on its way. Bytes are known
-- when a request or tunnel is over; so one of them may pass the budget by any amount, and so may
-- many at once, and only the next is denied. network.tunnelTotalSeconds bounds how long a tunnel
-- lasts. A wildcard that allows any name below a domain gives a budget to each of these names. The
-- count begins anew with each run and when policies are loaded again.
--
-- Of at most 1,000 hosts it keeps a count of their own. Those that come later share one budget,
-- which is that of a host that is not named.

local fence = require "fence"

local most_hosts = 1000
local others = {} -- a key that is no host

local default = 10 * 1024 * 1024
local budgets = {}

local function check(holds, what)
  if not holds then
    error("policy.upload_budget" .. what, 0)
  end
end

local function is_budget(value)
  return math.type(value) == "integer" and value >= 0
end

local given = fence.config.policy.upload_budget or {}
check(type(given) == "table", " must be an object")
for key, value in pairs(given) do
  if key == "bytes" then
    check(is_budget(value), ".bytes must be a whole number")
    default = value
  elseif key == "hosts" then
    check(type(value) == "table", ".hosts must be an object")
    for host, bytes in pairs(value) do
      check(type(host) == "string" and is_budget(bytes), ".hosts: write \"HOST\": BYTES")
      budgets[host:lower()] = bytes
    end
  else
    check(false, ": there is no key '" .. tostring(key) .. "'")
  end
end

local sent, count = {}, 0

-- Under which name a host is counted. One with a budget of its own always has a place.
local function place(host)
  if sent[host] or budgets[host] or count < most_hosts then
    return host
  end
  return others
end

local function judge(req)
  local host = place(req.host)
  local budget = budgets[host] or default
  local used = sent[host] or 0
  if used >= budget then
    return fence.deny(("%s was sent %d of %d bytes: the budget is used up")
      :format(host == others and "hosts beyond the first 1000" or host, used, budget))
  end
end

return {
  name = "upload_budget",
  on_connect = judge,
  on_request = judge,

  on_close = function(req)
    local host = place(req.host)
    if not sent[host] then
      sent[host] = 0
      count = count + 1
    end
    sent[host] = sent[host] + req.bytes_sent
  end,
}
