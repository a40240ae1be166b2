-- SPDX-License-Identifier: Apache-2.0
-- upload_budget_test.lua - what upload_budget.lua decides:
--   fence policy test policies/upload_budget.lua --allow uploads.example.com
--
-- Nothing is sent in a test, so that no budget is ever used up: spec/policies does that.

return {
  { name = "what is listed passes", request = "PUT http://uploads.example.com/x",
    expect = "allow", rule = "--allow uploads.example.com" },
  { name = "and so do tunnels to it", connect = "uploads.example.com:443", expect = "allow" },
  { name = "nothing else is opened", connect = "www.example.com:443",
    expect = "deny", message = "no rule allows www.example.com:443" },

  test_asking_alone_costs_nothing = function(t)
    for _ = 1, 100 do
      t.equal("allow", t.request("PUT", "http://uploads.example.com/x").verdict)
    end
  end,
}
