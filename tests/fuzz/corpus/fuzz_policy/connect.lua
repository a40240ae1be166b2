local fence = require "fence"
return {on_connect = function(req)
  if req.port ~= 443 then return fence.deny("port") end
  return fence.ask(req.host .. req.id .. req.kind .. req.time)
end}
