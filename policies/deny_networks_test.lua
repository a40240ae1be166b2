-- SPDX-License-Identifier: Apache-2.0
-- deny_networks_test.lua - what deny_networks.lua decides about names that something else allows:
-- fence policy test policies/deny_networks.lua --allow example.com

local mine = "policy:deny_networks"

-- Networks of these tests that the settings would close anyway are left out: see its head.
return {
  { name = "a name by itself", connect = "example.com:443", expect = "allow" },
  { name = "one that leads elsewhere", connect = "example.com:443",
    addresses = { "1.1.1.1", "2606:4700:4700::1111" }, expect = "allow" },
  { name = "a way to IPv4 networks", request = "GET http://example.com/",
    addresses = { "64:ff9b::101:101" },
    expect = "deny", rule = mine, message = "in 64:ff9b::/96: it is a way to IPv4 networks" },
  { name = "one of two", connect = "example.com:443", addresses = { "1.1.1.1", "2002:101:101::1" },
    expect = "deny", rule = mine, message = "example.com leads to 2002:101:101::1" },
  { name = "the address itself", connect = "203.0.113.7:443",
    expect = "deny", rule = mine, message = "in 203.0.113.0/24: it is for examples" },
  { name = "what the settings close", connect = "example.com:443", addresses = { "10.0.0.1" },
    expect = "deny", rule = "built-in" },
}
