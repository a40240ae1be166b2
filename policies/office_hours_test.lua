-- SPDX-License-Identifier: Apache-2.0
-- office_hours_test.lua - what office_hours.lua decides:
--   fence policy test policies/office_hours.lua
--
-- A test has no clock of its own: what holds at any hour is checked.

local function holds(t, decision)
  t.equal("deny", decision.verdict)
  if decision.rule == "policy:office_hours" then
    assert(decision.message:find("open mon tue wed thu fri from 9:00 to 17:00, UTC+0:00", 1, true),
      decision.message)
  else
    assert(decision.message:find("no rule allows", 1, true), decision.message)
  end
end

return {
  test_a_tunnel = function(t) holds(t, t.connect("www.example.com:443")) end,
  test_a_request = function(t) holds(t, t.request("GET", "http://www.example.com/")) end,

  test_both_are_decided_alike = function(t)
    t.equal(t.connect("www.example.com:80").rule, t.request("GET", "http://www.example.com/").rule)
  end,
}
