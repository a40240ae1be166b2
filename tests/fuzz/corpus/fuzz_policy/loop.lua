return {on_connect = function() while true do pcall(error) end end,
  on_request = function(r) return (r.host):find(".-.-.-.-z") end,
  on_resolve = function() local t = {} for i = 1, 1e6 do t[i] = {i} end end}
