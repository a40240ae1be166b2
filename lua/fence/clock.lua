-- SPDX-License-Identifier: Apache-2.0
-- clock.lua - the calendar of req.time, for a place whose clocks stand `offset` hours before UTC.
-- There are no time zones here: where the clocks change twice a year, so must the offset.

local clock = {}

local names = { "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" }

-- Years, months and days from the number of days since 1970-01-01, in the Gregorian calendar: years
-- are counted from March, so that the leap day is the last one.
local function civil(days)
  local shifted = days + 719468 -- since 0000-03-01
  local era = shifted // 146097
  local day_of_era = shifted - era * 146097
  local year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524
    - day_of_era // 146096) // 365
  local day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
  local month_from_march = (5 * day_of_year + 2) // 153
  local month = month_from_march < 10 and month_from_march + 3 or month_from_march - 9
  local year = year_of_era + era * 400 + (month <= 2 and 1 or 0)
  return year, month, day_of_year - (153 * month_from_march + 2) // 5 + 1
end

-- { year, month, day, hour, minute, second, weekday = "monday"..., day_number = 1 (Monday) to 7 }
function clock.at(time, offset)
  local seconds = math.floor(time) + math.floor((offset or 0) * 3600)
  local days, left = seconds // 86400, seconds % 86400
  local year, month, day = civil(days)
  local number = (days + 3) % 7 + 1 -- 1970-01-01 was a Thursday
  return {
    year = year, month = month, day = day,
    hour = left // 3600, minute = left // 60 % 60, second = left % 60,
    weekday = names[number], day_number = number,
  }
end

return clock
