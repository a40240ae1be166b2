-- SPDX-License-Identifier: Apache-2.0
-- office_hours_spec.lua - policies/office_hours.lua. Nobody waits for the evening: the settings say
-- where on earth it is half past twelve now, and what is open there.

local json = require "spec.support.json"
local process = require "spec.support.process"
local shipped = require "spec.support.shipped"
local users = require "spec.support.users"

local names = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" }

-- The offset at which it is 12:30 now, and which day it is there.
local function noon()
  local minutes = os.time() // 60
  return (750 - minutes % 1440) / 60, (minutes // 1440 + 4) % 7
end

local function day(number)
  return names[number % 7 + 1]
end

describe("policies/office_hours.lua", function()
  local s

  local function start(settings)
    s = shipped.start("office_hours", { policy = { office_hours = settings } })
  end
  after_each(function()
    if s then
      s:stop()
    end
    s = nil
  end)

  local function is_open()
    s:passes("GET", "listed.test", "/")
    s:passes("POST", "listed.test", "/a")
    s:opens("listed.test", 443)
  end

  local function is_closed(why)
    s:refuses("GET", "listed.test", "/", why)
    s:refuses_tunnel("listed.test", 443, why)
  end

  -- name, from, to, which days from today on, is it open?
  for _, row in ipairs({
    { "from 9 to 17", 9, 17, { 0 }, true },
    { "today and others", 9, 17, { -1, 0, 3 }, true },
    { "on other days", 9, 17, { 1, 2, 3, 4, 5, 6 }, false },
    { "from 12 to 13", 12, 13, { 0 }, true },
    { "from 9 to 12", 9, 12, { 0 }, false },
    { "from 13 to 17", 13, 17, { 0 }, false },
    { "the half hours before", 9.5, 12.25, { 0 }, false },
    { "the half hours around", 12.25, 13.5, { 0 }, true },
    { "the whole day", 0, 24, { 0 }, true },
    { "the whole of tomorrow", 0, 24, { 1 }, false },
  }) do
    it(row[1] .. (row[5] and " is open" or " is closed") .. " at half past twelve", function()
      local offset, today = noon()
      local days = {}
      for index, number in ipairs(row[4]) do
        days[index] = day(today + number)
      end
      start({ from = row[2], to = row[3], days = days, utcOffset = offset })
      if row[5] then
        is_open()
      else
        is_closed(("closed on %s at 12:3"):format(day(today)))
      end
    end)
  end

  it("says when it will be open", function()
    local _, today = noon()
    start({ from = 8.5, to = 18, days = { day(today + 3), day(today + 4) }, utcOffset = -5 })
    is_closed((": open %s %s from 8:30 to 18:00, UTC-5:00"):format(day(today + 3),
      day(today + 4)))
  end)

  it("without settings, weekdays from 9 to 17", function()
    start(nil)
    local minutes = os.time() // 60
    local number, hour = (minutes // 1440 + 4) % 7, minutes % 1440 // 60
    if minutes % 60 >= 58 and (hour == 8 or hour == 16) then
      return -- it could close while we ask
    elseif number >= 1 and number <= 5 and hour >= 9 and hour < 17 then
      is_open()
    else
      is_closed("open mon tue wed thu fri from 9:00 to 17:00, UTC+0:00")
    end
  end)

  it("allows nothing", function()
    local offset, today = noon()
    start({ days = { day(today) }, utcOffset = offset })
    s:refuses("GET", "evil.test", "/", "no rule allows evil.test:80")
  end)

  -- the settings, what is said of them
  for text, why in pairs({
    ['{"form": 8}'] = ": there is no key 'form'",
    ['{"from": "8"}'] = ".from must be a number",
    ['{"days": "mon"}'] = ".days must be a list",
    ['{"days": []}'] = ".days must be a list of days",
    ['{"days": ["mon", "monday"]}'] =
      ".days: write sun, mon, tue, wed, thu, fri, sat, not 'monday'",
    ['{"from": 18}'] = ": 0 <= from < to <= 24 must hold",
    ['{"to": 25}'] = ": 0 <= from < to <= 24 must hold",
    ['{"utcOffset": 15}'] = ".utcOffset must be from -12 to 14",
    ['"always"'] = " must be an object",
  }) do
    it("does not start with " .. text, function()
      local me = users.current()
      local policy = shipped.copy("office_hours")
      local settings = users.write_file(me, users.temp_dir(me) .. "/fence.json",
        ('{"policy": {"office_hours": %s}}'):format(text))
      local result = process.run({ argv = { users.binary(me), "--settings", settings, "--policy",
        policy, "--", "echo", "ran" } })
      assert.equal(125, result.code)
      assert.equal("", result.out)
      assert.equal(("fence: %s: policy.office_hours%s\n"):format(policy, why), result.err)
    end)
  end

  it("takes no null for a key", function()
    start({ from = json.null })
    assert.is_truthy(s)
  end)
end)
