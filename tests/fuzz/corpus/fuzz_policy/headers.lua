local fence = require "fence"
local glob, kept = fence.glob("ap*.test"), nil
return {on_request = function(req)
  kept = kept or req
  for name, value in req.headers:each() do
    if glob:match(value) then return fence.allow(name:lower()) end
  end
end, on_connect = function() return kept.host end}
