-- SPDX-License-Identifier: Apache-2.0
-- log_hosts_test.lua - log_hosts.lua decides nothing:
--   fence policy test policies/log_hosts.lua --allow www.example.com

return {
  { name = "a tunnel that is listed", connect = "www.example.com:443",
    expect = "allow", rule = "--allow www.example.com" },
  { name = "a request that is listed", request = "GET http://www.example.com/",
    expect = "allow", rule = "--allow www.example.com" },
  { name = "what is not", connect = "other.example:443",
    expect = "deny", message = "no rule allows other.example:443" },
}
