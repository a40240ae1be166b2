local fence = require "fence"
local set = fence.domains { "good.test", "*.good.test:443" }
return {name = "r", on_request = function(req)
  if set:match(req.host, req.port) and req.method == "GET" then return fence.allow() end
  return fence.deny(req.url .. req.path .. req.query .. req.headers["ACCEPT"])
end}
