-- SPDX-License-Identifier: Apache-2.0
-- deny_networks.lua - networks that no name may lead to, each with the reason a person is told.
--
--   fence --policy policies/deny_networks.lua --settings fence.json -- ./fetch.sh
--
-- Copy it and write your own networks below. It allows nothing: names are allowed by the settings
-- or by other policies, and this one looks at where they lead. It has the last word, so it makes
-- exceptions to what network.hosts or network.allowedAddresses open. Loopback, private and
-- link-local networks need no line here: they are closed unless the settings open them.
--
-- Where nobody need be told a reason, network.deniedAddresses does the same without a policy.
--
-- If one address of several is in such a network, the whole request is denied: a name that leads to
-- two worlds is not one to be trusted.
--
-- What it cannot hold: behind network.upstreamProxy the other proxy looks names up, so on_resolve
-- is not asked; what names an address itself is denied all the same. And inside a network that it
-- allows, a server may pass on to anywhere.

local fence = require "fence"

local networks = {
  { "100.64.0.0/10", "it belongs to the provider" },
  { "198.18.0.0/15", "it is for measurements" },
  { "203.0.113.0/24", "it is for examples" },
  { "2001:db8::/32", "it is for examples" },
  -- an IPv4 address inside an IPv6 one would get past the lines above
  { "64:ff9b::/96", "it is a way to IPv4 networks" },
  { "2002::/16", "it is a way to IPv4 networks" },
}

for _, network in ipairs(networks) do
  network.set = fence.cidrs { network[1] }
end

local function judge(host, address)
  for _, network in ipairs(networks) do
    if network.set:match(address) then
      return fence.deny(host .. " leads to " .. address .. ", in " .. network[1] .. ": "
        .. network[2])
    end
  end
end

-- What is asked for by its address is denied at once; a name matches no network.
local function judge_literal(req)
  return judge(req.host, req.host)
end

return {
  name = "deny_networks",
  on_connect = judge_literal,
  on_request = judge_literal,

  on_resolve = function(req)
    for _, address in ipairs(req.addresses) do
      local verdict = judge(req.host, address)
      if verdict then
        return verdict
      end
    end
  end,
}
