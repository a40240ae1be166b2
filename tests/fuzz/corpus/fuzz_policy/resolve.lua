local fence = require "fence"
local nets = fence.cidrs { "192.0.2.0/24", "::1" }
return {on_resolve = function(req)
  for i, a in ipairs(req.addresses) do if nets:match(a) then return fence.deny(a) end end
  return fence.allow()
end}
