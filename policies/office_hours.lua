-- SPDX-License-Identifier: Apache-2.0
-- office_hours.lua - nothing leaves but on weekdays from 9 to 17.
--
--   fence --policy policies/office_hours.lua --settings fence.json -- ./agent.sh
--
-- It allows nothing: within the hours, the settings and other policies decide. Outside of them it
-- denies everything, and says when it will be open. Other hours stand in the settings:
--
--   { "policy": { "office_hours": {
--       "from": 8.5, "to": 18,            // hours of the day, from 0 to 24: here 8:30 to 18:00
--       "days": ["mon", "wed", "sat"],
--       "utcOffset": -5                   // hours east of UTC; 5.5 is UTC+5:30
--   } } }
--
-- What it cannot hold: a tunnel that is up when the hours end stays up, and so does an answer that
-- is under way; network.tunnelTotalSeconds bounds the one. The offset is a fixed one: where clocks
-- are put forward in summer, change it in the settings. And the time is this machine's.

local fence = require "fence"
local calendar = require "fence.clock"

local names = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" }

-- The settings, checked: a misspelt key that is passed over would leave the wrong doors open.
local hours = { from = 9, to = 17, days = { "mon", "tue", "wed", "thu", "fri" }, utcOffset = 0 }
local given = fence.config.policy.office_hours or {}

local function check(holds, what)
  if not holds then
    error("policy.office_hours" .. what, 0)
  end
end

check(type(given) == "table", " must be an object")
for key, value in pairs(given) do
  check(hours[key] ~= nil, ": there is no key '" .. key .. "'")
  check(type(value) == type(hours[key]), "." .. key .. " must be a "
    .. (key == "days" and "list" or "number"))
  hours[key] = value
end
check(0 <= hours.from and hours.from < hours.to and hours.to <= 24,
  ": 0 <= from < to <= 24 must hold")
check(-12 <= hours.utcOffset and hours.utcOffset <= 14, ".utcOffset must be from -12 to 14")
check(#hours.days > 0, ".days must be a list of days")

local known, open = {}, {}
for _, name in ipairs(names) do
  known[name] = true
end
for _, day in ipairs(hours.days) do
  check(known[day], (".days: write %s, not '%s'"):format(table.concat(names, ", "), tostring(day)))
  open[day] = true
end

-- 510 as "8:30"
local function clock(minutes)
  return ("%d:%02d"):format(minutes // 60, minutes % 60)
end

local function minutes_of(hour)
  return math.floor(hour * 60 + 0.5)
end

local from, to, offset = minutes_of(hours.from), minutes_of(hours.to), minutes_of(hours.utcOffset)
local when = ("open %s from %s to %s, UTC%s%s"):format(table.concat(hours.days, " "), clock(from),
  clock(to), offset < 0 and "-" or "+", clock(math.abs(offset)))

local function judge(req)
  local at = calendar.at(req.time, hours.utcOffset)
  local day = at.weekday:sub(1, 3)
  local now = at.hour * 60 + at.minute
  if not open[day] or now < from or now >= to then
    return fence.deny(("closed on %s at %s: %s"):format(day, clock(now), when))
  end
end

return { name = "office_hours", on_connect = judge, on_request = judge }
