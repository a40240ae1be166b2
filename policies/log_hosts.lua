-- SPDX-License-Identifier: Apache-2.0
-- log_hosts.lua - which hosts were asked for, how often, and how much went each way.
--
--   fence --policy policies/log_hosts.lua --settings fence.json -- ./agent.sh
--
-- It decides nothing. When the command has ended it says a line for each host, by name:
--
--   [fence] info: policy log_hosts: example.com allowed=12 denied=1 received=48210 sent=3107
--
-- Lines of policies are seen with -m or -d: put one of them in front. Under `fence proxy` there is
-- no command and no end: each decision is a line of its own, in place of the usual one:
--
--   [fence:policy] 14:30:01 allowed GET example.com:80
--   [fence:policy] 14:30:02 denied tunnel evil.example.com:443 (network.deniedDomains[0])
--
-- What it cannot see: bytes of what is still under way when the command ends, for they are known
-- when a request or a tunnel is over; and where policies are loaded again during a run, it begins
-- anew, as under `fence proxy`. A tunnel counts once, whatever goes on inside; a name that is
-- allowed and leads to an address that is not counts as both.
--
-- Whoever asks for hosts without end must not fill the memory, nor your screen: 50 hosts have a
-- line of their own, and those that come later are "others" together.

local fence = require "fence"

local most_hosts = 50
local others = "(others)" -- no host has parentheses

local running = false
local hosts, names = {}, {}

local function entry(host)
  if not hosts[host] then
    if #names >= most_hosts then
      host = others
    end
    if not hosts[host] then
      hosts[host] = { allowed = 0, denied = 0, sent = 0, received = 0 }
      names[#names + 1] = host
    end
  end
  return hosts[host]
end

local function line(event)
  local req = event.request
  local host = req.host:find(":", 1, true) and "[" .. req.host .. "]" or req.host
  local rule = event.rule ~= "" and event.rule or "no rule allows it"
  return ("%s %s %s:%d%s"):format(event.verdict == "allow" and "allowed" or "denied",
    req.method or "tunnel", host, req.port,
    event.verdict == "deny" and " (" .. rule .. ")" or "")
end

return {
  name = "log_hosts",
  on_start = function() running = true end,

  on_event = function(event)
    if not running then
      return line(event)
    end
    local counts = entry(event.request.host)
    local which = event.verdict == "allow" and "allowed" or "denied"
    counts[which] = counts[which] + 1
  end,

  on_close = function(req)
    if running then
      local counts = entry(req.host)
      counts.sent = counts.sent + req.bytes_sent
      counts.received = counts.received + req.bytes_received
    end
  end,

  on_exit = function()
    table.sort(names)
    for _, name in ipairs(names) do
      fence.log("info", name, hosts[name])
    end
  end,
}
