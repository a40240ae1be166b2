-- SPDX-License-Identifier: Apache-2.0
-- ask_unknown_test.lua - what ask_unknown.lua decides: fence policy test policies/ask_unknown.lua

local mine = "policy:ask_unknown"

return {
  { name = "a tunnel to nobody knows", connect = "unknown.example:22",
    expect = "ask", rule = mine, message = "open a tunnel to unknown.example:22?" },
  { name = "a request to it", request = "PUT http://unknown.example/x",
    expect = "ask", rule = mine, message = "send PUT to unknown.example:80?" },
  { name = "an address", connect = "[2001:4860::1]:443",
    expect = "ask", rule = mine, message = "[2001:4860::1]:443" },
  { name = "what is known is left to others", connect = "www.example.com:443",
    expect = "deny", message = "no rule allows www.example.com:443" },
}
