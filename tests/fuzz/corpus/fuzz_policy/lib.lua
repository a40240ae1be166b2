local t = {3, 1, 2}
table.sort(t, function(a, b) return a < b end) table.insert(t, 1, 4) table.remove(t)
local s = ("%5.2s %d"):format({}, 3) .. table.concat(t, ",", 1, 2) .. ("a%b"):gsub("%%(.)", "%1")
return {on_connect = function(r)
  local ok, e = pcall(setmetatable, {}, {__index = next, __tostring = tostring})
  return tostring(utf8.char(960)):rep(3, s) and select("#", table.unpack(t)) and nil
end}
