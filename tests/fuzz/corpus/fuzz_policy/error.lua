local m = setmetatable({}, {__tostring = function() error({}) end, __close = function() error() end})
return {on_connect = function() local x <close> = m error(m) end,
  on_request = function(r) r.host = 1 end, on_resolve = function(r) return r.hots end}
