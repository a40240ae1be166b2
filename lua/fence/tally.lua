-- SPDX-License-Identifier: Apache-2.0
-- tally.lua - sums for each key, and no more keys than was said: a stranger chooses the hosts. What
-- comes later is counted together, under tally.others.

local tally = { others = "(others)" }

local methods = {}
methods.__index = methods

-- tally.new(1000): an empty one. Without a number, 1000.
function tally.new(most)
  most = most or 1000
  if math.type(most) ~= "integer" or most < 1 then
    error("tally.new takes how many keys it keeps, from 1 on", 2)
  end
  return setmetatable({ most = most, count = 0, sums = {} }, methods)
end

-- Adds to a key, and returns its sum.
function methods:add(key, amount)
  if self.sums[key] == nil then
    if self.count >= self.most then
      key = tally.others
    end
    if self.sums[key] == nil then
      self.sums[key] = 0
      self.count = self.count + 1
    end
  end
  self.sums[key] = self.sums[key] + (amount or 1)
  return self.sums[key]
end

-- The sum of a key; 0 where nothing was added.
function methods:get(key)
  return self.sums[key] or 0
end

-- for key, sum in t:sorted() do: the largest first, and equal ones by their names.
function methods:sorted()
  local keys = {}
  for key in pairs(self.sums) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if self.sums[a] ~= self.sums[b] then
      return self.sums[a] > self.sums[b]
    end
    return tostring(a) < tostring(b)
  end)
  local index = 0
  return function()
    index = index + 1
    return keys[index], self.sums[keys[index]]
  end
end

return tally
